// SPDX-License-Identifier: Apache-2.0
#include "drm/key_ring_file.h"

#include "base/file.h"
#include "conformance_key_ring.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLACES_MAX = 4 };
static char folders[PLACES_MAX][64], paths[PLACES_MAX][100];
static size_t place_count;

static const char *make_place(void)
{
    assert_true(place_count < PLACES_MAX);
    char *folder = folders[place_count], *path = paths[place_count++];
    (void)snprintf(folder, sizeof folders[0], "/tmp/primrose-ring-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof paths[0], "%s/keys/ring", folder);
    return path;
}

static void remove_places(void)
{
    while (place_count > 0)
        assert_int_equal(folder_remove(folders[--place_count], NULL), OK);
}

static int make_ring(void **state)
{
    *state = (void *)(uintptr_t)make_place();
    assert_int_equal(key_ring_make(*state, 1763700000000, NULL), OK);
    return 0;
}

static int remove_ring(void **state)
{
    (void)state;
    remove_places();
    return 0;
}

static outcome open_refused(const char *path, const char *says)
{
    struct key_ring *ring = NULL;
    struct why why = {""};
    const outcome result = key_ring_open(path, &ring, &why);
    assert_null(ring);
    if (strstr(why.text, says) == NULL) fail_msg("\"%s\" does not say \"%s\"", why.text, says);
    return result;
}

static void the_file_is_closed_to_others_whatever_the_umask(void **state)
{
    const mode_t before = umask(0);
    const char *path = make_place();
    assert_int_equal(key_ring_make(path, 1763700000000, NULL), OK);
    struct key_ring *ring = NULL;
    assert_int_equal(key_ring_open(path, &ring, NULL), OK);
    assert_int_equal(key_ring_rotate(ring, 1763700000001, NULL, NULL), OK);
    key_ring_close(&ring);
    (void)umask(before);
    struct stat file, folder;
    char above[100];
    (void)snprintf(above, sizeof above, "%.*s", (int)(strlen(path) - strlen("/ring")), path);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(stat(above, &folder), 0);
    assert_int_equal(folder.st_mode & 07777, 0700);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0660, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(*state, modes[i]), 0);
        assert_int_equal(open_refused(*state, "chmod 600"), DENIED);
    }
    assert_int_equal(chmod(*state, 0400), 0);
    struct key_ring *ring = NULL;
    assert_int_equal(key_ring_open(*state, &ring, NULL), OK);
    key_ring_close(&ring);
}

static void another_user_s_file_is_refused(void **state)
{
    if (geteuid() != 0) {
        print_message("# only root can give files away\n");
        skip();
    }
    assert_int_equal(chown(*state, 65534, 65534), 0);
    assert_int_equal(open_refused(*state, "another user"), DENIED);
}

static void write_ring(const char *path, const char *text)
{
    assert_int_equal(file_write_atomic(path, slice_of(text), 0600, NULL), OK);
}

#define ID  "kek_01KA9ZJ4M8S5V2D0Q7B6N3X1TR"
#define HEX "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"

static void what_is_no_key_ring_is_corrupt_and_not_quoted(void **state)
{
    static const char *const texts[] = {
        "",
        "# only a comment\n",
        ID "\n",
        ID " \n",
        ID " " HEX "00\n",
        ID " 603deb10\n",
        "kek_01KA9ZJ4M8S5V2D0Q7B6N3X1T " HEX "\n",
        "kek_01KA9ZJ4M8S5V2D0Q7B6N3X1Tu " HEX "\n",
        HEX "\n",
        ID " " HEX "\n" ID " " HEX "\n",
        ID " " HEX "\ngarbage\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_ring(*state, texts[i]);
        struct key_ring *ring = NULL;
        struct why why = {""};
        assert_int_equal(key_ring_open(*state, &ring, &why), CORRUPT);
        assert_non_null(strstr(why.text, "cannot be read"));
        assert_null(strstr(why.text, "603deb"));
    }
    write_ring(*state, "# mine\r\n\r\n" ID "  " HEX "\r\n");
    struct key_ring *ring = NULL;
    assert_int_equal(key_ring_open(*state, &ring, NULL), OK);
    key_ring_close(&ring);
}

static void an_overlong_file_a_pipe_and_a_folder_are_refused(void **state)
{
    const char *path = *state;
    assert_int_equal(truncate(path, 1 << 20), 0);
    assert_int_equal(open_refused(path, "more than"), TOO_LARGE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(open_refused(path, "is no file"), INVALID);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(open_refused(path, "is no file"), INVALID);
}

static void a_broken_file_costs_an_open_ring_nothing(void **state)
{
    struct key_ring *ring = NULL;
    struct wrapped_key wrapped;
    uint8_t secret[CONTENT_KEY_BYTES] = "0123456789abcde", back[CONTENT_KEY_BYTES];
    const struct slice context = slice_of("film-1");
    assert_int_equal(key_ring_open(*state, &ring, NULL), OK);
    assert_int_equal(key_ring_wrap(ring, secret, context, &wrapped, NULL), OK);
    write_ring(*state, ID " " HEX "\ngarbage\n");
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t count;
    assert_int_equal(key_ring_list(ring, keys, &count, NULL), CORRUPT);
    assert_int_equal(key_ring_unwrap(ring, &wrapped, context, back, NULL), OK);
    assert_memory_equal(back, secret, sizeof secret);
    key_ring_close(&ring);
}

// A known answer, made with another AES-GCM: Python's cryptography 38 over the bytes that the
// header draws.
static void the_wrapped_form_is_the_one_that_is_written_down(void **state)
{
    struct wrapped_key wrapped = {.wrapping_id = ID};
    uint8_t secret[CONTENT_KEY_BYTES];
    write_ring(*state, ID " " HEX "\n");
    assert_int_equal(
        slice_hex(slice_of("000102030405060708090a0b"), wrapped.nonce, sizeof wrapped.nonce, NULL),
        OK);
    assert_int_equal(
        slice_hex(slice_of("38508360b071ad499e9923cbee5afc8d8c6f06d5834c0f03402f33277324b97c"),
                  wrapped.sealed, sizeof wrapped.sealed, NULL),
        OK);
    struct key_ring *ring = NULL;
    assert_int_equal(key_ring_open(*state, &ring, NULL), OK);
    assert_int_equal(key_ring_unwrap(ring, &wrapped, slice_of("film-1 hd"), secret, NULL), OK);
    assert_memory_equal(secret, "0123456789abcdef", sizeof secret);
    key_ring_close(&ring);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_ring, remove_ring)

int main(void)
{
    static const struct key_ring_place place = {"key ring in a file", make_place, remove_places};
    static const struct CMUnitTest own[] = {
        FILE_TEST(the_file_is_closed_to_others_whatever_the_umask),
        FILE_TEST(a_file_that_others_may_read_is_refused),
        FILE_TEST(another_user_s_file_is_refused),
        FILE_TEST(what_is_no_key_ring_is_corrupt_and_not_quoted),
        FILE_TEST(an_overlong_file_a_pipe_and_a_folder_are_refused),
        FILE_TEST(a_broken_file_costs_an_open_ring_nothing),
        FILE_TEST(the_wrapped_form_is_the_one_that_is_written_down),
    };
    return run_key_ring_conformance(&place, own, sizeof own / sizeof own[0]);
}
