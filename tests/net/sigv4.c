// SPDX-License-Identifier: Apache-2.0
#include "net/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail

// AWS's own examples: those of its Signature Version 4 test suite (service "service"), and those of
// "Authenticating Requests: Examples" in the S3 documentation.
static const struct sigv4_identity suite = {
    "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", "us-east-1", "service"};
static const struct sigv4_identity s3 = {
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "us-east-1", "s3"};

enum { VECTOR_FIELDS = 5 };

struct vector {
    const char *name;
    const struct sigv4_identity *identity;
    const char *method, *path, *query, *body;
    const char *fields[VECTOR_FIELDS];
    const char *names, *signature;
};

#define SUITE_NAMES "host;x-amz-date"
#define S3_NAMES    "host;x-amz-content-sha256;x-amz-date"

static const struct vector vectors[] = {
    {"get-vanilla",
     &suite,
     "GET",
     "/",
     "",
     "",
     {NULL},
     SUITE_NAMES,
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     &suite,
     "GET",
     "/",
     "Param2=value2&Param1=value1",
     "",
     {NULL},
     SUITE_NAMES,
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-utf8",
     &suite,
     "GET",
     "/%E1%88%B4",
     "",
     "",
     {NULL},
     SUITE_NAMES,
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-header-key-duplicate",
     &suite,
     "GET",
     "/",
     "",
     "",
     {"My-Header1:value2", "My-Header1:value2", "My-Header1:value1"},
     "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-trim",
     &suite,
     "GET",
     "/",
     "",
     "",
     {"My-Header1: value1", "My-Header2: \"a   b   c\""},
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-vanilla",
     &suite,
     "POST",
     "/",
     "",
     "",
     {NULL},
     SUITE_NAMES,
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-x-www-form-urlencoded",
     &suite,
     "POST",
     "/",
     "",
     "Param1=value1",
     {"Content-Type:application/x-www-form-urlencoded"},
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"S3: GET object",
     &s3,
     "GET",
     "/test.txt",
     "",
     "",
     {"Range: bytes=0-9"},
     "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"S3: PUT object",
     &s3,
     "PUT",
     "/test%24file.text",
     "",
     "Welcome to Amazon S3.",
     {"Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY"},
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"S3: GET bucket lifecycle",
     &s3,
     "GET",
     "/",
     "lifecycle",
     "",
     {NULL},
     S3_NAMES,
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"S3: list objects",
     &s3,
     "GET",
     "/",
     "max-keys=2&prefix=J",
     "",
     {NULL},
     S3_NAMES,
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static void every_published_vector_is_met(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        const bool is_s3 = vector->identity == &s3;
        char hash[SIGV4_HASH_BYTES], expected[512];
        sigv4_hash(slice_of(vector->body), hash);
        const struct sigv4_request request = {
            .method = vector->method,
            .host = is_s3 ? "examplebucket.s3.amazonaws.com" : "example.amazonaws.com",
            .path = vector->path,
            .query = vector->query,
            .fields = vector->fields,
            .payload_hash = hash,
            .wall_ms = is_s3 ? 1369353600000 : 1440938160000,
        };
        autosigv4 signed_ = {0};
        struct why why = {""};
        assert_int_equal(sigv4_sign(vector->identity, &request, &signed_, &why), OK);
        (void)snprintf(expected, sizeof expected,
                       "Authorization: AWS4-HMAC-SHA256 Credential=%s/%s/us-east-1/%s/aws4_request,"
                       " SignedHeaders=%s, Signature=%s",
                       vector->identity->access_key, is_s3 ? "20130524" : "20150830",
                       vector->identity->service, vector->names, vector->signature);
        if (!slice_is(buffer_slice(&signed_.granted), expected))
            print_error("vector %s\n", vector->name);
        assert_string_equal((const char *)signed_.granted.at, expected);
        assert_string_equal(signed_.date, is_s3 ? "X-Amz-Date: 20130524T000000Z"
                                                : "X-Amz-Date: 20150830T123600Z");
        assert_int_equal(signed_.payload[0] != '\0', is_s3);
        assert_int_equal(signed_.token.len, 0);
    }
}

static void a_session_token_is_sent_and_signed(void **state)
{
    (void)state;
    struct sigv4_identity identity = suite;
    char hash[SIGV4_HASH_BYTES];
    sigv4_hash(slice_of(""), hash);
    const struct sigv4_request request = {
        "GET", "example.amazonaws.com", "/", "", NULL, hash, 1440938160000};
    autosigv4 bare = {0};
    assert_int_equal(sigv4_sign(&identity, &request, &bare, NULL), OK);
    identity.session_token = "AQoDYXdzEPT//////////wEXAMPLE";
    autosigv4 with_token = {0};
    assert_int_equal(sigv4_sign(&identity, &request, &with_token, NULL), OK);
    assert_string_equal((const char *)with_token.token.at,
                        "X-Amz-Security-Token: AQoDYXdzEPT//////////wEXAMPLE");
    assert_non_null(strstr((const char *)with_token.granted.at,
                           "SignedHeaders=host;x-amz-date;x-amz-security-token,"));
    assert_string_not_equal(strstr((const char *)bare.granted.at, "Signature="),
                            strstr((const char *)with_token.granted.at, "Signature="));
}

static void what_cannot_be_signed_is_refused(void **state)
{
    (void)state;
    char hash[SIGV4_HASH_BYTES];
    sigv4_hash(slice_of(""), hash);
    const char *const no_field[] = {"no field", NULL};
    const char *many[SIGV4_FIELDS_MAX + 2] = {NULL};
    for (size_t i = 0; i <= SIGV4_FIELDS_MAX; i++)
        many[i] = "A: b";
    struct sigv4_request request = {"GET", "h", "/", "", no_field, hash, 0};
    struct why why = {""};
    autosigv4 out = {0};
    assert_int_equal(sigv4_sign(&suite, &request, &out, &why), INVALID);
    assert_non_null(strstr(why.text, "no field"));
    request.fields = many;
    assert_int_equal(sigv4_sign(&suite, &request, &out, &why), INVALID);
    assert_null(out.granted.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_published_vector_is_met),
        cmocka_unit_test(a_session_token_is_sent_and_signed),
        cmocka_unit_test(what_cannot_be_signed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
