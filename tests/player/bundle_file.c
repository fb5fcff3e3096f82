// SPDX-License-Identifier: Apache-2.0
#include "player/bundle_file.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES = 2 * BUNDLE_PIECE_BYTES + 1000 };

struct place {
    char folder[64];
    struct bundle_file file;
    uint8_t bytes[FILE_BYTES];
};

static int place_open(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/primrose-bundle-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->file.name, sizeof place->file.name, "v.mp4");
    place->file.bytes = FILE_BYTES;
    for (size_t i = 0; i < FILE_BYTES; i++)
        place->bytes[i] = (uint8_t)(i * 31 + (i >> 13));
    *state = place;
    return 0;
}

static int place_close(void **state)
{
    struct place *place = *state;
    assert_int_equal(folder_remove(place->folder, NULL), OK);
    free(place);
    return 0;
}

static struct slice piece(const struct place *place, uint64_t index)
{
    return (struct slice){place->bytes + index * BUNDLE_PIECE_BYTES,
                          bundle_piece_bytes(&place->file, index)};
}

static bool is_there(const struct place *place, uint64_t index)
{
    bool found = false;
    assert_int_equal(bundle_piece_check(place->folder, &place->file, index, &found, NULL), OK);
    return found;
}

// Changes one bit of `name` in the folder.
static void flip(const struct place *place, const char *name, off_t at)
{
    char path[128];
    uint8_t byte;
    (void)snprintf(path, sizeof path, "%s/%s", place->folder, name);
    autofd fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void pieces_come_in_any_order(void **state)
{
    const struct place *place = *state;
    assert_int_equal(bundle_piece_count(&place->file), 3);
    assert_int_equal(bundle_piece_bytes(&place->file, 2), 1000);
    static const uint64_t order[] = {2, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        assert_false(is_there(place, order[i]));
        assert_int_equal(
            bundle_piece_put(place->folder, &place->file, order[i], piece(place, order[i]), NULL),
            OK);
        assert_true(is_there(place, order[i]));
    }
    autobuffer all = buffer_init(FILE_BYTES);
    assert_int_equal(bundle_file_read(place->folder, &place->file, 0, FILE_BYTES, &all, NULL), OK);
    assert_memory_equal(all.at, place->bytes, FILE_BYTES);
}

static void a_range_is_read_across_pieces(void **state)
{
    struct place *place = *state;
    const struct slice whole = {place->bytes, FILE_BYTES};
    autobuffer part = buffer_init(FILE_BYTES);
    assert_int_equal(bundle_file_put(place->folder, &place->file, whole, NULL), OK);
    assert_int_equal(
        bundle_file_read(place->folder, &place->file, BUNDLE_PIECE_BYTES - 7, 20, &part, NULL), OK);
    assert_int_equal(part.len, 20);
    assert_memory_equal(part.at, place->bytes + BUNDLE_PIECE_BYTES - 7, 20);
    assert_int_equal(bundle_file_read(place->folder, &place->file, FILE_BYTES - 5, 6, &part, NULL),
                     CORRUPT);
}

static void a_flipped_bit_costs_its_piece(void **state)
{
    struct place *place = *state;
    const struct slice whole = {place->bytes, FILE_BYTES};
    struct why why = {""};
    autobuffer part = buffer_init(FILE_BYTES);
    assert_int_equal(bundle_file_put(place->folder, &place->file, whole, NULL), OK);
    flip(place, "v.mp4", BUNDLE_PIECE_BYTES + 99);
    flip(place, "v.mp4.sha256", 2 * BUNDLE_DIGEST_BYTES);
    assert_true(is_there(place, 0));
    assert_false(is_there(place, 1));
    assert_false(is_there(place, 2));
    assert_int_equal(bundle_file_read(place->folder, &place->file, 0, 100, &part, NULL), OK);
    assert_int_equal(
        bundle_file_read(place->folder, &place->file, BUNDLE_PIECE_BYTES, 1, &part, &why), CORRUPT);
    assert_non_null(strstr(why.text, "primrose download"));
    for (uint64_t i = 1; i < 3; i++)
        assert_int_equal(bundle_piece_put(place->folder, &place->file, i, piece(place, i), NULL),
                         OK);
    assert_true(is_there(place, 1) && is_there(place, 2));
}

static void a_piece_of_another_length_is_refused(void **state)
{
    const struct place *place = *state;
    const struct slice little = {place->bytes, 12};
    assert_int_equal(bundle_piece_put(place->folder, &place->file, 0, little, NULL), CORRUPT);
    assert_false(is_there(place, 0));
}

static void names_stay_in_their_folder(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       ".",    "..",  ".bashrc", "a/b",
                                      "../etc", "a\nb", "a b", "/etc",    "v%2fx"};
    char longest[BUNDLE_NAME_BYTES + 1];
    memset(longest, 'a', BUNDLE_NAME_BYTES);
    longest[BUNDLE_NAME_BYTES] = '\0';
    assert_int_equal(bundle_name_check(longest, NULL), INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bundle_name_check(bad[i], NULL), INVALID);
    assert_int_equal(bundle_name_check("v-1080p_2.mp4", NULL), OK);
}

int main(void)
{
#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_open, place_close)
    const struct CMUnitTest tests[] = {
        PLACE_TEST(pieces_come_in_any_order),
        PLACE_TEST(a_range_is_read_across_pieces),
        PLACE_TEST(a_flipped_bit_costs_its_piece),
        PLACE_TEST(a_piece_of_another_length_is_refused),
        cmocka_unit_test(names_stay_in_their_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
