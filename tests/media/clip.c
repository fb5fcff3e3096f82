// SPDX-License-Identifier: Apache-2.0
#include "clip.h"

#include "base/file.h"
#include "media/source.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static void remove_folder(void)
{
    const outcome removed = folder_remove(folder, NULL);
    (void)removed; // a test's leftovers are not its result
}

const char *counter_source(const char *rate, unsigned frames)
{
    static char text[320];
    (void)snprintf(text, sizeof text,
                   "color=s=512x64:r=%s,format=yuv420p,trim=end_frame=%u,"
                   "geq=lum='if(mod(floor(N/pow(2,floor(X/32))),2),235,16)':cb=128:cr=128",
                   rate, frames);
    return text;
}

const char *clip_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    if (folder[0] == '\0') {
        (void)snprintf(folder, sizeof folder, "/tmp/primrose-clips-XXXXXX");
        if (mkdtemp(folder) == NULL) fail_msg("cannot make a folder");
        (void)atexit(remove_folder);
    }
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

const char *clip_make(const char *name, ...)
{
    static char program[] = "ffmpeg", level[] = "-v", error[] = "error", overwrite[] = "-y",
                threads[] = "-threads", one[] = "1", inputs[] = "-nostdin";
    char *words[CLIP_WORDS_MAX] = {program, level, error, overwrite, inputs};
    size_t count = 5;
    va_list arguments;
    va_start(arguments, name);
    for (const char *word = va_arg(arguments, const char *); word != NULL;
         word = va_arg(arguments, const char *)) {
        assert_true(count + 4 < CLIP_WORDS_MAX);
        words[count++] = (char *)(uintptr_t)word;
    }
    va_end(arguments);
    const char *path = clip_path(name);
    words[count++] = threads;
    words[count++] = one;
    words[count++] = (char *)(uintptr_t)path;
    pid_t pid;
    int status = -1;
    assert_int_equal(posix_spawnp(&pid, program, NULL, NULL, words, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0) fail_msg("ffmpeg cannot make %s", name);
    return path;
}

const char *clip_cut(const char *name, const char *of, size_t bytes)
{
    autobuffer text = buffer_init((size_t)1 << 30);
    assert_int_equal(file_read(of, &text, NULL), OK);
    const char *path = clip_path(name);
    assert_int_equal(file_write_atomic(path, slice_part(buffer_slice(&text), 0, bytes), 0644, NULL),
                     OK);
    return path;
}

const char *clip_shared(const char *name)
{
    static char path[PATH_MAX];
    const char *shared = getenv("PRIMROSE_SHARED"), *source = getenv("PRIMROSE_SOURCE");
    if (shared != NULL)
        (void)snprintf(path, sizeof path, "%s/clips/%s", shared, name);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/clips/%s", source == NULL ? "." : source,
                       name);
    if (path_exists(path)) return path;
    print_message("# SKIPPED: %s is not there; set PRIMROSE_SHARED to the folder of real clips\n",
                  path);
    skip();
    return NULL;
}

int clip_open(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_msg("cannot open %s", path);
    return fd;
}

int clip_create(const char *name)
{
    const int fd = open(clip_path(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    return fd;
}

unsigned counter_number(const AVFrame *frame)
{
    unsigned number = 0;
    for (int bit = 0; bit < COUNTER_BITS; bit++) {
        const int x = frame->width * (2 * bit + 1) / (2 * COUNTER_BITS);
        const uint8_t *row = frame->data[0] + (ptrdiff_t)(frame->height / 2) * frame->linesize[0];
        if (row[x] > 125) number |= 1u << bit;
    }
    return number;
}

size_t clip_decode(int fd, void (*each)(void *context, size_t index, const AVFrame *frame),
                   void *context)
{
    struct why why = {""};
    autosource source = {.io = NULL};
    autodecoder decoder = {.source = NULL};
    if (source_open(fd, NULL, &source, &why) != OK) fail_msg("%s", why.text);
    const int stream = av_find_best_stream(source.container, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    assert_true(stream >= 0);
    assert_int_equal(stream_decoder_open(&source, (unsigned)stream, 1, &decoder, &why), OK);
    AVFrame *frame = av_frame_alloc();
    assert_non_null(frame);
    size_t count = 0;
    outcome result;
    while ((result = stream_decoder_next(&decoder, frame, &why)) == OK) {
        each(context, count++, frame);
        av_frame_unref(frame);
    }
    assert_int_equal(result, NOT_FOUND);
    assert_int_equal(decoder.errors, 0);
    av_frame_free(&frame);
    return count;
}

struct numbers {
    unsigned *out;
    size_t room;
};

static void keep_number(void *context, size_t index, const AVFrame *frame)
{
    const struct numbers *numbers = context;
    assert_true(index < numbers->room);
    numbers->out[index] = counter_number(frame);
}

size_t clip_numbers(int fd, unsigned *out, size_t room)
{
    struct numbers numbers = {out, room};
    return clip_decode(fd, keep_number, &numbers);
}
