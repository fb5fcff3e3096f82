// SPDX-License-Identifier: Apache-2.0
//
// Sign-in, profile, play, manifest; and beside the film the licence and positions.
#include "player/swarm_inside.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/url.h"

#include <stdlib.h>
#include <string.h>

// A house that is busy with many passwords says so (429).
enum { SIGN_IN_TRIES = 6, SIGN_IN_AGAIN_US = 500 * 1000 };

// The answer of a request, or NULL; the viewer has failed then.
static json_t *take_answer(struct swarm_ask *ask, outcome result, const struct why *why)
{
    struct why says = *why;
    json_t *answer = NULL;
    if (result == OK) result = json_parse(buffer_slice(&ask->answer), "the answer", &answer, &says);
    buffer_release(&ask->answer);
    if (result == OK) return answer;
    swarm_viewer_fail(ask->viewer, ask, result, says.text);
    return NULL;
}

static bool take_text(const json_t *object, const char *key, char **out)
{
    const char *text = json_string_value(json_object_get(object, key));
    free(*out);
    *out = text == NULL || strpbrk(text, "\r\n ") != NULL ? NULL : strdup(text);
    return *out != NULL;
}

// Sends `body` (taken over) as JSON; NULL: a GET.
static void ask_json(struct swarm_ask *ask, enum swarm_stage stage, enum http_method method,
                     const char *path, const char *bearer, json_t *body,
                     void (*done)(struct swarm_ask *, outcome, const struct why *))
{
    ask->stage = stage;
    ask->done = done;
    ask->is_kept = true;
    ask->body.len = 0;
    struct why why = {""};
    const outcome written = body == NULL ? fail(&why, NO_MEMORY, "no memory for a request")
                                         : json_format(body, &ask->body, &why);
    json_decref(body);
    if (written == OK)
        swarm_ask_send(ask, method, path, bearer, NULL);
    else
        done(ask, written, &why);
}

static void manifest_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    if (result == OK)
        swarm_viewer_play(ask->viewer);
    else
        swarm_viewer_fail(ask->viewer, ask, result, why->text);
}

static void fetch_manifest(struct swarm_viewer *viewer)
{
    const struct swarm_title *title = viewer->title;
    char path[SWARM_PATH_BYTES];
    struct swarm_ask *ask = &viewer->main;
    ask->stage = SWARM_MANIFEST;
    ask->done = manifest_here;
    ask->is_kept = false;
    (void)snprintf(path, sizeof path, "%s%s", viewer->folder, title->manifest + title->folder_len);
    swarm_ask_send(ask, METHOD_GET, path, viewer->token, NULL);
}

// The folder's path of a manifest's address, absolute or not; NULL when it has none.
static char *folder_of(const char *address)
{
    struct url url;
    if (url_parse(slice_of(address), &url, NULL) != OK || url.path.len == 0) return NULL;
    size_t len = url.path.len;
    while (len > 0 && url.path.at[len - 1] != '/')
        len--;
    return url.path.at[0] == '/' ? strndup((const char *)url.path.at, len) : NULL;
}

static bool take_play(struct swarm_viewer *viewer, const json_t *play)
{
    const json_t *licence = json_object_get(play, "licence");
    const char *dash =
        json_string_value(json_object_get(json_object_get(play, "manifests"), "dash"));
    const json_int_t beat = json_integer_value(json_object_get(play, "heartbeat_ms"));
    viewer->heartbeat_us = (beat > 0 ? (int64_t)beat : 30000) * 1000;
    viewer->has_keys = !json_is_object(licence) || !viewer->home->options->is_asking_licences;
    viewer->folder = dash == NULL ? NULL : folder_of(dash);
    return viewer->folder != NULL && take_text(play, "session_id", &viewer->session) &&
           (viewer->has_keys || (take_text(licence, "url", &viewer->licence_path) &&
                                 take_text(licence, "token", &viewer->licence_token)));
}

static json_t *kids_of(const json_t *play)
{
    json_t *kids = json_array();
    for (size_t i = 0; i < json_array_size(json_object_get(play, "key_ids")); i++) {
        const char *text = json_string_value(json_array_get(json_object_get(play, "key_ids"), i));
        struct key_id id;
        autobuffer out = buffer_init(64);
        if (text != NULL && key_id_parse(slice_of(text), &id, NULL) == OK &&
            base64_format(BASE64_URL, (struct slice){id.bytes, sizeof id.bytes}, &out, NULL) == OK)
            (void)json_array_append_new(kids, json_stringn((const char *)out.at, out.len));
    }
    return kids;
}

static void licence_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    buffer_release(&ask->answer);
    if (result == OK)
        swarm_viewer_unlocked(ask->viewer);
    else
        swarm_viewer_fail(ask->viewer, ask, result, why->text);
}

static void play_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    struct swarm_viewer *viewer = ask->viewer;
    autojson *play = take_answer(ask, result, why);
    if (play == NULL) return;
    if (!take_play(viewer, play)) {
        swarm_viewer_fail(viewer, ask, INVALID, "the play's answer lacks what a player needs");
        return;
    }
    if (!viewer->has_keys)
        ask_json(&viewer->side, SWARM_LICENCE, METHOD_POST, viewer->licence_path,
                 viewer->licence_token,
                 json_pack("{s:o, s:s}", "kids", kids_of(play), "type", "temporary"), licence_here);
    if (!viewer->is_over) fetch_manifest(viewer);
}

static void press_play(struct swarm_viewer *viewer)
{
    viewer->intent_us = swarm_now(viewer);
    if (viewer->home->cast->is_house) {
        ask_json(&viewer->main, SWARM_PLAY, METHOD_POST, "/v1/playback", viewer->token,
                 json_pack("{s:s}", "title_id", viewer->title->id), play_here);
        return;
    }
    viewer->has_keys = true;
    viewer->folder = folder_of(viewer->title->manifest);
    if (viewer->folder == NULL)
        swarm_viewer_fail(viewer, &viewer->main, NO_MEMORY, "no memory for a viewer");
    else
        fetch_manifest(viewer);
}

static void profile_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    buffer_release(&ask->answer);
    if (result == OK)
        press_play(ask->viewer);
    else
        swarm_viewer_fail(ask->viewer, ask, result, why->text);
}

static void session_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    struct swarm_viewer *viewer = ask->viewer;
    if (result == UNAVAILABLE && ++viewer->tries < SIGN_IN_TRIES) { // as a person would
        viewer->home->totals.sums.retries++;
        swarm_viewer_at(viewer, swarm_now(viewer) + (SIGN_IN_AGAIN_US << viewer->tries),
                        swarm_journey_begin);
        return;
    }
    viewer->tries = 0;
    autojson *session = take_answer(ask, result, why);
    if (session == NULL) return;
    const json_t *first = json_array_get(json_object_get(session, "profiles"), 0);
    const char *profile = json_string_value(json_object_get(first, "id"));
    if (profile == NULL || !take_text(session, "token", &viewer->token)) {
        swarm_viewer_fail(viewer, ask, INVALID, "the member has no profile");
        return;
    }
    ask_json(ask, SWARM_PROFILE, METHOD_PUT, "/v1/sessions/current/profile", viewer->token,
             json_pack("{s:s}", "profile_id", profile), profile_here);
}

void swarm_journey_begin(struct swarm_viewer *viewer)
{
    const struct swarm_member *member = viewer->member;
    if (member == NULL)
        press_play(viewer);
    else
        ask_json(&viewer->main, SWARM_SIGN_IN, METHOD_POST, "/v1/sessions", NULL,
                 json_pack("{s:s, s:s, s:s}", "login", member->login, "password", member->password,
                           "device_name", "swarm"),
                 session_here);
}

// A position that is refused or lost is counted and harms nobody.
static void position_here(struct swarm_ask *ask, outcome result, const struct why *why)
{
    buffer_release(&ask->answer);
    if (result != OK)
        swarm_totals_fail(&ask->viewer->home->totals, ask->stage, ask->status, result, why->text);
}

void swarm_journey_position(struct swarm_viewer *viewer)
{
    if (viewer->side.call.link != NULL || viewer->session == NULL) return;
    json_t *body = json_pack("{s:s, s:I, s:I, s:s}", "title_id", viewer->title->id, "position_ms",
                             (json_int_t)(viewer->playout.position_us / 1000), "duration_ms",
                             (json_int_t)(viewer->title->end_us / 1000), "event", "play");
    if (viewer->member != NULL && body != NULL) // a guest has no stream to be kept
        (void)json_object_set_new(body, "session_id", json_string(viewer->session));
    ask_json(&viewer->side, SWARM_POSITION, METHOD_POST, "/v1/positions", viewer->token, body,
             position_here);
}

static void released(struct swarm_ask *ask, outcome result, const struct why *why)
{
    if (result != OK)
        swarm_totals_fail(&ask->viewer->home->totals, ask->stage, ask->status, result, why->text);
    swarm_viewer_at(ask->viewer, 0, swarm_viewer_bury);
}

void swarm_journey_release(struct swarm_viewer *viewer)
{
    char path[256];
    (void)snprintf(path, sizeof path, "/v1/streams/%.200s", viewer->session);
    ask_json(&viewer->side, SWARM_RELEASE, METHOD_DELETE, path, viewer->token, json_object(),
             released);
}
