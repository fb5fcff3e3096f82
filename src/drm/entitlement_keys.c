// SPDX-License-Identifier: Apache-2.0
#include "drm/entitlement_internal.h"

#include "base/base64.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sys/file.h>
#include <sys/stat.h>

enum {
    PEM_BYTES_MAX = 16 * 1024, // eight blocks of 130 bytes, and comments
    PUBLIC_BYTES = 32,
};

const struct entitlement_key *entitlement_signing_key(const struct entitlement_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].is_private) return &keys->keys[i];
    return NULL;
}

const struct entitlement_key *entitlement_key_find(const struct entitlement_keys *keys,
                                                   struct slice id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (slice_is(id, keys->keys[i].id)) return &keys->keys[i];
    return NULL;
}

// RFC 7638: the SHA-256 of the key's required members as JSON, in order of their names.
static outcome thumbprint(const EVP_PKEY *pkey, char *out, struct why *why)
{
    uint8_t public[PUBLIC_BYTES], digest[SHA256_DIGEST_LENGTH];
    size_t len = sizeof public;
    autobuffer text = buffer_init(256);
    if (EVP_PKEY_get_raw_public_key(pkey, public, &len) != 1 || len != sizeof public)
        return fail(why, INVALID, "an Ed25519 key has a public half of 32 bytes");
    TRY(buffer_put_text(&text, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"", why));
    TRY(base64_format(BASE64_URL, (struct slice){public, len}, &text, why));
    TRY(buffer_put_text(&text, "\"}", why));
    if (SHA256(text.at, text.len, digest) == NULL)
        return fail(why, NO_MEMORY, "no memory for a digest");
    text.len = 0;
    TRY(base64_format(BASE64_URL, (struct slice){digest, sizeof digest}, &text, why));
    memcpy(out, text.at, ENTITLEMENT_KEY_ID_BYTES - 1);
    out[ENTITLEMENT_KEY_ID_BYTES - 1] = '\0';
    return OK;
}

// Takes `pkey`, also on failure.
static outcome add_key(struct entitlement_keys *keys, EVP_PKEY *pkey, bool is_private,
                       const char *what, struct why *why)
{
    struct entitlement_key *key = &keys->keys[keys->count];
    outcome result = OK;
    if (keys->count == ENTITLEMENT_KEYS_MAX)
        result = fail(why, INVALID, "%s holds more than %d keys: take out those that have expired",
                      what, ENTITLEMENT_KEYS_MAX);
    else if (pkey == NULL || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519)
        result = fail(why, INVALID,
                      "key %zu of %s is not an Ed25519 key: make one with \"openssl genpkey "
                      "-algorithm ed25519\"",
                      keys->count + 1, what);
    if (result == OK) result = thumbprint(pkey, key->id, why);
    if (result == OK) {
        key->pkey = pkey;
        key->is_private = is_private;
        keys->count++;
    } else {
        EVP_PKEY_free(pkey);
    }
    return result;
}

// One block, its DER in `data`.
static outcome parse_block(struct entitlement_keys *keys, const char *name, const uint8_t *data,
                           long len, const char *what, struct why *why)
{
    if (strcmp(name, PEM_STRING_PKCS8INF) == 0)
        return add_key(keys, d2i_AutoPrivateKey(NULL, &data, len), true, what, why);
    if (strcmp(name, PEM_STRING_PUBLIC) == 0)
        return add_key(keys, d2i_PUBKEY(NULL, &data, len), false, what, why);
    return fail(why, INVALID,
                "%s holds a block that is neither a PRIVATE KEY nor a PUBLIC KEY: an encrypted key "
                "cannot be read by a service that starts alone",
                what);
}

static outcome parse_blocks(BIO *bio, const char *what, struct entitlement_keys *keys,
                            struct why *why)
{
    char *name, *header;
    uint8_t *data;
    long len;
    while (PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        const outcome result = parse_block(keys, name, data, len, what, why);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
        TRY(result);
    }
    if (keys->count > 0) return OK;
    return fail(why, INVALID, "%s holds no PEM block of a key", what);
}

outcome entitlement_keys_parse(struct slice pem, const char *what, struct entitlement_keys **out,
                               struct why *why)
{
    if (pem.len > PEM_BYTES_MAX)
        return fail(why, TOO_LARGE, "%s exceeds %d bytes: it is no file of keys", what,
                    PEM_BYTES_MAX);
    autoentitlementkeys *keys = calloc(1, sizeof *keys);
    BIO *bio = BIO_new_mem_buf(pem.len == 0 ? (const void *)"" : pem.at, (int)pem.len);
    outcome result = keys == NULL || bio == NULL ? fail(why, NO_MEMORY, "no memory for keys")
                                                 : parse_blocks(bio, what, keys, why);
    BIO_free(bio);
    TRY(result);
    *out = keys;
    keys = NULL;
    return OK;
}

outcome entitlement_keys_load(const char *path, struct entitlement_keys **out, struct why *why)
{
    struct stat facts;
    struct buffer pem = buffer_init(PEM_BYTES_MAX);
    autoentitlementkeys *keys = NULL;
    if (stat(path, &facts) != 0)
        return fail_errno(why, errno, "the keys of entitlements, %s", path);
    outcome result = file_read(path, &pem, why);
    if (result == OK) result = entitlement_keys_parse(buffer_slice(&pem), path, &keys, why);
    if (pem.at != NULL) explicit_bzero(pem.at, pem.len);
    buffer_release(&pem);
    TRY(result);
    if (entitlement_signing_key(keys) != NULL && (facts.st_mode & 077) != 0)
        return fail(why, DENIED,
                    "%s holds a private key and is open to others (mode %03o): chmod 600 it", path,
                    (unsigned)facts.st_mode & 0777);
    *out = keys;
    keys = NULL;
    return OK;
}

void entitlement_keys_close(struct entitlement_keys **keys)
{
    if (*keys == NULL) return;
    for (size_t i = 0; i < (*keys)->count; i++)
        EVP_PKEY_free((*keys)->keys[i].pkey); // clears what is private
    free(*keys);
    *keys = NULL;
}

// Appends one block.
static outcome put_block(EVP_PKEY *pkey, int (*write)(BIO *bio, const EVP_PKEY *pkey),
                         struct buffer *out, struct why *why)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text;
    outcome result = NO_MEMORY;
    if (bio != NULL && write(bio, pkey) == 1) {
        const long len = BIO_get_mem_data(bio, &text);
        result = buffer_put(out, (struct slice){(const uint8_t *)text, (size_t)len}, why);
    } else {
        result = fail(why, NO_MEMORY, "no memory to write a key");
    }
    BIO_free(bio);
    return result;
}

static int write_private(BIO *bio, const EVP_PKEY *pkey)
{
    return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static int write_public(BIO *bio, const EVP_PKEY *pkey)
{
    return PEM_write_bio_PUBKEY(bio, pkey);
}

outcome entitlement_keys_public(const struct entitlement_keys *keys, struct buffer *out,
                                struct why *why)
{
    for (size_t i = 0; i < keys->count; i++)
        TRY(put_block(keys->keys[i].pkey, write_public, out, why));
    return OK;
}

bool entitlement_keys_can_sign(const struct entitlement_keys *keys)
{
    return entitlement_signing_key(keys) != NULL;
}

outcome entitlement_keys_signer(const struct entitlement_keys *keys, struct ed25519_key **out,
                                struct why *why)
{
    const struct entitlement_key *key = entitlement_signing_key(keys);
    uint8_t seed[ED25519_SEED_BYTES];
    size_t len = sizeof seed;
    if (key == NULL) return fail(why, DENIED, "the keys are public ones: they cannot sign");
    if (EVP_PKEY_get_raw_private_key(key->pkey, seed, &len) != 1 || len != sizeof seed)
        return fail(why, NO_MEMORY, "no memory for a signing key");
    const outcome result = ed25519_key_load(seed, out, why);
    explicit_bzero(seed, sizeof seed);
    return result;
}

static outcome write_rotated(const char *path, EVP_PKEY *fresh, struct entitlement_keys *old,
                             struct why *why)
{
    struct buffer pem = buffer_init(PEM_BYTES_MAX);
    outcome result = buffer_reserve(&pem, PEM_BYTES_MAX, why); // so that growth leaves no copies
    if (result == OK) result = put_block(fresh, write_private, &pem, why);
    for (size_t i = 0; result == OK && old != NULL && i < old->count; i++)
        if (i + 1 < ENTITLEMENT_KEYS_MAX)
            result = put_block(old->keys[i].pkey, write_public, &pem, why);
    if (result == OK) result = file_write_atomic(path, buffer_slice(&pem), 0600, why);
    if (pem.at != NULL) explicit_bzero(pem.at, pem.len);
    buffer_release(&pem);
    return result;
}

outcome entitlement_keys_rotate(const char *path, struct why *why)
{
    autoentitlementkeys *old = NULL;
    if (path_exists(path)) TRY(entitlement_keys_load(path, &old, why));
    EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (fresh == NULL) return fail(why, NO_MEMORY, "no memory to make a key");
    const outcome result = write_rotated(path, fresh, old, why);
    EVP_PKEY_free(fresh);
    return result;
}

// The folder itself is locked: nothing is left behind.
outcome entitlement_keys_ensure(const char *path, struct why *why)
{
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL && (size_t)(slash - path) >= sizeof folder)
        return fail(why, INVALID, "the path of the keys of entitlements is too long");
    if (slash != NULL) {
        memcpy(folder, path, (size_t)(slash - path) + 1);
        folder[slash - path + 1] = '\0';
    }
    autofd lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0) return fail_errno(why, errno, "the folder %s", folder);
    while (flock(lock, LOCK_EX) != 0)
        if (errno != EINTR) return fail_errno(why, errno, "the lock on %s", folder);
    return path_exists(path) ? OK : entitlement_keys_rotate(path, why);
}
