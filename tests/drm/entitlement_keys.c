// SPDX-License-Identifier: Apache-2.0
#include "drm/entitlement.h"

#include "../store/place.h"

#include <fcntl.h>
#include <sys/stat.h>

static const struct entitlement granted = {
    .id = "ent_1",
    .session = "session_1",
    .member = "guest",
    .title = "film-1",
    .issued_s = 1795000000,
    .not_before_s = 1795000000,
    .expires_s = 1795000600,
};

static void key_path(char *out, char *folder)
{
    folder_new(folder);
    (void)snprintf(out, 160, "%s/entitlement.pem", folder);
}

static outcome verify_with(const char *path, const struct buffer *token,
                           enum entitlement_fault *fault)
{
    autoentitlementkeys *keys = NULL;
    struct entitlement claims;
    assert_ok(entitlement_keys_load(path, &keys, &why_));
    return entitlement_verify(keys, buffer_slice(token), ENTITLEMENT_FOR_LICENSE, 1795000000,
                              &claims, fault, NULL);
}

static struct buffer sign_with(const char *path)
{
    autoentitlementkeys *keys = NULL;
    struct buffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES);
    assert_ok(entitlement_keys_load(path, &keys, &why_));
    assert_ok(entitlement_make(keys, ENTITLEMENT_FOR_LICENSE, &granted, &token, &why_));
    return token;
}

static void a_token_outlives_the_rotation_of_its_key(void **state)
{
    char folder[128], path[160];
    key_path(path, folder);
    assert_ok(entitlement_keys_ensure(path, &why_));
    autobuffer old = sign_with(path);
    for (size_t i = 1; i < ENTITLEMENT_KEYS_MAX; i++) {
        assert_ok(entitlement_keys_rotate(path, &why_));
        assert_int_equal(verify_with(path, &old, NULL), OK);
    }
    autobuffer fresh = sign_with(path);
    assert_int_equal(verify_with(path, &fresh, NULL), OK);
    assert_ok(entitlement_keys_rotate(path, &why_)); // one too many: the first key goes
    enum entitlement_fault fault;
    assert_int_equal(verify_with(path, &old, &fault), DENIED);
    assert_int_equal(fault, ENTITLEMENT_KEY_UNKNOWN);
    assert_int_equal(verify_with(path, &fresh, NULL), OK);
    assert_ok(folder_remove(folder, &why_));
}

static void a_private_key_open_to_others_is_refused(void **state)
{
    char folder[128], path[160];
    key_path(path, folder);
    assert_ok(entitlement_keys_ensure(path, &why_));
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    autoentitlementkeys *keys = NULL;
    struct why why = {""};
    assert_int_equal(entitlement_keys_load(path, &keys, &why), DENIED);
    assert_non_null(strstr(why.text, "chmod 600"));
    assert_ok(folder_remove(folder, &why_));
}

static void public_keys_verify_and_cannot_sign(void **state)
{
    char folder[128], path[160], public_path[170];
    key_path(path, folder);
    (void)snprintf(public_path, sizeof public_path, "%s.public", path);
    assert_ok(entitlement_keys_ensure(path, &why_));
    autobuffer token = sign_with(path);
    autobuffer text = buffer_init(4096);
    autoentitlementkeys *keys = NULL, *publics = NULL;
    assert_ok(entitlement_keys_load(path, &keys, &why_));
    assert_ok(entitlement_keys_public(keys, &text, &why_));
    assert_null(strstr(buffer_text(&text), "PRIVATE"));
    assert_ok(file_write_atomic(public_path, buffer_slice(&text), 0644, &why_));
    assert_int_equal(verify_with(public_path, &token, NULL), OK);
    assert_ok(entitlement_keys_load(public_path, &publics, &why_));
    assert_true(entitlement_keys_can_sign(keys));
    assert_false(entitlement_keys_can_sign(publics));
    struct ed25519_key *signer = NULL;
    assert_ok(entitlement_keys_signer(keys, &signer, &why_));
    ed25519_key_close(&signer);
    assert_int_equal(entitlement_keys_signer(publics, &signer, NULL), DENIED);
    text.len = 0;
    assert_int_equal(entitlement_make(publics, ENTITLEMENT_FOR_LICENSE, &granted, &text, NULL),
                     DENIED);
    assert_ok(folder_remove(folder, &why_));
}

static void what_is_no_ed25519_key_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "no key",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n" // X25519
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        autoentitlementkeys *keys = NULL;
        struct why why = {""};
        assert_int_equal(entitlement_keys_parse(slice_of(wrong[i]), "it", &keys, &why), INVALID);
        assert_null(strstr(why.text, "AAAA"));
    }
}

static bool ensure_one(void *path)
{
    struct why why = {""};
    return entitlement_keys_ensure(path, &why) == OK;
}

static void processes_that_start_at_once_agree_on_one_key(void **state)
{
    char folder[128], path[160];
    key_path(path, folder);
    pid_t children[4];
    for (size_t i = 0; i < 4; i++)
        children[i] = child_start(ensure_one, path);
    for (size_t i = 0; i < 4; i++)
        child_must_succeed(children[i]);
    autoentitlementkeys *keys = NULL;
    autobuffer text = buffer_init(4096);
    assert_ok(entitlement_keys_load(path, &keys, &why_));
    assert_ok(entitlement_keys_public(keys, &text, &why_));
    const char *first = strstr(buffer_text(&text), "BEGIN");
    assert_non_null(first);
    assert_null(strstr(first + 1, "BEGIN")); // nobody rotated another's key away
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_outlives_the_rotation_of_its_key),
        cmocka_unit_test(a_private_key_open_to_others_is_refused),
        cmocka_unit_test(public_keys_verify_and_cannot_sign),
        cmocka_unit_test(what_is_no_ed25519_key_is_refused),
        cmocka_unit_test(processes_that_start_at_once_agree_on_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
