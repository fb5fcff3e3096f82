// SPDX-License-Identifier: Apache-2.0
#include "cmd/download_print.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

static const int64_t play_within_ms = INT64_C(48) * 3600000; // as the licence has it

static int64_t ends_ms(const struct bundle *bundle)
{
    const int64_t finish_by_ms = bundle->started_ms + play_within_ms;
    return bundle->started_ms != 0 && finish_by_ms < bundle->ends_ms ? finish_by_ms
                                                                     : bundle->ends_ms;
}

const char *download_state(const struct bundle *bundle)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    const bool is_late = bundle->started_ms == 0 && now_ms >= bundle->start_by_ms;
    if (bundle->over[0] != '\0' || is_late || now_ms >= ends_ms(bundle)) return "over";
    if (!bundle->is_complete) return "fetching";
    return bundle->started_ms != 0 ? "begun" : "ready";
}

static uint64_t bytes_of(const struct bundle *bundle)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < bundle->file_count; i++)
        bytes += bundle->files[i].bytes;
    return bytes;
}

void download_print(const char *folder, const struct bundle *bundle)
{
    char until[CLOCK_TEXT_BYTES];
    const bool is_begun = bundle->started_ms != 0;
    wall_format(is_begun ? ends_ms(bundle) : bundle->start_by_ms, until);
    printf("%-9s %8.1f MB  %s %.16s  %s  %s\n", download_state(bundle),
           (double)bytes_of(bundle) / 1e6, is_begun ? "ends    " : "start by", until,
           bundle->title[0] == '\0' ? bundle->title_id : bundle->title, folder);
    if (bundle->over[0] != '\0') printf("          %s\n", bundle->over);
}

static json_t *time_json(int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    if (wall_ms == 0) return json_null();
    wall_format(wall_ms, text);
    return json_string(text);
}

void download_print_json(const char *folder, const struct bundle *bundle,
                         const struct bundle_progress *progress)
{
    autojson *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:s, s:b}",
                               "folder", folder, "house", bundle->house, "id", bundle->download_id,
                               "title_id", bundle->title_id, "title", bundle->title, "state",
                               download_state(bundle), "bytes", (json_int_t)bytes_of(bundle),
                               "start_by", time_json(bundle->start_by_ms), "started_at",
                               time_json(bundle->started_ms), "ends_at", time_json(ends_ms(bundle)),
                               "over", bundle->over, "protected", bundle->is_protected);
    if (json != NULL && progress != NULL) {
        (void)json_object_set_new(json, "fetched_bytes",
                                  json_integer((json_int_t)progress->fetched_bytes));
        (void)json_object_set_new(json, "mended", json_integer((json_int_t)progress->mended));
    }
    if (json != NULL) (void)json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

void download_show(void *context, const struct bundle_progress *progress)
{
    (void)context;
    fprintf(stderr, "\r%6.1f of %.1f MB  %-32.32s ", (double)progress->done_bytes / 1e6,
            (double)progress->bytes / 1e6, progress->file == NULL ? "" : progress->file);
}
