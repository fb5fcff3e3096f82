// SPDX-License-Identifier: Apache-2.0
//
// Titles as the API shows them.
#ifndef APP_TITLES_JSON_H
#define APP_TITLES_JSON_H

#include "base/json.h"
#include "catalog/title.h"

// What a row of a list needs (TitleSummary). NULL without memory.
json_t *title_summary_json(const struct title *title);

#endif
