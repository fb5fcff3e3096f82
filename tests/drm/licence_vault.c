// SPDX-License-Identifier: Apache-2.0
#include "drm/licence_vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600000 };
static const int64_t issued = 1795000000000;
static const uint8_t secret[VAULT_SECRET_BYTES] = {5};
static const struct key_id id = {{0xa1}}, stranger = {{0xb1}};

static struct device_licence licence_of(uint8_t number, enum licence_kind kind)
{
    return (struct device_licence){
        .id = {number},
        .terms = {.kind = kind,
                  .issued_ms = issued,
                  .expires_ms = issued + 100 * HOUR,
                  .finish_within_ms = kind == LICENCE_KEPT ? 48 * HOUR : 0}};
}

static const struct licence_keys keys = {
    .count = 1, .keys = {{KEY_FOR_HD, {.id = {{0xa1}}, .secret = "fifteen letters"}}}};

static struct licence_vault *vault_of(struct vault_memory *memory)
{
    struct licence_vault *vault = NULL;
    assert_int_equal(licence_vault_open(secret, memory, &vault, NULL), OK);
    return vault;
}

static outcome key_at(struct licence_vault *vault, int64_t now_ms)
{
    const struct content_key *key = NULL;
    const outcome result = licence_vault_key(vault, &id, now_ms, &key, NULL);
    if (result == OK) assert_memory_equal(key->secret, "fifteen letters", CONTENT_KEY_BYTES);
    return result;
}

static void keys_are_given_while_their_licence_lasts(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    const struct device_licence licence = licence_of(1, LICENCE_STREAMED);
    const struct content_key *key;
    assert_int_equal(key_at(vault, issued), NOT_FOUND);
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(key_at(vault, issued + HOUR), OK);
    assert_int_equal(licence_vault_key(vault, &stranger, issued + HOUR, &key, NULL), NOT_FOUND);
    assert_int_equal(key_at(vault, issued - HOUR), DENIED);
    assert_int_equal(key_at(vault, issued + 100 * HOUR), DENIED);
    licence_vault_close(&vault);
}

static void a_renewal_takes_over_from_what_has_expired(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    struct device_licence licence = licence_of(1, LICENCE_STREAMED);
    licence_vault_add(vault, &licence, &keys);
    licence = licence_of(2, LICENCE_STREAMED);
    licence.terms.expires_ms += 10 * HOUR;
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(key_at(vault, issued + 105 * HOUR), OK);
    assert_int_equal(key_at(vault, issued + 110 * HOUR), DENIED);
    licence_vault_close(&vault);
}

static void the_oldest_licence_makes_room(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    const struct licence_keys none = {.count = 0};
    for (uint8_t i = 0; i <= VAULT_LICENCES_MAX; i++) {
        const struct device_licence licence = licence_of(i + 1, LICENCE_STREAMED);
        licence_vault_add(vault, &licence, i == 0 ? &keys : &none);
        assert_int_equal(key_at(vault, issued), i < VAULT_LICENCES_MAX ? OK : NOT_FOUND);
    }
    licence_vault_close(&vault);
}

static void a_kept_licence_comes_back_in_the_next_process(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    struct device_licence licence = licence_of(7, LICENCE_KEPT);
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(licence_vault_keep(vault, licence.id, &sealed, NULL), OK);
    licence_vault_close(&vault);
    assert_null(memmem(sealed.at, sealed.len, "fifteen", 7));

    vault = vault_of(&memory);
    const struct slice bytes = buffer_slice(&sealed);
    assert_int_equal(licence_vault_restore(vault, bytes, issued, &licence, NULL), OK);
    assert_int_equal(licence.id[0], 7);
    assert_int_equal(memory.count, 0); // looking at a download does not begin it
    assert_int_equal(key_at(vault, issued), OK);
    assert_int_equal(memory.count, 1);
    licence_vault_close(&vault);
}

static void a_begun_download_cannot_be_begun_again(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    struct device_licence licence = licence_of(7, LICENCE_KEPT);
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(licence_vault_keep(vault, licence.id, &sealed, NULL), OK);
    assert_int_equal(key_at(vault, issued + HOUR), OK);
    licence_vault_close(&vault);

    vault = vault_of(&memory);
    const struct slice bytes = buffer_slice(&sealed);
    assert_int_equal(licence_vault_restore(vault, bytes, issued + 48 * HOUR, &licence, NULL), OK);
    assert_int_equal(key_at(vault, issued + 48 * HOUR), OK);
    assert_int_equal(key_at(vault, issued + 49 * HOUR), DENIED);
    assert_int_equal(licence_vault_restore(vault, bytes, issued + 49 * HOUR, &licence, NULL),
                     DENIED);
    assert_int_equal(licence_vault_restore(vault, bytes, issued, &licence, NULL), DENIED);
    licence_vault_close(&vault);
}

static void another_device_and_a_changed_byte_are_refused(void **state)
{
    static const uint8_t other[VAULT_SECRET_BYTES] = {6};
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory), *foreign = NULL;
    struct device_licence licence = licence_of(7, LICENCE_KEPT);
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(licence_vault_keep(vault, licence.id, &sealed, NULL), OK);
    assert_int_equal(licence_vault_open(other, &memory, &foreign, NULL), OK);
    const struct slice bytes = buffer_slice(&sealed);
    assert_int_equal(licence_vault_restore(foreign, bytes, issued, &licence, NULL), DENIED);
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.at[i] ^= 1;
        assert_int_equal(licence_vault_restore(vault, bytes, issued, &licence, NULL), DENIED);
        sealed.at[i] ^= 1;
    }
    assert_int_equal(licence_vault_restore(vault, slice_part(bytes, 0, 20), issued, &licence, NULL),
                     INVALID);
    licence_vault_close(&vault);
    licence_vault_close(&foreign);
}

static void a_streaming_licence_is_not_kept(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    const struct device_licence licence = licence_of(1, LICENCE_STREAMED);
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    assert_int_equal(licence_vault_keep(vault, licence.id, &sealed, NULL), NOT_FOUND);
    licence_vault_add(vault, &licence, &keys);
    assert_int_equal(licence_vault_keep(vault, licence.id, &sealed, NULL), DENIED);
    assert_int_equal(sealed.len, 0);
    licence_vault_close(&vault);
}

static void a_bare_key_has_no_terms(void **state)
{
    struct vault_memory memory = {.count = 0};
    struct licence_vault *vault = vault_of(&memory);
    assert_int_equal(licence_vault_add_bare(vault, &keys.keys[0].key, NULL), OK);
    assert_int_equal(key_at(vault, 0), OK);
    licence_vault_close(&vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_given_while_their_licence_lasts),
        cmocka_unit_test(a_renewal_takes_over_from_what_has_expired),
        cmocka_unit_test(the_oldest_licence_makes_room),
        cmocka_unit_test(a_kept_licence_comes_back_in_the_next_process),
        cmocka_unit_test(a_begun_download_cannot_be_begun_again),
        cmocka_unit_test(another_device_and_a_changed_byte_are_refused),
        cmocka_unit_test(a_streaming_licence_is_not_kept),
        cmocka_unit_test(a_bare_key_has_no_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
