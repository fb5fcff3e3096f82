// SPDX-License-Identifier: Apache-2.0
#include "studio/speke.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char pem_end[] = "-----END CERTIFICATE-----";

// --- the provider ----------------------------------------------------------------------------

// Looks for the request's certificate among those of the PEM text.
static outcome check_partner(const struct cpix *request, struct slice partners, struct why *why)
{
    struct cpix *partner = calloc(1, sizeof *partner);
    if (partner == NULL) return fail(why, NO_MEMORY, "no memory to look for a partner");
    bool is_partner = false;
    while (!is_partner && request->certificate_len > 0) {
        const uint8_t *end = memmem(partners.at, partners.len, pem_end, sizeof pem_end - 1);
        if (end == NULL) break;
        const size_t len = (size_t)(end - partners.at) + sizeof pem_end - 1;
        is_partner =
            cpix_set_certificate(partner, slice_part(partners, 0, len), NULL) == OK &&
            partner->certificate_len == request->certificate_len &&
            memcmp(partner->certificate, request->certificate, partner->certificate_len) == 0;
        partners = slice_part(partners, len, partners.len);
    }
    free(partner);
    if (is_partner) return OK;
    return fail(why, DENIED,
                "keys are given to partners' certificates alone: the request must have one in its "
                "DeliveryData");
}

// The title's own key when it is the one that is asked for, else a new one under the id that the
// packager chose.
static outcome fill_key(const struct speke_provider *provider, const char *title,
                        struct cpix_key *key, struct why *why)
{
    struct title_key record;
    const struct title_key_order order = {
        .title = title, .class = key->class, .wall_ms = provider->wall_ms};
    const outcome known = title_keys_find(provider->tables, &key->key.id, &record, NULL);
    if (known == NOT_FOUND) {
        random_bytes(key->key.secret, CONTENT_KEY_BYTES);
        key->has_secret = true;
        return title_keys_import(provider->tables, provider->ring, &order, &key->key, why);
    }
    if (known == OK && strcmp(record.title, title) == 0 && record.class == key->class) {
        TRY(title_key_open(provider->ring, &record, &key->key, why));
        key->has_secret = true;
        return OK;
    }
    if (known == OK)
        return fail(why, CONFLICT, "a key id of the request belongs to another title or class");
    return title_keys_find(provider->tables, &key->key.id, &record, why); // with its sentence
}

static outcome answer(const struct speke_provider *provider, struct slice text, struct cpix *cpix,
                      struct buffer *out, struct why *why)
{
    const struct slice none = {NULL, 0};
    TRY(cpix_read(text, none, cpix, why));
    TRY(check_partner(cpix, provider->partners, why));
    if (!id_is_valid(cpix->content_id))
        return fail(why, INVALID, "the request's contentId is no title's id: a-z, 0-9, '-', '_'");
    for (size_t i = 0; i < cpix->count; i++)
        if (cpix->keys[i].has_secret)
            return fail(why, INVALID, "a request names keys and does not bring them");
    for (size_t i = 0; i < cpix->count; i++)
        TRY(fill_key(provider, cpix->content_id, &cpix->keys[i], why));
    return cpix_write(cpix, out, why);
}

outcome speke_answer(const struct speke_provider *provider, struct slice request,
                     struct buffer *out, struct why *why)
{
    struct cpix *cpix = calloc(1, sizeof *cpix);
    if (cpix == NULL) return fail(why, NO_MEMORY, "no memory to answer a request for keys");
    const outcome result = answer(provider, request, cpix, out, why);
    cpix_release(cpix);
    free(cpix);
    return result;
}

// --- the packager ----------------------------------------------------------------------------

outcome speke_ask(const char *title, uint32_t classes, enum cenc_scheme scheme, drm_systems systems,
                  struct slice certificate, struct cpix *out, struct why *why)
{
    memset(out, 0, sizeof *out);
    out->scheme = scheme;
    out->systems = systems;
    (void)snprintf(out->content_id, sizeof out->content_id, "%s", title);
    for (int i = 0; i < KEY_CLASS_COUNT; i++) {
        if ((classes >> i & 1u) == 0) continue;
        struct cpix_key *key = &out->keys[out->count++];
        key->class = (enum key_class)i;
        random_bytes(key->key.id.bytes, KEY_ID_BYTES);
    }
    return cpix_set_certificate(out, certificate, why);
}

static const struct cpix_key *find_key(const struct cpix *cpix, const struct key_id *id)
{
    for (size_t i = 0; i < cpix->count; i++)
        if (key_id_equal(&cpix->keys[i].key.id, id)) return &cpix->keys[i];
    return NULL;
}

static outcome take_keys(const struct cpix *asked, const struct cpix *given, struct key_set *keys,
                         struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    if (given->count != asked->count)
        return fail(why, INVALID, "the provider answered with %zu keys for %zu", given->count,
                    asked->count);
    for (size_t i = 0; i < asked->count; i++) {
        const struct cpix_key *wanted = &asked->keys[i];
        const struct cpix_key *key = find_key(given, &wanted->key.id);
        if (key == NULL || !key->has_secret)
            return fail(why, INVALID, "the provider did not give key %s",
                        key_id_format(&wanted->key.id, id));
        if (keys->count == KEY_SET_MAX)
            return fail(why, TOO_LARGE, "more than %d keys are given", KEY_SET_MAX);
        keys->keys[keys->count].class = wanted->class; // ours: the answer cannot move a key up
        keys->keys[keys->count++].key = key->key;
    }
    return OK;
}

outcome speke_take(const struct cpix *asked, struct slice answer_text, struct slice private_key,
                   struct key_set *keys, struct why *why)
{
    struct cpix *given = calloc(1, sizeof *given);
    if (given == NULL) return fail(why, NO_MEMORY, "no memory for a provider's keys");
    outcome result = cpix_read(answer_text, private_key, given, why);
    if (result == OK) result = take_keys(asked, given, keys, why);
    cpix_release(given);
    free(given);
    return result;
}
