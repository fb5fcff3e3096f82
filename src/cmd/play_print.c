// SPDX-License-Identifier: Apache-2.0
#include "cmd/play_print.h"

#include "base/json.h"

#include <stdio.h>

static int64_t ms(int64_t us)
{
    return (us + 500) / 1000;
}

void play_print(const struct play_report *report)
{
    printf("first frame %lld ms, %u stalls, %u switches\n", (long long)ms(report->startup_us),
           report->stall_count, report->switch_count);
    printf("played %.1f s of %s, stalled %.1f s, %.0f kb/s on average, %llu requests, %.1f MB\n",
           (double)report->played_us / 1e6, report->format, (double)report->stalled_us / 1e6,
           report->mean_bps / 1000, (unsigned long long)report->request_count,
           (double)report->media_bytes / 1e6);
    if (report->is_protected)
        printf("encrypted, licence in %lld ms\n", (long long)ms(report->licence_us));
    for (size_t i = 0; i < report->rung_count; i++)
        if (report->rungs[i].segments > 0)
            printf("  %-12s %7.0f kb/s  %llu segments\n", report->rungs[i].name,
                   (double)report->rungs[i].rate_bps / 1000,
                   (unsigned long long)report->rungs[i].segments);
    if (report->video.frames + report->audio.frames > 0)
        printf("decoded %llu pictures and %llu audio frames, %llu faults\n",
               (unsigned long long)report->video.frames, (unsigned long long)report->audio.frames,
               (unsigned long long)(report->video.errors + report->audio.errors));
}

outcome play_print_json(const struct play_report *report, const char *url, struct why *why)
{
    autojson *rungs = json_array();
    for (size_t i = 0; i < report->rung_count; i++)
        (void)json_array_append_new(rungs,
                                    json_pack("{s:s, s:I, s:I}", "name", report->rungs[i].name,
                                              "bps", (json_int_t)report->rungs[i].rate_bps,
                                              "segments", (json_int_t)report->rungs[i].segments));
    autojson *all = json_pack(
        "{s:s, s:s, s:I, s:i, s:I, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, "
        "s:O, s:s, s:{s:I, s:I}}",
        "url", url, "format", report->format, "first_frame_ms", (json_int_t)ms(report->startup_us),
        "stalls", (int)report->stall_count, "stall_ms", (json_int_t)ms(report->stalled_us),
        "switches", (int)report->switch_count, "abandoned", (int)report->abandoned_count, "retries",
        (int)report->retry_count, "kbps", (json_int_t)(report->mean_bps / 1000 + 0.5), "played_ms",
        (json_int_t)ms(report->played_us), "requests", (json_int_t)report->request_count,
        "media_bytes", (json_int_t)report->media_bytes, "frames_decoded",
        (json_int_t)report->video.frames, "audio_frames_decoded", (json_int_t)report->audio.frames,
        "decode_errors", (json_int_t)(report->video.errors + report->audio.errors), "protected",
        report->is_protected, "licence_ms", (json_int_t)ms(report->licence_us), "rungs", rungs,
        "session", report->telemetry.session, "telemetry", "sent",
        (json_int_t)report->telemetry.sent, "lost", (json_int_t)report->telemetry.lost);
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT) != 0)
        return fail(why, NO_MEMORY, "the report could not be printed");
    putchar('\n');
    return OK;
}
