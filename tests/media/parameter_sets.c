// SPDX-License-Identifier: Apache-2.0
#include "media/parameter_sets.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

typedef outcome reader(struct slice config, struct sequence_facts *facts, struct why *why);

static struct sequence_facts read_hex(reader *read, const char *hex)
{
    uint8_t config[256];
    const size_t len = strlen(hex) / 2;
    struct sequence_facts facts = {.sar_width = 7, .sar_height = 5};
    assert_int_equal(slice_hex(slice_of(hex), config, len, NULL), OK);
    assert_int_equal(read((struct slice){config, len}, &facts, NULL), OK);
    return facts;
}

// Configurations that x264, x265 and a telephone wrote.
static const char avc_square[] =
    "01640028ffe1002567640028acb200f0044fcbffffffffffb501010130100004ac4a000095895149803c60c92001"
    "000568ebccb22cfdf8f800";
static const char avc_1080[] =
    "01640034ffe1001367640034acb402202df2f2901010106d0a135001000568ee06f2c0";
static const char hevc_hlg[] =
    "01022000000000000000000099f000fcfdfafa00000303a00001001840010c01ffff02200000030000030000030000"
    "0300992c09a10001002842010102200000030000030000030000030099a003c0801107cada2d2bb04bb9a8489048"
    "15c50a40a20001000a4401c06670c8640cc640";

static void reads_shape_and_colour_of_real_streams(void **state)
{
    (void)state;
    const struct sequence_facts square = read_hex(avc_sequence_facts, avc_square);
    assert_int_equal(square.sar_width, square.sar_height);
    const struct sequence_facts plain = read_hex(avc_sequence_facts, avc_1080);
    assert_true(plain.sar_width == 7 || plain.sar_width == 1); // left alone where it is silent
    const struct sequence_facts hlg = read_hex(hevc_sequence_facts, hevc_hlg);
    assert_true(hlg.has_colour);
    assert_int_equal(hlg.colour.primaries, 9);
    assert_int_equal(hlg.colour.transfer, 18);
    assert_int_equal(hlg.colour.matrix, 9);
}

static void a_configuration_without_sets_leaves_all_open(void **state)
{
    (void)state;
    const struct sequence_facts avc = read_hex(avc_sequence_facts, "01640028ffe000");
    assert_int_equal(avc.sar_width, 7);
    assert_false(avc.has_colour);
    const struct sequence_facts hevc =
        read_hex(hevc_sequence_facts, "010160000000b0000000000078f000fcfdf8f800000f00");
    assert_int_equal(hevc.sar_height, 5);
}

static void cut_and_changed_sets_are_refused_or_read_without_harm(void **state)
{
    (void)state;
    static const struct {
        reader *read;
        const char *hex;
    } cases[] = {{avc_sequence_facts, avc_square}, {hevc_sequence_facts, hevc_hlg}};
    struct prng prng = prng_init(5);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t config[256];
        const size_t len = strlen(cases[i].hex) / 2;
        assert_int_equal(slice_hex(slice_of(cases[i].hex), config, len, NULL), OK);
        struct sequence_facts facts = {.sar_width = 1, .sar_height = 1};
        assert_int_equal(cases[i].read((struct slice){config, 30}, &facts, NULL), INVALID);
        for (int round = 0; round < 20000; round++) {
            const size_t at = prng_below(&prng, len);
            const uint8_t before = config[at];
            config[at] = (uint8_t)prng_next(&prng);
            (void)!cases[i].read((struct slice){config, len}, &facts, NULL);
            assert_true(facts.sar_width > 0 && facts.sar_height > 0);
            config[at] = before;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_shape_and_colour_of_real_streams),
        cmocka_unit_test(a_configuration_without_sets_leaves_all_open),
        cmocka_unit_test(cut_and_changed_sets_are_refused_or_read_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
