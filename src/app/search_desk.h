// SPDX-License-Identifier: Apache-2.0
//
// The index of this process and the thread that keeps it what the catalogue is.
//
//     thread   look at all -- wait a second, or until told -- look at the count -- ...
//                   |                                              |
//               damaged: made anew, look at all               failed: told once, tried again
//
// The file is <data>/discovery.db. It holds nothing that the tables do not: it may be removed while
// the service is down.
#ifndef APP_SEARCH_DESK_H
#define APP_SEARCH_DESK_H

#include "discovery/index.h"
#include "store/table.h"

struct search_desk;

// Opens the index and begins to follow. The tables outlive it.
must_check outcome search_desk_open(const char *data, struct table_store *tables,
                                    struct search_desk **out, struct why *why);

struct index *search_desk_index(struct search_desk *desk);

// The catalogue has changed here: look now.
void search_desk_tell(struct search_desk *desk);

// The index was found damaged: it is made anew.
void search_desk_mend(struct search_desk *desk);

void search_desk_close(struct search_desk **desk); // stops, waits, frees; tolerates NULL

#endif
