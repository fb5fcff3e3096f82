// SPDX-License-Identifier: Apache-2.0
#include "title.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { INIT_BYTES = 800, SIDX_BYTES = 32 + 12 * TITLE_SEGMENTS, PRIMING = 1024, TRACKS = 12 };

static void set_text(char *out, size_t size, const char *text)
{
    assert(strlen(text) < size);
    memcpy(out, text, strlen(text) + 1);
}

static struct track *add(struct presentation *title, enum track_kind kind, const char *name,
                         const char *file, const char *codec)
{
    assert(title->track_count < TRACKS);
    struct track *track = &title->tracks[title->track_count++];
    track->kind = kind;
    set_text(track->name, sizeof track->name, name);
    set_text(track->file, sizeof track->file, file);
    set_text(track->codec, sizeof track->codec, codec);
    return track;
}

static void add_segments(struct arena *arena, struct track *track, uint64_t media_ticks,
                         uint32_t segment_ticks, uint32_t bytes)
{
    track->init = (struct byte_range){0, INIT_BYTES};
    track->index = (struct byte_range){INIT_BYTES, SIDX_BYTES};
    track->segments = arena_take_array(arena, TITLE_SEGMENTS, sizeof *track->segments);
    assert(track->segments != NULL);
    uint64_t at = 0;
    uint64_t offset = INIT_BYTES + SIDX_BYTES;
    for (uint32_t i = 0; i < TITLE_SEGMENTS; i++) {
        const uint64_t left = media_ticks - at;
        const uint32_t duration = i == TITLE_SEGMENTS - 1 ? (uint32_t)left : segment_ticks;
        const uint32_t size = bytes + i * 7;
        track->segments[i] = (struct segment_entry){offset, size, duration, at, size / 4};
        at += duration;
        offset += size;
    }
    track->segment_count = TITLE_SEGMENTS;
    track->file_size = offset;
}

static void add_video(struct presentation *title, struct arena *arena, const char *name,
                      const char *codec, struct video_facts facts, uint32_t bps)
{
    char file[FILE_NAME_BYTES];
    (void)snprintf(file, sizeof file, "%s.mp4", name);
    struct track *track = add(title, TRACK_VIDEO, name, file, codec);
    track->video = facts;
    track->timescale = 24000;
    track->duration = (uint64_t)TITLE_FRAMES * 1001;
    track->bandwidth_peak_bps = bps;
    track->bandwidth_average_bps = bps - bps / 5;
    add_segments(arena, track, track->duration, 48 * 1001, bps / 4);
}

static void add_audio(struct presentation *title, struct arena *arena, const char *name,
                      const char *language, enum track_role role, const char *codec,
                      uint32_t channels, uint32_t bps)
{
    char file[FILE_NAME_BYTES];
    (void)snprintf(file, sizeof file, "%s.mp4", name);
    struct track *track = add(title, TRACK_AUDIO, name, file, codec);
    set_text(track->language, sizeof track->language, language);
    track->role = role;
    track->audio = (struct audio_facts){48000, channels, PRIMING};
    track->timescale = 48000;
    track->duration = (uint64_t)TITLE_FRAMES * 1001 * 2; // exactly the video's
    track->bandwidth_peak_bps = bps;
    track->bandwidth_average_bps = bps - bps / 10;
    add_segments(arena, track, track->duration + PRIMING, 94 * 1024, bps / 4);
}

static void add_text(struct presentation *title, const char *name, const char *language,
                     enum track_role role)
{
    char file[FILE_NAME_BYTES];
    (void)snprintf(file, sizeof file, "%s.vtt", name);
    struct track *track = add(title, TRACK_TEXT, name, file, "");
    set_text(track->language, sizeof track->language, language);
    track->role = role;
    track->bandwidth_peak_bps = 800;
    track->bandwidth_average_bps = 800;
    track->file_size = 4000;
}

struct presentation title_make(struct arena *arena)
{
    struct presentation title = {.tracks = arena_take_array(arena, TRACKS, sizeof(struct track)),
                                 .duration = {(int64_t)TITLE_FRAMES * 1001, 24000}};
    assert(title.tracks != NULL);
    const struct frame_rate ntsc_film = {24000, 1001};
    add_video(&title, arena, "v-1080p", "avc1.640028",
              (struct video_facts){1440, 1080, 4, 3, ntsc_film, RANGE_SDR}, 5000000);
    add_video(&title, arena, "v-480p", "avc1.64001e",
              (struct video_facts){854, 480, 1, 1, ntsc_film, RANGE_SDR}, 1200000);
    add_video(&title, arena, "v-2160p-hdr", "hvc1.2.4.L150.B0",
              (struct video_facts){3840, 2160, 1, 1, ntsc_film, RANGE_PQ}, 15000000);
    add_audio(&title, arena, "a-en", "en", ROLE_MAIN, "mp4a.40.2", 2, 130000);
    add_audio(&title, arena, "a-de", "de", ROLE_DUB, "mp4a.40.2", 2, 132000);
    add_audio(&title, arena, "a-en-51", "en", ROLE_MAIN, "ec-3", 6, 448000);
    add_audio(&title, arena, "a-en-ad", "en", ROLE_DESCRIPTION, "mp4a.40.2", 2, 96000);
    add_text(&title, "t-en", "en", ROLE_SUBTITLE);
    add_text(&title, "t-en-sdh", "en", ROLE_CAPTION);
    add_text(&title, "t-de-forced", "de", ROLE_FORCED);
    struct track *image = add(&title, TRACK_IMAGE, "storyboard", "storyboard-%d.jpg", "jpeg");
    image->image = (struct image_facts){160, 90, 5, 2, 2000, 3};
    image->bandwidth_peak_bps = 12000;
    image->bandwidth_average_bps = 10000;
    return title;
}

struct track *title_track(const struct presentation *title, const char *name)
{
    for (size_t i = 0; i < title->track_count; i++)
        if (strcmp(title->tracks[i].name, name) == 0) return &title->tracks[i];
    assert(0 && "no such track");
    return NULL;
}
