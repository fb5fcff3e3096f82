// SPDX-License-Identifier: Apache-2.0
//
// What cutting a title into jobs costs: processor time and bits at equal quality, against one
// encoder over the whole.
//
//     whole         [-------------------------------------------]   one job: one x264 over all
//     frames 4 segments    [---------------|>>][---------------|>>] ...    jobs of 8 s, lookahead
//     past each end 2 segments    [-------|>>][-------|>>][-------|>>] ...        jobs of 4 s alone
//     [---][---][---][---] ...                        2 s, no lookahead: cut without care
//
// Every way is encoded at two rate factors; bits are compared at the PSNR (luma, mean error of all
// frames) of the whole encode, with log(bits) interpolated between the two. Processor time is that
// of the transcoding process, start included. Jobs of one way follow one another in one process, as
// on a worker.
//
//     chunks TRANSCODER CLIP WIDTH HEIGHT PRESET
#include "base/file.h"
#include "studio/transcode/conform.h"
#include "studio/transcoder.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAMES_MAX = 4000, RATE_FACTORS = 2 };

static const uint32_t rate_factors_tenths[RATE_FACTORS] = {220, 260};

struct way {
    const char *name;
    uint32_t segments;  // to a job; 0: all
    bool has_lookahead; // a title that ends with the job has none
};

static const struct way ways[] = {
    {"whole", 0, true},
    {"jobs of 4 segments", 4, true},
    {"jobs of 2 segments", 2, true},
    {"2 s, no lookahead", 1, false},
};
enum { WAY_COUNT = sizeof ways / sizeof ways[0] };

struct measured {
    double cpu_s, bits, psnr;
};

static void die(const struct why *why)
{
    (void)fprintf(stderr, "chunks: %s\n", why->text);
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why = {""};                                                                     \
        if ((call) != OK) die(&why);                                                               \
    } while (0)

// The pictures that encoders are given, to compare with.
static size_t read_reference(int fd, const struct master_facts *facts, uint32_t width,
                             uint32_t height, uint8_t **luma)
{
    struct source source = {0};
    struct conform conform = {0};
    AVFrame *picture = NULL;
    MUST(source_open(fd, &source, &why));
    MUST(conform_open(&source, &facts->video, 0, width, height, 1, &conform, &why));
    MUST(picture_make(width, height, &picture, &why));
    for (uint64_t n = 0; n < facts->video.frame_count; n++) {
        const AVFrame *frame = NULL;
        bool is_new = false;
        MUST(conform_frame(&conform, n, &frame, &is_new, &why));
        const AVFrame *ready = NULL;
        MUST(prepare_convert(conform.prepare, frame, picture, &ready, &why));
        luma[n] = malloc((size_t)width * height);
        if (luma[n] == NULL) exit(1);
        for (uint32_t y = 0; y < height; y++)
            memcpy(luma[n] + (size_t)y * width, ready->data[0] + (ptrdiff_t)y * ready->linesize[0],
                   width);
    }
    av_frame_free(&picture);
    conform_close(&conform);
    source_close(&source);
    return facts->video.frame_count;
}

// Squared error of a chunk's frames against the reference from `first` on.
static double chunk_error(int fd, uint8_t *const *luma, uint64_t first, uint64_t end,
                          uint32_t width, uint32_t height)
{
    struct source source = {0};
    struct stream_decoder decoder = {0};
    AVFrame *frame = av_frame_alloc();
    MUST(source_open(fd, &source, &why));
    MUST(stream_decoder_open(&source, 0, 1, &decoder, &why));
    double sum = 0;
    for (uint64_t n = first; n < end; n++) {
        MUST(stream_decoder_next(&decoder, frame, &why));
        for (uint32_t y = 0; y < height; y++) {
            const uint8_t *a = luma[n] + (size_t)y * width,
                          *b = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
            uint64_t row = 0;
            for (uint32_t x = 0; x < width; x++)
                row += (uint64_t)((a[x] - b[x]) * (a[x] - b[x]));
            sum += (double)row;
        }
        av_frame_unref(frame);
    }
    av_frame_free(&frame);
    stream_decoder_close(&decoder);
    source_close(&source);
    return sum;
}

static double children_s(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// Bytes of media without the chunk's own headers: what the packager will join.
static double media_bits(const struct video_result *result, size_t init_bytes)
{
    return 8.0 * ((double)result->renditions[0].bytes - (double)init_bytes);
}

struct setup {
    const char *program, *preset;
    int master;
    const struct master_facts *facts;
    uint32_t width, height, segment_frames;
    uint8_t *const *luma;
};

static struct measured encode(const struct setup *setup, const struct way *way, uint32_t crf_tenths)
{
    static const size_t init_bytes = 700; // ftyp and moov, about
    struct measured measured = {0, 0, 0};
    struct master_facts *facts = malloc(sizeof *facts);
    struct transcoder *transcoder = NULL;
    const double start_s = children_s();
    const uint64_t count = setup->facts->video.frame_count;
    const uint64_t step =
        way->segments == 0 ? count : (uint64_t)way->segments * setup->segment_frames;
    double error = 0;
    MUST(transcoder_open(&transcoder, &(struct transcoder_options){.program = setup->program},
                         &why));
    for (uint64_t first = 0; first < count; first += step) {
        const uint64_t end = first + step < count ? first + step : count;
        const int fd = memfd_create("chunk", MFD_CLOEXEC);
        struct rendition_job rendition = {.output_fd = fd,
                                          .encoder = "x264",
                                          .width = setup->width,
                                          .height = setup->height,
                                          .crf_tenths = crf_tenths};
        (void)snprintf(rendition.preset, sizeof rendition.preset, "%s", setup->preset);
        *facts = *setup->facts;
        if (!way->has_lookahead) facts->video.frame_count = end;
        const struct video_job job = {.master_fd = setup->master,
                                      .facts = facts,
                                      .frames = {first, end},
                                      .segment_frames = setup->segment_frames,
                                      .renditions = &rendition,
                                      .rendition_count = 1};
        struct video_result result;
        MUST(transcoder_video(transcoder, &job, NULL, &result, &why));
        measured.bits += media_bits(&result, init_bytes);
        error += chunk_error(fd, setup->luma, first, end, setup->width, setup->height);
        (void)close(fd);
    }
    transcoder_close(&transcoder);
    free(facts);
    const double mean = error / ((double)count * setup->width * setup->height);
    measured.cpu_s = children_s() - start_s;
    measured.psnr = 10 * log10(255.0 * 255.0 / mean);
    return measured;
}

// Bits at a PSNR, on the line through two measurements.
static double bits_at(const struct measured *two, double psnr)
{
    const double slope = (log(two[1].bits) - log(two[0].bits)) / (two[1].psnr - two[0].psnr);
    return exp(log(two[0].bits) + slope * (psnr - two[0].psnr));
}

int main(int count, char **words)
{
    if (count != 6) {
        (void)fprintf(stderr, "usage: chunks TRANSCODER CLIP WIDTH HEIGHT PRESET\n");
        return 2;
    }
    struct setup setup = {.program = words[1], .preset = words[5]};
    setup.master = open(words[2], O_RDONLY | O_CLOEXEC);
    setup.width = (uint32_t)strtoul(words[3], NULL, 10);
    setup.height = (uint32_t)strtoul(words[4], NULL, 10);
    struct master_report *report = calloc(1, sizeof *report);
    struct transcoder *transcoder = NULL;
    MUST(
        transcoder_open(&transcoder, &(struct transcoder_options){.program = setup.program}, &why));
    MUST(transcoder_probe(transcoder, setup.master, NULL, report, &why));
    MUST(master_accept(report, &why));
    transcoder_close(&transcoder);
    setup.facts = &report->facts;
    struct grid grid;
    MUST(grid_init(&grid, report->facts.video.rate, 2000, 1, &why));
    setup.segment_frames = grid.segment_frames;
    static uint8_t *luma[FRAMES_MAX];
    if (report->facts.video.frame_count > FRAMES_MAX) return 2;
    const size_t frames =
        read_reference(setup.master, setup.facts, setup.width, setup.height, luma);
    setup.luma = luma;

    (void)printf("%s: %zu frames, %ux%u, %s\n", words[2], frames, setup.width, setup.height,
                 setup.preset);
    (void)printf("%-20s %8s %8s %8s %8s %10s %14s\n", "", "CPU s", "kbit", "PSNR", "", "CPU",
                 "bits at PSNR");
    struct measured whole[RATE_FACTORS];
    for (size_t w = 0; w < WAY_COUNT; w++) {
        struct measured two[RATE_FACTORS];
        for (size_t i = 0; i < RATE_FACTORS; i++) {
            two[i] = encode(&setup, &ways[w], rate_factors_tenths[i]);
            if (w == 0) whole[i] = two[i];
        }
        const double psnr = (whole[0].psnr + whole[1].psnr) / 2;
        const double cpu = (two[0].cpu_s + two[1].cpu_s) / (whole[0].cpu_s + whole[1].cpu_s) - 1;
        const double bits = bits_at(two, psnr) / bits_at(whole, psnr) - 1;
        for (size_t i = 0; i < RATE_FACTORS; i++)
            (void)printf("%-20s %8.2f %8.0f %8.3f  crf %.0f", i == 0 ? ways[w].name : "",
                         two[i].cpu_s, two[i].bits / 1000, two[i].psnr,
                         rate_factors_tenths[i] / 10.0),
                (void)(i == 0 ? printf("\n")
                              : printf("  %+6.1f %% %+12.2f %%\n", cpu * 100, bits * 100));
    }
    return 0;
}
