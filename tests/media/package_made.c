// SPDX-License-Identifier: Apache-2.0
#include "package_made.h"

#include "base/file.h"
#include "clip.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char captions[] = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nHello\n\n";

static const char *picture(const char *name, const char *size)
{
    char source[128];
    (void)snprintf(source, sizeof source, "testsrc2=s=%s:r=25:d=6.5", size);
    return clip_make(name, "-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast",
                     "-bf", "2", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-pix_fmt",
                     "yuv420p", NULL);
}

const char *package_input_made(const char *name)
{
    static char path[PATH_MAX];
    static bool is_made;
    if (!is_made) {
        (void)picture("high.mp4", "320x180");
        (void)picture("low.mp4", "160x90");
        (void)clip_make("sound.mp4", "-f", "lavfi", "-i", "sine=f=330:r=48000:d=6.5", "-c:a", "aac",
                        "-ac", "2", "-b:a", "96k", NULL);
        is_made = true;
    }
    (void)snprintf(path, sizeof path, "%s", clip_path(name));
    return path;
}

const char *package_made(struct arena *arena, struct package_report *report)
{
    static char folder[PATH_MAX];
    static char paths[4][PATH_MAX];
    static const char *const names[] = {"high.mp4", "low.mp4", "sound.mp4"};
    struct why why = {""};
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(paths[i], PATH_MAX, "%s", package_input_made(names[i]));
    (void)snprintf(paths[3], PATH_MAX, "%s", clip_path("captions.vtt"));
    assert_int_equal(file_write_atomic(paths[3], slice_of(captions), 0644, NULL), OK);
    (void)snprintf(folder, sizeof folder, "%s", clip_path("package"));
    assert_int_equal(folder_remove(folder, NULL), OK);
    const struct package_input inputs[] = {
        {.kind = TRACK_VIDEO, .path = paths[0]},
        {.kind = TRACK_VIDEO, .path = paths[1]},
        {.kind = TRACK_AUDIO, .path = paths[2], .language = "en"},
        {.kind = TRACK_TEXT, .path = paths[3], .language = "en", .role = ROLE_CAPTION},
    };
    const struct package_job job = {
        .inputs = inputs, .input_count = 4, .segment_ms = 2000, .folder = folder};
    if (package_run(arena, &job, report, &why) != OK) fail_msg("%s", why.text);
    return folder;
}
