// SPDX-License-Identifier: Apache-2.0
//
// CloudFront's signatures, made by awscli (`aws cloudfront sign`) where it is installed: what it
// signs must pass here, byte for byte.
#include "asked.h"

#include "base/base64.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_URL "https://d.example/film/v.mp4"
#define LATER    "1800000060"

static EVP_PKEY *pkey;
static struct access_keys *keys;
static char folder[] = "/tmp/cloudfront-XXXXXX", key_path[64];

static void pem_of(char *out, size_t room)
{
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
    const int len = BIO_read(bio, out, (int)room - 1);
    assert_true(len > 0);
    out[len] = '\0';
    BIO_free(bio);
}

static int open_keys(void **state)
{
    (void)state;
    char pem[1024];
    pkey = EVP_RSA_gen(2048);
    pem_of(pem, sizeof pem);
    json_t *set =
        json_pack("{s:[{s:s,s:s,s:s}]}", "keys", "kid", "K2JCJM", "for", "cloudfront", "pem", pem);
    autobuffer text = buffer_init(4096);
    assert_int_equal(json_format(set, &text, NULL), OK);
    json_decref(set);
    assert_int_equal(access_keys_parse(buffer_slice(&text), "keys", &keys, NULL), OK);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    BIO *file = BIO_new_file(key_path, "w");
    assert_non_null(file);
    // PKCS #1, as CloudFront's key pairs come
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(file, pkey, NULL, NULL, 0, NULL, NULL),
                     1);
    BIO_free(file);
    return 0;
}

static int close_keys(void **state)
{
    (void)state;
    access_keys_close(&keys);
    EVP_PKEY_free(pkey);
    return folder_remove(folder, NULL) == OK ? 0 : 1;
}

// The text in CloudFront's base64.
static void letters(struct slice bytes, char *out, size_t room)
{
    autobuffer text = buffer_init(8192);
    assert_int_equal(base64_format(BASE64_PADDED, bytes, &text, NULL), OK);
    for (size_t i = 0; i < text.len; i++)
        text.at[i] = text.at[i] == '+'   ? '-'
                     : text.at[i] == '=' ? '_'
                     : text.at[i] == '/' ? '~'
                                         : text.at[i];
    (void)snprintf(out, room, "%s", buffer_text(&text));
}

static void sign(const char *hash, const char *policy, char *out, size_t room)
{
    uint8_t signature[512];
    size_t len = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(context, NULL, hash, NULL, NULL, pkey, NULL), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &len, (const uint8_t *)policy, strlen(policy)), 1);
    EVP_MD_CTX_free(context);
    letters((struct slice){signature, len}, out, room);
}

#define CANNED(url)                                                                                \
    "{\"Statement\":[{\"Resource\":\"" url                                                         \
    "\",\"Condition\":{\"DateLessThan\":{\"AWS:EpochTime\":" LATER "}}}]}"

static void a_canned_policy_is_for_one_address_until_its_time(void **state)
{
    (void)state;
    static struct asked asked;
    char signature[512], target[1024];
    sign("SHA1", CANNED(FILE_URL), signature, sizeof signature);
    static const struct {
        const char *path;
        enum access_fault fault;
    } cases[] = {
        {"/film/v.mp4?", ACCESS_GRANTED},
        {"/film/w.mp4?", ACCESS_FORGED}, // another policy, so another signature
        {"/film/v.mp4?a=b&", ACCESS_FORGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)snprintf(target, sizeof target, "%sExpires=" LATER "&Signature=%s&Key-Pair-Id=K2JCJM",
                       cases[i].path, signature);
        assert_int_equal(fault_of(keys, ask(&asked, target, "")), cases[i].fault);
    }
    (void)snprintf(target, sizeof target,
                   "/film/v.mp4?Expires=" LATER "&Signature=%s&Key-Pair-Id=K2JCJM", signature);
    (void)ask(&asked, target, "");
    asked.request.now_s = ASKED_NOW_S + 60;
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_EXPIRED);
    asked.request.now_s = ASKED_NOW_S;
    asked.request.scheme = "http";
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_FORGED);
    (void)snprintf(keys->keys[0].base, sizeof keys->keys[0].base, "https://d.example");
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_GRANTED); // TLS ends before us
    keys->keys[0].base[0] = '\0';
    (void)snprintf(target, sizeof target,
                   "/film/v.mp4?Expires=" LATER "&Signature=%s&Key-Pair-Id=OTHER", signature);
    assert_int_equal(fault_of(keys, ask(&asked, target, "")), ACCESS_KEY_UNKNOWN);
}

static enum access_fault try_policy(struct asked *asked, const char *hash, const char *policy)
{
    char signature[512], text[2048], fields[4096];
    sign(hash == NULL ? "SHA1" : hash, policy, signature, sizeof signature);
    letters(slice_of(policy), text, sizeof text);
    (void)snprintf(fields, sizeof fields,
                   "Cookie: CloudFront-Policy=%s; CloudFront-Signature=%s; "
                   "CloudFront-Key-Pair-Id=K2JCJM%s%s\r\n",
                   text, signature,
                   hash == NULL ? "" : "; CloudFront-Hash-Algorithm=", hash == NULL ? "" : hash);
    return fault_of(keys, ask(asked, "/film/v.mp4?x=1", fields));
}

#define STATEMENT(text) "{\"Statement\":[{" text "}]}"
#define UNTIL           "\"DateLessThan\":{\"AWS:EpochTime\":" LATER "}"

static void a_custom_policy_says_where_when_and_who(void **state)
{
    static const struct {
        const char *policy;
        enum access_fault fault;
    } cases[] = {
        {STATEMENT("\"Resource\":\"https://d.example/film/*\",\"Condition\":{" UNTIL "}"),
         ACCESS_GRANTED},
        {STATEMENT("\"Resource\":\"http*://*/film/v.mp?*\",\"Condition\":{" UNTIL "}"),
         ACCESS_GRANTED},
        {STATEMENT("\"Condition\":{" UNTIL "}"), ACCESS_GRANTED},
        {STATEMENT("\"Resource\":\"https://d.example/films/*\",\"Condition\":{" UNTIL "}"),
         ACCESS_SCOPE},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{" UNTIL
                   ",\"IpAddress\":{\"AWS:SourceIp\":\"192.0.2.0/24\"}}"),
         ACCESS_GRANTED},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{" UNTIL
                   ",\"IpAddress\":{\"AWS:SourceIp\":\"198.51.100.1\"}}"),
         ACCESS_ADDRESS},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{" UNTIL
                   ",\"DateGreaterThan\":{\"AWS:EpochTime\":1800000001}}"),
         ACCESS_EARLY},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{"
                   "\"DateLessThan\":{\"AWS:EpochTime\":1800000000}}"),
         ACCESS_EXPIRED},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{}"), ACCESS_MALFORMED},
        {STATEMENT("\"Resource\":\"*\",\"Condition\":{" UNTIL ",\"Bool\":{}}"), ACCESS_UNSUPPORTED},
        {STATEMENT("\"Resource\":\"*\",\"Effect\":\"Deny\",\"Condition\":{" UNTIL "}"),
         ACCESS_UNSUPPORTED},
        {"{\"Statement\":[]}", ACCESS_MALFORMED},
        {"[]", ACCESS_MALFORMED},
    };
    (void)state;
    static struct asked asked;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (try_policy(&asked, NULL, cases[i].policy) != cases[i].fault)
            fail_msg("%s is not %s", cases[i].policy, access_code(cases[i].fault));
    assert_int_equal(try_policy(&asked, "SHA256", cases[0].policy), ACCESS_GRANTED);
    assert_int_equal(try_policy(&asked, "SHA512", cases[0].policy), ACCESS_UNSUPPORTED);
}

// Runs awscli; false when it is not there.
static bool run_aws(char *const *arguments, char *out, size_t room)
{
    int ends[2];
    if (access("/usr/bin/aws", X_OK) != 0) return false;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], 1);
        (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
        (void)execv("/usr/bin/aws", arguments);
        _exit(127);
    }
    (void)close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while (len < room - 1 && (got = read(ends[0], out + len, room - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    while (len > 0 && (out[len - 1] == '\n' || out[len - 1] == '\r'))
        len--;
    out[len] = '\0';
    return true;
}

static void what_awscli_signs_passes(void **state)
{
    (void)state;
    static struct asked asked;
    char url[4096], key_file[96], address[] = "192.0.2.0/24";
    (void)snprintf(key_file, sizeof key_file, "file://%s", key_path);
    char aws[] = "aws", service[] = "cloudfront", verb[] = "sign", to[] = "--url",
         id[] = "--key-pair-id", id_value[] = "K2JCJM", key[] = "--private-key",
         less[] = "--date-less-than", later[] = LATER, ip[] = "--ip-address",
         wanted[] = FILE_URL "?x=1";
    char *const canned[] = {aws,      service, verb,     to,   wanted, id,
                            id_value, key,     key_file, less, later,  NULL};
    char *const custom[] = {aws, service,  verb, to,    wanted, id,      id_value,
                            key, key_file, less, later, ip,     address, NULL};
    char *const *const runs[] = {canned, custom};
    for (size_t i = 0; i < 2; i++) {
        if (!run_aws(runs[i], url, sizeof url)) {
            print_message("skipped: awscli is not installed (apt install awscli)\n");
            skip();
        }
        const char *target = url + strlen("https://d.example");
        assert_true(slice_starts(slice_of(url), "https://d.example/film/v.mp4?x=1&"));
        assert_int_equal(fault_of(keys, ask(&asked, target, "")), ACCESS_GRANTED);
        asked.request.client.bytes[1] = 9;
        assert_int_equal(fault_of(keys, &asked.request), i == 0 ? ACCESS_GRANTED : ACCESS_ADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_canned_policy_is_for_one_address_until_its_time),
        cmocka_unit_test(a_custom_policy_says_where_when_and_who),
        cmocka_unit_test(what_awscli_signs_passes),
    };
    return cmocka_run_group_tests(tests, open_keys, close_keys);
}
