// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "app/licences.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { PLAY_S = 12 * 3600 }; // a long film, paused for an evening

static json_t *storyboard_json(const struct title *title)
{
    for (size_t i = 0; i < title->track_count; i++) {
        const struct title_track *track = &title->tracks[i];
        if (strcmp(track->kind, "image") != 0) continue;
        return json_pack(
            "{s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "url", api_media_reference(title, track->file),
            "columns", (json_int_t)track->columns, "rows", (json_int_t)track->rows, "tile_width",
            (json_int_t)track->width, "tile_height", (json_int_t)track->height, "tile_ms",
            (json_int_t)track->tile_ms, "sheet_count", (json_int_t)track->sheet_count);
    }
    return json_null();
}

// Takes `licence` and `key_ids`.
static json_t *playback_json(const struct title *title, const char *session_id, json_t *licence,
                             json_t *key_ids)
{
    return json_pack("{s:s, s:s, s:{s:o, s:o}, s:o, s:o, s:i, s:I, s:o}", "session_id", session_id,
                     "title_id", title->id, "manifests", "hls",
                     api_media_reference(title, title->hls), "dash",
                     api_media_reference(title, title->dash), "licence", licence, "key_ids",
                     key_ids, "resume_ms", 0, "duration_ms", (json_int_t)title->duration_ms,
                     "storyboard", storyboard_json(title));
}

// A house without members lends its titles to whoever comes.
static struct entitlement guest_claims(const struct service *service, const struct title *title,
                                       const char *session_id)
{
    const int64_t now_ms = clock_wall_ms(service->clock), now_s = now_ms / 1000;
    struct entitlement claims = {
        .member = "guest",
        .key_classes = entitlement_classes(KEY_FOR_UHD),
        .issued_s = now_s,
        .not_before_s = now_s,
        .expires_s = now_s + PLAY_S,
    };
    id_make("ent", now_ms, claims.id);
    (void)snprintf(claims.session, sizeof claims.session, "%s", session_id);
    (void)snprintf(claims.title, sizeof claims.title, "%s", title->id);
    return claims;
}

outcome api_playback(struct call *call, struct why *why)
{
    struct title title;
    const char *id;
    char session_id[ID_BYTES];
    json_t *licence, *key_ids;
    TRY(json_text(call->body, "the request", "title_id", &id, why));
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(title_load(call->accounts->tables, id, &call->exchange->arena, &title, why));
    call_id(call, "session", session_id);
    const struct entitlement claims = guest_claims(call->service, &title, session_id);
    TRY(licence_offer(call->service->licences, &title, &claims, &licence, &key_ids, why));
    return call_reply(call, 200, playback_json(&title, session_id, licence, key_ids), why);
}
