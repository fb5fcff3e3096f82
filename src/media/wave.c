// SPDX-License-Identifier: Apache-2.0
#include "media/wave.h"

#include "base/file.h"

#include <assert.h>
#include <string.h>

enum {
    HEAD_BYTES = 104,
    DS64_BYTES = 28,
    FMT_BYTES = 40,
    TAG_EXTENSIBLE = 0xfffe,
    RIFF_OVERHEAD = HEAD_BYTES - 8,
};

struct head {
    uint8_t bytes[HEAD_BYTES];
    size_t len;
};

static void put(struct head *head, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        head->bytes[head->len++] = (uint8_t)(value >> (8 * i));
}

static void put_id(struct head *head, const char *id)
{
    memcpy(head->bytes + head->len, id, 4);
    head->len += 4;
}

static struct head make_head(const struct wave_writer *writer)
{
    static const uint8_t pcm[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                    0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};
    struct head head = {.len = 0};
    const uint64_t riff = writer->data_bytes + RIFF_OVERHEAD;
    const bool is_long = riff > UINT32_MAX;
    const uint32_t frame = writer->channels * writer->bits / 8;
    put_id(&head, is_long ? "RF64" : "RIFF");
    put(&head, is_long ? UINT32_MAX : riff, 4);
    put_id(&head, "WAVE");
    put_id(&head, is_long ? "ds64" : "JUNK");
    put(&head, DS64_BYTES, 4);
    put(&head, is_long ? riff : 0, 8);
    put(&head, is_long ? writer->data_bytes : 0, 8);
    put(&head, is_long ? writer->data_bytes / frame : 0, 8);
    put(&head, 0, 4); // no table
    put_id(&head, "fmt ");
    put(&head, FMT_BYTES, 4);
    put(&head, TAG_EXTENSIBLE, 2);
    put(&head, writer->channels, 2);
    put(&head, writer->rate, 4);
    put(&head, (uint64_t)writer->rate * frame, 4);
    put(&head, frame, 2);
    put(&head, writer->bits, 2);
    put(&head, 22, 2); // bytes that follow
    put(&head, writer->bits, 2);
    put(&head, writer->mask, 4);
    put(&head, 1, 2); // PCM, as a GUID
    memcpy(head.bytes + head.len, pcm, sizeof pcm);
    head.len += sizeof pcm;
    put_id(&head, "data");
    put(&head, is_long ? UINT32_MAX : writer->data_bytes, 4);
    assert(head.len == HEAD_BYTES);
    return head;
}

outcome wave_open(int fd, uint32_t rate, uint32_t channels, uint32_t mask, uint32_t bits,
                  struct wave_writer *out, struct why *why)
{
    assert(channels > 0 && (bits == 24 || bits == 32));
    const struct wave_writer writer = {fd, rate, channels, mask, bits, 0};
    const struct head head = make_head(&writer);
    TRY(fd_write_at(fd, (struct slice){head.bytes, head.len}, 0, why));
    *out = writer;
    return OK;
}

outcome wave_put(struct wave_writer *writer, struct slice samples, struct why *why)
{
    TRY(fd_write_at(writer->fd, samples, HEAD_BYTES + writer->data_bytes, why));
    writer->data_bytes += samples.len;
    return OK;
}

outcome wave_finish(struct wave_writer *writer, struct why *why)
{
    static const uint8_t pad = 0;
    if (writer->data_bytes % 2 != 0) // chunks end on even bytes
        TRY(fd_write_at(writer->fd, (struct slice){&pad, 1}, HEAD_BYTES + writer->data_bytes, why));
    const struct head head = make_head(writer);
    return fd_write_at(writer->fd, (struct slice){head.bytes, head.len}, 0, why);
}
