// SPDX-License-Identifier: Apache-2.0
//
// Secrets that a person types: never from an option, which others see in the list of processes.
#ifndef CMD_PASSWORD_H
#define CMD_PASSWORD_H

#include "base/outcome.h"

#include <stddef.h>

// From a terminal it is asked for with the prompt and not shown; else it is the next line of
// standard input. INVALID without one.
must_check outcome password_read(const char *prompt, char *out, size_t room, struct why *why);

#endif
