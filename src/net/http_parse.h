// SPDX-License-Identifier: Apache-2.0
//
// The head of an HTTP/1.1 request, parsed strictly (RFC 9112): what two parsers could read in two
// ways is refused, so that no proxy in front of us and no cache behind us can be made to disagree.
//
//     GET /media/film-1/3f9c/v-1080p.mp4?sid=7 HTTP/1.1 CR LF     request line
//     ^method ^path                      ^query    ^minor
//     Host: example.com CR LF                                     field lines
//     Range: bytes=0-1023 CR LF
//     CR LF                                                       end of the head; then the body
//
// Refused, though the RFC lets a server be lenient: a bare LF or CR anywhere, folded lines, space
// before a colon, any second Content-Length (even an equal one), a list in Content-Length,
// Content-Length beside Transfer-Encoding, any transfer coding but exactly "chunked", a missing or
// second Host, a second copy of any field that may come once, versions other than 1.0 and 1.1.
// Accepted: one empty line before the request line (section 2.2), absolute-form targets, whose
// authority then replaces Host (section 3.2.2).
//
// Pure: no I/O, no memory. The request is slices of the caller's bytes.
#ifndef NET_HTTP_PARSE_H
#define NET_HTTP_PARSE_H

#include "base/slice.h"

#define HTTP_METHODS(X)                                                                            \
    X(GET)                                                                                         \
    X(HEAD)                                                                                        \
    X(POST)                                                                                        \
    X(PUT)                                                                                         \
    X(DELETE)                                                                                      \
    X(PATCH)                                                                                       \
    X(OPTIONS)

#define HTTP_METHOD_ENUM(name) METHOD_##name,
enum http_method {
    HTTP_METHODS(HTTP_METHOD_ENUM) METHOD_COUNT,
    METHOD_OTHER = METHOD_COUNT, // for a gateway, which passes on what it does not know
};
#undef HTTP_METHOD_ENUM

const char *http_method_word(enum http_method method); // "GET"

// Fields that the engine or its users look up often. A field that may come once only is refused
// when it comes twice. id, name in lower case, how often
#define HTTP_FIELD_IDS(X)                                                                          \
    X(FIELD_OTHER, "", MANY)                                                                       \
    X(FIELD_ACCEPT_ENCODING, "accept-encoding", MANY)                                              \
    X(FIELD_AUTHORIZATION, "authorization", ONCE)                                                  \
    X(FIELD_CONNECTION, "connection", MANY)                                                        \
    X(FIELD_CONTENT_LENGTH, "content-length", ONCE)                                                \
    X(FIELD_CONTENT_TYPE, "content-type", ONCE)                                                    \
    X(FIELD_COOKIE, "cookie", MANY)                                                                \
    X(FIELD_EXPECT, "expect", ONCE)                                                                \
    X(FIELD_HOST, "host", ONCE)                                                                    \
    X(FIELD_IF_MATCH, "if-match", MANY)                                                            \
    X(FIELD_IF_MODIFIED_SINCE, "if-modified-since", ONCE)                                          \
    X(FIELD_IF_NONE_MATCH, "if-none-match", MANY)                                                  \
    X(FIELD_IF_RANGE, "if-range", ONCE)                                                            \
    X(FIELD_IF_UNMODIFIED_SINCE, "if-unmodified-since", ONCE)                                      \
    X(FIELD_ORIGIN, "origin", ONCE)                                                                \
    X(FIELD_PREFLIGHT_METHOD, "access-control-request-method", ONCE)                               \
    X(FIELD_RANGE, "range", ONCE)                                                                  \
    X(FIELD_TRANSFER_ENCODING, "transfer-encoding", ONCE)

#define HTTP_FIELD_ENUM(id, name, often) id,
enum http_field_id { HTTP_FIELD_IDS(HTTP_FIELD_ENUM) FIELD_ID_COUNT };
#undef HTTP_FIELD_ENUM

// Why a request is refused: name, status, sentence for whoever sent it.
#define HTTP_FAULTS(X)                                                                             \
    X(FAULT_NONE, 200, "nothing is wrong")                                                         \
    X(FAULT_BARE_LF, 400, "a line ends in a bare LF: end every line with CR LF")                   \
    X(FAULT_BARE_CR, 400, "a CR stands alone: end every line with CR LF")                          \
    X(FAULT_REQUEST_LINE, 400, "the request line is not \"METHOD target HTTP/1.1\"")               \
    X(FAULT_METHOD, 400, "the method has a byte that no method may have")                          \
    X(FAULT_METHOD_UNKNOWN, 501, "this method is not implemented here")                            \
    X(FAULT_TARGET, 400, "the request target is not a path, an http URL or \"*\"")                 \
    X(FAULT_VERSION, 400, "the request line does not end in an HTTP version")                      \
    X(FAULT_VERSION_UNKNOWN, 505, "only HTTP/1.1 and HTTP/1.0 are spoken on this connection")      \
    X(FAULT_FIELD_NAME, 400, "a header field has no proper name before its colon")                 \
    X(FAULT_FIELD_SPACE, 400, "a space stands between a field's name and its colon")               \
    X(FAULT_FIELD_FOLD, 400, "a header field is folded over two lines: write it on one")           \
    X(FAULT_FIELD_VALUE, 400, "a header field's value has a control byte in it")                   \
    X(FAULT_FIELD_TWICE, 400, "a header field that may come once came twice")                      \
    X(FAULT_HOST_MISSING, 400, "the Host field is missing")                                        \
    X(FAULT_HOST, 400, "the Host field is not a host name with an optional port")                  \
    X(FAULT_LENGTH, 400, "Content-Length is not one decimal number")                               \
    X(FAULT_LENGTH_AND_CODING, 400, "Content-Length and Transfer-Encoding came together")          \
    X(FAULT_CODING_OLD, 400, "Transfer-Encoding came in an HTTP/1.0 request")                      \
    X(FAULT_CODING_UNKNOWN, 501, "the only transfer coding implemented here is \"chunked\"")       \
    X(FAULT_EXPECT, 417, "the only expectation met here is \"100-continue\"")                      \
    X(FAULT_LINE_LONG, 414, "the request line is longer than this server reads")                   \
    X(FAULT_FIELDS_LARGE, 431, "the header fields are more or larger than this server reads")      \
    X(FAULT_STATUS, 502, "an answer does not begin with \"HTTP/1.1 NNN\"")                         \
    X(FAULT_CHUNK_SIZE, 400, "a chunk does not begin with its size in hex digits and CR LF")       \
    X(FAULT_CHUNK_END, 400, "a chunk's data is not followed by CR LF")                             \
    X(FAULT_CHUNK_EXTRA, 400, "chunk extensions or trailers are malformed or too large")           \
    X(FAULT_BODY_LARGE, 413, "the request body is larger than this server reads")                  \
    X(FAULT_SLOW, 408, "the request did not arrive in time")

#define HTTP_FAULT_ENUM(name, status, sentence) name,
enum http_fault { HTTP_FAULTS(HTTP_FAULT_ENUM) FAULT_COUNT };
#undef HTTP_FAULT_ENUM

int http_fault_status(enum http_fault fault);
const char *http_fault_sentence(enum http_fault fault);

enum {
    HTTP_FIELDS_MAX = 100,      // as Apache has it; browsers send about 20
    HTTP_LINE_BYTES_MAX = 8192, // RFC 9112 section 3 asks for at least 8000
    HTTP_HEAD_BYTES_MAX = 32 * 1024,
};

struct http_field {
    struct slice name;  // as sent
    struct slice value; // trimmed
    enum http_field_id id;
};

enum http_framing { FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED };

struct http_request {
    enum http_method method;
    struct slice method_word;
    int minor;           // 1 or 0: the version is HTTP/1.minor
    struct slice target; // as sent
    struct slice path;   // raw, begins with '/'; "*" for OPTIONS *
    struct slice query;  // raw, without '?'; `at` NULL when there is none
    struct slice host;   // with its port; `at` NULL in HTTP/1.0 without one
    enum http_framing framing;
    uint64_t content_length; // with FRAMING_LENGTH
    bool is_last;            // the sender wants the connection closed after the answer
    bool expects_continue;   // "Expect: 100-continue", and a body is to follow
    size_t field_count;
    uint8_t first[FIELD_ID_COUNT]; // index + 1 of the first field with an id; 0: none
    struct http_field fields[HTTP_FIELDS_MAX];
};

// The value of the first field with this id. false when there is none.
bool http_request_find(const struct http_request *request, enum http_field_id id,
                       struct slice *value);

// Moves every slice that lies in `from` to the same place in `to`, a copy of it.
void http_request_move(struct http_request *request, struct slice from, const uint8_t *to);

// How far the search for the end of the head has come. Zero at the start of each request.
struct http_scan {
    uint32_t start;        // where the request line begins: behind an empty line, if one came first
    uint32_t line_start;   // of the line that is not complete yet
    uint32_t scanned;      // bytes before this hold no line end that was not seen
    bool takes_any_method; // METHOD_OTHER is no fault
};

enum http_parsed { HTTP_MORE, HTTP_READY, HTTP_REFUSED };

// Parses a head out of `bytes`: all that came so far from the request's first byte on; later calls
// bring the same bytes and more. HTTP_MORE: the end has not come yet. HTTP_READY: `*out` is set and
// the head takes the first `*head_bytes`. HTTP_REFUSED: `*fault` says why; nothing behind it may be
// parsed. The whole work over all calls is linear in the length.
enum http_parsed http_request_parse(struct http_scan *scan, struct slice bytes,
                                    struct http_request *out, size_t *head_bytes,
                                    enum http_fault *fault);

// The end of a head, which for a request and an answer is looked for in the same way. HTTP_READY:
// `*head_bytes` is set.
enum http_parsed http_head_scan(struct http_scan *scan, struct slice bytes, size_t *head_bytes,
                                enum http_fault *fault);

// One field line without its CR LF into `out`.
enum http_fault http_field_parse(struct slice line, struct http_field *out);

// True for a token of RFC 9110 section 5.6.2: field names, methods.
bool http_is_token(struct slice text);

// True when a comma-separated list (Connection, Accept-Encoding without weights) has this token.
bool http_list_has(struct slice list, const char *token);

#endif
