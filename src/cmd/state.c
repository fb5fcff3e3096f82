// SPDX-License-Identifier: Apache-2.0
#include "cmd/state.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { FOLDER_BYTES = PATH_MAX - 32 };

static outcome folder_of(const char *variable, const char *below_home, char out[FOLDER_BYTES],
                         struct why *why)
{
    const char *named = getenv(variable), *home = getenv("HOME");
    const bool is_named = named != NULL && named[0] == '/';
    if (!is_named && (home == NULL || home[0] != '/'))
        return fail(why, INVALID,
                    "there is no home folder to keep a device or downloads in: name --device and "
                    "--folder");
    const int len = snprintf(out, FOLDER_BYTES, "%s%s/primrose", is_named ? named : home,
                             is_named ? "" : below_home);
    if (len < 0 || len >= FOLDER_BYTES)
        return fail(why, TOO_LARGE, "the home folder has too long a name");
    return OK;
}

outcome state_path(const char *name, char out[PATH_MAX], struct why *why)
{
    char folder[FOLDER_BYTES];
    TRY(folder_of("XDG_STATE_HOME", "/.local/state", folder, why));
    TRY(folder_make(folder, why));
    (void)snprintf(out, PATH_MAX, "%s/%.30s", folder, name);
    return OK;
}

outcome state_downloads(char out[PATH_MAX], struct why *why)
{
    char folder[FOLDER_BYTES];
    TRY(folder_of("XDG_DATA_HOME", "/.local/share", folder, why));
    (void)snprintf(out, PATH_MAX, "%s/downloads", folder);
    return OK;
}
