// SPDX-License-Identifier: Apache-2.0
#include "movie.h"

#include "base/file.h"
#include "media/fragment_writer.h"
#include "media/sample_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

// High profile, level 3.0, 640x360, from x264; one SPS, one PPS.
static const uint8_t avcc[] = {0x01, 0x64, 0x00, 0x1e, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x64,
                               0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x61, 0x00,
                               0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0f,
                               0x16, 0x01, 0x00, 0x06, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0};
static const uint8_t aac[] = {0x11, 0x90}; // AAC-LC, 48 kHz, stereo

const struct stream movie_avc = {
    .kind = TRACK_VIDEO,
    .codec = CODEC_AVC,
    .config = {avcc, sizeof avcc},
    .timescale = 12800,
    .language = "und",
    .video = {.facts = {.width = 640, .height = 360, .sar_width = 1, .sar_height = 1},
              .colour = {1, 1, 1, false}},
};
const struct stream movie_aac = {
    .kind = TRACK_AUDIO,
    .codec = CODEC_AAC,
    .config = {aac, sizeof aac},
    .timescale = 48000,
    .language = "de",
    .audio = {.sample_rate = 48000, .channels = 2},
};

void movie_samples(struct coded_sample *out, size_t count, size_t group, uint32_t duration,
                   bool has_shifts)
{
    static const int order[] = {2, -1, -1}; // P B B, where a group has room for all three
    for (size_t i = 0; i < count; i++) {
        const size_t place = i % group;
        const size_t triple = place == 0 ? 0 : (place - 1) / 3;
        const bool is_ordered = has_shifts && place > 0 && 3 * (triple + 1) < group;
        const int frames = is_ordered ? order[(place - 1) % 3] : 0;
        out[i] = (struct coded_sample){.bytes = {NULL, 5 + i * 7 % 300},
                                       .duration_ticks = duration,
                                       .shift_ticks = frames * (int32_t)duration,
                                       .is_sync = place == 0};
    }
}

void movie_fill(uint8_t *out, size_t len, uint8_t seed, size_t number)
{
    for (size_t i = 0; i < len; i++)
        out[i] = i == 0 ? seed : i == 1 ? (uint8_t)number : (uint8_t)i;
}

static void put_media(struct box_writer *writer, const struct movie *movie)
{
    uint8_t bytes[1024];
    for (size_t i = 0; i < movie->count; i++) {
        const size_t len = movie->samples[i].bytes.len;
        assert_true(len <= sizeof bytes);
        movie_fill(bytes, len, movie->seed, i);
        put_bytes(writer, (struct slice){bytes, len});
    }
}

static void put_timing(struct box_writer *writer, const struct movie *movie)
{
    full_box_begin(writer, BOX_TYPE('s', 't', 't', 's'), 0, 0);
    put_u32(writer, (uint32_t)movie->count);
    for (size_t i = 0; i < movie->count; i++) {
        put_u32(writer, 1);
        put_u32(writer, movie->samples[i].duration_ticks);
    }
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('c', 't', 't', 's'), 1, 0);
    put_u32(writer, (uint32_t)movie->count);
    for (size_t i = 0; i < movie->count; i++) {
        put_u32(writer, 1);
        put_u32(writer, (uint32_t)movie->samples[i].shift_ticks);
    }
    box_end(writer);
    if (!movie->has_stss) return;
    size_t syncs = 0;
    for (size_t i = 0; i < movie->count; i++)
        syncs += movie->samples[i].is_sync ? 1 : 0;
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 's'), 0, 0);
    put_u32(writer, (uint32_t)syncs);
    for (size_t i = 0; i < movie->count; i++)
        if (movie->samples[i].is_sync) put_u32(writer, (uint32_t)i + 1);
    box_end(writer);
}

static void put_places(struct box_writer *writer, const struct movie *movie, uint64_t media_at)
{
    const size_t per = movie->samples_per_chunk;
    const size_t chunks = (movie->count + per - 1) / per;
    const size_t rest = movie->count % per;
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'z'), 0, 0);
    put_u32(writer, 0);
    put_u32(writer, (uint32_t)movie->count);
    for (size_t i = 0; i < movie->count; i++)
        put_u32(writer, (uint32_t)movie->samples[i].bytes.len);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'c'), 0, 0);
    put_u32(writer, rest == 0 || chunks == 1 ? 1 : 2);
    put_u32(writer, 1);
    put_u32(writer, (uint32_t)(chunks == 1 ? movie->count : per));
    put_u32(writer, 1);
    if (rest != 0 && chunks > 1) {
        put_u32(writer, (uint32_t)chunks);
        put_u32(writer, (uint32_t)rest);
        put_u32(writer, 1);
    }
    box_end(writer);
    const bool is_large = movie->has_large_offsets;
    full_box_begin(writer, is_large ? BOX_TYPE('c', 'o', '6', '4') : BOX_TYPE('s', 't', 'c', 'o'),
                   0, 0);
    put_u32(writer, (uint32_t)chunks);
    for (size_t i = 0; i < movie->count; i++) {
        if (i % per == 0 && is_large) put_u64(writer, media_at);
        if (i % per == 0 && !is_large) put_u32(writer, (uint32_t)media_at);
        media_at += movie->samples[i].bytes.len;
    }
    box_end(writer);
}

static void put_stbl(struct box_writer *writer, const struct movie *movie, uint64_t media_at)
{
    box_begin(writer, BOX_TYPE('m', 'i', 'n', 'f'));
    box_begin(writer, BOX_TYPE('s', 't', 'b', 'l'));
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'd'), 0, 0);
    put_u32(writer, 1);
    sample_entry_put(writer, movie->stream);
    box_end(writer);
    put_timing(writer, movie);
    put_places(writer, movie, media_at);
    box_end(writer);
    box_end(writer);
}

static void put_trak(struct box_writer *writer, const struct movie *movie, uint64_t media_at)
{
    const bool is_video = movie->stream->kind == TRACK_VIDEO;
    uint64_t duration = 0;
    for (size_t i = 0; i < movie->count; i++)
        duration += movie->samples[i].duration_ticks;
    box_begin(writer, BOX_TYPE('t', 'r', 'a', 'k'));
    full_box_begin(writer, BOX_TYPE('t', 'k', 'h', 'd'), 0, 3);
    put_zeros(writer, 8);
    put_u32(writer, 1);
    put_zeros(writer, 68);
    box_end(writer);
    if (movie->edit_count > 0) {
        box_begin(writer, BOX_TYPE('e', 'd', 't', 's'));
        full_box_begin(writer, BOX_TYPE('e', 'l', 's', 't'), 1, 0);
        put_u32(writer, (uint32_t)movie->edit_count);
        for (size_t i = 0; i < movie->edit_count; i++) {
            put_u64(writer, movie->edits[i].duration);
            put_u64(writer, (uint64_t)movie->edits[i].media_time);
            put_u32(writer, 0x10000);
        }
        box_end(writer);
        box_end(writer);
    }
    box_begin(writer, BOX_TYPE('m', 'd', 'i', 'a'));
    full_box_begin(writer, BOX_TYPE('m', 'd', 'h', 'd'), 0, 0);
    put_zeros(writer, 8);
    put_u32(writer, movie->stream->timescale);
    put_u32(writer, (uint32_t)duration);
    put_u16(writer, 0x10b5); // deu
    put_u16(writer, 0);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('h', 'd', 'l', 'r'), 0, 0);
    put_u32(writer, 0);
    put_u32(writer, is_video ? BOX_TYPE('v', 'i', 'd', 'e') : BOX_TYPE('s', 'o', 'u', 'n'));
    put_zeros(writer, 13);
    box_end(writer);
    put_stbl(writer, movie, media_at);
    box_end(writer);
    box_end(writer);
}

void movie_put(struct buffer *out, const struct movie *movie)
{
    struct box_writer writer = box_writer_init(out, NULL);
    box_begin(&writer, BOX_TYPE('f', 't', 'y', 'p'));
    put_bytes(&writer, slice_of("isom"));
    put_u32(&writer, 0);
    box_end(&writer);
    box_begin(&writer, BOX_TYPE('m', 'd', 'a', 't'));
    const uint64_t media_at = out->len;
    put_media(&writer, movie);
    box_end(&writer);
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'v'));
    full_box_begin(&writer, BOX_TYPE('m', 'v', 'h', 'd'), 0, 0);
    put_zeros(&writer, 8);
    put_u32(&writer, 1000);
    put_zeros(&writer, 84);
    box_end(&writer);
    put_trak(&writer, movie, media_at);
    box_end(&writer);
    assert_int_equal(box_writer_end(&writer), OK);
}

void movie_put_fragments(struct buffer *out, const struct movie *movie, size_t group,
                         uint64_t decode_ticks)
{
    autofd fd = memfd_create("movie", MFD_CLOEXEC);
    assert_true(fd >= 0);
    autofragments *writer = NULL;
    assert_int_equal(fragment_writer_open(fd, movie->stream, decode_ticks, &writer, NULL), OK);
    uint8_t bytes[1024];
    for (size_t i = 0; i < movie->count; i++) {
        struct coded_sample sample = movie->samples[i];
        assert_true(sample.bytes.len <= sizeof bytes);
        movie_fill(bytes, sample.bytes.len, movie->seed, i);
        sample.bytes.at = bytes;
        if (i % group == 0) assert_int_equal(fragment_cut(writer, NULL), OK);
        assert_int_equal(fragment_put(writer, &sample, NULL), OK);
    }
    assert_int_equal(fragment_cut(writer, NULL), OK);
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(buffer_reserve(out, (size_t)status.st_size, NULL), OK);
    assert_int_equal(fd_read_at(fd, out->at + out->len, (size_t)status.st_size, 0, NULL), OK);
    out->len += (size_t)status.st_size;
}

void movie_save(const struct buffer *bytes, char *path)
{
    (void)snprintf(path, MOVIE_PATH_BYTES, "/tmp/movie-XXXXXX");
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, buffer_slice(bytes), NULL), OK);
}
