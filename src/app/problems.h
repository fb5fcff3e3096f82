// SPDX-License-Identifier: Apache-2.0
//
// Every problem that the API answers with (RFC 9457): one table, from which the answers, the page
// at /problems/<code> and docs/problems.md are made.
//
//     {"type": "/problems/stream-limit", "title": "too many streams", "status": 409, "detail":
//     "...",
//      "instance": "/v1/playback", "errors": [{"pointer": "/title_id", "detail": "..."}]}
#ifndef APP_PROBLEMS_H
#define APP_PROBLEMS_H

#include "base/buffer.h"
#include "base/outcome.h"

// name, status, code, title, what it means and what to do
#define PROBLEMS(X)                                                                                \
    X(SIGN_IN_NEEDED, 401, "sign-in-needed", "sign in first",                                      \
      "The house is closed and the request has no credential, or one that is over. Sign in with "  \
      "POST /v1/sessions and send the token as `Authorization: Bearer`, or use the cookie.")       \
    X(SIGN_IN_REFUSED, 401, "sign-in-refused", "login and password do not fit",                    \
      "The answer is the same for a login that does not exist. After ten wrong passwords within "  \
      "a "                                                                                         \
      "quarter of an hour the login has to wait.")                                                 \
    X(NOT_ALLOWED, 403, "not-allowed", "this needs another role",                                  \
      "The caller is known and may not do this: the route's `x-auth` in /v1/openapi.json says "    \
      "which class it asks for.")                                                                  \
    X(CROSS_SITE, 403, "cross-site", "the request comes from another site",                        \
      "A cookie came with a request that changes something, from a page of another origin. Use a " \
      "bearer token there.")                                                                       \
    X(PROFILE_NEEDED, 403, "profile-needed", "choose a profile first",                             \
      "Choose one for this device with PUT /v1/sessions/current/profile.")                         \
    X(PIN_NEEDED, 403, "pin-needed", "the PIN is missing or wrong",                                \
      "The profile has a PIN. Five wrong ones within a quarter of an hour are the limit.")         \
    X(CLAIM_REFUSED, 403, "claim-refused", "the house cannot be claimed with this code",           \
      "The code stands in the file `claim` of the data folder while the house is open. A closed "  \
      "house cannot be claimed.")                                                                  \
    X(NOT_ENTITLED, 403, "not-entitled", "the plan does not include this title",                   \
      "Neither the member's plan nor a purchase, rental or gift covers it.")                       \
    X(NOT_AVAILABLE, 403, "not-available", "the title is not available now",                       \
      "No window in which the title is offered is open at present.")                               \
    X(TERRITORY, 451, "territory", "the title is not offered here",                                \
      "The title's windows do not include the member's territory.")                                \
    X(MATURITY, 403, "maturity", "the profile may not see this title",                             \
      "The title is rated above the age that the profile is limited to, or is not rated and the "  \
      "profile is limited.")                                                                       \
    X(STREAM_LIMIT, 409, "stream-limit", "too many streams at once",                               \
      "The member `sessions` lists what is playing. Send `take_over` with the id of one of them "  \
      "to play here instead.")                                                                     \
    X(STREAM_OVER, 410, "stream-over", "the session has ended",                                    \
      "It missed its heartbeats, was stopped, or plays elsewhere now. Start another with "         \
      "POST /v1/playback.")                                                                        \
    X(DOWNLOAD_REFUSED, 403, "download-refused", "the title cannot be downloaded",                 \
      "The title, the plan or the number of downloads that are kept does not allow it.")           \
    X(DOWNLOAD_OVER, 410, "download-over", "the download has ended",                               \
      "It was not started within 30 days, not finished within 48 hours of its start, or the plan " \
      "ended.")                                                                                    \
    X(KEY_REUSED, 422, "idempotency-key-reused", "the key was used for another request",           \
      "An Idempotency-Key names one request with one body. Make a new key for a new request.")     \
    X(KEY_IN_FLIGHT, 409, "idempotency-key-in-flight", "the request is being worked on",           \
      "The same request with the same key has not been answered yet. Ask again in a second.")      \
    X(PRECONDITION_FAILED, 412, "precondition-failed", "a condition does not hold",                \
      "Somebody changed the resource since it was read: `If-Match` names another version. Read "   \
      "it again and repeat the change.")                                                           \
    X(RANGE_REFUSED, 416, "range-refused", "the range cannot be served",                           \
      "Ask for one range that begins inside the resource.")                                        \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "this is not done here",                      \
      "The path exists with other methods; the field `Allow` lists them.")                         \
    X(REQUEST_REFUSED, 400, "request-refused", "the request is refused",                           \
      "The request breaks a rule of HTTP; the detail says which. The status can also be 408, "     \
      "413, "                                                                                      \
      "414, 417, 431, 501 or 505.")                                                                \
    X(INTERNAL, 500, "internal", "the server has a fault",                                         \
      "No answer came to be. It is a fault of the program: please report it.")

#define PROBLEM_ENUM(name, status, code, title, story) PROBLEM_##name,
enum problem { PROBLEM_NONE, PROBLEMS(PROBLEM_ENUM) PROBLEM_COUNT };
#undef PROBLEM_ENUM

int problem_status(enum problem problem);
const char *problem_code(enum problem problem);
const char *problem_title(enum problem problem);

// The page about one code, as Markdown, for those above and for the outcomes (base/outcome.h).
// NOT_FOUND.
must_check outcome problem_page(const char *code, struct buffer *out, struct why *why);

// The whole of docs/problems.md.
must_check outcome problem_pages(struct buffer *out, struct why *why);

#endif
