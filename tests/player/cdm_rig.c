// SPDX-License-Identifier: Apache-2.0
#include "cdm_rig.h"

#include "base/clock.h"
#include "base/file.h"
#include "media/packager.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILE_BYTES_MAX = 16 << 20, WAIT_MS = 30000 };

#define KEY_TEXT "a1a2a3a4a5a6a7a8a9aaabacadaeafb0:"

char folder[] = "/tmp/primrose-cdm-XXXXXX";

struct made films[2][FILMS];

uint8_t masked_key[CONTENT_KEY_BYTES], mask[CONTENT_KEY_BYTES];

const char *built(const char *name)
{
    static char path[512];
    const char *build = getenv("PRIMROSE_BUILD");
    (void)snprintf(path, sizeof path, "%s/%s", build == NULL ? "build" : build, name);
    return path;
}

static void run_program(const char *const *words)
{
    const pid_t child = fork();
    if (child == 0) {
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
}

static void make_clip(const char *name, const char *source, const char *codec)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    const char *const words[] = {"ffmpeg",
                                 "-v",
                                 "error",
                                 "-f",
                                 "lavfi",
                                 "-i",
                                 source,
                                 "-c",
                                 codec,
                                 "-g",
                                 "25",
                                 "-preset",
                                 "ultrafast",
                                 "-cpu-used",
                                 "8",
                                 "-x265-params",
                                 "log-level=none",
                                 "-y",
                                 path,
                                 NULL};
    run_program(words);
}

// In a child, so that the clear key is never in this process.
static void package_in_child(const char *clip, enum track_kind kind, enum cenc_scheme scheme,
                             const char *out)
{
    const pid_t child = fork();
    if (child == 0) {
        char input[PATH_MAX], key[128];
        struct arena arena = arena_init(256 << 20);
        struct package_report report;
        struct key_set keys = {.count = 0};
        uint8_t secret[CONTENT_KEY_BYTES];
        for (size_t i = 0; i < sizeof secret; i++)
            secret[i] = masked_key[i] ^ mask[i];
        memcpy(key, KEY_TEXT, sizeof KEY_TEXT - 1);
        hex_format(secret, sizeof secret, key + sizeof KEY_TEXT - 1);
        (void)snprintf(input, sizeof input, "%s/%s", folder, clip);
        if (key_set_add(&keys, key, NULL) != OK) _exit(1);
        const struct protection_order order = {.scheme = scheme, .keys = &keys};
        const struct package_input inputs[] = {{.kind = kind, .path = input}};
        const struct package_job job = {.inputs = inputs,
                                        .input_count = 1,
                                        .segment_ms = 2000,
                                        .folder = out,
                                        .protection = &order};
        _exit(package_run(&arena, &job, &report, NULL) != OK);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
}

static void find_film(const char *path, char *out)
{
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (slice_ends(slice_of(entry->d_name), ".mp4"))
            (void)snprintf(out, PATH_MAX, "%.2000s/%.255s", path, entry->d_name);
    closedir(entries);
}

int make_films(void **state)
{
    static const struct {
        const char *name, *source, *codec;
        enum track_kind kind;
        size_t frames;
    } clips[] = {
        {"avc.mp4", "testsrc2=s=320x180:r=25:d=4", "libx264", TRACK_VIDEO, 100},
        {"hevc.mp4", "testsrc2=s=320x180:r=25:d=2", "libx265", TRACK_VIDEO, 50},
        {"av1.mp4", "testsrc2=s=160x90:r=25:d=1", "libaom-av1", TRACK_VIDEO, 25},
        {"aac.mp4", "sine=f=330:r=48000:d=4", "aac", TRACK_AUDIO, 188},
    };
    if (mkdtemp(folder) == NULL) return -1;
    int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (read(random, mask, sizeof mask) != sizeof mask) return -1;
    if (read(random, masked_key, sizeof masked_key) != sizeof masked_key) return -1;
    (void)close(random);
    for (size_t i = 0; i < FILMS; i++) {
        make_clip(clips[i].name, clips[i].source, clips[i].codec);
        for (int scheme = SCHEME_CBCS; scheme < SCHEME_COUNT; scheme++) {
            char out[PATH_MAX];
            struct made *film = &films[scheme - 1][i];
            (void)snprintf(out, sizeof out, "%s/%s-%d", folder, clips[i].name, scheme);
            package_in_child(clips[i].name, clips[i].kind, (enum cenc_scheme)scheme, out);
            find_film(out, film->path);
            film->frames = clips[i].frames;
        }
    }
    return 0;
}

int drop_films(void **state)
{
    return folder_remove(folder, NULL) != OK;
}

struct cdm *start_cdm(const char *device)
{
    struct cdm *cdm = NULL;
    struct why why = {""};
    const struct cdm_options options = {built("primrose-cdm"), device};
    if (cdm_open(&options, &cdm, &why) != OK) fail_msg("%s", why.text);
    return cdm;
}

const struct key_id film_key = {{0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab,
                                 0xac, 0xad, 0xae, 0xaf, 0xb0}};

static const uint8_t service_seed[ED25519_SEED_BYTES] = {9};

// The service's side, in a child: it alone holds the clear key. Answers through a pipe.
void serve_licence(struct slice registration, struct slice challenge,
                   const struct licence_terms *terms, struct buffer *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct device_registration device;
        struct device_challenge asked;
        struct ed25519_key *service = NULL;
        struct licence_keys keys = {.count = 1};
        struct buffer licence = buffer_init(LICENCE_BYTES_MAX);
        keys.keys[0].key.id = film_key;
        for (size_t i = 0; i < CONTENT_KEY_BYTES; i++)
            keys.keys[0].key.secret[i] = masked_key[i] ^ mask[i];
        if (device_registration_open(registration, &device, NULL) != OK ||
            device_challenge_open(challenge, &device.point, &asked, NULL) != OK ||
            ed25519_key_load(service_seed, &service, NULL) != OK ||
            device_licence_make(&asked, terms, &keys, service, NULL, &licence, NULL) != OK ||
            fd_write(ends[1], buffer_slice(&licence), NULL) != OK)
            _exit(1);
        _exit(0);
    }
    (void)close(ends[1]);
    *out = buffer_init(LICENCE_BYTES_MAX);
    assert_int_equal(buffer_reserve(out, LICENCE_BYTES_MAX, NULL), OK);
    for (ssize_t got; (got = read(ends[0], out->at + out->len, LICENCE_BYTES_MAX - out->len)) > 0;)
        out->len += (size_t)got;
    (void)close(ends[0]);
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
}

struct licence_terms terms_for(enum licence_kind kind)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    return (struct licence_terms){
        .kind = kind, .issued_ms = now_ms, .expires_ms = now_ms + HOUR_MS};
}

void trust_service(struct cdm *cdm)
{
    autoed25519 *service = NULL;
    assert_int_equal(ed25519_key_load(service_seed, &service, NULL), OK);
    assert_int_equal(cdm_trust(cdm, ed25519_key_public(service), NULL), OK);
}

outcome get_licence(struct cdm *cdm, const struct licence_terms *terms, struct device_licence *out,
                    struct why *why)
{
    autobuffer registration = buffer_init(REGISTRATION_BYTES_MAX);
    autobuffer challenge = buffer_init(CHALLENGE_BYTES_MAX), licence;
    const struct cdm_wish wish = {
        .title = "title_x", .kind = terms->kind, .key_ids = &film_key, .key_count = 1};
    uint64_t number = 0;
    assert_int_equal(cdm_register(cdm, "test", &registration, NULL), OK);
    assert_int_equal(cdm_challenge(cdm, &wish, &number, &challenge, NULL), OK);
    serve_licence(buffer_slice(&registration), buffer_slice(&challenge), terms, &licence);
    return cdm_licence(cdm, number, buffer_slice(&licence), out, why);
}

struct cdm *licensed_cdm(void)
{
    struct cdm *cdm = start_cdm(NULL);
    const struct licence_terms terms = terms_for(LICENCE_STREAMED);
    struct device_licence licence;
    struct why why = {""};
    trust_service(cdm);
    if (get_licence(cdm, &terms, &licence, &why) != OK) fail_msg("%s", why.text);
    assert_true(licence.terms.expires_ms == terms.expires_ms);
    return cdm;
}

void playing_open(struct playing *playing, struct cdm *cdm, const struct made *film)
{
    *playing = (struct playing){.bytes = buffer_init(FILE_BYTES_MAX)};
    assert_int_equal(file_read(film->path, &playing->bytes, NULL), OK);
    const uint8_t *sidx = memmem(playing->bytes.at, playing->bytes.len, "sidx", 4);
    assert_non_null(sidx);
    playing->init_bytes = (size_t)(sidx - playing->bytes.at) - 4;
    assert_int_equal(decoder_open(&playing->decoder, built("primrose-decode"), NULL), OK);
    assert_int_equal(protected_lane_open(&playing->lane, cdm, playing->decoder, NULL), OK);
}

outcome playing_feed(struct playing *playing, struct why *why)
{
    const struct slice init = {playing->bytes.at, playing->init_bytes};
    TRY(protected_lane_init(&playing->lane, init, why));
    return protected_lane_media(&playing->lane, playing->bytes.at + playing->init_bytes,
                                playing->bytes.len - playing->init_bytes, why);
}

struct decoder_counts playing_end(struct playing *playing)
{
    struct decoder_counts counts = {0, 0};
    struct why why = {""};
    assert_int_equal(protected_lane_end(&playing->lane, NULL), OK);
    if (decoder_finish(playing->decoder, WAIT_MS, &counts, &why) != OK) fail_msg("%s", why.text);
    decoder_close(&playing->decoder);
    protected_lane_release(&playing->lane);
    buffer_release(&playing->bytes);
    return counts;
}
