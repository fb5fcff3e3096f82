// SPDX-License-Identifier: Apache-2.0
#include "studio/digest.h"

#include "base/buffer.h"

#include <errno.h>
#include <openssl/evp.h>
#include <unistd.h>

enum { BLOCK_BYTES = 4 << 20 };

static void context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static outcome begin(EVP_MD_CTX **out, struct why *why)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return fail(why, NO_MEMORY, "no memory for a hash");
    }
    *out = context;
    return OK;
}

static outcome end(EVP_MD_CTX *context, char *out, struct why *why)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(context, digest, &len) != 1)
        return fail(why, NO_MEMORY, "no memory to end a hash");
    hex_format(digest, len, out);
    return OK;
}

outcome digest_bytes(struct slice bytes, char *out, struct why *why)
{
    __attribute__((cleanup(context_free))) EVP_MD_CTX *context = NULL;
    TRY(begin(&context, why));
    if (EVP_DigestUpdate(context, bytes.at, bytes.len) != 1)
        return fail(why, NO_MEMORY, "no memory for a hash");
    return end(context, out, why);
}

outcome digest_file(int fd, const struct digest_watch *watch, char *out, struct why *why)
{
    __attribute__((cleanup(context_free))) EVP_MD_CTX *context = NULL;
    autobuffer block = buffer_init(BLOCK_BYTES);
    TRY(begin(&context, why));
    TRY(buffer_reserve(&block, BLOCK_BYTES, why));
    uint64_t done = 0;
    for (;;) {
        const ssize_t got = pread(fd, block.at, BLOCK_BYTES, (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(why, errno, "cannot read the file to hash it");
        if (got == 0) return end(context, out, why);
        if (EVP_DigestUpdate(context, block.at, (size_t)got) != 1)
            return fail(why, NO_MEMORY, "no memory for a hash");
        done += (uint64_t)got;
        if (watch != NULL) TRY(watch->heard(watch->context, done, why));
    }
}
