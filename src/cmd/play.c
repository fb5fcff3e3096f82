// SPDX-License-Identifier: Apache-2.0
//
// primrose play: a stream played without a screen, and what it was like.
#include "base/json.h"
#include "cmd/door.h"
#include "cmd/play_print.h"
#include "cmd/state.h"
#include "cmd/verb.h"
#include "player/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct play_verb_options {
    int64_t for_ms;
    int64_t from_ms;
    int64_t buffer_ms;
    const char *audio;
    struct option_texts keys;
    const char *device;
    const char *report;
    bool resumes;
    bool is_decoding;
    bool is_json;
};

static const struct option options[] = {
    {.name = "for",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .offset = offsetof(struct play_verb_options, for_ms),
     .doc = "Play so much and stop; without it, to the end."},
    {.name = "from",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .offset = offsetof(struct play_verb_options, from_ms),
     .doc = "Begin there."},
    {.name = "resume",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct play_verb_options, resumes),
     .doc = "Begin where the member stopped, on whichever device. Needs `primrose signin`."},
    {.name = "buffer",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "60s",
     .min = 4000,
     .max = 600000,
     .offset = offsetof(struct play_verb_options, buffer_ms),
     .doc = "Most media that is fetched ahead."},
    {.name = "audio",
     .kind = OPTION_TEXT,
     .value = "LANG",
     .offset = offsetof(struct play_verb_options, audio),
     .doc = "Language of the sound, as a BCP 47 tag."},
    {.name = "key",
     .kind = OPTION_TEXTS,
     .value = "KID:KEY",
     .offset = offsetof(struct play_verb_options, keys),
     .doc =
         "A content key of an encrypted stream, in hex. Repeatable. Without it, the licence of a "
         "house's title is asked of the house."},
    {.name = "device",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .offset = offsetof(struct play_verb_options, device),
     .doc = "Identity of this player for licences (0600), made where missing; without it, "
            "primrose/device in $XDG_STATE_HOME or ~/.local/state."},
    {.name = "report",
     .kind = OPTION_TEXT,
     .value = "URL",
     .offset = offsetof(struct play_verb_options, report),
     .doc = "Where to tell how the play goes (CMCD version 2 events); without it, to the house "
            "whose title it is. `none`: nobody, and requests carry no CMCD keys."},
    {.name = "decode",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct play_verb_options, is_decoding),
     .doc = "Decode every picture and sound, in a sandboxed process; faults make the verb fail."},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct play_verb_options, is_json),
     .doc = "Print the report as one JSON object."},
};

static void show_arrival(void *context, int64_t position_us, int64_t buffer_us, const char *rung,
                         double estimate_bps)
{
    (void)context;
    fprintf(stderr, "\r%6.1f s  buffer %4.1f s  %-12s  estimate %7.0f kb/s ",
            (double)position_us / 1e6, (double)buffer_us / 1e6, rung, estimate_bps / 1000);
}

// A folder, or a title's id among the downloads; "" for an address.
static void find_download(const char *operand, char out[PATH_MAX])
{
    char folder[PATH_MAX];
    out[0] = '\0';
    if (strstr(operand, "://") != NULL) return;
    (void)snprintf(out, PATH_MAX, "%s", operand);
    if (bundle_is_there(out) || bundle_name_check(operand, NULL) != OK) return;
    if (state_downloads(folder, NULL) != OK) return;
    const int len = snprintf(out, PATH_MAX, "%s/%s", folder, operand);
    if (len < 0 || len >= PATH_MAX || !bundle_is_there(out))
        (void)snprintf(out, PATH_MAX, "%s", operand); // said to be none
}

// What a play needs besides the options: who this player is, and who plays in which house.
struct seat {
    char device[PATH_MAX], folder[PATH_MAX];
    char origin[HOUSE_ADDRESS_BYTES], token[HOUSE_TOKEN_BYTES];
    struct house_member member;
    bool is_in_house;
    struct http_client *client;
};

static outcome take_seat(struct seat *seat, const struct play_verb_options *chosen,
                         const char *operand, struct why *why)
{
    static const struct door_wish as_kept = {.login = NULL};
    char title[DEVICE_TITLE_BYTES];
    if (chosen->device == NULL) TRY(state_path("device", seat->device, why));
    find_download(operand, seat->folder);
    if (seat->folder[0] != '\0' && !bundle_is_there(seat->folder))
        return fail(why, NOT_FOUND,
                    "there is no download %.200s: `primrose download --list` shows what there is; "
                    "or write an address, such as http://127.0.0.1:8080/title/my-film",
                    operand);
    if (seat->folder[0] != '\0' || chosen->keys.count > 0) return OK;
    seat->is_in_house = house_of(operand, seat->origin, title, NULL) == OK;
    if (!seat->is_in_house) return OK;
    TRY(http_client_open(&seat->client, why));
    seat->member = (struct house_member){seat->origin, seat->token};
    return door_open(seat->client, seat->origin, &as_kept, seat->token, why);
}

static outcome play_it(const struct play_options *play, bool is_json, struct play_report *report,
                       struct why *why)
{
    const bool is_watched = isatty(STDERR_FILENO) && !is_json;
    const struct play_watch watch = {show_arrival, NULL};
    const outcome result = play_run(play, is_watched ? &watch : NULL, report, why);
    if (is_watched) fputc('\n', stderr);
    return result;
}

static outcome act(const struct play_verb_options *chosen, const char *operand, struct seat *seat,
                   struct why *why)
{
    TRY(take_seat(seat, chosen, operand, why));
    const struct play_options play = {
        .url = operand,
        .house = seat->is_in_house ? &seat->member : NULL,
        .language = chosen->audio,
        .play_us = chosen->for_ms * 1000,
        .start_us = chosen->from_ms * 1000,
        .resumes = chosen->resumes,
        .capacity_us = chosen->buffer_ms * 1000,
        .is_decoding = chosen->is_decoding,
        .keys = chosen->keys.items,
        .key_count = chosen->keys.count,
        .device_path = chosen->device == NULL ? seat->device : chosen->device,
        .folder = seat->folder[0] == '\0' ? NULL : seat->folder,
        .report_url =
            chosen->report != NULL && strcmp(chosen->report, "none") == 0 ? "" : chosen->report,
    };
    struct play_report report;
    const outcome result = play_it(&play, chosen->is_json, &report, why);
    if (result != OK && seat->is_in_house)
        return door_explain(seat->client, &seat->member, result, why);
    TRY(result);
    if (chosen->is_json)
        TRY(play_print_json(&report, play.url, why));
    else
        play_print(&report);
    if (report.video.errors + report.audio.errors == 0) return OK;
    return fail(why, CORRUPT, "%llu packets could not be decoded",
                (unsigned long long)(report.video.errors + report.audio.errors));
}

static int run(const struct invocation *call)
{
    struct seat seat = {.is_in_house = false};
    struct why why = {""};
    const outcome result = act(call->options, call->operands->items[0], &seat, &why);
    http_client_close(&seat.client);
    explicit_bzero(seat.token, sizeof seat.token);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"play http://127.0.0.1:8080/media/my-film/v1/main.m3u8 --for 30s --decode",
     "play half a minute of a film and decode every frame"},
    {"play http://house:8080/title/my-film --for 30s --resume",
     "play on in a house that `primrose signin` knows, from where it was stopped"},
    {"play https://example.com/stream.mpd --json", "measure somebody else's stream for a script"},
    {"play https://example.com/clearkey.mpd --decode --key KID:KEY",
     "decrypt a stranger's stream with its key"},
    {"play my-film --decode",
     "play what `primrose download my-film` has fetched, without a network"},
};

const struct verb verb_play = {
    .name = "play",
    .stage = STAGE_SCREEN,
    .operands = "URL|DOWNLOAD",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "play a stream without a screen and report how it went",
    .story =
        "Plays an HLS or DASH stream in real time: a real buffer, real requests, the same rule "
        "for choosing renditions as the web player. Prints startup, stalls, bitrate and "
        "switches. Takes as long as what it plays. Encrypted titles are decrypted by primrose-cdm, "
        "a process of its own that alone sees content keys: its licence is asked for while the "
        "first segment is on its way. In a house that `primrose signin` knows the member plays: "
        "the "
        "house is asked whether he may, hears where he is every 30 s, and counts the stream. What "
        "`primrose download` has fetched plays by its folder or its title's id, without a network, "
        "until its licence ends.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct play_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
