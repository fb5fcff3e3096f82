// SPDX-License-Identifier: Apache-2.0
#include "studio/measure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_measurement_crosses_the_wall_unchanged(void **state)
{
    (void)state;
    struct measurement *m = calloc(1, sizeof *m), *again = calloc(1, sizeof *again);
    m->frames = 100;
    m->combed_by_phase[3] = 7;
    m->is_cut = true;
    m->audio_count = 2;
    m->audio[1] = (struct measure_audio){
        .track = 4, .integrated = -2312, .dialogue = -2700, .spoken_ms = 77000};
    for (int i = 0; i < MEASURE_SPANS_MAX + 5; i++)
        measure_add(m, (struct measure_span){.kind = SPAN_FREEZE, .start_ms = i, .end_ms = i + 1});
    assert_int_equal(m->span_count, MEASURE_SPANS_MAX);
    assert_int_equal(m->span_counts[SPAN_FREEZE], MEASURE_SPANS_MAX + 5);
    autojson *json = NULL;
    autobuffer text = buffer_init(MEASURE_BYTES_MAX);
    assert_int_equal(measurement_format(m, &json, NULL), OK);
    assert_int_equal(json_format(json, &text, NULL), OK); // fits also when it is full
    assert_int_equal(measurement_parse(json, again, NULL), OK);
    assert_memory_equal(m, again, sizeof *m);
    free(m);
    free(again);
}

static void what_cannot_be_a_measurement_is_refused(void **state)
{
    (void)state;
    struct measurement *m = calloc(1, sizeof *m);
    autojson *good = NULL;
    assert_int_equal(measurement_format(m, &good, NULL), OK);
    static const char *const keys[] = {"frames", "spans", "audio", "span_counts"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        autojson *bad = json_deep_copy(good);
        (void)json_object_set_new(bad, keys[i], json_string("x"));
        assert_int_equal(measurement_parse(bad, m, NULL), INVALID);
        (void)json_object_del(bad, keys[i]);
        assert_int_equal(measurement_parse(bad, m, NULL), INVALID);
    }
    autojson *many = json_deep_copy(good);
    autojson *list = json_array();
    for (int i = 0; i <= MEASURE_AUDIO_MAX; i++)
        (void)json_array_append_new(list, json_object());
    (void)json_object_set(many, "audio", list);
    assert_int_equal(measurement_parse(many, m, NULL), INVALID);
    assert_int_equal(measurement_parse(NULL, m, NULL), INVALID);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_measurement_crosses_the_wall_unchanged),
        cmocka_unit_test(what_cannot_be_a_measurement_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
