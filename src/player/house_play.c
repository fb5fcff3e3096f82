// SPDX-License-Identifier: Apache-2.0
#include "player/house_play.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { HEARTBEAT_MS_MIN = 1000, HEARTBEAT_MS_MAX = 600000 };

// One question to the member's house; `path` is below it.
static outcome ask(struct http_client *client, const struct house_member *member,
                   struct house_question *question, const char *path, json_t **out, struct why *why)
{
    char url[HOUSE_ADDRESS_BYTES + 128];
    (void)snprintf(url, sizeof url, "%s%s", member->origin, path);
    question->url = url;
    question->token = member->token;
    return house_ask(client, question, out, why);
}

static outcome take_play(const json_t *answer, const char *origin, struct house_play *out,
                         struct why *why)
{
    static const char what[] = "the playback";
    const json_t *manifests = json_object_get(answer, "manifests");
    const char *session = "";
    int64_t server_ms = 0;
    TRY(json_text(answer, what, "session_id", &session, why));
    if (!id_is_valid(session) || strlen(session) >= sizeof out->session)
        return fail(why, INVALID, "the playback's session is none");
    (void)snprintf(out->session, sizeof out->session, "%s", session);
    TRY(house_take_address(manifests, "hls", origin, out->hls_url, why));
    TRY(house_take_address(manifests, "dash", origin, out->dash_url, why));
    TRY(json_integer_in(answer, what, "resume_ms", 0, INT64_MAX / 1000, &out->resume_ms, why));
    TRY(json_integer_in(answer, what, "duration_ms", 0, INT64_MAX / 1000, &out->duration_ms, why));
    TRY(json_integer_in(answer, what, "heartbeat_ms", HEARTBEAT_MS_MIN, HEARTBEAT_MS_MAX,
                        &out->heartbeat_ms, why));
    TRY(json_integer_in(answer, what, "server_time_ms", 0, INT64_MAX, &server_ms, why));
    out->ahead_ms = server_ms - clock_wall_ms(clock_system());
    return house_take_licence(answer, origin, &out->licence, why);
}

outcome house_play_begin(struct http_client *client, const struct house_member *member,
                         const char *title, struct house_play *out, struct why *why)
{
    struct house_play made = {.session = ""};
    autojson *body = json_pack("{s:s}", "title_id", title), *answer = NULL;
    struct house_question question = {.what = "this play", .method = "POST", .body = body};
    if (body == NULL) return fail(why, INVALID, "a title's id is UTF-8");
    TRY(ask(client, member, &question, "/v1/playback", &answer, why));
    (void)snprintf(made.title, sizeof made.title, "%s", title);
    TRY(take_play(answer, member->origin, &made, why));
    *out = made;
    return OK;
}

outcome house_play_report(struct http_client *client, const struct house_member *member,
                          const struct house_play *play, int64_t position_ms, struct why *why)
{
    const int64_t at_ms = clock_wall_ms(clock_system()) + play->ahead_ms;
    autojson *answer = NULL;
    autojson *body = json_pack("{s:s, s:s, s:I, s:I, s:I}", "title_id", play->title, "session_id",
                               play->session, "position_ms", (json_int_t)position_ms, "duration_ms",
                               (json_int_t)play->duration_ms, "at_ms", (json_int_t)at_ms);
    struct house_question question = {.what = "this play", .method = "POST", .body = body};
    if (body == NULL) return fail(why, NO_MEMORY, "no memory for a report");
    return ask(client, member, &question, "/v1/positions", &answer, why);
}

outcome house_play_end(struct http_client *client, const struct house_member *member,
                       const struct house_play *play, struct why *why)
{
    char path[32 + ID_BYTES];
    autojson *answer = NULL;
    struct house_question question = {.what = "the end of this play", .method = "DELETE"};
    (void)snprintf(path, sizeof path, "/v1/streams/%s", play->session);
    return ask(client, member, &question, path, &answer, why);
}
