// SPDX-License-Identifier: Apache-2.0
#include "app/media.h"

#include "app/api_play.h"
#include "app/call_internal.h"
#include "base/file.h"
#include "net/file_cache.h"
#include "playback/play.h"

#include <stdio.h>
#include <string.h>

#include <sys/mman.h>

// Whether caches between here and the player may keep a file. What is served because of who asks is
// asked for anew each time: after signing out, nothing comes from a cache.
enum sharing { SHARED, PRIVATE };

static const char *const cache_controls[] = {
    [SHARED] = "public, max-age=31536000, immutable", [PRIVATE] = "private, no-cache"};

enum { JUDGED_MS = 10000 }; // how long somebody is taken to have the right to a title's media

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
    // the settings may change, and the tag with them
    if (facts->cache_control == cache_controls[SHARED]) facts->cache_control = "public, max-age=60";
    return OK;
}

static outcome open_file(const struct service *service, struct http_exchange *exchange,
                         enum sharing sharing, struct served_file **out, struct why *why)
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
        .cache_control = cache_controls[sharing],
    };
    if (is_steered) TRY(steer(service, exchange, &fd, &served, why));
    TRY(served_file_make(fd, &served, out, why));
    (void)fd_take(&fd);
    return OK;
}

// On the pool: the answer is made on the loop, where open files live.
static void open_on_pool(void *context, struct http_exchange *exchange, enum sharing sharing)
{
    struct why why = {""};
    struct served_file *file = NULL;
    const outcome result = open_file(context, exchange, sharing, &file, &why);
    exchange->opened = file;
    if (result == NOT_FOUND)
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"there is no such file"});
    else if (result != OK)
        http_reply_outcome(exchange, result, &why);
}

static void open_shared(void *context, struct http_exchange *exchange)
{
    open_on_pool(context, exchange, SHARED);
}

static void open_private(void *context, struct http_exchange *exchange)
{
    open_on_pool(context, exchange, PRIVATE);
}

// The same file is known twice among those that are open: its answers differ. Empty without memory,
// which finds nothing.
static struct slice open_name(struct http_exchange *exchange, enum sharing sharing)
{
    const struct slice path = access_clean_path(exchange->request->path);
    if (sharing == SHARED) return path;
    const char *name = arena_format(&exchange->arena, "private:%.*s", SLICE_ARG(path));
    return slice_of(name == NULL ? "" : name);
}

static void reply_opened(struct http_exchange *exchange, enum sharing sharing)
{
    struct served_file *file = exchange->opened;
    if (file == NULL) return;
    file_cache_add(exchange->files, open_name(exchange, sharing), file,
                   loop_now_us(exchange->loop));
    http_reply_file(exchange, file);
    served_file_drop(file);
}

static void reply_shared(void *context, struct http_exchange *exchange)
{
    (void)context;
    reply_opened(exchange, SHARED);
}

static void reply_private(void *context, struct http_exchange *exchange)
{
    (void)context;
    reply_opened(exchange, PRIVATE);
}

static void refuse(struct http_exchange *exchange, enum access_fault fault)
{
    const int status = access_status(fault);
    http_reply_problem(exchange, status, access_code(fault), "Signed access refused",
                       access_sentence(fault));
    if (status == 401) http_reply_field(exchange, "WWW-Authenticate", "SignedAccess");
}

static enum access_fault check_access(const struct service *service, struct http_exchange *exchange)
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
    return access_gate_check(service->gate, &request).fault;
}

static void serve(void *context, struct http_exchange *exchange, enum sharing sharing)
{
    const struct slice path = access_clean_path(exchange->request->path);
    if (memchr(path.at, '%', path.len) != NULL) { // one file has one address, also in caches
        http_reply_outcome(exchange, NOT_FOUND,
                           &(struct why){"names of files need no escapes: write them as they are"});
        return;
    }
    struct served_file *file =
        file_cache_find(exchange->files, open_name(exchange, sharing), loop_now_us(exchange->loop));
    if (file != NULL)
        http_reply_file(exchange, file);
    else if (sharing == PRIVATE)
        http_exchange_offload(exchange, open_private, reply_private, context);
    else
        http_exchange_offload(exchange, open_shared, reply_shared, context);
}

// --- served because of who asks -----------------------------------------------------------------

// A poster is for whoever finds the title in the catalogue, everything else for who may play it.
static outcome judge_title(struct service *service, struct http_exchange *exchange,
                           const struct caller *caller, enum problem *out, struct why *why)
{
    const struct accounts *accounts = &service->door.accounts;
    struct title title;
    struct play_grant grant;
    enum play_refusal refusal;
    TRY(title_load(accounts->tables, exchange->params[0], &exchange->arena, &title, why));
    const struct viewer viewer = play_viewer(caller, clock_wall_ms(accounts->clock));
    const bool is_poster = strcmp(title.poster, exchange->params[2]) == 0;
    if (is_poster && offer_judge(&title, &viewer) == OFFER_OPEN) return OK;
    if (service->gate != NULL) return fail(why, DENIED, "what is played has a token");
    if (viewer.now_ms == VIEWER_ANY_TIME) return OK; // keeps the catalogue
    TRY(play_judge(accounts, caller, &title, &refusal, &grant, why));
    *out = play_problem(refusal);
    return OK;
}

// The same, remembered for a moment: a film is some thousand requests.
static outcome judge_remembered(struct service *service, struct http_exchange *exchange,
                                const struct caller *caller, enum problem *out, struct why *why)
{
    struct cache_store *cache = service->door.accounts.cache;
    char key[CACHE_KEY_BYTES];
    autobuffer seen = buffer_init(1);
    const char *file = exchange->params[2]; // a picture may be the poster, which is for more people
    const int len =
        snprintf(key, sizeof key, "media:%s:%s:%s:%s", caller->id, caller->profile,
                 exchange->params[0], slice_ends(slice_of(file), ".jpg") ? file : "played");
    const bool is_named = len > 0 && len < (int)sizeof key;
    if (is_named && cache->ops->get(cache, key, &seen, NULL) == OK) return OK;
    TRY(judge_title(service, exchange, caller, out, why));
    if (*out != PROBLEM_NONE || !is_named) return OK;
    const outcome kept = cache->ops->put(cache, key, slice_of("1"), JUDGED_MS, NULL);
    (void)kept; // without it the next request is judged again
    return OK;
}

static outcome judge(struct service *service, struct http_exchange *exchange, enum problem *out,
                     struct why *why)
{
    struct caller caller;
    TRY(gate_caller(&service->door, exchange->request, &caller, why));
    *out = gate_check(AUTH_MEDIA, &caller);
    if (*out != PROBLEM_NONE || caller.kind == CALLER_GUEST) return OK;
    return judge_remembered(service, exchange, &caller, out, why);
}

// Who asks is not known without the store: it is asked on the pool, and the loop goes on from
// there.
static void judge_on_pool(void *context, struct http_exchange *exchange)
{
    struct why why = {""};
    enum problem problem = PROBLEM_NONE;
    const outcome judged = judge(context, exchange, &problem, &why);
    if (judged == NOT_FOUND)
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"there is no such file"});
    else if (judged == DENIED)
        refuse(exchange, ACCESS_MISSING);
    else if (judged != OK)
        http_reply_outcome(exchange, judged, &why);
    else if (problem != PROBLEM_NONE)
        exchange_refuse(exchange, problem);
}

static void serve_judged(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    bool is_open;
    if (exchange->reply.status != 0 || exchange->connection == NULL) return;
    const bool is_everybodys =
        service->gate == NULL && gate_knows(&service->door, &is_open) && is_open;
    serve(context, exchange, is_everybodys ? SHARED : PRIVATE);
}

// Somebody who signed in, or the guest of a house that is open.
static bool has_credential(struct service *service, const struct http_exchange *exchange)
{
    bool is_cookie, is_open;
    if (gate_credential(exchange->request, &is_cookie).at != NULL) return true;
    return gate_knows(&service->door, &is_open) && is_open;
}

static void serve_signed(struct service *service, struct http_exchange *exchange)
{
    const enum access_fault fault = check_access(service, exchange);
    const bool may_be_poster = slice_ends(slice_of(exchange->params[2]), ".jpg");
    if (fault == ACCESS_GRANTED)
        serve(service, exchange, SHARED);
    else if (fault == ACCESS_MISSING && may_be_poster && has_credential(service, exchange))
        http_exchange_offload(exchange, judge_on_pool, serve_judged, service);
    else
        refuse(exchange, fault);
}

//     house     keys for access    served to                               cached by
//     any       yes                whoever has a token for the title        all
//                                  posters: also profiles that may see it   its browser, asking
//     open      no                 everybody                                all
//     closed    no                 profiles that may play the title         its browser, asking
void media_serve(void *context, struct http_exchange *exchange)
{
    struct service *service = context;
    bool is_open;
    if (service->gate != NULL)
        serve_signed(service, exchange);
    else if (gate_knows(&service->door, &is_open) && is_open)
        serve(context, exchange, SHARED);
    else
        http_exchange_offload(exchange, judge_on_pool, serve_judged, context);
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
