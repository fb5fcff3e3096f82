// SPDX-License-Identifier: Apache-2.0
//
// Reads MP4, MOV and CMAF files, fragmented or not (ISO/IEC 14496-12), sample by sample.
//
//     unfragmented   ftyp  moov[trak[stbl: stts ctts stsz stsc stco stss]]  mdat
//                                     |____ cursors with small windows on each table ____|
//     fragmented     ftyp  moov[mvex]  (moof mdat) (moof mdat) ...
//                                        |___ one moof in memory at a time ___|
//
// Nothing is expanded: memory is a few windows per cursor, whatever the length. Every byte is
// untrusted. What is no MP4, is cut off, or plays its media in pieces is refused with a sentence
// that says how to mend it; so are encrypted tracks, unless one asks for them.
//
// Edit lists: a delay (empty edit) and one stretch of media at normal speed are understood. Samples
// come with times on the presentation timeline; audio before it is priming; samples wholly behind
// the edit's end are left out.
#ifndef MEDIA_MP4_READER_H
#define MEDIA_MP4_READER_H

#include "media/protection_reader.h"
#include "media/sample.h"
#include "media/stream.h"

enum {
    MP4_TRACKS_MAX = 64,                    // the widest masters have about 40
    MP4_SAMPLES_MAX = 64 * 1024 * 1024,     // of a track: 6 days of 120 fps
    MP4_MOOV_BYTES_MAX = 256 * 1024 * 1024, // of which only headers are held; tables stay on disk
    MP4_MOOF_BYTES_MAX = 16 * 1024 * 1024,  // held; one of 10 s at 60 fps has about 10 KiB
};

struct mp4;

struct mp4_track {
    uint32_t id;          // of tkhd
    uint32_t handler;     // 'vide', 'soun', 'text', 'sbtl', 'tmcd', ...
    bool is_usable;       // video or audio of a codec that struct stream knows, not encrypted
    struct why reason;    // why it is not
    struct stream stream; // when it is
    bool is_encrypted;    // not usable, but for that: stream is what it is once decrypted
    struct encryption_facts encryption; // of its first sample entry, when encrypted
    struct media_time
        duration; // of what is presented as far as the headers say; 0 when they do not
};

// Reads the headers. Allocates from `arena`; the handle is given back with mp4_close(), the memory
// with the arena. UNSUPPORTED when it is no MP4, INVALID when it is damaged or cut off.
must_check outcome mp4_open(struct arena *arena, const char *path, struct mp4 **out,
                            struct why *why);
// The same over a descriptor that stays the caller's and must outlive the handle; `name` is for
// sentences.
must_check outcome mp4_open_fd(struct arena *arena, int fd, const char *name, struct mp4 **out,
                               struct why *why);
void mp4_close(struct mp4 **mp4); // tolerates NULL

size_t mp4_track_count(const struct mp4 *mp4);
const struct mp4_track *mp4_track_at(const struct mp4 *mp4, size_t index);
int mp4_fd(const struct mp4 *mp4); // borrowed
bool mp4_is_fragmented(const struct mp4 *mp4);

// A place in one usable track. Any number of cursors may be open; all end with the file's handle.
struct mp4_cursor;
must_check outcome mp4_cursor_open(struct arena *arena, struct mp4 *mp4, size_t track_index,
                                   struct mp4_cursor **out, struct why *why);
// The same for an encrypted track of a fragmented file: its samples come as they lie there.
must_check outcome mp4_cursor_open_encrypted(struct arena *arena, struct mp4 *mp4,
                                             size_t track_index, struct mp4_cursor **out,
                                             struct why *why);
void mp4_cursor_close(struct mp4_cursor **cursor);

// How the sample that was given last is encrypted. Of an encrypted track's cursor alone.
const struct sample_protection *mp4_cursor_protection(const struct mp4_cursor *cursor);

// The next sample in decoding order; `*is_end` and an untouched sample behind the last. INVALID
// when tables contradict each other, a sample lies outside the file, or decode times go back.
must_check outcome mp4_cursor_next(struct mp4_cursor *cursor, struct sample *out, bool *is_end,
                                   struct why *why);
void mp4_cursor_rewind(struct mp4_cursor *cursor);

#endif
