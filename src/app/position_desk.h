// SPDX-License-Identifier: Apache-2.0
//
// Positions over HTTP: the request waits for the disk, no thread does.
//
//     loop --submit--> the table's line --> one commit of many --> done --post--> loop: answer
//       parked |                                                                   | finish
//              +-- the client has gone: the write goes on, nobody is answered -----+
//
// A write is on the disk when its 200 goes out.
#ifndef APP_POSITION_DESK_H
#define APP_POSITION_DESK_H

#include "net/http_exchange.h"
#include "playback/position.h"

struct position_desk;

must_check outcome position_desk_open(struct table_store *tables, const struct clock *clock,
                                      struct position_desk **out, struct why *why);

// Submits and parks the exchange, on its loop; it is answered with {"is_kept": ...}.
must_check outcome position_desk_take(struct position_desk *desk, struct http_exchange *exchange,
                                      const char *profile, const struct position *position,
                                      struct why *why);

// The loops have ended: answers are no longer brought to them. Then the table may be closed.
void position_desk_stop(struct position_desk *desk);

// Once the table is closed. Tolerates NULL.
void position_desk_close(struct position_desk **desk);

#endif
