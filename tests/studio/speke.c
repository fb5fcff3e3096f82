// SPDX-License-Identifier: Apache-2.0
#include "studio/speke.h"

#include "base/file.h"
#include "store/table_sqlite.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct party {
    struct buffer private_key, certificate; // PEM
};

struct fixture {
    char folder[64];
    struct table_store *tables;
    struct key_ring *ring;
    struct party packager, stranger;
    struct speke_provider provider;
};

static struct buffer take_pem(BIO *bio)
{
    char *text;
    const long len = BIO_get_mem_data(bio, &text);
    struct buffer out = buffer_init(64 * 1024);
    assert_int_equal(buffer_put(&out, (struct slice){(uint8_t *)text, (size_t)len}, NULL), OK);
    assert_int_equal(BIO_free(bio), 1);
    return out;
}

static struct party make_party(void)
{
    struct party out;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = X509_new();
    BIO *key_text = BIO_new(BIO_s_mem()), *text = BIO_new(BIO_s_mem());
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_bio_X509(text, certificate), 1);
    out.private_key = take_pem(key_text);
    out.certificate = take_pem(text);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return out;
}

static void release_party(struct party *party)
{
    buffer_release(&party->private_key);
    buffer_release(&party->certificate);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char path[100];
    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/primrose-speke-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(path, sizeof path, "%s/primrose.db", fixture->folder);
    assert_int_equal(table_sqlite_open(path, clock_system(), &fixture->tables, NULL), OK);
    (void)snprintf(path, sizeof path, "%s/ring", fixture->folder);
    assert_int_equal(key_ring_have(path, 1763700000000, &fixture->ring, NULL), OK);
    fixture->packager = make_party();
    fixture->stranger = make_party();
    fixture->provider =
        (struct speke_provider){.tables = fixture->tables,
                                .ring = fixture->ring,
                                .partners = buffer_slice(&fixture->packager.certificate),
                                .wall_ms = 1763700000000};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    key_ring_close(&fixture->ring);
    table_store_close(&fixture->tables);
    release_party(&fixture->packager);
    release_party(&fixture->stranger);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    free(fixture);
    return 0;
}

enum { CLASSES = 1u << KEY_FOR_AUDIO | 1u << KEY_FOR_HD };

static void ask(const char *title, const struct party *party, struct cpix *asked,
                struct buffer *text)
{
    struct why why = {""};
    text->len = 0;
    if (speke_ask(title, CLASSES, SCHEME_CBCS, 1u << DRM_WIDEVINE,
                  buffer_slice(&party->certificate), asked, &why) != OK ||
        cpix_write(asked, text, &why) != OK)
        fail_msg("%s", why.text);
}

static outcome answer(const struct fixture *fixture, const struct buffer *request,
                      struct buffer *out, const char *says)
{
    struct why why = {""};
    const size_t before = out->len;
    const outcome result = speke_answer(&fixture->provider, buffer_slice(request), out, &why);
    assert_true(result == OK || out->len == before);
    if (says != NULL && strstr(why.text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", why.text, says);
    return result;
}

static void a_partner_gets_the_keys_that_the_house_then_has(void **state)
{
    struct fixture *fixture = *state;
    struct cpix asked;
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    autokeys keys = {.count = 0}, again = {.count = 0};
    struct why why = {""};
    ask("film-1", &fixture->packager, &asked, &request);
    assert_int_equal(answer(fixture, &request, &reply, NULL), OK);
    assert_int_equal(speke_take(&asked, buffer_slice(&reply),
                                buffer_slice(&fixture->packager.private_key), &keys, &why),
                     OK);
    assert_int_equal(keys.count, 2);
    for (size_t i = 0; i < keys.count; i++) {
        struct title_key record;
        struct content_key own;
        assert_int_equal(title_keys_find(fixture->tables, &keys.keys[i].key.id, &record, &why), OK);
        assert_string_equal(record.title, "film-1");
        assert_int_equal(record.class, keys.keys[i].class);
        assert_int_equal(title_key_open(fixture->ring, &record, &own, &why), OK);
        assert_memory_equal(&own, &keys.keys[i].key, sizeof own);
    }
    reply.len = 0; // the same request again: the same keys
    assert_int_equal(answer(fixture, &request, &reply, NULL), OK);
    assert_int_equal(speke_take(&asked, buffer_slice(&reply),
                                buffer_slice(&fixture->packager.private_key), &again, &why),
                     OK);
    assert_memory_equal(&again, &keys, sizeof keys);
}

static void nobody_else_gets_a_key_and_none_is_made(void **state)
{
    struct fixture *fixture = *state;
    struct cpix asked;
    struct title_key record;
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    ask("film-1", &fixture->stranger, &asked, &request);
    assert_int_equal(answer(fixture, &request, &reply, "partners"), DENIED);
    asked.certificate_len = 0; // and to nobody in the clear
    request.len = 0;
    assert_int_equal(cpix_write(&asked, &request, NULL), OK);
    assert_int_equal(answer(fixture, &request, &reply, "partners"), DENIED);
    assert_int_equal(title_keys_find(fixture->tables, &asked.keys[0].key.id, &record, NULL),
                     NOT_FOUND);
    fixture->provider.partners = slice_of("no certificate");
    ask("film-1", &fixture->packager, &asked, &request);
    assert_int_equal(answer(fixture, &request, &reply, "partners"), DENIED);
}

static void a_key_id_stays_with_its_title_and_a_title_with_its_keys(void **state)
{
    struct fixture *fixture = *state;
    struct cpix asked, other;
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    ask("film-1", &fixture->packager, &asked, &request);
    assert_int_equal(answer(fixture, &request, &reply, NULL), OK);
    ask("film-1", &fixture->packager, &other, &request); // other key ids
    assert_int_equal(answer(fixture, &request, &reply, "has key"), CONFLICT);
    (void)snprintf(asked.content_id, sizeof asked.content_id, "film-2");
    request.len = 0;
    assert_int_equal(cpix_write(&asked, &request, NULL), OK);
    assert_int_equal(answer(fixture, &request, &reply, "another title"), CONFLICT);
    ask("../film", &fixture->packager, &other, &request);
    assert_int_equal(answer(fixture, &request, &reply, "contentId"), INVALID);
}

static void an_answer_with_other_keys_is_not_taken(void **state)
{
    struct fixture *fixture = *state;
    struct cpix asked, other;
    struct why why = {""};
    autokeys keys = {.count = 0};
    autobuffer request = buffer_init(CPIX_BYTES_MAX), reply = buffer_init(CPIX_BYTES_MAX);
    const struct slice private_key = buffer_slice(&fixture->packager.private_key);
    ask("film-1", &fixture->packager, &asked, &request);
    assert_int_equal(answer(fixture, &request, &reply, NULL), OK);
    ask("film-2", &fixture->packager, &other, &request);
    assert_int_equal(speke_take(&other, buffer_slice(&reply), private_key, &keys, &why), INVALID);
    assert_int_equal(speke_take(&other, buffer_slice(&request), private_key, &keys, &why), INVALID);
    assert_int_equal(speke_take(&asked, buffer_slice(&reply),
                                buffer_slice(&fixture->stranger.private_key), &keys, &why),
                     DENIED);
    assert_int_equal(keys.count, 0);
}

#define SPEKE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SPEKE_TEST(a_partner_gets_the_keys_that_the_house_then_has),
        SPEKE_TEST(nobody_else_gets_a_key_and_none_is_made),
        SPEKE_TEST(a_key_id_stays_with_its_title_and_a_title_with_its_keys),
        SPEKE_TEST(an_answer_with_other_keys_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
