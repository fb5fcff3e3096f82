// SPDX-License-Identifier: Apache-2.0
//
// A title in work, for the API's tests. A file of its own: studio's plan and account's share a
// name.
#ifndef TESTS_APP_HOUSE_JOBS_H
#define TESTS_APP_HOUSE_JOBS_H

#include "store/stores.h"

// "the-lamplighter" is being ingested: it has a plan of one rung, v-360p, and three chunks: the
// first parked, the second leased by "host-1", the third done. Its master was checked for the
// version that is published.
void house_jobs_make(struct stores *stores);

#endif
