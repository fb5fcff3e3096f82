// SPDX-License-Identifier: Apache-2.0
#include "license/partners.h"

#include "../store/place.h"

#include <sys/stat.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define IV  "000102030405060708090a0b0c0d0e0f"

static outcome load(const char *text, mode_t mode, struct partners **out, struct why *why)
{
    char folder[128], path[160];
    folder_new(folder);
    (void)snprintf(path, sizeof path, "%s/partners.json", folder);
    assert_ok(file_write_atomic(path, slice_of(text), mode, &why_));
    assert_int_equal(chmod(path, mode), 0);
    const outcome result = partners_load(path, out, why);
    assert_ok(folder_remove(folder, &why_));
    return result;
}

static void packagers_and_vendors_are_read(void **state)
{
    struct partners *partners = NULL;
    struct why why = {""};
    assert_int_equal(
        load("{\"packagers\":[{\"name\":\"p1\",\"key\":\"" KEY "\",\"iv\":\"" IV "\"}],"
             "\"widevine\":{\"url\":\"https://w.example/cenc\",\"name\":\"provider\",\"key\":\"" KEY
             "\",\"iv\":\"" IV "\"},"
             "\"fairplay\":{\"url\":\"https://f.example/ksm\",\"authorization\":\"Bearer x\"}}",
             0600, &partners, &why),
        OK);
    assert_int_equal(partners->packager_count, 1);
    assert_string_equal(partners->packagers[0].name, "p1");
    assert_int_equal(partners->packagers[0].key[31], 0x1f);
    assert_string_equal(partners->vendors[VENDOR_WIDEVINE].signer.name, "provider");
    assert_string_equal(partners->vendors[VENDOR_FAIRPLAY].authorization, "Bearer x");
    assert_string_equal(partners->vendors[VENDOR_PLAYREADY].url, "");
    partners_close(&partners);
    assert_null(partners);
}

static void a_file_open_to_others_is_refused(void **state)
{
    struct partners *partners = NULL;
    struct why why = {""};
    assert_int_equal(load("{}", 0644, &partners, &why), DENIED);
    assert_non_null(strstr(why.text, "chmod 600"));
}

static void faults_are_named_and_secrets_never_quoted(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{\"packagers\":[{\"name\":\"p1\",\"key\":\"5ec3e7\",\"iv\":\"" IV "\"}]}",
        "{\"packagers\":[{\"name\":\"\",\"key\":\"" KEY "\",\"iv\":\"" IV "\"}]}",
        "{\"playready\":{\"url\":\"ftp://x/\"}}",
        "{\"playready\":{\"url\":\"https://x/\",\"authorization\":\"5ec3e7\\r\\nX: y\"}}",
        "{\"widevine\":{\"url\":\"https://x/\"}}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct partners *partners = NULL;
        struct why why = {""};
        assert_int_equal(load(wrong[i], 0600, &partners, &why), INVALID);
        assert_true(why.text[0] != '\0');
        assert_null(strstr(why.text, "5ec3e7"));
    }
}

static void vendors_have_words(void **state)
{
    enum vendor vendor;
    assert_true(vendor_parse("playready", &vendor));
    assert_int_equal(vendor, VENDOR_PLAYREADY);
    assert_string_equal(vendor_word(vendor), "playready");
    assert_false(vendor_parse("Widevine", &vendor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packagers_and_vendors_are_read),
        cmocka_unit_test(a_file_open_to_others_is_refused),
        cmocka_unit_test(faults_are_named_and_secrets_never_quoted),
        cmocka_unit_test(vendors_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
