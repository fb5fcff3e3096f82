// SPDX-License-Identifier: Apache-2.0
#include "app/licences_internal.h"

#include "base/file.h"
#include "catalog/title_keys.h"
#include "license/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_given(const char *setting)
{
    return setting != NULL && setting[0] != '\0';
}

// The file of a setting, or `name` under keys/ of the data folder, made with a first key where it
// is missing there.
static outcome key_file(const char *setting, const char *data, const char *name, char *out,
                        struct why *why)
{
    const int len = is_given(setting) ? snprintf(out, LICENCES_PLACE_BYTES, "%s", setting)
                                      : snprintf(out, LICENCES_PLACE_BYTES, "%s/keys", data);
    if (len < 0 || len >= LICENCES_PLACE_BYTES - 32)
        return fail(why, INVALID, "the place of the file of keys is longer than %d bytes",
                    LICENCES_PLACE_BYTES);
    if (is_given(setting)) return OK;
    TRY(folder_make(out, why));
    (void)snprintf(out + len, (size_t)(LICENCES_PLACE_BYTES - len), "/%s", name);
    return entitlement_keys_ensure(out, why);
}

static outcome find_key(void *context, const struct key_id *id, struct desk_key *out,
                        struct why *why)
{
    const struct licences *licences = context;
    struct title_key record;
    TRY(title_keys_find(licences->stores->tables, id, &record, why));
    struct desk_key found = {.class = record.class};
    (void)snprintf(found.title, sizeof found.title, "%s", record.title);
    const outcome result = title_key_open(licences->ring, &record, &found.key, why);
    if (result == OK) *out = found;
    explicit_bzero(&found, sizeof found);
    // A key whose wrapping key is gone is not one that nobody knows.
    return result == NOT_FOUND ? CORRUPT : result;
}

static outcome browser_class(const char *setting, struct policy *policy, struct why *why)
{
    if (!is_given(setting)) return OK;
    for (enum key_class class = KEY_FOR_AUDIO; class < KEY_CLASS_COUNT; class ++) {
        if (strcmp(setting, key_class_word(class)) != 0) continue;
        policy->highest[ROBUST_BROWSER] = class;
        return OK;
    }
    return fail(why, INVALID, "the highest class for browsers is audio, sd, hd or uhd, not \"%s\"",
                setting);
}

static outcome unknown_territory(const char *setting, struct policy *policy, struct why *why)
{
    static const char *const words[] = {[UNKNOWN_ALLOWED] = "allow", [UNKNOWN_DENIED] = "deny"};
    if (!is_given(setting)) return OK;
    for (enum unknown_territory i = UNKNOWN_ALLOWED; i <= UNKNOWN_DENIED; i++) {
        if (strcmp(setting, words[i]) != 0) continue;
        policy->unknown_territory = i;
        return OK;
    }
    return fail(why, INVALID, "plays from an unknown territory are to be allow or deny, not \"%s\"",
                setting);
}

const char *licences_territory(const struct licences *licences,
                               const struct http_exchange *exchange, char *out)
{
    const struct address client = places_client(licences->places, exchange);
    return places_country(licences->places, &client, out);
}

void licences_address(const struct licences *licences, const struct http_exchange *exchange,
                      char *out)
{
    struct address client = places_client(licences->places, exchange);
    if (client.len == 16) memset(client.bytes + 8, 0, 8);
    (void)address_format(&client, out);
}

static outcome limit_of(const char *setting, int64_t normal, int64_t *out, struct why *why)
{
    uint64_t limit = 0;
    *out = normal;
    if (!is_given(setting)) return OK;
    TRY(slice_u64(slice_of(setting), 1000000, &limit, why));
    *out = (int64_t)limit;
    return OK;
}

static outcome open_ring(struct licences *licences, const struct licence_settings *settings,
                         const char *data, struct why *why)
{
    char place[LICENCES_PLACE_BYTES];
    TRY(key_ring_place(settings->ring == NULL ? "" : settings->ring, data, place, sizeof place,
                       why));
    return key_ring_have(place, clock_wall_ms(licences->clock), &licences->ring, why);
}

static outcome open_signer(struct licences *licences, const struct licence_settings *settings,
                           const char *data, struct why *why)
{
    char place[LICENCES_PLACE_BYTES];
    autoentitlementkeys *keys = NULL;
    TRY(key_file(settings->licence_keys, data, "licence.pem", place, why));
    TRY(entitlement_keys_load(place, &keys, why));
    return entitlement_keys_signer(keys, &licences->signer, why);
}

static outcome open_license(struct licences *licences, const struct licence_settings *settings,
                            const char *data, const char *entitlement_keys, struct why *why)
{
    struct desk_options desk = {
        .keys_path = entitlement_keys,
        .tables = licences->stores->tables,
        .keys = {find_key, licences},
        .policy = policy_default(),
        .clock = licences->clock,
    };
    TRY(browser_class(settings->browser_class, &desk.policy, why));
    TRY(unknown_territory(settings->unknown_territory, &desk.policy, why));
    TRY(open_ring(licences, settings, data, why));
    if (is_given(settings->partners))
        TRY(partners_load(settings->partners, &licences->partners, why));
    TRY(open_signer(licences, settings, data, why));
    TRY(desk_open(&desk, &licences->desk, why));
    struct native_limits limits;
    TRY(limit_of(settings->device_rate, PACE_DEVICE_LIMIT, &limits.per_device, why));
    TRY(limit_of(settings->registration_rate, PACE_ADDRESS_LIMIT, &limits.per_address, why));
    const struct native_options native = {
        .desk = licences->desk,
        .tables = licences->stores->tables,
        .cache = licences->stores->cache,
        .signer = licences->signer,
        .clock = licences->clock,
        .limits = limits,
    };
    return native_open(&native, &licences->native, why);
}

static outcome load_signing(struct licences *licences, struct why *why)
{
    TRY(entitlement_keys_load(licences->keys_path, &licences->signing, why));
    if (entitlement_keys_can_sign(licences->signing)) return OK;
    return fail(why, DENIED,
                "%s holds public keys alone: the role api signs entitlements and needs the private "
                "one",
                licences->keys_path);
}

static outcome open_parts(struct licences *licences, const struct licence_settings *settings,
                          const char *data, unsigned roles, struct why *why)
{
    TRY(key_file(settings->entitlement_keys, data, "entitlement.pem", licences->keys_path, why));
    if ((roles & ROLE_API) != 0) TRY(load_signing(licences, why));
    if ((roles & ROLE_LICENSE) == 0) return OK;
    return open_license(licences, settings, data, licences->keys_path, why);
}

outcome licences_open(const struct licence_settings *settings, const char *data, unsigned roles,
                      const struct stores *stores, const struct places *places,
                      const struct clock *clock, struct licences **out, struct why *why)
{
    struct licences *licences = calloc(1, sizeof *licences);
    if (licences == NULL) return fail(why, NO_MEMORY, "no memory for licences");
    licences->stores = stores;
    licences->places = places;
    licences->clock = clock;
    licences->url = is_given(settings->url) ? settings->url : "";
    const outcome result = open_parts(licences, settings, data, roles, why);
    if (result == OK)
        *out = licences;
    else
        licences_close(&licences);
    return result;
}

void licences_close(struct licences **out)
{
    struct licences *licences = *out;
    if (licences == NULL) return;
    native_close(&licences->native);
    desk_close(&licences->desk);
    ed25519_key_close(&licences->signer);
    key_ring_close(&licences->ring);
    entitlement_keys_close(&licences->signing);
    partners_close(&licences->partners);
    free(licences);
    *out = NULL;
}
