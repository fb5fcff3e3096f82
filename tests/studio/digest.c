// SPDX-License-Identifier: Apache-2.0
#include "studio/digest.h"

#include "studio_place.h"

// The vectors of FIPS 180-4's examples, and one across several blocks.
static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char digest[DIGEST_TEXT_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_ok(digest_bytes(slice_of(cases[i].text), digest, &why_));
        assert_string_equal(digest, cases[i].digest);
    }
}

struct heard {
    uint64_t last;
    int count, stop_at;
};

static outcome hear(void *context, uint64_t done, struct why *why)
{
    struct heard *heard = context;
    assert_true(done > heard->last);
    heard->last = done;
    return ++heard->count == heard->stop_at ? fail(why, UNAVAILABLE, "stopped") : OK;
}

static void a_file_has_the_digest_of_its_bytes_wherever_the_descriptor_stands(void **state)
{
    (void)state;
    enum { SIZE = 10 << 20 };
    char path[] = "/tmp/primrose-digest-XXXXXX", of_bytes[DIGEST_TEXT_BYTES],
         of_file[DIGEST_TEXT_BYTES];
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)unlink(path);
    uint8_t *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 1000);
    assert_ok(fd_write(fd, (struct slice){bytes, SIZE}, &why_)); // the position is at the end now
    assert_ok(digest_bytes((struct slice){bytes, SIZE}, of_bytes, &why_));
    struct heard heard = {.last = 0};
    const struct digest_watch watch = {hear, &heard};
    assert_ok(digest_file(fd, &watch, of_file, &why_));
    assert_string_equal(of_file, of_bytes);
    assert_int_equal(heard.last, SIZE);
    struct heard stopping = {.stop_at = 2};
    const struct digest_watch stopped = {hear, &stopping};
    assert_int_equal(digest_file(fd, &stopped, of_file, NULL), UNAVAILABLE);
    assert_string_equal(of_file, of_bytes); // untouched
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(a_file_has_the_digest_of_its_bytes_wherever_the_descriptor_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
