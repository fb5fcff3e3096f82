// SPDX-License-Identifier: Apache-2.0
//
// primrose worker: encodes what ingests ask for.
#include "studio/worker.h"
#include "base/log.h"
#include "base/program.h"
#include "cmd/protect.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "studio/pool.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct worker_verb_options {
    const char *data, *queue, *blobs, *studio_ring;
    int64_t lease_ms, cores, memory_mib, disk_mib;
};

static const struct option options[] = {
    {.name = "data",
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .offset = offsetof(struct worker_verb_options, data),
     .doc = "Where titles are kept."},
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.queue",
     .offset = offsetof(struct worker_verb_options, queue),
     .doc = "Where jobs stand: redis://host:port; else in the data folder."},
    {.name = "store",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "store.blobs",
     .offset = offsetof(struct worker_verb_options, blobs),
     .doc = "Where objects are kept: s3://bucket?endpoint=URL; else in the data folder."},
    {.name = "studio-ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...|none",
     .config = "keys.studio",
     .offset = offsetof(struct worker_verb_options, studio_ring),
     .doc = PROTECT_STUDIO_DOC},
    {.name = "lease",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "10s",
     .min = 1000,
     .max = 3600000,
     .offset = offsetof(struct worker_verb_options, lease_ms),
     .doc = "How long after its last sign of life a job of this worker goes to another."},
    {.name = "cores",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "1",
     .min = 1,
     .max = POOL_WORKERS_MAX,
     .offset = offsetof(struct worker_verb_options, cores),
     .doc = "How many leases are worked on side by side, each by a process of one core."},
    {.name = "memory",
     .kind = OPTION_INTEGER,
     .value = "MIB",
     .initial = "0",
     .min = 0,
     .max = 1 << 24,
     .offset = offsetof(struct worker_verb_options, memory_mib),
     .doc = "Memory of all encoders together, as much for each: jobs that need more are left to "
            "other workers, and one that takes more fails. 0: any job, at most 8192 MiB each."},
    {.name = "disk",
     .kind = OPTION_INTEGER,
     .value = "MIB",
     .initial = "0",
     .min = 0,
     .max = 1 << 30,
     .offset = offsetof(struct worker_verb_options, disk_mib),
     .doc = "Room for copies of masters from a remote store: titles with larger ones are left to "
            "other workers. 0: any title, what the store's URL says."},
};

static atomic_int is_stopped;

static void stop(int number)
{
    (void)number;
    atomic_store(&is_stopped, 1);
}

static void heard(void *context, const char *job_id, size_t jobs, const char *reason)
{
    (void)context;
    if (reason[0] == '\0')
        log_event(LOG_INFO, "worker.done", "job=%s jobs=%zu", job_id, jobs);
    else
        log_event(LOG_WARNING, "worker.failed", "job=%s jobs=%zu reason=\"%s\"", job_id, jobs,
                  reason);
}

// One process, one lease at a time.
static outcome work(const struct invocation *call, const char *name, struct why *why)
{
    const struct worker_verb_options *chosen = call->options;
    const struct worker_options wanted = {
        .name = name,
        .transcoder = {.memory_bytes_max = (uint64_t)chosen->memory_mib << 20},
        .lease_ms = chosen->lease_ms,
        .room = {(uint32_t)chosen->memory_mib, (uint32_t)chosen->disk_mib},
        .stop = &is_stopped,
        .heard = heard};
    struct studio_seal seal;
    autostores stores = {0};
    autoworker *worker = NULL;
    struct store_places places = store_places_of(call->config, chosen->data);
    places.queue = chosen->queue;
    places.blobs = chosen->blobs;
    places.copies_mib_max = (uint64_t)chosen->disk_mib;
    TRY(stores_open_at(&stores, &places, clock_system(), why));
    TRY(protect_studio(chosen->studio_ring, chosen->data, &stores, &seal, why));
    TRY(worker_open(&stores, &wanted, &worker, why));
    log_event(LOG_INFO, "worker.start", "name=%s data=%s", name, chosen->data);
    TRY(worker_run(worker, why));
    log_event(LOG_INFO, "worker.stop", "name=%s", name);
    return OK;
}

// A process per core, started again when one dies.
static outcome tend(const struct worker_verb_options *chosen, struct why *why)
{
    char self[PATH_MAX], lease[24], memory[24], disk[24];
    TRY(program_path(self, why));
    (void)snprintf(lease, sizeof lease, "%lldms", (long long)chosen->lease_ms);
    (void)snprintf(memory, sizeof memory, "%lld", (long long)(chosen->memory_mib / chosen->cores));
    (void)snprintf(disk, sizeof disk, "%lld", (long long)chosen->disk_mib);
    const char *const command[] = {self,
                                   "worker",
                                   "--data",
                                   chosen->data,
                                   "--lease",
                                   lease,
                                   "--queue",
                                   chosen->queue == NULL ? "" : chosen->queue,
                                   "--store",
                                   chosen->blobs == NULL ? "" : chosen->blobs,
                                   "--memory",
                                   memory,
                                   "--disk",
                                   disk,
                                   "--studio-ring",
                                   chosen->studio_ring,
                                   NULL};
    const struct pool_options wanted = {command, (size_t)chosen->cores, NULL};
    struct pool *pool = NULL;
    outcome result = pool_open(&wanted, &pool, why);
    while (result == OK && atomic_load(&is_stopped) == 0) {
        result = pool_tend(pool, why);
        (void)nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); // a signal cuts it short
    }
    pool_close(&pool);
    return result;
}

static int run(const struct invocation *call)
{
    const struct worker_verb_options *chosen = call->options;
    char name[80] = "";
    struct why why = {""};
    (void)gethostname(name, 60);
    name[60] = '\0';
    (void)snprintf(name + strlen(name), 16, "-%d", (int)getpid());
    struct sigaction action = {.sa_handler = stop};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    return verb_end(call, chosen->cores > 1 ? tend(chosen, &why) : work(call, name, &why), &why);
}

static const struct example examples[] = {
    {"worker --data /srv/primrose", "one worker more for the ingests of this machine"},
    {"worker --queue redis://queue.example --store s3://films --cores 16 --memory 49152",
     "a machine of a fleet: sixteen leases at a time, 3 GiB each"},
};

const struct verb verb_worker = {
    .name = "worker",
    .stage = STAGE_STUDIO,
    .operands = "",
    .operands_min = 0,
    .operands_max = 0,
    .summary = "encode what ingests ask for",
    .story =
        "Takes jobs off the studio's queue until it is told to stop. SIGTERM makes it give its job "
        "back at once and end. It may be killed at any "
        "moment: its job goes to another worker when the lease runs out. With --memory and --disk "
        "it leaves alone what would not fit.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct worker_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
