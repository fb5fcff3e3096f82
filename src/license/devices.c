// SPDX-License-Identifier: Apache-2.0
#include "license/devices.h"

#include "base/base64.h"
#include "base/json.h"

#include <string.h>

enum { RECORD_BYTES_MAX = 1024, FIND_BYTES_MAX = 8 * 1024 };

static const char table_name[] = "licence-device", sort_name[] = "record";

outcome devices_put(struct table_store *tables, const struct device_registration *registration,
                    int64_t now_ms, struct why *why)
{
    struct device_id id;
    char id_text[DEVICE_ID_TEXT_BYTES];
    autobuffer point = buffer_init(BASE64_URL_LETTERS(P256_POINT_BYTES) + 8);
    autobuffer value = buffer_init(RECORD_BYTES_MAX);
    const struct slice bytes = {registration->point.bytes, P256_POINT_BYTES};
    device_id_make(&registration->point, &id);
    TRY(base64_format(BASE64_URL, bytes, &point, why));
    const char *text = buffer_text(&point);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for a device");
    autojson *json = json_pack("{s:s, s:s, s:I}", "point", text, "name", registration->name,
                               "registered_ms", (json_int_t)now_ms);
    if (json == NULL) return fail(why, INVALID, "a device's name is not UTF-8");
    TRY(json_format(json, &value, why));
    const struct table_write write = {
        .item = {.partition = device_id_format(&id, id_text),
                 .sort = sort_name,
                 .value = buffer_slice(&value),
                 .expires_ms = now_ms + DEVICE_KEPT_MS},
        .condition = TABLE_ALWAYS,
    };
    return tables->ops->put(tables, table_name, &write, NULL, why);
}

outcome devices_find(struct table_store *tables, const struct device_id *id, struct p256_point *out,
                     struct why *why)
{
    autoarena arena = arena_init(FIND_BYTES_MAX);
    char id_text[DEVICE_ID_TEXT_BYTES];
    struct table_item item;
    struct p256_point point;
    struct device_id found;
    size_t len = 0;
    autojson *json = NULL;
    const char *text;
    (void)device_id_format(id, id_text);
    TRY(tables->ops->get(tables, table_name, id_text, sort_name, &arena, &item, why));
    if (json_parse(item.value, "a device", &json, why) != OK ||
        json_text(json, "a device", "point", &text, why) != OK ||
        base64_parse(BASE64_URL, slice_of(text), point.bytes, sizeof point.bytes, &len, why) != OK)
        return fail(why, CORRUPT, "the record of device %.16s... cannot be read", id_text);
    device_id_make(&point, &found);
    if (len != sizeof point.bytes || !device_id_equal(&found, id))
        return fail(why, CORRUPT, "the record of device %.16s... has another's key", id_text);
    *out = point;
    return OK;
}
