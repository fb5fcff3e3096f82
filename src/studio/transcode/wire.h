// SPDX-License-Identifier: Apache-2.0
//
// What client and process say to each other, over base/channel.h:
//
//     client                                                        process
//     {"request":"video","seal":"<key>","facts":{..},"frames.first":96,..}  --->
//       with descriptors: the master, then outputs in order
//                                     <---  {"word":"progress","done":8,"total":96}
//                                     <---  ...
//                                     <---  {"word":"done","decoded":109,..}
//                                       or  {"word":"failed","outcome":"invalid","sentence":"..."}
//
// One request at a time. A process that hears something else closes the channel and exits; so does
// one whose client is gone.
#ifndef STUDIO_TRANSCODE_WIRE_H
#define STUDIO_TRANSCODE_WIRE_H

#include "base/channel.h"
#include "drm/sealed_file.h"
#include "studio/transcoder.h"

enum request_kind {
    REQUEST_PROBE,
    REQUEST_VIDEO,
    REQUEST_AUDIO,
    REQUEST_TEXT,
    REQUEST_STORYBOARD,
    REQUEST_POSTER,
    REQUEST_MEASURE,
    REQUEST_JOIN,
    REQUEST_KIND_COUNT
};

const char *request_word(enum request_kind kind);

// A request as either side holds it. The job's pointers lead to the caller (client), or into the
// request itself (process).
struct request {
    enum request_kind kind;
    union {
        int probe_fd;
        struct video_job video;
        struct audio_job audio;
        struct text_job text;
        struct storyboard_job storyboard;
        struct poster_job poster;
        struct measure_job measure;
        struct join_job join;
    } job;
    struct seal seal;          // of the master
    struct master_facts facts; // what was received
    struct rendition_job renditions[TRANSCODE_RENDITIONS_MAX];
    int output_fds[TRANSCODE_SHEETS_MAX];
    int input_fds[TRANSCODE_INPUTS_MAX];
    struct join_part parts[TRANSCODE_PARTS_MAX];
};

struct result {
    enum request_kind kind;
    union {
        struct master_report probe;
        struct video_result video;
        struct audio_result audio;
        struct text_result text;
        struct storyboard_result storyboard;
        struct poster_result poster;
        struct measure_result measure;
        struct join_result join;
    } of;
    size_t rendition_count; // of a video result
};

// Appends the message to `out` and lists the descriptors that go with it in `fds` (room for
// CHANNEL_FDS_MAX). INVALID when the job names too many outputs.
must_check outcome request_format(const struct request *request, struct buffer *out, int *fds,
                                  size_t *fd_count, struct why *why);

// Fills `*out` (large: keep it off the stack) from a message and its descriptors, which stay the
// caller's.
must_check outcome request_parse(struct slice message, const int *fds, size_t fd_count,
                                 struct request *out, struct why *why);

enum reply_word { REPLY_PROGRESS, REPLY_DONE, REPLY_FAILED };

struct reply {
    enum reply_word word;
    uint64_t done, total; // progress
    outcome failure;      // failed
    struct why sentence;
    struct result result; // done; `kind` says how it is read
};

must_check outcome reply_format(const struct reply *reply, struct buffer *out, struct why *why);

// `out->result.kind` and its rendition_count say what is expected.
must_check outcome reply_parse(struct slice message, struct reply *out, struct why *why);

#endif
