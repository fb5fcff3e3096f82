// SPDX-License-Identifier: Apache-2.0
#include "media/cpix_seal.h"

#include "base/random.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <limits.h>
#include <string.h>

enum { IV_BYTES = 16, RSA_BITS_MIN = 2048, PEM_BYTES_MAX = 64 * 1024 };

void document_key_release(struct document_key *key)
{
    explicit_bzero(key, sizeof *key);
}

// --- keys of RSA -----------------------------------------------------------------------------

static bool is_usable(EVP_PKEY *key)
{
    return key != NULL && EVP_PKEY_is_a(key, "RSA") == 1 &&
           EVP_PKEY_get_bits(key) >= RSA_BITS_MIN && EVP_PKEY_get_size(key) <= RSA_SEALED_BYTES_MAX;
}

static outcome certificate_key(struct slice der, EVP_PKEY **out, struct why *why)
{
    const unsigned char *at = der.at;
    X509 *certificate = der.len <= LONG_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    EVP_PKEY *key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
    X509_free(certificate);
    if (is_usable(key)) {
        *out = key;
        return OK;
    }
    EVP_PKEY_free(key);
    return fail(why, INVALID,
                "the receiver's certificate cannot be used: it must be X.509 with an "
                "RSA key of 2048 to 8192 bits");
}

// rsa-oaep-mgf1p: SHA-1 as digest and in MGF1, as XML Encryption 1.0 and so CPIX have it. OAEP
// does not rest on collision resistance.
static EVP_PKEY_CTX *oaep(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *ctx))
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (context != NULL && init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1)
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

static outcome seal_to(EVP_PKEY *key, struct slice secret, struct buffer *out, struct why *why)
{
    uint8_t sealed[RSA_SEALED_BYTES_MAX];
    size_t len = sizeof sealed;
    EVP_PKEY_CTX *context = oaep(key, EVP_PKEY_encrypt_init);
    const bool is_sealed =
        context != NULL && EVP_PKEY_encrypt(context, sealed, &len, secret.at, secret.len) == 1;
    EVP_PKEY_CTX_free(context);
    if (!is_sealed) return fail(why, UNAVAILABLE, "OpenSSL could not encrypt to the certificate");
    return buffer_put(out, (struct slice){sealed, len}, why);
}

static bool open_with(EVP_PKEY *key, struct slice sealed, uint8_t *out, size_t room, size_t *len)
{
    uint8_t opened[RSA_SEALED_BYTES_MAX];
    size_t opened_len = sizeof opened;
    EVP_PKEY_CTX *context = oaep(key, EVP_PKEY_decrypt_init);
    const bool is_opened =
        context != NULL && sealed.len <= RSA_SEALED_BYTES_MAX &&
        EVP_PKEY_decrypt(context, opened, &opened_len, sealed.at, sealed.len) == 1 &&
        opened_len <= room;
    if (is_opened) {
        memcpy(out, opened, opened_len);
        *len = opened_len;
    }
    EVP_PKEY_CTX_free(context);
    explicit_bzero(opened, sizeof opened);
    return is_opened;
}

// --- the document key ------------------------------------------------------------------------

outcome document_key_make(struct slice certificate, struct document_key *out,
                          struct buffer *sealed_key, struct buffer *sealed_mac_key, struct why *why)
{
    EVP_PKEY *receiver = NULL;
    TRY(certificate_key(certificate, &receiver, why));
    struct document_key made = {.mac_key_len = DOCUMENT_MAC_KEY_BYTES};
    random_bytes(made.key, sizeof made.key);
    random_bytes(made.mac_key, sizeof made.mac_key);
    outcome result = seal_to(receiver, (struct slice){made.key, sizeof made.key}, sealed_key, why);
    if (result == OK)
        result = seal_to(receiver, (struct slice){made.mac_key, sizeof made.mac_key},
                         sealed_mac_key, why);
    EVP_PKEY_free(receiver);
    if (result == OK) *out = made;
    document_key_release(&made);
    return result;
}

// Never asks for a pass phrase on the terminal.
static int no_phrase(char *out, int room, int writes, void *context)
{
    (void)out;
    (void)room;
    (void)writes;
    (void)context;
    return 0;
}

outcome document_key_open(struct slice private_key, struct slice sealed_key,
                          struct slice sealed_mac_key, struct document_key *out, struct why *why)
{
    if (private_key.len == 0 || private_key.len > PEM_BYTES_MAX)
        return fail(why, DENIED,
                    "the document's keys are encrypted: give the private key that they are for");
    BIO *text = BIO_new_mem_buf(private_key.at, (int)private_key.len);
    EVP_PKEY *key = text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, no_phrase, NULL);
    BIO_free(text);
    if (!is_usable(key)) {
        EVP_PKEY_free(key);
        return fail(why, INVALID,
                    "the private key cannot be used: it must be PEM without a pass "
                    "phrase, RSA of 2048 to 8192 bits");
    }
    struct document_key made = {.mac_key_len = 0};
    size_t key_len = 0;
    const bool is_opened =
        open_with(key, sealed_key, made.key, sizeof made.key, &key_len) &&
        key_len == sizeof made.key &&
        open_with(key, sealed_mac_key, made.mac_key, sizeof made.mac_key, &made.mac_key_len) &&
        made.mac_key_len >= 16;
    EVP_PKEY_free(key);
    if (is_opened) *out = made;
    document_key_release(&made);
    if (is_opened) return OK;
    return fail(why, DENIED, "the document's keys are encrypted to another certificate");
}

// --- content keys ----------------------------------------------------------------------------

static bool make_mac(const struct document_key *key, const uint8_t sealed[SEALED_KEY_BYTES],
                     uint8_t out[SEALED_MAC_BYTES])
{
    unsigned len = 0;
    return HMAC(EVP_sha512(), key->mac_key, (int)key->mac_key_len, sealed, SEALED_KEY_BYTES, out,
                &len) != NULL &&
           len == SEALED_MAC_BYTES;
}

// One call for both ways: the direction says which of `in` and `out` has the padding.
static bool run_cbc(const struct document_key *key, int encrypts, const uint8_t iv[IV_BYTES],
                    struct slice in, uint8_t *out, size_t expected)
{
    int made = 0, ended = 0;
    EVP_CIPHER_CTX *evp = EVP_CIPHER_CTX_new();
    const bool is_done =
        evp != NULL &&
        EVP_CipherInit_ex2(evp, EVP_aes_256_cbc(), key->key, iv, encrypts, NULL) == 1 &&
        EVP_CipherUpdate(evp, out, &made, in.at, (int)in.len) == 1 &&
        EVP_CipherFinal_ex(evp, out + made, &ended) == 1 && (size_t)(made + ended) == expected;
    EVP_CIPHER_CTX_free(evp);
    return is_done;
}

outcome document_key_seal(const struct document_key *key, const uint8_t secret[CONTENT_KEY_BYTES],
                          uint8_t sealed[SEALED_KEY_BYTES], uint8_t mac[SEALED_MAC_BYTES],
                          struct why *why)
{
    random_bytes(sealed, IV_BYTES);
    if (run_cbc(key, 1, sealed, (struct slice){secret, CONTENT_KEY_BYTES}, sealed + IV_BYTES,
                SEALED_KEY_BYTES - IV_BYTES) &&
        make_mac(key, sealed, mac))
        return OK;
    return fail(why, UNAVAILABLE, "OpenSSL could not encrypt a content key");
}

outcome document_key_unseal(const struct document_key *key, const uint8_t sealed[SEALED_KEY_BYTES],
                            const uint8_t mac[SEALED_MAC_BYTES], uint8_t secret[CONTENT_KEY_BYTES],
                            struct why *why)
{
    uint8_t expected[SEALED_MAC_BYTES], made[SEALED_KEY_BYTES];
    if (!make_mac(key, sealed, expected) || CRYPTO_memcmp(expected, mac, SEALED_MAC_BYTES) != 0)
        return fail(why, DENIED, "a content key's MAC is wrong: the document was altered");
    const struct slice body = {sealed + IV_BYTES, SEALED_KEY_BYTES - IV_BYTES};
    const bool is_done = run_cbc(key, 0, sealed, body, made, CONTENT_KEY_BYTES);
    if (is_done) memcpy(secret, made, CONTENT_KEY_BYTES);
    explicit_bzero(made, sizeof made);
    return is_done ? OK : fail(why, INVALID, "a content key has another size than 128 bits");
}

outcome certificate_der(struct slice pem, struct buffer *out, struct why *why)
{
    BIO *text = pem.len > PEM_BYTES_MAX ? NULL : BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *certificate = text == NULL ? NULL : PEM_read_bio_X509(text, NULL, no_phrase, NULL);
    unsigned char *der = NULL;
    const int len = certificate == NULL ? -1 : i2d_X509(certificate, &der);
    BIO_free(text);
    X509_free(certificate);
    if (len <= 0) return fail(why, INVALID, "this is no X.509 certificate in PEM form");
    const outcome put = buffer_put(out, (struct slice){der, (size_t)len}, why);
    OPENSSL_free(der);
    return put;
}
