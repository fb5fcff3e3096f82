// SPDX-License-Identifier: Apache-2.0
//
// The client of `primrose-transcode`: a resident process behind a wall that decodes what studios
// (or strangers) send.
//
//     worker / ingest                          primrose-transcode  (seccomp, no open(), no sockets,
//     rlimits)
//       transcoder_open   -- fork, exec, socketpair -->  closes all else, locks itself in
//       transcoder_video  -- request + descriptors -->   decode once, encode N renditions
//                         <-- progress, progress ...
//                         <-- done | failed
//       transcoder_close  -- end of stream -->           exits
//
// The process sees only the descriptors that a request carries: the master for reading, one file
// per output. It serves one master in its life: a request with another master is given to a fresh
// process, so that hostile bytes of one title can never touch another. When it crashes, is killed,
// or goes silent past a deadline, the call returns UNAVAILABLE (died) or TIMED_OUT (silent) with a
// sentence, and the next call starts a new one.
//
// Outputs are written from offset 0; after a failure their contents mean nothing. The caller keeps
// owning all descriptors. A `struct transcoder` belongs to one thread; the process dies with the
// thread that started it.
#ifndef STUDIO_TRANSCODER_H
#define STUDIO_TRANSCODER_H

#include "drm/sealed_file.h"
#include "media/master.h"
#include "studio/channel_map.h"
#include "studio/measure.h"
#include "studio/sound.h"

enum {
    TRANSCODE_RENDITIONS_MAX = 16, // renditions of one VIDEO job; ladders have 5 to 12
    TRANSCODE_SHEETS_MAX = 64,     // output descriptors of one STORYBOARD job
    TRANSCODE_WORD_BYTES = 24,     // encoder and preset names
    TRANSCODE_INPUTS_MAX = 64,     // files that one JOIN job reads
    TRANSCODE_PARTS_MAX = 1024,    // of them; reels of a film are some ten
};

#define TRANSCODER_PROGRAM "primrose-transcode"

struct transcoder;

struct transcoder_options {
    const char *program; // NULL: "primrose-transcode" beside the running program
    uint32_t threads;    // of decoder and of each encoder; 0 is 1: workers are the parallelism
    uint64_t memory_bytes_max; // of address space; 0: 8 GiB, twice what a 4K HDR lease maps
    int64_t silence_ms_max; // without a word for so long it is killed; 0: 60 s. Progress words come
                            // every few frames
};

// Hears how far a job is. Anything but OK stops the job (the process is killed) and becomes the
// job's own outcome: a lost lease stops an encode within a few frames. `done` of `total` counts
// frames (video), samples (audio) or thumbnails.
struct transcode_watch {
    outcome (*progressed)(void *context, uint64_t done, uint64_t total,
                          struct why *why); // may be NULL
    void *context;
};

// Finds the program and makes the handle; the process itself starts with the first request.
must_check outcome transcoder_open(struct transcoder **out,
                                   const struct transcoder_options *options, struct why *why);
void transcoder_close(struct transcoder **transcoder); // tolerates NULL; ends the process

#define autotranscoder __attribute__((cleanup(transcoder_close))) struct transcoder

// What opens the masters of the requests that follow, which are sealed (drm/sealed_file.h); NULL
// for clear ones, as they are at first. Copied, and wiped at the end.
void transcoder_unseal(struct transcoder *transcoder, const struct seal *seal);

// Reads every packet of the master once (no decoding but of the first and last picture) and says
// what it is. OK also for a master that is refused: see report->refusal and master_accept().
must_check outcome transcoder_probe(struct transcoder *transcoder, int master_fd,
                                    const struct transcode_watch *watch, struct master_report *out,
                                    struct why *why);

// One rendition of a video job. The result is a fragmented CMAF file: init (the same bytes for
// every chunk of the rendition), then one fragment per segment, sample times counted from the
// title's start.
struct rendition_job {
    int output_fd;
    char encoder[TRANSCODE_WORD_BYTES]; // "x264"; "": only scaled, for those below it
    char preset[TRANSCODE_WORD_BYTES];  // the encoder's own word: "veryfast", "medium"
    uint32_t width, height;             // even; square pixels
    uint32_t crf_tenths;                // constant rate factor times ten: 230 is 23.0
    uint32_t maxrate_bps;               // 0: no cap
    uint32_t bufsize_bits;              // of the leaky bucket; 0 with maxrate_bps 0
    uint32_t start_permille;            // of the bucket, full at the first picture; 0: as usual
};

struct video_job {
    int master_fd;
    const struct master_facts *facts; // of this very master
    struct frame_span frames;         // of the conformed title; `first` is on the grid
    uint32_t segment_frames;          // an IDR picture every so many frames, counted from frame 0
    enum video_range range;           // of all renditions: SDR, or the master's own
    const struct rendition_job *renditions; // decoded once, scaled from the largest down
    size_t rendition_count;                 // 1 .. TRANSCODE_RENDITIONS_MAX
    bool is_compared; // each also decoded and compared at the size of the largest: xpsnr_cdb
};

struct rendition_result {
    uint64_t bytes;    // of the chunk file; 0 when only scaled
    uint32_t psnr_cdb; // of its pictures' luma, the mean (media/encoder.h)
    uint32_t ssim_ppm;
    uint32_t xpsnr_cdb;      // against the master, as shown (media/xpsnr.h); 0: not compared
    uint32_t shown_ssim_cdb; // and its SSIM (media/ssim.h)
    uint64_t scale_us;       // processor time: from the next larger rendition to this one
    uint64_t encode_us;      // and in its encoder
};

struct video_result {
    struct rendition_result renditions[TRANSCODE_RENDITIONS_MAX];
    uint64_t decoded;       // pictures
    uint64_t decode_errors; // packets that the decoder refused
    uint64_t lookahead;     // frames fed past the end and dropped
    uint64_t decode_us;     // processor time: demuxing and decoding
    uint64_t convert_us;    // to 4:2:0 of the job's range at the largest size, filters included
};

must_check outcome transcoder_video(struct transcoder *transcoder, const struct video_job *job,
                                    const struct transcode_watch *watch, struct video_result *out,
                                    struct why *why);

// A whole audio track at 48 kHz in one fragmented CMAF file, cut to fragments near the video's
// segments. It starts with the title's frame 0 and lasts as long as the video to within one audio
// frame: silence is added and surplus cut; encoder delay is in an edit list. Its loudness is
// measured first and told in the file. The file read may be the master or a sidecar (a dub, an
// audio description).
#define AUDIO_TRACK_FIRST UINT32_MAX

struct audio_job {
    int audio_fd;
    const struct master_facts *facts; // of the title: its length and its grid
    uint32_t track;                   // number in the container, or AUDIO_TRACK_FIRST
    struct media_time start; // the file's time of the title's frame 0: facts->video.start for a
                             // track of the master, {0, 1} for a sidecar
    int output_fd;
    uint32_t bitrate_bps;
    uint32_t channels;       // 0: as the source (mono becomes stereo, six and more 5.1); 2; 6
    uint32_t segment_frames; // the video's grid, for fragment lengths
    enum sound_codec codec;
    enum sound_mix mix;
};

struct audio_result {
    uint64_t bytes;
    uint32_t sample_rate, channels;
    uint64_t samples;         // presented
    uint32_t priming_samples; // before them, skipped by the edit list
    uint64_t silence_samples; // filled in: before the start, in gaps, at the end
    bool is_measured;         // false: all is silent
    int64_t programme;        // integrated loudness, hundredths of LUFS (BS.1770)
    int64_t true_peak;        // hundredths of dBTP
    int64_t lowered;          // hundredths of dB that a mix was lowered by, to stay at full scale
};

must_check outcome transcoder_audio(struct transcoder *transcoder, const struct audio_job *job,
                                    const struct transcode_watch *watch, struct audio_result *out,
                                    struct why *why);

// An embedded subtitle track as one WebVTT document, times from the title's start; or the CEA-608
// captions that travel with the pictures of a video track.
struct text_job {
    int master_fd;
    const struct master_facts *facts;
    uint32_t track;
    int output_fd;
    uint32_t captions; // of a video track: 1 .. 4 for CC1 .. CC4; 0: it is a track of text
};

struct text_result {
    uint64_t bytes;
    uint64_t cues;
};

must_check outcome transcoder_text(struct transcoder *transcoder, const struct text_job *job,
                                   const struct transcode_watch *watch, struct text_result *out,
                                   struct why *why);

// Decodes everything once and measures it: the whole of studio/measure.h, as JSON into a
// descriptor.
struct measure_job {
    int master_fd;
    const struct master_facts *facts;
    struct measure_limits limits;
    bool is_sidecar; // a file of sound beside the title's picture: only its sound is measured
    int output_fd;
};

struct measure_result {
    uint64_t bytes;
};

must_check outcome transcoder_measure(struct transcoder *transcoder, const struct measure_job *job,
                                      const struct transcode_watch *watch,
                                      struct measure_result *out, struct why *why);

// Several files made one, without loss.
//
//     channels "L R C LFE Ls Rs"   inputs side by side: each channel of theirs has its word
//                                  -> WAVE in the usual order
//     channels ""                  parts end to end: pictures as they are coded -> QuickTime,
//                                  or sound -> WAVE
struct join_part {
    uint32_t input;           // number
    uint64_t entry, duration; // in units of
    struct frame_rate rate;   // this; of pictures their own rate
    uint32_t repeat;          // times it is played, at least 1
};

struct join_job {
    const int *input_fds;
    size_t input_count; // 1 .. TRANSCODE_INPUTS_MAX
    char channels[CHANNEL_MAP_BYTES];
    const struct join_part *parts;
    size_t part_count; // 0 .. TRANSCODE_PARTS_MAX
    int output_fd;
};

struct join_result {
    uint64_t units; // pictures, or samples
};

// INVALID with what does not fit together: names that are not as many as the channels, lengths,
// rates; UNSUPPORTED for pictures that need others to be decoded.
must_check outcome transcoder_join(struct transcoder *transcoder, const struct join_job *job,
                                   const struct transcode_watch *watch, struct join_result *out,
                                   struct why *why);

// Sheets of thumbnails: thumbnail k shows the title at k * interval_ms, in rows, left to right.
//
//     sheet 0   [0][1][2][3][4]     sheet 1   [10][11][12][13][14]
//               [5][6][7][8][9]               [15][16]  .   .   .
struct storyboard_job {
    int master_fd;
    const struct master_facts *facts;
    uint32_t interval_ms;
    uint32_t columns, rows;
    uint32_t tile_width, tile_height; // even
    uint32_t quality;                 // of JPEG, 1 .. 100; 0 is 75
    const int *output_fds;            // one per sheet: see storyboard_sheet_count()
    size_t output_count;
};

struct storyboard_result {
    uint64_t tiles;
    uint64_t bytes; // of all sheets
};

// Sheets that a title of `duration` needs, also 0 for a job that makes no sense (a zero in it).
size_t storyboard_sheet_count(const struct storyboard_job *job);

must_check outcome transcoder_storyboard(struct transcoder *transcoder,
                                         const struct storyboard_job *job,
                                         const struct transcode_watch *watch,
                                         struct storyboard_result *out, struct why *why);

// One picture of the title as JPEG. `frame` POSTER_ANY looks through a dozen places and takes the
// richest.
#define POSTER_ANY ((uint64_t)INT64_MAX)

struct poster_job {
    int master_fd;
    const struct master_facts *facts;
    uint64_t frame;
    uint32_t width, height; // even
    uint32_t quality;       // as above
    int output_fd;
};

struct poster_result {
    uint64_t frame; // chosen
    uint64_t bytes;
};

must_check outcome transcoder_poster(struct transcoder *transcoder, const struct poster_job *job,
                                     const struct transcode_watch *watch, struct poster_result *out,
                                     struct why *why);

#endif
