// SPDX-License-Identifier: Apache-2.0
//
// A fleet under fire: four workers, Redis and S3, and an ingest whose workers, Redis and
// coordinator are killed at random all the while. What is published must be what an undisturbed
// ingest on one machine publishes, byte for byte, and nothing may be left behind.
//
//     chaos          a dozen kills, then peace
//     chaos long     a longer film, and no peace until it is published
//
// Kills that come faster than a worker can begin would never end: the pauses between them, drawn at
// random, grow while nothing gets done, and are short again from the next object that stands.
#include "store/blob_s3.h"
#include "store/stores.h"
#include "studio/digest.h"
#include "studio/plan.h"

#include "../store/redis_service.h"
#include "studio_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>

enum {
    WORKERS = 4,
    TURN_MS = 300,       // the longest pause between two kills, at first
    TURN_MS_MAX = 60000, // and when nothing gets done
    BARREN_KILLS = 6,    // so many in a row without a new object double it
    LOOK_MS = 20,
    PATIENCE_MS = 150000,
    PATIENCE_LONG_MS = 1500000,
};

static bool is_long;
static char primrose[PATH_MAX], script[PATH_MAX];

// Everything that may die, and where it lives.
struct fleet {
    char root[128], film[160], ladder[200];
    struct service s3, redis;
    char queue[64], blobs[128], redis_folder[160];
    pid_t workers[WORKERS], coordinator;
    struct blob_store *objects; // an onlooker's
    struct prng prng;
    int kills, coordinator_ends;
    uint64_t turn_ms;
    int barren;
    size_t object_count;
};

static void make_film(struct fleet *fleet)
{
    static const char ladder[] =
        "{\"rungs\": [{\"name\": \"180p\", \"width\": 320, \"height\": 180, \"encoder\": \"x264\","
        " \"preset\": \"medium\", \"crf_tenths\": 280},"
        " {\"name\": \"90p\", \"width\": 160, \"height\": 90, \"encoder\": \"x264\","
        " \"preset\": \"veryfast\", \"crf_tenths\": 300}]}";
    char path[300], log[300], picture[100], tone[100];
    const int seconds = is_long ? 120 : 16;
    (void)snprintf(fleet->film, sizeof fleet->film, "%s/film.mov", fleet->root);
    (void)snprintf(fleet->ladder, sizeof fleet->ladder, "%s/ladder.json", fleet->root);
    (void)snprintf(log, sizeof log, "%s/ffmpeg.log", fleet->root);
    (void)snprintf(picture, sizeof picture, "testsrc2=size=320x180:rate=24:duration=%d", seconds);
    (void)snprintf(tone, sizeof tone, "sine=frequency=440:sample_rate=48000:duration=%d", seconds);
    const char *const words[] = {"ffmpeg", "-v",        "error",     "-f",         "lavfi",
                                 "-i",     picture,     "-f",        "lavfi",      "-i",
                                 tone,     "-c:v",      "prores_ks", "-profile:v", "0",
                                 "-c:a",   "pcm_s16le", fleet->film, NULL};
    assert_int_equal(command_wait(command_start(words, log)), 0);
    (void)snprintf(path, sizeof path, "%s/ladder.json", fleet->root);
    assert_ok(file_write_atomic(path, slice_of(ladder), 0644, &why_));
}

// --- the parts -------------------------------------------------------------------------------

static void start_worker(struct fleet *fleet, int number)
{
    char data[200], log[200], ring[200];
    (void)snprintf(ring, sizeof ring, "%s/studio-ring", fleet->root);
    (void)snprintf(data, sizeof data, "%s/worker-%d", fleet->root, number);
    (void)snprintf(log, sizeof log, "%s/worker-%d.log", fleet->root, number);
    const char *const words[] = {primrose,        "worker",  "--data",     data,      "--queue",
                                 fleet->queue,    "--store", fleet->blobs, "--lease", "1s",
                                 "--studio-ring", ring,      NULL};
    fleet->workers[number] = command_start(words, log);
}

static void start_coordinator(struct fleet *fleet)
{
    char data[200], log[200], ring[200];
    (void)snprintf(ring, sizeof ring, "%s/studio-ring", fleet->root);
    (void)snprintf(data, sizeof data, "%s/coordinator", fleet->root);
    (void)snprintf(log, sizeof log, "%s/coordinator.log", fleet->root);
    const char *const words[] = {primrose,     "ingest",        fleet->film,   "--id",
                                 "film",       "--ladder",      fleet->ladder, "--drm",
                                 "none",       "--workers",     "0",           "--data",
                                 data,         "--queue",       fleet->queue,  "--store",
                                 fleet->blobs, "--studio-ring", ring,          NULL};
    fleet->coordinator = command_start(words, log);
}

static void start_all(struct fleet *fleet)
{
    const char *const command[] = {"node", script, NULL};
    fleet->s3 = service_start(command);
    const unsigned port = port_free();
    (void)snprintf(fleet->queue, sizeof fleet->queue, "redis://127.0.0.1:%u", port);
    (void)snprintf(fleet->blobs, sizeof fleet->blobs, "s3://films?endpoint=http://127.0.0.1:%u",
                   fleet->s3.port);
    (void)snprintf(fleet->redis_folder, sizeof fleet->redis_folder, "%s/redis", fleet->root);
    assert_ok(folder_make(fleet->redis_folder, &why_));
    fleet->redis = redis_start(port, fleet->redis_folder);
    for (int i = 0; i < WORKERS; i++)
        start_worker(fleet, i);
    start_coordinator(fleet);
}

// --- the fire --------------------------------------------------------------------------------

static void kill_one(struct fleet *fleet)
{
    const uint64_t chosen = prng_below(&fleet->prng, 10);
    fleet->kills++;
    if (chosen < 7) {
        const int number = (int)(chosen % WORKERS);
        child_kill(fleet->workers[number]);
        start_worker(fleet, number);
    } else if (chosen < 9) {
        service_stop(&fleet->redis);
        fleet->redis = redis_start(fleet->redis.port, fleet->redis_folder);
    } else {
        child_kill(fleet->coordinator);
        start_coordinator(fleet);
    }
}

// True once the title is published. A coordinator that gave up is started again, as an operator
// or a unit file would.
static bool is_over(struct fleet *fleet)
{
    int status = 0;
    if (waitpid(fleet->coordinator, &status, WNOHANG) == 0) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fleet->coordinator_ends++;
    start_coordinator(fleet);
    return false;
}

static void tend_workers(struct fleet *fleet)
{
    for (int i = 0; i < WORKERS; i++)
        if (waitpid(fleet->workers[i], NULL, WNOHANG) != 0) start_worker(fleet, i);
}

static outcome count_object(void *context, const char *key, struct why *why)
{
    size_t *count = context;
    (void)key;
    (void)why;
    ++*count;
    return OK;
}

static void open_objects(struct fleet *fleet)
{
    char endpoint[64], copies[160];
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u", fleet->s3.port);
    (void)snprintf(copies, sizeof copies, "%s/looks", fleet->root);
    const struct blob_s3_options options = {.bucket = "films",
                                            .endpoint = endpoint,
                                            .region = "",
                                            .copies = copies,
                                            .copies_bytes = 1 << 20,
                                            .clock = clock_system()};
    assert_ok(blob_s3_open(&options, &fleet->objects, &why_));
}

static void pace(struct fleet *fleet)
{
    size_t count = 0;
    assert_ok(fleet->objects->ops->list(fleet->objects, "", count_object, &count, &why_));
    fleet->barren = count == fleet->object_count ? fleet->barren + 1 : 0;
    if (fleet->barren == 0) fleet->turn_ms = TURN_MS;
    if (fleet->barren > 0 && fleet->barren % BARREN_KILLS == 0 && fleet->turn_ms < TURN_MS_MAX)
        fleet->turn_ms *= 2;
    fleet->object_count = count;
}

static void rage(struct fleet *fleet)
{
    const int kills_max = is_long ? INT_MAX : 12;
    const int64_t patience_ms = is_long ? PATIENCE_LONG_MS : PATIENCE_MS;
    const int64_t end_us = clock_us(clock_system()) + patience_ms * 1000;
    int64_t strike_us = 0;
    fleet->turn_ms = TURN_MS;
    while (!is_over(fleet)) {
        const int64_t now_us = clock_us(clock_system());
        assert_true(now_us < end_us);
        tend_workers(fleet);
        if (fleet->kills < kills_max && now_us >= strike_us) {
            kill_one(fleet);
            pace(fleet);
            // not a wait for something: spreads the moments of death
            strike_us = now_us + (int64_t)prng_below(&fleet->prng, fleet->turn_ms) * 1000;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000}, NULL);
    }
}

// --- the verdict -----------------------------------------------------------------------------

struct sum {
    struct blob_store *blobs;
    struct buffer text; // "key digest\n" for each object
};

static outcome add_object(void *context, const char *key, struct why *why)
{
    struct sum *sum = context;
    char digest[DIGEST_TEXT_BYTES];
    autofd fd = -1;
    TRY(sum->blobs->ops->open(sum->blobs, key, &fd, why));
    TRY(digest_file(fd, NULL, digest, why));
    return buffer_format(&sum->text, why, "%s %s\n", key, digest);
}

static void sum_of(const struct stores *stores, const char *prefix, struct buffer *out)
{
    struct sum sum = {stores->blobs, buffer_init(1 << 20)};
    assert_ok(stores->blobs->ops->list(stores->blobs, prefix, add_object, &sum, &why_));
    *out = sum.text;
    assert_non_null(buffer_text(out));
}

static void ingest_in_peace(struct fleet *fleet, struct buffer *out)
{
    char data[200], log[200];
    (void)snprintf(data, sizeof data, "%s/peace", fleet->root);
    (void)snprintf(log, sizeof log, "%s/peace.log", fleet->root);
    const char *const words[] = {primrose,   "ingest",      fleet->film, "--id", "film",
                                 "--ladder", fleet->ladder, "--drm",     "none", "--workers",
                                 "2",        "--data",      data,        NULL};
    assert_int_equal(command_wait(command_start(words, log)), 0);
    autostores stores = {0};
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    sum_of(&stores, "titles/", out);
}

static void must_be_the_same(struct fleet *fleet, const struct buffer *expected)
{
    char data[200];
    autobuffer published = {0}, work = {0};
    struct queue_counts counts;
    autostores stores = {0};
    (void)snprintf(data, sizeof data, "%s/coordinator", fleet->root);
    const struct store_places places = {.data = data, .blobs = fleet->blobs, .queue = fleet->queue};
    assert_ok(stores_open_at(&stores, &places, clock_system(), &why_));
    sum_of(&stores, "titles/", &published);
    sum_of(&stores, "work/", &work);
    assert_true(published.len > 500); // a good dozen of objects
    assert_string_equal((const char *)published.at, (const char *)expected->at);
    assert_string_equal((const char *)work.at, "");
    assert_ok(stores.queue->ops->count(stores.queue, PLAN_QUEUE, &counts, &why_));
    assert_int_equal(counts.ready + counts.leased + counts.parked, 0);
}

static void workers_must_end_when_told(struct fleet *fleet)
{
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(kill(fleet->workers[i], SIGTERM), 0);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(command_wait(fleet->workers[i]), 0);
}

static void an_ingest_under_fire_publishes_the_same_bytes(void **state)
{
    (void)state;
    struct fleet *fleet = calloc(1, sizeof *fleet);
    assert_non_null(fleet);
    uint64_t seed;
    random_bytes((uint8_t *)&seed, sizeof seed);
    print_message("# seed %llu\n", (unsigned long long)seed);
    fleet->prng = prng_init(seed);
    autobuffer expected = {0};
    folder_new(fleet->root);
    make_film(fleet);
    ingest_in_peace(fleet, &expected);
    start_all(fleet);
    open_objects(fleet);
    rage(fleet);
    blob_store_close(&fleet->objects);
    print_message("# %d killed, the coordinator gave up %d times\n", fleet->kills,
                  fleet->coordinator_ends);
    tend_workers(fleet);
    must_be_the_same(fleet, &expected);
    workers_must_end_when_told(fleet);
    service_stop(&fleet->redis);
    service_stop(&fleet->s3);
    assert_ok(folder_remove(fleet->root, &why_));
    free(fleet);
}

int main(int argc, char **argv)
{
    is_long = argc > 1 && strcmp(argv[1], "long") == 0;
    program_path("primrose", primrose);
    if (!redis_is_installed())
        return service_is_missing("redis-server", "apt install redis-server");
    if (!service_script("s3.mjs", script, sizeof script))
        return service_is_missing("s3rver", "tools/setup test");
    if (!path_exists("/usr/bin/ffmpeg")) return service_is_missing("ffmpeg", "apt install ffmpeg");
    credentials_set();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ingest_under_fire_publishes_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
