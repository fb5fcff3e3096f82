// SPDX-License-Identifier: Apache-2.0
//
// What leases cost: encodes chunks of a master as a worker does, through the transcoding process,
// and prints the processor time of each part.
//
//     costs TRANSCODER MASTER LADDER RANGE FRAMES CHUNKS [first|others]
//
//     lease hdr chunk 0 frames 12 extra 11 cpu 41.2 wall 30.4 decode 1.9 convert 0.4
//     v-2160p-hdr 24.0 ... peak hdr 2210 MiB
//
// RANGE is sdr or hdr; a chunk is FRAMES pictures long, CHUNKS of them from the start are encoded,
// and `extra` pictures past a chunk's end are fed for the encoder's lookahead. The largest
// rendition alone, or the others with the largest only scaled from, is what a lease that is cut
// does. Encoders have threads of their own, so that the parts' times are rough; `cpu` is exact.
#include "base/clock.h"
#include "base/file.h"
#include "studio/ladder.h"
#include "studio/transcoder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    (void)fprintf(stderr, "costs: %s\n", why->text);
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why = {""};                                                                     \
        must((call), &why);                                                                        \
    } while (0)

struct bench {
    struct transcoder *transcoder;
    struct ladder ladder; // of the range alone
    struct master_report report;
    bool is_without_first;
    int master;
};

static void choose_rungs(struct bench *bench, const char *name, enum rung_range range)
{
    static struct ladder house, fitted;
    const struct master_video *video = &bench->report.facts.video;
    uint32_t width, height;
    master_display_size(video, &width, &height);
    MUST(ladder_find(name, &house, &why));
    const struct ladder_picture picture = {width, height,
                                           video->range == RANGE_SDR ? RUNG_SDR : RUNG_HDR};
    ladder_fit(&house, &picture, &fitted);
    for (size_t i = 0; i < fitted.count; i++)
        if (fitted.rungs[i].range == range)
            bench->ladder.rungs[bench->ladder.count++] = fitted.rungs[i];
}

static struct rendition_job rendition_of(const struct rung *rung)
{
    struct rendition_job job = {.output_fd = memfd_create("out", MFD_CLOEXEC),
                                .width = rung->width,
                                .height = rung->height,
                                .crf_tenths = rung->crf_tenths,
                                .maxrate_bps = rung->maxrate_bps,
                                .bufsize_bits = rung->bufsize_bits};
    memcpy(job.encoder, rung->encoder, sizeof job.encoder);
    memcpy(job.preset, rung->preset, sizeof job.preset);
    return job;
}

static void lease(struct bench *bench, const char *range, size_t chunk, uint64_t frames)
{
    struct rendition_job renditions[LADDER_RUNGS_MAX];
    const struct master_facts *facts = &bench->report.facts;
    const uint64_t first = chunk * frames, end = first + frames;
    struct video_result result;
    for (size_t i = 0; i < bench->ladder.count; i++)
        renditions[i] = rendition_of(&bench->ladder.rungs[i]);
    if (bench->is_without_first) renditions[0].encoder[0] = '\0';
    const struct video_job job = {
        .master_fd = bench->master,
        .facts = facts,
        .frames = {first, end < facts->video.frame_count ? end : facts->video.frame_count},
        .segment_frames = (uint32_t)frames,
        .range = strcmp(range, "hdr") == 0 ? facts->video.range : RANGE_SDR,
        .renditions = renditions,
        .rendition_count = bench->ladder.count};
    const int64_t start_us = clock_us(clock_system());
    MUST(transcoder_video(bench->transcoder, &job, &(struct transcode_watch){NULL, NULL}, &result,
                          &why));
    const int64_t wall_us = clock_us(clock_system()) - start_us;
    uint64_t sum = result.decode_us + result.convert_us;
    for (size_t i = 0; i < bench->ladder.count; i++)
        sum += result.renditions[i].encode_us + result.renditions[i].scale_us;
    printf("lease %s chunk %zu frames %llu extra %llu cpu %.3f wall %.3f decode %.3f convert %.3f",
           range, chunk, (unsigned long long)(job.frames.end - job.frames.first),
           (unsigned long long)result.lookahead, (double)sum / 1e6, (double)wall_us / 1e6,
           (double)result.decode_us / 1e6, (double)result.convert_us / 1e6);
    for (size_t i = 0; i < bench->ladder.count; i++) {
        printf(" v-%s %.3f", bench->ladder.rungs[i].name,
               (double)(result.renditions[i].encode_us + result.renditions[i].scale_us) / 1e6);
        fd_close(&renditions[i].output_fd);
    }
    putchar('\n');
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 7 || argc > 8) {
        (void)fprintf(stderr,
                      "costs: TRANSCODER MASTER LADDER sdr|hdr FRAMES CHUNKS [first|others]\n");
        return 2;
    }
    static struct bench bench;
    const struct transcoder_options options = {
        .program = argv[1], .memory_bytes_max = (uint64_t)16 << 30, .silence_ms_max = 600000};
    const uint64_t frames = strtoull(argv[5], NULL, 10), chunks = strtoull(argv[6], NULL, 10);
    bench.master = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (bench.master < 0 || frames == 0) {
        perror(argv[2]);
        return 1;
    }
    MUST(transcoder_open(&bench.transcoder, &options, &why));
    MUST(transcoder_probe(bench.transcoder, bench.master, &(struct transcode_watch){NULL, NULL},
                          &bench.report, &why));
    choose_rungs(&bench, argv[3], strcmp(argv[4], "hdr") == 0 ? RUNG_HDR : RUNG_SDR);
    bench.is_without_first = argc == 8 && strcmp(argv[7], "others") == 0;
    if (argc == 8 && !bench.is_without_first) bench.ladder.count = 1;
    const uint64_t total = bench.report.facts.video.frame_count;
    for (size_t i = 0; i < chunks && bench.ladder.count > 0 && i * frames + frames / 2 < total; i++)
        lease(&bench, argv[4], i, frames);
    transcoder_close(&bench.transcoder);
    struct rusage used;
    (void)getrusage(RUSAGE_CHILDREN, &used);
    printf("peak %s %ld MiB\n", argv[4], used.ru_maxrss / 1024);
    return 0;
}
