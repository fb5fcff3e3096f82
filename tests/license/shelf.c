// SPDX-License-Identifier: Apache-2.0
#include "license/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Keys whose first bytes, which choose the set, are `set`.
static void key_of(uint8_t set, uint8_t rest, uint8_t *out)
{
    memset(out, rest, SHELF_KEY_BYTES);
    memset(out, 0, 4);
    out[3] = set;
}

static void what_is_put_is_got_until_its_end(void **state)
{
    struct shelf *shelf = NULL;
    uint8_t key[SHELF_KEY_BYTES];
    int value = 7, got = 0;
    assert_int_equal(shelf_open(16, sizeof value, &shelf, NULL), OK);
    key_of(1, 1, key);
    assert_false(shelf_get(shelf, key, 0, &got));
    shelf_put(shelf, key, 100, 200, &value);
    assert_true(shelf_get(shelf, key, 199, &got));
    assert_int_equal(got, 7);
    assert_false(shelf_get(shelf, key, 200, &got));
    value = 8;
    shelf_put(shelf, key, 100, 300, &value);
    assert_true(shelf_get(shelf, key, 200, &got));
    assert_int_equal(got, 8);
    shelf_drop(shelf, key);
    assert_false(shelf_get(shelf, key, 200, &got));
    shelf_close(&shelf);
    assert_null(shelf);
}

static void what_ends_first_makes_room(void **state)
{
    struct shelf *shelf = NULL;
    uint8_t key[SHELF_KEY_BYTES];
    int got = 0;
    assert_int_equal(shelf_open(64, sizeof(int), &shelf, NULL), OK);
    for (int i = 0; i < 5; i++) { // a set holds four
        key_of(3, (uint8_t)(i + 1), key);
        shelf_put(shelf, key, 0, i == 2 ? 50 : 100 + i, &i);
    }
    for (int i = 0; i < 5; i++) {
        key_of(3, (uint8_t)(i + 1), key);
        assert_int_equal(shelf_get(shelf, key, 0, &got), i != 2);
    }
    shelf_close(&shelf);
}

static void what_has_ended_makes_room_first(void **state)
{
    struct shelf *shelf = NULL;
    uint8_t key[SHELF_KEY_BYTES];
    int value = 1, got = 0;
    assert_int_equal(shelf_open(4, sizeof value, &shelf, NULL), OK);
    for (uint8_t i = 1; i <= 4; i++) {
        key_of(0, i, key);
        shelf_put(shelf, key, 0, i == 4 ? 10 : 1000, &value);
    }
    key_of(0, 9, key);
    shelf_put(shelf, key, 20, 1000, &value);
    for (uint8_t i = 1; i <= 3; i++) {
        key_of(0, i, key);
        assert_true(shelf_get(shelf, key, 20, &got));
    }
    shelf_close(&shelf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got_until_its_end),
        cmocka_unit_test(what_ends_first_makes_room),
        cmocka_unit_test(what_has_ended_makes_room_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
