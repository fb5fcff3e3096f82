// SPDX-License-Identifier: Apache-2.0
#include "damage.h"

#include "base/file.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

bool lint_saw(const struct lint_report *report, enum lint_rule rule)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].rule == rule) return true;
    return false;
}

void lint_print(const struct lint_report *report)
{
    for (size_t i = 0; i < report->finding_count; i++)
        print_message("# %s %s: %s\n", lint_rule_info(report->findings[i].rule)->id,
                      report->findings[i].where, report->findings[i].sentence);
}

struct lint_report lint_of(struct arena *arena, const char *folder)
{
    struct lint_report report;
    struct why why = {""};
    if (lint_folder(arena, folder, &report, &why) != OK) fail_msg("%s", why.text);
    return report;
}

static void replace_all(const struct buffer *in, const struct damage *damage, struct buffer *out)
{
    const size_t len = strlen(damage->find);
    size_t found = 0;
    for (size_t i = 0; i < in->len;) {
        const bool is_here = in->len - i >= len && memcmp(in->at + i, damage->find, len) == 0;
        const struct slice byte = {in->at + i, 1};
        assert_int_equal(buffer_put(out, is_here ? slice_of(damage->with) : byte, NULL), OK);
        found += is_here;
        i += is_here ? len : 1;
    }
    if (found == 0) fail_msg("%s has no \"%s\" to damage", damage->file, damage->find);
}

static void patch(const struct buffer *in, const struct damage *damage, struct buffer *out)
{
    const size_t len = strlen(damage->find);
    const uint8_t *at = in->at;
    for (size_t n = 0; n < damage->nth; n++) {
        at = memmem(at + (n > 0), in->len - (size_t)(at + (n > 0) - in->at), damage->find, len);
        if (at == NULL) fail_msg("%s has too few \"%s\" to damage", damage->file, damage->find);
    }
    assert_int_equal(buffer_put(out, (struct slice){in->at, in->len}, NULL), OK);
    memcpy(out->at + (at - in->at) + damage->patch_at, damage->with, damage->patch_len);
}

void damage_is_seen(const char *folder, const struct damage *damage)
{
    char path[PATH_MAX];
    autoarena arena = arena_init(DAMAGE_ARENA_BYTES);
    autobuffer before = buffer_init(DAMAGE_FILE_BYTES_MAX);
    autobuffer after = buffer_init(DAMAGE_FILE_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", folder, damage->file);
    assert_int_equal(file_read(path, &before, NULL), OK);
    if (damage->patch_len > 0)
        patch(&before, damage, &after);
    else
        replace_all(&before, damage, &after);
    assert_int_equal(file_write_atomic(path, buffer_slice(&after), 0644, NULL), OK);
    const struct lint_report report = lint_of(&arena, folder);
    assert_int_equal(file_write_atomic(path, buffer_slice(&before), 0644, NULL), OK);
    if (lint_saw(&report, damage->rule)) return;
    lint_print(&report);
    fail_msg("%s with \"%s\" in place of \"%s\": rule %s did not see it", damage->file,
             damage->with, damage->find, lint_rule_info(damage->rule)->id);
}
