// SPDX-License-Identifier: Apache-2.0
#include "account/secret.h"

#include "room.h"

static void a_password_fits_its_own_hash_alone(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_BYTES], again[PASSWORD_HASH_BYTES];
    assert_ok(password_hash("correct horse", password_cost_least(), hash, &why_));
    assert_ok(password_hash("correct horse", password_cost_least(), again, &why_));
    assert_string_not_equal(hash, again); // each has a salt of its own
    assert_true(strncmp(hash, "$argon2id$", 10) == 0);
    assert_true(password_matches(hash, "correct horse"));
    assert_false(password_matches(hash, "correct hors"));
    assert_false(password_matches("", "correct horse"));
    assert_false(password_matches("$argon2id$garbage", "correct horse"));
}

static void a_members_password_costs_memory(void **state)
{
    (void)state;
    const struct password_cost cost = password_cost_member();
    assert_true(cost.memory_bytes >= 64 << 20);
    assert_true(cost.passes >= 2);
}

static void passwords_are_long_enough_and_bounded(void **state)
{
    (void)state;
    char longest[PASSWORD_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(password_check("seven77", NULL), INVALID);
    assert_int_equal(password_check("eight888", NULL), OK);
    assert_int_equal(password_check(longest, NULL), INVALID);
}

static void tokens_differ_and_hash_to_the_same(void **state)
{
    (void)state;
    char a[SECRET_TOKEN_BYTES], b[SECRET_TOKEN_BYTES], x[SECRET_HASH_BYTES], y[SECRET_HASH_BYTES];
    token_make("ps_", a);
    token_make("ps_", b);
    assert_int_equal(strlen(a), 46);
    assert_string_not_equal(a, b);
    token_hash(slice_of(a), x);
    token_hash(slice_of(a), y);
    assert_true(token_hash_equal(x, y));
    token_hash(slice_of(b), y);
    assert_false(token_hash_equal(x, y));
    assert_false(token_hash_equal("", ""));
}

ROOM_MAIN(cmocka_unit_test(a_password_fits_its_own_hash_alone),
          cmocka_unit_test(a_members_password_costs_memory),
          cmocka_unit_test(passwords_are_long_enough_and_bounded),
          cmocka_unit_test(tokens_differ_and_hash_to_the_same))
