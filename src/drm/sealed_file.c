// SPDX-License-Identifier: Apache-2.0
#include "drm/sealed_file.h"

#include "base/file.h"
#include "base/random.h"
#include "drm/aead.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSION = 1,
    AT_VERSION = 8,
    AT_WRAPPING_ID = 16,
    AT_NONCE = AT_WRAPPING_ID + WRAPPING_ID_BYTES,
    AT_SEALED = AT_NONCE + WRAP_NONCE_BYTES,
    AT_REST = AT_SEALED + WRAP_SEALED_BYTES,
    STEP_BYTES = SEAL_BLOCK_BYTES + AEAD_TAG_BYTES,
    LABEL_LEN = 7,
    CONTEXT_BYTES = LABEL_LEN + 64 + 1, // "object ", a SHA-256 in hex
};

static const char sign[SEAL_SIGN_BYTES] = {'p', 'r', 'i', 'm', 's', 'e', 'a', 'l'};

// --- the header ------------------------------------------------------------------------------

// What a seal is bound to: the object's name may be long, its hash is not.
static outcome context_of(const char *name, char out[CONTEXT_BYTES], struct why *why)
{
    uint8_t hash[32];
    unsigned len = sizeof hash;
    memcpy(out, "object ", LABEL_LEN);
    if (EVP_Digest(name, strlen(name), hash, &len, EVP_sha256(), NULL) != 1)
        return fail(why, UNAVAILABLE, "OpenSSL gives no SHA-256");
    hex_format(hash, sizeof hash, out + LABEL_LEN);
    return OK;
}

// HKDF with the secret alone as input: extract with a salt of zeros, then the first block of
// expand.
static outcome derive(const uint8_t secret[CONTENT_KEY_BYTES], const char context[CONTEXT_BYTES],
                      struct seal *out, struct why *why)
{
    static const uint8_t salt[32] = {0};
    static const char label[] = "primrose sealed object 1"; // its NUL ends it
    uint8_t info[sizeof label + CONTEXT_BYTES], prk[32], key[SEAL_KEY_BYTES];
    unsigned made = sizeof prk;
    memcpy(info, label, sizeof label);
    memcpy(info + sizeof label, context, CONTEXT_BYTES);
    info[sizeof info - 1] = 1; // the block's number, in the place of the context's NUL
    const bool is_made =
        HMAC(EVP_sha256(), salt, sizeof salt, secret, CONTENT_KEY_BYTES, prk, &made) != NULL &&
        HMAC(EVP_sha256(), prk, sizeof prk, info, sizeof info, key, &made) != NULL;
    if (is_made) {
        out->is_sealed = true;
        memcpy(out->key, key, sizeof key);
    }
    OPENSSL_cleanse(prk, sizeof prk);
    OPENSSL_cleanse(key, sizeof key);
    return is_made ? OK : fail(why, UNAVAILABLE, "OpenSSL gives no HMAC-SHA256");
}

static void header_make(const struct wrapped_key *wrapped, uint8_t header[SEAL_HEADER_BYTES])
{
    memset(header, 0, SEAL_HEADER_BYTES);
    memcpy(header, sign, SEAL_SIGN_BYTES);
    header[AT_VERSION] = VERSION;
    memcpy(header + AT_WRAPPING_ID, wrapped->wrapping_id, strlen(wrapped->wrapping_id));
    memcpy(header + AT_NONCE, wrapped->nonce, WRAP_NONCE_BYTES);
    memcpy(header + AT_SEALED, wrapped->sealed, WRAP_SEALED_BYTES);
}

outcome seal_make(struct key_ring *ring, const char *name, uint8_t header[SEAL_HEADER_BYTES],
                  struct seal *out, struct why *why)
{
    uint8_t secret[CONTENT_KEY_BYTES];
    char context[CONTEXT_BYTES];
    struct wrapped_key wrapped;
    TRY(context_of(name, context, why));
    random_bytes(secret, sizeof secret);
    outcome result = key_ring_wrap(ring, secret, slice_of(context), &wrapped, why);
    if (result == OK) result = derive(secret, context, out, why);
    OPENSSL_cleanse(secret, sizeof secret);
    if (result == OK) header_make(&wrapped, header);
    return result;
}

bool seal_is_begun(struct slice begin)
{
    return begin.len >= SEAL_SIGN_BYTES && memcmp(begin.at, sign, SEAL_SIGN_BYTES) == 0;
}

void seal_wrapping_id(const uint8_t header[SEAL_HEADER_BYTES], char out[WRAPPING_ID_BYTES])
{
    memcpy(out, header + AT_WRAPPING_ID, WRAPPING_ID_BYTES);
    if (out[WRAPPING_ID_BYTES - 1] != '\0' || !wrapping_id_is_valid(out)) out[0] = '\0';
}

// The object's secret; the caller wipes it.
static outcome unwrap(struct key_ring *ring, const char *name,
                      const uint8_t header[SEAL_HEADER_BYTES], struct wrapped_key *wrapped,
                      uint8_t secret[CONTENT_KEY_BYTES], struct why *why)
{
    char context[CONTEXT_BYTES];
    TRY(context_of(name, context, why));
    seal_wrapping_id(header, wrapped->wrapping_id);
    memcpy(wrapped->nonce, header + AT_NONCE, WRAP_NONCE_BYTES);
    memcpy(wrapped->sealed, header + AT_SEALED, WRAP_SEALED_BYTES);
    if (!seal_is_begun((struct slice){header, SEAL_HEADER_BYTES}) ||
        header[AT_VERSION] != VERSION || wrapped->wrapping_id[0] == '\0')
        return fail(why, CORRUPT, "%s has a seal that is unknown or broken", name);
    const outcome opened = key_ring_unwrap(ring, wrapped, slice_of(context), secret, why);
    if (opened != NOT_FOUND) return opened;
    return fail(why, DENIED, "%s is sealed under %s, which this key ring does not have", name,
                wrapped->wrapping_id);
}

outcome seal_open(struct key_ring *ring, const char *name, const uint8_t header[SEAL_HEADER_BYTES],
                  struct seal *out, struct why *why)
{
    uint8_t secret[CONTENT_KEY_BYTES];
    char context[CONTEXT_BYTES];
    struct wrapped_key wrapped;
    TRY(context_of(name, context, why));
    TRY(unwrap(ring, name, header, &wrapped, secret, why));
    const outcome result = derive(secret, context, out, why);
    OPENSSL_cleanse(secret, sizeof secret);
    return result;
}

outcome seal_rewrap(struct key_ring *ring, const char *name, uint8_t header[SEAL_HEADER_BYTES],
                    bool *out_changed, struct why *why)
{
    uint8_t secret[CONTENT_KEY_BYTES];
    char context[CONTEXT_BYTES];
    struct wrapped_key before, after;
    TRY(context_of(name, context, why));
    TRY(unwrap(ring, name, header, &before, secret, why));
    const outcome result = key_ring_wrap(ring, secret, slice_of(context), &after, why);
    OPENSSL_cleanse(secret, sizeof secret);
    TRY(result);
    *out_changed = strcmp(before.wrapping_id, after.wrapping_id) != 0;
    if (*out_changed) header_make(&after, header);
    return OK;
}

outcome seal_plain_size(uint64_t sealed_bytes, uint64_t *out, struct why *why)
{
    if (sealed_bytes < SEAL_HEADER_BYTES + AEAD_TAG_BYTES)
        return fail(why, CORRUPT, "a sealed file has %d bytes at least, this has %llu",
                    SEAL_HEADER_BYTES + AEAD_TAG_BYTES, (unsigned long long)sealed_bytes);
    const uint64_t body = sealed_bytes - SEAL_HEADER_BYTES;
    const uint64_t whole = body / STEP_BYTES, rest = body % STEP_BYTES;
    // Only an empty file ends with an empty block.
    if (rest > 0 && (rest < AEAD_TAG_BYTES || (rest == AEAD_TAG_BYTES && whole > 0)))
        return fail(why, CORRUPT, "a sealed file was cut: %llu bytes", (unsigned long long)body);
    *out = whole * SEAL_BLOCK_BYTES + (rest > 0 ? rest - AEAD_TAG_BYTES : 0);
    return OK;
}

static void nonce_of(uint64_t number, bool is_last, uint8_t out[AEAD_NONCE_BYTES])
{
    memset(out, 0, AEAD_NONCE_BYTES);
    out[0] = is_last ? 1 : 0;
    for (int i = 0; i < 8; i++)
        out[11 - i] = (uint8_t)(number >> 8 * i);
}

// --- reading ---------------------------------------------------------------------------------

struct sealed_file {
    int fd;
    bool is_sealed;
    uint64_t size;
    uint64_t blocks;
    struct aead *aead;
    uint64_t held; // number of the block in `plain`; `blocks` for none
    size_t plain_len;
    uint8_t plain[SEAL_BLOCK_BYTES];
    uint8_t step[STEP_BYTES];
};

static outcome open_blocks(struct sealed_file *file, const struct seal *seal, uint64_t sealed_bytes,
                           struct why *why)
{
    TRY(seal_plain_size(sealed_bytes, &file->size, why));
    file->blocks = (file->size + SEAL_BLOCK_BYTES - 1) / SEAL_BLOCK_BYTES;
    if (file->blocks == 0) file->blocks = 1; // an empty one
    file->held = file->blocks;
    file->is_sealed = true;
    return aead_start((struct slice){seal->key, SEAL_KEY_BYTES}, &file->aead, why);
}

outcome sealed_file_open(int fd, const struct seal *seal, struct sealed_file **out, struct why *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at a file");
    autosealed *file = calloc(1, sizeof *file);
    if (file == NULL) return fail(why, NO_MEMORY, "no memory to read a file");
    file->fd = fd;
    file->size = (uint64_t)info.st_size;
    if (seal != NULL && seal->is_sealed) TRY(open_blocks(file, seal, file->size, why));
    *out = file;
    file = NULL;
    return OK;
}

void sealed_file_close(struct sealed_file **file)
{
    if (*file == NULL) return;
    aead_end(&(*file)->aead);
    explicit_bzero(*file, sizeof **file);
    free(*file);
    *file = NULL;
}

uint64_t sealed_file_size(const struct sealed_file *file)
{
    return file->size;
}

static outcome read_clear(const struct sealed_file *file, uint64_t offset, uint8_t *out,
                          size_t room, size_t *out_len, struct why *why)
{
    size_t len = 0;
    while (len < room) {
        const ssize_t got = pread(file->fd, out + len, room - len, (off_t)(offset + len));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(why, errno, "a file cannot be read");
        if (got == 0) break;
        len += (size_t)got;
    }
    *out_len = len;
    return OK;
}

static size_t block_len(const struct sealed_file *file, uint64_t number)
{
    const uint64_t left = file->size - number * SEAL_BLOCK_BYTES;
    return left < SEAL_BLOCK_BYTES ? (size_t)left : SEAL_BLOCK_BYTES;
}

static outcome hold(struct sealed_file *file, uint64_t number, struct why *why)
{
    const size_t len = block_len(file, number);
    uint8_t nonce[AEAD_NONCE_BYTES];
    if (file->held == number) return OK;
    file->held = file->blocks;
    TRY(fd_read_at(file->fd, file->step, len + AEAD_TAG_BYTES,
                   SEAL_HEADER_BYTES + number * STEP_BYTES, why));
    nonce_of(number, number + 1 == file->blocks, nonce);
    const struct aead_bind bind = {nonce, {NULL, 0}};
    const outcome opened = aead_open(file->aead, &bind, (struct slice){file->step, len},
                                     file->step + len, file->plain, why);
    if (opened == CORRUPT)
        return fail(why, CORRUPT, "block %llu of a sealed file was changed",
                    (unsigned long long)number);
    TRY(opened);
    file->held = number;
    file->plain_len = len;
    return OK;
}

outcome sealed_file_read(struct sealed_file *file, uint64_t offset, uint8_t *out, size_t room,
                         size_t *out_len, struct why *why)
{
    if (!file->is_sealed) return read_clear(file, offset, out, room, out_len, why);
    size_t len = 0;
    if (offset == 0 && file->size == 0 && room > 0) TRY(hold(file, 0, why)); // nothing, but proven
    while (len < room && offset + len < file->size) {
        const uint64_t at = offset + len;
        TRY(hold(file, at / SEAL_BLOCK_BYTES, why));
        const size_t skip = (size_t)(at % SEAL_BLOCK_BYTES), has = file->plain_len - skip;
        const size_t take = has < room - len ? has : room - len;
        memcpy(out + len, file->plain + skip, take);
        len += take;
    }
    *out_len = len;
    return OK;
}

// --- writing ---------------------------------------------------------------------------------

struct seal_writer {
    struct seal_sink sink;
    struct aead *aead;
    uint64_t number;
    size_t held; // bytes in `plain`: a full block waits until it is known whether it is the last
    uint8_t plain[SEAL_BLOCK_BYTES];
    uint8_t step[STEP_BYTES];
};

outcome seal_writer_open(const struct seal *seal, const uint8_t header[SEAL_HEADER_BYTES],
                         const struct seal_sink *sink, struct seal_writer **out, struct why *why)
{
    assert(seal->is_sealed);
    struct seal_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to seal a file");
    writer->sink = *sink;
    outcome result = aead_start((struct slice){seal->key, SEAL_KEY_BYTES}, &writer->aead, why);
    if (result == OK)
        result = sink->put(sink->context, (struct slice){header, SEAL_HEADER_BYTES}, why);
    if (result != OK) {
        seal_writer_close(&writer);
        return result;
    }
    *out = writer;
    return OK;
}

static outcome put_block(struct seal_writer *writer, bool is_last, struct why *why)
{
    uint8_t nonce[AEAD_NONCE_BYTES];
    nonce_of(writer->number++, is_last, nonce);
    const struct aead_bind bind = {nonce, {NULL, 0}};
    TRY(aead_seal(writer->aead, &bind, (struct slice){writer->plain, writer->held}, writer->step,
                  writer->step + writer->held, why));
    const struct slice step = {writer->step, writer->held + AEAD_TAG_BYTES};
    writer->held = 0;
    return writer->sink.put(writer->sink.context, step, why);
}

outcome seal_writer_put(struct seal_writer *writer, struct slice plain, struct why *why)
{
    while (plain.len > 0) {
        if (writer->held == SEAL_BLOCK_BYTES) TRY(put_block(writer, false, why));
        const size_t room = SEAL_BLOCK_BYTES - writer->held;
        const size_t take = plain.len < room ? plain.len : room;
        memcpy(writer->plain + writer->held, plain.at, take);
        writer->held += take;
        plain = slice_part(plain, take, plain.len - take);
    }
    return OK;
}

outcome seal_writer_end(struct seal_writer *writer, struct why *why)
{
    return put_block(writer, true, why);
}

void seal_writer_close(struct seal_writer **writer)
{
    if (*writer == NULL) return;
    aead_end(&(*writer)->aead);
    explicit_bzero(*writer, sizeof **writer);
    free(*writer);
    *writer = NULL;
}
