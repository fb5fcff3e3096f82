// SPDX-License-Identifier: Apache-2.0
//
// primrose download: a title kept in a folder, to be played without a network.
#include "base/file.h"
#include "base/random.h"
#include "cmd/door.h"
#include "cmd/download_print.h"
#include "cmd/state.h"
#include "cmd/verb.h"
#include "player/bundle_keep.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct download_verb_options {
    const char *server, *folder, *login, *profile, *device;
    struct option_texts languages;
    int64_t height;
    bool lists, removes, asks_pin, is_json;
};

// clang-format off: one option a block reads better than a table of long strings
#define FIELD(name) .offset = offsetof(struct download_verb_options, name)
static const struct option options[] = {
    {.name = "server",
     .kind = OPTION_TEXT,
     .value = "URL",
     .initial = "http://127.0.0.1:8080",
     FIELD(server),
     .doc = "The house that has the title, where TITLE is no address."},
    {.name = "height",
     .kind = OPTION_INTEGER,
     .value = "LINES",
     .min = 1,
     .max = 8640,
     FIELD(height),
     .doc = "The tallest picture to fetch, 720 without it; a lower one where there is none."},
    {.name = "language",
     .kind = OPTION_TEXTS,
     .value = "LANG",
     FIELD(languages),
     .doc =
         "A language of the sound, as a BCP 47 tag. Repeatable; without it, the title's main one. "
         "Captions are all fetched."},
    {.name = "folder",
     .kind = OPTION_TEXT,
     .value = "DIR",
     FIELD(folder),
     .doc = "Where downloads are kept, a folder each; without it, primrose/downloads in "
            "$XDG_DATA_HOME or ~/.local/share."},
    {.name = "login",
     .kind = OPTION_TEXT,
     .value = "NAME",
     FIELD(login),
     .doc =
         "Sign in to the house, once: the password is asked for or read from standard input, the "
         "session is kept."},
    {.name = "profile",
     .kind = OPTION_TEXT,
     .value = "NAME",
     FIELD(profile),
     .doc = "With --login: who downloads; without it, the member's first profile."},
    {.name = "pin",
     .kind = OPTION_FLAG,
     FIELD(asks_pin),
     .doc = "With --login: ask for the profile's PIN, too."},
    {.name = "list",
     .kind = OPTION_FLAG,
     FIELD(lists),
     .doc = "Show what is kept, and hear from its houses whether it may go on."},
    {.name = "remove",
     .kind = OPTION_FLAG,
     FIELD(removes),
     .doc = "Remove the download from the disk and give its place back."},
    {.name = "device",
     .kind = OPTION_TEXT,
     .value = "FILE",
     FIELD(device),
     .doc = "Identity of this player for licences, as for play."},
    {.name = "json", .kind = OPTION_FLAG, FIELD(is_json), .doc = "Print JSON lines."},
};
#undef FIELD
// clang-format on

struct desk {
    const struct download_verb_options *chosen;
    char folder[PATH_MAX]; // of all downloads
    char device[PATH_MAX];
    char languages[256];
    struct http_client *client;
};

static outcome settle(struct desk *desk, struct why *why)
{
    const struct download_verb_options *chosen = desk->chosen;
    char *at = desk->languages;
    size_t room = sizeof desk->languages;
    if (chosen->folder != NULL)
        (void)snprintf(desk->folder, sizeof desk->folder, "%s", chosen->folder);
    else
        TRY(state_downloads(desk->folder, why));
    if (chosen->device != NULL)
        (void)snprintf(desk->device, sizeof desk->device, "%s", chosen->device);
    else
        TRY(state_path("device", desk->device, why));
    for (size_t i = 0; i < chosen->languages.count; i++) {
        const int len = snprintf(at, room, "%s%s", i == 0 ? "" : ",", chosen->languages.items[i]);
        if (len < 0 || (size_t)len >= room)
            return fail(why, TOO_LARGE, "too many languages are asked for");
        at += len;
        room -= (size_t)len;
    }
    return http_client_open(&desk->client, why);
}

// Which title of which house: "film", "http://house/title/film", ".../media/film/v1/main.m3u8", or
// the folder of a download.
struct place {
    char origin[HOUSE_ADDRESS_BYTES], title[DEVICE_TITLE_BYTES], folder[PATH_MAX];
};

static outcome join(const char *folder, const char *name, char out[PATH_MAX], struct why *why)
{
    const int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (len > 0 && len < PATH_MAX) return OK;
    return fail(why, TOO_LARGE, "the folder of downloads has too long a name");
}

static outcome place_of_folder(const char *folder, struct place *out, struct why *why)
{
    struct bundle *bundle = malloc(sizeof *bundle);
    if (bundle == NULL) return fail(why, NO_MEMORY, "no memory for a download");
    const outcome loaded = bundle_load(folder, bundle, why);
    if (loaded == OK) {
        (void)snprintf(out->origin, sizeof out->origin, "%s", bundle->house);
        (void)snprintf(out->title, sizeof out->title, "%.64s", bundle->title_id);
        (void)snprintf(out->folder, sizeof out->folder, "%s", folder);
    }
    free(bundle);
    return loaded;
}

static outcome find_place(const struct desk *desk, const char *operand, struct place *out,
                          struct why *why)
{
    if (bundle_is_there(operand)) return place_of_folder(operand, out, why);
    if (strstr(operand, "://") != NULL) {
        TRY(house_of(operand, out->origin, out->title, why));
    } else {
        TRY(door_origin(desk->chosen->server, out->origin, why));
        (void)snprintf(out->title, sizeof out->title, "%.64s", operand);
    }
    if (!id_is_valid(out->title))
        return fail(why, INVALID, "%.100s is no id of a title, no address of one, and no download",
                    operand);
    return join(desk->folder, out->title, out->folder, why);
}

static outcome open_door(const struct desk *desk, const char *origin, char *token, struct why *why)
{
    const struct download_verb_options *chosen = desk->chosen;
    const struct door_wish wish = {chosen->login, chosen->profile, chosen->asks_pin};
    return door_open(desk->client, origin, &wish, token, why);
}

static outcome fetch(struct desk *desk, const char *operand, struct bundle *bundle, struct why *why)
{
    struct place place;
    char token[HOUSE_TOKEN_BYTES];
    struct bundle_progress progress = {.bytes = 0};
    const bool is_watched = isatty(STDERR_FILENO) && !desk->chosen->is_json;
    const struct bundle_watch watch = {download_show, NULL};
    TRY(find_place(desk, operand, &place, why));
    TRY(open_door(desk, place.origin, token, why));
    const struct bundle_wish wish = {
        .member = {place.origin, token},
        .title = place.title,
        .folder = place.folder,
        .device_path = desk->device,
        .height_max = (uint32_t)desk->chosen->height,
        .languages = desk->chosen->languages.count == 0 ? NULL : desk->languages,
    };
    const outcome result = bundle_fetch(&wish, is_watched ? &watch : NULL, bundle, &progress, why);
    if (is_watched) fputc('\n', stderr);
    if (result != OK) return door_explain(desk->client, &wish.member, result, why);
    if (desk->chosen->is_json)
        download_print_json(place.folder, bundle, &progress);
    else
        download_print(place.folder, bundle);
    if (progress.mended > 0 && !desk->chosen->is_json)
        printf("          %llu damaged pieces were fetched again\n",
               (unsigned long long)progress.mended);
    return OK;
}

static outcome show(struct desk *desk, const char *folder, struct bundle *bundle, struct why *why)
{
    char token[HOUSE_TOKEN_BYTES];
    struct house_download offer;
    TRY(bundle_load(folder, bundle, why));
    TRY(open_door(desk, bundle->house, token, why));
    const struct house_member member = {bundle->house, token};
    const bool goes_on = bundle->download_id[0] != '\0' && bundle->over[0] == '\0';
    // Without a network it is shown as it was; what the house ended is over from here on.
    if (goes_on) (void)!bundle_sync(desk->client, &member, folder, bundle, &offer, NULL);
    if (desk->chosen->is_json)
        download_print_json(folder, bundle, NULL);
    else
        download_print(folder, bundle);
    return OK;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static outcome list(struct desk *desk, struct bundle *bundle, struct why *why)
{
    struct dirent **entries = NULL;
    size_t shown = 0;
    const int count = scandir(desk->folder, &entries, NULL, by_name);
    outcome result = OK;
    for (int i = 0; i < count; i++) {
        char folder[PATH_MAX];
        const bool is_download =
            join(desk->folder, entries[i]->d_name, folder, NULL) == OK && bundle_is_there(folder);
        if (result == OK && is_download) result = show(desk, folder, bundle, why);
        shown += is_download;
        free(entries[i]);
    }
    free(entries);
    if (shown == 0 && !desk->chosen->is_json) printf("no downloads\n");
    return result;
}

static outcome remove_one(struct desk *desk, const char *operand, struct bundle *bundle,
                          struct why *why)
{
    struct place place;
    char token[HOUSE_TOKEN_BYTES];
    struct why reason = {""};
    autofd lock = -1;
    TRY(find_place(desk, operand, &place, why));
    TRY(bundle_load(place.folder, bundle, why));
    TRY(bundle_lock(place.folder, &lock, why));
    TRY(open_door(desk, bundle->house, token, why));
    const struct house_member member = {bundle->house, token};
    const bool has_place = bundle->download_id[0] != '\0' && bundle->over[0] == '\0';
    if (has_place && house_download_drop(desk->client, &member, bundle->download_id, &reason) != OK)
        fprintf(stderr, "primrose download: the house still counts it: %s\n", reason.text);
    return folder_remove(place.folder, why);
}

static outcome act(struct desk *desk, const char *operand, struct why *why)
{
    struct bundle *bundle = calloc(1, sizeof *bundle);
    outcome result = bundle == NULL ? fail(why, NO_MEMORY, "no memory for a download") : OK;
    if (result == OK) result = settle(desk, why);
    if (result == OK && desk->chosen->lists)
        result = list(desk, bundle, why);
    else if (result == OK && desk->chosen->removes)
        result = remove_one(desk, operand, bundle, why);
    else if (result == OK)
        result = fetch(desk, operand, bundle, why);
    http_client_close(&desk->client);
    free(bundle);
    return result;
}

static int run(const struct invocation *call)
{
    const struct download_verb_options *chosen = call->options;
    struct desk desk = {.chosen = chosen};
    struct why why = {"write download TITLE, download --remove TITLE, or download --list"};
    if ((chosen->lists && chosen->removes) || call->operands->count != (chosen->lists ? 0u : 1u))
        return verb_misuse(call, &why);
    const outcome result = act(&desk, chosen->lists ? "" : call->operands->items[0], &why);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"download my-film --server http://house:8080 --login ben",
     "sign in once and keep a film on this device"},
    {"download my-film --height 1080 --language en --language de",
     "a taller picture, and sound in two languages"},
    {"download ~/.local/share/primrose/downloads/my-film",
     "go on where it was cut off, and mend what is damaged"},
    {"download --list", "what is kept and until when"},
    {"download --remove my-film", "remove it and give its place back"},
};

const struct verb verb_download = {
    .name = "download",
    .stage = STAGE_SCREEN,
    .operands = "[TITLE|URL|FOLDER]",
    .operands_min = 0,
    .operands_max = 1,
    .summary = "keep a title on this device, to play it without a network",
    .story =
        "Fetches one rendition of a title with its sound, captions and poster into a folder, and a "
        "licence that primrose-cdm seals to this device. `primrose play` plays it without a "
        "network: within 30 days, and for 48 hours once begun. Killed at any moment, the same "
        "command goes on; every piece has a digest, and one that is damaged is fetched again. "
        "Whether the house still allows it is heard whenever this verb runs.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct download_verb_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
