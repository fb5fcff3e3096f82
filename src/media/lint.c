// SPDX-License-Identifier: Apache-2.0
#include "media/lint.h"

#include "media/lint_internal.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

const char *severity_word(enum severity severity)
{
    return severity == SEVERITY_ERROR ? "error" : "warning";
}

const struct lint_rule_info *lint_rule_info(enum lint_rule rule)
{
    static const struct lint_rule_info rules[LINT_RULE_COUNT] = {
#define LINT_RULE_ROW(name, id, severity, text) [name] = {id, SEVERITY_##severity, text},
        LINT_RULES(LINT_RULE_ROW)
#undef LINT_RULE_ROW
    };
    assert(rule < LINT_RULE_COUNT);
    return &rules[rule];
}

void lint_find(struct lint *lint, enum lint_rule rule, const char *where, const char *format, ...)
{
    struct lint_report *report = &lint->report;
    if (lint_rule_info(rule)->severity == SEVERITY_ERROR)
        report->error_count++;
    else
        report->warning_count++;
    if (report->finding_count == FINDINGS_MAX) return;
    char sentence[2 * WHY_BYTES];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    const struct finding finding = {rule, arena_copy(lint->arena, slice_of(where)),
                                    arena_copy(lint->arena, slice_of(sentence))};
    if (finding.where == NULL || finding.sentence == NULL) {
        lint->is_out_of_memory = true;
        return;
    }
    report->findings[report->finding_count++] = finding;
}

static outcome check(struct lint *lint, struct why *why)
{
    TRY(lint_load(lint, why));
    lint_check_media(lint);
    for (size_t i = 0; i < lint->manifest_count; i++) {
        const struct lint_manifest *manifest = &lint->manifests[i];
        if (manifest->manifest->format == MANIFEST_HLS)
            lint_check_hls(lint, manifest);
        else
            lint_check_dash(lint, manifest);
        lint_check_sidecars(lint, manifest);
        lint->report.rendition_count += manifest->manifest->rendition_count;
    }
    lint_check_twins(lint);
    for (size_t i = 0; i < lint->media_count; i++)
        lint->report.segment_count += lint->media[i]->count;
    lint->report.manifest_count = lint->manifest_count;
    return lint->is_out_of_memory ? fail(why, NO_MEMORY, "no memory to check the folder") : OK;
}

outcome lint_folder(struct arena *arena, const char *path, struct lint_report *out, struct why *why)
{
    autofd folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return fail_errno(why, errno, "cannot open folder %s", path);
    struct lint *lint = ARENA_NEW(arena, struct lint);
    if (lint == NULL) return fail(why, NO_MEMORY, "no memory to check %s", path);
    lint->arena = arena;
    lint->folder = folder;
    lint->report.findings = arena_take_array(arena, FINDINGS_MAX, sizeof(struct finding));
    if (lint->report.findings == NULL) return fail(why, NO_MEMORY, "no memory to check %s", path);
    TRY(check(lint, why));
    *out = lint->report;
    return OK;
}
