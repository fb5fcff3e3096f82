// SPDX-License-Identifier: Apache-2.0
//
// The half of `primrose keys` that meets other houses: CPIX documents and SPEKE v2.
#include "base/file.h"
#include "cmd/keys_internal.h"
#include "media/cpix.h"
#include "net/http_client.h"
#include "studio/speke.h"

#include <string.h>

enum { PEM_BYTES_MAX = 64 * 1024 };

// Reads a file whose text may hold keys.
static outcome read_secret_file(const char *path, struct buffer *out, struct why *why)
{
    return file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, out, why);
}

static void wipe(struct buffer *text)
{
    if (text->at != NULL) explicit_bzero(text->at, text->room);
    buffer_release(text);
}

static outcome take_cpix_keys(const struct cpix *cpix, struct key_set *keys, struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    for (size_t i = 0; i < cpix->count; i++) {
        const struct cpix_key *key = &cpix->keys[i];
        if (!key->has_secret)
            return fail(why, INVALID, "the document names key %s but does not have it",
                        key_id_format(&key->key.id, id));
        if (keys->count == KEY_SET_MAX)
            return fail(why, TOO_LARGE, "a title has at most %d keys", KEY_SET_MAX);
        for (size_t k = 0; k < keys->count; k++)
            if (keys->keys[k].class == key->class)
                return fail(why, INVALID, "the document has two keys for class %s",
                            key_class_word(key->class));
        keys->keys[keys->count].class = key->class;
        keys->keys[keys->count++].key = key->key;
    }
    return OK;
}

outcome keys_read_cpix(const struct keys_options *chosen, struct key_set *keys, struct why *why)
{
    struct buffer xml = buffer_init(CPIX_BYTES_MAX), pem = buffer_init(PEM_BYTES_MAX);
    autocpix cpix = {.count = 0};
    outcome result = read_secret_file(chosen->cpix, &xml, why);
    if (result == OK && chosen->private_key != NULL)
        result = read_secret_file(chosen->private_key, &pem, why);
    if (result == OK) result = cpix_read(buffer_slice(&xml), buffer_slice(&pem), &cpix, why);
    wipe(&xml);
    wipe(&pem);
    return result == OK ? take_cpix_keys(&cpix, keys, why) : result;
}

static outcome fill_cpix(struct keys_call *call, const char *title, struct cpix *out,
                         struct why *why)
{
    autoarena arena = arena_init(16 << 20);
    struct title_key *keys;
    size_t count;
    TRY(keys_open(call, why));
    TRY(title_keys_list(call->stores.tables, title, &arena, &keys, &count, why));
    if (count == 0) return fail(why, NOT_FOUND, "%s has no keys", title);
    if (count > CPIX_KEYS_MAX)
        return fail(why, TOO_LARGE, "%s has %zu keys: a document has at most %d", title, count,
                    CPIX_KEYS_MAX);
    (void)snprintf(out->content_id, sizeof out->content_id, "%s", title);
    for (size_t i = 0; i < count; i++) {
        struct cpix_key *key = &out->keys[out->count];
        TRY(title_key_open(call->ring, &keys[i], &key->key, why));
        key->has_secret = true;
        key->class = keys[i].class;
        out->count++;
    }
    return OK;
}

static outcome print_later(struct keys_call *call, const struct buffer *xml, struct why *why)
{
    call->document = json_stringn((const char *)xml->at, xml->len);
    return call->document == NULL ? fail(why, NO_MEMORY, "no memory for the document") : OK;
}

// To a certificate only: a key never leaves the house in the clear.
outcome keys_export(struct keys_call *call, struct why *why)
{
    const struct keys_options *chosen = call->chosen;
    autobuffer pem = buffer_init(PEM_BYTES_MAX), xml = buffer_init(CPIX_BYTES_MAX);
    autocpix cpix = {.scheme = protect_scheme(chosen->scheme)};
    if (chosen->receiver == NULL)
        return fail(why, INVALID,
                    "say to whom: --for CERTIFICATE.pem; keys are never given out unencrypted");
    TRY(protect_systems(&chosen->systems, cpix.scheme, &cpix.systems, why));
    TRY(file_read(chosen->receiver, &pem, why));
    TRY(cpix_set_certificate(&cpix, buffer_slice(&pem), why));
    TRY(fill_cpix(call, call->operands->items[1], &cpix, why));
    TRY(cpix_write(&cpix, &xml, why));
    return print_later(call, &xml, why);
}

// --- SPEKE v2 --------------------------------------------------------------------------------

outcome keys_answer(struct keys_call *call, struct why *why)
{
    const struct keys_options *chosen = call->chosen;
    autobuffer partners = buffer_init(PEM_BYTES_MAX);
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    if (chosen->cpix == NULL || chosen->partners == NULL)
        return fail(why, INVALID, "give the request, --cpix FILE, and who may ask, --partners PEM");
    TRY(file_read(chosen->partners, &partners, why));
    TRY(read_secret_file(chosen->cpix, &request, why));
    TRY(keys_open(call, why));
    const struct speke_provider provider = {.tables = call->stores.tables,
                                            .ring = call->ring,
                                            .partners = buffer_slice(&partners),
                                            .wall_ms = clock_wall_ms(clock_system())};
    TRY(speke_answer(&provider, buffer_slice(&request), &reply, why));
    return print_later(call, &reply, why);
}

enum { FIELD_BYTES = 600 };

// "Authorization: Bearer <what the file holds>"; "" without a file.
static outcome speke_field(const char *path, char out[FIELD_BYTES], struct why *why)
{
    struct buffer key = buffer_init(FIELD_BYTES - 64);
    out[0] = '\0';
    if (path == NULL) return OK;
    const outcome read = read_secret_file(path, &key, why);
    if (read == OK)
        (void)snprintf(out, FIELD_BYTES, "Authorization: Bearer %.*s",
                       SLICE_ARG(slice_trim(buffer_slice(&key))));
    wipe(&key);
    return read;
}

static outcome post(const char *url, const char *authorization, const struct buffer *request,
                    struct buffer *reply, struct why *why)
{
    const char *const fields[] = {"Content-Type: application/xml", "X-Speke-Version: 2.0",
                                  authorization[0] == '\0' ? NULL : authorization, NULL};
    struct http_client *client = NULL;
    struct http_fetched fetched;
    const struct http_fetch fetch = {
        .url = url, .method = "POST", .fields = fields, .body = buffer_slice(request)};
    TRY(http_client_open(&client, why));
    const outcome result = http_client_fetch(client, &fetch, reply, &fetched, why);
    http_client_close(&client);
    if (result != OK) return result;
    const int status = fetched.status;
    http_fetched_release(&fetched);
    if (status == 200) return OK;
    return fail(why, status == 401 || status == 403 ? DENIED : UNAVAILABLE,
                "the key provider answered %d", status);
}

outcome keys_fetch(const struct keys_call *call, struct key_set *keys, struct why *why)
{
    const struct keys_options *chosen = call->chosen;
    const uint32_t classes =
        1u << KEY_FOR_AUDIO | 1u << KEY_FOR_SD | 1u << KEY_FOR_HD | 1u << KEY_FOR_UHD;
    const enum cenc_scheme scheme = protect_scheme(chosen->scheme);
    struct buffer private_key = buffer_init(PEM_BYTES_MAX);
    autobuffer certificate = buffer_init(PEM_BYTES_MAX);
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    autocpix asked = {.count = 0};
    char authorization[FIELD_BYTES];
    drm_systems systems;
    if (chosen->speke == NULL || chosen->receiver == NULL || chosen->private_key == NULL)
        return fail(why, INVALID,
                    "give the provider, --speke URL, our certificate, --for PEM, and "
                    "its key, --private-key PEM");
    TRY(protect_systems(&chosen->systems, scheme, &systems, why));
    TRY(file_read(chosen->receiver, &certificate, why));
    TRY(speke_ask(call->operands->items[1], classes, scheme, systems, buffer_slice(&certificate),
                  &asked, why));
    TRY(cpix_write(&asked, &request, why));
    TRY(speke_field(chosen->speke_key, authorization, why));
    const outcome posted = post(chosen->speke, authorization, &request, &reply, why);
    explicit_bzero(authorization, sizeof authorization);
    TRY(posted);
    outcome result = read_secret_file(chosen->private_key, &private_key, why);
    if (result == OK)
        result = speke_take(&asked, buffer_slice(&reply), buffer_slice(&private_key), keys, why);
    wipe(&private_key);
    return result;
}
