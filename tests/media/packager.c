// SPDX-License-Identifier: Apache-2.0
#include "media/packager.h"

#include "base/file.h"
#include "media/hls.h"
#include "movie.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAMES = 210, AUDIO = 395 };

// A folder of inputs, and the one to be made in it.
struct scene {
    char folder[MOVIE_PATH_BYTES];
    char video[PATH_MAX], audio[PATH_MAX], text[PATH_MAX], out[PATH_MAX];
    struct arena arena;
};

static void save_movie(const char *path, const struct stream *stream, size_t count, size_t group,
                       uint32_t duration)
{
    struct coded_sample samples[FRAMES + AUDIO];
    movie_samples(samples, count, group, duration, false);
    const struct movie movie = {.stream = stream,
                                .samples = samples,
                                .count = count,
                                .samples_per_chunk = 8,
                                .has_stss = group > 1};
    autobuffer bytes = buffer_init(MOVIE_BYTES_MAX);
    movie_put(&bytes, &movie);
    assert_int_equal(file_write_atomic(path, buffer_slice(&bytes), 0600, NULL), OK);
}

static void set_scene(struct scene *scene)
{
    *scene =
        (struct scene){.folder = "/tmp/package-XXXXXX", .arena = arena_init(PACKAGE_ARENA_BYTES)};
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->video, PATH_MAX, "%s/video.mp4", scene->folder);
    (void)snprintf(scene->audio, PATH_MAX, "%s/audio.mp4", scene->folder);
    (void)snprintf(scene->text, PATH_MAX, "%s/text.srt", scene->folder);
    (void)snprintf(scene->out, PATH_MAX, "%s/out", scene->folder);
    save_movie(scene->video, &movie_avc, FRAMES, 25, 512);
    save_movie(scene->audio, &movie_aac, AUDIO, 1, 1024);
    static const char srt[] = "1\n00:00:01,000 --> 00:00:02,500\nGuten Tag\n";
    assert_int_equal(file_write_atomic(scene->text, slice_of(srt), 0600, NULL), OK);
}

static void clear_scene(struct scene *scene)
{
    arena_release(&scene->arena);
    assert_int_equal(folder_remove(scene->folder, NULL), OK);
}

static size_t count_entries(const char *folder)
{
    size_t count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(entries);
    return count;
}

static outcome run(struct scene *scene, const struct package_input *inputs, size_t count,
                   struct package_report *report, struct why *why)
{
    const struct package_job job = {
        .inputs = inputs, .input_count = count, .segment_ms = 2000, .folder = scene->out};
    return package_run(&scene->arena, &job, report, why);
}

static void a_package_has_all_files_and_names_that_say_what_they_are(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene);
    const struct package_input inputs[] = {
        {TRACK_TEXT, scene.text, 0, "de", ROLE_CAPTION},
        {TRACK_AUDIO, scene.audio, 0, NULL, ROLE_MAIN},
        {TRACK_AUDIO, scene.audio, 1, "en", ROLE_DESCRIPTION},
        {TRACK_VIDEO, scene.video, 0, NULL, ROLE_MAIN},
        {TRACK_VIDEO, scene.video, 0, NULL, ROLE_MAIN},
    };
    struct package_report report;
    struct why why = {""};
    if (run(&scene, inputs, 5, &report, &why) != OK) fail_msg("%s", why.text);
    static const char *const names[] = {"v-360p", "v-360p-2", "a-de", "a-en-ad", "t-de-sdh"};
    assert_int_equal(report.presentation.track_count, 5);
    uint64_t bytes = 0;
    for (size_t i = 0; i < 5; i++) {
        const struct track *track = &report.presentation.tracks[i];
        char path[PATH_MAX * 2];
        struct stat status;
        assert_string_equal(track->name, names[i]);
        (void)snprintf(path, sizeof path, "%s/%s", scene.out, track->file);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, track->file_size);
        bytes += track->file_size;
    }
    assert_int_equal(report.media_bytes, bytes);
    assert_int_equal(report.warning_count, 0);
    assert_int_equal(count_entries(scene.out), 5 + 2 + 5 + 2); // tracks, main and MPD, playlists
    assert_int_equal(count_entries(scene.folder), 4);
    clear_scene(&scene);
}

static void a_package_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene);
    assert_int_equal(file_write_atomic(scene.text, slice_of("no captions at all\n"), 0600, NULL),
                     OK);
    const struct package_input inputs[] = {
        {TRACK_VIDEO, scene.video, 0, NULL, ROLE_MAIN},
        {TRACK_TEXT, scene.text, 0, "de", ROLE_SUBTITLE},
    };
    struct package_report report;
    struct why why = {""};
    assert_int_equal(run(&scene, inputs, 2, &report, &why), INVALID);
    assert_non_null(strstr(why.text, scene.text));
    assert_false(path_exists(scene.out));
    assert_int_equal(count_entries(scene.folder), 3);
    clear_scene(&scene);
}

static void a_folder_with_something_in_it_is_never_replaced(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene);
    const struct package_input input = {TRACK_VIDEO, scene.video, 0, NULL, ROLE_MAIN};
    struct package_report report;
    struct why why = {""};
    assert_int_equal(folder_make(scene.out, NULL), OK);
    assert_int_equal(run(&scene, &input, 1, &report, &why), OK); // an empty one is
    assert_int_equal(run(&scene, &input, 1, &report, &why), CONFLICT);
    assert_non_null(strstr(why.text, "is there already"));
    assert_true(count_entries(scene.out) > 0);
    clear_scene(&scene);
}

static void wrong_inputs_are_told_by_name(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene);
    const struct {
        struct package_input input;
        const char *part;
    } cases[] = {
        {{TRACK_VIDEO, scene.audio, 0, NULL, ROLE_MAIN}, "has no video track"},
        {{TRACK_AUDIO, scene.video, 1, NULL, ROLE_MAIN}, "is video: give it with --video"},
        {{TRACK_VIDEO, scene.video, 9, NULL, ROLE_MAIN}, "there is no number 9"},
        {{TRACK_TEXT, scene.text, 0, "de", ROLE_MAIN}, "nothing to play"},
        {{TRACK_VIDEO, scene.text, 0, NULL, ROLE_MAIN}, "not an MP4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct package_report report;
        struct why why = {""};
        assert_int_not_equal(run(&scene, &cases[i].input, 1, &report, &why), OK);
        if (strstr(why.text, cases[i].part) == NULL) fail_msg("%s", why.text);
    }
    clear_scene(&scene);
}

static void a_track_of_another_length_is_warned_of(void **state)
{
    (void)state;
    struct scene scene;
    set_scene(&scene);
    save_movie(scene.audio, &movie_aac, 200, 1, 1024);
    const struct package_input inputs[] = {{TRACK_VIDEO, scene.video, 0, NULL, ROLE_MAIN},
                                           {TRACK_AUDIO, scene.audio, 0, NULL, ROLE_MAIN}};
    struct package_report report;
    assert_int_equal(run(&scene, inputs, 2, &report, NULL), OK);
    assert_int_equal(report.warning_count, 1);
    assert_string_equal(report.warnings[0], "a-de.mp4 lasts 4.267 s, the title 8.400 s");
    clear_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_has_all_files_and_names_that_say_what_they_are),
        cmocka_unit_test(a_package_that_fails_leaves_nothing),
        cmocka_unit_test(a_folder_with_something_in_it_is_never_replaced),
        cmocka_unit_test(wrong_inputs_are_told_by_name),
        cmocka_unit_test(a_track_of_another_length_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
