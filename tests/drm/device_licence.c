// SPDX-License-Identifier: Apache-2.0
#include "drm/device_licence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW_MS = 1795000000 };

struct world {
    struct p256_key *device;
    struct ed25519_key *service;
    struct device_challenge asked;
    struct p256_key *one_time;
    struct buffer challenge, licence;
    struct licence_terms terms;
    struct licence_keys keys;
};

static int world_init(void **state)
{
    static struct world world;
    static const uint8_t seed[ED25519_SEED_BYTES] = {1};
    world = (struct world){
        .asked = {.title = "title_01JD3M6Q8B9V4S2K7N5X0T1RWE", .key_count = 2, .wall_ms = NOW_MS},
        .challenge = buffer_init(CHALLENGE_BYTES_MAX),
        .licence = buffer_init(LICENCE_BYTES_MAX),
        .terms = {.kind = LICENCE_KEPT,
                  .issued_ms = NOW_MS,
                  .expires_ms = NOW_MS + 1000,
                  .renew_ms = NOW_MS + 900,
                  .begin_within_ms = 300,
                  .finish_within_ms = 48},
        .keys = {.count = 2},
    };
    for (uint8_t i = 0; i < 2; i++) {
        memset(world.asked.key_ids[i].bytes, 0xa0 + i, KEY_ID_BYTES);
        world.keys.keys[i].class = i == 0 ? KEY_FOR_AUDIO : KEY_FOR_HD;
        world.keys.keys[i].key.id = world.asked.key_ids[i];
        memset(world.keys.keys[i].key.secret, 0x50 + i, CONTENT_KEY_BYTES);
    }
    *state = &world;
    return p256_key_make(&world.device, NULL) != OK ||
           ed25519_key_load(seed, &world.service, NULL) != OK;
}

static int world_release(void **state)
{
    struct world *world = *state;
    p256_key_close(&world->device);
    p256_key_close(&world->one_time);
    ed25519_key_close(&world->service);
    buffer_release(&world->challenge);
    buffer_release(&world->licence);
    return 0;
}

static void ask(struct world *world)
{
    assert_int_equal(device_challenge_make(world->device, &world->asked, &world->one_time,
                                           &world->challenge, NULL),
                     OK);
}

static void answer(struct world *world)
{
    struct device_challenge heard;
    ask(world);
    assert_int_equal(device_challenge_open(buffer_slice(&world->challenge),
                                           p256_key_point(world->device), &heard, NULL),
                     OK);
    assert_int_equal(device_licence_make(&heard, &world->terms, &world->keys, world->service, NULL,
                                         &world->licence, NULL),
                     OK);
}

static outcome open_licence(const struct world *world, struct device_licence *out,
                            struct licence_keys *out_keys)
{
    return device_licence_open(buffer_slice(&world->licence), &world->asked, world->one_time,
                               ed25519_key_public(world->service), 1, out, out_keys, NULL);
}

static void a_registration_proves_its_key_and_carries_a_name(void **state)
{
    struct world *world = *state;
    struct device_registration heard;
    autobuffer out = buffer_init(REGISTRATION_BYTES_MAX);
    assert_int_equal(
        device_registration_make(world->device, "salon \xc3\xa9t\xc3\xa9", NOW_MS, &out, NULL), OK);
    assert_int_equal(device_registration_open(buffer_slice(&out), &heard, NULL), OK);
    assert_memory_equal(&heard.point, p256_key_point(world->device), sizeof heard.point);
    assert_string_equal(heard.name, "salon \xc3\xa9t\xc3\xa9");
    assert_int_equal(heard.wall_ms, NOW_MS);
    for (size_t i = 0; i < out.len; i++) {
        out.at[i] ^= 1;
        assert_int_not_equal(device_registration_open(buffer_slice(&out), &heard, NULL), OK);
        out.at[i] ^= 1;
    }
}

static void a_long_name_is_cut_between_characters(void **state)
{
    struct world *world = *state;
    struct device_registration heard;
    autobuffer out = buffer_init(REGISTRATION_BYTES_MAX);
    char name[80];
    memset(name, 'a', 63);
    memcpy(name + 63, "\xc3\xa9 and more", sizeof "\xc3\xa9 and more");
    assert_int_equal(device_registration_make(world->device, name, NOW_MS, &out, NULL), OK);
    assert_int_equal(device_registration_open(buffer_slice(&out), &heard, NULL), OK);
    assert_int_equal(strlen(heard.name), 63);
}

static void a_challenge_arrives_as_it_was_asked(void **state)
{
    struct world *world = *state;
    struct device_challenge heard = {.key_count = 0};
    struct device_id signer, own;
    ask(world);
    const struct slice bytes = buffer_slice(&world->challenge);
    assert_int_equal(device_challenge_signer(bytes, &signer, NULL), OK);
    device_id_make(p256_key_point(world->device), &own);
    assert_true(device_id_equal(&signer, &own));
    assert_int_equal(device_challenge_open(bytes, p256_key_point(world->device), &heard, NULL), OK);
    assert_string_equal(heard.title, world->asked.title);
    assert_int_equal(heard.key_count, 2);
    assert_memory_equal(heard.key_ids, world->asked.key_ids, 2 * sizeof heard.key_ids[0]);
    assert_memory_equal(heard.nonce, world->asked.nonce, DEVICE_NONCE_BYTES);
    assert_memory_equal(heard.digest, world->asked.digest, DEVICE_DIGEST_BYTES);
    assert_memory_equal(&heard.one_time, &world->asked.one_time, sizeof heard.one_time);
}

static void two_challenges_share_no_nonce_and_no_key(void **state)
{
    struct world *world = *state;
    autobuffer second = buffer_init(CHALLENGE_BYTES_MAX);
    autop256 *one_time = NULL;
    ask(world);
    struct device_challenge other = world->asked;
    assert_int_equal(device_challenge_make(world->device, &other, &one_time, &second, NULL), OK);
    assert_memory_not_equal(other.nonce, world->asked.nonce, DEVICE_NONCE_BYTES);
    assert_memory_not_equal(&other.one_time, &world->asked.one_time, sizeof other.one_time);
}

static void a_challenge_of_another_device_is_denied(void **state)
{
    struct world *world = *state;
    struct device_challenge heard;
    autop256 *other = NULL;
    ask(world);
    assert_int_equal(p256_key_make(&other, NULL), OK);
    assert_int_equal(
        device_challenge_open(buffer_slice(&world->challenge), p256_key_point(other), &heard, NULL),
        DENIED);
    for (size_t i = 0; i < world->challenge.len; i++) {
        world->challenge.at[i] ^= 1;
        assert_int_not_equal(device_challenge_open(buffer_slice(&world->challenge),
                                                   p256_key_point(world->device), &heard, NULL),
                             OK);
        world->challenge.at[i] ^= 1;
    }
}

static void the_device_gets_keys_and_terms(void **state)
{
    struct world *world = *state;
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    answer(world);
    assert_int_equal(open_licence(world, &licence, &keys), OK);
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.keys[1].class, KEY_FOR_HD);
    assert_memory_equal(&keys.keys[1].key, &world->keys.keys[1].key, sizeof(struct content_key));
    assert_int_equal(licence.terms.kind, LICENCE_KEPT);
    assert_int_equal(licence.terms.issued_ms, world->terms.issued_ms);
    assert_int_equal(licence.terms.expires_ms, world->terms.expires_ms);
    assert_int_equal(licence.terms.renew_ms, world->terms.renew_ms);
    assert_int_equal(licence.terms.begin_within_ms, world->terms.begin_within_ms);
    assert_int_equal(licence.terms.finish_within_ms, world->terms.finish_within_ms);
}

static void no_byte_of_a_key_is_in_the_answer(void **state)
{
    struct world *world = *state;
    answer(world);
    for (size_t i = 0; i < 2; i++)
        assert_null(memmem(world->licence.at, world->licence.len, world->keys.keys[i].key.secret,
                           CONTENT_KEY_BYTES / 2));
}

static void an_answer_fits_one_challenge_and_one_device(void **state)
{
    struct world *world = *state;
    struct device_licence licence;
    struct licence_keys keys;
    answer(world);
    autobuffer again = buffer_init(CHALLENGE_BYTES_MAX);
    autop256 *one_time = NULL;
    struct device_challenge other = world->asked;
    assert_int_equal(device_challenge_make(world->device, &other, &one_time, &again, NULL), OK);
    const struct slice bytes = buffer_slice(&world->licence);
    const struct ed25519_public *service = ed25519_key_public(world->service);
    assert_int_equal(
        device_licence_open(bytes, &other, one_time, service, 1, &licence, &keys, NULL), DENIED);
    assert_int_equal(
        device_licence_open(bytes, &world->asked, one_time, service, 1, &licence, &keys, NULL),
        DENIED);
}

static void a_changed_answer_and_a_stranger_s_answer_are_refused(void **state)
{
    struct world *world = *state;
    struct device_licence licence;
    struct licence_keys keys;
    struct ed25519_public others[2] = {{{1}}, {{2}}};
    answer(world);
    const struct slice bytes = buffer_slice(&world->licence);
    assert_int_equal(device_licence_open(bytes, &world->asked, world->one_time, others, 2, &licence,
                                         &keys, NULL),
                     DENIED);
    for (size_t i = 0; i < world->licence.len; i++) {
        world->licence.at[i] ^= 1;
        assert_int_not_equal(open_licence(world, &licence, &keys), OK);
        world->licence.at[i] ^= 1;
    }
    others[1] = *ed25519_key_public(world->service);
    autolicencekeys opened = {.count = 0};
    assert_int_equal(device_licence_open(bytes, &world->asked, world->one_time, others, 2, &licence,
                                         &opened, NULL),
                     OK);
}

static void terms_that_contradict_themselves_are_not_signed(void **state)
{
    struct world *world = *state;
    struct licence_terms wrong[3] = {world->terms, world->terms, world->terms};
    wrong[0].expires_ms = wrong[0].issued_ms;
    wrong[1].renew_ms = wrong[1].expires_ms + 1;
    wrong[2].begin_within_ms = -1;
    ask(world);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(device_licence_make(&world->asked, &wrong[i], &world->keys, world->service,
                                             NULL, &world->licence, NULL),
                         INVALID);
    assert_int_equal(world->licence.len, 0);
}

static void the_largest_messages_fit_their_caps(void **state)
{
    struct world *world = *state;
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    world->asked.key_count = LICENCE_KEYS_MAX;
    memset(world->asked.title, 'x', DEVICE_TITLE_BYTES - 1);
    world->keys.count = LICENCE_KEYS_MAX;
    world->terms = (struct licence_terms){.issued_ms = INT64_MAX - 1,
                                          .expires_ms = INT64_MAX,
                                          .begin_within_ms = INT64_MAX,
                                          .finish_within_ms = INT64_MAX};
    answer(world);
    assert_int_equal(open_licence(world, &licence, &keys), OK);
    assert_int_equal(keys.count, LICENCE_KEYS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_init, world_release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_registration_proves_its_key_and_carries_a_name),
        TEST(a_long_name_is_cut_between_characters),
        TEST(a_challenge_arrives_as_it_was_asked),
        TEST(two_challenges_share_no_nonce_and_no_key),
        TEST(a_challenge_of_another_device_is_denied),
        TEST(the_device_gets_keys_and_terms),
        TEST(no_byte_of_a_key_is_in_the_answer),
        TEST(an_answer_fits_one_challenge_and_one_device),
        TEST(a_changed_answer_and_a_stranger_s_answer_are_refused),
        TEST(terms_that_contradict_themselves_are_not_signed),
        TEST(the_largest_messages_fit_their_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
