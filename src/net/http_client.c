// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include "base/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum { CONNECT_MS = 10000, BUFFER_BYTES = 128 * 1024 };

struct http_client {
    CURL *curl;
};

// What the callbacks of one fetch share.
struct transfer {
    const struct http_fetch *fetch;
    struct buffer *body;
    struct buffer *fields;
    size_t body_start;
    outcome result; // why a callback stopped the transfer
    struct why *why;
};

static void curl_start(void)
{
    // Before the first handle, and once: libcurl 7.88 does not lock this itself on every platform.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) abort();
}

outcome http_client_open(struct http_client **out, struct why *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, curl_start);
    struct http_client *client = calloc(1, sizeof *client);
    if (client == NULL) return fail(why, NO_MEMORY, "no memory for an HTTP client");
    client->curl = curl_easy_init();
    if (client->curl == NULL) {
        free(client);
        return fail(why, NO_MEMORY, "no memory for an HTTP client");
    }
    *out = client;
    return OK;
}

void http_client_close(struct http_client **client)
{
    if (*client == NULL) return;
    curl_easy_cleanup((*client)->curl);
    free(*client);
    *client = NULL;
}

void http_fetched_release(struct http_fetched *fetched)
{
    buffer_release(&fetched->fields);
}

bool http_fetched_field(const struct http_fetched *fetched, const char *name, struct slice *value)
{
    struct slice rest = buffer_slice(&fetched->fields), line;
    while (slice_cut(&rest, '\n', &line)) {
        struct slice key;
        if (!slice_cut(&line, ':', &key) || line.at == NULL || !slice_is_nocase(key, name))
            continue;
        *value = slice_trim(line);
        return true;
    }
    return false;
}

static size_t take_field(char *at, size_t one, size_t len, void *context)
{
    struct transfer *transfer = context;
    const struct slice line = {(const uint8_t *)at, one * len};
    if (slice_starts(line, "HTTP/"))
        transfer->fields->len = 0; // of a redirect or an interim answer
    transfer->result = buffer_put(transfer->fields, line, transfer->why);
    return transfer->result == OK ? line.len : 0;
}

static size_t take_body(char *at, size_t one, size_t len, void *context)
{
    struct transfer *transfer = context;
    const struct slice bytes = {(const uint8_t *)at, one * len};
    transfer->result = buffer_put(transfer->body, bytes, transfer->why);
    if (transfer->result == OK && transfer->fetch->on_bytes != NULL)
        transfer->result = transfer->fetch->on_bytes(transfer->fetch->context,
                                                     transfer->body->len - transfer->body_start,
                                                     clock_us(clock_system()), transfer->why);
    return transfer->result == OK ? bytes.len : 0;
}

static outcome make_fields(const struct http_fetch *fetch, struct curl_slist **out, struct why *why)
{
    struct curl_slist *list = NULL;
    for (const char *const *field = fetch->fields; field != NULL && *field != NULL; field++) {
        struct curl_slist *longer = curl_slist_append(list, *field);
        if (longer == NULL) {
            curl_slist_free_all(list);
            return fail(why, NO_MEMORY, "no memory for the fields of a request");
        }
        list = longer;
    }
    *out = list;
    return OK;
}

static void set_range(CURL *curl, const struct http_fetch *fetch)
{
    char range[64];
    if (fetch->range_last == UINT64_MAX)
        (void)snprintf(range, sizeof range, "%llu-", (unsigned long long)fetch->range_first);
    else
        (void)snprintf(range, sizeof range, "%llu-%llu", (unsigned long long)fetch->range_first,
                       (unsigned long long)fetch->range_last);
    (void)curl_easy_setopt(curl, CURLOPT_RANGE, range);
}

// Options that cannot fail but for memory; a URL that is none shows when the transfer starts.
static void set_up(CURL *curl, const struct http_fetch *fetch, struct curl_slist *fields,
                   struct transfer *transfer)
{
    curl_easy_reset(curl); // keeps the connections
    const int64_t deadline_ms =
        fetch->deadline_ms > 0 ? fetch->deadline_ms : HTTP_CLIENT_DEADLINE_MS;
    (void)curl_easy_setopt(curl, CURLOPT_URL, fetch->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)HTTP_CLIENT_REDIRECTS_MAX);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)deadline_ms);
    (void)curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "primrose/1");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_field);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    if (fetch->body.at != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->body.len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->body.at);
    }
    if (fetch->method != NULL) (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, fetch->method);
    if (fetch->method != NULL && strcmp(fetch->method, "HEAD") == 0)
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (fetch->has_range) set_range(curl, fetch);
}

static outcome transfer_outcome(CURLcode code, const struct transfer *transfer, struct why *why)
{
    const char *url = transfer->fetch->url;
    switch (code) {
    case CURLE_OK: return OK;
    case CURLE_WRITE_ERROR:
        if (transfer->result != OK) return transfer->result; // a callback stopped it and said why
        return fail(why, UNAVAILABLE, "the answer from %.200s could not be taken in", url);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fail(why, INVALID, "\"%.200s\" is no http: or https: URL", url);
    case CURLE_OPERATION_TIMEDOUT:
        return fail(why, TIMED_OUT, "%.200s did not answer in time", url);
    case CURLE_OUT_OF_MEMORY: return fail(why, NO_MEMORY, "no memory to fetch %.200s", url);
    default:
        return fail(why, UNAVAILABLE, "%.200s cannot be fetched: %s", url,
                    curl_easy_strerror(code));
    }
}

static void read_facts(CURL *curl, struct http_fetched *out)
{
    long status = 0, connects = 0;
    curl_off_t connect = 0, app_connect = 0, first_byte = 0, total = 0;
    const char *url = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
    (void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connect);
    (void)curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME_T, &app_connect);
    (void)curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
    (void)curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &total);
    (void)curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    out->status = (int)status;
    out->is_reused = connects == 0;
    out->connected_us = out->start_us;
    if (!out->is_reused) out->connected_us += app_connect > connect ? app_connect : connect;
    out->first_byte_us = out->start_us + first_byte;
    out->end_us = out->start_us + total;
    (void)snprintf(out->url, sizeof out->url, "%s", url == NULL ? "" : url);
}

outcome http_client_fetch(struct http_client *client, const struct http_fetch *fetch,
                          struct buffer *body, struct http_fetched *out, struct why *why)
{
    assert(fetch->url != NULL && fetch->deadline_ms >= 0);
    struct http_fetched fetched = {.fields = buffer_init(HTTP_CLIENT_FIELDS_BYTES),
                                   .start_us = clock_us(clock_system())};
    struct transfer transfer = {.fetch = fetch,
                                .body = body,
                                .fields = &fetched.fields,
                                .body_start = body->len,
                                .why = why};
    struct curl_slist *fields = NULL;
    TRY(make_fields(fetch, &fields, why));
    set_up(client->curl, fetch, fields, &transfer);
    const outcome result = transfer_outcome(curl_easy_perform(client->curl), &transfer, why);
    curl_slist_free_all(fields);
    if (result != OK) {
        body->len = transfer.body_start;
        http_fetched_release(&fetched);
        return result;
    }
    read_facts(client->curl, &fetched);
    *out = fetched;
    return OK;
}
