// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/wire.h"

#include "base/record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const request_words[REQUEST_KIND_COUNT] = {
    "probe", "video", "audio", "text", "storyboard", "poster", "measure", "join"};
static const char *const reply_words[] = {"progress", "done", "failed"};

const char *request_word(enum request_kind kind)
{
    assert(kind < REQUEST_KIND_COUNT);
    return request_words[kind];
}

static const char *const range_words[] = {"SDR", "PQ", "HLG"}; // as enum video_range

static const char *const sound_codec_words[] = {
#define CODEC_WORD(name, word) word,
    SOUND_CODECS(CODEC_WORD)
#undef CODEC_WORD
};
static const char *const sound_mix_words[] = {
#define MIX_WORD(name, word) word,
    SOUND_MIXES(MIX_WORD)
#undef MIX_WORD
};

static const struct record_member video_members[] = {
    RECORD_U64(struct video_job, frames.first),   RECORD_U64(struct video_job, frames.end),
    RECORD_U32(struct video_job, segment_frames), RECORD_WORD(struct video_job, range, range_words),
    RECORD_BOOL(struct video_job, is_compared),
};
static const struct record_member rendition_members[] = {
    RECORD_TEXT(struct rendition_job, encoder),
    RECORD_TEXT(struct rendition_job, preset),
    RECORD_U32(struct rendition_job, width),
    RECORD_U32(struct rendition_job, height),
    RECORD_U32(struct rendition_job, crf_tenths),
    RECORD_U32(struct rendition_job, maxrate_bps),
    RECORD_U32(struct rendition_job, bufsize_bits),
    RECORD_U32(struct rendition_job, start_permille),
};
static const struct record_member audio_members[] = {
    RECORD_U32(struct audio_job, track),
    RECORD_I64(struct audio_job, start.ticks),
    RECORD_U32(struct audio_job, start.timescale),
    RECORD_U32(struct audio_job, bitrate_bps),
    RECORD_U32(struct audio_job, channels),
    RECORD_U32(struct audio_job, segment_frames),
    RECORD_WORD(struct audio_job, codec, sound_codec_words),
    RECORD_WORD(struct audio_job, mix, sound_mix_words),
};
static const struct record_member text_members[] = {RECORD_U32(struct text_job, track),
                                                    RECORD_U32(struct text_job, captions)};
static const struct record_member storyboard_members[] = {
    RECORD_U32(struct storyboard_job, interval_ms), RECORD_U32(struct storyboard_job, columns),
    RECORD_U32(struct storyboard_job, rows),        RECORD_U32(struct storyboard_job, tile_width),
    RECORD_U32(struct storyboard_job, tile_height), RECORD_U32(struct storyboard_job, quality),
};
static const struct record_member poster_members[] = {
    RECORD_U64(struct poster_job, frame),
    RECORD_U32(struct poster_job, width),
    RECORD_U32(struct poster_job, height),
    RECORD_U32(struct poster_job, quality),
};
static const struct record_member measure_members[] = {
    RECORD_U32(struct measure_job, limits.black_ms_min),
    RECORD_U32(struct measure_job, limits.black_level),
    RECORD_U32(struct measure_job, limits.black_area),
    RECORD_U32(struct measure_job, limits.freeze_ms_min),
    RECORD_U32(struct measure_job, limits.freeze_level),
    RECORD_U32(struct measure_job, limits.silence_ms_min),
    RECORD_U32(struct measure_job, limits.silence_db),
    RECORD_U32(struct measure_job, limits.clip_samples),
    RECORD_BOOL(struct measure_job, is_sidecar),
};
static const struct record_member measure_result_members[] = {
    RECORD_U64(struct measure_result, bytes),
};
static const struct record_member video_result_members[] = {
    RECORD_U64(struct video_result, decoded),    RECORD_U64(struct video_result, decode_errors),
    RECORD_U64(struct video_result, lookahead),  RECORD_U64(struct video_result, decode_us),
    RECORD_U64(struct video_result, convert_us),
};
static const struct record_member rendition_result_members[] = {
    RECORD_U64(struct rendition_result, bytes),
    RECORD_U32(struct rendition_result, psnr_cdb),
    RECORD_U32(struct rendition_result, ssim_ppm),
    RECORD_U32(struct rendition_result, xpsnr_cdb),
    RECORD_U32(struct rendition_result, shown_ssim_cdb),
    RECORD_U64(struct rendition_result, scale_us),
    RECORD_U64(struct rendition_result, encode_us),
};
static const struct record_member audio_result_members[] = {
    RECORD_U64(struct audio_result, bytes),
    RECORD_U32(struct audio_result, sample_rate),
    RECORD_U32(struct audio_result, channels),
    RECORD_U64(struct audio_result, samples),
    RECORD_U32(struct audio_result, priming_samples),
    RECORD_U64(struct audio_result, silence_samples),
    RECORD_BOOL(struct audio_result, is_measured),
    RECORD_I64(struct audio_result, programme),
    RECORD_I64(struct audio_result, true_peak),
    RECORD_I64(struct audio_result, lowered),
};
static const struct record_member text_result_members[] = {
    RECORD_U64(struct text_result, bytes),
    RECORD_U64(struct text_result, cues),
};
static const struct record_member storyboard_result_members[] = {
    RECORD_U64(struct storyboard_result, tiles),
    RECORD_U64(struct storyboard_result, bytes),
};
static const struct record_member poster_result_members[] = {
    RECORD_U64(struct poster_result, frame),
    RECORD_U64(struct poster_result, bytes),
};
static const struct record_member join_members[] = {RECORD_TEXT(struct join_job, channels)};
static const struct record_member join_part_members[] = {
    RECORD_U32(struct join_part, input),        RECORD_U64(struct join_part, entry),
    RECORD_U64(struct join_part, duration),     RECORD_U32(struct join_part, rate.frames),
    RECORD_U32(struct join_part, rate.seconds), RECORD_U32(struct join_part, repeat),
};
static const struct record_member join_result_members[] = {RECORD_U64(struct join_result, units)};
static const struct record_member progress_members[] = {
    RECORD_U64(struct reply, done),
    RECORD_U64(struct reply, total),
};

static const struct record rendition_record = RECORD("a rendition", rendition_members);
static const struct record rendition_result_record =
    RECORD("the result of a rendition", rendition_result_members);
static const struct record join_part_record = RECORD("a part", join_part_members);
static const struct record progress_record = RECORD("progress", progress_members);

// The plain numbers of each kind's job and result.
static const struct record job_records[REQUEST_KIND_COUNT] = {
    [REQUEST_PROBE] = {"a probe", NULL, 0},
    [REQUEST_VIDEO] = RECORD("a video job", video_members),
    [REQUEST_AUDIO] = RECORD("an audio job", audio_members),
    [REQUEST_TEXT] = RECORD("a text job", text_members),
    [REQUEST_STORYBOARD] = RECORD("a storyboard job", storyboard_members),
    [REQUEST_POSTER] = RECORD("a poster job", poster_members),
    [REQUEST_MEASURE] = RECORD("a measuring job", measure_members),
    [REQUEST_JOIN] = RECORD("a joining job", join_members),
};
static const struct record result_records[REQUEST_KIND_COUNT] = {
    [REQUEST_PROBE] = {"a probe", NULL, 0},
    [REQUEST_VIDEO] = RECORD("a video result", video_result_members),
    [REQUEST_AUDIO] = RECORD("an audio result", audio_result_members),
    [REQUEST_TEXT] = RECORD("a text result", text_result_members),
    [REQUEST_STORYBOARD] = RECORD("a storyboard result", storyboard_result_members),
    [REQUEST_POSTER] = RECORD("a poster result", poster_result_members),
    [REQUEST_MEASURE] = RECORD("the result of measuring", measure_result_members),
    [REQUEST_JOIN] = RECORD("the result of joining", join_result_members),
};

// Where a request keeps its descriptors and its facts, by kind.
static const int *input_of(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_VIDEO: return &request->job.video.master_fd;
    case REQUEST_AUDIO: return &request->job.audio.audio_fd;
    case REQUEST_TEXT: return &request->job.text.master_fd;
    case REQUEST_STORYBOARD: return &request->job.storyboard.master_fd;
    case REQUEST_POSTER: return &request->job.poster.master_fd;
    case REQUEST_MEASURE: return &request->job.measure.master_fd;
    case REQUEST_JOIN: return request->job.join.input_fds;
    case REQUEST_PROBE:
    case REQUEST_KIND_COUNT: break;
    }
    return &request->job.probe_fd;
}

static const struct master_facts *facts_of(const struct request *request)
{
    switch (request->kind) {
    case REQUEST_VIDEO: return request->job.video.facts;
    case REQUEST_AUDIO: return request->job.audio.facts;
    case REQUEST_TEXT: return request->job.text.facts;
    case REQUEST_STORYBOARD: return request->job.storyboard.facts;
    case REQUEST_POSTER: return request->job.poster.facts;
    case REQUEST_MEASURE: return request->job.measure.facts;
    case REQUEST_JOIN: // what it makes is not known yet
    case REQUEST_PROBE:
    case REQUEST_KIND_COUNT: break;
    }
    return NULL;
}

static outcome list_outputs(const struct request *request, int *fds, size_t *count, struct why *why)
{
    size_t used = 1;
    fds[0] = *input_of(request);
    switch (request->kind) {
    case REQUEST_VIDEO:
        if (request->job.video.rendition_count > TRANSCODE_RENDITIONS_MAX)
            return fail(why, INVALID, "%zu renditions exceed the limit of %d",
                        request->job.video.rendition_count, TRANSCODE_RENDITIONS_MAX);
        for (size_t i = 0; i < request->job.video.rendition_count; i++)
            fds[used++] = request->job.video.renditions[i].output_fd;
        break;
    case REQUEST_STORYBOARD:
        if (request->job.storyboard.output_count > TRANSCODE_SHEETS_MAX)
            return fail(why, INVALID, "%zu sheets exceed the limit of %d",
                        request->job.storyboard.output_count, TRANSCODE_SHEETS_MAX);
        for (size_t i = 0; i < request->job.storyboard.output_count; i++)
            fds[used++] = request->job.storyboard.output_fds[i];
        break;
    case REQUEST_AUDIO: fds[used++] = request->job.audio.output_fd; break;
    case REQUEST_TEXT: fds[used++] = request->job.text.output_fd; break;
    case REQUEST_POSTER: fds[used++] = request->job.poster.output_fd; break;
    case REQUEST_MEASURE: fds[used++] = request->job.measure.output_fd; break;
    case REQUEST_JOIN:
        if (request->job.join.input_count > TRANSCODE_INPUTS_MAX ||
            request->job.join.part_count > TRANSCODE_PARTS_MAX)
            return fail(why, TOO_LARGE, "%zu files in %zu parts: at most %d in %d can be joined",
                        request->job.join.input_count, request->job.join.part_count,
                        TRANSCODE_INPUTS_MAX, TRANSCODE_PARTS_MAX);
        for (size_t i = 1; i < request->job.join.input_count; i++)
            fds[used++] = request->job.join.input_fds[i];
        fds[used++] = request->job.join.output_fd;
        break;
    case REQUEST_PROBE:
    case REQUEST_KIND_COUNT: break;
    }
    *count = used;
    return OK;
}

static outcome set(json_t *object, const char *key, json_t *value, struct why *why)
{
    return json_object_set_new(object, key, value) == 0
               ? OK
               : fail(why, NO_MEMORY, "no memory for a message");
}

static outcome put_list(json_t *message, const char *key, const struct record *record,
                        const void *items, size_t count, size_t bytes, struct why *why)
{
    autojson *list = json_array();
    for (size_t i = 0; i < count; i++) {
        autojson *item = json_object();
        TRY(record_format(record, (const uint8_t *)items + i * bytes, item, why));
        if (json_array_append(list, item) != 0)
            return fail(why, NO_MEMORY, "no memory for a message");
    }
    return set(message, key, json_incref(list), why);
}

outcome request_format(const struct request *request, struct buffer *out, int *fds,
                       size_t *fd_count, struct why *why)
{
    autojson *message = json_object();
    TRY(list_outputs(request, fds, fd_count, why));
    TRY(set(message, "request", json_string(request_word(request->kind)), why));
    TRY(record_format(&job_records[request->kind], &request->job, message, why));
    if (request->seal.is_sealed) {
        char key[2 * SEAL_KEY_BYTES + 1];
        hex_format(request->seal.key, SEAL_KEY_BYTES, key);
        TRY(set(message, "seal", json_string(key), why));
    }
    if (facts_of(request) != NULL) {
        json_t *facts = NULL;
        TRY(master_facts_format(facts_of(request), &facts, why));
        TRY(set(message, "facts", facts, why));
    }
    if (request->kind == REQUEST_VIDEO)
        TRY(put_list(message, "renditions", &rendition_record, request->job.video.renditions,
                     request->job.video.rendition_count, sizeof(struct rendition_job), why));
    if (request->kind == REQUEST_JOIN)
        TRY(put_list(message, "parts", &join_part_record, request->job.join.parts,
                     request->job.join.part_count, sizeof(struct join_part), why));
    return json_format(message, out, why);
}

static outcome parse_renditions(const json_t *message, struct request *request, struct why *why)
{
    json_t *list = NULL;
    TRY(json_array_of(message, "a video job", "renditions", &list, why));
    const size_t count = json_array_size(list);
    if (count > TRANSCODE_RENDITIONS_MAX)
        return fail(why, INVALID, "%zu renditions exceed the limit of %d", count,
                    TRANSCODE_RENDITIONS_MAX);
    for (size_t i = 0; i < count; i++)
        TRY(record_parse(&rendition_record, json_array_get(list, i), &request->renditions[i], why));
    request->job.video.renditions = request->renditions;
    request->job.video.rendition_count = count;
    return OK;
}

static outcome parse_parts(const json_t *message, struct request *request, struct why *why)
{
    json_t *list = NULL;
    TRY(json_array_of(message, "a joining job", "parts", &list, why));
    const size_t count = json_array_size(list);
    if (count > TRANSCODE_PARTS_MAX)
        return fail(why, INVALID, "%zu parts exceed the limit of %d", count, TRANSCODE_PARTS_MAX);
    for (size_t i = 0; i < count; i++)
        TRY(record_parse(&join_part_record, json_array_get(list, i), &request->parts[i], why));
    request->job.join.parts = request->parts;
    request->job.join.part_count = count;
    return OK;
}

static outcome parse_seal(const json_t *message, struct seal *out, struct why *why)
{
    const json_t *key = json_object_get(message, "seal");
    if (key == NULL) return OK;
    const char *text = json_string_value(key);
    out->is_sealed = true;
    if (text != NULL && slice_hex(slice_of(text), out->key, SEAL_KEY_BYTES, NULL) == OK) return OK;
    return fail(why, INVALID, "a request's seal is no key"); // and is not quoted
}

// Hands the descriptors to the places of the job. Their number must be exactly what the job wants.
static outcome place_descriptors(const int *fds, size_t count, struct request *request,
                                 struct why *why)
{
    const struct master_facts *facts = &request->facts;
    size_t wanted = 2;
    switch (request->kind) {
    case REQUEST_PROBE:
        wanted = 1;
        request->job.probe_fd = fds[0];
        break;
    case REQUEST_VIDEO:
        wanted = 1 + request->job.video.rendition_count;
        request->job.video.master_fd = fds[0];
        request->job.video.facts = facts;
        for (size_t i = 1; i < wanted && i < count; i++)
            request->renditions[i - 1].output_fd = fds[i];
        break;
    case REQUEST_STORYBOARD:
        wanted = count <= TRANSCODE_SHEETS_MAX + 1 ? count : 0;
        request->job.storyboard.master_fd = fds[0];
        request->job.storyboard.facts = facts;
        for (size_t i = 1; i < wanted; i++)
            request->output_fds[i - 1] = fds[i];
        request->job.storyboard.output_fds = request->output_fds;
        request->job.storyboard.output_count = wanted == 0 ? 0 : wanted - 1;
        break;
    case REQUEST_AUDIO:
        request->job.audio.audio_fd = fds[0];
        request->job.audio.output_fd = fds[count - 1];
        request->job.audio.facts = facts;
        break;
    case REQUEST_TEXT:
        request->job.text.master_fd = fds[0];
        request->job.text.output_fd = fds[count - 1];
        request->job.text.facts = facts;
        break;
    case REQUEST_POSTER:
        request->job.poster.master_fd = fds[0];
        request->job.poster.output_fd = fds[count - 1];
        request->job.poster.facts = facts;
        break;
    case REQUEST_MEASURE:
        request->job.measure.master_fd = fds[0];
        request->job.measure.output_fd = fds[count - 1];
        request->job.measure.facts = facts;
        break;
    case REQUEST_JOIN:
        wanted = count >= 2 && count <= TRANSCODE_INPUTS_MAX + 1 ? count : 0;
        for (size_t i = 0; i + 1 < wanted; i++)
            request->input_fds[i] = fds[i];
        request->job.join.input_fds = request->input_fds;
        request->job.join.input_count = wanted == 0 ? 0 : wanted - 1;
        request->job.join.output_fd = fds[count - 1];
        break;
    case REQUEST_KIND_COUNT: break;
    }
    return wanted == count ? OK
                           : fail(why, INVALID, "%s wants %zu descriptors, %zu came",
                                  job_records[request->kind].what, wanted, count);
}

outcome request_parse(struct slice text, const int *fds, size_t fd_count, struct request *out,
                      struct why *why)
{
    autojson *message = NULL;
    const char *word = NULL;
    TRY(json_parse(text, "a request", &message, why));
    TRY(json_text(message, "a request", "request", &word, why));
    int kind = 0;
    while (kind < REQUEST_KIND_COUNT && strcmp(word, request_words[kind]) != 0)
        kind++;
    if (kind == REQUEST_KIND_COUNT || fd_count == 0)
        return fail(why, INVALID, "\"%.20s\" with %zu descriptors is no request", word, fd_count);
    memset(out, 0, sizeof *out);
    out->kind = (enum request_kind)kind;
    TRY(record_parse(&job_records[kind], message, &out->job, why));
    if (kind != REQUEST_PROBE && kind != REQUEST_JOIN) {
        TRY(master_facts_parse(json_object_get(message, "facts"), &out->facts, why));
        TRY(master_facts_check(&out->facts, why));
    }
    if (kind == REQUEST_VIDEO) TRY(parse_renditions(message, out, why));
    if (kind == REQUEST_JOIN) TRY(parse_parts(message, out, why));
    TRY(parse_seal(message, &out->seal, why));
    return place_descriptors(fds, fd_count, out, why);
}

static outcome format_result(const struct result *result, json_t *message, struct why *why)
{
    if (result->kind == REQUEST_PROBE) {
        json_t *report = NULL;
        TRY(master_report_format(&result->of.probe, &report, why));
        return set(message, "report", report, why);
    }
    TRY(record_format(&result_records[result->kind], &result->of, message, why));
    if (result->kind != REQUEST_VIDEO) return OK;
    return put_list(message, "renditions", &rendition_result_record, result->of.video.renditions,
                    result->rendition_count, sizeof(struct rendition_result), why);
}

outcome reply_format(const struct reply *reply, struct buffer *out, struct why *why)
{
    autojson *message = json_object();
    TRY(set(message, "word", json_string(reply_words[reply->word]), why));
    switch (reply->word) {
    case REPLY_PROGRESS: TRY(record_format(&progress_record, reply, message, why)); break;
    case REPLY_DONE: TRY(format_result(&reply->result, message, why)); break;
    case REPLY_FAILED: {
        TRY(set(message, "outcome", json_string(outcome_code(reply->failure)), why));
        json_t *sentence = json_string(reply->sentence.text);
        TRY(set(message, "sentence", sentence == NULL ? json_string("") : sentence, why));
        break;
    }
    }
    return json_format(message, out, why);
}

static outcome parse_result(const json_t *message, struct result *out, struct why *why)
{
    if (out->kind == REQUEST_PROBE)
        return master_report_parse(json_object_get(message, "report"), &out->of.probe, why);
    TRY(record_parse(&result_records[out->kind], message, &out->of, why));
    if (out->kind != REQUEST_VIDEO) return OK;
    json_t *list = NULL;
    TRY(json_array_of(message, "a video result", "renditions", &list, why));
    if (json_array_size(list) != out->rendition_count)
        return fail(why, INVALID, "%zu renditions were asked for, %zu came back",
                    out->rendition_count, json_array_size(list));
    for (size_t i = 0; i < out->rendition_count; i++)
        TRY(record_parse(&rendition_result_record, json_array_get(list, i),
                         &out->of.video.renditions[i], why));
    return OK;
}

static outcome parse_failure(const json_t *message, struct reply *out, struct why *why)
{
    const char *code = NULL, *sentence = NULL;
    TRY(json_text(message, "a reply", "outcome", &code, why));
    TRY(json_text(message, "a reply", "sentence", &sentence, why));
    int result = OK + 1;
    while (result < OUTCOME_COUNT && strcmp(code, outcome_code((outcome)result)) != 0)
        result++;
    if (result == OUTCOME_COUNT) return fail(why, INVALID, "\"%.20s\" is no outcome", code);
    out->failure = fail(&out->sentence, (outcome)result, "%s", sentence);
    return OK;
}

outcome reply_parse(struct slice text, struct reply *out, struct why *why)
{
    autojson *message = NULL;
    const char *word = NULL;
    TRY(json_parse(text, "a reply", &message, why));
    TRY(json_text(message, "a reply", "word", &word, why));
    for (int i = REPLY_PROGRESS; i <= REPLY_FAILED; i++) {
        if (strcmp(word, reply_words[i]) != 0) continue;
        out->word = (enum reply_word)i;
        return out->word == REPLY_PROGRESS ? record_parse(&progress_record, message, out, why)
               : out->word == REPLY_DONE   ? parse_result(message, &out->result, why)
                                           : parse_failure(message, out, why);
    }
    return fail(why, INVALID, "\"%.20s\" is no reply", word);
}
