// SPDX-License-Identifier: Apache-2.0
//
// Covers protection_check.c too.
#include "media/protection_reader.h"

#include "base/file.h"
#include "clip.h"
#include "media/box_writer.h"
#include "media/mp4_reader.h"
#include "media/protection_check.h"
#include "package_made.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_ID "a1a2a3a4a5a6a7a8a9aaabacadaeafb0"
#define KEY    KEY_ID ":00112233445566778899aabbccddeeff"

enum { FILE_BYTES_MAX = 16 << 20 };

// Packages one input and answers the track's file. Borrowed until the next call.
static const char *packaged(struct arena *arena, const char *name, enum track_kind kind,
                            const struct protection_order *order)
{
    static char path[PATH_MAX];
    char folder[PATH_MAX], input[PATH_MAX];
    struct package_report report;
    struct why why = {""};
    (void)snprintf(input, sizeof input, "%s", package_input_made(name));
    (void)snprintf(folder, sizeof folder, "%s", clip_path("one-track"));
    assert_int_equal(folder_remove(folder, NULL), OK);
    const struct package_input inputs[] = {{.kind = kind, .path = input}};
    const struct package_job job = {.inputs = inputs,
                                    .input_count = 1,
                                    .segment_ms = 2000,
                                    .folder = folder,
                                    .protection = order};
    if (package_run(arena, &job, &report, &why) != OK) fail_msg("%s", why.text);
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    path[0] = '\0';
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (slice_ends(slice_of(entry->d_name), ".mp4"))
            (void)snprintf(path, sizeof path, "%.2000s/%.255s", folder, entry->d_name);
    closedir(entries);
    assert_true(path[0] != '\0');
    return path;
}

static void load(const char *path, struct buffer *out)
{
    *out = buffer_init(FILE_BYTES_MAX);
    assert_int_equal(file_read(path, out, NULL), OK);
}

struct pair {
    struct arena arena;
    struct buffer clear, encrypted;
    struct mp4 *clear_mp4, *encrypted_mp4;
    struct mp4_cursor *clear_samples, *encrypted_samples;
    size_t protected_count, lead_count;
};

static struct mp4 *open_bytes(struct arena *arena, const char *name, const struct buffer *bytes)
{
    struct mp4 *mp4;
    struct why why = {""};
    const char *path = clip_path(name);
    assert_int_equal(file_write_atomic(path, buffer_slice(bytes), 0644, NULL), OK);
    if (mp4_open(arena, path, &mp4, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(mp4_track_count(mp4), 1);
    return mp4;
}

static void pair_open(struct pair *pair, const char *name, enum track_kind kind,
                      const struct protection_order *order)
{
    *pair = (struct pair){.arena = arena_init(64 << 20)};
    load(packaged(&pair->arena, name, kind, NULL), &pair->clear);
    load(packaged(&pair->arena, name, kind, order), &pair->encrypted);
    pair->clear_mp4 = open_bytes(&pair->arena, "clear.mp4", &pair->clear);
    pair->encrypted_mp4 = open_bytes(&pair->arena, "encrypted.mp4", &pair->encrypted);
    assert_int_equal(mp4_cursor_open(&pair->arena, pair->clear_mp4, 0, &pair->clear_samples, NULL),
                     OK);
    assert_int_equal(
        mp4_cursor_open(&pair->arena, pair->encrypted_mp4, 0, &pair->encrypted_samples, NULL),
        UNSUPPORTED);
    assert_int_equal(mp4_cursor_open_encrypted(&pair->arena, pair->encrypted_mp4, 0,
                                               &pair->encrypted_samples, NULL),
                     OK);
}

static void pair_close(struct pair *pair)
{
    mp4_cursor_close(&pair->clear_samples);
    mp4_cursor_close(&pair->encrypted_samples);
    mp4_close(&pair->clear_mp4);
    mp4_close(&pair->encrypted_mp4);
    buffer_release(&pair->clear);
    buffer_release(&pair->encrypted);
    arena_release(&pair->arena);
}

// Decrypts one sample where it lies, as its protection says.
static void decrypt(struct pair *pair, const struct content_key *key, const struct sample *sample,
                    const struct sample_protection *protection)
{
    static struct subsample_map map;
    autocipher *cipher = NULL;
    map.count = protection->subsample_count;
    memcpy(map.items, protection->subsamples, sizeof map.items);
    assert_true(key_id_equal(&protection->encryption.key_id, &key->id));
    assert_int_equal(
        sample_cipher_open(&protection->encryption, key, CIPHER_DECRYPT, &cipher, NULL), OK);
    assert_int_equal(sample_cipher_apply(cipher, pair->encrypted.at + sample->offset, sample->size,
                                         protection->iv, &map, NULL),
                     OK);
}

static void check_samples(struct pair *pair, const struct content_key *key)
{
    for (;;) {
        struct sample clear = {.size = 0}, encrypted = {.size = 0};
        struct why why = {""};
        bool clear_ends = true, encrypted_ends = true;
        assert_int_equal(mp4_cursor_next(pair->clear_samples, &clear, &clear_ends, NULL), OK);
        if (mp4_cursor_next(pair->encrypted_samples, &encrypted, &encrypted_ends, &why) != OK)
            fail_msg("%s", why.text);
        assert_int_equal(clear_ends, encrypted_ends);
        if (clear_ends) return;
        assert_int_equal(clear.size, encrypted.size);
        assert_int_equal(clear.decode_ticks, encrypted.decode_ticks);
        const struct sample_protection *protection = mp4_cursor_protection(pair->encrypted_samples);
        pair->lead_count += !protection->is_protected;
        pair->protected_count += protection->is_protected;
        if (protection->is_protected) {
            assert_memory_not_equal(pair->encrypted.at + encrypted.offset,
                                    pair->clear.at + clear.offset, clear.size);
            decrypt(pair, key, &encrypted, protection);
        }
        assert_memory_equal(pair->encrypted.at + encrypted.offset, pair->clear.at + clear.offset,
                            clear.size);
    }
}

static void every_sample_of_our_packages_decrypts_to_what_it_was(void **state)
{
    static const struct {
        const char *input;
        enum track_kind kind;
    } tracks[] = {{"low.mp4", TRACK_VIDEO}, {"sound.mp4", TRACK_AUDIO}};
    autokeys keys = {.count = 0};
    assert_int_equal(key_set_add(&keys, KEY, NULL), OK);
    for (int scheme = SCHEME_CBCS; scheme < SCHEME_COUNT; scheme++)
        for (size_t i = 0; i < 2; i++) {
            const struct protection_order order = {
                .scheme = (enum cenc_scheme)scheme, .keys = &keys, .clear_lead_ms = 2000};
            struct pair pair;
            pair_open(&pair, tracks[i].input, tracks[i].kind, &order);
            check_samples(&pair, &keys.keys[0].key);
            assert_true(pair.protected_count > 100);
            assert_true(pair.lead_count > 40);
            pair_close(&pair);
        }
}

static void count_picture(void *context, size_t index, const AVFrame *frame)
{
    *(size_t *)context = index + 1;
}

static void a_decrypted_and_stripped_file_is_a_clear_one(void **state)
{
    autokeys keys = {.count = 0};
    assert_int_equal(key_set_add(&keys, KEY, NULL), OK);
    const struct protection_order order = {.scheme = SCHEME_CENC, .keys = &keys, .systems = 1};
    struct pair pair;
    pair_open(&pair, "low.mp4", TRACK_VIDEO, &order);
    check_samples(&pair, &keys.keys[0].key);
    assert_int_equal(protection_strip(pair.encrypted.at, pair.encrypted.len, NULL), OK);
    static const char *const gone[] = {"encv", "sinf", "senc", "saiz", "saio", "pssh"};
    for (size_t i = 0; i < 6; i++)
        assert_null(memmem(pair.encrypted.at, pair.encrypted.len, gone[i], 4));

    struct mp4 *again = open_bytes(&pair.arena, "stripped.mp4", &pair.encrypted);
    assert_true(mp4_track_at(again, 0)->is_usable);
    assert_int_equal(mp4_track_at(again, 0)->stream.video.facts.width, 160);
    const int fd = clip_open(clip_path("stripped.mp4"));
    size_t pictures = 0;
    (void)clip_decode(fd, count_picture, &pictures);
    (void)close(fd);
    assert_int_equal(pictures, 163); // 6.5 s of 25 fps
    mp4_close(&again);
    pair_close(&pair);
}

static outcome check_bytes(struct pair *pair, const struct key_set *keys,
                           struct protection_report *out, struct why *why)
{
    struct mp4 *mp4 = open_bytes(&pair->arena, "checked.mp4", &pair->encrypted);
    const outcome result = protection_check(&pair->arena, mp4, 0, keys, out, why);
    mp4_close(&mp4);
    return result;
}

static void our_packages_pass_the_check_with_and_without_their_key(void **state)
{
    autokeys keys = {.count = 0};
    assert_int_equal(key_set_add(&keys, KEY, NULL), OK);
    for (int scheme = SCHEME_CBCS; scheme < SCHEME_COUNT; scheme++) {
        const struct protection_order order = {
            .scheme = (enum cenc_scheme)scheme, .keys = &keys, .clear_lead_ms = 2000};
        struct protection_report report;
        struct why why = {""};
        struct pair pair;
        pair_open(&pair, "low.mp4", TRACK_VIDEO, &order);
        if (check_bytes(&pair, NULL, &report, &why) != OK) fail_msg("%s", why.text);
        assert_int_equal(report.decrypted_samples, 0);
        assert_int_equal(report.samples, 163);
        assert_int_equal(report.protected_samples, 113); // all but the clear lead
        if (check_bytes(&pair, &keys, &report, &why) != OK) fail_msg("%s", why.text);
        assert_int_equal(report.decrypted_samples, 113);
        assert_true(report.protected_bytes > report.bytes / 4);
        pair_close(&pair);
    }
}

// The first subsample of the first sample: clear bytes, then protected ones.
static uint8_t *first_subsample(struct pair *pair, size_t iv_bytes)
{
    uint8_t *senc = memmem(pair->encrypted.at, pair->encrypted.len, "senc", 4);
    assert_non_null(senc);
    return senc + 4 + 4 + 4 + iv_bytes + 2;
}

static void set_subsample(uint8_t *at, uint32_t clear, uint32_t hidden)
{
    at[0] = (uint8_t)(clear >> 8);
    at[1] = (uint8_t)(clear & 0xff);
    for (unsigned i = 0; i < 4; i++)
        at[2 + i] = (uint8_t)(hidden >> (24 - 8 * i) & 0xff);
}

static void encrypted_headers_and_wrong_sums_are_found(void **state)
{
    autokeys keys = {.count = 0};
    assert_int_equal(key_set_add(&keys, KEY, NULL), OK);
    const struct protection_order order = {.scheme = SCHEME_CBCS, .keys = &keys};
    struct protection_report report;
    struct why why = {""};
    struct pair pair;
    pair_open(&pair, "low.mp4", TRACK_VIDEO, &order);
    uint8_t *at = first_subsample(&pair, 0);
    const uint32_t clear = read_u16be(at), hidden = read_u32be(at + 2);
    set_subsample(at, 4, hidden + clear - 4); // the length stays, the header goes
    assert_int_equal(check_bytes(&pair, NULL, &report, &why), INVALID);
    assert_non_null(strstr(why.text, "header"));
    set_subsample(at, clear - 1, hidden + 1); // one byte of a slice header: told with the key alone
    assert_int_equal(check_bytes(&pair, NULL, &report, &why), OK);
    assert_int_equal(check_bytes(&pair, &keys, &report, &why), INVALID);
    assert_non_null(strstr(why.text, "sample 1 "));
    set_subsample(at, clear, hidden + 1);
    assert_int_equal(check_bytes(&pair, NULL, &report, &why), INVALID);
    assert_non_null(strstr(why.text, "subsamples have"));
    pair_close(&pair);
}

// A traf whose three samples use the entry's key, another one, and none.
static void put_groups(struct box_writer *writer)
{
    static const uint8_t other_id[KEY_ID_BYTES] = {9};
    full_box_begin(writer, BOX_TYPE('s', 'g', 'p', 'd'), 1, 0);
    put_u32(writer, BOX_TYPE('s', 'e', 'i', 'g'));
    put_u32(writer, 20);
    put_u32(writer, 2);
    put_bytes(writer, (struct slice){(const uint8_t *)"\0\x19\1\x8", 4});
    put_bytes(writer, (struct slice){other_id, KEY_ID_BYTES});
    put_zeros(writer, 20); // not protected
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 'b', 'g', 'p'), 0, 0);
    put_u32(writer, BOX_TYPE('s', 'e', 'i', 'g'));
    put_u32(writer, 3);
    for (uint32_t i = 0; i < 3; i++) {
        put_u32(writer, 1);
        put_u32(writer, i == 0 ? 0 : 0x10000 + i);
    }
    box_end(writer);
}

static void put_traf(struct buffer *out)
{
    struct why why = {""};
    struct box_writer writer = box_writer_init(out, &why);
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'f'));
    put_groups(&writer);
    full_box_begin(&writer, BOX_TYPE('s', 'e', 'n', 'c'), 0, 2);
    put_u32(&writer, 3);
    for (uint8_t i = 0; i < 3; i++) {
        if (i < 2) put_bytes(&writer, (struct slice){(const uint8_t[8]){i + 1}, 8});
        put_u16(&writer, 1);
        put_u16(&writer, 4);
        put_u32(&writer, 96);
    }
    box_end(&writer);
    box_end(&writer);
    assert_int_equal(writer.result, OK);
}

static const struct encryption_facts counter_facts = {
    .is_protected = true, .encryption = {.scheme = SCHEME_CENC, .sample_iv_bytes = 8}};

static void sample_groups_change_the_key_or_take_it_away(void **state)
{
    autobuffer bytes = buffer_init(1024);
    struct traf_protection place;
    struct sample_protection sample;
    struct box traf;
    put_traf(&bytes);
    struct box_walk walk = box_walk_init(buffer_slice(&bytes), 0);
    assert_int_equal(box_next(&walk, &traf, NULL), OK);
    assert_int_equal(traf_protection_init(&traf, &counter_facts, &place, NULL), OK);
    assert_int_equal(traf_protection_next(&place, 100, &sample, NULL), OK);
    assert_true(sample.is_protected);
    assert_int_equal(sample.encryption.key_id.bytes[0], 0);
    assert_int_equal(sample.iv[0], 1);
    assert_int_equal(sample.subsamples[0].protected_bytes, 96);
    assert_int_equal(traf_protection_next(&place, 100, &sample, NULL), OK);
    assert_int_equal(sample.encryption.key_id.bytes[0], 9);
    assert_int_equal(sample.encryption.skip_blocks, 9);
    assert_int_equal(sample.encryption.scheme, SCHEME_CENC);
    assert_int_equal(sample.iv[0], 2);
    assert_int_equal(traf_protection_next(&place, 100, &sample, NULL), OK);
    assert_false(sample.is_protected);
    assert_int_equal(traf_protection_next(&place, 100, &sample, NULL), INVALID);
}

static void subsamples_that_do_not_fit_their_sample_are_refused(void **state)
{
    autobuffer bytes = buffer_init(1024);
    struct traf_protection place;
    struct sample_protection sample;
    struct why why = {""};
    struct box traf;
    put_traf(&bytes);
    struct box_walk walk = box_walk_init(buffer_slice(&bytes), 0);
    assert_int_equal(box_next(&walk, &traf, NULL), OK);
    assert_int_equal(traf_protection_init(&traf, &counter_facts, &place, NULL), OK);
    assert_int_equal(traf_protection_next(&place, 99, &sample, &why), INVALID);
    assert_non_null(strstr(why.text, "100"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_of_our_packages_decrypts_to_what_it_was),
        cmocka_unit_test(a_decrypted_and_stripped_file_is_a_clear_one),
        cmocka_unit_test(our_packages_pass_the_check_with_and_without_their_key),
        cmocka_unit_test(encrypted_headers_and_wrong_sums_are_found),
        cmocka_unit_test(sample_groups_change_the_key_or_take_it_away),
        cmocka_unit_test(subsamples_that_do_not_fit_their_sample_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
