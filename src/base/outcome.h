// SPDX-License-Identifier: Apache-2.0
//
// How a function says what became of its work, and why.
//
// A function that can fail returns an `outcome`; the sentence for a person goes into the caller's
// `struct why`, set once, where the fault is known, and passed up untouched. On failure every
// out-parameter is as it was. The set is closed and shared by the whole program: HTTP status, exit
// status and retry policy follow from the outcome, never from a case list of the caller's own.
#ifndef BASE_OUTCOME_H
#define BASE_OUTCOME_H

#include <stdbool.h>

// name, HTTP status, exit status, worth retrying unchanged, stable code (RFC 9457 `type` suffix),
// meaning
#define OUTCOMES(X)                                                                                \
    X(OK, 200, 0, false, "ok", "done")                                                             \
    X(INVALID, 422, 1, false, "invalid", "the input breaks a rule")                                \
    X(DENIED, 403, 1, false, "denied", "the caller may not do this")                               \
    X(NOT_FOUND, 404, 1, false, "not-found", "there is nothing by that name")                      \
    X(CONFLICT, 409, 1, false, "conflict", "something else changed it first")                      \
    X(TOO_LARGE, 413, 1, false, "too-large", "a limit with a stated reason is exceeded")           \
    X(EXHAUSTED, 429, 1, true, "exhausted", "a shared resource has no room just now")              \
    X(CORRUPT, 500, 1, false, "corrupt", "stored bytes are not what was written")                  \
    X(NO_MEMORY, 503, 1, true, "no-memory", "the machine has no memory left for this")             \
    X(UNSUPPORTED, 415, 1, false, "unsupported", "a valid input of a kind we do not handle")       \
    X(UNAVAILABLE, 503, 1, true, "unavailable", "something we depend on does not answer")          \
    X(TIMED_OUT, 504, 1, true, "timed-out", "an answer took longer than its deadline")

#define OUTCOME_ENUM(name, http, exit_status, retry, code, meaning) name,
typedef enum { OUTCOMES(OUTCOME_ENUM) OUTCOME_COUNT } outcome;
#undef OUTCOME_ENUM

enum { WHY_BYTES = 400 }; // a few lines of a terminal: a sentence with a path in it, not a story

// One sentence: what, where, and what to do about it. No heap, no thread-local.
struct why {
    char text[WHY_BYTES];
};

#define must_check __attribute__((warn_unused_result))

// Writes the sentence (cut at WHY_BYTES) and returns `result`, which must not be OK. `why` may be
// NULL.
__attribute__((format(printf, 3, 4))) must_check outcome fail(struct why *why, outcome result,
                                                              const char *format, ...);

// Like fail(), with ": " and the text of errno `error` behind the sentence, and the outcome that
// fits it: ENOENT is NOT_FOUND, ENOMEM is NO_MEMORY, ENOSPC, EMFILE and EDQUOT are EXHAUSTED,
// EACCES and EPERM are DENIED, else UNAVAILABLE.
__attribute__((format(printf, 3, 4))) must_check outcome fail_errno(struct why *why, int error,
                                                                    const char *format, ...);

int outcome_http(outcome result);          // status to answer with
int outcome_exit(outcome result);          // exit status of a verb
bool outcome_is_retriable(outcome result); // is the same call worth repeating later?
const char *outcome_code(outcome result);  // "not-found": stable, for machines

// Returns early with what the call returned, unless it is OK.
#define TRY(call)                                                                                  \
    do {                                                                                           \
        const outcome tried_ = (call);                                                             \
        if (tried_ != OK) return tried_;                                                           \
    } while (0)

#endif
