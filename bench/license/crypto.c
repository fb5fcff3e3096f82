// SPDX-License-Identifier: Apache-2.0
//
// What a native licence costs at least: OpenSSL alone, one ES256 verification (the challenge), a
// P-256 key and one agreement (the seal), one Ed25519 signature (the licence), in a loop.
//
//     crypto SECONDS [first]     prints licences per CPU-second; "first" verifies an entitlement's
//                                Ed25519 signature too
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>

static double cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void must(int done)
{
    if (done == 1) return;
    fputs("crypto: OpenSSL refuses\n", stderr);
    exit(1);
}

static void sign(EVP_PKEY *key, const EVP_MD *digest, const uint8_t *message, size_t len,
                 uint8_t *out, size_t *out_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(context, NULL, digest, NULL, key));
    must(EVP_DigestSign(context, out, out_len, message, len));
    EVP_MD_CTX_free(context);
}

static void agree(EVP_PKEY *own, EVP_PKEY *other)
{
    uint8_t shared[32];
    size_t len = sizeof shared;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
    must(EVP_PKEY_derive_init(context));
    must(EVP_PKEY_derive_set_peer_ex(context, other, 0));
    must(EVP_PKEY_derive(context, shared, &len));
    EVP_PKEY_CTX_free(context);
}

static void verify_token(EVP_PKEY *key, const uint8_t *message, size_t len,
                         const uint8_t signature[64])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(EVP_DigestVerifyInit(context, NULL, NULL, NULL, key));
    must(EVP_DigestVerify(context, signature, 64, message, len));
    EVP_MD_CTX_free(context);
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    const int is_first = argc > 2;
    uint8_t message[400] = {0}, signature[80], licence_signature[64];
    size_t len = sizeof signature, count = 0;
    EVP_PKEY *device = EVP_EC_gen("P-256"), *one_time = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *curve = EVP_PKEY_CTX_new_from_pkey(NULL, one_time, NULL); // looked up once
    must(curve != NULL && EVP_PKEY_keygen_init(curve) == 1);
    EVP_PKEY *service = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    sign(device, EVP_sha256(), message, sizeof message, signature, &len);
    uint8_t token_signature[64];
    size_t token_len = sizeof token_signature;
    sign(service, NULL, message, sizeof message, token_signature, &token_len);
    const double start = cpu_s();
    while (cpu_s() - start < seconds) {
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        must(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, device));
        must(EVP_DigestVerify(context, signature, len, message, sizeof message));
        EVP_MD_CTX_free(context);
        if (is_first) verify_token(service, message, sizeof message, token_signature);
        EVP_PKEY *fresh = NULL;
        must(EVP_PKEY_generate(curve, &fresh));
        agree(fresh, one_time);
        EVP_PKEY_free(fresh);
        size_t licence_len = sizeof licence_signature;
        sign(service, NULL, message, sizeof message, licence_signature, &licence_len);
        count++;
    }
    printf("%.0f\n", (double)count / (cpu_s() - start));
    EVP_PKEY_CTX_free(curve);
    EVP_PKEY_free(device);
    EVP_PKEY_free(one_time);
    EVP_PKEY_free(service);
    return 0;
}
