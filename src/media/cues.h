// SPDX-License-Identifier: Apache-2.0
//
// Timed text as every caption reader gives it and every writer takes it: a list of cues.
//
//     start_ms          end_ms
//     |-----------------|              cue 0   "line one\nline two"
//          |-----------------|         cue 1   cues may overlap: two speakers, signs over dialogue
//                               |---|  cue 2
//
// Times are milliseconds, as SRT and WebVTT write them; readers of frame and tick times round once,
// from the exact ratio. Text is WebVTT cue text (its tags, its escapes) whatever the source was,
// colours and sizes as the classes of media/cue_class.h. A cue that cannot be read is left out and
// told as a fault with its line, so that one slip does not cost a whole film its captions.
#ifndef MEDIA_CUES_H
#define MEDIA_CUES_H

#include "base/arena.h"
#include "media/cue_place.h"

enum {
    CUES_MAX = 100000,          // a three-hour film with karaoke timing has about 20,000
    CUE_TEXT_BYTES_MAX = 16384, // one cue; a screen holds about 500 characters
    CUE_FAULTS_MAX = 100,       // told one by one; beyond that only counted
    CAPTION_FILE_BYTES_MAX = 16 * 1024 * 1024,
    // 500 hours. A cue that ends there lasts as long as the programme.
    CUE_MS_MAX = 500 * 60 * 60 * 1000,
};

struct cue {
    int64_t start_ms;
    int64_t end_ms;         // after start_ms
    struct slice id;        // empty: none
    struct slice settings;  // WebVTT cue settings as they stood, "line:0"; empty: as `place` says
    struct cue_place place; // where it stands on the picture, what the source could say of it
    struct slice text;      // WebVTT cue text, lines separated by '\n', not empty
};

struct cue_fault {
    uint32_t line; // from 1
    const char *sentence;
};

struct cue_list {
    struct cue *cues; // by start, then as they stood
    size_t count;
    struct slice language;    // BCP 47, as the file says it; empty: it does not
    struct slice header;      // STYLE and REGION blocks of a WebVTT file as they stood; empty: none
    struct cue_fault *faults; // the first CUE_FAULTS_MAX
    size_t fault_count;       // all of them
};

// Cuts the list to [start_ms, end_ms) and moves it so that start_ms becomes 0, timestamps inside
// the text too (in memory of the arena). Cues that reach over an end are shortened, those outside
// dropped. start_ms < end_ms. NO_MEMORY leaves the list half moved: drop it.
must_check outcome cues_clip(struct arena *arena, struct cue_list *list, int64_t start_ms,
                             int64_t end_ms, struct why *why);

// Moves every cue by `by_ms`, which may be negative: what then starts before 0 is cut there, what
// ends before 0 dropped. NO_MEMORY as cues_clip().
must_check outcome cues_shift(struct arena *arena, struct cue_list *list, int64_t by_ms,
                              struct why *why);

// What the readers share: a growing list in an arena.
struct cue_builder {
    struct arena *arena;
    struct cue_list list;
    size_t room;
};

// Adds a cue, or tells a fault of `line`. NO_MEMORY, or TOO_LARGE over CUES_MAX.
must_check outcome cues_add(struct cue_builder *builder, struct cue cue, struct why *why);
__attribute__((format(printf, 4, 5))) must_check outcome cues_fault(struct cue_builder *builder,
                                                                    uint32_t line, struct why *why,
                                                                    const char *format, ...);

// Sorts, and hands the list over. INVALID with the first fault when faults left no cue at all.
must_check outcome cues_finish(struct cue_builder *builder, struct cue_list *out, struct why *why);

// What a caption file must be before it is parsed: at most CAPTION_FILE_BYTES_MAX, UTF-8. Cuts a
// byte order mark off `*text`. UNSUPPORTED, saying which line and how to convert, for UTF-16 and
// for anything else; TOO_LARGE.
must_check outcome caption_text_check(struct slice *text, struct why *why);

// Takes the next line, ended by LF, CR or CR LF, off the front of `*rest`. false at the end.
bool caption_line(struct slice *rest, struct slice *line);

#endif
