// SPDX-License-Identifier: Apache-2.0
#include "app/claim.h"

#include "account/secret.h"
#include "base/file.h"
#include "base/random.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void path_of(const char *data, char *out)
{
    (void)snprintf(out, PATH_MAX, "%s/claim", data);
}

// Sixteen characters that nobody mistakes for others, in groups of four: 80 bits.
static void make_code(char *out)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t noise[16];
    random_bytes(noise, sizeof noise);
    for (size_t i = 0; i < sizeof noise; i++) {
        if (i > 0 && i % 4 == 0) *out++ = '-';
        *out++ = digits[noise[i] & 31];
    }
    *out = '\0';
}

outcome claim_offer(const char *data, struct why *why)
{
    char path[PATH_MAX], code[CLAIM_BYTES], line[CLAIM_BYTES + 1];
    path_of(data, path);
    if (path_exists(path)) return OK;
    make_code(code);
    (void)snprintf(line, sizeof line, "%s\n", code);
    return file_write_atomic(path, slice_of(line), 0600, why);
}

outcome claim_check(const char *data, const char *code, bool *out, struct why *why)
{
    char path[PATH_MAX], offered[SECRET_HASH_BYTES], given[SECRET_HASH_BYTES];
    autobuffer text = buffer_init(256);
    path_of(data, path);
    TRY(file_read(path, &text, why));
    token_hash(slice_trim(buffer_slice(&text)), offered);
    token_hash(slice_trim(slice_of(code)), given);
    *out = token_hash_equal(offered, given);
    return OK;
}

void claim_withdraw(const char *data)
{
    char path[PATH_MAX];
    path_of(data, path);
    (void)unlink(path);
}
