// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct master_facts *some_facts(void)
{
    struct master_facts *facts = calloc(1, sizeof *facts);
    assert_non_null(facts);
    facts->track_count = 1;
    facts->duration = (struct media_time){2002, 1000};
    facts->video = (struct master_video){
        .rate = {24000, 1001}, .frame_count = 48, .start = {0, 90000}, .width = 640, .height = 360};
    return facts;
}

// Writes a request and reads it as the other side does; descriptors get numbers from 100 on there.
static struct request *there(const struct request *request)
{
    autobuffer message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    int fds[CHANNEL_FDS_MAX];
    size_t count = 0;
    struct why why = {""};
    if (request_format(request, &message, fds, &count, &why) != OK) fail_msg("%s", why.text);
    for (size_t i = 0; i < count; i++)
        fds[i] += 100;
    struct request *got = calloc(1, sizeof *got);
    assert_non_null(got);
    if (request_parse(buffer_slice(&message), fds, count, got, &why) != OK)
        fail_msg("%s", why.text);
    assert_int_equal(got->kind, request->kind);
    return got;
}

static void every_request_arrives_as_it_was_sent(void **state)
{
    (void)state;
    struct master_facts *facts = some_facts();
    const struct rendition_job renditions[] = {
        {8, "x264", "veryfast", 640, 360, 235, 900000, 1800000, 410},
        {9, "x264", "medium", 320, 180, 1, 0, 0, 0}};
    const int sheets[] = {8, 9, 10};
    const struct join_part parts[] = {{1, 5, 10, {24, 1}, 2}, {0, 0, 7, {24000, 1001}, 1}};
    const struct request requests[] = {
        {.kind = REQUEST_PROBE, .job.probe_fd = 7},
        {.kind = REQUEST_VIDEO,
         .job.video = {7, facts, {0, 48}, 48, RANGE_PQ, renditions, 2, false}},
        {.kind = REQUEST_AUDIO,
         .job.audio =
             {7, facts, AUDIO_TRACK_FIRST, {-5, 600}, 8, 128000, 6, 48, SOUND_EAC3, MIX_DIALOGUE}},
        {.kind = REQUEST_TEXT, .job.text = {7, facts, 3, 8, 2}},
        {.kind = REQUEST_STORYBOARD,
         .job.storyboard = {7, facts, 2000, 5, 4, 160, 90, 80, sheets, 3}},
        {.kind = REQUEST_POSTER, .job.poster = {7, facts, POSTER_ANY, 640, 360, 90, 8}},
        {.kind = REQUEST_JOIN, .job.join = {sheets, 3, "L R -", parts, 2, 11}},
    };
    struct request *got = there(&requests[0]);
    assert_int_equal(got->job.probe_fd, 107);
    free(got);
    got = there(&requests[1]);
    assert_int_equal(got->job.video.master_fd, 107);
    assert_int_equal(got->job.video.frames.end, 48);
    assert_int_equal(got->job.video.facts->video.rate.seconds, 1001);
    assert_int_equal(got->job.video.range, RANGE_PQ);
    assert_int_equal(got->job.video.rendition_count, 2);
    assert_int_equal(got->job.video.renditions[0].output_fd, 108);
    assert_int_equal(got->job.video.renditions[1].output_fd, 109);
    assert_string_equal(got->job.video.renditions[1].preset, "medium");
    assert_int_equal(got->job.video.renditions[0].bufsize_bits, 1800000);
    free(got);
    got = there(&requests[2]);
    assert_int_equal(got->job.audio.track, AUDIO_TRACK_FIRST);
    assert_int_equal(got->job.audio.start.ticks, -5);
    assert_int_equal(got->job.audio.output_fd, 108);
    free(got);
    got = there(&requests[3]);
    assert_int_equal(got->job.text.track, 3);
    assert_int_equal(got->job.text.captions, 2);
    free(got);
    got = there(&requests[4]);
    assert_int_equal(got->job.storyboard.output_count, 3);
    assert_int_equal(got->job.storyboard.output_fds[2], 110);
    assert_int_equal(got->job.storyboard.quality, 80);
    free(got);
    got = there(&requests[5]);
    assert_true(got->job.poster.frame == POSTER_ANY);
    free(got);
    got = there(&requests[6]);
    assert_int_equal(got->job.join.input_count, 3);
    assert_int_equal(got->job.join.input_fds[2], 110);
    assert_int_equal(got->job.join.output_fd, 111);
    assert_string_equal(got->job.join.channels, "L R -");
    assert_int_equal(got->job.join.part_count, 2);
    assert_int_equal(got->job.join.parts[0].repeat, 2);
    assert_int_equal(got->job.join.parts[1].rate.seconds, 1001);
    free(got);
    free(facts);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"request\":\"erase\"}",
        "{\"request\":7}",
        "{\"request\":\"video\"}",
        "{\"request\":\"text\",\"track\":1}",
        "{\"request\":\"text\",\"track\":1,\"facts\":{}}",
    };
    static const int fds[] = {3, 4};
    struct request *request = calloc(1, sizeof *request);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        assert_int_equal(request_parse(slice_of(messages[i]), fds, 2, request, NULL), INVALID);
    // A probe takes the master alone.
    struct why why = {""};
    assert_int_equal(request_parse(slice_of("{\"request\":\"probe\"}"), fds, 2, request, &why),
                     INVALID);
    assert_non_null(strstr(why.text, "descriptors"));
    assert_int_equal(request_parse(slice_of("{\"request\":\"probe\"}"), fds, 0, request, &why),
                     INVALID);
    free(request);
}

static struct reply *back(const struct reply *reply, outcome expected)
{
    autobuffer message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    assert_int_equal(reply_format(reply, &message, NULL), OK);
    struct reply *got = calloc(1, sizeof *got);
    assert_non_null(got);
    got->result.kind = reply->result.kind;
    got->result.rendition_count = reply->result.rendition_count;
    assert_int_equal(reply_parse(buffer_slice(&message), got, NULL), expected);
    return got;
}

static void every_reply_arrives_as_it_was_sent(void **state)
{
    (void)state;
    struct reply *got = back(&(struct reply){.word = REPLY_PROGRESS, .done = 3, .total = 48}, OK);
    assert_int_equal(got->word, REPLY_PROGRESS);
    assert_int_equal(got->done, 3);
    assert_int_equal(got->total, 48);
    free(got);

    struct reply failed = {.word = REPLY_FAILED, .failure = TOO_LARGE};
    (void)snprintf(failed.sentence.text, WHY_BYTES, "too many cooks");
    got = back(&failed, OK);
    assert_int_equal(got->failure, TOO_LARGE);
    assert_string_equal(got->sentence.text, "too many cooks");
    free(got);

    struct reply done = {.word = REPLY_DONE,
                         .result = {.kind = REQUEST_VIDEO, .rendition_count = 2}};
    done.result.of.video.decoded = 61;
    done.result.of.video.renditions[1] = (struct rendition_result){1000, 4000, 980000, 0, 0, 5, 70};
    got = back(&done, OK);
    assert_int_equal(got->result.of.video.decoded, 61);
    assert_int_equal(got->result.of.video.renditions[1].bytes, 1000);
    assert_int_equal(got->result.of.video.renditions[1].encode_us, 70);
    free(got);
}

static void a_process_that_lies_is_not_believed(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "{\"word\":\"victory\"}",
        "{\"word\":\"progress\",\"done\":-1,\"total\":2}",
        "{\"word\":\"failed\",\"outcome\":\"ok\",\"sentence\":\"\"}",
        "{\"word\":\"failed\",\"outcome\":\"sulking\",\"sentence\":\"\"}",
        ("{\"word\":\"done\",\"decoded\":1,\"decode_errors\":0,\"lookahead\":0,\"decode_us\":1,"
         "\"convert_us\":1,\"renditions\":[]}"),
        "garbage",
    };
    struct reply *reply = calloc(1, sizeof *reply);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        *reply = (struct reply){.result = {.kind = REQUEST_VIDEO, .rendition_count = 1}};
        assert_int_equal(reply_parse(slice_of(messages[i]), reply, NULL), INVALID);
    }
    free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_arrives_as_it_was_sent),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(every_reply_arrives_as_it_was_sent),
        cmocka_unit_test(a_process_that_lies_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
