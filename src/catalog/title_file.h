// SPDX-License-Identifier: Apache-2.0
//
// title.json: what a studio writes beside its master.
//
//     film-1/
//       title.json        {"title": "...", "master": "master.mov", "audio": [...], "text": [...],
//       ...} master.mov captions.de.srt poster.jpg
//
//     id            what the title is called in addresses; else made from the folder's name
//     title         required
//     synopsis, year, original_lang, genres, rating {system, label}, territories ["DE", "*"]
//     cast          [{id, name, character}]
//     scenes        [{id, title, start_ms, end_ms, cast: [ids]}]
//     crew          [{id, name, job}]
//     place         {series, series_title, season, episode} of an episode, or {extra_of, extra}
//     words         [{lang, title, synopsis}]: what it is called in other languages
//     avails        [{territories, from, until}]: windows, "2026-11-21T00:00:00Z"; none: always
//     marks         [{kind: "intro" | "recap" | "credits", start_ms, end_ms}]
//     master        file with the picture, or numbered pictures: a folder, or "frames/f_%06d.dpx";
//                   else the one media file in the folder
//     frame_rate    "24", "24000/1001": of numbered pictures
//     colour        {primaries, transfer, matrix}: what the picture is, where its file does not say
//                   or is wrong; any of them
//     audio         [{stream, lang, role, title}] the master's n-th audio stream, from 0, or
//                   [{file, lang, role, title}]   a file of its own; absent: all of the master's
//                   [{files, channels, ...}]      files side by side, and what each of their
//                                                 channels is: ["L", "R", "C", "LFE", "Ls", "Rs"]
//     text          [{file, lang, role, title}]   WebVTT, SRT, SCC, EBU STL or TTML; or
//                   [{stream, ...}]               a text stream of the master, or
//                   [{captions: "CC1", ...}]      CEA-608 that travels with its pictures
//     downloads     true: members may keep it to play offline; absent: they may not
//     poster        JPEG; else chosen from the film
//
// Roles are the words of track_role_parse(). Every mistake is refused with its place and with what
// is allowed. Other keys are refused, too, unless they start with "x-".
#ifndef CATALOG_TITLE_FILE_H
#define CATALOG_TITLE_FILE_H

#include "catalog/title.h"

enum {
    TITLE_FILE_BYTES_MAX = 1024 * 1024, // a long film's scenes and cast take some 100 KiB
    TITLE_FILE_TRACKS_MAX = 64,
};

#define TITLE_FILE_NAME "title.json"

// One audio or text entry: exactly one of stream, file, files and captions.
struct title_file_track {
    int64_t stream;   // counted among the master's streams of this kind; -1: a file
    const char *file; // "": a stream, or files
    const char **files, **channels;
    size_t file_count, channel_count;
    const char *captions; // "CC1" .. "CC4"; "": none of them
    const char *language, *role, *title;
};

struct title_file_colour {
    const char *primaries, *transfer, *matrix;
};

struct title_file {
    const char *id, *title, *synopsis, *original_language, *master, *poster; // "" when absent
    const char *frame_rate;
    struct title_file_colour colour;
    int64_t year;
    struct title_rating rating;
    const char **genres, **territories;
    size_t genre_count, territory_count;
    struct title_person *cast;
    size_t cast_count;
    struct title_scene *scenes;
    size_t scene_count;
    bool is_downloadable;
    struct title_entry entry;
    struct title_file_track *audio, *text;
    size_t audio_count, text_count;
};

// Reads the text of a title.json; `what` names it in sentences. INVALID, TOO_LARGE, NO_MEMORY.
// Memory is the arena's.
must_check outcome title_file_parse(struct slice text, const char *what, struct arena *arena,
                                    struct title_file *out, struct why *why);

#endif
