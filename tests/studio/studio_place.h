// SPDX-License-Identifier: Apache-2.0
//
// What the studio tests share: a folder of their own, programs of this build, and small masters
// made on the spot.
#ifndef TESTS_STUDIO_PLACE_H
#define TESTS_STUDIO_PLACE_H

#include "../shared_place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STUDIO_COMMAND_MAX = 80 };

// A program of this build, "primrose" or "primrose-transcode".
static inline void program_path(const char *name, char *out)
{
    const char *build = getenv("PRIMROSE_BUILD");
    (void)snprintf(out, PATH_MAX, "%s/%s", build == NULL ? "build" : build, name);
}

// Starts a command of words, looked up in PATH; standard streams go to `log`.
static inline pid_t command_start(const char *const *words, const char *log)
{
    char *arguments[STUDIO_COMMAND_MAX + 1] = {NULL};
    for (size_t i = 0; i < STUDIO_COMMAND_MAX && words[i] != NULL; i++)
        memcpy(&arguments[i], &words[i], sizeof arguments[i]); // execvp wants char *
    (void)fflush(NULL);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); // a failed assertion leaves nothing running
    const int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execvp(arguments[0], arguments);
    _exit(127);
}

// Its exit status; 128 and the signal when it was killed.
static inline int command_wait(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Skips the test, with a line that says so, where FFmpeg is not installed.
static inline void need_ffmpeg(const char *folder)
{
    char log[PATH_MAX];
    (void)snprintf(log, sizeof log, "%s/log", folder);
    const char *const words[] = {"ffmpeg", "-version", NULL};
    if (command_wait(command_start(words, log)) == 0) return;
    print_message("# no ffmpeg: nothing to make a master with\n");
    skip();
}

// Writes a file of text into the folder.
static inline void file_new(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(file_write_atomic(path, slice_of(text), 0644, &why_));
}

// `folder`/master.mov: `seconds` of a moving test picture and two tones, ProRes and PCM.
static inline void master_new(const char *folder, const char *size, const char *rate,
                              const char *seconds)
{
    char picture[200], tone[200], tone2[200], path[PATH_MAX], log[PATH_MAX];
    (void)snprintf(picture, sizeof picture, "testsrc2=size=%s:rate=%s:duration=%s", size, rate,
                   seconds);
    (void)snprintf(tone, sizeof tone, "sine=frequency=440:sample_rate=48000:duration=%s", seconds);
    (void)snprintf(tone2, sizeof tone2, "sine=frequency=880:sample_rate=48000:duration=%s",
                   seconds);
    (void)snprintf(path, sizeof path, "%s/master.mov", folder);
    (void)snprintf(log, sizeof log, "%s/log", folder);
    const char *const words[] = {"ffmpeg",
                                 "-v",
                                 "error",
                                 "-y",
                                 "-f",
                                 "lavfi",
                                 "-i",
                                 picture,
                                 "-f",
                                 "lavfi",
                                 "-i",
                                 tone,
                                 "-f",
                                 "lavfi",
                                 "-i",
                                 tone2,
                                 "-map",
                                 "0",
                                 "-map",
                                 "1",
                                 "-map",
                                 "2",
                                 "-c:v",
                                 "prores_ks",
                                 "-profile:v",
                                 "0",
                                 "-c:a",
                                 "pcm_s16le",
                                 "-metadata:s:a:0",
                                 "language=eng",
                                 "-metadata:s:a:1",
                                 "language=spa",
                                 path,
                                 NULL};
    assert_int_equal(command_wait(command_start(words, log)), 0);
}

// Two small rungs, quick to encode.
static const char small_ladder[] =
    "{\"rungs\": [{\"name\": \"180p\", \"width\": 320, \"height\": 180, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 280},"
    " {\"name\": \"90p\", \"width\": 160, \"height\": 90, \"encoder\": \"x264\","
    " \"preset\": \"veryfast\", \"crf_tenths\": 300}]}";

static const char small_title[] =
    "{\"id\": \"tiny\", \"title\": \"Tiny\", \"master\": \"master.mov\","
    " \"audio\": [{\"stream\": 0, \"lang\": \"en\"}, {\"stream\": 1, \"lang\": \"es\","
    " \"role\": \"dub\"}], \"text\": [{\"file\": \"en.srt\", \"lang\": \"en\"}]}";

static const char small_captions[] = "1\n00:00:01,000 --> 00:00:02,500\nHello\n";

// A folder as a studio hands it in.
static inline void film_new(const char *folder, const char *seconds)
{
    master_new(folder, "320x180", "24", seconds);
    file_new(folder, "title.json", small_title);
    file_new(folder, "en.srt", small_captions);
    file_new(folder, "ladder.json", small_ladder);
}

#endif
