// SPDX-License-Identifier: Apache-2.0
//
// Titles as the API shows them to whoever calls: in his language, with posters that he may fetch.
#ifndef APP_TITLES_JSON_H
#define APP_TITLES_JSON_H

#include "app/call.h"
#include "catalog/series.h"
#include "catalog/title.h"

// What a row of a list needs (TitleSummary). NULL without memory.
json_t *title_summary_json(const struct call *call, const struct title *title);

// A list of them.
json_t *title_summaries_json(const struct call *call, const struct title *titles, size_t count);

// Everything that a record says (Title), less what other records say.
json_t *title_json(const struct call *call, const struct title *title);

// What a series is called (SeriesSummary), with the picture of one of its episodes; NULL: none.
json_t *series_summary_json(const struct call *call, const struct series *series,
                            const struct title *face);

// The words in a language, else those of its first part ("pt" of "pt-BR"); NULL: the original's.
const struct title_words *words_find(const struct title_words *words, size_t count,
                                     const char *language);

#endif
