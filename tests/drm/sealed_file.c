// SPDX-License-Identifier: Apache-2.0
#include "drm/sealed_file.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail

enum { STEP = SEAL_BLOCK_BYTES + 16, LONGEST = 3 * SEAL_BLOCK_BYTES + 5 };

static char folder[64], place[100];
static struct key_ring *ring;
static uint8_t plain[LONGEST];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/primrose-sealed-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    (void)snprintf(place, sizeof place, "%s/ring", folder);
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7 + i / 251);
    return key_ring_have(place, 1763700000000, &ring, NULL) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    key_ring_close(&ring);
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

static outcome put(void *context, struct slice bytes, struct why *why)
{
    return fd_write(*(int *)context, bytes, why);
}

// A sealed file of the first `len` bytes of `plain`, given in pieces of `step`.
static int sealed_of(size_t len, size_t step, struct seal *seal)
{
    uint8_t header[SEAL_HEADER_BYTES];
    int fd = memfd_create("sealed", MFD_CLOEXEC);
    const struct seal_sink sink = {put, &fd};
    struct seal_writer *writer = NULL;
    assert_true(fd >= 0);
    assert_int_equal(seal_make(ring, "masters/a", header, seal, NULL), OK);
    assert_int_equal(seal_writer_open(seal, header, &sink, &writer, NULL), OK);
    for (size_t at = 0; at < len; at += step)
        assert_int_equal(
            seal_writer_put(writer, slice_part((struct slice){plain, len}, at, step), NULL), OK);
    assert_int_equal(seal_writer_end(writer, NULL), OK);
    seal_writer_close(&writer);
    return fd;
}

static outcome read_all(int fd, const struct seal *seal, size_t *out_len)
{
    static uint8_t out[LONGEST + 10];
    autosealed *file = NULL;
    TRY(sealed_file_open(fd, seal, &file, NULL));
    TRY(sealed_file_read(file, 0, out, sizeof out, out_len, NULL));
    assert_memory_equal(out, plain, *out_len);
    return OK;
}

static void every_length_comes_back_from_any_place(void **state)
{
    (void)state;
    const size_t lengths[] = {0, 1, 65535, 65536, 65537, 131072, LONGEST};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct seal seal = {.is_sealed = false};
        size_t len = 0;
        uint64_t size = 1;
        autofd fd = sealed_of(lengths[i], i % 2 == 0 ? 1000 : 70000, &seal);
        assert_int_equal(read_all(fd, &seal, &len), OK);
        assert_int_equal(len, lengths[i]);
        assert_int_equal(seal_plain_size((uint64_t)lseek(fd, 0, SEEK_END), &size, NULL), OK);
        assert_int_equal(size, lengths[i]);
    }
    struct seal seal;
    autofd fd = sealed_of(LONGEST, LONGEST, &seal);
    autosealed *file = NULL;
    assert_int_equal(sealed_file_open(fd, &seal, &file, NULL), OK);
    assert_int_equal(sealed_file_size(file), LONGEST);
    for (size_t at = 0; at <= LONGEST + 10; at += 4099) {
        uint8_t out[70001];
        size_t len = 1;
        const size_t left = at < LONGEST ? LONGEST - at : 0;
        assert_int_equal(sealed_file_read(file, at, out, sizeof out, &len, NULL), OK);
        assert_int_equal(len, left < sizeof out ? left : sizeof out);
        if (len > 0) assert_memory_equal(out, plain + at, len);
    }
}

static void no_byte_of_the_original_is_to_be_seen(void **state)
{
    (void)state;
    struct seal seal;
    uint8_t bytes[SEAL_HEADER_BYTES + 16 + 1000];
    autofd fd = sealed_of(1000, 1000, &seal);
    assert_int_equal(fd_read_at(fd, bytes, sizeof bytes, 0, NULL), OK);
    assert_null(memmem(bytes, sizeof bytes, plain, 16));
    assert_null(memmem(bytes, sizeof bytes, seal.key, SEAL_KEY_BYTES));
    assert_true(seal_is_begun((struct slice){bytes, SEAL_SIGN_BYTES}));
    assert_false(seal_is_begun((struct slice){bytes + 1, SEAL_SIGN_BYTES}));
}

static void change(int fd, off_t at)
{
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void what_was_changed_moved_cut_or_made_longer_is_not_opened(void **state)
{
    (void)state;
    struct seal seal;
    size_t len;
    uint8_t steps[2][STEP];
    const off_t first = SEAL_HEADER_BYTES, second = first + STEP;
    autofd fd = sealed_of(3 * SEAL_BLOCK_BYTES, 5000, &seal);
    const off_t places[] = {first, first + SEAL_BLOCK_BYTES, second + 100, second + STEP};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        change(fd, places[i]);
        assert_int_equal(read_all(fd, &seal, &len), CORRUPT);
        change(fd, places[i]);
        assert_int_equal(read_all(fd, &seal, &len), OK);
    }
    assert_int_equal(pread(fd, steps[0], STEP, first), STEP);
    assert_int_equal(pread(fd, steps[1], STEP, second), STEP);
    assert_int_equal(pwrite(fd, steps[1], STEP, first), STEP);
    assert_int_equal(pwrite(fd, steps[0], STEP, second), STEP);
    assert_int_equal(read_all(fd, &seal, &len), CORRUPT);
    assert_int_equal(pwrite(fd, steps[0], STEP, first), STEP);
    assert_int_equal(pwrite(fd, steps[1], STEP, second), STEP);

    const off_t whole = SEAL_HEADER_BYTES + 3 * STEP;
    assert_int_equal(pwrite(fd, steps[0], STEP, whole), STEP); // a fourth block
    assert_int_equal(read_all(fd, &seal, &len), CORRUPT);
    const off_t ends[] = {whole - 1, whole - STEP, whole - STEP + 5, SEAL_HEADER_BYTES + 16, 20, 0};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        assert_int_equal(ftruncate(fd, ends[i]), 0);
        assert_int_equal(read_all(fd, &seal, &len), CORRUPT);
    }
}

static void a_header_opens_for_its_object_and_its_ring_alone(void **state)
{
    (void)state;
    struct seal seal, again = {.is_sealed = false};
    uint8_t header[SEAL_HEADER_BYTES], other[SEAL_HEADER_BYTES];
    struct why why = {""};
    assert_int_equal(seal_make(ring, "work/a/1", header, &seal, NULL), OK);
    assert_int_equal(seal_open(ring, "work/a/1", header, &again, NULL), OK);
    assert_memory_equal(seal.key, again.key, SEAL_KEY_BYTES);
    assert_int_equal(seal_open(ring, "work/a/2", header, &again, NULL), CORRUPT);
    assert_int_equal(seal_make(ring, "work/a/1", other, &again, NULL), OK);
    assert_memory_not_equal(seal.key, again.key, SEAL_KEY_BYTES);
    for (size_t i = 0; i < 16 + WRAPPING_ID_BYTES + WRAP_NONCE_BYTES + WRAP_SEALED_BYTES; i++) {
        if (i == 9) i = 16; // seven bytes that say nothing
        header[i] ^= 1;
        assert_int_not_equal(seal_open(ring, "work/a/1", header, &again, NULL), OK);
        header[i] ^= 1;
    }
    char elsewhere[100];
    autoring *stranger = NULL;
    (void)snprintf(elsewhere, sizeof elsewhere, "%s/other", folder);
    assert_int_equal(key_ring_have(elsewhere, 1763700000000, &stranger, NULL), OK);
    assert_int_equal(seal_open(stranger, "work/a/1", header, &again, &why), DENIED);
    assert_non_null(strstr(why.text, "does not have"));
}

static void a_new_wrapping_key_leaves_the_blocks_as_they_are(void **state)
{
    (void)state;
    struct seal seal, again;
    uint8_t header[SEAL_HEADER_BYTES];
    char before[WRAPPING_ID_BYTES], after[WRAPPING_ID_BYTES], active[WRAPPING_ID_BYTES];
    bool is_changed = true;
    assert_int_equal(seal_make(ring, "masters/b", header, &seal, NULL), OK);
    assert_int_equal(seal_rewrap(ring, "masters/b", header, &is_changed, NULL), OK);
    assert_false(is_changed);
    seal_wrapping_id(header, before);
    assert_int_equal(key_ring_rotate(ring, 1763800000000, active, NULL), OK);
    assert_int_equal(seal_rewrap(ring, "masters/b", header, &is_changed, NULL), OK);
    assert_true(is_changed);
    seal_wrapping_id(header, after);
    assert_string_equal(after, active);
    assert_string_not_equal(after, before);
    assert_int_equal(key_ring_forget(ring, before, NULL), OK);
    assert_int_equal(seal_open(ring, "masters/b", header, &again, NULL), OK);
    assert_memory_equal(seal.key, again.key, SEAL_KEY_BYTES);
}

static void a_clear_file_is_read_as_it_is(void **state)
{
    (void)state;
    autofd fd = memfd_create("clear", MFD_CLOEXEC);
    size_t len = 0;
    assert_int_equal(fd_write(fd, (struct slice){plain, 100}, NULL), OK);
    assert_int_equal(read_all(fd, NULL, &len), OK);
    assert_int_equal(len, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back_from_any_place),
        cmocka_unit_test(no_byte_of_the_original_is_to_be_seen),
        cmocka_unit_test(what_was_changed_moved_cut_or_made_longer_is_not_opened),
        cmocka_unit_test(a_header_opens_for_its_object_and_its_ring_alone),
        cmocka_unit_test(a_new_wrapping_key_leaves_the_blocks_as_they_are),
        cmocka_unit_test(a_clear_file_is_read_as_it_is),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
