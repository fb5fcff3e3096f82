// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "base/random.h"

#include <string.h>

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

static json_t *playback_json(const struct title *title, const char *session_id)
{
    return json_pack(
        "{s:s, s:s, s:{s:o, s:o}, s:n, s:[], s:i, s:I, s:o}", "session_id", session_id, "title_id",
        title->id, "manifests", "hls", api_media_reference(title, title->hls), "dash",
        api_media_reference(title, title->dash), "licence", "key_ids", "resume_ms", 0,
        "duration_ms", (json_int_t)title->duration_ms, "storyboard", storyboard_json(title));
}

// "application/json", with parameters or without.
static bool is_json(const struct http_request *request)
{
    struct slice type, rest;
    if (!http_request_find(request, FIELD_CONTENT_TYPE, &rest)) return false;
    return slice_cut(&rest, ';', &type) && slice_is_nocase(slice_trim(type), "application/json");
}

static outcome load_title(const struct service *service, struct http_exchange *exchange,
                          struct title *out, struct why *why)
{
    if (!is_json(exchange->request))
        return fail(why, UNSUPPORTED, "send the request as Content-Type: application/json");
    autojson *request = NULL;
    const char *id;
    TRY(json_parse(exchange->body, "the request", &request, why));
    TRY(json_text(request, "the request", "title_id", &id, why));
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    return title_load(service->stores.tables, id, &exchange->arena, out, why);
}

void api_playback(void *context, struct http_exchange *exchange)
{
    const struct service *service = context;
    struct title title;
    struct why why = {""};
    const outcome result = load_title(service, exchange, &title, &why);
    if (result != OK) {
        http_reply_outcome(exchange, result, &why);
        return;
    }
    char session_id[ID_BYTES];
    id_make("session", clock_wall_ms(service->clock), session_id);
    autojson *json = playback_json(&title, session_id);
    api_reply_json(exchange, json, "no-store");
}
