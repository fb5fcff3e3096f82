// SPDX-License-Identifier: Apache-2.0
#include "player/house_memory.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 64 * 1024 };

static outcome file_of(const char *device_path, char out[PATH_MAX], struct why *why)
{
    if (snprintf(out, PATH_MAX, "%s.houses", device_path) < PATH_MAX) return OK;
    return fail(why, TOO_LARGE, "the device file's path is too long");
}

// What the file holds for this device; OK and empty when it holds nothing for it.
static outcome read_houses(const char *path, const char *device, json_t **out, struct why *why)
{
    struct stat info;
    autobuffer text = buffer_init(FILE_BYTES_MAX);
    autojson *kept = NULL;
    const bool is_ours = lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
                         (info.st_mode & 077) == 0 && file_read(path, &text, NULL) == OK &&
                         json_parse(buffer_slice(&text), "the houses", &kept, NULL) == OK;
    const char *whose = is_ours ? json_string_value(json_object_get(kept, "device")) : NULL;
    json_t *houses = json_object_get(kept, "houses");
    if (whose != NULL && strcmp(whose, device) == 0 && json_is_object(houses))
        *out = json_incref(houses);
    else
        *out = json_object();
    return *out == NULL ? fail(why, NO_MEMORY, "no memory for houses") : OK;
}

static bool read_key(const json_t *item, struct ed25519_public *out)
{
    const char *text = json_string_value(item);
    size_t len = 0;
    return text != NULL &&
           base64_parse(BASE64_URL, slice_of(text), out->bytes, ED25519_PUBLIC_BYTES, &len, NULL) ==
               OK &&
           len == ED25519_PUBLIC_BYTES;
}

void house_recall(const char *device_path, const struct device_id *device, const char *origin,
                  struct ed25519_public out[HOUSE_SERVICES_MAX], size_t *out_count)
{
    char path[PATH_MAX], id[DEVICE_ID_TEXT_BYTES];
    autojson *houses = NULL;
    *out_count = 0;
    if (device_path == NULL || file_of(device_path, path, NULL) != OK ||
        read_houses(path, device_id_format(device, id), &houses, NULL) != OK)
        return;
    const json_t *keys = json_object_get(json_object_get(houses, origin), "service_keys");
    const size_t count = json_array_size(keys);
    if (count > HOUSE_SERVICES_MAX) return;
    for (size_t i = 0; i < count; i++)
        if (!read_key(json_array_get(keys, i), &out[i])) return;
    *out_count = count;
}

static json_t *keys_json(const struct ed25519_public *services, size_t count)
{
    json_t *keys = json_array();
    for (size_t i = 0; i < count && keys != NULL; i++) {
        char text[BASE64_URL_LETTERS(ED25519_PUBLIC_BYTES) + 1];
        base64_text((struct slice){services[i].bytes, ED25519_PUBLIC_BYTES}, text);
        (void)json_array_append_new(keys, json_string(text));
    }
    return keys;
}

outcome house_remember(const char *device_path, const struct device_id *device, const char *origin,
                       const struct ed25519_public *services, size_t count, struct why *why)
{
    char path[PATH_MAX], id[DEVICE_ID_TEXT_BYTES];
    autojson *houses = NULL, *whole = NULL;
    autobuffer text = buffer_init(FILE_BYTES_MAX);
    if (device_path == NULL) return OK;
    TRY(file_of(device_path, path, why));
    TRY(read_houses(path, device_id_format(device, id), &houses, why));
    if (json_object_size(houses) >= HOUSES_REMEMBERED) (void)json_object_clear(houses);
    if (json_object_set_new(houses, origin,
                            json_pack("{s:o}", "service_keys", keys_json(services, count))) == 0)
        whole = json_pack("{s:s, s:O}", "device", id, "houses", houses);
    if (whole == NULL) return fail(why, NO_MEMORY, "no memory for houses");
    TRY(json_format(whole, &text, why));
    return file_write_atomic(path, buffer_slice(&text), 0600, why);
}
