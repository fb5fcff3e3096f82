// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include "base/file.h"
#include "delivery/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOKS_MAX = 20000, LOOK_US = 1000, MEMORY_MIB = 64, DISK_MIB = 64 };

static char folder[40];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/primrose-filler-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : -1;
}

struct open_as {
    const char *peer, *data;
};

static struct stand *open_edge(struct origin *origin, struct open_as as)
{
    const char *url = origin_url(origin);
    const struct edge_options options = {.upstreams = &url,
                                         .upstream_count = 1,
                                         .peers = &as.peer,
                                         .peer_count = as.peer != NULL,
                                         .data = as.data,
                                         .memory_bytes = (uint64_t)MEMORY_MIB << 20,
                                         .disk_bytes = as.data == NULL ? 0 : DISK_MIB << 20,
                                         .is_placed = true};
    return stand_open_as(&options);
}

// `files`: paths that end with their sizes, with a space behind each.
static void place(struct stand *stand, const char *window, const char *files)
{
    char text[2000];
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "{\"tiers\":{\"edge\":{%s,\"mbps\":8000,\"tail\":\"pass\"}},"
                                  "\"files\":[",
                                  window);
    struct slice rest = slice_of(files), path, bytes, part;
    for (const char *comma = ""; slice_cut(&rest, ' ', &path) && path.len > 0; comma = ",") {
        for (bytes = path; bytes.at != NULL;)
            (void)slice_cut(&bytes, '/', &part);
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s{\"path\":\"%.*s\",\"bytes\":%.*s}",
                             comma, SLICE_ARG(path), SLICE_ARG(part));
    }
    (void)snprintf(text + len, sizeof text - len, "]}");
    struct placement *placement = NULL;
    struct why why = {""};
    if (placement_parse(slice_of(text), "it", "edge", 64 << 20, &placement, &why) != OK)
        fail_msg("%s", why.text);
    edge_place(stand_edge(stand), placement);
}

static const char always[] = "\"from\":\"00:00\",\"until\":\"24:00\"";

static uint64_t placed_bytes(const struct stand *stand)
{
    return edge_counters(stand_edge(stand)).placed_bytes;
}

static uint64_t disk_writes(const struct stand *stand)
{
    return cache_counters(edge_cache(stand_edge(stand))).disk_writes;
}

static void await(const struct stand *stand, uint64_t (*count)(const struct stand *),
                  uint64_t least)
{
    for (int i = 0; i < LOOKS_MAX && count(stand) < least; i++)
        (void)usleep(LOOK_US);
    if (count(stand) < least) fail_msg("%llu is all", (unsigned long long)count(stand));
}

static void get_whole(struct stand *stand, const char *path, uint64_t len)
{
    struct answer answer = talk(stand, "GET", path, "");
    assert_int_equal(answer.status, 200);
    assert_true(answer_is(&answer, 0, len));
    answer_free(&answer);
}

static void what_is_placed_is_here_before_anybody_asks(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    struct stand *stand = open_edge(origin, (struct open_as){0});
    place(stand, always, "/n/6000000 /missing/1 /private/1 /n/3000000 /n/7 ");
    await(stand, placed_bytes, 9000007);
    const unsigned requests = origin_requests(origin);
    assert_int_equal(edge_counters(stand_edge(stand)).misses, 0);
    get_whole(stand, "/n/6000000", 6000000);
    get_whole(stand, "/n/3000000", 3000000);
    get_whole(stand, "/n/7", 7);
    assert_int_equal(edge_counters(stand_edge(stand)).hits, 3);
    assert_int_equal(edge_counters(stand_edge(stand)).misses, 0);
    assert_int_equal(placed_bytes(stand), 9000007); // each byte once
    assert_in_range(requests, 4, 12);
    stand_close(stand);
    origin_close(origin);
}

static void nothing_is_fetched_outside_of_the_window(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    struct stand *stand = open_edge(origin, (struct open_as){0});
    const int64_t in_an_hour = clock_wall_ms(clock_system()) / 3600000 % 24 + 12;
    char window[80];
    (void)snprintf(window, sizeof window, "\"from\":\"%02lld:00\",\"until\":\"%02lld:59\"",
                   (long long)(in_an_hour % 24), (long long)(in_an_hour % 24));
    place(stand, window, "/n/3000000 ");
    get_whole(stand, "/n/1000000", 1000000);
    assert_int_equal(placed_bytes(stand), 0);
    place(stand, always, "/n/2000000 ");
    await(stand, placed_bytes, 2000000);
    assert_int_equal(placed_bytes(stand), 2000000);
    assert_int_equal(origin_requests(origin), 2);
    stand_close(stand);
    origin_close(origin);
}

static void a_peer_brings_what_it_has_and_is_not_made_to_fetch(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    struct stand *peer = stand_open(&url, 1, NULL, MEMORY_MIB, 0);
    get_whole(peer, "/n/5000000", 5000000);
    struct stand *stand = open_edge(origin, (struct open_as){.peer = stand_url(peer)});
    place(stand, always, "/n/5000000 /n/1500000 ");
    await(stand, placed_bytes, 6500000);
    assert_int_equal(edge_counters(stand_edge(stand)).peer_bytes, 5000000);
    assert_int_equal(edge_counters(stand_edge(peer)).fetches, 1); // the viewer's
    assert_int_equal(origin_requests(origin), 2);
    get_whole(stand, "/n/5000000", 5000000);
    get_whole(stand, "/n/1500000", 1500000);
    stand_close(stand);
    stand_close(peer);
    stand = open_edge(origin, (struct open_as){.peer = "http://127.0.0.1:1"}); // nobody is there
    place(stand, always, "/n/5000000 ");
    await(stand, placed_bytes, 5000000);
    get_whole(stand, "/n/5000000", 5000000);
    stand_close(stand);
    origin_close(origin);
}

static void an_edge_that_starts_again_goes_on_where_it_was(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    struct stand *stand = open_edge(origin, (struct open_as){.data = folder});
    place(stand, always, "/n/3145728 ");
    await(stand, disk_writes, 3); // at once, though nobody has asked for it
    stand_close(stand);
    stand = open_edge(origin, (struct open_as){.data = folder});
    place(stand, always, "/n/3145728 /n/2000000 ");
    await(stand, disk_writes, 2);
    assert_int_equal(placed_bytes(stand), 2000000);
    get_whole(stand, "/n/3145728", 3145728);
    assert_int_equal(origin_requests(origin), 2);
    stand_close(stand);
    origin_close(origin);
}

static void the_long_tail_is_served_and_never_stored(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    origin_release(origin);
    struct stand *stand = open_edge(origin, (struct open_as){.data = folder});
    place(stand, "\"from\":\"00:00\",\"until\":\"24:00\"", "/n/1 ");
    await(stand, disk_writes, 1);
    for (int i = 0; i < 4; i++)
        get_whole(stand, "/slow/2000000", 2000000); // nobody listed that folder
    for (int i = 0; i < 3; i++)
        get_whole(stand, "/n/1000000", 1000000); // this one has company
    await(stand, disk_writes, 2);
    assert_int_equal(disk_writes(stand), 2);
    assert_int_equal(origin_requests(origin), 3); // memory holds the tail for a while
    stand_close(stand);
    origin_close(origin);
}

static void a_fill_in_hand_ends_with_the_edge(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    struct stand *stand = open_edge(origin, (struct open_as){0});
    place(stand, always, "/slow/1000000 /n/8000000 ");
    for (int i = 0; i < LOOKS_MAX && origin_requests(origin) == 0; i++)
        (void)usleep(LOOK_US);
    assert_true(origin_requests(origin) > 0);
    stand_close(stand);
    origin_close(origin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_placed_is_here_before_anybody_asks),
        cmocka_unit_test(nothing_is_fetched_outside_of_the_window),
        cmocka_unit_test(a_peer_brings_what_it_has_and_is_not_made_to_fetch),
        cmocka_unit_test_setup_teardown(an_edge_that_starts_again_goes_on_where_it_was, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(the_long_tail_is_served_and_never_stored, make_folder,
                                        drop_folder),
        cmocka_unit_test(a_fill_in_hand_ends_with_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
