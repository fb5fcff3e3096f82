// SPDX-License-Identifier: Apache-2.0
#include "drm/widevine.h"

#include "base/base64.h"
#include "base/json.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

outcome widevine_sign(const struct widevine_signer *signer, struct slice message,
                      uint8_t out[WIDEVINE_SIGNATURE_BYTES], struct why *why)
{
    uint8_t digest[SHA_DIGEST_LENGTH];
    uint8_t block[SHA_DIGEST_LENGTH + 2 * WIDEVINE_IV_BYTES];
    int len = 0, rest = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    const bool is_made =
        context != NULL && SHA1(message.at, message.len, digest) != NULL &&
        EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), NULL, signer->key, signer->iv) == 1 &&
        EVP_EncryptUpdate(context, block, &len, digest, sizeof digest) == 1 &&
        EVP_EncryptFinal_ex(context, block + len, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!is_made || len + rest != WIDEVINE_SIGNATURE_BYTES)
        return fail(why, NO_MEMORY, "no memory to sign a message");
    memcpy(out, block, WIDEVINE_SIGNATURE_BYTES);
    return OK;
}

outcome widevine_envelope_make(const struct widevine_signer *signer, struct slice message,
                               struct buffer *out, struct why *why)
{
    uint8_t signature[WIDEVINE_SIGNATURE_BYTES];
    autobuffer request = buffer_init(2 * WIDEVINE_MESSAGE_BYTES_MAX);
    autobuffer signed_text = buffer_init(128);
    TRY(widevine_sign(signer, message, signature, why));
    TRY(base64_format(BASE64_PADDED, message, &request, why));
    TRY(base64_format(BASE64_PADDED, (struct slice){signature, sizeof signature}, &signed_text,
                      why));
    autojson *json = json_pack("{s:s%, s:s%, s:s}", "request", (const char *)request.at,
                               request.len, "signature", (const char *)signed_text.at,
                               signed_text.len, "signer", signer->name);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a signed message");
    return json_format(json, out, why);
}

// Some signer's key for a name that is none of theirs: the work is the same.
static const struct widevine_signer *find_signer(const struct widevine_signer *signers,
                                                 size_t count, const char *name, bool *is_known)
{
    static const struct widevine_signer nobody = {.name = ""};
    const struct widevine_signer *found = &nobody;
    *is_known = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(signers[i].name, name) != 0) continue;
        found = &signers[i];
        *is_known = true;
    }
    return found;
}

outcome widevine_envelope_open(struct slice body, const struct widevine_signer *signers,
                               size_t count, struct buffer *out, struct why *why)
{
    static const char what[] = "the signed request";
    uint8_t claimed[WIDEVINE_SIGNATURE_BYTES], expected[WIDEVINE_SIGNATURE_BYTES];
    const char *request, *signature, *name;
    size_t len = 0, claimed_len = 0;
    bool is_known;
    autojson *json = NULL;
    TRY(json_parse(body, what, &json, why));
    TRY(json_text(json, what, "request", &request, why));
    TRY(json_text(json, what, "signature", &signature, why));
    TRY(json_text(json, what, "signer", &name, why));
    if (request[0] == '\0') return fail(why, INVALID, "%s is empty", what);
    const size_t before = out->len;
    TRY(buffer_reserve(out, strlen(request), why));
    TRY(base64_parse(BASE64_PADDED, slice_of(request), out->at + before, out->room - before, &len,
                     why));
    const outcome parsed = base64_parse(BASE64_PADDED, slice_of(signature), claimed, sizeof claimed,
                                        &claimed_len, NULL);
    const struct widevine_signer *signer = find_signer(signers, count, name, &is_known);
    TRY(widevine_sign(signer, (struct slice){out->at + before, len}, expected, why));
    const bool is_equal = parsed == OK && claimed_len == sizeof expected &&
                          CRYPTO_memcmp(claimed, expected, sizeof expected) == 0;
    if (!is_equal || !is_known)
        return fail(why, DENIED, "%s is not signed by anyone who may ask", what);
    out->len = before + len;
    return OK;
}
