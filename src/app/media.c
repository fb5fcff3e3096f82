// SPDX-License-Identifier: Apache-2.0
#include "app/media.h"

#include "app/call_internal.h"
#include "base/file.h"
#include "net/file_cache.h"

#include <stdio.h>
#include <string.h>

#include <sys/mman.h>

static const struct {
    const char *start; // of the name; "" for any
    const char *end;
    const char *type;
} types[] = {
    {"a-", ".mp4", "audio/mp4"}, // packaged audio tracks
    {"", ".mp4", "video/mp4"},
    {"", ".m4s", "video/iso.segment"},
    {"", ".m3u8", "application/vnd.apple.mpegurl"},
    {"", ".mpd", "application/dash+xml"},
    {"", ".vtt", "text/vtt; charset=utf-8"},
    {"", ".jpg", "image/jpeg"},
    {"", ".png", "image/png"},
    {"", ".webp", "image/webp"},
    {"", ".json", "application/json"},
    {"", ".xml", "application/xml"},
    {"", ".srt", "text/plain; charset=utf-8"},
};

const char *media_content_type(const char *file)
{
    const struct slice name = slice_of(file);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (slice_starts(name, types[i].start) && slice_ends(name, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

// The file's text with what players are told of steering, in memory; facts are of that.
static outcome steer(const struct service *service, const struct http_exchange *exchange, int *fd,
                     struct file_facts *facts, struct why *why)
{
    char folder[2 * HTTP_PARAM_BYTES + 16];
    (void)snprintf(folder, sizeof folder, "/media/%s/%s/", exchange->params[0],
                   exchange->params[1]);
    if (facts->size > SIGNALLING_BYTES_MAX)
        return fail(why, TOO_LARGE, "this manifest is too large to be steered");
    autobuffer text = buffer_init(SIGNALLING_BYTES_MAX);
    autobuffer steered = buffer_init(SIGNALLING_BYTES_MAX + HTTP_HEAD_BYTES_MAX);
    TRY(buffer_reserve(&text, (size_t)facts->size, why));
    TRY(fd_read_at(*fd, text.at, (size_t)facts->size, 0, why));
    text.len = (size_t)facts->size;
    TRY(signalling_put(&service->signalling, exchange->params[2], folder, buffer_slice(&text),
                       &steered, why));
    autofd made = memfd_create("manifest", MFD_CLOEXEC);
    if (made < 0) return fail(why, UNAVAILABLE, "no memory file for a manifest");
    TRY(fd_write(made, buffer_slice(&steered), why));
    fd_close(fd);
    *fd = fd_take(&made);
    facts->size = steered.len;
    facts->cache_control = "public, max-age=60"; // the settings may change, and the tag with them
    return OK;
}

static outcome open_file(const struct service *service, struct http_exchange *exchange,
                         struct served_file **out, struct why *why)
{
    struct blob_store *blobs = service->stores.blobs;
    const char *file = exchange->params[2];
    char key[BLOB_KEY_BYTES];
    const int len = snprintf(key, sizeof key, "titles/%s/%s/%s", exchange->params[0],
                             exchange->params[1], file);
    if (len >= (int)sizeof key || blob_key_check(key, NULL) != OK)
        return fail(why, NOT_FOUND, "there is no such file");
    struct blob_facts facts;
    TRY(blobs->ops->stat(blobs, key, &facts, why));
    autofd fd = -1;
    TRY(blobs->ops->open(blobs, key, &fd, why));
    const bool is_steered = service->signalling.steering_url != NULL && signalling_has(file);
    char etag[BLOB_ETAG_BYTES + SIGNALLING_TAG_BYTES + 2], tag[SIGNALLING_TAG_BYTES] = "";
    if (is_steered) (void)signalling_tag(&service->signalling, tag);
    (void)snprintf(etag, sizeof etag, "\"%s%s\"", facts.etag, tag);
    struct file_facts served = {
        .size = facts.size,
        .etag = etag,
        .modified_s = facts.modified_ms / 1000,
        .content_type = media_content_type(file),
        .cache_control = "public, max-age=31536000, immutable",
    };
    if (is_steered) TRY(steer(service, exchange, &fd, &served, why));
    TRY(served_file_make(fd, &served, out, why));
    (void)fd_take(&fd);
    return OK;
}

// On the pool: the answer is made on the loop, where open files live.
static void open_on_pool(void *context, struct http_exchange *exchange)
{
    struct why why = {""};
    struct served_file *file = NULL;
    const outcome result = open_file(context, exchange, &file, &why);
    exchange->opened = file;
    if (result == NOT_FOUND)
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"there is no such file"});
    else if (result != OK)
        http_reply_outcome(exchange, result, &why);
}

static void reply_opened(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct served_file *file = exchange->opened;
    if (file == NULL) return;
    file_cache_add(exchange->files, access_clean_path(exchange->request->path), file,
                   loop_now_us(exchange->loop));
    http_reply_file(exchange, file);
    served_file_drop(file);
}

static void refuse(struct http_exchange *exchange, enum access_fault fault)
{
    const int status = access_status(fault);
    http_reply_problem(exchange, status, access_code(fault), "Signed access refused",
                       access_sentence(fault));
    if (status == 401) http_reply_field(exchange, "WWW-Authenticate", "SignedAccess");
}

// True when the request may be served; else it has been answered.
static bool is_let_in(const struct service *service, struct http_exchange *exchange)
{
    char country[TERRITORY_BYTES];
    const struct address client = places_client(&service->places, exchange);
    const struct access_request request = {
        .http = exchange->request,
        .scheme = service->tls == NULL ? "http" : "https",
        .client = client,
        .country = places_country(&service->places, &client, country),
        .alpn = "",
        .now_s = exchange->wall_s,
    };
    const struct access_verdict verdict = access_gate_check(service->gate, &request);
    if (verdict.fault != ACCESS_GRANTED) refuse(exchange, verdict.fault);
    return verdict.fault == ACCESS_GRANTED;
}

static void serve(void *context, struct http_exchange *exchange)
{
    const struct slice path = access_clean_path(exchange->request->path);
    if (memchr(path.at, '%', path.len) != NULL) { // one file has one address, also in caches
        http_reply_outcome(exchange, NOT_FOUND,
                           &(struct why){"names of files need no escapes: write them as they are"});
        return;
    }
    struct served_file *file = file_cache_find(exchange->files, path, loop_now_us(exchange->loop));
    if (file != NULL)
        http_reply_file(exchange, file);
    else
        http_exchange_offload(exchange, open_on_pool, reply_opened, context);
}

// Who asks is not known without the store: it is asked on the pool, and the loop goes on from
// there.
static void ask_on_pool(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    struct caller caller;
    struct why why = {""};
    const outcome asked = gate_caller(&service->door, exchange->request, &caller, &why);
    if (asked != OK) {
        http_reply_outcome(exchange, asked, &why);
        return;
    }
    const enum problem problem = gate_check(AUTH_MEDIA, &caller);
    if (problem != PROBLEM_NONE) exchange_refuse(exchange, problem);
}

static void serve_asked(void *context, struct http_exchange *exchange)
{
    if (exchange->reply.status == 0 && exchange->connection != NULL) serve(context, exchange);
}

// With keys for signed access, whoever shows none of their tokens; without, who is let in.
void media_serve(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    struct caller caller;
    if (service->gate != NULL) {
        if (is_let_in(service, exchange)) serve(context, exchange);
        return;
    }
    if (!gate_caller_known(&service->door, exchange->request, &caller)) {
        http_exchange_offload(exchange, ask_on_pool, serve_asked, context);
        return;
    }
    const enum problem problem = gate_check(AUTH_MEDIA, &caller);
    if (problem != PROBLEM_NONE)
        exchange_refuse(exchange, problem);
    else
        serve(context, exchange);
}

void media_serve_signed(void *context, struct http_exchange *exchange)
{
    if (exchange->params[0][0] != '~') {
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"there is no such file"});
        return;
    }
    memmove(exchange->params[0], exchange->params[1],
            (HTTP_PARAMS_MAX - 1) * sizeof exchange->params[0]);
    media_serve(context, exchange);
}
