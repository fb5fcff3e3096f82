// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include "conformance_encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_slice_or_sei(uint8_t head)
{
    const uint8_t type = head >> 1 & 0x3f;
    return type <= 21 || type == 39 || type == 40;
}

static void judge(const struct encoded_sample *sample)
{
    conformance_nal_units(sample, is_slice_or_sei);
}

static const struct encoder_case the_case = {
    .ops = &encoder_x265,
    .preset = "ultrafast",
    .crf_tenths = 230,
    .fine_tenths = 100,
    .counts_quality = false,
    .holds_cap_in_bucket = true,
    .judge = judge,
};

static void it_owes_what_every_encoder_owes(void **state)
{
    (void)state;
    conformance_encoder(&the_case);
}

// Rows are coded side by side, and the cap has rate control look at each of them: whoever is first,
// the bytes are the same.
static void rows_side_by_side_under_a_tight_cap_give_the_same_bytes(void **state)
{
    (void)state;
    struct encoder_settings large = conformance_settings(&the_case);
    large.width = 640;
    large.height = 352;
    large.crf_tenths = the_case.fine_tenths;
    large.maxrate_bps = large.bufsize_bits = 1500000;
    struct encoder_run *first = conformance_encode(&the_case, &large, 0, 16);
    for (int i = 0; i < 4; i++) {
        struct encoder_run *again = conformance_encode(&the_case, &large, 0, 16);
        assert_int_equal(first->count, again->count);
        assert_memory_equal(first->hashes, again->hashes, first->count * sizeof first->hashes[0]);
        free(again);
    }
    free(first);
}

static bool config_has(const struct encoder *encoder, uint8_t kind)
{
    const uint8_t *at = encoder->config.at + 23;
    for (uint8_t arrays = encoder->config.at[22]; arrays > 0; arrays--) {
        if ((at[0] & 0x3f) == kind) return true;
        uint16_t units = read_u16be(at + 1);
        for (at += 3; units > 0; units--)
            at += 2 + read_u16be(at);
    }
    return false;
}

static void the_config_says_main_10_and_has_every_parameter_set(void **state)
{
    (void)state;
    const struct encoder_settings settings = conformance_settings(&the_case);
    struct encoder *encoder = NULL;
    assert_int_equal(encoder_x265.open(&settings, &encoder, NULL), OK);
    const uint8_t *config = encoder->config.at;
    assert_int_equal(config[0], 1);
    assert_int_equal(config[1], 2); // Main 10, Main tier, no profile space
    assert_int_equal(config[16] & 3, 1);
    assert_int_equal(config[17] & 7, 2); // ten bits
    assert_int_equal(config[18] & 7, 2);
    assert_int_equal(config[21] & 3, 3);
    assert_true(config_has(encoder, 32) && config_has(encoder, 33) && config_has(encoder, 34));
    assert_false(config_has(encoder, 39));
    encoder_close(&encoder);
}

static void hdr_metadata_goes_into_the_config(void **state)
{
    (void)state;
    const struct encoder_settings hdr = conformance_hdr_settings(&the_case);
    struct encoder *encoder = NULL;
    assert_int_equal(encoder_x265.open(&hdr, &encoder, NULL), OK);
    assert_true(config_has(encoder, 39));
    // SEI 137 (mastering display), 24 bytes: green first.
    static const uint8_t display[] = {137, 24, 0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8};
    assert_non_null(memmem(encoder->config.at, encoder->config.len, display, sizeof display));
    static const uint8_t light[] = {144, 4, 0x03, 0xe8, 0x01, 0x90};
    assert_non_null(memmem(encoder->config.at, encoder->config.len, light, sizeof light));
    encoder_close(&encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_owes_what_every_encoder_owes),
        cmocka_unit_test(rows_side_by_side_under_a_tight_cap_give_the_same_bytes),
        cmocka_unit_test(the_config_says_main_10_and_has_every_parameter_set),
        cmocka_unit_test(hdr_metadata_goes_into_the_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
