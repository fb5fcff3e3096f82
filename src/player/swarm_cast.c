// SPDX-License-Identifier: Apache-2.0
//
// What is played: the house's catalogue and each title's manifest, read once before anybody
// arrives.
#include "player/swarm_inside.h"

#include "base/json.h"
#include "base/url.h"

#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static outcome resolve(struct swarm_cast *cast, const struct url *url, struct why *why)
{
    char host[NI_MAXHOST], port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    (void)snprintf(host, sizeof host, "%.*s", SLICE_ARG(url->host));
    (void)snprintf(port, sizeof port, "%u", url->port);
    const int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0)
        return fail(why, UNAVAILABLE, "%s has no address: %s", host, gai_strerror(failed));
    memcpy(&cast->peer.address, found->ai_addr, found->ai_addrlen);
    cast->peer.len = found->ai_addrlen;
    freeaddrinfo(found);
    return OK;
}

// Where requests go: scheme and authority of the address.
static outcome take_origin(struct swarm_cast *cast, const char *address, struct why *why)
{
    struct url url;
    TRY(url_parse(slice_of(address), &url, why));
    if (!slice_is_nocase(url.scheme, "http") || !url.has_authority)
        return fail(why, UNSUPPORTED, "a swarm speaks plain http: %.200s is none", address);
    const size_t len = (size_t)((const char *)url.path.at - address);
    if (len >= HOUSE_ADDRESS_BYTES)
        return fail(why, TOO_LARGE, "the address %.100s... is too long", address);
    (void)snprintf(cast->origin, sizeof cast->origin, "%.*s", (int)len, address);
    (void)snprintf(cast->host, sizeof cast->host, "%s", cast->origin + strlen("http://"));
    cast->is_house = url.path.len <= 1;
    return resolve(cast, &url, why);
}

static outcome ask(const struct swarm_cast *cast, const char *what, const char *method,
                   const char *path, const json_t *body, json_t **out, struct why *why)
{
    char url[HOUSE_ADDRESS_BYTES + 256];
    (void)snprintf(url, sizeof url, "%s%s", cast->origin, path);
    const struct house_question question = {what, method, url,
                                            cast->token[0] == '\0' ? NULL : cast->token, body};
    return house_ask(cast->client, &question, out, why);
}

// The catalogue is read, and each title tried, by the first member.
static outcome sign_in(struct swarm_cast *cast, const struct swarm_member *member, struct why *why)
{
    autojson *wish = json_pack("{s:s, s:s, s:s}", "login", member->login, "password",
                               member->password, "device_name", "swarm");
    autojson *session = NULL, *chosen = NULL;
    const char *token = "", *profile = "";
    if (wish == NULL) return fail(why, INVALID, "a login and its password are UTF-8");
    TRY(ask(cast, "signing in", "POST", "/v1/sessions", wish, &session, why));
    TRY(json_text(session, "the session", "token", &token, why));
    TRY(json_text(json_array_get(json_object_get(session, "profiles"), 0), "the first profile",
                  "id", &profile, why));
    (void)snprintf(cast->token, sizeof cast->token, "%s", token);
    autojson *choice = json_pack("{s:s}", "profile_id", profile);
    return ask(cast, "choosing a profile", "PUT", "/v1/sessions/current/profile", choice, &chosen,
               why);
}

static outcome check_place(const struct swarm_title *title, const char *url, struct why *why)
{
    if (url == NULL || strncmp(url, title->manifest, title->folder_len) == 0) return OK;
    return fail(why, UNSUPPORTED, "%.100s names files outside of its folder: %.100s",
                title->manifest, url);
}

// `slot` is of what gives the rendition its segments: a playlist, an index, or nothing.
static outcome fill(struct swarm_title *title, size_t slot, struct rendition *rendition,
                    struct why *why)
{
    autobuffer url = buffer_init(URL_BYTES_MAX);
    title->heads[slot] = rendition->needed;
    if (rendition->segment_count == 0) TRY(stream_fill(&title->stream, rendition, why));
    TRY(segment_url(rendition, 0, &url, why));
    const char *text = buffer_text(&url);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for an address");
    TRY(check_place(title, text, why));
    if (rendition->init_count > 0) TRY(check_place(title, rendition->inits[0].url, why));
    return check_place(title, rendition->needed.url, why);
}

static outcome read_title(const struct swarm_cast *cast, struct swarm_title *title, struct why *why)
{
    const char *slash = strrchr(title->manifest, '/');
    const struct stream_source source = {.origin = cast->origin, .token = cast->token};
    title->folder_len = (size_t)(slash - title->manifest) + 1;
    TRY(stream_open(&title->stream, cast->client, title->manifest, NULL, &source, why));
    struct stream *stream = &title->stream;
    outcome result = OK;
    for (size_t i = 0; i < stream->rung_count && result == OK; i++)
        result = fill(title, i, stream->rungs[i], why);
    if (result == OK && stream->audio != NULL)
        result = fill(title, STREAM_RUNGS_MAX, stream->audio, why);
    title->end_us = result == OK ? stream_end_us(stream->rungs[0]) : 0;
    return result;
}

// A play of its own tells where the manifest is; its stream ends at once.
static outcome read_house_title(const struct swarm_cast *cast, struct swarm_title *title,
                                struct why *why)
{
    autojson *wish = json_pack("{s:s}", "title_id", title->id), *play = NULL, *gone = NULL;
    const char *dash = "", *session = "";
    char base[HOUSE_ADDRESS_BYTES + 1], path[256];
    autobuffer url = buffer_init(SWARM_PATH_BYTES - 1);
    TRY(ask(cast, "a play", "POST", "/v1/playback", wish, &play, why));
    TRY(json_text(json_object_get(play, "manifests"), "the play", "dash", &dash, why));
    TRY(json_text(play, "the play", "session_id", &session, why));
    (void)snprintf(base, sizeof base, "%s/", cast->origin);
    TRY(url_resolve(slice_of(base), slice_of(dash), &url, why));
    (void)snprintf(title->manifest, sizeof title->manifest, "%.*s", SLICE_ARG(buffer_slice(&url)));
    if (strncmp(title->manifest, cast->origin, strlen(cast->origin)) != 0)
        return fail(why, UNSUPPORTED, "%.100s lies on another host than %.100s", title->manifest,
                    cast->origin);
    const outcome result = read_title(cast, title, why);
    (void)snprintf(path, sizeof path, "/v1/streams/%.200s", session);
    if (cast->token[0] != '\0')
        (void)!ask(cast, "ending a play", "DELETE", path, NULL, &gone, NULL);
    return result;
}

static outcome read_catalogue(struct swarm_cast *cast, struct why *why)
{
    autojson *page = NULL;
    json_t *items = NULL;
    TRY(ask(cast, "the catalogue", "GET", "/v1/titles?limit=200", NULL, &page, why));
    TRY(json_array_of(page, "the catalogue", "items", &items, why));
    const size_t count = json_array_size(items);
    if (count == 0) return fail(why, NOT_FOUND, "the house at %.200s has no title", cast->origin);
    for (size_t i = 0; i < count && i < SWARM_TITLES_MAX; i++) {
        struct swarm_title *title = &cast->titles[cast->title_count];
        const char *id = "";
        TRY(json_text(json_array_get(items, i), "a title", "id", &id, why));
        (void)snprintf(title->id, sizeof title->id, "%s", id);
        cast->title_count++;
        TRY(read_house_title(cast, title, why));
    }
    return OK;
}

static outcome fill_cast(struct swarm_cast *cast, const struct swarm_options *options,
                         struct why *why)
{
    TRY(take_origin(cast, options->url, why));
    TRY(http_client_open(&cast->client, why));
    cast->titles = calloc(SWARM_TITLES_MAX, sizeof *cast->titles);
    if (cast->titles == NULL) return fail(why, NO_MEMORY, "no memory for titles");
    if (!cast->is_house) {
        if (strlen(options->url) >= SWARM_PATH_BYTES)
            return fail(why, TOO_LARGE, "the address %.100s... is too long", options->url);
        (void)snprintf(cast->titles[0].manifest, SWARM_PATH_BYTES, "%s", options->url);
        cast->title_count = 1;
        TRY(read_title(cast, &cast->titles[0], why));
    } else {
        if (options->member_count > 0) TRY(sign_in(cast, &options->members[0], why));
        TRY(read_catalogue(cast, why));
    }
    double sum = 0;
    for (size_t i = 0; i < cast->title_count; i++) {
        sum += pow((double)(i + 1), -options->zipf);
        cast->weights[i] = sum;
    }
    return OK;
}

outcome swarm_cast_open(const struct swarm_options *options, struct swarm_cast *out,
                        struct why *why)
{
    *out = (struct swarm_cast){.is_house = false};
    const outcome result = fill_cast(out, options, why);
    if (result != OK) swarm_cast_close(out);
    return result;
}

void swarm_cast_close(struct swarm_cast *cast)
{
    for (size_t i = 0; cast->titles != NULL && i < cast->title_count; i++)
        stream_release(&cast->titles[i].stream);
    free(cast->titles);
    cast->titles = NULL;
    cast->title_count = 0;
    http_client_close(&cast->client);
}
