// SPDX-License-Identifier: Apache-2.0
#include "conformance_key_ring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TESTS_MAX = 32, THREADS = 4, ROUNDS = 50 };
static const int64_t now_ms = 1763700000000;

static const struct key_ring_place *place;

struct fixture {
    const char *where;
    struct key_ring *ring;
    uint8_t secret[CONTENT_KEY_BYTES];
    struct slice context;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){.where = place->make(), .context = slice_of("film-1 hd")};
    struct why why = {""};
    for (size_t i = 0; i < sizeof fixture.secret; i++)
        fixture.secret[i] = (uint8_t)(0xc0 + i);
    if (key_ring_make(fixture.where, now_ms, &why) != OK ||
        key_ring_open(fixture.where, &fixture.ring, &why) != OK)
        fail_msg("%s", why.text);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    key_ring_close(&fixture->ring);
    place->remove();
    return 0;
}

static struct wrapped_key wrap(struct fixture *fixture)
{
    struct wrapped_key wrapped;
    struct why why = {""};
    if (key_ring_wrap(fixture->ring, fixture->secret, fixture->context, &wrapped, &why) != OK)
        fail_msg("%s", why.text);
    return wrapped;
}

static outcome unwrap(struct fixture *fixture, const struct wrapped_key *wrapped)
{
    uint8_t secret[CONTENT_KEY_BYTES] = {0};
    struct why why = {""};
    const outcome result = key_ring_unwrap(fixture->ring, wrapped, fixture->context, secret, &why);
    static const uint8_t none[CONTENT_KEY_BYTES];
    assert_memory_equal(secret, result == OK ? fixture->secret : none, sizeof secret);
    assert_true((result == OK) == (why.text[0] == '\0'));
    return result;
}

static size_t count_keys(struct key_ring *ring, struct wrapping_key keys[WRAPPING_KEYS_MAX])
{
    size_t count = 0;
    struct why why = {""};
    if (key_ring_list(ring, keys, &count, &why) != OK) fail_msg("%s", why.text);
    return count;
}

static void a_new_ring_has_one_key_of_the_time_it_was_made(void **state)
{
    struct fixture *fixture = *state;
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    assert_int_equal(count_keys(fixture->ring, keys), 1);
    assert_true(wrapping_id_is_valid(keys[0].id));
    assert_int_equal(keys[0].made_ms, now_ms);
}

static void a_ring_is_made_once_and_never_overwritten(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    const struct wrapped_key wrapped = wrap(fixture);
    assert_int_equal(key_ring_make(fixture->where, now_ms, &why), CONFLICT);
    assert_true(why.text[0] != '\0');
    struct key_ring *again = NULL;
    assert_int_equal(key_ring_have(fixture->where, now_ms, &again, &why), OK);
    key_ring_close(&fixture->ring);
    fixture->ring = again;
    assert_int_equal(unwrap(fixture, &wrapped), OK);
}

static void a_missing_ring_is_not_found_and_made_on_demand(void **state)
{
    const char *where = place->make();
    struct key_ring *ring = NULL;
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    struct why why = {""};
    assert_int_equal(key_ring_open(where, &ring, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "primrose keys make"));
    assert_int_equal(key_ring_have(where, now_ms, &ring, &why), OK);
    assert_int_equal(count_keys(ring, keys), 1);
    key_ring_close(&ring);
}

static void wrapped_keys_differ_each_time_and_show_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct wrapped_key one = wrap(fixture), two = wrap(fixture);
    assert_memory_not_equal(one.nonce, two.nonce, sizeof one.nonce);
    assert_memory_not_equal(one.sealed, two.sealed, sizeof one.sealed);
    assert_null(memmem(one.sealed, sizeof one.sealed, fixture->secret, 4));
    assert_int_equal(unwrap(fixture, &one), OK);
    assert_int_equal(unwrap(fixture, &two), OK);
}

static void no_bit_of_a_record_can_be_changed(void **state)
{
    struct fixture *fixture = *state;
    const struct wrapped_key wrapped = wrap(fixture);
    for (size_t i = 0; i < sizeof wrapped.sealed; i++) {
        struct wrapped_key changed = wrapped;
        changed.sealed[i] ^= (uint8_t)(1u << (i & 7));
        assert_int_equal(unwrap(fixture, &changed), CORRUPT);
    }
    for (size_t i = 0; i < sizeof wrapped.nonce; i++) {
        struct wrapped_key changed = wrapped;
        changed.nonce[i] ^= (uint8_t)(1u << (i & 7));
        assert_int_equal(unwrap(fixture, &changed), CORRUPT);
    }
    assert_int_equal(unwrap(fixture, &wrapped), OK);
}

static void another_context_does_not_unwrap(void **state)
{
    struct fixture *fixture = *state;
    const struct wrapped_key wrapped = wrap(fixture);
    static const char *const others[] = {"film-1 uhd", "film-2 hd", "film-1 h", ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        fixture->context = slice_of(others[i]);
        assert_int_equal(unwrap(fixture, &wrapped), CORRUPT);
    }
    static const uint8_t long_one[WRAP_CONTEXT_BYTES + 1];
    fixture->context = (struct slice){long_one, sizeof long_one};
    assert_int_equal(unwrap(fixture, &wrapped), TOO_LARGE);
    fixture->context.len--;
    const struct wrapped_key longest = wrap(fixture);
    assert_int_equal(unwrap(fixture, &longest), OK);
}

static void after_a_rotation_the_new_key_wraps_and_the_old_one_unwraps(void **state)
{
    struct fixture *fixture = *state;
    struct key_ring *other = NULL; // of another process, opened before
    char id[WRAPPING_ID_BYTES] = "";
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    struct why why = {""};
    const struct wrapped_key before = wrap(fixture);
    assert_int_equal(key_ring_open(fixture->where, &other, &why), OK);
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms + 1, id, &why), OK);
    const struct wrapped_key after = wrap(fixture);
    assert_string_equal(after.wrapping_id, id);
    assert_string_not_equal(before.wrapping_id, id);
    assert_int_equal(unwrap(fixture, &before), OK);
    key_ring_close(&fixture->ring);
    fixture->ring = other;
    assert_int_equal(unwrap(fixture, &after), OK);
    assert_int_equal(unwrap(fixture, &before), OK);
    assert_int_equal(count_keys(other, keys), 2);
    assert_string_equal(keys[1].id, id);
    const struct wrapped_key by_other = wrap(fixture);
    assert_string_equal(by_other.wrapping_id, id);
}

static void under_another_wrapping_key_of_the_ring_a_record_does_not_open(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    struct wrapped_key wrapped = wrap(fixture);
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms + 1, wrapped.wrapping_id, &why), OK);
    assert_int_equal(unwrap(fixture, &wrapped), CORRUPT);
}

static void a_clock_that_went_back_does_not_rotate(void **state)
{
    struct fixture *fixture = *state;
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    struct why why = {""};
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms - 1, NULL, &why), CONFLICT);
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms, NULL, &why), CONFLICT);
    assert_int_equal(count_keys(fixture->ring, keys), 1);
}

static void a_wrapping_key_is_forgotten_unless_it_is_active(void **state)
{
    struct fixture *fixture = *state;
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    struct why why = {""};
    const struct wrapped_key old = wrap(fixture);
    assert_int_equal(key_ring_forget(fixture->ring, old.wrapping_id, &why), CONFLICT);
    assert_int_equal(key_ring_rotate(fixture->ring, now_ms + 1, NULL, &why), OK);
    assert_int_equal(key_ring_forget(fixture->ring, old.wrapping_id, &why), OK);
    assert_int_equal(key_ring_forget(fixture->ring, old.wrapping_id, &why), NOT_FOUND);
    assert_int_equal(count_keys(fixture->ring, keys), 1);
    assert_int_equal(unwrap(fixture, &old), NOT_FOUND);
}

static void another_ring_does_not_unwrap(void **state)
{
    struct fixture *fixture = *state;
    struct why why = {""};
    const struct wrapped_key wrapped = wrap(fixture);
    const char *where = place->make();
    key_ring_close(&fixture->ring);
    assert_int_equal(key_ring_have(where, now_ms, &fixture->ring, &why), OK);
    assert_int_equal(unwrap(fixture, &wrapped), NOT_FOUND);
}

static void *use_ring(void *context)
{
    struct fixture *fixture = context;
    for (int i = 0; i < ROUNDS; i++) {
        struct wrapped_key wrapped;
        uint8_t secret[CONTENT_KEY_BYTES];
        if (key_ring_wrap(fixture->ring, fixture->secret, fixture->context, &wrapped, NULL) != OK ||
            key_ring_unwrap(fixture->ring, &wrapped, fixture->context, secret, NULL) != OK ||
            memcmp(secret, fixture->secret, sizeof secret) != 0)
            return fixture;
    }
    return NULL;
}

static void threads_share_a_ring(void **state)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_ring, *state), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

#define RING_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int run_key_ring_conformance(const struct key_ring_place *at, const struct CMUnitTest *own,
                             size_t own_count)
{
    static const struct CMUnitTest shared[] = {
        RING_TEST(a_new_ring_has_one_key_of_the_time_it_was_made),
        RING_TEST(a_ring_is_made_once_and_never_overwritten),
        RING_TEST(a_missing_ring_is_not_found_and_made_on_demand),
        RING_TEST(wrapped_keys_differ_each_time_and_show_nothing),
        RING_TEST(no_bit_of_a_record_can_be_changed),
        RING_TEST(another_context_does_not_unwrap),
        RING_TEST(after_a_rotation_the_new_key_wraps_and_the_old_one_unwraps),
        RING_TEST(under_another_wrapping_key_of_the_ring_a_record_does_not_open),
        RING_TEST(a_clock_that_went_back_does_not_rotate),
        RING_TEST(a_wrapping_key_is_forgotten_unless_it_is_active),
        RING_TEST(another_ring_does_not_unwrap),
        RING_TEST(threads_share_a_ring),
    };
    enum { SHARED = sizeof shared / sizeof shared[0] };
    static struct CMUnitTest tests[TESTS_MAX];
    place = at;
    memcpy(tests, shared, sizeof shared);
    if (own_count > 0) memcpy(tests + SHARED, own, own_count * sizeof *own);
    return _cmocka_run_group_tests(at->name, tests, SHARED + own_count, NULL, NULL);
}
