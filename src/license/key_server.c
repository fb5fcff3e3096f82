// SPDX-License-Identifier: Apache-2.0
#include "license/key_server.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/random.h"

#include <string.h>

enum {
    WIDEVINE_DATA_AT = 32, // of a pssh box of version 0: the system's own data
    PSSH_BYTES_MAX = 512,
};

static const char what[] = "the key request";

static const struct {
    const char *word;
    enum key_class class;
} tracks[] = {
    [TRACK_SD] = {"SD", KEY_FOR_SD},
    [TRACK_HD] = {"HD", KEY_FOR_HD},
    [TRACK_UHD1] = {"UHD1", KEY_FOR_UHD},
    [TRACK_UHD2] = {"UHD2", KEY_FOR_UHD},
    [TRACK_OF_AUDIO] = {"AUDIO", KEY_FOR_AUDIO},
};

enum key_class key_server_class(enum key_server_track track)
{
    return tracks[track].class;
}

static outcome parse_title(const json_t *json, struct key_server_request *request, struct why *why)
{
    const char *text;
    size_t len = 0;
    TRY(json_text(json, what, "content_id", &text, why));
    const outcome parsed = base64_parse(BASE64_PADDED, slice_of(text), (uint8_t *)request->title,
                                        sizeof request->title - 1, &len, NULL);
    request->title[parsed == OK ? len : 0] = '\0';
    if (parsed == OK && strlen(request->title) == len && id_is_valid(request->title)) return OK;
    return fail(why, INVALID, "%s's \"content_id\" is not the id of a title in base64", what);
}

// The scheme's four letters, or what they are as a number, as some packagers write it.
static outcome parse_scheme(const json_t *json, enum cenc_scheme *out, struct why *why)
{
    static const struct {
        const char *word;
        json_int_t code;
        enum cenc_scheme scheme;
    } schemes[] = {{"CENC", 0x63656e63, SCHEME_CENC}, {"CBCS", 0x63626373, SCHEME_CBCS}};
    const json_t *asked = json_object_get(json, "protection_scheme");
    *out = SCHEME_CENC;
    if (asked == NULL) return OK;
    for (size_t i = 0; i < 2; i++) {
        const bool is_word =
            json_is_string(asked) && strcmp(json_string_value(asked), schemes[i].word) == 0;
        *out = schemes[i].scheme;
        if (is_word || json_integer_value(asked) == schemes[i].code) return OK;
    }
    return fail(why, UNSUPPORTED, "%s's \"protection_scheme\" is CENC or CBCS here", what);
}

static outcome parse_track(const json_t *track, struct key_server_request *request, struct why *why)
{
    const char *word;
    TRY(json_text(track, what, "type", &word, why));
    for (enum key_server_track i = TRACK_SD; i <= TRACK_OF_AUDIO; i++) {
        if (strcmp(word, tracks[i].word) != 0) continue;
        request->tracks[request->count++] = i;
        request->classes |= 1u << tracks[i].class;
        return OK;
    }
    return fail(why, UNSUPPORTED, "%s names a track of another type than SD, HD, UHD1, UHD2, AUDIO",
                what);
}

outcome key_server_parse(struct slice message, struct key_server_request *out, struct why *why)
{
    struct key_server_request request = {.count = 0};
    autojson *json = NULL;
    json_t *list;
    const json_t *track;
    size_t i;
    TRY(json_parse(message, what, &json, why));
    if (json_object_get(json, "crypto_period_count") != NULL)
        return fail(why, UNSUPPORTED, "a title has one key per class for its whole length");
    TRY(parse_title(json, &request, why));
    TRY(parse_scheme(json, &request.scheme, why));
    TRY(json_array_of(json, what, "tracks", &list, why));
    if (json_array_size(list) == 0 || json_array_size(list) > KEY_SERVER_TRACKS_MAX)
        return fail(why, INVALID, "%s names 1 to %d tracks", what, KEY_SERVER_TRACKS_MAX);
    json_array_foreach(list, i, track) TRY(parse_track(track, &request, why));
    *out = request;
    return OK;
}

static outcome put_base64(const uint8_t *bytes, size_t len, struct buffer *out, struct why *why)
{
    return base64_format(BASE64_PADDED, (struct slice){bytes, len}, out, why);
}

static outcome put_track(const struct key_server_request *request, enum key_server_track track,
                         const struct key_set *keys, struct buffer *out, struct why *why)
{
    const struct content_key *key = NULL;
    autobuffer pssh = buffer_init(PSSH_BYTES_MAX);
    TRY(key_set_find(keys, tracks[track].class, &key, why));
    const struct pssh_content content = {
        .scheme = request->scheme, .key_ids = &key->id, .key_count = 1};
    TRY(pssh_put(DRM_WIDEVINE, &content, &pssh, why));
    TRY(buffer_put_text(out, "{\"type\":\"", why));
    TRY(buffer_put_text(out, tracks[track].word, why));
    TRY(buffer_put_text(out, "\",\"key_id\":\"", why));
    TRY(put_base64(key->id.bytes, KEY_ID_BYTES, out, why));
    TRY(buffer_put_text(out, "\",\"key\":\"", why));
    TRY(put_base64(key->secret, CONTENT_KEY_BYTES, out, why));
    TRY(buffer_put_text(out, "\",\"pssh\":[{\"drm_type\":\"WIDEVINE\",\"data\":\"", why));
    TRY(put_base64(pssh.at + WIDEVINE_DATA_AT, pssh.len - WIDEVINE_DATA_AT, out, why));
    return buffer_put_text(out, "\"}]}", why);
}

static outcome put_response(const struct key_server_request *request, const struct key_set *keys,
                            struct buffer *out, struct why *why)
{
    TRY(buffer_put_text(out, "{\"status\":\"OK\",\"tracks\":[", why));
    for (size_t i = 0; i < request->count; i++) {
        if (i > 0) TRY(buffer_put_text(out, ",", why));
        TRY(put_track(request, request->tracks[i], keys, out, why));
    }
    return buffer_put_text(out, "]}", why);
}

// Written by hand, like license/clearkey.c: no library keeps the keys in memory that nobody wipes,
// and base64 and fixed words need no escaping.
outcome key_server_format(const struct key_server_request *request, const struct key_set *keys,
                          struct buffer *out, struct why *why)
{
    struct buffer response = buffer_init(KEY_SERVER_ANSWER_BYTES_MAX);
    outcome result = buffer_reserve(&response, KEY_SERVER_ANSWER_BYTES_MAX / 2, why);
    if (result == OK) result = buffer_reserve(out, KEY_SERVER_ANSWER_BYTES_MAX, why);
    if (result == OK) result = put_response(request, keys, &response, why);
    if (result == OK) result = buffer_put_text(out, "{\"response\":\"", why);
    if (result == OK) result = put_base64(response.at, response.len, out, why);
    if (result == OK) result = buffer_put_text(out, "\"}", why);
    if (response.at != NULL) explicit_bzero(response.at, response.room);
    buffer_release(&response);
    return result;
}
