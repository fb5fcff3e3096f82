// SPDX-License-Identifier: Apache-2.0
#include "media/picture_file.h"

#include "base/file.h"
#include "media/movie_boxes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 20 + 16, // ftyp, and the head of mdat
    MOOV_BYTES_MAX = 4096 + 4 * PICTURE_FILE_COUNT_MAX,
    COPY_BYTES = 1 << 20,
};

struct picture_file {
    int fd;
    struct picture_stream stream;
    struct buffer sizes; // 32 bits each, big-endian
    uint64_t bytes;      // of all pictures
    uint32_t count;
};

static outcome put_head(const struct picture_file *file, struct why *why)
{
    autobuffer bytes = buffer_init(HEAD_BYTES);
    struct box_writer writer = box_writer_init(&bytes, why);
    box_begin(&writer, BOX_TYPE('f', 't', 'y', 'p'));
    put_u32(&writer, BOX_TYPE('q', 't', ' ', ' '));
    put_u32(&writer, 0);
    put_u32(&writer, BOX_TYPE('q', 't', ' ', ' '));
    box_end(&writer);
    TRY(box_writer_end(&writer));
    TRY(buffer_put_u32be(&bytes, 1, why)); // the size follows the type
    TRY(buffer_put(&bytes, slice_of("mdat"), why));
    TRY(buffer_put_u32be(&bytes, (uint32_t)((file->bytes + 16) >> 32), why));
    TRY(buffer_put_u32be(&bytes, (uint32_t)(file->bytes + 16), why));
    return fd_write_at(file->fd, buffer_slice(&bytes), 0, why);
}

outcome picture_file_open(int fd, const struct picture_stream *stream, struct picture_file **out,
                          struct why *why)
{
    assert(strlen(stream->type) == 4 && stream->rate.frames > 0 && stream->rate.seconds > 0);
    struct picture_file *file = calloc(1, sizeof *file);
    if (file == NULL) return fail(why, NO_MEMORY, "no memory to write pictures");
    file->fd = fd;
    file->stream = *stream;
    file->sizes = buffer_init(4 * (size_t)PICTURE_FILE_COUNT_MAX);
    *out = file;
    return OK;
}

void picture_file_close(struct picture_file **file)
{
    if (*file == NULL) return;
    buffer_release(&(*file)->sizes);
    free(*file);
    *file = NULL;
}

static outcome count_picture(struct picture_file *file, uint64_t size, struct why *why)
{
    if (file->count == PICTURE_FILE_COUNT_MAX)
        return fail(why, TOO_LARGE, "there are more than %d pictures", PICTURE_FILE_COUNT_MAX);
    if (size == 0 || size > UINT32_MAX)
        return fail(why, INVALID, "a picture of %llu bytes is none", (unsigned long long)size);
    TRY(buffer_put_u32be(&file->sizes, (uint32_t)size, why));
    file->bytes += size;
    file->count++;
    return OK;
}

outcome picture_file_put(struct picture_file *file, struct slice bytes, struct why *why)
{
    TRY(fd_write_at(file->fd, bytes, HEAD_BYTES + file->bytes, why));
    return count_picture(file, bytes.len, why);
}

// The kernel copies, or only refers to the blocks where the file system can.
outcome picture_file_put_fd(struct picture_file *file, int fd, struct why *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at a picture");
    loff_t from = 0, to = (loff_t)(HEAD_BYTES + file->bytes);
    while (from < info.st_size) {
        const ssize_t done =
            copy_file_range(fd, &from, file->fd, &to, (size_t)(info.st_size - from), 0);
        if (done > 0) continue;
        if (done < 0 && errno == EINTR) continue;
        if (done == 0) return fail(why, UNAVAILABLE, "a picture became shorter as it was read");
        if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
            return fail_errno(why, errno, "cannot copy a picture");
        break;
    }
    autobuffer part = buffer_init(COPY_BYTES);
    while (from < info.st_size) {
        const off_t left = info.st_size - from;
        const size_t len = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        part.len = 0;
        TRY(buffer_reserve(&part, len, why));
        TRY(fd_read_at(fd, part.at, len, (uint64_t)from, why));
        TRY(fd_write_at(file->fd, (struct slice){part.at, len}, (uint64_t)to, why));
        from += (loff_t)len;
        to += (loff_t)len;
    }
    return count_picture(file, (uint64_t)info.st_size, why);
}

// --- tables ----------------------------------------------------------------------------------

static void put_movie_head(const struct picture_file *file, struct box_writer *writer)
{
    full_box_begin(writer, BOX_TYPE('m', 'v', 'h', 'd'), 1, 0);
    put_zeros(writer, 16);
    put_u32(writer, file->stream.rate.frames);
    put_u64(writer, (uint64_t)file->count * file->stream.rate.seconds);
    put_u32(writer, 0x10000);
    put_u16(writer, 0x100);
    put_zeros(writer, 10);
    put_unity_matrix(writer);
    put_zeros(writer, 24);
    put_u32(writer, 2);
    box_end(writer);
}

static void put_track_head(const struct picture_file *file, struct box_writer *writer)
{
    full_box_begin(writer, BOX_TYPE('t', 'k', 'h', 'd'), 1, 3);
    put_zeros(writer, 16);
    put_u32(writer, 1);
    put_u32(writer, 0);
    put_u64(writer, (uint64_t)file->count * file->stream.rate.seconds);
    put_zeros(writer, 16);
    put_unity_matrix(writer);
    put_u32(writer, file->stream.width << 16);
    put_u32(writer, file->stream.height << 16);
    box_end(writer);
}

static void put_media_head(const struct picture_file *file, struct box_writer *writer)
{
    full_box_begin(writer, BOX_TYPE('m', 'd', 'h', 'd'), 1, 0);
    put_zeros(writer, 16);
    put_u32(writer, file->stream.rate.frames);
    put_u64(writer, (uint64_t)file->count * file->stream.rate.seconds);
    put_u32(writer, 0x55c40000); // "und"
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('h', 'd', 'l', 'r'), 0, 0);
    put_u32(writer, BOX_TYPE('m', 'h', 'l', 'r'));
    put_u32(writer, BOX_TYPE('v', 'i', 'd', 'e'));
    put_zeros(writer, 13);
    box_end(writer);
}

static void put_light(const struct picture_stream *stream, struct box_writer *writer)
{
    const struct mastering_display *display = &stream->mastering;
    if (display->luminance_max != 0) {
        const uint16_t *const points[] = {display->green, display->blue, display->red,
                                          display->white};
        box_begin(writer, BOX_TYPE('m', 'd', 'c', 'v'));
        for (size_t i = 0; i < 4; i++) {
            put_u16(writer, points[i][0]);
            put_u16(writer, points[i][1]);
        }
        put_u32(writer, display->luminance_max);
        put_u32(writer, display->luminance_min);
        box_end(writer);
    }
    if (stream->max_cll == 0) return;
    box_begin(writer, BOX_TYPE('c', 'l', 'l', 'i'));
    put_u16(writer, stream->max_cll);
    put_u16(writer, stream->max_fall);
    box_end(writer);
}

static void put_entry(const struct picture_stream *stream, struct box_writer *writer)
{
    const uint8_t *type = (const uint8_t *)stream->type;
    box_begin(writer, BOX_TYPE(type[0], type[1], type[2], type[3]));
    put_zeros(writer, 6);
    put_u16(writer, 1); // data reference
    put_zeros(writer, 16);
    put_u16(writer, (uint16_t)stream->width);
    put_u16(writer, (uint16_t)stream->height);
    put_u32(writer, 0x00480000);
    put_u32(writer, 0x00480000);
    put_u32(writer, 0);
    put_u16(writer, 1);
    put_zeros(writer, 32);
    put_u16(writer, 24);
    put_u16(writer, 0xffff);
    if (stream->colour.primaries != 0) {
        box_begin(writer, BOX_TYPE('c', 'o', 'l', 'r'));
        put_u32(writer, BOX_TYPE('n', 'c', 'l', 'c'));
        put_u16(writer, stream->colour.primaries);
        put_u16(writer, stream->colour.transfer);
        put_u16(writer, stream->colour.matrix);
        box_end(writer);
    }
    put_light(stream, writer);
    box_end(writer);
}

static void put_sample_tables(const struct picture_file *file, struct box_writer *writer)
{
    box_begin(writer, BOX_TYPE('s', 't', 'b', 'l'));
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'd'), 0, 0);
    put_u32(writer, 1);
    put_entry(&file->stream, writer);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 't', 't', 's'), 0, 0);
    put_u32(writer, 1);
    put_u32(writer, file->count);
    put_u32(writer, file->stream.rate.seconds);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'c'), 0, 0); // one chunk holds them all
    put_u32(writer, 1);
    put_u32(writer, 1);
    put_u32(writer, file->count);
    put_u32(writer, 1);
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('s', 't', 's', 'z'), 0, 0);
    put_u32(writer, 0);
    put_u32(writer, file->count);
    put_bytes(writer, buffer_slice(&file->sizes));
    box_end(writer);
    full_box_begin(writer, BOX_TYPE('c', 'o', '6', '4'), 0, 0);
    put_u32(writer, 1);
    put_u64(writer, HEAD_BYTES);
    box_end(writer);
    box_end(writer);
}

static void put_media_information(const struct picture_file *file, struct box_writer *writer)
{
    box_begin(writer, BOX_TYPE('m', 'i', 'n', 'f'));
    full_box_begin(writer, BOX_TYPE('v', 'm', 'h', 'd'), 0, 1);
    put_zeros(writer, 8);
    box_end(writer);
    put_own_data(writer);
    put_sample_tables(file, writer);
    box_end(writer);
}

outcome picture_file_finish(struct picture_file *file, struct why *why)
{
    assert(file->count > 0);
    autobuffer bytes = buffer_init(MOOV_BYTES_MAX);
    struct box_writer writer = box_writer_init(&bytes, why);
    TRY(put_head(file, why));
    box_begin(&writer, BOX_TYPE('m', 'o', 'o', 'v'));
    put_movie_head(file, &writer);
    box_begin(&writer, BOX_TYPE('t', 'r', 'a', 'k'));
    put_track_head(file, &writer);
    box_begin(&writer, BOX_TYPE('m', 'd', 'i', 'a'));
    put_media_head(file, &writer);
    put_media_information(file, &writer);
    box_end(&writer);
    box_end(&writer);
    box_end(&writer);
    TRY(box_writer_end(&writer));
    return fd_write_at(file->fd, buffer_slice(&bytes), HEAD_BYTES + file->bytes, why);
}
