// SPDX-License-Identifier: Apache-2.0
//
// Prepares a closed house for the bench:
//
//     house DATA OUT MEMBERS SIGNING TITLES
//
// MEMBERS who are signed in with their first profile, SIGNING who are not and whose passwords cost
// what a member's costs, and TITLES encrypted titles of the size that a studio's have: cast,
// scenes, words in four languages, a ladder of tracks, ten genres. Writes
//
//     OUT/members    a line each: login, token ("-": signs in), profile
#include "account/profile.h"
#include "account/session.h"
#include "base/file.h"
#include "base/random.h"
#include "catalog/title.h"
#include "catalog/title_keys.h"
#include "drm/entitlement.h"
#include "store/stores.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 16, KEYS = 3, RUNGS = 9, CAST = 20, SCENES = 40, GENRES = 10, NAME_BYTES = 96 };

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    fprintf(stderr, "bench/members: %s\n", why->text);
    exit(1);
}

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why_ = {""};                                                                    \
        must((call), &why_);                                                                       \
    } while (0)

// What is prepared is read once: a disk that holds it is not needed, and costs minutes.
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

// --- members ----------------------------------------------------------------------------------

struct crowd {
    struct accounts accounts;
    unsigned count, signing;
    _Atomic unsigned next;
    char (*lines)[256];
};

static void add_member(struct crowd *crowd, unsigned number)
{
    const bool signs_in = number >= crowd->count;
    struct accounts accounts = crowd->accounts;
    struct member member;
    struct session_grant grant;
    struct profile profiles[PROFILES_MAX];
    char login[64], password[64];
    size_t count;
    accounts.cost = signs_in ? password_cost_member() : password_cost_least();
    (void)snprintf(login, sizeof login, "member-%u", number);
    (void)snprintf(password, sizeof password, "password of %u", number);
    const struct member_draft draft = {.login = login,
                                       .name = "A member of the house",
                                       .password = signs_in ? password : NULL,
                                       .territory = "DE"};
    const struct deed deed = {"system", "bench"};
    MUST(member_add(&accounts, deed, &draft, &member, &why_));
    MUST(profile_list(&accounts, member.id, profiles, &count, &why_));
    grant.token[0] = '\0';
    if (!signs_in) {
        MUST(session_begin(&accounts, &member, "Television", NULL, &grant, &why_));
        MUST(session_choose_profile(&accounts, member.id, grant.session.device.id, profiles[0].id,
                                    &why_));
    }
    (void)snprintf(crowd->lines[number], sizeof crowd->lines[number], "%s %s %s", login,
                   signs_in ? "-" : grant.token, profiles[0].id);
}

static void *add_some(void *context)
{
    struct crowd *crowd = context;
    const unsigned all = crowd->count + crowd->signing;
    for (unsigned number; (number = atomic_fetch_add(&crowd->next, 1)) < all;)
        add_member(crowd, number);
    return NULL;
}

// Side by side, so that a commit holds the rows of many.
static void add_members(struct crowd *crowd, const char *out)
{
    char path[512];
    pthread_t threads[THREADS];
    const unsigned all = crowd->count + crowd->signing;
    struct member operator;
    const struct member_draft draft = {.login = "ada", .role = MEMBER_OPERATOR};
    crowd->lines = calloc(all, sizeof crowd->lines[0]);
    if (crowd->lines == NULL) abort();
    MUST(member_add(&crowd->accounts, (struct deed){"system", "bench"}, &draft, &operator, & why_));
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, add_some, crowd) != 0) abort();
    for (size_t i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    (void)snprintf(path, sizeof path, "%s/members", out);
    FILE *file = fopen(path, "w");
    if (file == NULL) abort();
    for (unsigned i = 0; i < all; i++)
        fprintf(file, "%s\n", crowd->lines[i]);
    if (fclose(file) != 0) abort();
    free(crowd->lines);
}

// --- titles -----------------------------------------------------------------------------------

struct shelf {
    struct table_store *tables;
    struct key_ring *ring;
    int64_t now_ms;
};

static const char *const genres[GENRES] = {"Action", "Adventure", "Animation", "Comedy", "Crime",
                                           "Drama",  "Family",    "Mystery",   "Music",  "War"};

static const char *const nouns[] = {"Harbour", "Lantern", "Orchard",  "Winter", "River", "Garden",
                                    "Signal",  "Mirror",  "Voyage",   "Shadow", "Tower", "Letter",
                                    "Island",  "Station", "Mountain", "Kingdom"};
static const char *const adjectives[] = {"Quiet",  "Distant", "Golden", "Broken", "Hidden", "Last",
                                         "Silver", "Burning", "Empty",  "Second", "Open",   "Cold"};

static const char synopsis[] =
    "A keeper of a light on a coast that no ship passes any more finds a letter that was posted "
    "forty years ago, and sets out with the one who wrote it to see whether the house that it "
    "speaks of still stands.";

struct parts {
    char name[NAME_BYTES], people[CAST][2][48], scenes[SCENES][2][48], files[RUNGS + 2][48];
    char key_ids[KEYS][KEY_ID_TEXT_BYTES];
    const char *scene_cast[3], *genres[3];
    struct title_person cast[CAST];
    struct title_scene list[SCENES];
    struct title_words words[4];
    struct title_track tracks[RUNGS + 2];
};

static void add_people(struct parts *parts, unsigned number)
{
    for (unsigned i = 0; i < CAST; i++) {
        const unsigned person = (number * 7 + i * 13) % 900;
        (void)snprintf(parts->people[i][0], 48, "person-%u", person);
        (void)snprintf(parts->people[i][1], 48, "Person Number %u", person);
        parts->cast[i] =
            (struct title_person){parts->people[i][0], parts->people[i][1], "A keeper"};
        if (i < 3) parts->scene_cast[i] = parts->people[i][0];
    }
    for (unsigned i = 0; i < SCENES; i++) {
        (void)snprintf(parts->scenes[i][0], 48, "scene-%u", i);
        (void)snprintf(parts->scenes[i][1], 48, "What comes %u", i);
        parts->list[i] = (struct title_scene){parts->scenes[i][0], parts->scenes[i][1], i * 120000,
                                              (i + 1) * 120000,    parts->scene_cast,   3};
    }
}

// A ladder of nine, a sound and a storyboard.
static void add_tracks(struct parts *parts)
{
    static const int64_t heights[RUNGS] = {144, 234, 360, 432, 540, 720, 1080, 1440, 2160};
    for (size_t i = 0; i < RUNGS + 2; i++) {
        const bool is_video = i < RUNGS, is_audio = i == RUNGS;
        (void)snprintf(parts->files[i], 48, "track-%zu.mp4", i);
        struct title_track *track = &parts->tracks[i];
        *track = (struct title_track){.name = parts->files[i],
                                      .file = parts->files[i],
                                      .duration_ms = 5400000,
                                      .kind = is_video   ? "video"
                                              : is_audio ? "audio"
                                                         : "image",
                                      .role = "main",
                                      .language = is_audio ? "en" : "",
                                      .label = "",
                                      .codec = is_video   ? "avc1.640028"
                                               : is_audio ? "mp4a.40.2"
                                                          : "jpeg",
                                      .bandwidth_peak_bps = 4000000,
                                      .bandwidth_average_bps = 2500000,
                                      .range = "SDR"};
        if (is_video) {
            track->height = heights[i];
            track->width = heights[i] * 16 / 9;
            track->rate_frames = 24;
            track->rate_seconds = 1;
        }
        if (is_audio) track->sample_rate = 48000, track->channels = 2;
        if (is_video || is_audio) {
            track->scheme = "cbcs";
            track->key_id = parts->key_ids[is_audio ? 0 : heights[i] < 720 ? 1 : 2];
        } else {
            track->columns = track->rows = 5;
            track->tile_ms = 10000;
            track->sheet_count = 22;
        }
    }
}

static void add_title(const struct shelf *shelf, unsigned number)
{
    static const enum key_class classes[KEYS] = {KEY_FOR_AUDIO, KEY_FOR_SD, KEY_FOR_HD};
    static const char *const languages[] = {"en", "es", "de", "ar"};
    struct parts *parts = calloc(1, sizeof *parts);
    char id[48];
    if (parts == NULL) abort();
    (void)snprintf(id, sizeof id, "film-%u", number);
    (void)snprintf(parts->name, sizeof parts->name, "The %s %s %u",
                   adjectives[number % (sizeof adjectives / sizeof adjectives[0])],
                   nouns[number * 5 % (sizeof nouns / sizeof nouns[0])], number);
    for (size_t i = 0; i < KEYS; i++) {
        struct title_key key;
        const struct title_key_order order = {id, classes[i], 0, shelf->now_ms};
        MUST(title_keys_make(shelf->tables, shelf->ring, &order, &key, &why_));
        key_id_format(&key.id, parts->key_ids[i]);
    }
    for (size_t i = 0; i < 4; i++)
        parts->words[i] = (struct title_words){languages[i], parts->name, synopsis};
    for (size_t i = 0; i < 3; i++)
        parts->genres[i] = genres[(number + i * 3) % GENRES];
    add_people(parts, number);
    add_tracks(parts);
    const struct title title = {.id = id,
                                .version = "v1",
                                .title = parts->name,
                                .synopsis = synopsis,
                                .original_language = "en",
                                .year = 1960 + number % 60,
                                .rating = {"fsk", "12"},
                                .genres = parts->genres,
                                .genre_count = 3,
                                .cast = parts->cast,
                                .cast_count = CAST,
                                .scenes = parts->list,
                                .scene_count = SCENES,
                                .entry = {.words = parts->words, .word_count = 4},
                                .poster = "poster.jpg",
                                .hls = "main.m3u8",
                                .dash = "main.mpd",
                                .duration_ms = 5400000,
                                .published_ms = shelf->now_ms - (int64_t)number * 60000,
                                .is_downloadable = true,
                                .tracks = parts->tracks,
                                .track_count = RUNGS + 2};
    MUST(title_publish(shelf->tables, &title, &why_));
    free(parts);
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    char path[512];
    autostores stores = {0};
    autoring *ring = NULL;
    MUST(stores_open(&stores, argv[1], clock_system(), &why_));
    (void)snprintf(path, sizeof path, "%s/keys/ring", argv[1]);
    const int64_t now_ms = clock_wall_ms(clock_system());
    MUST(key_ring_have(path, now_ms, &ring, &why_));
    const struct shelf shelf = {stores.tables, ring, now_ms};
    const unsigned titles = (unsigned)strtoul(argv[5], NULL, 10);
    for (unsigned i = 0; i < titles; i++)
        add_title(&shelf, i);
    struct crowd crowd = {
        .accounts = {stores.tables, stores.cache, clock_system(), password_cost_least()},
        .count = (unsigned)strtoul(argv[3], NULL, 10),
        .signing = (unsigned)strtoul(argv[4], NULL, 10)};
    add_members(&crowd, argv[2]);
    return 0;
}
