// SPDX-License-Identifier: Apache-2.0
//
// Keeps leases alive while their holder is busy, from a thread of its own.
//
//     leases     |--------- lease_ms ---------|
//     beats      |        |        |        |         extend() at each
//
// When a lease was lost, is_lost turns true for good and the holder should stop: someone else does
// the work now.
#ifndef STUDIO_HEARTBEAT_H
#define STUDIO_HEARTBEAT_H

#include "store/queue.h"

struct heartbeat;

// `leases` are borrowed until heartbeat_stop().
must_check outcome heartbeat_start(struct queue_store *queue, const char *name,
                                   const struct queue_lease *leases, size_t count, int64_t lease_ms,
                                   struct heartbeat **out, struct why *why);
bool heartbeat_is_lost(const struct heartbeat *heartbeat);
void heartbeat_stop(struct heartbeat **heartbeat); // joins the thread; tolerates NULL

#endif
