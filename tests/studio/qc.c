// SPDX-License-Identifier: Apache-2.0
//
// Rule sets and reports: the judge without a master.
#include "studio/qc_report.h"

#include "studio_place.h"

#define say_and_fail(...)                                                                          \
    do {                                                                                           \
        print_error(__VA_ARGS__);                                                                  \
        _fail(__FILE__, __LINE__);                                                                 \
    } while (0)

static char folder[128];

static int make(void **state)
{
    (void)state;
    folder_new(folder);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : 1;
}

static outcome load(const char *text, struct qc_rules *out, struct why *why)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/mine.ini", folder);
    assert_ok(file_write_atomic(path, slice_of(text), 0644, &why_));
    return qc_rules_load(path, out, why);
}

static void a_set_changes_only_what_it_names(void **state)
{
    (void)state;
    struct qc_rules rules;
    const struct qc_rules house = qc_rules_default();
    struct why why = {""};
    assert_int_equal(
        load("; mine\n[loudness]\nverdict = fail\nmin = -23.5\nmax=none\n", &rules, &why), OK);
    assert_string_equal(rules.name, "mine");
    assert_int_equal(rules.limits[QC_LOUDNESS].verdict, QC_FAIL);
    assert_int_equal(rules.limits[QC_LOUDNESS].min, -23500);
    assert_true(rules.limits[QC_LOUDNESS].max == QC_NONE);
    assert_memory_equal(&rules.limits[QC_BLACK], &house.limits[QC_BLACK], sizeof house.limits[0]);
}

static void mistakes_have_their_line_and_a_hint(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"[loudnes]\nmax = 1\n", "did you mean loudness?"},
        {"[black]\nmaximum = 1\n", "no setting"},
        {"\n[black]\nmax = much\n", "line 3"},
        {"[black]\nverdict = maybe\n", "no verdict"},
        {"[black]\nnonsense\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct qc_rules rules;
        struct why why = {""};
        assert_int_equal(load(cases[i].text, &rules, &why), INVALID);
        if (strstr(why.text, cases[i].word) == NULL) say_and_fail("%s", why.text);
    }
    struct qc_rules rules;
    assert_int_equal(qc_rules_load("/nowhere/a.ini", &rules, NULL), NOT_FOUND);
}

static void the_sets_that_come_with_the_program_can_be_read(void **state)
{
    (void)state;
    static const char *const names[] = {"ebu-r128", "atsc-a85", "streaming"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_MAX];
        struct qc_rules rules;
        (void)snprintf(path, sizeof path, "%s/share/qc/%s.ini", getenv("PRIMROSE_SOURCE"),
                       names[i]);
        assert_ok(qc_rules_load(path, &rules, &why_));
        assert_string_equal(rules.name, names[i]);
        assert_true(rules.limits[QC_TRUE_PEAK].verdict == QC_FAIL);
    }
}

static void a_rule_passes_until_a_finding_breaks_it(void **state)
{
    (void)state;
    struct qc_rules rules = qc_rules_default();
    struct qc_report *report = calloc(1, sizeof *report);
    assert_non_null(report);
    report->rules = &rules;
    report->rate = (struct frame_rate){30000, 1001};
    rules.limits[QC_FREEZE].verdict = QC_OFF;
    const struct qc_finding loud = {.rule = QC_LOUDNESS, .where = "track 1", .start_ms = -1};
    const struct qc_finding black = {
        .rule = QC_BLACK, .where = "track 0", .start_ms = 60060, .end_ms = 70003};
    const struct qc_finding still = {.rule = QC_FREEZE, .start_ms = 0, .end_ms = 1};
    qc_judge(report, &loud, -20000, "loudness");
    assert_int_equal(report->verdicts[QC_LOUDNESS], QC_PASS);
    assert_int_equal(qc_overall(report), QC_PASS);
    qc_judge(report, &black, 9943, "black");
    qc_judge(report, &still, 99999000, "still");
    assert_int_equal(report->verdicts[QC_FREEZE], QC_OFF);
    assert_int_equal(qc_overall(report), QC_WARN);
    qc_find(report, &(struct qc_finding){.rule = QC_DAMAGE, .start_ms = -1, .value = QC_NONE},
            "%d pictures", 3);
    assert_int_equal(qc_overall(report), QC_FAIL);

    autobuffer text = buffer_init(65536);
    assert_ok(qc_report_text(report, "film.mov", QC_ALL_RULES, &text, &why_));
    assert_string_equal(
        buffer_text(&text),
        "fail  damage          3 pictures\n"
        "warn  black           track 0: black: 9.943 s, at most 5 are asked for  [00:01:00;02 .. "
        "00:01:10;00]\n"
        "pass  loudness        integrated loudness (BS.1770)\n"
        "film.mov: fail by the rules of house (1 of 3 rules passed)\n");
    autojson *json = NULL;
    assert_ok(qc_report_json(report, "film.mov", &json, &why_));
    const json_t *first = json_array_get(json_object_get(json, "findings"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "start")), "00:01:00;02");
    assert_string_equal(json_string_value(json_object_get(json, "verdict")), "fail");
    assert_int_equal(json_array_size(json_object_get(json, "rules")), QC_RULE_COUNT);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_changes_only_what_it_names),
        cmocka_unit_test(mistakes_have_their_line_and_a_hint),
        cmocka_unit_test(the_sets_that_come_with_the_program_can_be_read),
        cmocka_unit_test(a_rule_passes_until_a_finding_breaks_it),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
