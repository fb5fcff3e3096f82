// SPDX-License-Identifier: Apache-2.0
#include "studio/check.h"

#include "base/clock.h"
#include "base/file.h"
#include "catalog/offer.h"
#include "catalog/territory.h"
#include "media/captions.h"
#include "media/language_tag.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CUE_ARENA_BYTES = 256 * 1024 * 1024 };

static struct qc_finding place(enum qc_rule rule, const char *where)
{
    struct qc_finding at = {.rule = rule, .start_ms = -1, .end_ms = -1, .value = QC_NONE};
    (void)snprintf(at.where, sizeof at.where, "%s", where);
    return at;
}

// --- words -----------------------------------------------------------------------------------

static void check_language(const char *tag, const char *where, struct qc_report *report)
{
    const struct qc_finding at = place(QC_LANGUAGE, where);
    struct why fault = {""};
    if (tag[0] == '\0') return;
    qc_look(report, QC_LANGUAGE);
    if (language_tag_check(slice_of(tag), &fault) != OK) qc_find(report, &at, "%s", fault.text);
}

static void check_territories(const struct title_file *file, struct qc_report *report)
{
    const struct qc_finding at = place(QC_TERRITORY, TITLE_FILE_NAME);
    for (size_t i = 0; i < file->territory_count; i++) {
        qc_look(report, QC_TERRITORY);
        if (strcmp(file->territories[i], "*") != 0 &&
            !territory_is_assigned(slice_of(file->territories[i])))
            qc_find(report, &at, "\"%s\" is none of the %d codes of ISO 3166-1",
                    file->territories[i], TERRITORY_COUNT);
    }
}

static void check_avail_territories(const struct title_file *file, size_t index,
                                    struct qc_report *report)
{
    const struct title_avail *avail = &file->entry.avails[index];
    const struct qc_finding unknown = place(QC_TERRITORY, TITLE_FILE_NAME);
    const struct qc_finding outside = place(QC_AVAILS, TITLE_FILE_NAME);
    for (size_t i = 0; i < avail->territory_count; i++) {
        const char *territory = avail->territories[i];
        if (strcmp(territory, "*") != 0 && !territory_is_assigned(slice_of(territory)))
            qc_find(report, &unknown, "avails[%zu]: \"%s\" is none of the %d codes of ISO 3166-1",
                    index, territory, TERRITORY_COUNT);
        else if (strcmp(territory, "*") != 0 &&
                 !territories_have(file->territories, file->territory_count, territory))
            qc_find(report, &outside,
                    "avails[%zu] offers it in %s, which its territories leave out", index,
                    territory);
    }
}

static bool share_a_territory(const struct title_avail *a, const struct title_avail *b)
{
    if (a->territory_count == 0 || b->territory_count == 0) return true;
    for (size_t i = 0; i < a->territory_count; i++)
        if (strcmp(a->territories[i], "*") == 0 ||
            territories_have(b->territories, b->territory_count, a->territories[i]))
            return true;
    return false;
}

static bool overlap(const struct title_avail *a, const struct title_avail *b)
{
    const int64_t a_end = a->until_ms == 0 ? INT64_MAX : a->until_ms;
    const int64_t b_end = b->until_ms == 0 ? INT64_MAX : b->until_ms;
    return a->from_ms < b_end && b->from_ms < a_end && share_a_territory(a, b);
}

void check_avails(const struct title_file *file, int64_t now_ms, struct qc_report *report)
{
    const struct qc_finding at = place(QC_AVAILS, TITLE_FILE_NAME);
    const struct title_avail *avails = file->entry.avails;
    bool is_over = file->entry.avail_count > 0;
    if (is_over) qc_look(report, QC_AVAILS);
    for (size_t i = 0; i < file->entry.avail_count; i++) {
        check_avail_territories(file, i, report);
        is_over = is_over && avails[i].until_ms != 0 && avails[i].until_ms <= now_ms;
        for (size_t k = 0; k < i; k++)
            if (overlap(&avails[k], &avails[i]))
                qc_find(report, &at,
                        "avails[%zu] and avails[%zu] offer it in one territory at one "
                        "time: which holds?",
                        k, i);
    }
    if (is_over) qc_find(report, &at, "all of its windows are over: nobody will see it");
}

// Systems and their labels, separated by '|'. Others are houses' own.
static const struct {
    const char *system, *labels;
} ratings[] = {
    {"fsk", "0|6|12|16|18"},
    {"mpa", "G|PG|PG-13|R|NC-17"},
    {"bbfc", "U|PG|12|12A|15|18|R18"},
    {"tv-us", "TV-Y|TV-Y7|TV-Y7-FV|TV-G|TV-PG|TV-14|TV-MA"},
    {"eirin", "G|PG12|R15+|R18+"},
    {"acb", "G|PG|M|MA15+|R18+|X18+|E"},
    {"cnc", "U|10|12|16|18"},
    {"classind", "L|10|12|14|16|18|AL|A10|A12|A14|A16|A18"},
    {"cbfc", "U|UA|UA 7+|UA 13+|UA 16+|A|S"},
    {"kijkwijzer", "AL|6|9|12|14|16|18"},
};

static void check_rating(const struct title_rating *rating, struct qc_report *report)
{
    const struct qc_finding at = place(QC_RATING, TITLE_FILE_NAME);
    if (rating->system == NULL || rating->system[0] == '\0') return;
    for (size_t i = 0; i < sizeof ratings / sizeof ratings[0]; i++) {
        struct slice rest = slice_of(ratings[i].labels), label;
        if (strcasecmp(ratings[i].system, rating->system) != 0) continue;
        qc_look(report, QC_RATING);
        while (slice_cut(&rest, '|', &label))
            if (slice_is(label, rating->label)) return;
        qc_find(report, &at, "\"%s\" is no rating of %s: it has %s", rating->label, rating->system,
                ratings[i].labels);
    }
}

// --- tracks ----------------------------------------------------------------------------------

static bool is_main(const struct title_file_track *track)
{
    return track->role[0] == '\0' || strcmp(track->role, "main") == 0 ||
           strcmp(track->role, "dub") == 0;
}

// An audio description is heard instead of a track of the same locale: without one nobody finds it.
static void check_description(const struct title_file *file, struct qc_report *report)
{
    for (size_t i = 0; i < file->audio_count; i++) {
        const struct title_file_track *described = &file->audio[i];
        if (strcmp(described->role, "description") != 0) continue;
        const struct qc_finding at = place(QC_DESCRIPTION, described->file);
        bool is_matched = false;
        for (size_t k = 0; k < file->audio_count; k++)
            is_matched =
                is_matched || (is_main(&file->audio[k]) &&
                               strcasecmp(file->audio[k].language, described->language) == 0);
        qc_look(report, QC_DESCRIPTION);
        if (!is_matched)
            qc_find(report, &at, "there is an audio description in %s but no main audio in %s",
                    described->language[0] == '\0' ? "no language" : described->language,
                    described->language[0] == '\0' ? "none" : described->language);
    }
}

static void judge_cues(const struct cue_list *list, const char *name, int64_t duration_ms,
                       struct qc_report *report)
{
    struct qc_finding at = place(QC_CAPTIONS, name);
    qc_look(report, QC_CAPTIONS);
    if (list->fault_count > 0)
        qc_find(report, &at, "%zu cues cannot be read, the first in line %u: %s", list->fault_count,
                list->faults[0].line, list->faults[0].sentence);
    if (duration_ms < 0 || list->count == 0) return;
    int64_t end_ms = 0, start_ms = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->cues[i].end_ms > end_ms && list->cues[i].end_ms < CUE_MS_MAX) {
            end_ms = list->cues[i].end_ms;
            start_ms = list->cues[i].start_ms;
        }
    at.rule = QC_CAPTIONS_END;
    at.start_ms = start_ms;
    at.end_ms = end_ms;
    qc_judge(report, &at, end_ms > duration_ms ? end_ms - duration_ms : 0,
             "captions last beyond the picture");
}

static outcome check_caption(const struct intake *intake, const struct title_file_track *track,
                             int64_t duration_ms, struct qc_report *report, struct why *why)
{
    const struct qc_finding at = place(QC_CAPTIONS, track->file);
    char path[PATH_MAX];
    autoarena arena = arena_init(CUE_ARENA_BYTES);
    autobuffer bytes = buffer_init(CAPTION_FILE_BYTES_MAX);
    struct cue_list list;
    enum caption_format format;
    struct why fault = {""};
    TRY(intake_path(intake, track->file, path, why));
    outcome result = file_read(path, &bytes, &fault);
    if (result == OK)
        result = captions_read(&arena, buffer_slice(&bytes), NULL, &format, &list, &fault);
    if (result == NO_MEMORY) return fail(why, result, "%s", fault.text);
    if (result == OK) {
        // Time codes may begin at any hour: what their programme's is, is found when they are used.
        const bool has_codes = format == CAPTION_SCC || format == CAPTION_STL;
        judge_cues(&list, track->file, has_codes ? -1 : duration_ms, report);
        return OK;
    }
    qc_look(report, QC_CAPTIONS);
    qc_find(report, &at, "%s", fault.text);
    return OK;
}

outcome check_title(const struct intake *intake, int64_t duration_ms, struct qc_report *report,
                    struct why *why)
{
    const struct title_file *file = &intake->file;
    if (!intake->has_file) return OK;
    qc_look(report, QC_TITLE);
    check_language(file->original_language, "original_lang", report);
    for (size_t i = 0; i < file->audio_count; i++)
        check_language(file->audio[i].language, "audio", report);
    for (size_t i = 0; i < file->text_count; i++)
        check_language(file->text[i].language, "text", report);
    check_territories(file, report);
    check_avails(file, clock_wall_ms(clock_system()), report);
    check_rating(&file->rating, report);
    check_description(file, report);
    for (size_t i = 0; i < file->text_count; i++)
        if (file->text[i].stream < 0 && file->text[i].captions[0] == '\0')
            TRY(check_caption(intake, &file->text[i], duration_ms, report, why));
    return OK;
}
