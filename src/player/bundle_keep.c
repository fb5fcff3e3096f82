// SPDX-License-Identifier: Apache-2.0
#include "player/bundle_keep.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "player/cdm.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void licence_path(const char *folder, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, "%s/" BUNDLE_LICENCE, folder);
}

// Registers the device, asks for a licence that is kept, and writes it sealed.
static outcome keep_licence(struct http_client *client, struct cdm *cdm,
                            const struct house_playback *offer, const char *title,
                            const char *folder, struct why *why)
{
    autobuffer registration = buffer_init(REGISTRATION_BYTES_MAX);
    autobuffer challenge = buffer_init(CHALLENGE_BYTES_MAX);
    autobuffer answer = buffer_init(LICENCE_BYTES_MAX), sealed = buffer_init(KEPT_BYTES_MAX);
    struct ed25519_public services[HOUSE_SERVICES_MAX];
    struct device_licence licence;
    char name[256] = "", path[PATH_MAX];
    size_t count = 0;
    uint64_t number = 0;
    const struct cdm_wish wish = {.title = title,
                                  .kind = LICENCE_KEPT,
                                  .key_ids = offer->key_ids,
                                  .key_count = offer->key_count};
    (void)gethostname(name, sizeof name - 1);
    TRY(cdm_register(cdm, name, &registration, why));
    TRY(house_register(client, offer, buffer_slice(&registration), services, &count, why));
    for (size_t i = 0; i < count; i++)
        TRY(cdm_trust(cdm, &services[i], why));
    TRY(cdm_challenge(cdm, &wish, &number, &challenge, why));
    TRY(house_licence(client, offer, buffer_slice(&challenge), &answer, why));
    TRY(cdm_licence(cdm, number, buffer_slice(&answer), &licence, why));
    TRY(cdm_keep(cdm, licence.id, &sealed, why));
    licence_path(folder, path);
    return file_write_atomic(path, buffer_slice(&sealed), 0600, why);
}

static outcome take_place(struct http_client *client, const struct house_member *member,
                          struct cdm *cdm, const char *folder, struct bundle *bundle,
                          struct house_download *out, struct why *why)
{
    struct device_id id;
    char device[DEVICE_ID_TEXT_BYTES];
    TRY(cdm_device(cdm, &id, why));
    TRY(house_download_prepare(client, member, bundle->title_id, device_id_format(&id, device),
                               bundle->idempotency_key, out, why));
    bundle->is_protected = out->licence.is_protected;
    if (!bundle->is_protected) return OK;
    return keep_licence(client, cdm, &out->licence, bundle->title_id, folder, why);
}

outcome bundle_prepare(struct http_client *client, const struct house_member *member,
                       const struct bundle_device *device, const char *folder,
                       struct bundle *bundle, struct house_download *out, struct why *why)
{
    const struct cdm_options options = {device->cdm_program, device->path};
    const int64_t now_ms = clock_wall_ms(clock_system());
    struct house_download made;
    struct cdm *cdm = NULL;
    if (bundle->idempotency_key[0] == '\0') id_make("download", now_ms, bundle->idempotency_key);
    TRY(bundle_save(folder, bundle, why));
    TRY(cdm_open(&options, &cdm, why));
    const outcome result = take_place(client, member, cdm, folder, bundle, &made, why);
    cdm_close(&cdm);
    bundle->idempotency_key[0] = '\0'; // what was answered is used up, or was refused
    if (result != OK) {
        (void)!bundle_save(folder, bundle, NULL);
        return result;
    }
    (void)snprintf(bundle->download_id, sizeof bundle->download_id, "%s", made.id);
    bundle->start_by_ms = made.start_by_ms;
    bundle->ends_ms = made.ends_ms;
    bundle->started_ms = bundle->told_ms = 0;
    bundle->over[0] = '\0';
    TRY(bundle_save(folder, bundle, why));
    *out = made;
    return OK;
}

outcome bundle_sync(struct http_client *client, const struct house_member *member,
                    const char *folder, struct bundle *bundle, struct house_download *out,
                    struct why *why)
{
    char path[PATH_MAX];
    struct why reason = {""};
    outcome result = OK;
    const bool is_untold = bundle->started_ms != 0 && bundle->told_ms == 0;
    if (is_untold)
        result = house_download_started(client, member, bundle->download_id, bundle->started_ms,
                                        &reason);
    if (is_untold && result == OK) bundle->told_ms = clock_wall_ms(clock_system());
    if (result == OK)
        result = house_download_find(client, member, bundle->download_id, out, &reason);
    if (result == OK) {
        bundle->start_by_ms = out->start_by_ms;
        bundle->ends_ms = out->ends_ms;
    }
    const bool is_over = result == NOT_FOUND || result == DENIED; // or this device was signed out
    if (is_over) {
        licence_path(folder, path);
        (void)unlink(path);
        (void)snprintf(bundle->over, sizeof bundle->over, "%s", reason.text);
    }
    if (result == OK || is_over) TRY(bundle_save(folder, bundle, why));
    return result == OK ? OK : fail(why, result, "%s", reason.text);
}
