// SPDX-License-Identifier: Apache-2.0
//
// The whole way with real parts: the program, its workers, the transcoder, and death at any moment.
#include "studio/ingest.h"

#include "base/random.h"
#include "catalog/title.h"
#include "studio/board.h"
#include "studio/digest.h"

#include "studio_place.h"

#include <time.h>

static char film[128], program[PATH_MAX];

static const char one_rung[] =
    "{\"rungs\": [{\"name\": \"90p\", \"width\": 160, \"height\": 90, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 300}]}";

static int make_film(void **state)
{
    (void)state;
    folder_new(film);
    program_path("primrose", program);
    return 0;
}

static int drop_film(void **state)
{
    (void)state;
    return folder_remove(film, NULL) == OK ? 0 : 1;
}

// Skips without ffmpeg; makes the film once.
static void need_film(void)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/master.mov", film);
    need_ffmpeg(film);
    if (!path_exists(path)) film_new(film, "20");
}

static pid_t start_ingest(const char *data, const char *workers)
{
    char ladder[PATH_MAX], log[PATH_MAX];
    (void)snprintf(ladder, sizeof ladder, "%s/ladder.json", film);
    (void)snprintf(log, sizeof log, "%s/ingest.log", data);
    // Clear: what two data folders publish is compared byte for byte, and each has its own keys.
    const char *const words[] = {program, "ingest",    film,    "--data", data,   "--ladder",
                                 ladder,  "--workers", workers, "--drm",  "none", NULL};
    return command_start(words, log);
}

static void show_log(const char *data, const char *name)
{
    char path[PATH_MAX];
    autobuffer text = buffer_init(1 << 20);
    (void)snprintf(path, sizeof path, "%s/%s", data, name);
    if (file_read(path, &text, NULL) != OK) return;
    const size_t from = text.len > 900 ? text.len - 900 : 0; // print_error() holds no more
    print_error("%s: ...%.*s\n", name, SLICE_ARG(slice_part(buffer_slice(&text), from, 900)));
}

static void must_ingest(const char *data, const char *workers)
{
    if (command_wait(start_ingest(data, workers)) == 0) return;
    show_log(data, "worker.log");
    show_log(data, "ingest.log");
    _fail(__FILE__, __LINE__);
}

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

static void sum_of(const char *data, const char *prefix, struct buffer *out)
{
    autostores stores = {0};
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    struct sum sum = {stores.blobs, buffer_init(1 << 20)};
    assert_ok(stores.blobs->ops->list(stores.blobs, prefix, add_object, &sum, &why_));
    buffer_release(out);
    *out = sum.text;
}

// The title is either not there, or whole: every file that its record names can be opened.
static bool is_whole_or_absent(const char *data)
{
    autostores stores = {0};
    autoarena arena = arena_init(1 << 20);
    struct title title;
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    const outcome loaded = title_load(stores.tables, "tiny", &arena, &title, NULL);
    if (loaded == NOT_FOUND) return false;
    assert_int_equal(loaded, OK);
    const char *files[16] = {title.hls, title.dash, title.poster};
    size_t count = 3;
    for (size_t i = 0; i < title.track_count; i++)
        files[count++] =
            strcmp(title.tracks[i].kind, "image") == 0 ? "storyboard-0.jpg" : title.tracks[i].file;
    for (size_t i = 0; i < count; i++) {
        char key[200];
        struct blob_facts facts;
        (void)snprintf(key, sizeof key, "titles/tiny/%s/%s", title.version, files[i]);
        assert_ok(stores.blobs->ops->stat(stores.blobs, key, &facts, &why_));
        assert_true(facts.size > 0);
    }
    return true;
}

static void spread_ms(struct prng *prng, uint64_t ms)
{
    // not a wait for something: spreads the moments of death
    const uint64_t chosen = prng_below(prng, ms);
    (void)nanosleep(&(struct timespec){.tv_sec = (time_t)(chosen / 1000),
                                       .tv_nsec = (long)(chosen % 1000) * 1000000},
                    NULL);
}

// A random child of the process, or 0: one of its workers.
static pid_t child_of(pid_t parent, struct prng *prng)
{
    char path[100];
    autobuffer text = buffer_init(4096);
    pid_t children[64];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)parent, (int)parent);
    if (file_read(path, &text, NULL) != OK) return 0;
    struct slice rest = buffer_slice(&text), word;
    uint64_t pid;
    while (slice_cut(&rest, ' ', &word) && count < 64)
        if (slice_u64(word, INT32_MAX, &pid, NULL) == OK) children[count++] = (pid_t)pid;
    return count == 0 ? 0 : children[prng_below(prng, count)];
}

static void a_master_becomes_a_title_and_nothing_is_left_over(void **state)
{
    (void)state;
    need_film();
    char data[128];
    folder_new(data);
    must_ingest(data, "2");
    assert_true(is_whole_or_absent(data));
    autobuffer work = {0};
    sum_of(data, "work/", &work);
    assert_int_equal(work.len, 0);
    autostores stores = {0};
    struct queue_counts counts;
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    assert_ok(stores.queue->ops->count(stores.queue, PLAN_QUEUE, &counts, &why_));
    assert_int_equal(counts.ready + counts.leased + counts.parked, 0);
    assert_ok(folder_remove(data, &why_));
}

static void killed_again_and_again_it_ends_in_the_very_same_bytes(void **state)
{
    (void)state;
    need_film();
    char calm[128], stormy[128];
    autobuffer expected = {0}, got = {0};
    folder_new(calm);
    folder_new(stormy);
    must_ingest(calm, "2");
    sum_of(calm, "titles/", &expected);
    assert_true(expected.len > 0);

    const uint64_t seed = (uint64_t)time(NULL);
    print_message("# seed %llu\n", (unsigned long long)seed);
    struct prng prng = prng_init(seed);
    int kills = 0;
    for (int run = 0; run < 10; run++) { // each dies, or ends early
        const pid_t ingest = start_ingest(stormy, "2");
        for (int i = 0; i < 3; i++) {
            spread_ms(&prng, 300);
            const pid_t worker = child_of(ingest, &prng);
            if (worker != 0 && prng_below(&prng, 2) == 0) kills += kill(worker, SIGKILL) == 0;
        }
        kills += kill(ingest, SIGKILL) == 0;
        (void)command_wait(ingest);
        (void)is_whole_or_absent(stormy);
    }
    print_message("# %d kills\n", kills);
    must_ingest(stormy, "2");
    assert_true(is_whole_or_absent(stormy));
    sum_of(stormy, "titles/", &got);
    assert_true(slice_equal(buffer_slice(&expected), buffer_slice(&got)));
    sum_of(stormy, "work/", &got);
    assert_int_equal(got.len, 0);
    assert_ok(folder_remove(calm, &why_));
    assert_ok(folder_remove(stormy, &why_));
}

static void a_worker_elsewhere_does_the_work_and_another_takes_over_when_it_dies(void **state)
{
    (void)state;
    need_film();
    char data[128], log[PATH_MAX];
    folder_new(data);
    (void)snprintf(log, sizeof log, "%s/worker.log", data);
    const char *const words[] = {program, "worker", "--data", data, "--lease", "1s", NULL};
    struct prng prng = prng_init(5);
    const pid_t ingest = start_ingest(data, "0");
    const pid_t first = command_start(words, log);
    spread_ms(&prng, 800);
    assert_int_equal(kill(first, SIGKILL), 0);
    assert_int_equal(command_wait(first), 128 + SIGKILL);
    const pid_t second = command_start(words, log);
    assert_int_equal(command_wait(ingest), 0);
    assert_true(is_whole_or_absent(data));
    assert_int_equal(kill(second, SIGTERM), 0);
    assert_int_equal(command_wait(second), 0);
    assert_ok(folder_remove(data, &why_));
}

static void a_second_run_publishes_new_words_without_encoding(void **state)
{
    (void)state;
    need_film();
    char data[128];
    folder_new(data);
    must_ingest(data, "2");
    autobuffer before = {0}, after = {0};
    sum_of(data, "titles/", &before);
    char renamed[sizeof small_title + 40];
    (void)snprintf(renamed, sizeof renamed, "{\"year\": 1999, %s", small_title + 1);
    file_new(film, "title.json", renamed);
    must_ingest(data, "0"); // nobody works: nothing may need doing
    file_new(film, "title.json", small_title);
    sum_of(data, "titles/", &after);
    assert_true(slice_equal(buffer_slice(&before), buffer_slice(&after)));
    autostores stores = {0};
    autoarena arena = arena_init(1 << 20);
    struct title title;
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    assert_ok(title_load(stores.tables, "tiny", &arena, &title, &why_));
    assert_int_equal(title.year, 1999);
    assert_int_equal(title.track_count, 6); // two renditions, two tongues, captions, storyboard
    assert_ok(folder_remove(data, &why_));
}

static struct board_note told_of(const char *data, const char *id)
{
    autostores stores = {0};
    struct board_note note;
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    assert_ok(board_get(stores.tables, clock_system(), id, &note, &why_));
    return note;
}

// As the house's editors do (app/api_catalogue.c).
static void edit_title(const char *data, char *version)
{
    autostores stores = {0};
    autoarena arena = arena_init(1 << 20);
    struct title title;
    struct title_words german = {"de", "Winzig", ""};
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    assert_ok(title_load(stores.tables, "tiny", &arena, &title, &why_));
    (void)snprintf(version, PLAN_ID_BYTES, "%s", title.version);
    title.title = "Edited";
    title.entry.words = &german;
    title.entry.word_count = 1;
    title.edited_ms = clock_wall_ms(clock_system());
    assert_ok(title_save(stores.tables, &title, &why_));
}

static void what_was_edited_in_the_house_stays_when_a_better_version_comes(void **state)
{
    (void)state;
    need_film();
    char data[128], version[PLAN_ID_BYTES], renamed[sizeof small_title + 40];
    folder_new(data);
    file_new(film, "ladder.json", one_rung);
    must_ingest(data, "2");
    edit_title(data, version);
    (void)snprintf(renamed, sizeof renamed, "{\"year\": 1999, %s", small_title + 1);
    file_new(film, "title.json", renamed);
    file_new(film, "ladder.json", small_ladder);
    must_ingest(data, "2");
    file_new(film, "title.json", small_title);
    autostores stores = {0};
    autoarena arena = arena_init(1 << 20);
    struct title title;
    assert_ok(stores_open(&stores, data, clock_system(), &why_));
    assert_ok(title_load(stores.tables, "tiny", &arena, &title, &why_));
    assert_string_not_equal(title.version, version);
    assert_int_equal(title.track_count, 6); // with the second rendition
    assert_string_equal(title.title, "Edited");
    assert_int_equal(title.entry.word_count, 1);
    assert_string_equal(title.entry.words[0].title, "Winzig");
    assert_int_equal(title.year, 0); // an editor's silence is an edit, too
    assert_true(title.edited_ms != 0);
    assert_ok(folder_remove(data, &why_));
}

// Whether anything stands in the work folder: the ingest holds its lock then.
static bool has_plan(const char *data)
{
    autobuffer work = {0};
    sum_of(data, "work/", &work);
    return work.len > 0;
}

static void two_ingests_of_one_title_exclude_each_other_and_stopping_says_how_to_go_on(void **state)
{
    (void)state;
    need_film();
    char data[128], log[PATH_MAX];
    folder_new(data);
    (void)snprintf(log, sizeof log, "%s/ingest.log", data);
    const pid_t first = start_ingest(data, "0"); // waits for workers that never come
    while (!has_plan(data))
        assert_int_equal(waitpid(first, NULL, WNOHANG), 0);
    assert_int_equal(command_wait(start_ingest(data, "1")), 1);
    autobuffer text = buffer_init(1 << 20);
    assert_ok(file_read(log, &text, &why_));
    assert_non_null(strstr(buffer_text(&text), "another ingest of tiny is running"));
    assert_int_equal(kill(first, SIGTERM), 0);
    assert_int_equal(command_wait(first), 1);
    text.len = 0;
    assert_ok(file_read(log, &text, &why_));
    assert_non_null(strstr(buffer_text(&text), "run it again to go on from there"));
    assert_int_equal(told_of(data, "tiny").state, BOARD_STOPPED);
    assert_ok(folder_remove(data, &why_));
}

static void an_ingest_that_is_cancelled_ends_and_goes_on_when_it_is_run_again(void **state)
{
    (void)state;
    need_film();
    char data[128], log[PATH_MAX];
    struct queue_counts counts;
    folder_new(data);
    (void)snprintf(log, sizeof log, "%s/log", data);
    const char *const cancel[] = {program, "jobs", "cancel", "tiny", "--data", data, NULL};
    const pid_t ingesting = start_ingest(data, "0");
    while (!has_plan(data))
        assert_int_equal(waitpid(ingesting, NULL, WNOHANG), 0);
    assert_string_equal(told_of(data, "tiny").name, "Tiny");
    assert_int_equal(command_wait(command_start(cancel, log)), 0);
    assert_int_equal(command_wait(ingesting), 1);
    {
        autostores stores = {0};
        assert_ok(stores_open(&stores, data, clock_system(), &why_));
        assert_ok(stores.queue->ops->count(stores.queue, PLAN_QUEUE, &counts, &why_));
    }
    assert_int_equal(counts.ready, 0);
    assert_int_equal(told_of(data, "tiny").state, BOARD_CANCELLED);
    assert_string_equal(told_of(data, "tiny").stage, "encode");
    must_ingest(data, "2");
    assert_int_equal(told_of(data, "tiny").state, BOARD_PUBLISHED);
    assert_ok(folder_remove(data, &why_));
}

static void what_is_no_master_is_refused_with_a_sentence(void **state)
{
    (void)state;
    char data[128], bad[128], log[PATH_MAX], path[PATH_MAX];
    folder_new(data);
    folder_new(bad);
    (void)snprintf(log, sizeof log, "%s/log", data);
    (void)snprintf(path, sizeof path, "%s/master.mov", bad);
    file_new(bad, "master.mov", "this is no film");
    const char *const words[] = {program, "ingest", path, "--data", data, "--workers", "1", NULL};
    assert_int_equal(command_wait(command_start(words, log)), 1);
    autobuffer text = buffer_init(1 << 20);
    assert_ok(file_read(log, &text, &why_));
    assert_non_null(strstr(buffer_text(&text), "[unsupported]"));
    file_new(bad, "title.json", "{\"title\": \"T\", \"master\": \"master.mov\", \"yaer\": 5}");
    assert_int_equal(command_wait(command_start(words, log)), 1);
    text.len = 0;
    assert_ok(file_read(log, &text, &why_));
    assert_non_null(strstr(buffer_text(&text), "did you mean \"year\"?"));
    assert_ok(folder_remove(data, &why_));
    assert_ok(folder_remove(bad, &why_));
}

static void a_master_that_breaks_the_house_rules_is_refused_before_it_is_encoded(void **state)
{
    (void)state;
    char data[128], log[PATH_MAX], rules[PATH_MAX];
    need_film();
    folder_new(data);
    (void)snprintf(log, sizeof log, "%s/log", data);
    (void)snprintf(rules, sizeof rules, "%s/strict.ini", data);
    file_new(data, "strict.ini", "[loudness]\nverdict = fail\nmin = -1\nmax = 0\n");
    const char *const words[] = {program,     "ingest", film,      "--data", data,
                                 "--workers", "0",      "--rules", rules,    NULL};
    assert_int_equal(command_wait(command_start(words, log)), 1);
    autobuffer text = buffer_init(1 << 20);
    assert_ok(file_read(log, &text, &why_));
    assert_non_null(strstr(buffer_text(&text), "loudness: integrated loudness"));
    assert_non_null(strstr(buffer_text(&text), "primrose check"));
    const struct board_note told = told_of(data, "tiny");
    assert_int_equal(told.state, BOARD_FAILED);
    assert_string_equal(told.check, "fail");
    assert_non_null(strstr(told.sentence, "loudness"));
    assert_ok(folder_remove(data, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_master_is_refused_with_a_sentence),
        cmocka_unit_test(a_master_that_breaks_the_house_rules_is_refused_before_it_is_encoded),
        cmocka_unit_test(a_master_becomes_a_title_and_nothing_is_left_over),
        cmocka_unit_test(a_second_run_publishes_new_words_without_encoding),
        cmocka_unit_test(what_was_edited_in_the_house_stays_when_a_better_version_comes),
        cmocka_unit_test(an_ingest_that_is_cancelled_ends_and_goes_on_when_it_is_run_again),
        cmocka_unit_test(a_worker_elsewhere_does_the_work_and_another_takes_over_when_it_dies),
        cmocka_unit_test(
            two_ingests_of_one_title_exclude_each_other_and_stopping_says_how_to_go_on),
        cmocka_unit_test(killed_again_and_again_it_ends_in_the_very_same_bytes),
    };
    return cmocka_run_group_tests(tests, make_film, drop_film);
}
