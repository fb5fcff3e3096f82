// SPDX-License-Identifier: Apache-2.0
#include "player/swarm.h"

#include "player/swarm_inside.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LOOPS_DEFAULT_MAX = 4, DESCRIPTORS_PER_VIEWER = 2, DESCRIPTORS_SPARE = 64 };

static void fire_none(void *context, struct timer *timer)
{
    (void)context;
    (void)timer;
    abort(); // every timer here has a callback of its own
}

static void *run_loop(void *context)
{
    struct swarm_loop *home = context;
    if (home->left > 0) loop_run(home->loop, fire_none, NULL);
    return NULL;
}

static size_t loop_count(const struct swarm_options *options)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = options->loops;
    if (count == 0) count = processors < 1 ? 1 : (size_t)processors;
    if (options->loops == 0 && count > LOOPS_DEFAULT_MAX) count = LOOPS_DEFAULT_MAX;
    return count < options->viewers ? count : options->viewers;
}

// Each viewer has its own connections.
static outcome raise_descriptor_limit(size_t viewers, struct why *why)
{
    struct rlimit limit;
    const rlim_t needed = viewers * DESCRIPTORS_PER_VIEWER + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return fail_errno(why, errno, "the limit of open files could not be read");
    if (limit.rlim_cur >= needed) return OK;
    if (limit.rlim_max < needed)
        return fail(why, EXHAUSTED,
                    "%zu viewers need %llu open files and this process may have %llu: raise its "
                    "limit (ulimit -Hn)",
                    viewers, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return OK;
    return fail_errno(why, errno, "the limit of open files could not be raised");
}

// Resident bytes of this process, 0 where the kernel does not tell.
static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%llu %llu", &pages, &resident) != 2) resident = 0;
    (void)fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t resident_bytes_max(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static double cpu_s(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct swarm {
    const struct swarm_options *options;
    struct swarm_cast cast;
    struct swarm_loop *loops;
    size_t loop_count;
    struct swarm_viewer *viewers;
};

static outcome open_loops(struct swarm *swarm, struct why *why)
{
    swarm->loops = calloc(swarm->loop_count, sizeof *swarm->loops);
    swarm->viewers = calloc(swarm->options->viewers, sizeof *swarm->viewers);
    if (swarm->loops == NULL || swarm->viewers == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu viewers", swarm->options->viewers);
    for (size_t i = 0; i < swarm->loop_count; i++) {
        struct swarm_loop *home = &swarm->loops[i];
        home->options = swarm->options;
        home->cast = &swarm->cast;
        TRY(swarm_totals_open(&home->totals, why));
        TRY(loop_open(clock_system(), &home->loop, why));
    }
    return OK;
}

static void deal_viewers(struct swarm *swarm, int64_t begin_us)
{
    struct prng prng = prng_init(swarm->options->seed);
    for (size_t i = 0; i < swarm->options->viewers; i++) {
        struct swarm_loop *home = &swarm->loops[i % swarm->loop_count];
        const double into_us = prng_unit(&prng) * (double)swarm->options->over_us;
        home->begin_us = begin_us;
        home->left++;
        swarm_viewer_init(&swarm->viewers[i], home, i, begin_us + (int64_t)into_us);
    }
}

// A thread for each loop but the first, which is this one's.
static outcome run_loops(struct swarm *swarm, struct why *why)
{
    pthread_t threads[SWARM_LOOPS_MAX];
    size_t started = 1;
    outcome result = OK;
    for (; started < swarm->loop_count; started++)
        if (pthread_create(&threads[started], NULL, run_loop, &swarm->loops[started]) != 0) {
            result = fail(why, UNAVAILABLE, "the kernel refuses a thread");
            break;
        }
    if (result == OK) (void)run_loop(&swarm->loops[0]);
    for (size_t i = 1; i < started; i++) {
        if (result != OK) loop_stop(swarm->loops[i].loop);
        (void)pthread_join(threads[i], NULL);
    }
    return result;
}

static outcome run(struct swarm *swarm, struct swarm_report *out, struct why *why)
{
    const struct swarm_options *options = swarm->options;
    TRY(raise_descriptor_limit(options->viewers, why));
    TRY(swarm_cast_open(options, &swarm->cast, why));
    TRY(open_loops(swarm, why));
    const uint64_t before_bytes = resident_bytes();
    const double before_cpu_s = cpu_s();
    const int64_t begin_us = clock_us(clock_system());
    deal_viewers(swarm, begin_us);
    TRY(run_loops(swarm, why));
    const double wall_s = (double)(clock_us(clock_system()) - begin_us) / 1e6;
    struct swarm_totals all;
    TRY(swarm_totals_open(&all, why));
    for (size_t i = 0; i < swarm->loop_count; i++)
        swarm_totals_merge(&all, &swarm->loops[i].totals);
    swarm_totals_finish(&all, wall_s, out);
    swarm_totals_close(&all);
    const uint64_t most_bytes = resident_bytes_max();
    out->viewers = options->viewers;
    out->titles = swarm->cast.title_count;
    out->loops = swarm->loop_count;
    out->cpu_s = cpu_s() - before_cpu_s;
    out->viewer_bytes =
        most_bytes > before_bytes ? (most_bytes - before_bytes) / options->viewers : 0;
    return OK;
}

outcome swarm_run(const struct swarm_options *options, struct swarm_report *out, struct why *why)
{
    assert(options->viewers >= 1 && options->viewers <= SWARM_VIEWERS_MAX);
    assert(options->loops <= SWARM_LOOPS_MAX);
    struct swarm swarm = {.options = options, .loop_count = loop_count(options)};
    struct swarm_report report = {.viewers = 0};
    const outcome result = run(&swarm, &report, why);
    for (size_t i = 0; swarm.loops != NULL && i < swarm.loop_count; i++) {
        loop_close(&swarm.loops[i].loop);
        swarm_totals_close(&swarm.loops[i].totals);
    }
    free(swarm.loops);
    free(swarm.viewers);
    swarm_cast_close(&swarm.cast);
    if (result == OK) *out = report;
    return result;
}
