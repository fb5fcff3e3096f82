// SPDX-License-Identifier: Apache-2.0
//
// Between the record of a session's quality and the summary of many.
#ifndef PLAYBACK_QOE_INTERNAL_H
#define PLAYBACK_QOE_INTERNAL_H

#include "playback/qoe.h"

// A record as the table has it. INVALID when it is none.
must_check outcome qoe_session_read(struct slice value, struct qoe_session *out, struct why *why);

#endif
