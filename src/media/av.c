// SPDX-License-Identifier: Apache-2.0
#include "media/av.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    NOTE_BYTES = 160,
    READ_BYTES =
        128 * 1024, // large packets bypass the buffer; small ones come a few dozen per read
};

static pthread_mutex_t note_lock = PTHREAD_MUTEX_INITIALIZER;
static char note[NOTE_BYTES];

__attribute__((format(printf, 3, 0))) static void keep_note(void *source, int level,
                                                            const char *format, va_list arguments)
{
    (void)source;
    if (level > AV_LOG_ERROR) return;
    char line[NOTE_BYTES];
    const int length = vsnprintf(line, sizeof line, format, arguments);
    if (length <= 1) return;
    line[strcspn(line, "\n")] = '\0';
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '?'; // text of a hostile file
    (void)pthread_mutex_lock(&note_lock);
    memcpy(note, line, sizeof note);
    (void)pthread_mutex_unlock(&note_lock);
}

void av_log_capture(void)
{
    av_log_set_level(AV_LOG_ERROR);
    av_log_set_callback(keep_note);
}

void av_note(char *out, size_t room)
{
    assert(room > 0);
    (void)pthread_mutex_lock(&note_lock);
    (void)snprintf(out, room, "%s", note);
    (void)pthread_mutex_unlock(&note_lock);
}

void av_note_clear(void)
{
    (void)pthread_mutex_lock(&note_lock);
    note[0] = '\0';
    (void)pthread_mutex_unlock(&note_lock);
}

static outcome outcome_of(int error)
{
    switch (error) {
    case AVERROR(ENOMEM): return NO_MEMORY;
    case AVERROR(EIO): return UNAVAILABLE;
    case AVERROR(ENOSPC): return EXHAUSTED;
    case AVERROR(ENOSYS):
    case AVERROR_PATCHWELCOME:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_ENCODER_NOT_FOUND:
    case AVERROR_FILTER_NOT_FOUND: return UNSUPPORTED;
    default: return INVALID;
    }
}

outcome av_fail(struct why *why, int error, const char *format, ...)
{
    char sentence[WHY_BYTES], said[NOTE_BYTES], word[AV_ERROR_MAX_STRING_SIZE] = "";
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    av_note(said, sizeof said);
    (void)av_strerror(error, word, sizeof word);
    return fail(why, outcome_of(error), "%s: %s%s%s%s", sentence, word, said[0] ? " (" : "", said,
                said[0] ? ")" : "");
}

struct reader {
    struct sealed_file *file;
    int64_t at;
    int64_t size;
};

static int read_part(void *context, uint8_t *out, int room)
{
    struct reader *reader = context;
    size_t got = 0;
    if (sealed_file_read(reader->file, (uint64_t)reader->at, out, (size_t)room, &got, NULL) != OK)
        return AVERROR(EIO);
    reader->at += (int64_t)got;
    return got == 0 ? AVERROR_EOF : (int)got;
}

static int64_t seek_to(void *context, int64_t offset, int whence)
{
    struct reader *reader = context;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return reader->size;
    case SEEK_SET: break;
    case SEEK_CUR: offset += reader->at; break;
    case SEEK_END: offset += reader->size; break;
    default: return AVERROR(EINVAL);
    }
    if (offset < 0) return AVERROR(EINVAL);
    reader->at = offset;
    return offset;
}

outcome av_reader_open(struct sealed_file *file, AVIOContext **out, struct why *why)
{
    struct reader *reader = calloc(1, sizeof *reader);
    uint8_t *bytes = av_malloc(READ_BYTES);
    AVIOContext *io = NULL;
    if (reader != NULL && bytes != NULL) {
        *reader = (struct reader){file, 0, (int64_t)sealed_file_size(file)};
        io = avio_alloc_context(bytes, READ_BYTES, 0, reader, read_part, NULL, seek_to);
    }
    if (io == NULL) {
        av_free(bytes);
        free(reader);
        return fail(why, NO_MEMORY, "no memory to read a file");
    }
    *out = io;
    return OK;
}

void av_reader_close(AVIOContext **io)
{
    if (*io == NULL) return;
    free((*io)->opaque);
    av_freep(&(*io)->buffer);
    avio_context_free(io);
}

struct media_time media_time_of(int64_t timestamp, AVRational time_base)
{
    assert(timestamp != AV_NOPTS_VALUE && time_base.num > 0 && time_base.den > 0);
    int64_t ticks;
    if (__builtin_mul_overflow(timestamp, (int64_t)time_base.num, &ticks))
        ticks = timestamp < 0 ? INT64_MIN : INT64_MAX;
    return (struct media_time){ticks, (uint32_t)time_base.den};
}
