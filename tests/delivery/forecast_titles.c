// SPDX-License-Identifier: Apache-2.0
#include "delivery/forecast_titles.h"

#include "base/file.h"
#include "catalog/title.h"
#include "store/table_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR_MS = 3600000, TITLES = 60 }; // more than a page of them

static const int64_t now_ms = 1795296000000;

static void publish(struct table_store *tables, const char *id, int64_t opens_ms, int64_t again_ms)
{
    struct title_track tracks[] = {
        {.name = "v", .file = "v.mp4", .kind = "video", .size_bytes = 900},
        {.name = "a", .file = "a.mp4", .kind = "audio", .size_bytes = 100}};
    struct title_avail avails[] = {{.from_ms = again_ms}, {.from_ms = opens_ms}};
    const struct title title = {.id = id,
                                .version = "v1",
                                .title = id,
                                .tracks = tracks,
                                .track_count = 2,
                                .entry = {.avails = avails, .avail_count = opens_ms == 0 ? 0 : 2}};
    struct why why = {""};
    if (title_publish(tables, &title, &why) != OK) fail_msg("%s", why.text);
}

static const struct forecast_file *find(const struct forecast *forecast, const char *path)
{
    for (size_t i = 0; i < forecast->count; i++)
        if (strcmp(forecast->files[i].path, path) == 0) return &forecast->files[i];
    fail_msg("%s is not there", path);
    return NULL;
}

static void all_files_of_all_titles_come_with_what_is_known_of_them(void **state)
{
    (void)state;
    char folder[] = "/tmp/primrose-forecast-XXXXXX", path[100];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/primrose.db", folder);
    struct table_store *tables = NULL;
    assert_int_equal(table_sqlite_open(path, clock_system(), &tables, NULL), OK);
    for (int i = 0; i < TITLES; i++) {
        (void)snprintf(path, sizeof path, "title-%02d", i);
        publish(tables, path, 0, 0);
    }
    publish(tables, "tomorrow", now_ms + 20 * HOUR_MS, now_ms + 30 * HOUR_MS);
    publish(tables, "tonight", now_ms - 10 * HOUR_MS, now_ms - 100 * HOUR_MS);
    publish(tables, "next-week", now_ms + 170 * HOUR_MS, now_ms + 171 * HOUR_MS);
    publish(tables, "long-ago", now_ms - 30 * HOUR_MS, now_ms - 31 * HOUR_MS);
    autopopularity *popularity = NULL;
    assert_int_equal(popularity_open(slice_of(""), "", 3600, now_ms, &popularity, NULL), OK);
    assert_true(popularity_take(
        popularity, slice_of("{\"at\":\"2099-01-01T00:00:00Z\",\"status\":200,\"bytes\":7,"
                             "\"path\":\"/media/title-55/v1/v.mp4\"}")));
    struct forecast forecast = {.count = 0};
    struct why why = {""};
    const outcome result =
        forecast_gather(tables, popularity, now_ms, 48 * HOUR_MS, &forecast, &why);
    if (result != OK) fail_msg("%s", why.text);
    assert_int_equal(forecast.count, 2 * (TITLES + 4));
    assert_int_equal(find(&forecast, "/media/title-55/v1/v.mp4")->asked_bytes, 7);
    assert_int_equal(find(&forecast, "/media/title-55/v1/a.mp4")->asked_bytes, 0);
    assert_int_equal(find(&forecast, "/media/title-00/v1/a.mp4")->bytes, 100);
    assert_int_equal(find(&forecast, "/media/title-00/v1/v.mp4")->premiere_ms, 0);
    assert_int_equal(find(&forecast, "/media/tomorrow/v1/v.mp4")->premiere_ms,
                     now_ms + 20 * HOUR_MS);
    assert_int_equal(find(&forecast, "/media/tonight/v1/v.mp4")->premiere_ms,
                     now_ms - 10 * HOUR_MS);
    assert_int_equal(find(&forecast, "/media/next-week/v1/v.mp4")->premiere_ms, 0);
    assert_int_equal(find(&forecast, "/media/long-ago/v1/v.mp4")->premiere_ms, 0);
    forecast_release(&forecast);
    table_store_close(&tables);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_files_of_all_titles_come_with_what_is_known_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
