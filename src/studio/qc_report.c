// SPDX-License-Identifier: Apache-2.0
#include "studio/qc_report.h"

#include "media/timecode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void qc_look(struct qc_report *report, enum qc_rule rule)
{
    if (report->rules->limits[rule].verdict != QC_OFF && report->verdicts[rule] == QC_OFF)
        report->verdicts[rule] = QC_PASS;
}

void qc_find(struct qc_report *report, const struct qc_finding *at, const char *format, ...)
{
    const enum qc_verdict verdict = report->rules->limits[at->rule].verdict;
    if (verdict == QC_OFF) return;
    report->verdicts[at->rule] = verdict;
    report->counts[at->rule]++;
    if (report->finding_count == QC_FINDINGS_MAX) return;
    struct qc_finding *finding = &report->findings[report->finding_count++];
    *finding = *at;
    finding->verdict = verdict;
    va_list values;
    va_start(values, format);
    (void)vsnprintf(finding->sentence.text, sizeof finding->sentence.text, format, values);
    va_end(values);
}

void qc_judge(struct qc_report *report, const struct qc_finding *at, int64_t value,
              const char *what)
{
    const struct qc_limit *limit = &report->rules->limits[at->rule];
    const char *unit = qc_rule_unit(at->rule);
    struct qc_finding finding = *at;
    finding.value = value;
    qc_look(report, at->rule);
    if (limit->max != QC_NONE && value > limit->max)
        qc_find(report, &finding, "%s: %.4g %s, at most %.4g are asked for", what,
                (double)value / 1000, unit, (double)limit->max / 1000);
    else if (limit->min != QC_NONE && value < limit->min)
        qc_find(report, &finding, "%s: %.4g %s, at least %.4g are asked for", what,
                (double)value / 1000, unit, (double)limit->min / 1000);
}

enum qc_verdict qc_overall(const struct qc_report *report)
{
    enum qc_verdict worst = QC_PASS;
    for (int i = 0; i < QC_RULE_COUNT; i++)
        if (report->verdicts[i] > worst) worst = report->verdicts[i];
    return worst;
}

// "00:01:02:03", or seconds where there is no frame rate.
static void put_time(const struct qc_report *report, int64_t ms, char out[TIMECODE_BYTES])
{
    if (report->rate.frames == 0) {
        (void)snprintf(out, TIMECODE_BYTES, "%.3f s", (double)ms / 1000);
        return;
    }
    timecode_format(ms, report->rate, out);
}

static json_t *limit_json(int64_t limit)
{
    return limit == QC_NONE ? json_null() : json_real((double)limit / 1000);
}

static json_t *rules_json(const struct qc_report *report)
{
    json_t *list = json_array();
    for (int i = 0; i < QC_RULE_COUNT; i++) {
        const struct qc_limit *limit = &report->rules->limits[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:I}", "rule",
                            qc_rule_id((enum qc_rule)i), "asks", qc_rule_asks((enum qc_rule)i),
                            "verdict", qc_verdict_word(report->verdicts[i]), "unit",
                            qc_rule_unit((enum qc_rule)i), "min", limit_json(limit->min), "max",
                            limit_json(limit->max), "findings", (json_int_t)report->counts[i]));
    }
    return list;
}

static json_t *finding_json(const struct qc_report *report, const struct qc_finding *finding)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "rule", qc_rule_id(finding->rule), "verdict",
                               qc_verdict_word(finding->verdict), "where", finding->where,
                               "sentence", finding->sentence.text);
    char start[TIMECODE_BYTES], end[TIMECODE_BYTES];
    if (finding->value != QC_NONE)
        (void)json_object_set_new(object, "value", json_real((double)finding->value / 1000));
    if (finding->start_ms < 0) return object;
    put_time(report, finding->start_ms, start);
    put_time(report, finding->end_ms, end);
    (void)json_object_set_new(object, "start_ms", json_integer((json_int_t)finding->start_ms));
    (void)json_object_set_new(object, "end_ms", json_integer((json_int_t)finding->end_ms));
    (void)json_object_set_new(object, "start", json_string(start));
    (void)json_object_set_new(object, "end", json_string(end));
    return object;
}

outcome qc_report_json(const struct qc_report *report, const char *master, json_t **out,
                       struct why *why)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < report->finding_count; i++)
        (void)json_array_append_new(findings, finding_json(report, &report->findings[i]));
    json_t *made = json_pack("{s:s, s:s, s:s, s:o, s:o}", "master", master, "rules_name",
                             report->rules->name, "verdict", qc_verdict_word(qc_overall(report)),
                             "findings", findings, "rules", rules_json(report));
    if (made == NULL) return fail(why, NO_MEMORY, "no memory for a report");
    *out = made;
    return OK;
}

static outcome put_finding(const struct qc_report *report, const struct qc_finding *finding,
                           struct buffer *out, struct why *why)
{
    char start[TIMECODE_BYTES] = "", end[TIMECODE_BYTES] = "";
    if (finding->start_ms >= 0) {
        put_time(report, finding->start_ms, start);
        put_time(report, finding->end_ms, end);
    }
    return buffer_format(out, why, "%-4s  %-14s  %s%s%s%s%s%s%s%s\n",
                         qc_verdict_word(finding->verdict), qc_rule_id(finding->rule),
                         finding->where, finding->where[0] == '\0' ? "" : ": ",
                         finding->sentence.text, start[0] == '\0' ? "" : "  [", start,
                         start[0] == '\0' ? "" : " .. ", end, start[0] == '\0' ? "" : "]");
}

outcome qc_report_text(const struct qc_report *report, const char *master, enum qc_detail detail,
                       struct buffer *out, struct why *why)
{
    for (enum qc_verdict verdict = QC_FAIL; verdict > QC_PASS; verdict--)
        for (size_t i = 0; i < report->finding_count; i++)
            if (report->findings[i].verdict == verdict)
                TRY(put_finding(report, &report->findings[i], out, why));
    size_t passed = 0, looked = 0;
    for (int i = 0; i < QC_RULE_COUNT; i++) {
        looked += report->verdicts[i] != QC_OFF;
        passed += report->verdicts[i] == QC_PASS;
        if (detail == QC_ALL_RULES && report->verdicts[i] == QC_PASS)
            TRY(buffer_format(out, why, "pass  %-14s  %s\n", qc_rule_id((enum qc_rule)i),
                              qc_rule_asks((enum qc_rule)i)));
    }
    return buffer_format(out, why, "%s: %s by the rules of %s (%zu of %zu rules passed)\n", master,
                         qc_verdict_word(qc_overall(report)), report->rules->name, passed, looked);
}
