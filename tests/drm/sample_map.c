// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t bytes_of(const char *hex, uint8_t **out)
{
    const size_t len = strlen(hex) / 2;
    *out = malloc(len);
    assert_non_null(*out);
    assert_int_equal(slice_hex(slice_of(hex), *out, len, NULL), OK);
    return len;
}

static struct sample_mapper *open_mapper(const struct vector *vector, enum cenc_scheme scheme)
{
    struct sample_mapper *mapper;
    uint8_t *config;
    const size_t len = bytes_of(vector->config, &config);
    const struct slice bytes = {config, len};
    assert_int_equal(sample_mapper_open(vector->syntax, scheme, bytes, &mapper, NULL), OK);
    free(config);
    return mapper;
}

static void check_ranges(const struct subsample_map *map, const struct vector_range *expected,
                         size_t len)
{
    size_t at = 0, found = 0;
    for (size_t i = 0; i < map->count; i++) {
        at += map->items[i].clear_bytes;
        if (map->items[i].protected_bytes > 0) {
            assert_int_equal(at, expected[found].at);
            assert_int_equal(map->items[i].protected_bytes, expected[found].bytes);
            found++;
        }
        at += map->items[i].protected_bytes;
    }
    assert_int_equal(at, len);
    if (found < VECTOR_RANGES) assert_int_equal(expected[found].bytes, 0);
}

static void map_all(const struct vector *vector, enum cenc_scheme scheme)
{
    automapper *mapper = open_mapper(vector, scheme);
    for (size_t i = 0; i < VECTOR_SAMPLES; i++) {
        uint8_t *sample;
        struct subsample_map map;
        const size_t len = bytes_of(vector->samples[i].bytes, &sample);
        assert_int_equal(sample_map(mapper, (struct slice){sample, len}, &map, NULL), OK);
        check_ranges(
            &map, scheme == SCHEME_CBCS ? vector->samples[i].cbcs : vector->samples[i].cenc, len);
        free(sample);
    }
}

static void ranges_are_those_that_another_packager_makes(void **state)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        map_all(&vectors[i], SCHEME_CBCS);
        map_all(&vectors[i], SCHEME_CENC);
    }
}

// Whatever is cut off or flipped: refused, or a map that covers the sample exactly.
static void feed(struct sample_mapper *mapper, const uint8_t *bytes, size_t len)
{
    struct subsample_map map;
    uint8_t *exact = malloc(len > 0 ? len : 1); // so that a sanitizer sees one byte too far
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    if (sample_map(mapper, (struct slice){exact, len}, &map, NULL) == OK) {
        uint64_t sum = 0;
        for (size_t i = 0; i < map.count; i++)
            sum += (uint64_t)map.items[i].clear_bytes + map.items[i].protected_bytes;
        assert_int_equal(sum, len);
    }
    free(exact);
}

static void damaged_samples_are_refused_or_covered_exactly(void **state)
{
    for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
        automapper *mapper = open_mapper(&vectors[v], SCHEME_CBCS);
        for (size_t i = 0; i < VECTOR_SAMPLES; i++) {
            uint8_t *sample;
            const size_t len = bytes_of(vectors[v].samples[i].bytes, &sample);
            for (size_t cut = 0; cut <= len; cut++)
                feed(mapper, sample, cut);
            for (size_t bit = 0; bit < len * 8; bit++) {
                sample[bit / 8] ^= (uint8_t)(1u << bit % 8);
                feed(mapper, sample, len);
                sample[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            free(sample);
        }
    }
}

static void damaged_configurations_are_refused_or_read(void **state)
{
    for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
        uint8_t *config;
        const size_t len = bytes_of(vectors[v].config, &config);
        for (size_t bit = 0; bit < len * 8; bit++) {
            struct sample_mapper *mapper = NULL;
            const size_t cut = bit % 3 == 0 ? bit / 8 : len;
            config[bit / 8] ^= (uint8_t)(1u << bit % 8);
            const outcome result = sample_mapper_open(vectors[v].syntax, SCHEME_CBCS,
                                                      (struct slice){config, cut}, &mapper, NULL);
            assert_true(result == OK || result == INVALID);
            sample_mapper_close(&mapper);
            config[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        free(config);
    }
}

static void slices_without_their_parameter_sets_are_refused(void **state)
{
    struct subsample_map map;
    struct why why = {""};
    automapper *mapper = NULL;
    static const uint8_t empty_avcc[] = {1, 100, 0, 10, 0xff, 0xe0, 0};
    static const uint8_t slice[] = {0, 0, 0, 4, 0x65, 0x88, 0x84, 0x00};
    assert_int_equal(sample_mapper_open(SYNTAX_AVC, SCHEME_CBCS,
                                        (struct slice){empty_avcc, sizeof empty_avcc}, &mapper,
                                        NULL),
                     OK);
    assert_int_equal(sample_map(mapper, (struct slice){slice, sizeof slice}, &map, &why), INVALID);
    assert_non_null(strstr(why.text, "parameter set"));
}

static void audio_is_protected_whole(void **state)
{
    struct subsample_map map;
    automapper *mapper = NULL;
    static const uint8_t frame[] = {1, 2, 3};
    assert_int_equal(
        sample_mapper_open(SYNTAX_WHOLE, SCHEME_CBCS, (struct slice){NULL, 0}, &mapper, NULL), OK);
    assert_int_equal(sample_map(mapper, (struct slice){frame, sizeof frame}, &map, NULL), OK);
    assert_int_equal(map.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_those_that_another_packager_makes),
        cmocka_unit_test(damaged_samples_are_refused_or_covered_exactly),
        cmocka_unit_test(damaged_configurations_are_refused_or_read),
        cmocka_unit_test(slices_without_their_parameter_sets_are_refused),
        cmocka_unit_test(audio_is_protected_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
