// SPDX-License-Identifier: Apache-2.0
//
// primrose check: is this master fit to be made a title?
#include "studio/check.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/share.h"
#include "cmd/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPORT_BYTES_MAX = 1024 * 1024 };

struct check_verb_options {
    const char *rules;
    int64_t threads;
    bool is_json, lists_all;
};

static const struct option options[] = {
    {.name = "rules",
     .kind = OPTION_TEXT,
     .value = "NAME|FILE",
     .doc = "Rule set: house (the default), one of share/qc such as ebu-r128, or an INI file.",
     .offset = offsetof(struct check_verb_options, rules)},
    {.name = "threads",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "2",
     .min = 1,
     .max = 16,
     .doc = "Threads of the decoder.",
     .offset = offsetof(struct check_verb_options, threads)},
    {.name = "all",
     .kind = OPTION_FLAG,
     .doc = "List rules that pass, too.",
     .offset = offsetof(struct check_verb_options, lists_all)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print the report as one JSON object.",
     .offset = offsetof(struct check_verb_options, is_json)},
};

static outcome print_report(const struct qc_report *report, const char *path,
                            const struct check_verb_options *chosen, struct why *why)
{
    autobuffer text = buffer_init(REPORT_BYTES_MAX);
    if (!chosen->is_json) {
        TRY(qc_report_text(report, path, chosen->lists_all ? QC_ALL_RULES : QC_FINDINGS_ONLY, &text,
                           why));
        return fd_write(STDOUT_FILENO, buffer_slice(&text), why);
    }
    autojson *json = NULL;
    TRY(qc_report_json(report, path, &json, why));
    if (json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) != 0 ||
        putchar('\n') == EOF)
        return fail(why, UNAVAILABLE, "the report could not be printed");
    return OK;
}

static int run(const struct invocation *call)
{
    const struct check_verb_options *chosen = call->options;
    const char *path = call->operands->items[0];
    struct why why = {""};
    struct qc_rules rules;
    outcome result = share_rules(chosen->rules, &rules, &why);
    if (result != OK) return verb_misuse(call, &why);
    struct qc_report *report = calloc(1, sizeof *report);
    if (report == NULL) result = fail(&why, NO_MEMORY, "no memory for a report");
    const struct check_options check = {
        .path = path, .rules = &rules, .threads = (uint32_t)chosen->threads};
    if (result == OK) result = check_master(&check, report, &why);
    if (result == OK) result = print_report(report, path, chosen, &why);
    const bool is_failed = result == OK && qc_overall(report) == QC_FAIL;
    free(report);
    if (result != OK) return verb_end(call, result, &why);
    return is_failed ? 1 : 0;
}

static const struct example examples[] = {
    {"check film.mov", "look a master through and say what is wrong with it"},
    {"check film-1/ --rules ebu-r128 --json", "by broadcasters' loudness rules, for machines"},
};

const struct verb verb_check = {
    .name = "check",
    .stage = STAGE_STUDIO,
    .operands = "MASTER|DIR",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "check a master by a house's rules",
    .story = "Decodes a master once, behind the wall, and judges what it is and what was measured: "
             "damage, cut and lost transport packets, gaps, durations, black, freezes, silence, "
             "clipping, interlace, cadence, colour and HDR metadata, loudness (BS.1770), and "
             "beside it the checksum manifest, title.json and captions. Every finding names its "
             "rule, place, time code and limit. The exit status is 1 when a rule fails; warnings "
             "leave it 0.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct check_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
