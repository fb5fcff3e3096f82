// SPDX-License-Identifier: Apache-2.0
#include "media/fragment_writer.h"

#include "base/file.h"
#include "media/fragment.h"
#include "media/init_segment.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES_MAX = FRAGMENT_SAMPLES_MAX * 16 + STREAM_CONFIG_BYTES_MAX + 4096 };

struct fragment_writer {
    int fd;
    uint32_t sequence;
    uint64_t decode_ticks; // of the fragment's first sample
    uint64_t next_ticks;
    struct buffer samples; // of struct sample
    struct buffer media;
    struct buffer head;
};

static size_t sample_count(const struct fragment_writer *writer)
{
    return writer->samples.len / sizeof(struct sample);
}

static outcome put_init(struct fragment_writer *writer, const struct stream *stream,
                        struct why *why)
{
    const struct init_segment init = {
        .stream = stream,
        .edit_ticks = stream->kind == TRACK_AUDIO ? stream->audio.priming_ticks : 0,
    };
    struct box_writer boxes = box_writer_init(&writer->head, why);
    init_segment_put(&boxes, &init);
    TRY(box_writer_end(&boxes));
    return fd_write(writer->fd, buffer_slice(&writer->head), why);
}

outcome fragment_writer_open(int fd, const struct stream *stream, uint64_t decode_ticks,
                             struct fragment_writer **out, struct why *why)
{
    if (stream->timescale == 0) return fail(why, INVALID, "a track needs a timescale");
    struct stream complete = *stream;
    TRY(stream_complete(&complete, why));
    struct fragment_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to write fragments");
    *writer = (struct fragment_writer){
        .fd = fd,
        .decode_ticks = decode_ticks,
        .next_ticks = decode_ticks,
        .samples = buffer_init(FRAGMENT_SAMPLES_MAX * sizeof(struct sample)),
        .media = buffer_init(FRAGMENT_BYTES_MAX),
        .head = buffer_init(HEAD_BYTES_MAX),
    };
    const outcome result = put_init(writer, &complete, why);
    if (result != OK) {
        fragment_writer_close(&writer);
        return result;
    }
    *out = writer;
    return OK;
}

void fragment_writer_close(struct fragment_writer **writer)
{
    if (*writer == NULL) return;
    buffer_release(&(*writer)->samples);
    buffer_release(&(*writer)->media);
    buffer_release(&(*writer)->head);
    free(*writer);
    *writer = NULL;
}

outcome fragment_put(struct fragment_writer *writer, const struct coded_sample *sample,
                     struct why *why)
{
    const struct sample entry = {.size = (uint32_t)sample->bytes.len,
                                 .duration_ticks = sample->duration_ticks,
                                 .shift_ticks = sample->shift_ticks,
                                 .is_sync = sample->is_sync};
    if (sample->bytes.len == 0 || sample->bytes.len > FRAGMENT_BYTES_MAX)
        return fail(why, INVALID, "a sample of %zu bytes cannot be written", sample->bytes.len);
    if (writer->samples.len == 0 && !sample->is_sync)
        return fail(why, INVALID, "the fragment at tick %llu does not start with a sync sample",
                    (unsigned long long)writer->decode_ticks);
    TRY(buffer_reserve(&writer->samples, sizeof entry, why));
    TRY(buffer_put(&writer->media, sample->bytes, why));
    memcpy(writer->samples.at + writer->samples.len, &entry, sizeof entry);
    writer->samples.len += sizeof entry;
    writer->next_ticks += sample->duration_ticks;
    return OK;
}

outcome fragment_cut(struct fragment_writer *writer, struct why *why)
{
    if (sample_count(writer) == 0) return OK;
    const struct fragment fragment = {
        .sequence = writer->sequence + 1,
        .decode_ticks = writer->decode_ticks,
        .samples =
            (const struct sample *)(const void *)writer->samples.at, // realloc aligns for any
        .count = sample_count(writer),
    };
    writer->head.len = 0;
    TRY(fragment_head_put(&writer->head, &fragment, why));
    TRY(fd_write(writer->fd, buffer_slice(&writer->head), why));
    TRY(fd_write(writer->fd, buffer_slice(&writer->media), why));
    writer->sequence++;
    writer->decode_ticks = writer->next_ticks;
    writer->samples.len = 0;
    writer->media.len = 0;
    return OK;
}
