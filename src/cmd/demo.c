// SPDX-License-Identifier: Apache-2.0
//
// primrose demo: makes the demo film, ingests it, serves it; with --check plays it too.
#include "base/file.h"
#include "base/json.h"
#include "base/program.h"
#include "base/url.h"
#include "cmd/child.h"
#include "cmd/ingest_view.h"
#include "cmd/play_print.h"
#include "cmd/protect.h"
#include "cmd/verb.h"
#include "net/http_client.h"
#include "player/play.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SERVE_WAIT_MS = 20000,
    REPLY_BYTES_MAX = 64 * 1024,
    URL_BYTES = 2048,
};

struct demo_options {
    const char *data;
    const char *listen;
    const char *ladder;
    const char *drm;
    int64_t play_ms;
    bool is_check;
    bool is_json;
};

static const struct option options[] = {
    {.name = "check",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct demo_options, is_check),
     .doc = "Play the film with the headless player, report, and end: 0 when it plays without a "
            "stall and every picture decodes. Uses a data folder of its own unless --data is "
            "given."},
    {.name = "data",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .offset = offsetof(struct demo_options, data),
     .doc = "Where titles are kept; else the setting store.data."},
    {.name = "listen",
     .letter = 'l',
     .kind = OPTION_TEXT,
     .value = "ADDR",
     .config = "serve.listen",
     .offset = offsetof(struct demo_options, listen),
     .doc = "Where to serve the film; --check takes a free port."},
    {.name = "ladder",
     .kind = OPTION_TEXT,
     .value = "NAME|FILE",
     .initial = "demo",
     .offset = offsetof(struct demo_options, ladder),
     .doc = "Renditions to encode."},
    {.name = "drm",
     .kind = OPTION_CHOICE,
     .value = "cbcs|cenc|none",
     .initial = "cbcs",
     .offset = offsetof(struct demo_options, drm),
     .doc =
         "How the film is encrypted; players get its keys from the licence service of the house."},
    {.name = "for",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .initial = "20s",
     .min = 1000,
     .offset = offsetof(struct demo_options, play_ms),
     .doc = "How much of the film --check plays."},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct demo_options, is_json),
     .doc = "With --check: print the result as one JSON object."},
};

struct demo {
    const struct demo_options *chosen;
    const char *ring, *studio_ring; // where configured
    char self[PATH_MAX];
    char data[PATH_MAX];
    char film[PATH_MAX + 16]; // the rendered film's folder
    int64_t render_us, ingest_us;
    struct ingest_result title;
    char url[URL_BYTES]; // of the server, with '/' at the end
    char manifest[URL_BYTES * 2];
};

static int64_t now(void)
{
    return clock_us(clock_system());
}

// share/demo lies beside the build folder, or under share/primrose where the program is installed.
static outcome find_renderer(const char *self, char *out, size_t room, struct why *why)
{
    static const char *const places[] = {"../share/demo/render", "../share/primrose/demo/render"};
    const char *slash = strrchr(self, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - self);
    for (size_t i = 0; i < TABLE_COUNT(places); i++) {
        (void)snprintf(out, room, "%.*s/%s", folder, self, places[i]);
        if (access(out, X_OK) == 0) return OK;
    }
    return fail(why, NOT_FOUND,
                "share/demo/render is neither beside the folder of %s nor under "
                "share/primrose: install Primrose whole",
                self);
}

static outcome render(struct demo *demo, struct why *why)
{
    char renderer[PATH_MAX + 64];
    TRY(find_renderer(demo->self, renderer, sizeof renderer, why));
    (void)snprintf(demo->film, sizeof demo->film, "%s/demo-film", demo->data);
    TRY(folder_make(demo->data, why));
    const char *const argv[] = {renderer, demo->film, NULL};
    const int64_t start_us = now();
    struct child child = {0, -1};
    TRY(child_start(argv, CHILD_SHARES_OUTPUT, &child, why));
    TRY(child_wait(&child, "rendering the demo film", why));
    demo->render_us = now() - start_us;
    return OK;
}

static outcome take_in(struct demo *demo, struct why *why)
{
    static const struct option_texts no_systems = {.count = 0};
    struct ingest_view view = ingest_view_init(stderr);
    struct ingest_options wanted = {
        .path = demo->film,
        .ladder = demo->chosen->ladder,
        .data = demo->data,
        .workers = (size_t)sysconf(_SC_NPROCESSORS_ONLN),
        .studio_ring = demo->studio_ring,
        .worker = demo->self,
        .protection = {.scheme = protect_scheme(demo->chosen->drm)},
        .clock = clock_system(),
        .progressed = ingest_view_hear,
        .context = &view,
    };
    const int64_t start_us = now();
    struct studio_seal seal;
    autostores stores = {0};
    autoring *ring = NULL;
    if (wanted.protection.scheme != SCHEME_NONE) {
        TRY(protect_systems(&no_systems, wanted.protection.scheme, &wanted.protection.systems,
                            why));
        TRY(protect_ring(demo->ring, demo->data, &ring, why));
        wanted.protection.ring = ring;
    }
    TRY(stores_open(&stores, demo->data, clock_system(), why));
    TRY(protect_studio_make(demo->studio_ring, demo->data, &stores, &seal, why));
    TRY(ingest(&stores, &wanted, &demo->title, why));
    demo->ingest_us = now() - start_us;
    return OK;
}

static outcome start_server(struct demo *demo, struct child *server, struct why *why)
{
    const char *listen = demo->chosen->is_check ? "127.0.0.1:0" : demo->chosen->listen;
    const char *const argv[] = {demo->self, "serve",    "--listen", listen,
                                "--data",   demo->data, "--json",   NULL};
    char line[URL_BYTES];
    struct why waiting = {""};
    TRY(child_start(argv, CHILD_PIPES_OUTPUT, server, why));
    const outcome said = child_read_line(server, line, sizeof line, SERVE_WAIT_MS, &waiting);
    if (said != OK) return fail(why, said, "primrose serve did not start: %s", waiting.text);

    autojson *reply = NULL;
    const char *url = NULL;
    TRY(json_parse(slice_of(line), "the answer of primrose serve", &reply, why));
    TRY(json_text(reply, "the answer of primrose serve", "url", &url, why));
    (void)snprintf(demo->url, sizeof demo->url, "%s", url);
    return OK;
}

// Asks for the play as a player does: one call that answers with all it needs.
static outcome ask_playback(struct demo *demo, struct why *why)
{
    struct http_client *client = NULL;
    struct http_fetched fetched;
    char url[URL_BYTES + 32], body[128];
    autobuffer text = buffer_init(REPLY_BYTES_MAX);
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    (void)snprintf(url, sizeof url, "%sv1/playback", demo->url);
    autojson *asked = json_pack("{s:s}", "title_id", demo->title.title_id);
    const size_t len = json_dumpb(asked, body, sizeof body, JSON_COMPACT);
    const struct http_fetch fetch = {
        .url = url, .method = "POST", .fields = fields, .body = {(uint8_t *)body, len}};

    TRY(http_client_open(&client, why));
    outcome result = http_client_fetch(client, &fetch, &text, &fetched, why);
    http_client_close(&client);
    if (result != OK) return result;
    const int status = fetched.status;
    http_fetched_release(&fetched);
    if (status / 100 != 2) return fail(why, UNAVAILABLE, "%s answered %d", url, status);

    autojson *reply = NULL;
    const char *hls = NULL;
    TRY(json_parse(buffer_slice(&text), url, &reply, why));
    TRY(json_text(json_object_get(reply, "manifests"), "manifests", "hls", &hls, why));
    autobuffer whole = buffer_init(sizeof demo->manifest - 1);
    TRY(url_resolve(slice_of(demo->url), slice_of(hls), &whole, why));
    (void)snprintf(demo->manifest, sizeof demo->manifest, "%.*s", SLICE_ARG(buffer_slice(&whole)));
    return OK;
}

static outcome print_check(const struct demo *demo, const struct play_report *report,
                           struct why *why)
{
    if (!demo->chosen->is_json) {
        printf("rendered in %.1f s, ingested in %.1f s\n", (double)demo->render_us / 1e6,
               (double)demo->ingest_us / 1e6);
        play_print(report);
        return OK;
    }
    autojson *all = json_pack(
        "{s:f, s:f, s:I, s:i, s:i, s:I}", "render_s", (double)demo->render_us / 1e6, "ingest_s",
        (double)demo->ingest_us / 1e6, "first_frame_ms",
        (json_int_t)((report->startup_us + 500) / 1000), "stalls", (int)report->stall_count,
        "switches", (int)report->switch_count, "frames_decoded", (json_int_t)report->video.frames);
    if (all == NULL || json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(4)) != 0)
        return fail(why, NO_MEMORY, "the report could not be printed");
    putchar('\n');
    return OK;
}

static outcome check(struct demo *demo, struct why *why)
{
    TRY(ask_playback(demo, why));
    char device[PATH_MAX + 16]; // a player of this house alone
    (void)snprintf(device, sizeof device, "%s/demo-device", demo->data);
    const struct play_options play = {
        .url = demo->manifest,
        .device_path = device,
        .play_us = demo->chosen->play_ms * 1000,
        .is_decoding = true,
    };
    struct play_report report;
    TRY(play_run(&play, NULL, &report, why));
    TRY(print_check(demo, &report, why));
    const uint64_t faults = report.video.errors + report.audio.errors;
    if (faults > 0)
        return fail(why, CORRUPT, "%llu packets could not be decoded", (unsigned long long)faults);
    if (report.stall_count > 0)
        return fail(why, UNAVAILABLE, "the play stalled %u times", report.stall_count);
    const uint64_t shown =
        (uint64_t)report.played_us * demo->title.frames / (uint64_t)demo->title.duration_ms / 1000;
    if (report.video.frames + 1 < shown)
        return fail(why, CORRUPT, "%llu pictures were decoded of %llu that were shown",
                    (unsigned long long)report.video.frames, (unsigned long long)shown);
    return OK;
}

static outcome watch(struct demo *demo, struct child *server, struct why *why)
{
    printf("rendered in %.1f s, ingested in %.1f s: %zu renditions in %zu chunks, %zu audio and "
           "%zu caption tracks, %.1f MB\n"
           "Watch it at %stitle/%s (Ctrl-C ends)\n",
           (double)demo->render_us / 1e6, (double)demo->ingest_us / 1e6, demo->title.renditions,
           demo->title.chunks, demo->title.audio_tracks, demo->title.text_tracks,
           (double)demo->title.published_bytes / 1e6, demo->url, demo->title.title_id);
    (void)fflush(stdout);
    (void)signal(SIGINT, SIG_IGN); // the server gets it too, drains, and ends
    return child_wait(server, "primrose serve", why);
}

static outcome run_demo(struct demo *demo, struct why *why)
{
    autochild server = {0, -1};
    TRY(render(demo, why));
    if (demo->chosen->is_check) { // its figures are of one thing at a time
        TRY(take_in(demo, why));
        TRY(start_server(demo, &server, why));
        return check(demo, why);
    }
    TRY(start_server(demo, &server, why));
    printf("See how it is ingested at %soperators/jobs\n", demo->url);
    (void)fflush(stdout);
    TRY(take_in(demo, why));
    return watch(demo, &server, why);
}

// A check without --data leaves nothing behind and finds nothing there.
static outcome choose_data(struct demo *demo, const char *configured, bool *is_temporary,
                           struct why *why)
{
    const struct demo_options *chosen = demo->chosen;
    *is_temporary = chosen->is_check && chosen->data == NULL;
    if (!*is_temporary) {
        (void)snprintf(demo->data, sizeof demo->data, "%s",
                       chosen->data != NULL ? chosen->data : configured);
        return OK;
    }
    const char *folder = getenv("TMPDIR");
    (void)snprintf(demo->data, sizeof demo->data, "%s/primrose-demo-XXXXXX",
                   folder == NULL ? "/tmp" : folder);
    if (mkdtemp(demo->data) == NULL)
        return fail_errno(why, errno, "cannot make a folder like %s", demo->data);
    return OK;
}

static int run(const struct invocation *call)
{
    static struct demo demo;
    struct why why = {""};
    bool is_temporary = false;
    demo.chosen = call->options;
    demo.ring = config_value(call->config, "keys.ring");
    demo.studio_ring = config_value(call->config, "keys.studio");
    if (demo.chosen->is_json && !demo.chosen->is_check) {
        (void)!fail(&why, INVALID, "--json goes with --check");
        return verb_misuse(call, &why);
    }
    const outcome found = program_path(demo.self, &why);
    if (found != OK) return verb_end(call, found, &why);
    outcome result =
        choose_data(&demo, config_value(call->config, "store.data"), &is_temporary, &why);
    if (result == OK) result = run_demo(&demo, &why);
    struct why removing = {""};
    if (is_temporary && folder_remove(demo.data, &removing) != OK)
        fprintf(stderr, "primrose demo: %s\n", removing.text);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"demo", "make the film, ingest it, and serve it at http://127.0.0.1:8080"},
    {"demo --check", "the same, then play it and say how it went"},
    {"demo --check --drm none", "the same, without encryption"},
    {"demo --check --json", "for a script: times, stalls, switches, frames decoded"},
};

const struct verb verb_demo = {
    .name = "demo",
    .stage = STAGE_START,
    .operands = "",
    .summary = "make, ingest and serve the demo film",
    .story = "Renders a film of 45 seconds (with FFmpeg and eSpeak NG), brings it in as any master "
             "is, to be seen in the browser meanwhile, and serves it. What was rendered and "
             "published before is used again.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct demo_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
