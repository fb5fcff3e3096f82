// SPDX-License-Identifier: Apache-2.0
#include "license/partners.h"

#include "base/file.h"
#include "base/json.h"
#include "base/url.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

enum { FILE_BYTES_MAX = 64 * 1024 };

static const char *const words[VENDOR_COUNT] = {"widevine", "playready", "fairplay"};

const char *vendor_word(enum vendor vendor)
{
    return words[vendor];
}

bool vendor_parse(const char *word, enum vendor *out)
{
    for (enum vendor i = 0; i < VENDOR_COUNT; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *out = i;
        return true;
    }
    return false;
}

static outcome parse_signer(const json_t *json, const char *what, struct widevine_signer *out,
                            struct why *why)
{
    const char *name, *key, *iv;
    TRY(json_text(json, what, "name", &name, why));
    TRY(json_text(json, what, "key", &key, why));
    TRY(json_text(json, what, "iv", &iv, why));
    if (name[0] == '\0' || strlen(name) >= sizeof out->name)
        return fail(why, INVALID, "%s: \"name\" has 1 to %zu letters", what, sizeof out->name - 1);
    if (slice_hex(slice_of(key), out->key, sizeof out->key, NULL) != OK ||
        slice_hex(slice_of(iv), out->iv, sizeof out->iv, NULL) != OK)
        return fail(why, INVALID, "%s: \"key\" has 64 hex digits and \"iv\" has 32", what);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    return OK;
}

static outcome parse_vendor(const json_t *json, enum vendor vendor, struct vendor_service *out,
                            struct why *why)
{
    const char *url, *authorization = "";
    struct url parts;
    TRY(json_text(json, words[vendor], "url", &url, why));
    TRY(json_text_optional(json, words[vendor], "authorization", &authorization, why));
    if (url_parse(slice_of(url), &parts, NULL) != OK || !parts.has_authority ||
        !(slice_is(parts.scheme, "https") || slice_is(parts.scheme, "http")) ||
        strlen(url) >= sizeof out->url)
        return fail(why, INVALID, "%s: \"url\" is no http or https address", words[vendor]);
    if (strlen(authorization) >= sizeof out->authorization ||
        strpbrk(authorization, "\r\n") != NULL)
        return fail(why, INVALID, "%s: \"authorization\" is one line of at most %zu letters",
                    words[vendor], sizeof out->authorization - 1);
    (void)snprintf(out->url, sizeof out->url, "%s", url);
    (void)snprintf(out->authorization, sizeof out->authorization, "%s", authorization);
    return vendor == VENDOR_WIDEVINE ? parse_signer(json, words[vendor], &out->signer, why) : OK;
}

static outcome parse_speke(const json_t *json, struct speke_packager *out, struct why *why)
{
    static const char what[] = "a SPEKE packager";
    const char *name, *key, *certificate;
    unsigned len = sizeof out->key_hash;
    autobuffer pem = buffer_init(PARTNER_CERTIFICATE_BYTES - 1);
    TRY(json_text(json, what, "name", &name, why));
    TRY(json_text(json, what, "key", &key, why));
    TRY(json_text(json, what, "certificate", &certificate, why));
    if (name[0] == '\0' || strlen(name) >= sizeof out->name)
        return fail(why, INVALID, "%s: \"name\" has 1 to %zu letters", what, sizeof out->name - 1);
    if (strlen(key) < SPEKE_KEY_LETTERS_MIN)
        return fail(why, INVALID, "%s: \"key\" has at least %d letters, made at random", what,
                    SPEKE_KEY_LETTERS_MIN);
    TRY(file_read(certificate, &pem, why));
    if (EVP_Digest(key, strlen(key), out->key_hash, &len, EVP_sha256(), NULL) != 1)
        return fail(why, UNAVAILABLE, "OpenSSL gives no SHA-256");
    memcpy(out->certificate, pem.at, pem.len);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    return OK;
}

const struct speke_packager *partners_speke(const struct partners *partners, struct slice key)
{
    uint8_t hash[32];
    unsigned len = sizeof hash;
    const struct speke_packager *found = NULL;
    if (key.len == 0 || EVP_Digest(key.at, key.len, hash, &len, EVP_sha256(), NULL) != 1)
        return NULL;
    for (size_t i = 0; i < partners->speke_count; i++)
        if (CRYPTO_memcmp(hash, partners->spekes[i].key_hash, sizeof hash) == 0)
            found = &partners->spekes[i];
    return found;
}

static outcome parse_spekes(const json_t *json, struct partners *partners, struct why *why)
{
    const json_t *list = json_object_get(json, "speke"), *item;
    size_t i;
    if (list != NULL && (!json_is_array(list) || json_array_size(list) > PACKAGERS_MAX))
        return fail(why, INVALID, "\"speke\" is a list of at most %d packagers", PACKAGERS_MAX);
    json_array_foreach(list, i, item)
        TRY(parse_speke(item, &partners->spekes[partners->speke_count++], why));
    return OK;
}

static outcome parse(const json_t *json, struct partners *partners, struct why *why)
{
    const json_t *packagers = json_object_get(json, "packagers"), *packager;
    size_t i;
    if (!json_is_object(json) || (packagers != NULL && !json_is_array(packagers)) ||
        json_array_size(packagers) > PACKAGERS_MAX)
        return fail(why, INVALID, "the file of partners is an object, with at most %d packagers",
                    PACKAGERS_MAX);
    json_array_foreach(packagers, i, packager) TRY(parse_signer(
        packager, "a packager", &partners->packagers[partners->packager_count++], why));
    TRY(parse_spekes(json, partners, why));
    for (enum vendor vendor = 0; vendor < VENDOR_COUNT; vendor++) {
        const json_t *service = json_object_get(json, words[vendor]);
        if (service != NULL) TRY(parse_vendor(service, vendor, &partners->vendors[vendor], why));
    }
    return OK;
}

outcome partners_load(const char *path, struct partners **out, struct why *why)
{
    struct stat facts;
    autobuffer text = buffer_init(FILE_BYTES_MAX);
    autojson *json = NULL;
    if (stat(path, &facts) != 0) return fail_errno(why, errno, "the file of partners, %s", path);
    if ((facts.st_mode & 077) != 0)
        return fail(why, DENIED, "%s holds keys and is open to others (mode %03o): chmod 600 it",
                    path, (unsigned)facts.st_mode & 0777);
    TRY(file_read(path, &text, why));
    TRY(json_parse(buffer_slice(&text), path, &json, why));
    struct partners *partners = calloc(1, sizeof *partners);
    if (partners == NULL) return fail(why, NO_MEMORY, "no memory for partners");
    const outcome result = parse(json, partners, why);
    if (result == OK)
        *out = partners;
    else
        partners_close(&partners);
    return result;
}

void partners_close(struct partners **partners)
{
    if (*partners == NULL) return;
    explicit_bzero(*partners, sizeof **partners);
    free(*partners);
    *partners = NULL;
}
