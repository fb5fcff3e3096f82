// SPDX-License-Identifier: Apache-2.0
#include "studio/plan.h"

#include "base/file.h"
#include "store/blob_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct plan_track en = {.source = "masters/m", .stream = 1, .language = "en"};
static const struct plan_track es = {
    .source = "masters/m", .stream = 2, .language = "es", .role = ROLE_DUB};
static const struct plan_track description = {
    .source = "masters/d", .is_sidecar = true, .language = "en", .role = ROLE_DESCRIPTION};

// 490 frames at 24000/1001: ten segments of 48 and one of 10, four to a chunk.
static struct master_facts facts_of(void)
{
    struct master_facts facts = {
        .container = "mov", .size_bytes = 1000, .duration = {490 * 1001, 24000}, .track_count = 1};
    facts.video = (struct master_video){.rate = {24000, 1001},
                                        .frame_count = 490,
                                        .start = {0, 24000},
                                        .packets = 490,
                                        .width = 1280,
                                        .height = 720,
                                        .sar_width = 1,
                                        .sar_height = 1,
                                        .bit_depth = 10};
    (void)snprintf(facts.video.pixel_format, MASTER_NAME_BYTES, "yuv422p10le");
    facts.tracks[0] = (struct master_track){.kind = TRACK_VIDEO,
                                            .codec = "prores",
                                            .language = "und",
                                            .start = {0, 24000},
                                            .duration = {490 * 1001, 24000},
                                            .decodable = true};
    return facts;
}

static struct plan *plan_of(const struct master_facts *facts, const char *ladder_name,
                            const struct plan_track *audio, size_t audio_count, const char *encoder)
{
    static const struct plan_track text[] = {
        {.source = "masters/t", .is_sidecar = true, .language = "en", .role = ROLE_CAPTION},
        {.source = "masters/u", .is_sidecar = true, .language = "en", .role = ROLE_SUBTITLE},
    };
    struct ladder ladder;
    struct why why = {""};
    struct plan *plan = calloc(1, sizeof *plan);
    assert_non_null(plan);
    assert_int_equal(ladder_find(ladder_name, &ladder, NULL), OK);
    const struct plan_inputs inputs = {.title_id = "film-1",
                                       .master = "masters/m",
                                       .facts = facts,
                                       .ladder = &ladder,
                                       .audio = audio,
                                       .text = text,
                                       .audio_count = audio_count,
                                       .text_count = 2,
                                       .poster = "",
                                       .encoder = encoder};
    if (plan_make(&inputs, plan, &why) != OK) fail_msg("%s", why.text);
    return plan;
}

static struct plan *usual_plan(void)
{
    const struct master_facts facts = facts_of();
    const struct plan_track audio[] = {en, es, description, en};
    return plan_of(&facts, "demo", audio, 4, "x264 r1");
}

static void a_plan_has_a_grid_a_ladder_names_and_a_storyboard(void **state)
{
    (void)state;
    struct plan *plan = usual_plan();
    assert_int_equal(plan->grid.segment_frames, 48);
    assert_int_equal(plan_chunk_count(plan), 3);
    assert_int_equal(plan->ladder.count, 3); // 1080p would enlarge
    assert_string_equal(plan->audio[0].name, "a-en");
    assert_string_equal(plan->audio[1].name, "a-es");
    assert_string_equal(plan->audio[2].name, "a-en-ad");
    assert_string_equal(plan->audio[3].name, "a-en-2");
    assert_string_equal(plan->text[0].name, "t-en-sdh");
    assert_string_equal(plan->text[1].name, "t-en");
    assert_int_equal(plan->images.tile_width, 240);
    assert_int_equal(plan->images.tile_height, 134);
    assert_int_equal(plan->images.sheet_count, 1);
    assert_int_equal(plan->images.interval_ms, 2000);
    assert_int_equal(strlen(plan->id), 16);
    free(plan);
}

static void a_track_gets_the_forms_of_sound_that_its_channels_allow(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum sound_codec codec;
        uint32_t channels;
        enum track_role role;
    } expected[] = {
        {"a-en", SOUND_AAC, 2, ROLE_MAIN},
        {"a-en-51", SOUND_AAC, 6, ROLE_MAIN},
        {"a-en-ec3", SOUND_EAC3, 6, ROLE_MAIN},
        {"a-en-dialogue", SOUND_AAC, 2, ROLE_ENHANCED_DIALOGUE},
        {"a-es", SOUND_AAC, 2, ROLE_DUB}, // brings a dialogue mix of its own
        {"a-es-51", SOUND_AAC, 6, ROLE_DUB},
        {"a-es-ec3", SOUND_EAC3, 6, ROLE_DUB},
        {"a-es-dialogue", SOUND_AAC, 2, ROLE_ENHANCED_DIALOGUE},
        {"a-en-ad", SOUND_AAC, 2, ROLE_DESCRIPTION},
        {"a-en-ad-51", SOUND_AAC, 6, ROLE_DESCRIPTION},
        {"a-en-ad-ec3", SOUND_EAC3, 6, ROLE_DESCRIPTION},
    };
    const struct master_facts facts = facts_of();
    struct plan_track audio[] = {en, es, es, description};
    for (size_t i = 0; i < 4; i++) {
        audio[i].source_channels = i == 2 ? 2 : 6;
        audio[i].has_centre = i != 2;
    }
    audio[1].role = ROLE_DUB;
    audio[2].role = ROLE_ENHANCED_DIALOGUE;
    struct plan *plan = plan_of(&facts, "demo", audio, 4, "x264 r1");
    assert_int_equal(plan->audio_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < plan->audio_count; i++) {
        assert_string_equal(plan->audio[i].name, expected[i].name);
        assert_int_equal(plan->audio[i].codec, expected[i].codec);
        assert_int_equal(plan->audio[i].channels, expected[i].channels);
        assert_int_equal(plan->audio[i].role, expected[i].role);
    }
    assert_int_equal(plan->audio[3].mix, MIX_DIALOGUE);
    assert_int_equal(plan->audio[7].mix, MIX_PLAIN);
    free(plan);
}

static void long_titles_get_larger_sheets_before_rarer_thumbnails(void **state)
{
    (void)state;
    static const struct {
        uint64_t hours;
        uint32_t columns, interval_ms;
    } cases[] = {{1, 10, 2000}, {3, 10, 2000}, {4, 10, 4000}, {20, 10, 12000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct master_facts facts = facts_of();
        facts.video.frame_count = cases[i].hours * 3600 * 24000 / 1001;
        facts.duration.ticks = (int64_t)facts.video.frame_count * 1001;
        struct plan *plan = plan_of(&facts, "demo", NULL, 0, "x");
        assert_int_equal(plan->images.columns, cases[i].columns);
        assert_int_equal(plan->images.interval_ms, cases[i].interval_ms);
        assert_true(plan->images.sheet_count <= PLAN_SHEETS_MAX);
        free(plan);
    }
}

static void the_id_is_the_same_for_the_same_and_another_for_anything_else(void **state)
{
    (void)state;
    struct master_facts facts = facts_of();
    const struct plan_track audio[] = {en, es};
    struct plan *plans[7];
    plans[0] = plan_of(&facts, "demo", audio, 2, "x264 r1");
    plans[1] = plan_of(&facts, "demo", audio, 2, "x264 r1");
    assert_string_equal(plans[0]->id, plans[1]->id);
    plans[2] = plan_of(&facts, "mission", audio, 2, "x264 r1");
    plans[3] = plan_of(&facts, "demo", audio, 1, "x264 r1");
    plans[4] = plan_of(&facts, "demo", audio, 2, "x264 r2");
    facts.video.frame_count--;
    plans[5] = plan_of(&facts, "demo", audio, 2, "x264 r1");
    struct plan_track other[] = {en, es};
    (void)snprintf(other[1].source, sizeof other[1].source, "masters/other");
    facts.video.frame_count++;
    plans[6] = plan_of(&facts, "demo", other, 2, "x264 r1");
    for (size_t i = 2; i < 7; i++)
        for (size_t j = 0; j < i; j++)
            if (j != 1) assert_string_not_equal(plans[i]->id, plans[j]->id);
    for (size_t i = 0; i < 7; i++)
        free(plans[i]);
}

static void a_plan_survives_being_written_and_read(void **state)
{
    (void)state;
    struct plan *plan = usual_plan(), *read = calloc(1, sizeof *read);
    assert_non_null(read);
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX), again = buffer_init(PLAN_JSON_BYTES_MAX);
    struct why why = {""};
    assert_int_equal(plan_format(plan, &text, NULL), OK);
    if (plan_parse(buffer_slice(&text), read, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(plan_format(read, &again, NULL), OK);
    assert_true(slice_equal(buffer_slice(&text), buffer_slice(&again)));
    assert_string_equal(read->id, plan->id);
    assert_int_equal(read->audio[2].is_sidecar, true);
    assert_int_equal(read->text[0].role, ROLE_CAPTION);
    // cut off anywhere, or with a zero where a number must be, it is refused and not believed
    for (size_t len = 0; len < text.len; len += 7)
        assert_int_not_equal(plan_parse(slice_part(buffer_slice(&text), 0, len), read, NULL), OK);
    static const char *const needed[] = {"\"grid.segment_frames\":", "\"grid.chunk_segments\":"};
    for (size_t i = 0; i < 2; i++) {
        char *copy = strndup((const char *)text.at, text.len);
        char *at = strstr(copy, needed[i]);
        assert_non_null(at);
        at += strlen(needed[i]);
        *at = '0';
        for (at++; *at >= '0' && *at <= '9'; at++)
            *at = ' ';
        assert_int_not_equal(plan_parse(slice_of(copy), read, NULL), OK);
        free(copy);
    }
    free(plan);
    free(read);
}

static void jobs_and_their_ids_and_numbers_belong_together(void **state)
{
    (void)state;
    struct plan *plan = usual_plan();
    assert_int_equal(plan_job_count(plan), 3 * 3 + 4 + 2 + 2);
    for (size_t i = 0; i < plan_job_count(plan); i++) {
        const struct job job = plan_job_at(plan, i);
        struct job parsed;
        char id[PLAN_KEY_BYTES], output[PLAN_KEY_BYTES], group[QUEUE_GROUP_BYTES];
        assert_int_equal(plan_job_index(plan, &job), i);
        job_id(plan, &job, id);
        job_output(plan, &job, 0, output);
        job_group(plan, &job, group);
        assert_int_equal(job_parse(plan, id, &parsed, NULL), OK);
        assert_memory_equal(&parsed, &job, sizeof job);
        assert_int_equal(strncmp(output, "work/", 5), 0);
        assert_int_equal(strncmp(output + 5, id, strlen(id)), 0);
        assert_int_equal(blob_key_check(output, NULL), OK);
        struct job_texts texts;
        const struct queue_job queued = job_queued(plan, &job, JOB_FIRST_TRY, 0, &texts);
        assert_string_equal(queued.id, id);
        assert_string_equal(queued.group, group);
        assert_true(queued.cost >= 1 && queued.needs.memory_mib >= 256);
        assert_int_equal(queue_job_check(&queued, NULL), OK);
        assert_int_equal(group[0] != '\0', job.kind == JOB_VIDEO);
    }
    char expected[PLAN_KEY_BYTES], id[PLAN_KEY_BYTES];
    const struct job fifth = plan_job_at(plan, 5);
    (void)snprintf(expected, sizeof expected, "film-1/%s/v-270p/000001", plan->id);
    job_id(plan, &fifth, id);
    assert_string_equal(id, expected);
    static const char *const strange[] = {"", "x", "film-1/0/v-720p/000000", "a/b/c/d"};
    struct job job;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(job_parse(plan, strange[i], &job, NULL), INVALID);
    (void)snprintf(id, sizeof id, "film-1/%s/v-720p/000003", plan->id); // there are only three
    assert_int_equal(job_parse(plan, id, &job, NULL), INVALID);
    free(plan);
}

static void retakes_are_jobs_of_their_own_behind_all_others(void **state)
{
    (void)state;
    struct plan *plan = usual_plan(), *read = calloc(1, sizeof *read);
    assert_non_null(read);
    plan->retakes[0] = (struct retake){1, 2, 1, RETAKE_BUCKET, 230, 410};
    plan->retakes[1] = (struct retake){1, 2, 2, RETAKE_BUCKET, 245, 410};
    const size_t first = plan_first_job_count(plan);
    char before[PLAN_KEY_BYTES], key[PLAN_KEY_BYTES], id[PLAN_KEY_BYTES], group[QUEUE_GROUP_BYTES];
    plan_key(plan, before);
    plan->retake_count = 2;
    plan_key(plan, key);
    assert_string_not_equal(key, before);
    assert_int_equal(plan_job_count(plan), first + 2);
    const struct job job = plan_job_at(plan, first + 1);
    struct job parsed;
    job_id(plan, &job, id);
    job_group(plan, &job, group);
    assert_non_null(strstr(id, "/v-480p/000002-2"));
    assert_non_null(strstr(group, "/000002-2"));
    assert_int_equal(job_parse(plan, id, &parsed, NULL), OK);
    assert_memory_equal(&parsed, &job, sizeof job);
    assert_int_equal(plan_job_index(plan, &job), first + 1);
    assert_int_equal(plan_retake(plan, &job)->crf_tenths, 245);
    assert_int_equal(plan_last_take(plan, 1, 2), 2);
    assert_int_equal(plan_last_take(plan, 1, 1), 0);
    job_output(plan, &job, 0, key);
    assert_non_null(strstr(key, "/v-480p/000002-2.mp4"));
    job_output(plan, &job, CHUNK_NOTE_OUTPUT, key);
    assert_non_null(strstr(key, "/v-480p/000002-2.json"));
    id[strlen(id) - 1] = '3';
    assert_int_equal(job_parse(plan, id, &parsed, NULL), INVALID);

    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    assert_int_equal(plan_format(plan, &text, NULL), OK);
    assert_int_equal(plan_parse(buffer_slice(&text), read, NULL), OK);
    assert_int_equal(read->retake_count, 2);
    assert_memory_equal(read->retakes, plan->retakes, 2 * sizeof plan->retakes[0]);
    text.len = 0;
    plan->retakes[1].chunk = 3; // there are only three
    assert_int_equal(plan_format(plan, &text, NULL), OK);
    assert_int_equal(plan_parse(buffer_slice(&text), read, NULL), INVALID);
    free(plan);
    free(read);
}

static void every_job_is_pushed_once_and_the_longest_first(void **state)
{
    (void)state;
    struct plan *plan = calloc(1, sizeof *plan);
    uint8_t seen[64] = {0};
    assert_non_null(plan);
    plan->grid = (struct grid){{24, 1}, 48, 4};
    plan->facts.video.frame_count = 24 * 40; // 5 chunks
    plan->ladder.count = 5;
    for (size_t i = 0; i < 5; i++)
        plan->ladder.rungs[i].range = i < 2 ? RUNG_HDR : RUNG_SDR;
    plan->audio_count = 2;
    const size_t count = plan_job_count(plan), others = count - 25;
    size_t hdr = 0;
    for (size_t position = 0; position < count; position++) {
        const size_t index = plan_push_order(plan, position);
        assert_true(index < count && seen[index]++ == 0);
        const struct job job = plan_job_at(plan, index);
        assert_int_equal(job.kind == JOB_VIDEO, position >= others);
        if (position < others) continue;
        const bool is_hdr = plan->ladder.rungs[job.track].range == RUNG_HDR;
        assert_int_equal(is_hdr, position < others + 10);
        hdr += is_hdr;
    }
    assert_int_equal(hdr, 10);
    free(plan);
}

static void a_job_is_done_when_its_last_output_stands(void **state)
{
    (void)state;
    char folder[] = "/tmp/primrose-plan-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct blob_store *blobs;
    assert_int_equal(blob_folder_open(folder, clock_system(), &blobs, NULL), OK);
    struct plan *plan = usual_plan();
    plan->images.sheet_count = 3;
    const struct job job = {.kind = JOB_STORYBOARD};
    for (uint32_t i = 0; i < 3; i++) {
        bool is_done = true;
        char key[PLAN_KEY_BYTES];
        assert_int_equal(job_is_done(blobs, plan, &job, &is_done, NULL), OK);
        assert_false(is_done);
        job_output(plan, &job, i, key);
        assert_int_equal(blob_put(blobs, key, slice_of("jpeg"), NULL), OK);
    }
    bool is_done = false;
    assert_int_equal(job_is_done(blobs, plan, &job, &is_done, NULL), OK);
    assert_true(is_done);
    free(plan);
    blob_store_close(&blobs);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_has_a_grid_a_ladder_names_and_a_storyboard),
        cmocka_unit_test(a_track_gets_the_forms_of_sound_that_its_channels_allow),
        cmocka_unit_test(long_titles_get_larger_sheets_before_rarer_thumbnails),
        cmocka_unit_test(the_id_is_the_same_for_the_same_and_another_for_anything_else),
        cmocka_unit_test(a_plan_survives_being_written_and_read),
        cmocka_unit_test(jobs_and_their_ids_and_numbers_belong_together),
        cmocka_unit_test(retakes_are_jobs_of_their_own_behind_all_others),
        cmocka_unit_test(every_job_is_pushed_once_and_the_longest_first),
        cmocka_unit_test(a_job_is_done_when_its_last_output_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
