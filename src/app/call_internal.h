// SPDX-License-Identifier: Apache-2.0
//
// Between the frame of a call (call_frame.c) and those that answer without one.
#ifndef APP_CALL_INTERNAL_H
#define APP_CALL_INTERNAL_H

#include "app/call.h"

// The problem for what went wrong, with the call's own code, pointer and further members.
void call_reply_problem(struct call *call, outcome result, const struct why *why);

// A problem of the table on an exchange without a call.
void exchange_refuse(struct http_exchange *exchange, enum problem problem);

#endif
