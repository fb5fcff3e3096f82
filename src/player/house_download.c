// SPDX-License-Identifier: Apache-2.0
#include "player/house_download.h"

#include "base/clock.h"
#include "base/url.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ANSWER_BYTES_MAX = 1024 * 1024 }; // of a title with a large cast

// What is asked: a path below the house, and a body or none.
struct ask {
    const char *what, *method, *path, *key;
    const json_t *body;
};

static outcome send(struct http_client *client, const struct house_member *member,
                    const struct ask *ask, json_t **out, struct why *why)
{
    autobuffer url = buffer_init(URL_BYTES_MAX), body = buffer_init(4096);
    autobuffer answer = buffer_init(ANSWER_BYTES_MAX);
    TRY(buffer_format(&url, why, "%s%s", member->origin, ask->path));
    if (ask->body != NULL) TRY(json_format(ask->body, &body, why));
    const char *address = buffer_text(&url);
    if (address == NULL) return fail(why, NO_MEMORY, "no memory for an address");
    const struct house_request request = {
        .what = ask->what,
        .method = ask->method,
        .url = address,
        .type = ask->body == NULL ? NULL : "application/json",
        .token = member->token,
        .key = ask->key,
        .body = ask->body == NULL ? (struct slice){NULL, 0} : buffer_slice(&body),
    };
    TRY(house_send(client, &request, &answer, why));
    if (out == NULL) return OK;
    return json_parse(buffer_slice(&answer), "the house's answer", out, why);
}

// "2026-11-21T11:12:43.123Z" to the second, which is enough for days.
static outcome take_time(const json_t *json, const char *key, int64_t *out_ms, struct why *why)
{
    struct tm parts = {.tm_isdst = 0};
    const char *text = "";
    TRY(json_text(json, "the download", key, &text, why));
    if (strptime(text, "%Y-%m-%dT%H:%M:%S", &parts) == NULL)
        return fail(why, INVALID, "the download's %s is no time", key);
    *out_ms = (int64_t)timegm(&parts) * 1000;
    return OK;
}

static outcome take_download(const json_t *json, const char *origin, struct house_download *out,
                             struct why *why)
{
    const char *id = "";
    struct house_download made = {.id = ""};
    TRY(json_text(json, "the download", "id", &id, why));
    TRY(house_take_address(json_object_get(json, "manifests"), "hls", origin, made.manifest_url,
                           why));
    if (strlen(id) >= sizeof made.id) return fail(why, INVALID, "the download's id is none");
    (void)snprintf(made.id, sizeof made.id, "%s", id);
    TRY(take_time(json, "start_by", &made.start_by_ms, why));
    TRY(take_time(json, "ends_at", &made.ends_ms, why));
    TRY(house_take_licence(json, origin, &made.licence, why));
    *out = made;
    return OK;
}

outcome house_download_prepare(struct http_client *client, const struct house_member *member,
                               const char *title, const char *licence_device, const char *key,
                               struct house_download *out, struct why *why)
{
    autojson *body =
        json_pack("{s:s, s:s}", "title_id", title, "licence_device_id", licence_device);
    autojson *answer = NULL;
    if (body == NULL) return fail(why, INVALID, "a title's id is UTF-8");
    const struct ask ask = {"this download", "POST", "/v1/downloads", key, body};
    TRY(send(client, member, &ask, &answer, why));
    return take_download(answer, member->origin, out, why);
}

// "/v1/downloads/<id><rest>".
static void path_of(const char *id, const char *rest, char *out, size_t room)
{
    (void)snprintf(out, room, "/v1/downloads/%s%s", id, rest);
}

outcome house_download_find(struct http_client *client, const struct house_member *member,
                            const char *id, struct house_download *out, struct why *why)
{
    char path[128];
    autojson *answer = NULL;
    path_of(id, "", path, sizeof path);
    const struct ask ask = {"this download", "GET", path, NULL, NULL};
    TRY(send(client, member, &ask, &answer, why));
    return take_download(answer, member->origin, out, why);
}

outcome house_download_started(struct http_client *client, const struct house_member *member,
                               const char *id, int64_t at_ms, struct why *why)
{
    char path[128], at[CLOCK_TEXT_BYTES];
    wall_format(at_ms, at);
    path_of(id, "/started", path, sizeof path);
    autojson *body = json_pack("{s:s}", "started_at", at);
    if (body == NULL) return fail(why, NO_MEMORY, "no memory for a request");
    const struct ask ask = {"the start of this download", "PUT", path, NULL, body};
    return send(client, member, &ask, NULL, why);
}

outcome house_download_drop(struct http_client *client, const struct house_member *member,
                            const char *id, struct why *why)
{
    char path[128];
    path_of(id, "", path, sizeof path);
    const struct ask ask = {"the removal of this download", "DELETE", path, NULL, NULL};
    return send(client, member, &ask, NULL, why);
}

outcome house_title(struct http_client *client, const struct house_member *member,
                    const char *title, char *name, char *poster, size_t room, struct why *why)
{
    char path[128];
    const char *text = "", *url = "";
    autojson *answer = NULL;
    (void)snprintf(path, sizeof path, "/v1/titles/%.64s", title);
    const struct ask ask = {"this title", "GET", path, NULL, NULL};
    TRY(send(client, member, &ask, &answer, why));
    TRY(json_text(answer, "the title", "title", &text, why));
    (void)snprintf(name, room, "%s", text);
    if (json_is_string(json_object_get(answer, "poster_url")))
        TRY(json_text(answer, "the title", "poster_url", &url, why));
    const char *slash = strrchr(url, '/');
    (void)snprintf(poster, room, "%s", slash == NULL ? "" : slash + 1);
    return OK;
}

// --- sessions -------------------------------------------------------------------------------

static outcome find_profile(const json_t *session, const char *name, const char **out,
                            struct why *why)
{
    json_t *profiles = NULL;
    const char *id = "", *found = "";
    TRY(json_array_of(session, "the session", "profiles", &profiles, why));
    for (size_t i = 0; i < json_array_size(profiles); i++) {
        const json_t *profile = json_array_get(profiles, i);
        TRY(json_text(profile, "a profile", "id", &id, why));
        TRY(json_text(profile, "a profile", "name", &found, why));
        if (name != NULL && strcmp(found, name) != 0) continue;
        *out = id;
        return OK;
    }
    return fail(why, NOT_FOUND, "the member has no profile %.60s", name == NULL ? "" : name);
}

static outcome choose_profile(struct http_client *client, const struct house_member *member,
                              const json_t *session, const struct house_credentials *credentials,
                              struct why *why)
{
    const char *id = "";
    TRY(find_profile(session, credentials->profile, &id, why));
    autojson *body = json_pack("{s:s}", "profile_id", id);
    if (body == NULL) return fail(why, NO_MEMORY, "no memory for a request");
    if (credentials->pin != NULL)
        (void)json_object_set_new(body, "pin", json_string(credentials->pin));
    const struct ask ask = {"this profile", "PUT", "/v1/sessions/current/profile", NULL, body};
    return send(client, member, &ask, NULL, why);
}

static outcome take_token(const json_t *session, const char **out, struct why *why)
{
    TRY(json_text(session, "the session", "token", out, why));
    if (strlen(*out) >= HOUSE_TOKEN_BYTES || strpbrk(*out, "\r\n") != NULL)
        return fail(why, INVALID, "the session's token is none");
    return OK;
}

outcome house_refresh(struct http_client *client, const struct house_member *member, char *token,
                      struct why *why)
{
    autojson *session = NULL;
    const char *text = "";
    const struct ask ask = {"the session", "POST", "/v1/sessions/refresh", NULL, NULL};
    TRY(send(client, member, &ask, &session, why));
    TRY(take_token(session, &text, why));
    (void)snprintf(token, HOUSE_TOKEN_BYTES, "%s", text);
    return OK;
}

outcome house_sign_in(struct http_client *client, const char *origin,
                      const struct house_credentials *credentials, char *token, struct why *why)
{
    autojson *body = json_pack("{s:s, s:s, s:s}", "login", credentials->login, "password",
                               credentials->password, "device_name", credentials->device);
    autojson *session = NULL;
    const char *text = "";
    if (body == NULL) return fail(why, INVALID, "login and password are UTF-8");
    const struct house_member nobody = {origin, ""};
    const struct ask ask = {"signing in", "POST", "/v1/sessions", NULL, body};
    TRY(send(client, &nobody, &ask, &session, why));
    TRY(take_token(session, &text, why));
    const struct house_member member = {origin, text};
    TRY(choose_profile(client, &member, session, credentials, why));
    (void)snprintf(token, HOUSE_TOKEN_BYTES, "%s", text);
    return OK;
}

outcome house_sign_out(struct http_client *client, const struct house_member *member,
                       struct why *why)
{
    const struct ask ask = {"signing out", "DELETE", "/v1/sessions/current", NULL, NULL};
    return send(client, member, &ask, NULL, why);
}

outcome house_wants_sign_in(struct http_client *client, const struct house_member *member,
                            bool *out, struct why *why)
{
    autojson *answer = NULL;
    const struct ask ask = {"the house", "GET", "/v1/house", NULL, NULL};
    TRY(send(client, member, &ask, &answer, why));
    *out = json_is_false(json_object_get(answer, "is_open")) &&
           json_is_false(json_object_get(answer, "is_signed_in"));
    return OK;
}
