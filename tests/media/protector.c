// SPDX-License-Identifier: Apache-2.0
#include "media/protector.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KEY "a1a2a3a4a5a6a7a8a9aaabacadaeafb0:00112233445566778899aabbccddeeff"

static const struct stream sound = {
    .kind = TRACK_AUDIO, .codec = CODEC_AAC, .timescale = 48000, .audio = {48000, 2, 0}};
static const struct sample samples[] = {{.size = 40}, {.size = 16}};
enum { SAMPLES = 2, MEDIA = 56 };

static struct protector *open_sound(enum cenc_scheme scheme, struct key_set *keys)
{
    struct protector *made;
    assert_int_equal(key_set_add(keys, KEY, NULL), OK);
    const struct protection_order order = {.scheme = scheme, .keys = keys};
    assert_int_equal(protector_open(&sound, &order, &made, NULL), OK);
    return made;
}

static void sound_in_cbcs_needs_no_words_per_sample(void **state)
{
    autokeys keys = {.count = 0};
    struct protector *protector = open_sound(SCHEME_CBCS, &keys);
    uint8_t media[MEDIA] = {0};
    struct fragment_protection told;
    assert_int_equal(protector_segment(protector, PROTECT, samples, SAMPLES, media, &told, NULL),
                     OK);
    assert_int_equal(told.sizes.len, 0);
    static const uint8_t zero[8];
    assert_memory_not_equal(media, zero, 8);
    assert_memory_equal(media + 32, zero, 8); // half a block at the end of the first sample
    protector_close(&protector);
}

static void sound_in_cenc_tells_an_iv_per_sample(void **state)
{
    autokeys keys = {.count = 0};
    struct protector *protector = open_sound(SCHEME_CENC, &keys);
    uint8_t media[MEDIA] = {0};
    struct fragment_protection told;
    struct why why = {""};
    assert_int_equal(protector_segment(protector, PROTECT, samples, SAMPLES, media, &told, NULL),
                     OK);
    assert_int_equal(told.sizes.len, SAMPLES);
    assert_int_equal(told.sizes.at[0], 8);
    assert_false(told.has_subsamples);
    assert_int_equal(read_u64be(told.entries.at) + 1, read_u64be(told.entries.at + 8));
    assert_memory_not_equal(media, media + 40, 8); // zeros under two counters

    autobuffer out = buffer_init(4096);
    struct box_writer boxes = box_writer_init(&out, &why);
    put_zeros(&boxes, 100); // whatever stands before the boxes in moof
    fragment_protection_put(&boxes, &told, SAMPLES, 0);
    assert_int_equal(box_writer_end(&boxes), OK);
    const uint8_t *saio = out.at + 100 + 17;
    assert_memory_equal(saio + 4, "saio", 4);
    const uint32_t at = read_u32be(saio + 16);
    assert_memory_equal(out.at + at, told.entries.at, told.entries.len);
    assert_memory_equal(out.at + at - 12, "senc", 4);
    protector_close(&protector);
}

static void a_clear_lead_changes_nothing(void **state)
{
    autokeys keys = {.count = 0};
    struct protector *protector = open_sound(SCHEME_CBCS, &keys);
    static const uint8_t zero[MEDIA];
    uint8_t media[MEDIA] = {0};
    struct fragment_protection told;
    assert_int_equal(
        protector_segment(protector, LEAVE_CLEAR, samples, SAMPLES, media, &told, NULL), OK);
    assert_true(told.is_clear);
    assert_memory_equal(media, zero, MEDIA);
    protector_close(&protector);
}

static void a_class_without_a_key_is_refused_by_name(void **state)
{
    autokeys keys = {.count = 0};
    struct why why = {""};
    struct protector *protector;
    assert_int_equal(key_set_add(&keys, KEY ":hd", NULL), OK);
    const struct protection_order order = {.scheme = SCHEME_CBCS, .keys = &keys};
    assert_int_equal(protector_open(&sound, &order, &protector, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "audio"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_in_cbcs_needs_no_words_per_sample),
        cmocka_unit_test(sound_in_cenc_tells_an_iv_per_sample),
        cmocka_unit_test(a_clear_lead_changes_nothing),
        cmocka_unit_test(a_class_without_a_key_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
