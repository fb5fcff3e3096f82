// SPDX-License-Identifier: Apache-2.0
//
// Pictures that stand alone (DPX, TIFF, EXR, JPEG 2000 ...), one after another in a QuickTime file,
// byte for byte as they are: so that a numbered sequence becomes one master, which is hashed, kept
// and sent to workers as one.
//
//     ftyp qt | mdat (64-bit size) [picture 0][picture 1] ... | moov trak [stsd stts stsc stsz
//     co64]
//
// Nothing is decoded here. What the pictures look like a decoder finds out behind the wall.
#ifndef MEDIA_PICTURE_FILE_H
#define MEDIA_PICTURE_FILE_H

#include "base/buffer.h"
#include "media/colour.h"
#include "media/grid.h"

enum { PICTURE_FILE_COUNT_MAX = 1 << 22 }; // 48 hours at 24 frames a second

struct picture_stream {
    char type[5];           // of the sample entry: "dpx ", "mjp2"
    uint32_t width, height; // 0: the pictures tell
    struct frame_rate rate;
    struct colour colour;               // of zeros: nothing is said
    struct mastering_display mastering; // of zeros: absent
    uint16_t max_cll, max_fall;
};

struct picture_file;

// Writes to `fd`, which is borrowed, from offset 0.
must_check outcome picture_file_open(int fd, const struct picture_stream *stream,
                                     struct picture_file **out, struct why *why);
void picture_file_close(struct picture_file **file); // tolerates NULL

#define autopictures __attribute__((cleanup(picture_file_close))) struct picture_file

// Adds a picture from memory, or a whole file.
must_check outcome picture_file_put(struct picture_file *file, struct slice bytes, struct why *why);
must_check outcome picture_file_put_fd(struct picture_file *file, int fd, struct why *why);

// Writes the tables. At least one picture was put.
must_check outcome picture_file_finish(struct picture_file *file, struct why *why);

#endif
