// SPDX-License-Identifier: Apache-2.0
#include "house.h"

#include "account/house.h"
#include "base/file.h"
#include "catalog/title.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    fprintf(stderr, "house: %s\n", why->text);
    abort();
}

static void put_file(struct blob_store *blobs, const char *file, struct slice bytes)
{
    char key[200];
    struct why why = {""};
    (void)snprintf(key, sizeof key, "titles/the-lamplighter/3f9c/%s", file);
    must(blob_put(blobs, key, bytes, &why), &why);
}

static void put_files(struct blob_store *blobs)
{
    uint8_t *track = malloc(HOUSE_TRACK_BYTES);
    assert(track != NULL);
    for (size_t i = 0; i < HOUSE_TRACK_BYTES; i++)
        track[i] = (uint8_t)(i * 31);
    put_file(blobs, "v-1080p.mp4", (struct slice){track, HOUSE_TRACK_BYTES});
    put_file(blobs, "a-en.mp4", (struct slice){track, 5000});
    put_file(blobs, "storyboard-0.jpg", (struct slice){track, 700});
    put_file(blobs, "poster.jpg", (struct slice){track, 300});
    put_file(blobs, "main.m3u8", slice_of("#EXTM3U\n"));
    put_file(blobs, "manifest.mpd", slice_of("<MPD><Period/></MPD>\n"));
    put_file(blobs, "t-en.vtt", slice_of("WEBVTT\n"));
    free(track);
}

static struct title_track tracks[] = {
    {.name = "v-1080p",
     .file = "v-1080p.mp4",
     .kind = "video",
     .role = "main",
     .language = "",
     .label = "",
     .codec = "avc1.640028",
     .bandwidth_peak_bps = 5000000,
     .bandwidth_average_bps = 4000000,
     .width = 1920,
     .height = 1080,
     .rate_frames = 24000,
     .rate_seconds = 1001,
     .range = "SDR"},
    {.name = "a-en",
     .file = "a-en.mp4",
     .kind = "audio",
     .role = "main",
     .language = "en",
     .label = "English",
     .codec = "mp4a.40.2",
     .sample_rate = 48000,
     .channels = 2,
     .range = ""},
    {.name = "a-en-ad",
     .file = "a-en-ad.mp4",
     .kind = "audio",
     .role = "description",
     .language = "en",
     .label = "English [Audio Description]",
     .codec = "mp4a.40.2",
     .range = ""},
    {.name = "t-en",
     .file = "t-en.vtt",
     .kind = "text",
     .role = "subtitle",
     .language = "en",
     .label = "English",
     .codec = "wvtt",
     .range = ""},
    {.name = "t-de",
     .file = "t-de.vtt",
     .kind = "text",
     .role = "caption",
     .language = "de",
     .label = "Deutsch",
     .codec = "wvtt",
     .range = ""},
    {.name = "storyboard",
     .file = "storyboard-%d.jpg",
     .kind = "image",
     .role = "main",
     .language = "",
     .label = "",
     .codec = "",
     .width = 160,
     .height = 90,
     .columns = 10,
     .rows = 10,
     .tile_ms = 2000,
     .sheet_count = 1,
     .range = ""},
};

static void publish(struct table_store *tables)
{
    static struct title_person cast[] = {{"iris", "Iris Vale", "The keeper"},
                                         {"ben", "Ben Oss", ""}};
    static const char *scene_cast[] = {"iris"};
    static struct title_scene scenes[] = {{"s1", "Dusk", 0, 15000, scene_cast, 1},
                                          {"s2", "", 15000, 45000, NULL, 0}};
    static const char *genres[] = {"Drama"}, *territories[] = {"DE", "US"};
    const struct title film = {
        .id = "the-lamplighter",
        .version = "3f9c",
        .title = "The Lamplighter",
        .synopsis = "A light \"in\" the dark – Öl.",
        .original_language = "en",
        .year = 2026,
        .rating = {"fsk", "6"},
        .genres = genres,
        .genre_count = 1,
        .territories = territories,
        .territory_count = 2,
        .cast = cast,
        .cast_count = 2,
        .scenes = scenes,
        .scene_count = 2,
        .poster = "poster.jpg",
        .hls = "main.m3u8",
        .dash = "manifest.mpd",
        .duration_ms = 45000,
        .is_downloadable = true,
        .published_ms = 1795000000000,
        .tracks = tracks,
        .track_count = sizeof tracks / sizeof tracks[0],
    };
    const struct title bare = {.id = "zebra",
                               .version = "1",
                               .title = "Zebra",
                               .synopsis = "",
                               .hls = "main.m3u8",
                               .dash = "manifest.mpd",
                               .duration_ms = 1000,
                               .poster = "",
                               .tracks = tracks,
                               .track_count = 1};
    struct why why = {""};
    must(title_publish(tables, &film, &why), &why);
    must(title_publish(tables, &bare, &why), &why);
}

static void fill(const char *data)
{
    struct why why = {""};
    autostores stores = {.blobs = NULL};
    must(stores_open(&stores, data, clock_system(), &why), &why);
    put_files(stores.blobs);
    publish(stores.tables);
}

static void open_with(struct house *house, struct service_options options)
{
    *house = (struct house){.body = buffer_init(4 << 20)};
    (void)snprintf(house->data, sizeof house->data, "/tmp/primrose-house-XXXXXX");
    const char *made = mkdtemp(house->data);
    assert(made != NULL);
    fill(house->data);
    options.data = house->data;
    options.listen = "127.0.0.1:0";
    options.loops = 1;
    options.clock = clock_system();
    options.password_cost = password_cost_least();
    struct why why = {""};
    must(service_open(&options, &house->service, &why), &why);
    must(http_client_open(&house->client, &why), &why);
    house->fetched.fields = buffer_init(1);
}

void house_open(struct house *house, unsigned roles)
{
    open_with(house, (struct service_options){.roles = roles});
}

void house_open_signed(struct house *house, unsigned roles, const char *access_keys)
{
    open_with(house, (struct service_options){.roles = roles, .access_keys = access_keys});
}

void house_open_steering(struct house *house, unsigned roles, const char *steering_map)
{
    open_with(house, (struct service_options){.roles = roles, .steering_map = steering_map});
}

void house_open_signalling(struct house *house, unsigned roles, const char *steering_url,
                           const char *media_url)
{
    open_with(house, (struct service_options){
                         .roles = roles, .steering_url = steering_url, .media_url = media_url});
}

void house_close(struct house *house)
{
    http_fetched_release(&house->fetched);
    buffer_release(&house->body);
    http_client_close(&house->client);
    service_close(&house->service);
    const outcome removed = folder_remove(house->data, NULL);
    assert(removed == OK);
}

int house_ask(struct house *house, const char *method, const char *path, const char *const *fields,
              const char *body)
{
    char url[1024];
    (void)snprintf(url, sizeof url, "http://%s%s", service_address(house->service), path);
    const struct http_fetch fetch = {
        .url = url,
        .method = method,
        .fields = fields,
        .body = body == NULL ? (struct slice){NULL, 0} : slice_of(body),
    };
    http_fetched_release(&house->fetched);
    house->body.len = 0;
    struct why why = {""};
    must(http_client_fetch(house->client, &fetch, &house->body, &house->fetched, &why), &why);
    const char *text = buffer_text(&house->body);
    assert(text != NULL);
    return house->fetched.status;
}

void house_sign_in(struct house *house, enum member_role role, char *out)
{
    const struct accounts *accounts = &house->service->door.accounts;
    const struct deed deed = {"system", ""};
    struct member member;
    struct session_grant grant;
    struct why why = {""};
    const struct member_draft draft = {.id = "member_example",
                                       .login = "ada",
                                       .name = "Ada",
                                       .password = "correct horse battery",
                                       .territory = "DE",
                                       .role = role};
    struct profile profile = {.id = "profile_example", .name = "Ada", .maturity_age = 18};
    must(member_add(accounts, deed, &draft, &member, &why), &why);
    must(profile_set_pin(accounts, &profile, "4711", &why), &why);
    must(profile_add(accounts, deed, member.id, &profile, &why), &why);
    must(session_begin(accounts, &member, "TV", "device_example", &grant, &why), &why);
    must(session_choose_profile(accounts, member.id, "device_example", profile.id, &why), &why);
    if (role == MEMBER_OPERATOR) atomic_store(&house->service->door.is_closed, true);
    memcpy(out, grant.token, sizeof grant.token);
}

int house_ask_as(struct house *house, const char *token, const char *method, const char *path,
                 const char *body)
{
    char line[SECRET_TOKEN_BYTES + 40];
    (void)snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    const char *const fields[] = {line, body == NULL ? NULL : "Content-Type: application/json",
                                  NULL};
    return house_ask(house, method, path, fields, body);
}

int house_get(struct house *house, const char *path)
{
    return house_ask(house, "GET", path, NULL, NULL);
}

json_t *house_json(struct house *house)
{
    json_t *json = NULL;
    struct why why = {""};
    must(json_parse(buffer_slice(&house->body), "the answer", &json, &why), &why);
    return json;
}

const char *house_field(const struct house *house, const char *name)
{
    static char text[1024];
    struct slice value = {NULL, 0};
    if (!http_fetched_field(&house->fetched, name, &value)) return "";
    (void)snprintf(text, sizeof text, "%.*s", SLICE_ARG(value));
    return text;
}
