// SPDX-License-Identifier: Apache-2.0
#include "cmd/ingest_view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    REDRAW_US = 80000, // a dozen times a second is as much as an eye wants
    COLUMNS = 80,      // where the terminal does not say
    MAP_AT = 14,       // column of the chunks
};

static bool says_utf8(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && (strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL);
}

struct ingest_view ingest_view_init(FILE *out)
{
    struct ingest_view view = {.out = out, .columns = COLUMNS};
    struct winsize size;
    view.is_terminal = isatty(fileno(out)) == 1;
    view.is_utf8 = says_utf8("LC_ALL") || says_utf8("LC_CTYPE") || says_utf8("LANG");
    if (view.is_terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > MAP_AT + 10)
        view.columns = size.ws_col;
    return view;
}

// --- lines -----------------------------------------------------------------------------------

static void describe_encode(const struct encode_view *encode, char *out, size_t bytes)
{
    int len = snprintf(out, bytes, "%zu of %zu jobs", encode->done_count, encode->job_count);
    if (encode->resumed_count > 0)
        len += snprintf(out + len, bytes - (size_t)len, ", %zu from before", encode->resumed_count);
    if (encode->worker_deaths > 0)
        (void)snprintf(out + len, bytes - (size_t)len, ", %zu workers replaced",
                       encode->worker_deaths);
}

// What a stage has to say; "" for nothing.
static void describe_stage(const struct ingest_progress *progress, enum ingest_stage stage,
                           char *out, size_t bytes)
{
    out[0] = '\0';
    const struct master_facts *facts = progress->facts;
    const bool is_running = stage == progress->stage;
    if (stage == INGEST_ENCODE && progress->encode != NULL)
        describe_encode(progress->encode, out, bytes);
    else if (stage == INGEST_PROBE && facts != NULL)
        (void)snprintf(out, bytes, "%llu frames of %ux%u at %.4g fps, %s",
                       (unsigned long long)facts->video.frame_count, facts->video.width,
                       facts->video.height,
                       (double)facts->video.rate.frames / facts->video.rate.seconds,
                       facts->tracks[facts->video.track].codec);
    else if (is_running && stage == INGEST_READ && progress->total > 0)
        (void)snprintf(out, bytes, "%.2f of %.2f GB", (double)progress->done / 1e9,
                       (double)progress->total / 1e9);
    else if (is_running && progress->total > 0)
        (void)snprintf(out, bytes, "%llu of %llu", (unsigned long long)progress->done,
                       (unsigned long long)progress->total);
}

static void put_stage(const struct ingest_view *view, const struct ingest_progress *progress,
                      enum ingest_stage stage)
{
    char says[200];
    describe_stage(progress, stage, says, sizeof says);
    fprintf(view->out, "%-9s  %-50.50s %6.1f s", ingest_stage_word(stage), says,
            (double)progress->stage_us[stage] / 1e6);
    const struct encode_view *encode = progress->encode;
    if (stage == progress->stage && encode != NULL && encode->left_us >= 0 &&
        encode->done_count < encode->job_count)
        fprintf(view->out, "   about %.0f s left", (double)encode->left_us / 1e6 + 0.5);
}

// --- the map ---------------------------------------------------------------------------------

// One cell stands for jobs first..end: the worst of them counts, so that no gap is hidden.
static const char *cell(const struct ingest_view *view, const struct encode_view *encode,
                        struct job job, size_t first, size_t end)
{
    static const char *const plain[] = {".", ">", "#", "x"};
    static const char *const blocks[] = {"\u00b7", "\u2592", "\u2588", "x"};
    size_t counts[4] = {0};
    for (size_t chunk = first; chunk < end; chunk++) {
        job.chunk = (uint32_t)chunk;
        counts[encode->states[plan_job_index(encode->plan, &job)]]++;
    }
    enum encode_state state = ENCODE_DONE;
    if (counts[ENCODE_WAITING] > 0) state = ENCODE_WAITING;
    if (counts[ENCODE_RUNNING] > 0) state = ENCODE_RUNNING;
    if (counts[ENCODE_PARKED] > 0) state = ENCODE_PARKED;
    return (view->is_utf8 ? blocks : plain)[state];
}

static void put_row(const struct ingest_view *view, const struct encode_view *encode,
                    const struct job *job, size_t chunks)
{
    char name[TRACK_NAME_BYTES];
    plan_track_name(encode->plan, job, name);
    fprintf(view->out, "  %-*.*s ", MAP_AT - 3, MAP_AT - 3, name);
    const size_t room = view->columns - MAP_AT - 1;
    const size_t cells = chunks < room ? chunks : room;
    for (size_t i = 0; i < cells; i++)
        fputs(cell(view, encode, *job, i * chunks / cells, (i + 1) * chunks / cells), view->out);
}

static size_t put_map(const struct ingest_view *view, const struct encode_view *encode)
{
    const struct plan *plan = encode->plan;
    const size_t rungs = plan->ladder.count, chunks = plan_chunk_count(plan);
    const size_t others = plan_first_job_count(plan) - rungs * chunks;
    for (size_t i = 0; i < rungs + others; i++) {
        const struct job job = i < rungs ? (struct job){.kind = JOB_VIDEO, .track = (uint32_t)i}
                                         : plan_job_at(plan, rungs * chunks + i - rungs);
        fputs("\x1b[K", view->out);
        put_row(view, encode, &job, i < rungs ? chunks : 1);
        fputc('\n', view->out);
    }
    return rungs + others;
}

// --- drawing ---------------------------------------------------------------------------------

static void draw(struct ingest_view *view, const struct ingest_progress *progress)
{
    if (view->lines > 0) fprintf(view->out, "\x1b[%zuA", view->lines);
    size_t lines = 0;
    for (int stage = 0; stage < INGEST_STAGE_COUNT && stage <= (int)progress->stage; stage++) {
        fputs("\r\x1b[K", view->out);
        put_stage(view, progress, (enum ingest_stage)stage);
        fputc('\n', view->out);
        lines++;
        if (stage == INGEST_ENCODE && progress->encode != NULL)
            lines += put_map(view, progress->encode);
    }
    fputs("\x1b[J", view->out);
    (void)fflush(view->out);
    view->lines = lines;
}

static void log_lines(struct ingest_view *view, const struct ingest_progress *progress)
{
    for (; view->stage < progress->stage; view->stage++) {
        put_stage(view, progress, view->stage);
        fputc('\n', view->out);
    }
    const struct encode_view *encode = progress->encode;
    if (encode == NULL) return;
    const size_t tenths = encode->done_count * 10 / encode->job_count;
    if (tenths <= view->tenths || tenths == 10) return;
    view->tenths = tenths;
    put_stage(view, progress, INGEST_ENCODE);
    fputc('\n', view->out);
}

outcome ingest_view_hear(void *context, const struct ingest_progress *progress, struct why *why)
{
    struct ingest_view *view = context;
    if (!view->is_terminal) {
        log_lines(view, progress);
        return OK;
    }
    const int64_t now_us = clock_us(clock_system());
    if (progress->stage == view->stage && now_us - view->drawn_us < REDRAW_US) return OK;
    view->stage = progress->stage;
    view->drawn_us = now_us;
    draw(view, progress);
    return OK;
}
