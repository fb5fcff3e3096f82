// SPDX-License-Identifier: Apache-2.0
//
// Downloads as `primrose download` shows them.
#ifndef CMD_DOWNLOAD_PRINT_H
#define CMD_DOWNLOAD_PRINT_H

#include "player/bundle_fetch.h"

// One download: a line for people, or one JSON object.
void download_print(const char *folder, const struct bundle *bundle);
void download_print_json(const char *folder, const struct bundle *bundle,
                         const struct bundle_progress *progress); // NULL: nothing was fetched

// "fetching", "ready", "begun", "over".
const char *download_state(const struct bundle *bundle);

// On a terminal: how far it is.
void download_show(void *context, const struct bundle_progress *progress);

#endif
