// SPDX-License-Identifier: Apache-2.0
#include "base/outcome.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int http;
    int exit_status;
    bool retriable;
    const char *code;
} facts[OUTCOME_COUNT] = {
#define OUTCOME_FACT(name, http, exit_status, retry, code, meaning)                                \
    [name] = {http, exit_status, retry, code},
    OUTCOMES(OUTCOME_FACT)
#undef OUTCOME_FACT
};

outcome fail(struct why *why, outcome result, const char *format, ...)
{
    assert(result > OK && result < OUTCOME_COUNT);
    if (why == NULL) return result;

    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return result;
}

static outcome of_errno(int error)
{
    switch (error) {
    case ENOENT: return NOT_FOUND;
    case ENOMEM: return NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE: return EXHAUSTED;
    case EACCES:
    case EPERM:
    case EROFS: return DENIED;
    case EEXIST: return CONFLICT;
    case ETIMEDOUT: return TIMED_OUT;
    default: return UNAVAILABLE;
    }
}

outcome fail_errno(struct why *why, int error, const char *format, ...)
{
    const outcome result = of_errno(error);
    if (why == NULL) return result;

    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    if (written >= 0 && (size_t)written < sizeof why->text)
        (void)snprintf(why->text + written, sizeof why->text - (size_t)written, ": %s",
                       strerror(error));
    return result;
}

int outcome_http(outcome result)
{
    assert(result < OUTCOME_COUNT);
    return facts[result].http;
}

int outcome_exit(outcome result)
{
    assert(result < OUTCOME_COUNT);
    return facts[result].exit_status;
}

bool outcome_is_retriable(outcome result)
{
    assert(result < OUTCOME_COUNT);
    return facts[result].retriable;
}

const char *outcome_code(outcome result)
{
    assert(result < OUTCOME_COUNT);
    return facts[result].code;
}
