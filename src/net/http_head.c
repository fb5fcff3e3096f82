// SPDX-License-Identifier: Apache-2.0
#include "net/http_head.h"

#include <string.h>

// Reason phrases are optional and nobody may act on them; people read them in traces.
static const struct {
    int status;
    const char *line;
} status_lines[] = {
    {200, "HTTP/1.1 200 OK\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {202, "HTTP/1.1 202 Accepted\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {206, "HTTP/1.1 206 Partial Content\r\n"},
    {301, "HTTP/1.1 301 Moved Permanently\r\n"},
    {302, "HTTP/1.1 302 Found\r\n"},
    {303, "HTTP/1.1 303 See Other\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    {308, "HTTP/1.1 308 Permanent Redirect\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {408, "HTTP/1.1 408 Request Timeout\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {410, "HTTP/1.1 410 Gone\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {414, "HTTP/1.1 414 URI Too Long\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {416, "HTTP/1.1 416 Range Not Satisfiable\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    {429, "HTTP/1.1 429 Too Many Requests\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {451, "HTTP/1.1 451 Unavailable For Legal Reasons\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {502, "HTTP/1.1 502 Bad Gateway\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

static outcome put_status(int status, struct buffer *out, struct why *why)
{
    for (size_t i = 0; i < sizeof status_lines / sizeof status_lines[0]; i++)
        if (status_lines[i].status == status)
            return buffer_put_text(out, status_lines[i].line, why);
    return buffer_format(out, why, "HTTP/1.1 %d \r\n", status);
}

// How the end of the body is found (RFC 9112 section 6.3). 204 and 304 never have one and say
// nothing about it; FRAMING_NONE ends with the connection.
static outcome put_framing(const struct http_reply *reply, struct buffer *out, struct why *why)
{
    if (reply->status == 204 || reply->status == 304) return OK;
    if (reply->framing == FRAMING_NONE) return OK;
    if (reply->framing == FRAMING_CHUNKED)
        return buffer_put_text(out, "Transfer-Encoding: chunked\r\n", why);
    char digits[DECIMAL_BYTES];
    const size_t len = decimal_format(reply->length, digits);
    TRY(buffer_put_text(out, "Content-Length: ", why));
    TRY(buffer_put(out, (struct slice){(const uint8_t *)digits, len}, why));
    return buffer_put_text(out, "\r\n", why);
}

outcome http_head_put(const struct http_reply *reply, const char *date, enum http_last last,
                      struct buffer *out, struct why *why)
{
    TRY(put_status(reply->status, out, why));
    if (!reply->has_date) {
        TRY(buffer_put_text(out, "Date: ", why));
        TRY(buffer_put_text(out, date, why));
        TRY(buffer_put_text(out, "\r\n", why));
    }
    for (size_t i = 0; i < reply->run_count; i++)
        TRY(buffer_put(out, reply->runs[i], why));
    TRY(buffer_put(out, reply->always, why));
    TRY(put_framing(reply, out, why));
    return buffer_put_text(out, last == HTTP_LAST ? "Connection: close\r\n\r\n" : "\r\n", why);
}
