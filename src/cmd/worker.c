// SPDX-License-Identifier: Apache-2.0
//
// primrose worker: encodes what ingests ask for.
#include "studio/worker.h"
#include "base/log.h"
#include "cmd/protect.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct worker_verb_options {
    const char *data, *queue, *blobs, *studio_ring;
    int64_t lease_ms;
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

static int run(const struct invocation *call)
{
    const struct worker_verb_options *chosen = call->options;
    char name[80] = "";
    (void)gethostname(name, 60);
    name[60] = '\0';
    (void)snprintf(name + strlen(name), 16, "-%d", (int)getpid());
    const struct worker_options wanted = {
        .name = name, .lease_ms = chosen->lease_ms, .stop = &is_stopped, .heard = heard};
    struct sigaction action = {.sa_handler = stop};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);

    struct why why = {""};
    struct studio_seal seal;
    autostores stores = {0};
    autoworker *worker = NULL;
    struct store_places places = store_places_of(call->config, chosen->data);
    places.queue = chosen->queue;
    places.blobs = chosen->blobs;
    outcome result = stores_open_at(&stores, &places, clock_system(), &why);
    if (result == OK)
        result = protect_studio(chosen->studio_ring, chosen->data, &stores, &seal, &why);
    if (result == OK) result = worker_open(&stores, &wanted, &worker, &why);
    if (result == OK) log_event(LOG_INFO, "worker.start", "name=%s data=%s", name, chosen->data);
    if (result == OK) result = worker_run(worker, &why);
    if (result == OK) log_event(LOG_INFO, "worker.stop", "name=%s", name);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"worker --data /srv/primrose", "one worker more for the ingests of this machine"},
    {"worker --queue redis://queue.example --store s3://films", "one of a fleet, on any machine"},
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
        "moment: its job goes to another worker when the lease runs out.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct worker_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
