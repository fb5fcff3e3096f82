// SPDX-License-Identifier: Apache-2.0
#include "cmd/share.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

outcome share_rules(const char *name, struct qc_rules *out, struct why *why)
{
    static const char *const folders[] = {"../share/qc", "../share/primrose/qc"};
    char self[PATH_MAX], path[2 * PATH_MAX];
    if (name == NULL || strcmp(name, "house") == 0) {
        *out = qc_rules_default();
        return OK;
    }
    if (strpbrk(name, "/.") != NULL) return qc_rules_load(name, out, why);
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0) return fail(why, UNAVAILABLE, "the program does not find itself");
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s/%s.ini", self, folders[i], name);
        if (access(path, R_OK) == 0) return qc_rules_load(path, out, why);
    }
    return fail(why, NOT_FOUND,
                "there is no rule set \"%.60s\": house, the sets of share/qc, or a file", name);
}
