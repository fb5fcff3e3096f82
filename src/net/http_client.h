// SPDX-License-Identifier: Apache-2.0
//
// A blocking HTTP client with caps on everything: for the player, the steering probes and the
// tests. libcurl underneath (HTTP/1.1, HTTP/2 and TLS where the URL asks for them).
//
//     start        connected     first byte                end           monotonic microseconds
//       |--------------|-------------|-----------------------|
//       DNS, TCP, TLS   request,      body; `on_bytes` sees it grow and may stop it
//       (none on reuse) server's work
//
// One client per thread; it keeps its connections open, so that requests to the same host reuse
// them. To fetch two things at once, use two clients in two threads.
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/buffer.h"

enum {
    HTTP_CLIENT_FIELDS_BYTES = 64 * 1024, // of all header fields of one answer
    HTTP_CLIENT_REDIRECTS_MAX = 5,
    HTTP_CLIENT_DEADLINE_MS = 30000, // when a fetch names none
};

struct http_client;

must_check outcome http_client_open(struct http_client **out, struct why *why);
void http_client_close(struct http_client **client); // for cleanup attributes; tolerates NULL

// What to ask for. Zero bytes ask for a plain GET of `url`.
struct http_fetch {
    const char *url;           // http: or https:
    const char *method;        // NULL: GET
    const char *const *fields; // "Name: value" texts, NULL at the end; may be NULL
    struct slice body;         // sent with a Content-Length when `at` is not NULL
    bool has_range;            // sends Range: bytes=first-last
    uint64_t range_first;
    uint64_t range_last; // inclusive; UINT64_MAX: to the end
    int64_t deadline_ms; // for the whole exchange with redirects; 0: HTTP_CLIENT_DEADLINE_MS
    // Called as body bytes arrive; anything but OK ends the fetch with that outcome and its
    // sentence (a player that abandons a segment). May be NULL.
    outcome (*on_bytes)(void *context, size_t body_bytes, int64_t now_us, struct why *why);
    void *context;
};

struct http_fetched {
    int status;
    bool is_reused;        // the connection was open already
    int64_t start_us;      // monotonic, clock_system()
    int64_t connected_us;  // = start_us when reused
    int64_t first_byte_us; // of the answer's head
    int64_t end_us;
    struct buffer fields; // the last answer's fields as "Name: value\r\n" lines; release with
                          // http_fetched_release
    char url[2048];       // after redirects
};

void http_fetched_release(struct http_fetched *fetched);

// The trimmed value of a field, the first of that name. false when it is not there. Borrowed from
// `fetched`.
bool http_fetched_field(const struct http_fetched *fetched, const char *name, struct slice *value);

// Asks and waits. The body is appended to `body` (whose cap is the caller's), which is put back to
// its length on failure. Any status that arrives is OK: look at out->status. `out` is to be
// released after OK alone. UNAVAILABLE: no address, connection refused or cut; TIMED_OUT;
// TOO_LARGE: over body's cap; INVALID: a URL that is none; what on_bytes said.
must_check outcome http_client_fetch(struct http_client *client, const struct http_fetch *fetch,
                                     struct buffer *body, struct http_fetched *out,
                                     struct why *why);

#endif
