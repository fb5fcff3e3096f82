// SPDX-License-Identifier: Apache-2.0
#include "cmd/share.h"

#include "base/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

outcome share_rules(const char *name, struct qc_rules *out, struct why *why)
{
    static const char *const folders[] = {"../share/qc", "../share/primrose/qc"};
    char beside[PATH_MAX], path[2 * PATH_MAX];
    if (name == NULL || strcmp(name, "house") == 0) {
        *out = qc_rules_default();
        return OK;
    }
    if (strpbrk(name, "/.") != NULL) return qc_rules_load(name, out, why);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        TRY(program_beside(folders[i], beside, why));
        (void)snprintf(path, sizeof path, "%s/%s.ini", beside, name);
        if (access(path, R_OK) == 0) return qc_rules_load(path, out, why);
    }
    return fail(why, NOT_FOUND,
                "there is no rule set \"%.60s\": house, the sets of share/qc, or a file", name);
}
