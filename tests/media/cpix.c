// SPDX-License-Identifier: Apache-2.0
//
// Documents are judged by the DASH-IF's schema, through xmllint, where both are there.
#include "media/cpix.h"

#include "base/file.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct receiver {
    struct buffer private_key, certificate; // PEM
};

static struct receiver ours, theirs;

static void take_pem(BIO *bio, struct buffer *out)
{
    char *text;
    const long len = BIO_get_mem_data(bio, &text);
    *out = buffer_init(64 * 1024);
    assert_true(len > 0);
    assert_int_equal(buffer_put(out, (struct slice){(uint8_t *)text, (size_t)len}, NULL), OK);
    assert_int_equal(BIO_free(bio), 1);
}

static void make_receiver(struct receiver *out, unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    X509 *certificate = X509_new();
    assert_non_null(key);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    BIO *text = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL), 1);
    take_pem(text, &out->private_key);
    text = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(text, certificate), 1);
    take_pem(text, &out->certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void release_receiver(struct receiver *receiver)
{
    buffer_release(&receiver->private_key);
    buffer_release(&receiver->certificate);
}

static int set_up(void **state)
{
    (void)state;
    make_receiver(&ours, 2048);
    make_receiver(&theirs, 2048);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    release_receiver(&ours);
    release_receiver(&theirs);
    return 0;
}

// A key for each class.
static void fill(struct cpix *cpix, enum cenc_scheme scheme)
{
    memset(cpix, 0, sizeof *cpix);
    (void)snprintf(cpix->content_id, sizeof cpix->content_id, "film-1 <\"&>");
    cpix->scheme = scheme;
    cpix->systems = 15;
    for (int class = 0; class < KEY_CLASS_COUNT; class ++) {
        struct cpix_key *key = &cpix->keys[cpix->count++];
        key->class = (enum key_class) class;
        key->has_secret = true;
        memset(key->key.id.bytes, 0xa0 + class, KEY_ID_BYTES);
        memset(key->key.secret, 0x11 * (class + 1), CONTENT_KEY_BYTES);
    }
}

static struct buffer written(const struct cpix *cpix)
{
    struct buffer out = buffer_init(CPIX_BYTES_MAX);
    struct why why = {""};
    if (cpix_write(cpix, &out, &why) != OK) fail_msg("%s", why.text);
    return out;
}

static outcome read_as(struct slice xml, const struct receiver *receiver, struct cpix *out,
                       const char *says)
{
    struct why why = {""};
    const struct slice none = {NULL, 0};
    const outcome result =
        cpix_read(xml, receiver == NULL ? none : buffer_slice(&receiver->private_key), out, &why);
    assert_true((result == OK) == (why.text[0] == '\0'));
    if (says != NULL && strstr(why.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
    return result;
}

static void keys_come_back_from_a_plain_and_from_a_sealed_document(void **state)
{
    (void)state;
    for (int is_sealed = 0; is_sealed < 2; is_sealed++) {
        struct cpix cpix, back;
        struct why why = {""};
        fill(&cpix, SCHEME_CBCS);
        if (is_sealed)
            assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.certificate), &why),
                             OK);
        struct buffer xml = written(&cpix);
        assert_int_equal(read_as(buffer_slice(&xml), is_sealed ? &ours : NULL, &back, NULL), OK);
        assert_memory_equal(&back, &cpix, sizeof cpix);
        const char plain[] = "ERERERERERERERERERERE"; // the first key in base64
        assert_true((memmem(xml.at, xml.len, plain, sizeof plain - 1) == NULL) == is_sealed);
        buffer_release(&xml);
        cpix_release(&back);
    }
}

static void only_the_receiver_opens_a_sealed_document(void **state)
{
    (void)state;
    struct cpix cpix, back = {.count = 0};
    fill(&cpix, SCHEME_CENC);
    assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.certificate), NULL), OK);
    struct buffer xml = written(&cpix);
    assert_int_equal(read_as(buffer_slice(&xml), &theirs, &back, "not to the private key"), DENIED);
    assert_int_equal(read_as(buffer_slice(&xml), NULL, &back, "encrypted"), DENIED);
    assert_int_equal(back.count, 0);
    buffer_release(&xml);
}

// Puts another letter in the place of one, `at` letters behind the first `tag` after `from`.
static void spoil(struct buffer *xml, const char *from, const char *tag, size_t at)
{
    uint8_t *place = memmem(xml->at, xml->len, from, strlen(from));
    assert_non_null(place);
    place = memmem(place, xml->len - (size_t)(place - xml->at), tag, strlen(tag));
    assert_non_null(place);
    place += strlen(tag) + at;
    *place = *place == 'A' ? 'B' : 'A';
}

static void an_altered_key_or_mac_is_denied(void **state)
{
    (void)state;
    static const struct {
        const char *tag;
        size_t at;
    } places[] = {{"<enc:CipherValue>", 3}, {"<enc:CipherValue>", 40}, {"<pskc:ValueMAC>", 9}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct cpix cpix, back = {.count = 0};
        fill(&cpix, SCHEME_CBCS);
        assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.certificate), NULL), OK);
        struct buffer xml = written(&cpix);
        spoil(&xml, "<cpix:ContentKeyList>", places[i].tag, places[i].at);
        assert_int_equal(read_as(buffer_slice(&xml), &ours, &back, "MAC is wrong"), DENIED);
        assert_int_equal(back.count, 0);
        buffer_release(&xml);
    }
}

#define ROOT                                                                                       \
    "<CPIX xmlns='urn:dashif:org:cpix' xmlns:pskc='urn:ietf:params:xml:ns:keyprov:pskc' "          \
    "contentId='c' version='2.3'>"
#define KID  "kid='a1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0'"
#define KEYS "<ContentKeyList><ContentKey " KID "/></ContentKeyList>"
#define RULE(inside)                                                                               \
    ROOT KEYS "<ContentKeyUsageRuleList><ContentKeyUsageRule " KID inside                          \
              "</ContentKeyUsageRuleList></CPIX>"

static void a_request_names_keys_systems_and_the_receiver(void **state)
{
    (void)state;
    struct cpix cpix, back;
    fill(&cpix, SCHEME_CBCS);
    for (size_t i = 0; i < cpix.count; i++) {
        cpix.keys[i].has_secret = false;
        memset(cpix.keys[i].key.secret, 0, CONTENT_KEY_BYTES);
    }
    cpix.systems = 1u << DRM_WIDEVINE | 1u << DRM_FAIRPLAY;
    assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.certificate), NULL), OK);
    struct buffer xml = written(&cpix);
    assert_int_equal(read_as(buffer_slice(&xml), NULL, &back, NULL), OK);
    assert_memory_equal(&back, &cpix, sizeof cpix);
    assert_true(back.certificate_len > 0);
    buffer_release(&xml);
}

static void usage_rules_tell_the_class(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        enum key_class class;
    } cases[] = {
        {ROOT KEYS "</CPIX>", KEY_FOR_ALL},
        {RULE(" intendedTrackType='MULTICHANNEL_AUDIO_3_6'/>"), KEY_FOR_AUDIO},
        {RULE(" intendedTrackType='UHD2'/>"), KEY_FOR_UHD},
        {RULE(" intendedTrackType='VIDEO'/>"), KEY_FOR_ALL},
        {RULE("><AudioFilter/></ContentKeyUsageRule>"), KEY_FOR_AUDIO},
        {RULE("><VideoFilter maxPixels='442368'/></ContentKeyUsageRule>"), KEY_FOR_SD},
        {RULE("><VideoFilter minPixels='442369' maxPixels='2073600'/></ContentKeyUsageRule>"),
         KEY_FOR_HD},
        {RULE("><VideoFilter minPixels='2073601'/></ContentKeyUsageRule>"), KEY_FOR_UHD},
        {RULE("><VideoFilter/></ContentKeyUsageRule>"), KEY_FOR_ALL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cpix back;
        assert_int_equal(read_as(slice_of(cases[i].xml), NULL, &back, NULL), OK);
        assert_int_equal(back.count, 1);
        assert_int_equal(back.keys[0].class, cases[i].class);
        assert_false(back.keys[0].has_secret);
    }
}

static void what_cannot_be_taken_is_refused_with_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *xml;
        outcome result;
        const char *says;
    } cases[] = {
        {"", INVALID, "no XML"},
        {"<CPIX/>", INVALID, "no CPIX document"},
        {"<!DOCTYPE x [<!ENTITY a 'b'>]>" ROOT KEYS "</CPIX>", INVALID, "DTD"},
        {ROOT "</CPIX>", INVALID, "no ContentKey"},
        {ROOT "<ContentKeyList><ContentKey kid='x'/></ContentKeyList></CPIX>", INVALID, "no UUID"},
        {ROOT "<ContentKeyList><ContentKey " KID "/>\n<ContentKey " KID
              "/></ContentKeyList></CPIX>",
         INVALID, "line 2: ContentKey: its kid is there twice"},
        {ROOT "<ContentKeyList><ContentKey " KID
              " commonEncryptionScheme='cens'/></ContentKeyList></CPIX>",
         UNSUPPORTED, "neither cbcs nor cenc"},
        {ROOT "<ContentKeyList><ContentKey " KID "><Data><pskc:Secret><pskc:PlainValue>AAAA"
              "</pskc:PlainValue></pskc:Secret></Data></ContentKey></ContentKeyList></CPIX>",
         INVALID, "128 bits"},
        {ROOT "<ContentKeyList><ContentKey " KID "><Data><pskc:Secret><pskc:PlainValue>geheim!"
              "</pskc:PlainValue></pskc:Secret></Data></ContentKey></ContentKeyList></CPIX>",
         INVALID, "base64"},
        {RULE(" intendedTrackType='SD+HD'/>"), UNSUPPORTED, "intendedTrackType"},
        {RULE(" intendedTrackType='SD'/><ContentKeyUsageRule " KID " intendedTrackType='HD'/>"),
         UNSUPPORTED, "two classes"},
        {ROOT KEYS "<ContentKeyUsageRuleList><ContentKeyUsageRule "
                   "kid='b1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0'/></ContentKeyUsageRuleList></CPIX>",
         INVALID, "of no ContentKey"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cpix back = {.count = 0};
        assert_int_equal(read_as(slice_of(cases[i].xml), NULL, &back, cases[i].says),
                         cases[i].result);
        assert_int_equal(back.count, 0);
    }
}

static void a_certificate_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    struct cpix cpix;
    struct why why = {""};
    struct receiver weak;
    autobuffer xml = buffer_init(CPIX_BYTES_MAX);
    fill(&cpix, SCHEME_CBCS);
    assert_int_equal(cpix_set_certificate(&cpix, slice_of("no PEM"), &why), INVALID);
    assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.private_key), &why), INVALID);
    make_receiver(&weak, 1024);
    assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&weak.certificate), &why), OK);
    assert_int_equal(cpix_write(&cpix, &xml, &why), INVALID);
    assert_non_null(strstr(why.text, "2048"));
    assert_int_equal(xml.len, 0);
    release_receiver(&weak);
    cpix.keys[1].key.id = cpix.keys[0].key.id;
    assert_int_equal(cpix_write(&cpix, &xml, &why), INVALID);
    assert_non_null(strstr(why.text, "twice"));
}

static bool find_schema(char *out, size_t room)
{
    const char *shared = getenv("PRIMROSE_SHARED"), *source = getenv("PRIMROSE_SOURCE");
    if (shared != NULL)
        (void)snprintf(out, room, "%s/schemas/cpix/cpix.xsd", shared);
    else
        (void)snprintf(out, room, "%s/../shared/schemas/cpix/cpix.xsd",
                       source == NULL ? "." : source);
    return path_exists(out) && access("/usr/bin/xmllint", X_OK) == 0;
}

static void documents_follow_the_schema(void **state)
{
    (void)state;
    char schema[PATH_MAX], path[] = "/tmp/primrose-cpix-XXXXXX";
    if (!find_schema(schema, sizeof schema)) {
        print_message("# no xmllint, or no schemas/cpix/cpix.xsd under PRIMROSE_SHARED\n");
        skip();
    }
    autofd file = mkstemp(path);
    assert_true(file >= 0);
    for (int variant = 0; variant < 4; variant++) {
        struct cpix cpix;
        fill(&cpix, variant < 2 ? SCHEME_CBCS : SCHEME_CENC);
        if (variant % 2 == 1)
            assert_int_equal(cpix_set_certificate(&cpix, buffer_slice(&ours.certificate), NULL),
                             OK);
        struct buffer xml = written(&cpix);
        assert_int_equal(file_write_atomic(path, buffer_slice(&xml), 0600, NULL), OK);
        buffer_release(&xml);
        const char *const command[] = {"xmllint", "--nonet", "--noout", "--schema",
                                       schema,    path,      NULL};
        extern char **environ;
        pid_t child;
        int status = -1;
        assert_int_equal(posix_spawn(&child, "/usr/bin/xmllint", NULL, NULL,
                                     (char *const *)(uintptr_t)command, environ),
                         0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_back_from_a_plain_and_from_a_sealed_document),
        cmocka_unit_test(only_the_receiver_opens_a_sealed_document),
        cmocka_unit_test(an_altered_key_or_mac_is_denied),
        cmocka_unit_test(a_request_names_keys_systems_and_the_receiver),
        cmocka_unit_test(usage_rules_tell_the_class),
        cmocka_unit_test(what_cannot_be_taken_is_refused_with_the_line),
        cmocka_unit_test(a_certificate_that_cannot_be_used_is_refused),
        cmocka_unit_test(documents_follow_the_schema),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
