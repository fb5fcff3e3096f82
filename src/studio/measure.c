// SPDX-License-Identifier: Apache-2.0
#include "studio/measure.h"

#include "base/record.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const span_words[SPAN_KIND_COUNT] = {"black",    "freeze", "silence",
                                                        "clipping", "damage", "gap"};

static const struct record_member span_members[] = {
    RECORD_WORD(struct measure_span, kind, span_words),
    RECORD_U32(struct measure_span, track),
    RECORD_I64(struct measure_span, start_ms),
    RECORD_I64(struct measure_span, end_ms),
    RECORD_U64(struct measure_span, count),
};
static const struct record_member audio_members[] = {
    RECORD_U32(struct measure_audio, track),      RECORD_U64(struct measure_audio, samples),
    RECORD_I64(struct measure_audio, integrated), RECORD_I64(struct measure_audio, range),
    RECORD_I64(struct measure_audio, true_peak),  RECORD_I64(struct measure_audio, dialogue),
    RECORD_U64(struct measure_audio, spoken_ms),
};
static const struct record_member members[] = {
    RECORD_U64(struct measurement, frames),
    RECORD_U64(struct measurement, moving),
    RECORD_U64(struct measurement, combed),
    RECORD_U64(struct measurement, repeated),
    RECORD_BOOL(struct measurement, is_seen),
    RECORD_BOOL(struct measurement, is_transport),
    RECORD_U64(struct measurement, continuity_errors),
    RECORD_U64(struct measurement, scrambled),
    RECORD_BOOL(struct measurement, is_cut),
};
static const struct record span_record = RECORD("a span", span_members);
static const struct record audio_record = RECORD("an audio measurement", audio_members);
static const struct record measurement_record = RECORD("a measurement", members);

const char *span_word(enum span_kind kind)
{
    assert(kind < SPAN_KIND_COUNT);
    return span_words[kind];
}

void measure_add(struct measurement *measurement, struct measure_span span)
{
    measurement->span_counts[span.kind]++;
    if (measurement->span_count < MEASURE_SPANS_MAX)
        measurement->spans[measurement->span_count++] = span;
}

static outcome no_memory(struct why *why)
{
    return fail(why, NO_MEMORY, "no memory for a measurement");
}

static outcome put_counts(json_t *object, const char *key, const uint64_t *counts, size_t count,
                          struct why *why)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_integer((json_int_t)counts[i])) != 0) {
            json_decref(list);
            return no_memory(why);
        }
    return json_object_set_new(object, key, list) == 0 ? OK : no_memory(why);
}

static outcome take_counts(const json_t *object, const char *key, uint64_t *counts, size_t count,
                           struct why *why)
{
    json_t *list = NULL;
    TRY(json_array_of(object, "a measurement", key, &list, why));
    if (json_array_size(list) != count)
        return fail(why, INVALID, "%s of a measurement has %zu numbers, not %zu", key,
                    json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(list, i);
        if (!json_is_integer(number) || json_integer_value(number) < 0)
            return fail(why, INVALID, "%s of a measurement is not of numbers", key);
        counts[i] = (uint64_t)json_integer_value(number);
    }
    return OK;
}

// Items of one record each, in a list.
static outcome put_list(json_t *object, const char *key, const struct record *record,
                        const void *items, size_t item_bytes, size_t count, struct why *why)
{
    autojson *list = json_array();
    for (size_t i = 0; i < count; i++) {
        autojson *item = json_object();
        TRY(record_format(record, (const char *)items + i * item_bytes, item, why));
        if (json_array_append(list, item) != 0) return no_memory(why);
    }
    return json_object_set(object, key, list) == 0 ? OK : no_memory(why);
}

static outcome take_list(const json_t *object, const char *key, const struct record *record,
                         void *items, size_t item_bytes, size_t room, uint64_t *count,
                         struct why *why)
{
    json_t *list = NULL;
    TRY(json_array_of(object, "a measurement", key, &list, why));
    if (json_array_size(list) > room)
        return fail(why, INVALID, "a measurement has more than %zu %s", room, key);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(record_parse(record, json_array_get(list, i), (char *)items + i * item_bytes, why));
    *count = json_array_size(list);
    return OK;
}

outcome measurement_format(const struct measurement *measurement, json_t **out, struct why *why)
{
    const struct measurement *m = measurement;
    autojson *object = json_object();
    TRY(record_format(&measurement_record, m, object, why));
    TRY(put_counts(object, "span_counts", m->span_counts, SPAN_KIND_COUNT, why));
    TRY(put_counts(object, "moving_by_phase", m->moving_by_phase, MEASURE_PHASES, why));
    TRY(put_counts(object, "combed_by_phase", m->combed_by_phase, MEASURE_PHASES, why));
    TRY(put_counts(object, "repeated_by_phase", m->repeated_by_phase, MEASURE_PHASES, why));
    TRY(put_list(object, "spans", &span_record, m->spans, sizeof m->spans[0], m->span_count, why));
    TRY(put_list(object, "audio", &audio_record, m->audio, sizeof m->audio[0], m->audio_count,
                 why));
    *out = json_incref(object);
    return OK;
}

outcome measurement_parse(const json_t *json, struct measurement *out, struct why *why)
{
    struct measurement *m = out;
    memset(m, 0, sizeof *m);
    TRY(record_parse(&measurement_record, json, m, why));
    TRY(take_counts(json, "span_counts", m->span_counts, SPAN_KIND_COUNT, why));
    TRY(take_counts(json, "moving_by_phase", m->moving_by_phase, MEASURE_PHASES, why));
    TRY(take_counts(json, "combed_by_phase", m->combed_by_phase, MEASURE_PHASES, why));
    TRY(take_counts(json, "repeated_by_phase", m->repeated_by_phase, MEASURE_PHASES, why));
    TRY(take_list(json, "spans", &span_record, m->spans, sizeof m->spans[0], MEASURE_SPANS_MAX,
                  &m->span_count, why));
    return take_list(json, "audio", &audio_record, m->audio, sizeof m->audio[0], MEASURE_AUDIO_MAX,
                     &m->audio_count, why);
}
