// SPDX-License-Identifier: Apache-2.0
#include "studio/qc_rules.h"

#include "base/suggest.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *id, *unit, *asks;
    struct qc_limit limit;
} table[QC_RULE_COUNT] = {
#define QC_RULE_ROW(name, id, verdict, min, max, unit, asks) {id, unit, asks, {verdict, min, max}},
    QC_RULES(QC_RULE_ROW)
#undef QC_RULE_ROW
};

const char *qc_rule_id(enum qc_rule rule)
{
    assert(rule < QC_RULE_COUNT);
    return table[rule].id;
}

const char *qc_rule_unit(enum qc_rule rule)
{
    assert(rule < QC_RULE_COUNT);
    return table[rule].unit;
}

const char *qc_rule_asks(enum qc_rule rule)
{
    assert(rule < QC_RULE_COUNT);
    return table[rule].asks;
}

const char *qc_verdict_word(enum qc_verdict verdict)
{
    static const char *const words[QC_VERDICT_COUNT] = {"off", "pass", "warn", "fail"};
    assert(verdict < QC_VERDICT_COUNT);
    return words[verdict];
}

struct qc_rules qc_rules_default(void)
{
    struct qc_rules rules = {.name = "house"};
    for (int i = 0; i < QC_RULE_COUNT; i++)
        rules.limits[i] = table[i].limit;
    return rules;
}

struct reading {
    struct qc_rules *rules;
    FILE *file;
    const char *path;
    int line; // of the one read last: Debian's inih does not tell its handler
    struct why why;
    outcome result;
};

static char *read_line(char *out, int out_bytes, void *context)
{
    struct reading *reading = context;
    reading->line++;
    return fgets(out, out_bytes, reading->file);
}

static outcome read_limit(const char *text, int64_t *out, struct why *why)
{
    if (strcmp(text, "none") == 0) {
        *out = QC_NONE;
        return OK;
    }
    char *end;
    errno = 0;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !(value > -1e9 && value < 1e9))
        return fail(why, INVALID, "\"%.40s\" is no number: write one, or none", text);
    *out = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));
    return OK;
}

static outcome read_verdict(const char *text, enum qc_verdict *out, struct why *why)
{
    static const enum qc_verdict allowed[] = {QC_OFF, QC_WARN, QC_FAIL};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (strcmp(text, qc_verdict_word(allowed[i])) != 0) continue;
        *out = allowed[i];
        return OK;
    }
    return fail(why, INVALID, "\"%.40s\" is no verdict: off, warn and fail are", text);
}

static outcome read_entry(struct qc_rules *rules, const char *section, const char *name,
                          const char *value, struct why *why)
{
    const char *ids[QC_RULE_COUNT];
    int rule = 0;
    for (int i = 0; i < QC_RULE_COUNT; i++)
        ids[i] = table[i].id;
    while (rule < QC_RULE_COUNT && strcmp(ids[rule], section) != 0)
        rule++;
    if (rule == QC_RULE_COUNT) {
        const char *near = suggest(section, ids, QC_RULE_COUNT);
        return fail(why, INVALID, "there is no rule \"%.40s\"%s%s%s", section,
                    near == NULL ? "" : ": did you mean ", near == NULL ? "" : near,
                    near == NULL ? "" : "?");
    }
    struct qc_limit *limit = &rules->limits[rule];
    if (strcmp(name, "verdict") == 0) return read_verdict(value, &limit->verdict, why);
    if (strcmp(name, "min") == 0) return read_limit(value, &limit->min, why);
    if (strcmp(name, "max") == 0) return read_limit(value, &limit->max, why);
    return fail(why, INVALID, "\"%.40s\" is no setting of a rule: verdict, min and max are", name);
}

static int take_entry(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    struct why fault = {""};
    if (reading->result != OK) return 0;
    reading->result = read_entry(reading->rules, section, name, value, &fault);
    if (reading->result == OK) return 1;
    reading->result = fail(&reading->why, reading->result, "%s, line %d: %s", reading->path,
                           reading->line, fault.text);
    return 0;
}

// "share/qc/ebu-r128.ini" is the set ebu-r128.
static void name_set(const char *path, struct qc_rules *rules)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(rules->name, sizeof rules->name, "%s", slash == NULL ? path : slash + 1);
    char *dot = strrchr(rules->name, '.');
    if (dot != NULL) *dot = '\0';
}

outcome qc_rules_load(const char *path, struct qc_rules *out, struct why *why)
{
    struct qc_rules rules = qc_rules_default();
    struct reading reading = {.rules = &rules, .path = path};
    reading.file = fopen(path, "re");
    if (reading.file == NULL) return fail_errno(why, errno, "cannot open the rule set %s", path);
    const int line = ini_parse_stream(read_line, &reading, take_entry, &reading);
    (void)fclose(reading.file);
    if (reading.result != OK) return fail(why, reading.result, "%s", reading.why.text);
    if (line != 0)
        return fail(why, INVALID, "%s, line %d: this is no line of a rule set", path, line);
    name_set(path, &rules);
    *out = rules;
    return OK;
}
