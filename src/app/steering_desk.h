// SPDX-License-Identifier: Apache-2.0
//
// The role steering: the map of sites (delivery/steering.h), taken up again when its file changes,
// and the operation that answers with a steering document. Whoever watches the sites' health writes
// "is_down" into the file.
#ifndef APP_STEERING_DESK_H
#define APP_STEERING_DESK_H

#include "net/http_exchange.h"

struct steering_desk;

// Loads the map. The outcomes of file_read() and steering_map_parse(), NO_MEMORY.
must_check outcome steering_desk_open(const char *path, struct steering_desk **out,
                                      struct why *why);
void steering_desk_close(struct steering_desk **desk); // tolerates NULL

// Takes up the file when it has changed. False when it is no good now: the map stays, `why` says
// what is wrong, once per change.
bool steering_desk_renew(struct steering_desk *desk, struct why *why);

http_handler api_steering; // context: struct service. 404 without a map

#endif
