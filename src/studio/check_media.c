// SPDX-License-Identifier: Apache-2.0
#include "studio/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TRANSFER_PQ = 16, // ISO/IEC 23091-2
    TRANSFER_HLG = 18,
    PRIMARIES_BT709 = 1,
    PRIMARIES_BT2020 = 9,
    PRIMARIES_P3 = 12,
    UNSPECIFIED = 2,
    MATRIX_BT709 = 1,
    MATRIX_BT2020_NC = 9,
    MATRIX_BT2020_C = 10,
    MATRIX_ICTCP = 14,
    LUMINANCE_UNITS = 10000, // of 1 cd/m2
    PQ_CD_MAX = 10000,
    SPOKEN_MS_MIN = 3000, // before anything is said of dialogue
    MOVING_MIN = 25,      // pictures that move, before anything is said of how
};

static struct qc_finding place(enum qc_rule rule, uint32_t track, const char *kind)
{
    struct qc_finding at = {.rule = rule, .start_ms = -1, .end_ms = -1, .value = QC_NONE};
    (void)snprintf(at.where, sizeof at.where, "track %u (%s)", track, kind);
    return at;
}

// --- what the file says ----------------------------------------------------------------------

static bool is_in_gamut(const uint16_t point[2])
{
    return point[0] <= 50000 && point[1] > 0 && point[1] <= 50000;
}

static void check_mastering(const struct master_video *video, struct qc_report *report)
{
    const struct qc_finding said = place(QC_MASTERING, video->track, "video");
    const struct qc_finding wrong = place(QC_COLOUR, video->track, "video");
    const struct mastering_display *display = &video->mastering;
    const bool has_display = display->luminance_max > 0;
    if (video->colour.transfer == TRANSFER_PQ) {
        qc_look(report, QC_MASTERING);
        if (!has_display) qc_find(report, &said, "PQ without a mastering display (SMPTE ST 2086)");
        if (video->max_cll == 0 || video->max_fall == 0)
            qc_find(report, &said, "PQ without MaxCLL and MaxFALL (CTA-861.3)");
    }
    if (video->max_fall > video->max_cll)
        qc_find(report, &wrong, "MaxFALL (%u cd/m2) is above MaxCLL (%u)", video->max_fall,
                video->max_cll);
    if (!has_display) return;
    if (display->luminance_min >= display->luminance_max)
        qc_find(report, &wrong, "the mastering display's black is as bright as its white");
    if (display->luminance_max / LUMINANCE_UNITS > PQ_CD_MAX)
        qc_find(report, &wrong, "the mastering display shines with %u cd/m2: PQ ends at %d",
                display->luminance_max / LUMINANCE_UNITS, PQ_CD_MAX);
    if (!is_in_gamut(display->red) || !is_in_gamut(display->green) || !is_in_gamut(display->blue) ||
        !is_in_gamut(display->white))
        qc_find(report, &wrong, "the mastering display's primaries are no colours");
    if (video->colour.transfer != TRANSFER_PQ && video->colour.transfer != UNSPECIFIED &&
        video->colour.transfer != TRANSFER_HLG)
        qc_find(report, &wrong, "a mastering display is given for a picture of transfer %u, not PQ",
                video->colour.transfer);
}

static void check_colour(const struct master_video *video, struct qc_report *report)
{
    const struct colour *colour = &video->colour;
    const struct qc_finding wrong = place(QC_COLOUR, video->track, "video");
    const struct qc_finding unsaid = place(QC_COLOUR_SAID, video->track, "video");
    const bool is_hdr = colour->transfer == TRANSFER_PQ || colour->transfer == TRANSFER_HLG;
    const bool is_wide_matrix = colour->matrix == MATRIX_BT2020_NC ||
                                colour->matrix == MATRIX_BT2020_C || colour->matrix == MATRIX_ICTCP;
    qc_look(report, QC_COLOUR);
    qc_look(report, QC_COLOUR_SAID);
    // RGB needs no matrix.
    const bool is_rgb =
        strncmp(video->pixel_format, "gbr", 3) == 0 || strncmp(video->pixel_format, "rgb", 3) == 0;
    if (colour->primaries == UNSPECIFIED || colour->transfer == UNSPECIFIED ||
        (colour->matrix == UNSPECIFIED && !is_rgb))
        qc_find(report, &unsaid,
                "primaries %u, transfer %u, matrix %u: 2 is unspecified, and a "
                "player will guess",
                colour->primaries, colour->transfer, colour->matrix);
    if (is_hdr && colour->primaries == PRIMARIES_BT709)
        qc_find(report, &wrong, "%s with the primaries of BT.709: HDR has those of BT.2020 or P3",
                colour->transfer == TRANSFER_PQ ? "PQ" : "HLG");
    if (is_hdr && video->bit_depth < 10)
        qc_find(report, &wrong, "HDR in %u bits: ten are the least", video->bit_depth);
    if (is_wide_matrix && colour->primaries == PRIMARIES_BT709)
        qc_find(report, &wrong, "a matrix of BT.2020 with the primaries of BT.709");
    if (colour->matrix == MATRIX_BT709 && colour->primaries == PRIMARIES_BT2020)
        qc_find(report, &wrong, "the matrix of BT.709 with the primaries of BT.2020");
    check_mastering(video, report);
}

static void check_durations(const struct master_facts *facts, struct qc_report *report)
{
    const int64_t picture_ms = media_time_rescale(facts->duration, 1000).ticks;
    const int64_t zero_ms = media_time_rescale(facts->video.start, 1000).ticks;
    for (size_t i = 0; i < facts->track_count; i++) {
        const struct master_track *track = &facts->tracks[i];
        if (track->data || track->kind != TRACK_AUDIO || track->duration.timescale == 0) continue;
        struct qc_finding at = place(QC_DURATION, (uint32_t)i, "audio");
        const int64_t start_ms = media_time_rescale(track->start, 1000).ticks - zero_ms;
        const int64_t end_ms = start_ms + media_time_rescale(track->duration, 1000).ticks;
        at.start_ms = end_ms < picture_ms ? end_ms : picture_ms;
        at.end_ms = end_ms < picture_ms ? picture_ms : end_ms;
        if (at.start_ms < 0) at.start_ms = 0;
        qc_judge(report, &at, llabs(end_ms - picture_ms),
                 end_ms < picture_ms ? "the sound ends before the picture"
                                     : "the sound ends after the picture");
        at.start_ms = 0;
        at.end_ms = start_ms < 0 ? 0 : start_ms;
        if (start_ms > 0) qc_judge(report, &at, start_ms, "the sound begins after the picture");
    }
}

void check_facts(const struct master_facts *facts, struct qc_report *report)
{
    check_colour(&facts->video, report);
    check_durations(facts, report);
}

void check_described(const struct master_facts *facts, struct qc_report *report)
{
    for (size_t i = 0; i < facts->track_count; i++) {
        const struct master_track *described = &facts->tracks[i];
        bool is_matched = false;
        if (described->data || described->kind != TRACK_AUDIO ||
            described->role != ROLE_DESCRIPTION)
            continue;
        for (size_t k = 0; k < facts->track_count; k++) {
            const struct master_track *track = &facts->tracks[k];
            const bool is_main = !track->data && track->kind == TRACK_AUDIO &&
                                 (track->role == ROLE_MAIN || track->role == ROLE_DUB);
            is_matched =
                is_matched || (is_main && strcasecmp(track->language, described->language) == 0);
        }
        const struct qc_finding at = place(QC_DESCRIPTION, (uint32_t)i, "audio");
        qc_look(report, QC_DESCRIPTION);
        if (!is_matched)
            qc_find(report, &at, "it is an audio description in %s, but no main audio is in %s",
                    described->language, described->language);
    }
}

// --- what was measured -----------------------------------------------------------------------

static const struct {
    enum qc_rule rule;
    const char *what;
} span_rules[SPAN_KIND_COUNT] = {
    [SPAN_BLACK] = {QC_BLACK, "black"},       [SPAN_FREEZE] = {QC_FREEZE, "a still picture"},
    [SPAN_SILENCE] = {QC_SILENCE, "silence"}, [SPAN_CLIPPING] = {QC_CLIPPING, NULL},
    [SPAN_DAMAGE] = {QC_DAMAGE, NULL},        [SPAN_GAP] = {QC_GAP, NULL},
};

// `facts` NULL: of a sidecar, called `where`.
static void check_spans(const struct master_facts *facts, const char *where,
                        const struct measurement *measurement, struct qc_report *report)
{
    for (int kind = 0; kind < SPAN_KIND_COUNT; kind++) {
        const bool is_sound = kind == SPAN_SILENCE || kind == SPAN_CLIPPING;
        const bool is_picture = kind == SPAN_BLACK || kind == SPAN_FREEZE;
        if ((is_sound && measurement->audio_count == 0) || (is_picture && !measurement->is_seen))
            continue;
        qc_look(report, span_rules[kind].rule);
    }
    for (size_t i = 0; i < measurement->span_count; i++) {
        const struct measure_span *span = &measurement->spans[i];
        const bool is_known =
            facts != NULL && span->track < facts->track_count && !facts->tracks[span->track].data;
        struct qc_finding at =
            place(span_rules[span->kind].rule, span->track,
                  is_known ? track_kind_word(facts->tracks[span->track].kind) : "data");
        if (where != NULL) (void)snprintf(at.where, sizeof at.where, "%.95s", where);
        at.start_ms = span->start_ms < 0 ? 0 : span->start_ms;
        at.end_ms = span->end_ms < at.start_ms ? at.start_ms : span->end_ms;
        if (span_rules[span->kind].what != NULL)
            qc_judge(report, &at, at.end_ms - at.start_ms, span_rules[span->kind].what);
        else if (span->kind == SPAN_CLIPPING)
            qc_find(report, &at, "clipped %llu times", (unsigned long long)span->count);
        else if (span->kind == SPAN_DAMAGE)
            qc_find(report, &at, "%llu packets or pictures cannot be decoded whole",
                    (unsigned long long)span->count);
        else
            qc_find(report, &at, "the timestamps jump by %.3f s",
                    (double)(at.end_ms - at.start_ms) / 1000);
    }
}

static void check_transport(const struct measurement *measurement, struct qc_report *report)
{
    const struct qc_finding cut = {.rule = QC_COMPLETE, .start_ms = -1, .value = QC_NONE};
    const struct qc_finding lost = {.rule = QC_CONTINUITY, .start_ms = -1, .value = QC_NONE};
    if (!measurement->is_transport) return;
    qc_look(report, QC_COMPLETE);
    if (measurement->is_cut)
        qc_find(report, &cut, "the transport stream ends inside a packet: the copy is incomplete");
    qc_judge(report, &lost, (int64_t)measurement->continuity_errors * 1000,
             "steps of the continuity counters that were not taken");
}

// Two neighbouring phases of five that comb while the others do not: 3:2 pulldown in the picture.
static bool is_pulldown(const struct measurement *m)
{
    int high = 0, low = 0;
    for (int i = 0; i < MEASURE_PHASES; i++) {
        if (m->moving_by_phase[i] == 0) return false;
        const uint64_t percent = 100 * m->combed_by_phase[i] / m->moving_by_phase[i];
        high += percent > 60;
        low += percent < 20;
    }
    return high == 2 && low == 3;
}

// One phase of five that repeats the picture before while the others do not.
static bool is_repeating(const struct measurement *m)
{
    uint64_t most = 0, all = 0;
    for (int i = 0; i < MEASURE_PHASES; i++) {
        all += m->repeated_by_phase[i];
        if (m->repeated_by_phase[i] > most) most = m->repeated_by_phase[i];
    }
    return most * MEASURE_PHASES > m->frames * 3 / 5 && most * 5 > all * 4;
}

static void check_motion(const struct master_video *video, const struct measurement *m,
                         struct qc_report *report)
{
    const struct qc_finding fields = place(QC_INTERLACE, video->track, "video");
    const struct qc_finding cadence = place(QC_CADENCE, video->track, "video");
    const bool says_fields =
        video->fields == FIELDS_TOP_FIRST || video->fields == FIELDS_BOTTOM_FIRST;
    if (!m->is_seen || m->moving < MOVING_MIN) return;
    const bool is_combed = m->combed * 100 > m->moving * 25;
    qc_look(report, QC_INTERLACE);
    qc_look(report, QC_CADENCE);
    if (is_pulldown(m))
        qc_find(report, &cadence,
                "two of five pictures mix two others (3:2 pulldown): hand in the "
                "film's own pictures at 24000/1001");
    else if (is_combed)
        qc_find(report, &fields, "%llu of %llu moving pictures are interlaced%s",
                (unsigned long long)m->combed, (unsigned long long)m->moving,
                says_fields ? "" : ", but the file says progressive");
    else if (says_fields)
        qc_find(report, &fields, "the file says interlaced, but its moving pictures are not");
    if (is_repeating(m))
        qc_find(report, &cadence,
                "every fifth picture repeats the one before: hand in the film's "
                "own pictures");
    if (video->variable_rate)
        qc_find(report, &cadence,
                "the frame rate varies: %llu pictures are repeated and %llu "
                "dropped to make it constant",
                (unsigned long long)video->frames_repeated,
                (unsigned long long)video->frames_dropped);
}

// `where` NULL: tracks of the master.
static void check_sound(const char *where, const struct measurement *measurement,
                        struct qc_report *report)
{
    for (size_t i = 0; i < measurement->audio_count; i++) {
        const struct measure_audio *audio = &measurement->audio[i];
        struct qc_finding at = place(QC_LOUDNESS, audio->track, "audio");
        if (where != NULL) (void)snprintf(at.where, sizeof at.where, "%.95s", where);
        if (audio->integrated == MEASURE_SILENT) {
            qc_look(report, QC_LOUDNESS);
            qc_find(report, &at, "nothing is to be heard on the whole track");
            continue;
        }
        qc_judge(report, &at, audio->integrated * 10, "integrated loudness");
        at.rule = QC_RANGE;
        qc_judge(report, &at, audio->range * 10, "loudness range");
        at.rule = QC_TRUE_PEAK;
        qc_judge(report, &at, audio->true_peak * 10, "true peak");
        at.rule = QC_DIALOGUE;
        if (audio->dialogue != MEASURE_SILENT && audio->spoken_ms >= SPOKEN_MS_MIN)
            qc_judge(report, &at, audio->dialogue * 10, "loudness while somebody speaks");
    }
}

void check_measured(const struct master_facts *facts, const struct measurement *measurement,
                    struct qc_report *report)
{
    check_spans(facts, NULL, measurement, report);
    check_transport(measurement, report);
    check_motion(&facts->video, measurement, report);
    check_sound(NULL, measurement, report);
}

void check_measured_sidecar(const char *where, const struct measurement *measurement,
                            struct qc_report *report)
{
    check_spans(NULL, where, measurement, report);
    check_sound(where, measurement, report);
}
