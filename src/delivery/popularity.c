// SPDX-License-Identifier: Apache-2.0
#include "delivery/popularity.h"

#include "base/clock.h"
#include "base/json.h"
#include "delivery/access.h"
#include "delivery/forecast.h"

#include <stdlib.h>
#include <string.h>

struct popularity {
    json_t *bytes; // path: what is left of the bytes that were asked for
    int64_t now_ms;
    double half_life_s;
};

enum { FORGOTTEN_BYTES = 1024 }; // less than this is not written down again

static double worth_since(const struct popularity *popularity, int64_t at_ms)
{
    return forecast_worth((double)(popularity->now_ms - at_ms) / 1000, popularity->half_life_s);
}

static outcome take_state(struct popularity *popularity, const json_t *root, const char *what,
                          struct why *why)
{
    const char *at, *path;
    json_t *bytes = json_object_get(root, "bytes");
    json_t *value;
    int64_t at_ms;
    TRY(json_text(root, what, "at", &at, why));
    if (!wall_parse(at, &at_ms) || !json_is_object(bytes))
        return fail(why, INVALID,
                    "%s is no popularity: it holds \"at\", a time, and \"bytes\" by path", what);
    const double worth = worth_since(popularity, at_ms);
    json_object_foreach(bytes, path, value)
    {
        const double asked = json_number_value(value);
        if (!json_is_number(value) || asked < 0)
            return fail(why, INVALID, "%s: the bytes of \"%s\" are no number of 0 or more", what,
                        path);
        if (json_object_set_new(popularity->bytes, path, json_real(asked * worth)) != 0)
            return fail(why, NO_MEMORY, "no memory for popularity");
    }
    return OK;
}

outcome popularity_open(struct slice text, const char *what, int64_t half_life_s, int64_t now_ms,
                        struct popularity **out, struct why *why)
{
    if (half_life_s <= 0) return fail(why, INVALID, "a half-life is a second at least");
    autopopularity *popularity = calloc(1, sizeof *popularity);
    if (popularity == NULL) return fail(why, NO_MEMORY, "no memory for popularity");
    *popularity = (struct popularity){json_object(), now_ms, (double)half_life_s};
    if (popularity->bytes == NULL) return fail(why, NO_MEMORY, "no memory for popularity");
    if (text.len > 0) {
        autojson *root = NULL;
        TRY(json_parse(text, what, &root, why));
        TRY(take_state(popularity, root, what, why));
    }
    *out = popularity;
    popularity = NULL;
    return OK;
}

void popularity_close(struct popularity **popularity)
{
    if (*popularity == NULL) return;
    json_decref((*popularity)->bytes);
    free(*popularity);
    *popularity = NULL;
}

bool popularity_take(struct popularity *popularity, struct slice line)
{
    autojson *root = NULL;
    const char *at = NULL, *method = "GET", *path = NULL;
    int64_t at_ms, status = 0, bytes = 0;
    if (line.len > POPULARITY_LINE_BYTES_MAX || json_parse(line, "a line", &root, NULL) != OK ||
        json_text(root, "a line", "at", &at, NULL) != OK || !wall_parse(at, &at_ms) ||
        json_text(root, "a line", "path", &path, NULL) != OK ||
        json_text_optional(root, "a line", "method", &method, NULL) != OK ||
        json_integer_in(root, "a line", "status", 100, 599, &status, NULL) != OK ||
        json_integer_in(root, "a line", "bytes", 1, INT64_MAX, &bytes, NULL) != OK)
        return false;
    if ((status != 200 && status != 206) || strcmp(method, "GET") != 0) return false;
    const struct slice clean = access_clean_path(slice_of(path)); // without a token
    const char *key = (const char *)clean.at;
    const double before = json_number_value(json_object_getn(popularity->bytes, key, clean.len));
    const double now = before + (double)bytes * worth_since(popularity, at_ms);
    return json_object_setn_new(popularity->bytes, key, clean.len, json_real(now)) == 0;
}

double popularity_bytes(const struct popularity *popularity, const char *path)
{
    return json_number_value(json_object_get(popularity->bytes, path));
}

outcome popularity_format(const struct popularity *popularity, struct buffer *out, struct why *why)
{
    char at[CLOCK_TEXT_BYTES];
    const char *path;
    json_t *value;
    wall_format(popularity->now_ms, at);
    autojson *root = json_pack("{s:s, s:{}}", "at", at, "bytes");
    json_t *bytes = json_object_get(root, "bytes");
    bool is_whole = bytes != NULL;
    json_object_foreach(popularity->bytes, path, value)
    {
        const double left = json_number_value(value);
        if (left < FORGOTTEN_BYTES) continue;
        is_whole =
            json_object_set_new(bytes, path, json_integer((json_int_t)left)) == 0 && is_whole;
    }
    if (!is_whole) return fail(why, NO_MEMORY, "no memory for popularity");
    return json_format(root, out, why);
}
