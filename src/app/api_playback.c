// SPDX-License-Identifier: Apache-2.0
#include "app/api_play.h"

#include "account/stream.h"
#include "app/licences.h"
#include "playback/position.h"

#include <stdio.h>
#include <string.h>

enum { PLAY_S = 12 * 3600 }; // a long film, paused for an evening

// Where a file of the play is: behind its signed access, "" where files need none.
static json_t *play_reference(const char *access, const struct title *title, const char *file)
{
    return json_sprintf("%s/media/%s/%s/%s", access, title->id, title->version, file);
}

static json_t *storyboard_json(const char *access, const struct title *title)
{
    for (size_t i = 0; i < title->track_count; i++) {
        const struct title_track *track = &title->tracks[i];
        if (strcmp(track->kind, "image") != 0) continue;
        return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "url",
                         play_reference(access, title, track->file), "columns",
                         (json_int_t)track->columns, "rows", (json_int_t)track->rows, "tile_width",
                         (json_int_t)track->width, "tile_height", (json_int_t)track->height,
                         "tile_ms", (json_int_t)track->tile_ms, "sheet_count",
                         (json_int_t)track->sheet_count);
    }
    return json_null();
}

// What the player needs beside the licence: taken together so that one reply starts the film.
struct play_parts {
    const struct title *title;
    const char *session;
    json_t *licence, *key_ids; // taken
    int64_t resume_ms, now_ms;
    char access[PLAY_ACCESS_BYTES];
};

json_t *play_manifests_json(const char *access, const struct title *title)
{
    return json_pack("{s:o, s:o}", "hls", play_reference(access, title, title->hls), "dash",
                     play_reference(access, title, title->dash));
}

static json_t *playback_json(const struct play_parts *parts)
{
    const struct title *title = parts->title;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:i}", "session_id",
                     parts->session, "title_id", title->id, "manifests",
                     play_manifests_json(parts->access, title), "licence", parts->licence,
                     "key_ids", parts->key_ids, "resume_ms", (json_int_t)parts->resume_ms,
                     "duration_ms", (json_int_t)title->duration_ms, "storyboard",
                     storyboard_json(parts->access, title), "server_time_ms",
                     (json_int_t)parts->now_ms, "heartbeat_ms", PLAY_HEARTBEAT_MS);
}

static const enum key_class key_classes[] = {
    [PICTURE_SD] = KEY_FOR_SD, [PICTURE_HD] = KEY_FOR_HD, [PICTURE_UHD] = KEY_FOR_UHD};

struct entitlement play_claims(struct call *call, const struct play_grant *grant,
                               const struct title *title, const char *session, int64_t life_s)
{
    const int64_t now_s = clock_wall_ms(call->accounts->clock) / 1000;
    struct entitlement claims = {
        .key_classes = entitlement_classes(key_classes[grant->plan.highest]),
        .issued_s = now_s,
        .not_before_s = now_s,
        .expires_s = now_s + life_s,
    };
    call_id(call, "ent", claims.id);
    (void)snprintf(claims.member, sizeof claims.member, "%s", call->caller.id);
    (void)snprintf(claims.session, sizeof claims.session, "%s", session);
    (void)snprintf(claims.title, sizeof claims.title, "%s", title->id);
    if (!grant->is_limited) return claims;
    (void)snprintf(claims.profile, sizeof claims.profile, "%s", call->caller.profile);
    (void)snprintf(claims.territory, sizeof claims.territory, "%s", call->caller.territory);
    claims.account_streams_max = (uint16_t)grant->plan.streams;
    claims.title_streams_max = (uint16_t)grant->plan.streams_per_title;
    return claims;
}

enum problem play_problem(enum play_refusal refusal)
{
    static const enum problem problems[PLAY_REFUSALS] = {
        [PLAY_NOT_ENTITLED] = PROBLEM_NOT_ENTITLED, [PLAY_TERRITORY] = PROBLEM_TERRITORY,
        [PLAY_MATURITY] = PROBLEM_MATURITY,         [PLAY_NOT_AVAILABLE] = PROBLEM_NOT_AVAILABLE,
        [PLAY_STREAM_LIMIT] = PROBLEM_STREAM_LIMIT,
    };
    return problems[refusal];
}

outcome play_refuse(struct call *call, enum play_refusal refusal, struct why *why)
{
    const enum problem problem = play_problem(refusal);
    return call_refuse(call, problem, why, "%s", problem_title(problem));
}

static const char *name_of(const struct device_page *devices, const char *id)
{
    for (size_t i = 0; i < devices->count; i++)
        if (strcmp(devices->devices[i].id, id) == 0) return devices->devices[i].name;
    return "";
}

static outcome sessions_json(struct call *call, json_t **out, struct why *why)
{
    struct stream_list running;
    struct device_page devices;
    TRY(streams_load(call->accounts->tables, call->caller.id, clock_wall_ms(call->accounts->clock),
                     &running, why));
    TRY(device_list(call->accounts, call->caller.id, &call->exchange->arena, &devices, why));
    *out = json_array();
    for (size_t i = 0; i < running.count; i++) {
        const struct stream_entry *entry = &running.entries[i];
        (void)json_array_append_new(*out,
                                    json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", entry->session,
                                              "title_id", entry->title, "device_id", entry->device,
                                              "device_name", name_of(&devices, entry->device),
                                              "began_at", json_time(entry->since_ms)));
    }
    return OK;
}

static outcome take_stream(struct call *call, const struct play_grant *grant,
                           const struct play_stream *wish, struct why *why)
{
    enum play_refusal refusal;
    json_t *running;
    TRY(play_take_stream(call->accounts, &call->caller, &grant->plan, wish, &refusal, why));
    if (refusal == PLAY_GRANTED && wish->take_over[0] != '\0')
        api_positions_forget(call->accounts, call->caller.id, wish->take_over);
    if (refusal != PLAY_GRANTED) {
        TRY(sessions_json(call, &running, why));
        call->extra = json_pack("{s:o}", "sessions", running);
        return play_refuse(call, refusal, why);
    }
    struct right right = grant->right;
    return grant->has_right ? right_start(call->accounts, call->caller.id, &right, why) : OK;
}

struct play_input {
    char title_id[65], take_over[ID_BYTES];
};
static const struct input_field play_fields[] = {
    INPUT_FIELD(struct play_input, title_id, "title_id", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct play_input, take_over, "take_over", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

static outcome end_session(struct call *call, const char *id, struct why *why)
{
    api_positions_forget(call->accounts, call->caller.id, id);
    return play_end(call->accounts, call->caller.id, id, why);
}

outcome play_sign_access(struct call *call, const struct title *title, char *out, struct why *why)
{
    char folder[200], token[ACCESS_TOKEN_BYTES];
    const struct address anybody = {.len = 0};
    out[0] = '\0';
    if (call->service->gate == NULL) return OK;
    (void)snprintf(folder, sizeof folder, "/media/%s/%s/", title->id, title->version);
    const outcome made = access_gate_make_token(
        call->service->gate, folder, clock_wall_ms(call->accounts->clock) / 1000 + PLAY_S, &anybody,
        token, why);
    if (made == NOT_FOUND) return OK; // others sign for this house: CloudFront, a CDN
    TRY(made);
    (void)snprintf(out, PLAY_ACCESS_BYTES, "/~%s", token);
    return OK;
}

static outcome find_resume(struct call *call, const struct title *title, int64_t *out,
                           struct why *why)
{
    struct position position;
    const outcome found =
        position_resume(call->accounts->tables, call->caller.profile, title->id, &position, why);
    if (found != OK && found != NOT_FOUND) return found;
    *out = found == OK && !position_is_watched(&position) ? position.position_ms : 0;
    return OK;
}

outcome api_playback(struct call *call, struct why *why)
{
    struct title title;
    struct play_input input = {.take_over = ""};
    char session[ID_BYTES];
    struct play_parts parts = {.title = &title, .session = session};
    struct play_grant grant;
    enum play_refusal refusal;
    TRY(call_read(call, play_fields, INPUT_COUNT(play_fields), &input, why));
    if (!id_is_valid(input.title_id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(call_title(call, input.title_id, &title, why));
    TRY(play_judge(call->accounts, &call->caller, &title, &refusal, &grant, why));
    if (refusal != PLAY_GRANTED) return play_refuse(call, refusal, why);
    call_id(call, "session", session);
    const struct play_stream wish = {session, title.id, input.take_over};
    if (grant.is_limited) TRY(take_stream(call, &grant, &wish, why));
    TRY(find_resume(call, &title, &parts.resume_ms, why));
    parts.now_ms = clock_wall_ms(call->accounts->clock);
    TRY(play_sign_access(call, &title, parts.access, why));
    const struct entitlement claims = play_claims(call, &grant, &title, session, PLAY_S);
    TRY(licence_offer(call->service->licences, &title, &claims, &parts.licence, &parts.key_ids,
                      why));
    return call_reply(call, 200, playback_json(&parts), why);
}

outcome api_streams(struct call *call, struct why *why)
{
    json_t *items;
    TRY(sessions_json(call, &items, why));
    return call_reply_page(call, items, "", why);
}

outcome api_stream_end(struct call *call, struct why *why)
{
    TRY(end_session(call, call->exchange->params[0], why));
    return call_reply_empty(call);
}
