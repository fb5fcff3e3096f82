// SPDX-License-Identifier: Apache-2.0
//
// A real house with an encrypted title, and the clock of a film of three hours. Covers house.c too.
#include "player/unlock.h"

#include "base/file.h"

#include <jansson.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MINUTE_US = 60000000 };

static char folder[] = "/tmp/primrose-unlock-XXXXXX";
static char cdm[PATH_MAX], clip[PATH_MAX], data[PATH_MAX], program[PATH_MAX], manifest[PATH_MAX],
    device[PATH_MAX];
static pid_t house;

static pid_t start(const char *const *words, int *out_fd)
{
    int ends[2];
    if (pipe(ends) != 0) return -1;
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    (void)close(ends[1]);
    *out_fd = ends[0];
    return child;
}

static int run_program(const char *const *words)
{
    int fd = -1, status = -1;
    char drain[4096];
    const pid_t child = start(words, &fd);
    while (read(fd, drain, sizeof drain) > 0)
        continue;
    (void)close(fd);
    return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

static int serve(void)
{
    const char *const words[] = {program,       "serve",  "--json", "--listen",
                                 "127.0.0.1:0", "--data", data,     NULL};
    char line[512];
    int fd = -1;
    house = start(words, &fd);
    const ssize_t len = read(fd, line, sizeof line - 1);
    (void)close(fd);
    json_t *said = len > 0 ? json_loadb(line, (size_t)len, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    const char *url = json_string_value(json_object_get(said, "url"));
    if (url == NULL) return -1;
    (void)snprintf(manifest, sizeof manifest, "%smedia/film/v/main.m3u8", url);
    json_decref(said);
    return 0;
}

static int open_house(void **state)
{
    const char *build = getenv("PRIMROSE_BUILD");
    if (mkdtemp(folder) == NULL) return -1;
    (void)snprintf(program, sizeof program, "%s/primrose", build == NULL ? "build" : build);
    (void)snprintf(cdm, sizeof cdm, "%s/primrose-cdm", build == NULL ? "build" : build);
    (void)snprintf(clip, sizeof clip, "%s/clip.mp4", folder);
    (void)snprintf(data, sizeof data, "%s/data", folder);
    (void)snprintf(device, sizeof device, "%s/device", folder);
    const char *const film[] = {
        "ffmpeg", "-v",      "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2",
        "-c:v",   "libx264", clip,    NULL};
    const char *const ingest[] = {program,    "ingest", clip,     "--id", "film",
                                  "--ladder", "demo",   "--data", data,   NULL};
    if (run_program(film) != 0 || run_program(ingest) != 0) return -1;
    return serve();
}

static int close_house(void **state)
{
    if (house > 0) {
        (void)kill(house, SIGTERM);
        (void)waitpid(house, NULL, 0);
    }
    return folder_remove(folder, NULL) != OK;
}

// The house signs with another key than the file says.
static void change_keys(const char *houses)
{
    json_t *whole = json_load_file(houses, 0, NULL), *house_of_file;
    const char *origin;
    assert_non_null(whole);
    json_object_foreach(json_object_get(whole, "houses"), origin, house_of_file)(void)
        json_object_set_new(house_of_file, "service_keys",
                            json_pack("[s]", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    assert_int_equal(json_dump_file(whole, houses, 0), 0);
    json_decref(whole);
}

static struct unlock *unlocked(const struct clock *clock)
{
    const struct unlock_options options = {
        .manifest_url = manifest, .cdm_program = cdm, .device_path = device, .clock = clock};
    struct unlock *unlock = NULL;
    struct why why = {""};
    if (unlock_open(&options, &unlock, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(unlock_ask(unlock, NULL), OK);
    if (unlock_wait(unlock, &why) != OK) fail_msg("%s", why.text);
    return unlock;
}

static void a_long_film_has_its_licence_renewed_every_half_hour(void **state)
{
    struct clock_manual clock = clock_manual_init(0, clock_wall_ms(clock_system()));
    struct unlock *unlock = unlocked(&clock.clock);
    assert_int_equal(unlock_licence_count(unlock), 1);
    for (uint32_t half_hour = 1; half_hour <= 6; half_hour++) {
        clock.now_us += 29LL * MINUTE_US;
        assert_int_equal(unlock_wait(unlock, NULL), OK);
        assert_int_equal(unlock_licence_count(unlock), half_hour);
        clock.now_us += 1LL * MINUTE_US;
        assert_int_equal(unlock_wait(unlock, NULL), OK);
        assert_int_equal(unlock_licence_count(unlock), half_hour + 1);
    }
    unlock_close(&unlock);
}

static void a_device_registers_once_and_again_when_its_house_is_not_remembered(void **state)
{
    (void)state;
    char houses[PATH_MAX + 8];
    (void)snprintf(houses, sizeof houses, "%s.houses", device);
    for (int i = 0; i < 4; i++) {
        // 0: as the test before left it; 1: forgotten; 2: again; 3: with the key of nobody
        struct unlock *unlock = NULL;
        if (i == 1) assert_int_equal(unlink(houses), 0);
        if (i == 3) change_keys(houses);
        unlock = unlocked(clock_system());
        assert_int_equal(unlock_registration_count(unlock), i % 2);
        assert_int_equal(unlock_licence_count(unlock), 1);
        unlock_close(&unlock);
    }
}

static void a_renewal_that_fails_is_tried_again_and_does_not_stop_the_play(void **state)
{
    struct clock_manual clock = clock_manual_init(0, clock_wall_ms(clock_system()));
    struct unlock *unlock = unlocked(&clock.clock);
    (void)kill(house, SIGTERM);
    (void)waitpid(house, NULL, 0);
    house = 0;
    clock.now_us += 31LL * MINUTE_US;
    assert_int_equal(unlock_wait(unlock, NULL), OK);
    assert_int_equal(unlock_licence_count(unlock), 1);
    unlock_close(&unlock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_film_has_its_licence_renewed_every_half_hour),
        cmocka_unit_test(a_device_registers_once_and_again_when_its_house_is_not_remembered),
        cmocka_unit_test(a_renewal_that_fails_is_tried_again_and_does_not_stop_the_play),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
