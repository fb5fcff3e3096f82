// SPDX-License-Identifier: Apache-2.0
#include "studio/tune.h"

#include "base/file.h"
#include "studio/digest.h"
#include "studio/job_run.h"
#include "studio/survey.h"

#include <stdio.h>

enum { KEY_BYTES = 128, REPORT_BYTES_MAX = 1 << 20 };

// Counts up when the same master and ladder are probed in another way.
#define RECIPE "3"

static outcome survey_key(const struct tune_order *order, const struct ladder *fixed, char *out,
                          struct why *why)
{
    autobuffer text = buffer_init(SURVEY_BYTES_MAX);
    char digest[DIGEST_TEXT_BYTES];
    TRY(buffer_format(&text, why, "%s\n%s\n%s\n", RECIPE, order->master, order->build));
    for (size_t i = 0; i < fixed->count; i++) {
        const struct rung *rung = &fixed->rungs[i];
        TRY(buffer_format(&text, why, "%d %ux%u %s %s %u\n", (int)rung->range, rung->width,
                          rung->height, rung->encoder, rung->preset, rung->crf_tenths));
    }
    TRY(digest_bytes(buffer_slice(&text), digest, why));
    (void)snprintf(out, KEY_BYTES, "surveys/%s.json", digest);
    return OK;
}

static outcome make_survey(struct blob_store *blobs, const struct tune_order *order,
                           const struct grid *grid, const char *key, struct tuning *tuning,
                           struct why *why)
{
    autotranscoder *transcoder = NULL;
    const struct transcoder_options options = {.program = order->program};
    autobuffer text = buffer_init(SURVEY_BYTES_MAX);
    autofd master = -1;
    TRY(transcoder_open(&transcoder, &options, why));
    TRY(job_source(blobs, transcoder, order->master, &master, why));
    TRY(survey_make(transcoder, master, order->facts, grid, &tuning->fixed, order->watch,
                    &tuning->survey, why));
    TRY(survey_format(&tuning->survey, tuning->fixed.count, &text, why));
    return blob_put(blobs, key, buffer_slice(&text), why);
}

outcome tune_ladder(struct blob_store *blobs, const struct tune_order *order, struct tuning *out,
                    struct why *why)
{
    struct grid grid;
    char key[KEY_BYTES];
    autobuffer text = buffer_init(SURVEY_BYTES_MAX);
    TRY(plan_fit(order->facts, order->ladder, &grid, &out->fixed, why));
    TRY(survey_key(order, &out->fixed, key, why));
    const outcome got = blob_get(blobs, key, &text, why);
    if (got != OK && got != NOT_FOUND) return got;
    if (got == OK)
        TRY(survey_parse(buffer_slice(&text), out->fixed.count, &out->survey, why));
    else
        TRY(make_survey(blobs, order, &grid, key, out, why));
    hull_choose(&out->fixed, &out->survey, &out->ladder, out->choices);
    return OK;
}

outcome tune_report(struct blob_store *blobs, const struct plan *plan, const struct tuning *tuning,
                    struct why *why)
{
    char key[KEY_BYTES];
    autojson *json = NULL;
    autobuffer text = buffer_init(REPORT_BYTES_MAX);
    TRY(hull_json(&tuning->fixed, &tuning->survey, tuning->choices, &json, why));
    TRY(json_format(json, &text, why));
    (void)snprintf(key, sizeof key, "reports/%s/%s-ladder.json", plan->title_id, plan->id);
    TRY(blob_put(blobs, key, buffer_slice(&text), why));
    text.len = 0;
    TRY(hull_text(&tuning->fixed, tuning->choices, &text, why));
    (void)snprintf(key, sizeof key, "reports/%s/%s-ladder.txt", plan->title_id, plan->id);
    return blob_put(blobs, key, buffer_slice(&text), why);
}
