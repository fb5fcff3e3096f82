// SPDX-License-Identifier: Apache-2.0
//
// The real primrose-cdm with the real decoder behind it, fed with real packages of ours. Covers
// cdm_child.c, cdm_device.c and protected_lane.c too. The licence service is played by the rig,
// with its real bytes.
#include "player/cdm.h"

#include "cdm_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void every_frame_decodes_behind_the_cdm(void **state)
{
    struct cdm *cdm = licensed_cdm();
    for (size_t scheme = 0; scheme < 2; scheme++)
        for (size_t i = 0; i < FILMS; i++) {
            struct playing playing;
            struct why why = {""};
            playing_open(&playing, cdm, &films[scheme][i]);
            if (playing_feed(&playing, &why) != OK) fail_msg("%s", why.text);
            const struct decoder_counts counts = playing_end(&playing);
            assert_int_equal(counts.errors, 0);
            assert_in_range(counts.frames, films[scheme][i].frames, films[scheme][i].frames + 2);
        }
    cdm_close(&cdm);
}

// Looks for `needle`, given masked so that the search does not find itself, in all memory of a
// process. -1: its memory may not be read.
static int count_in_memory(pid_t process, const uint8_t *masked)
{
    enum { CHUNK = 1 << 20 };
    const unsigned long reserved_bytes = 1UL << 32;
    char path[64], line[512];
    int found = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/maps", process);
    FILE *maps = fopen(path, "re");
    (void)snprintf(path, sizeof path, "/proc/%d/mem", process);
    const int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || memory < 0) {
        if (maps != NULL) (void)fclose(maps);
        return -1;
    }
    uint8_t *chunk = malloc(CHUNK + CONTENT_KEY_BYTES);
    assert_non_null(chunk);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx r", &from, &to) != 2 || strstr(line, "[v") != NULL) continue;
        if (to - from > reserved_bytes) continue; // a sanitizer's shadow
        for (unsigned long at = from; at < to; at += CHUNK) {
            const size_t want =
                to - at < CHUNK + CONTENT_KEY_BYTES ? to - at : CHUNK + CONTENT_KEY_BYTES;
            const ssize_t got = pread(memory, chunk, want, (off_t)at);
            for (ssize_t i = 0; i + CONTENT_KEY_BYTES <= got; i++) {
                size_t same = 0;
                while (same < CONTENT_KEY_BYTES &&
                       chunk[i + (ssize_t)same] == (masked[same] ^ mask[same]))
                    same++;
                found += same == CONTENT_KEY_BYTES;
            }
        }
    }
    free(chunk);
    (void)fclose(maps);
    (void)close(memory);
    return found;
}

static void the_key_is_never_in_the_player_s_memory(void **state)
{
    struct playing playing;
    struct why why = {""};
    struct cdm *cdm = licensed_cdm();
    playing_open(&playing, cdm, &films[0][0]);
    if (playing_feed(&playing, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(count_in_memory(getpid(), masked_key), 0);

    // The search does find a key that is there.
    uint8_t *planted = malloc(CONTENT_KEY_BYTES);
    assert_non_null(planted);
    for (size_t i = 0; i < CONTENT_KEY_BYTES; i++)
        planted[i] = masked_key[i] ^ mask[i];
    __asm__ volatile("" : : "r"(planted) : "memory"); // it is really there
    assert_true(count_in_memory(getpid(), masked_key) >= 1);
    explicit_bzero(planted, CONTENT_KEY_BYTES);
    free(planted);
    assert_int_equal(playing_end(&playing).frames, films[0][0].frames);
    cdm_close(&cdm);
}

static void the_key_is_in_the_cdm_where_only_root_can_look(void **state)
{
    struct playing playing;
    struct cdm *cdm = licensed_cdm();
    playing_open(&playing, cdm, &films[0][0]);
    assert_int_equal(playing_feed(&playing, NULL), OK);
    const int found = count_in_memory(cdm_process(cdm), masked_key);
    assert_true(geteuid() == 0 ? found >= 1 : found == -1);
    (void)playing_end(&playing);
    cdm_close(&cdm);
}

// A line of /proc/PID/status.
static void status_line(pid_t process, const char *name, char *out, size_t room)
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%d/status", process);
    FILE *status = fopen(path, "re");
    assert_non_null(status);
    out[0] = '\0';
    while (fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            (void)snprintf(out, room, "%s", line + strlen(name));
    (void)fclose(status);
}

static void the_cdm_holds_its_channel_and_nothing_else(void **state)
{
    struct cdm *cdm = start_cdm(NULL);
    char text[128], path[64];
    status_line(cdm_process(cdm), "Seccomp:", text, sizeof text);
    assert_string_equal(text, "\t2\n");
    status_line(cdm_process(cdm), "Threads:", text, sizeof text);
    assert_string_equal(text, "\t1\n");
    if (geteuid() == 0) { // its descriptors are hidden from others
        size_t count = 0;
        (void)snprintf(path, sizeof path, "/proc/%d/fd", cdm_process(cdm));
        DIR *entries = opendir(path);
        assert_non_null(entries);
        for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
            count += entry->d_name[0] != '.';
        closedir(entries);
        assert_int_equal(count, 6); // null, null, messages; channel, device, media
    }
    cdm_close(&cdm);
}

static void a_track_without_its_key_is_refused_and_nothing_is_decoded(void **state)
{
    struct playing playing;
    struct why why = {""};
    struct cdm *cdm = start_cdm(NULL);
    playing_open(&playing, cdm, &films[0][0]);
    assert_int_equal(playing_feed(&playing, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "a1a2a3a4-a5a6"));
    assert_int_equal(playing_end(&playing).frames, 0);
    cdm_close(&cdm);
}

static void an_expired_licence_decrypts_nothing(void **state)
{
    struct playing playing;
    struct device_licence licence;
    struct why why = {""};
    struct cdm *cdm = start_cdm(NULL);
    struct licence_terms terms = terms_for(LICENCE_STREAMED);
    terms.issued_ms -= HOUR_MS;
    terms.expires_ms = terms.issued_ms + HOUR_MS;
    trust_service(cdm);
    assert_int_equal(get_licence(cdm, &terms, &licence, NULL), OK);
    playing_open(&playing, cdm, &films[0][0]);
    assert_int_equal(playing_feed(&playing, &why), DENIED);
    assert_non_null(strstr(why.text, "expired"));
    assert_int_equal(playing_end(&playing).frames, 0);
    cdm_close(&cdm);
}

static void a_clock_behind_the_service_s_decrypts_nothing(void **state)
{
    struct playing playing;
    struct device_licence licence;
    struct why why = {""};
    struct cdm *cdm = start_cdm(NULL);
    struct licence_terms terms = terms_for(LICENCE_STREAMED);
    terms.issued_ms += HOUR_MS; // what a clock that is an hour late sees
    terms.expires_ms += HOUR_MS;
    trust_service(cdm);
    assert_int_equal(get_licence(cdm, &terms, &licence, NULL), OK);
    playing_open(&playing, cdm, &films[0][0]);
    assert_int_equal(playing_feed(&playing, &why), DENIED);
    assert_non_null(strstr(why.text, "clock"));
    assert_int_equal(playing_end(&playing).frames, 0);
    cdm_close(&cdm);
}

static void licences_of_strangers_and_replays_are_refused(void **state)
{
    autobuffer registration = buffer_init(REGISTRATION_BYTES_MAX);
    autobuffer challenge = buffer_init(CHALLENGE_BYTES_MAX), licence;
    const struct cdm_wish wish = {.title = "title_x", .key_ids = &film_key, .key_count = 1};
    const struct licence_terms terms = terms_for(LICENCE_STREAMED);
    struct device_licence opened;
    uint64_t number = 0, other_number = 0;
    struct cdm *cdm = start_cdm(NULL), *other = start_cdm(NULL);
    assert_int_equal(cdm_register(cdm, "test", &registration, NULL), OK);
    assert_int_equal(cdm_challenge(cdm, &wish, &number, &challenge, NULL), OK);
    serve_licence(buffer_slice(&registration), buffer_slice(&challenge), &terms, &licence);
    const struct slice bytes = buffer_slice(&licence);
    assert_int_equal(cdm_licence(cdm, number, bytes, &opened, NULL), DENIED); // not trusted yet
    trust_service(cdm);
    assert_int_equal(cdm_licence(cdm, number, bytes, &opened, NULL), DENIED); // used up
    challenge.len = 0;
    assert_int_equal(cdm_challenge(cdm, &wish, &number, &challenge, NULL), OK);
    assert_int_equal(cdm_licence(cdm, number, bytes, &opened, NULL), DENIED); // another answer

    trust_service(other);
    challenge.len = 0;
    assert_int_equal(cdm_challenge(cdm, &wish, &number, &challenge, NULL), OK);
    buffer_release(&licence);
    serve_licence(buffer_slice(&registration), buffer_slice(&challenge), &terms, &licence);
    challenge.len = 0;
    assert_int_equal(cdm_challenge(other, &wish, &other_number, &challenge, NULL), OK);
    assert_int_equal(cdm_licence(other, other_number, buffer_slice(&licence), &opened, NULL),
                     DENIED);
    assert_int_equal(cdm_licence(cdm, number, buffer_slice(&licence), &opened, NULL), OK);
    cdm_close(&cdm);
    cdm_close(&other);
}

static void a_download_plays_in_a_later_process_of_this_device_alone(void **state)
{
    char path[PATH_MAX];
    struct playing playing;
    struct device_licence licence;
    struct device_id before, after;
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    const struct licence_terms terms = terms_for(LICENCE_KEPT);
    (void)snprintf(path, sizeof path, "%s/device", folder);
    struct cdm *cdm = start_cdm(path);
    trust_service(cdm);
    assert_int_equal(cdm_device(cdm, &before, NULL), OK);
    assert_int_equal(get_licence(cdm, &terms, &licence, NULL), OK);
    assert_int_equal(cdm_keep(cdm, licence.id, &sealed, NULL), OK);
    cdm_close(&cdm);

    cdm = start_cdm(path);
    assert_int_equal(cdm_device(cdm, &after, NULL), OK);
    assert_true(device_id_equal(&before, &after));
    assert_int_equal(cdm_restore(cdm, buffer_slice(&sealed), &licence, NULL), OK);
    playing_open(&playing, cdm, &films[1][0]);
    assert_int_equal(playing_feed(&playing, NULL), OK);
    assert_int_equal(playing_end(&playing).frames, films[1][0].frames);
    cdm_close(&cdm);

    cdm = start_cdm(NULL);
    assert_int_equal(cdm_restore(cdm, buffer_slice(&sealed), &licence, NULL), DENIED);
    cdm_close(&cdm);
}

static void a_device_file_that_others_may_read_or_that_is_damaged_is_refused(void **state)
{
    char path[PATH_MAX];
    struct cdm *cdm = NULL;
    struct why why = {""};
    (void)snprintf(path, sizeof path, "%s/open-device", folder);
    cdm = start_cdm(path);
    cdm_close(&cdm);
    const struct cdm_options options = {built("primrose-cdm"), path};
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(cdm_open(&options, &cdm, &why), DENIED);
    assert_non_null(strstr(why.text, "0600"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(cdm_open(&options, &cdm, &why), CORRUPT);
    assert_null(cdm);
}

static void a_cdm_that_dies_is_an_outcome(void **state)
{
    autobuffer out = buffer_init(REGISTRATION_BYTES_MAX);
    struct cdm *cdm = start_cdm(NULL);
    assert_int_equal(kill(cdm_process(cdm), SIGKILL), 0);
    assert_int_equal(cdm_register(cdm, "test", &out, NULL), UNAVAILABLE);
    cdm_close(&cdm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_decodes_behind_the_cdm),
        cmocka_unit_test(the_key_is_never_in_the_player_s_memory),
        cmocka_unit_test(the_key_is_in_the_cdm_where_only_root_can_look),
        cmocka_unit_test(the_cdm_holds_its_channel_and_nothing_else),
        cmocka_unit_test(a_track_without_its_key_is_refused_and_nothing_is_decoded),
        cmocka_unit_test(an_expired_licence_decrypts_nothing),
        cmocka_unit_test(a_clock_behind_the_service_s_decrypts_nothing),
        cmocka_unit_test(licences_of_strangers_and_replays_are_refused),
        cmocka_unit_test(a_download_plays_in_a_later_process_of_this_device_alone),
        cmocka_unit_test(a_device_file_that_others_may_read_or_that_is_damaged_is_refused),
        cmocka_unit_test(a_cdm_that_dies_is_an_outcome),
    };
    return cmocka_run_group_tests(tests, make_films, drop_films);
}
