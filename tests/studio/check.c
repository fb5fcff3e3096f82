// SPDX-License-Identifier: Apache-2.0
//
// Judging facts and title.json, and the whole check of a folder, with real parts.
#include "studio/check.h"

#include "studio_place.h"

#define say_and_fail(...)                                                                          \
    do {                                                                                           \
        print_error(__VA_ARGS__);                                                                  \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

static char film[128], program[PATH_MAX];

static int make(void **state)
{
    (void)state;
    folder_new(film);
    program_path("primrose-transcode", program);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    return folder_remove(film, NULL) == OK ? 0 : 1;
}

struct judged {
    struct qc_rules rules;
    struct qc_report report;
    struct master_facts facts;
};

static struct judged *judge_new(void)
{
    struct judged *judged = calloc(1, sizeof *judged);
    assert_non_null(judged);
    judged->rules = qc_rules_default();
    judged->report.rules = &judged->rules;
    judged->facts.video.colour = (struct colour){9, 16, 9, false};
    judged->facts.video.bit_depth = 10;
    judged->facts.video.max_cll = 1000;
    judged->facts.video.max_fall = 400;
    judged->facts.video.mastering = (struct mastering_display){
        {34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10000000, 50};
    return judged;
}

static void colour_that_contradicts_itself_fails(void **state)
{
    (void)state;
    static const struct {
        struct colour colour;
        uint32_t bits;
        uint16_t cll, fall;
        uint32_t max, min;
        enum qc_verdict colour_verdict, mastering_verdict;
    } cases[] = {
        {{9, 16, 9, false}, 10, 1000, 400, 10000000, 50, QC_PASS, QC_PASS},
        {{1, 16, 9, false}, 10, 1000, 400, 10000000, 50, QC_FAIL, QC_PASS},
        {{9, 16, 9, false}, 8, 1000, 400, 10000000, 50, QC_FAIL, QC_PASS},
        {{9, 16, 9, false}, 10, 400, 1000, 10000000, 50, QC_FAIL, QC_PASS},
        {{9, 16, 9, false}, 10, 0, 0, 10000000, 50, QC_PASS, QC_WARN},
        {{9, 16, 9, false}, 10, 1000, 400, 0, 0, QC_PASS, QC_WARN},
        {{9, 16, 9, false}, 10, 1000, 400, 50, 50, QC_FAIL, QC_PASS},
        {{1, 1, 1, false}, 8, 0, 0, 10000000, 50, QC_FAIL, QC_OFF},
        {{1, 1, 1, false}, 8, 0, 0, 0, 0, QC_PASS, QC_OFF},
        {{9, 18, 9, false}, 10, 0, 0, 0, 0, QC_PASS, QC_OFF},
        {{9, 1, 1, false}, 8, 0, 0, 0, 0, QC_FAIL, QC_OFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct judged *judged = judge_new();
        struct master_video *video = &judged->facts.video;
        video->colour = cases[i].colour;
        video->bit_depth = cases[i].bits;
        video->max_cll = cases[i].cll;
        video->max_fall = cases[i].fall;
        video->mastering.luminance_max = cases[i].max;
        video->mastering.luminance_min = cases[i].min;
        judged->facts.duration = (struct media_time){100, 25};
        judged->facts.video.start = (struct media_time){0, 25};
        check_facts(&judged->facts, &judged->report);
        assert_int_equal(judged->report.verdicts[QC_COLOUR], cases[i].colour_verdict);
        assert_int_equal(judged->report.verdicts[QC_MASTERING], cases[i].mastering_verdict);
        free(judged);
    }
}

static void a_description_of_no_main_sound_fails(void **state)
{
    (void)state;
    static const struct {
        const char *main, *described;
        enum qc_verdict verdict;
    } cases[] = {{"en", "en", QC_PASS}, {"en-GB", "en-gb", QC_PASS}, {"en", "de", QC_FAIL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct judged *judged = judge_new();
        struct master_track *tracks = judged->facts.tracks;
        judged->facts.track_count = 3;
        tracks[0].kind = TRACK_VIDEO;
        tracks[1] = (struct master_track){.kind = TRACK_AUDIO, .role = ROLE_MAIN};
        tracks[2] = (struct master_track){.kind = TRACK_AUDIO, .role = ROLE_DESCRIPTION};
        (void)snprintf(tracks[1].language, LANGUAGE_BYTES, "%s", cases[i].main);
        (void)snprintf(tracks[2].language, LANGUAGE_BYTES, "%s", cases[i].described);
        check_described(&judged->facts, &judged->report);
        assert_int_equal(judged->report.verdicts[QC_DESCRIPTION], cases[i].verdict);
        free(judged);
    }
}

static void windows_are_judged(void **state)
{
    (void)state;
    static const char *here[] = {"DE", "AT"}, *there[] = {"AT"}, *france[] = {"FR"},
                      *nowhere[] = {"ZZ"}, *everywhere[] = {"*"};
    static const struct {
        struct title_avail avails[2];
        size_t count;
        enum qc_verdict avail, territory;
    } cases[] = {
        {{{here, 2, 100, 200}}, 1, QC_PASS, QC_OFF},
        {{{here, 2, 1, 50}}, 1, QC_WARN, QC_OFF}, // over
        {{{here, 2, 1, 50}, {here, 2, 50, 0}}, 2, QC_PASS, QC_OFF},
        {{{here, 2, 1, 500}, {there, 1, 400, 0}}, 2, QC_WARN, QC_OFF}, // twice in AT
        {{{everywhere, 1, 1, 500}, {there, 1, 400, 0}}, 2, QC_WARN, QC_OFF},
        {{{france, 1, 100, 0}}, 1, QC_WARN, QC_OFF}, // no right to it
        {{{nowhere, 1, 100, 0}}, 1, QC_PASS, QC_FAIL},
        {{{NULL, 0, 0, 0}}, 1, QC_PASS, QC_OFF},
        {{{NULL, 0, 0, 0}}, 0, QC_OFF, QC_OFF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct judged *judged = judge_new();
        struct title_avail avails[2] = {cases[i].avails[0], cases[i].avails[1]};
        const struct title_file file = {
            .territories = here,
            .territory_count = 2,
            .entry = {.avails = avails, .avail_count = cases[i].count},
        };
        check_avails(&file, 60, &judged->report);
        assert_int_equal(judged->report.verdicts[QC_AVAILS], cases[i].avail);
        assert_int_equal(judged->report.verdicts[QC_TERRITORY], cases[i].territory);
        free(judged);
    }
}

static void write_file(const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", film, name);
    assert_ok(file_write_atomic(path, slice_of(text), 0644, &why_));
}

static const char *sentence_of(const struct qc_report *report, enum qc_rule rule)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].rule == rule) return report->findings[i].sentence.text;
    return "";
}

static void a_folder_is_checked_whole(void **state)
{
    (void)state;
    need_ffmpeg(film);
    film_new(film, "4");
    write_file("title.json",
               "{\"title\":\"T\",\"master\":\"master.mov\",\"original_lang\":\"eng\","
               "\"territories\":[\"DE\",\"UK\"],\"rating\":{\"system\":\"fsk\",\"label\":\"13\"},"
               "\"audio\":[{\"stream\":0,\"lang\":\"en\"},"
               "{\"file\":\"ad.wav\",\"lang\":\"de\",\"role\":\"description\"}],"
               "\"text\":[{\"file\":\"late.srt\",\"lang\":\"en\"},"
               "{\"file\":\"broken.ttml\",\"lang\":\"fr\"}]}");
    write_file("late.srt",
               "1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:01:00,000 --> 00:01:01,000\nB\n");
    write_file("broken.ttml", "<tt xmlns='http://www.w3.org/ns/ttml'><body begin='x'/></tt>");
    write_file("SHA256SUMS",
               "0000000000000000000000000000000000000000000000000000000000000000  master.mov\n"
               "0000000000000000000000000000000000000000000000000000000000000000  ../up\n");
    const struct qc_rules rules = qc_rules_default();
    const struct check_options options = {.path = film, .rules = &rules, .transcoder = program};
    struct qc_report *report = calloc(1, sizeof *report);
    assert_ok(check_master(&options, report, &why_));
    static const struct {
        enum qc_rule rule;
        enum qc_verdict verdict;
        const char *word;
    } wanted[] = {
        {QC_READABLE, QC_PASS, ""},
        {QC_CHECKSUM, QC_FAIL, "the copy is damaged"},
        {QC_LANGUAGE, QC_FAIL, "write \"en\""},
        {QC_TERRITORY, QC_FAIL, "\"UK\""},
        {QC_RATING, QC_WARN, "\"13\" is no rating of fsk"},
        {QC_DESCRIPTION, QC_FAIL, "no main audio in de"},
        {QC_CAPTIONS, QC_FAIL, "12.3.1"},
        {QC_CAPTIONS_END, QC_WARN, "beyond the picture"},
        {QC_DAMAGE, QC_FAIL, "there is no such file"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (report->verdicts[wanted[i].rule] != wanted[i].verdict ||
            strstr(sentence_of(report, wanted[i].rule), wanted[i].word) == NULL)
            say_and_fail("%s: %s, %s", qc_rule_id(wanted[i].rule),
                         qc_verdict_word(report->verdicts[wanted[i].rule]),
                         sentence_of(report, wanted[i].rule));
    }
    assert_int_equal(report->counts[QC_CHECKSUM], 2);
    free(report);
}

static void what_is_no_master_fails_one_rule(void **state)
{
    (void)state;
    char path[PATH_MAX];
    write_file("title.json", "{\"title\":\"T\",\"master\":\"words.mov\"}");
    write_file("words.mov", "these are words, not a film");
    (void)snprintf(path, sizeof path, "%s/words.mov", film);
    const struct qc_rules rules = qc_rules_default();
    const struct check_options options = {.path = path, .rules = &rules, .transcoder = program};
    struct qc_report *report = calloc(1, sizeof *report);
    assert_ok(check_master(&options, report, &why_));
    assert_int_equal(report->verdicts[QC_READABLE], QC_FAIL);
    assert_int_equal(qc_overall(report), QC_FAIL);
    free(report);
}

static void a_title_file_that_cannot_be_read_is_a_finding(void **state)
{
    (void)state;
    write_file("title.json", "{\"title\":7}");
    const struct qc_rules rules = qc_rules_default();
    const struct check_options options = {.path = film, .rules = &rules, .transcoder = program};
    struct qc_report *report = calloc(1, sizeof *report);
    assert_ok(check_master(&options, report, &why_));
    assert_int_equal(report->verdicts[QC_TITLE], QC_FAIL);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colour_that_contradicts_itself_fails),
        cmocka_unit_test(a_description_of_no_main_sound_fails),
        cmocka_unit_test(windows_are_judged),
        cmocka_unit_test(a_folder_is_checked_whole),
        cmocka_unit_test(what_is_no_master_fails_one_rule),
        cmocka_unit_test(a_title_file_that_cannot_be_read_is_a_finding),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
