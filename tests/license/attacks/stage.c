// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include "base/random.h"
#include "catalog/title_keys.h"

#include <fcntl.h>

static int64_t stage_monotonic_us(const struct clock *clock)
{
    return clock_us(clock_system()) + ((const struct stage_clock *)clock)->passed_ms * 1000;
}

static int64_t stage_wall_ms(const struct clock *clock)
{
    const struct stage_clock *moved = (const struct stage_clock *)clock;
    return clock_wall_ms(clock_system()) + moved->wall_offset_ms + moved->passed_ms;
}

int64_t stage_now_ms(const struct stage *stage)
{
    return clock_wall_ms(&stage->clock.clock);
}

void stage_move_clock(struct stage *stage, int64_t ms)
{
    stage->clock.wall_offset_ms += ms;
}

void stage_wait(struct stage *stage, int64_t ms)
{
    stage->clock.passed_ms += ms;
}

// A title whose tracks are encrypted, as ingest leaves it behind.
static void publish(struct stage *stage, struct table_store *tables)
{
    static const enum key_class classes[STAGE_KEYS] = {KEY_FOR_AUDIO, KEY_FOR_SD, KEY_FOR_HD,
                                                       KEY_FOR_UHD};
    autoring *ring = NULL;
    char place[160];
    struct title_track tracks[STAGE_KEYS] = {{.name = ""}};
    char key_ids[STAGE_KEYS][KEY_ID_TEXT_BYTES];
    (void)snprintf(place, sizeof place, "%s/keys/ring", stage->data);
    assert_ok(key_ring_have(place, stage_now_ms(stage), &ring, &why_));
    for (size_t i = 0; i < STAGE_KEYS; i++) {
        const struct title_key_order order = {"film-1", classes[i], 0, stage_now_ms(stage)};
        struct title_key record;
        assert_ok(title_keys_make(tables, ring, &order, &record, &why_));
        stage->keys[i].class = classes[i];
        assert_ok(title_key_open(ring, &record, &stage->keys[i].key, &why_));
        tracks[i] = (struct title_track){.name = "t", .file = "t.mp4", .scheme = "cbcs"};
        tracks[i].key_id = key_id_format(&record.id, key_ids[i]);
    }
    const struct title film = {.id = "film-1",
                               .version = "1",
                               .title = "Film",
                               .hls = "main.m3u8",
                               .dash = "manifest.mpd",
                               .tracks = tracks,
                               .track_count = STAGE_KEYS};
    assert_ok(title_publish(tables, &film, &why_));
}

static void register_device(struct stage *stage)
{
    autobuffer message = buffer_init(REGISTRATION_BYTES_MAX);
    size_t len = 0;
    assert_ok(p256_key_make(&stage->identity, &why_));
    device_id_make(p256_key_point(stage->identity), &stage->device);
    assert_ok(device_registration_make(stage->identity, "attacker's own", stage_now_ms(stage),
                                       &message, &why_));
    assert_int_equal(stage_post(stage, "/v1/licences/devices", NULL, NULL, buffer_slice(&message)),
                     200);
    autojson *json = NULL;
    assert_ok(json_parse(buffer_slice(&stage->body), "the answer", &json, &why_));
    const char *key = json_string_value(json_array_get(json_object_get(json, "service_keys"), 0));
    assert_ok(base64_parse(BASE64_URL, slice_of(key), stage->service_key.bytes,
                           ED25519_PUBLIC_BYTES, &len, &why_));
}

// What the service writes to stderr goes to a file from here on.
static void keep_log(struct stage *stage)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/log", stage->data);
    stage->log = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    stage->stderr_kept = dup(STDERR_FILENO);
    assert_true(stage->log >= 0 && stage->stderr_kept >= 0);
    (void)fflush(stderr);
    assert_int_equal(dup2(stage->log, STDERR_FILENO), STDERR_FILENO);
}

void stage_serve(struct stage *stage, const char *trusted_proxies)
{
    stage_serve_with(stage, trusted_proxies, NULL);
}

void stage_serve_with(struct stage *stage, const char *trusted_proxies, const char *partners)
{
    char map[1024];
    const char *source = getenv("PRIMROSE_SOURCE");
    (void)snprintf(map, sizeof map, "%s/tests/net/territory.mmdb", source == NULL ? "." : source);
    const struct licence_settings settings = {
        .unknown_territory = "deny",
        .partners = partners,
    };
    const struct service_options options = {
        .data = stage->data,
        .territories = map,
        .trusted_proxies = trusted_proxies,
        .listen = "127.0.0.1:0",
        .roles = ROLE_API | ROLE_LICENSE,
        .loops = 1,
        .licences = &settings,
        .clock = &stage->clock.clock,
    };
    service_close(&stage->service);
    assert_ok(service_open(&options, &stage->service, &why_));
}

int stage_open(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    char path[160];
    assert_non_null(stage);
    stage->clock.clock = (struct clock){stage_monotonic_us, stage_wall_ms};
    stage->body = buffer_init(1 << 20);
    folder_new(stage->data);
    (void)snprintf(path, sizeof path, "%s/keys", stage->data);
    assert_ok(folder_make(path, &why_));
    stage_serve(stage, "");
    assert_ok(http_client_open(&stage->client, &why_));
    (void)snprintf(path, sizeof path, "%s/keys/entitlement.pem", stage->data);
    assert_ok(entitlement_keys_load(path, &stage->signing, &why_));
    publish(stage, stage->service->stores.tables);
    register_device(stage);
    keep_log(stage);
    *state = stage;
    return 0;
}

int stage_close(void **state)
{
    struct stage *stage = *state;
    (void)fflush(stderr);
    assert_int_equal(dup2(stage->stderr_kept, STDERR_FILENO), STDERR_FILENO);
    fd_close(&stage->stderr_kept);
    fd_close(&stage->log);
    http_client_close(&stage->client);
    service_close(&stage->service);
    entitlement_keys_close(&stage->signing);
    p256_key_close(&stage->identity);
    buffer_release(&stage->body);
    assert_ok(folder_remove(stage->data, &why_));
    free(stage);
    return 0;
}

struct entitlement stage_claims(const struct stage *stage, const char *session)
{
    const int64_t now_ms = stage_now_ms(stage), now_s = now_ms / 1000;
    struct entitlement claims = {
        .member = "member_1",
        .title = "film-1",
        .key_classes = entitlement_classes(KEY_FOR_HD),
        .issued_s = now_s,
        .not_before_s = now_s,
        .expires_s = now_s + 600,
        .account_streams_max = 3,
        .title_streams_max = 2,
    };
    id_make("ent", now_ms, claims.id);
    (void)snprintf(claims.session, sizeof claims.session, "%s", session);
    return claims;
}

struct buffer stage_token(const struct stage *stage, const struct entitlement *claims)
{
    struct buffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    assert_ok(entitlement_make(stage->signing, ENTITLEMENT_FOR_LICENSE, claims, &token, &why_));
    assert_non_null(buffer_text(&token));
    return token;
}

static void read_code(struct stage *stage)
{
    static const char prefix[] = "/problems/";
    autojson *json = NULL;
    stage->code[0] = '\0';
    if (stage->status < 400) return;
    assert_ok(json_parse(buffer_slice(&stage->body), "the problem", &json, &why_));
    const char *type = json_string_value(json_object_get(json, "type"));
    assert_non_null(type);
    assert_int_equal(strncmp(type, prefix, strlen(prefix)), 0);
    (void)snprintf(stage->code, sizeof stage->code, "%s", type + strlen(prefix));
}

int stage_post(struct stage *stage, const char *path, const char *token, const char *line,
               struct slice body)
{
    char url[256], bearer[ENTITLEMENT_TOKEN_BYTES * 2 + 64];
    const char *fields[4] = {"Content-Type: application/json", NULL};
    size_t count = 1;
    (void)snprintf(url, sizeof url, "http://%s%s", service_address(stage->service), path);
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", token == NULL ? "" : token);
    if (token != NULL) fields[count++] = bearer;
    if (line != NULL) fields[count] = line;
    const struct http_fetch fetch = {.url = url,
                                     .method = "POST",
                                     .fields = fields,
                                     .body = body.at == NULL ? slice_of("") : body};
    struct http_fetched fetched = {.status = 0};
    stage->body.len = 0;
    assert_ok(http_client_fetch(stage->client, &fetch, &stage->body, &fetched, &why_));
    stage->status = fetched.status;
    http_fetched_release(&fetched);
    read_code(stage);
    return stage->status;
}

int stage_clearkey(struct stage *stage, const char *token, const char *keys)
{
    autojson *kids = json_array();
    autobuffer body = buffer_init(4096);
    for (const char *at = keys; *at != '\0'; at++) {
        autobuffer text = buffer_init(64);
        const struct slice id = {stage->keys[*at - '0'].key.id.bytes, KEY_ID_BYTES};
        assert_ok(base64_format(BASE64_URL, id, &text, &why_));
        json_array_append_new(kids, json_string(buffer_text(&text)));
    }
    autojson *request = json_pack("{s:O, s:s}", "kids", kids, "type", "temporary");
    assert_ok(json_format(request, &body, &why_));
    return stage_post(stage, "/v1/licences/clearkey", token, NULL, buffer_slice(&body));
}

struct device_challenge stage_wish(const struct stage *stage, const char *keys)
{
    struct device_challenge wish = {.kind = LICENCE_STREAMED, .wall_ms = stage_now_ms(stage)};
    (void)snprintf(wish.title, sizeof wish.title, "film-1");
    for (const char *at = keys; *at != '\0'; at++)
        wish.key_ids[wish.key_count++] = stage->keys[*at - '0'].key.id;
    return wish;
}

int stage_native(struct stage *stage, const char *token, const struct p256_key *identity,
                 const struct device_challenge *wish)
{
    struct device_challenge challenge = *wish;
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    assert_ok(device_challenge_make(identity, &challenge, &one_time, &message, &why_));
    return stage_post(stage, "/v1/licences/native", token, NULL, buffer_slice(&message));
}

static void must_lack(const char *text, size_t len, const char *secret, const char *where)
{
    if (secret[0] != '\0' && memmem(text, len, secret, strlen(secret)) != NULL) {
        print_error("a secret stands in %s\n", where);
        _fail(__FILE__, __LINE__);
    }
}

static void must_lack_secrets(const struct stage *stage, const char *text, size_t len,
                              const char *token, const char *where)
{
    for (size_t i = 0; i < STAGE_KEYS; i++) {
        const uint8_t *secret = stage->keys[i].key.secret;
        char hex[2 * CONTENT_KEY_BYTES + 1];
        autobuffer letters = buffer_init(64);
        hex_format(secret, CONTENT_KEY_BYTES, hex);
        assert_ok(
            base64_format(BASE64_URL, (struct slice){secret, CONTENT_KEY_BYTES}, &letters, &why_));
        must_lack(text, len, hex, where);
        must_lack(text, len, buffer_text(&letters), where);
        assert_null(memmem(text, len, secret, CONTENT_KEY_BYTES));
    }
    const char *signature = token == NULL ? NULL : strrchr(token, '.');
    if (signature != NULL && strlen(signature) > 20) must_lack(text, len, signature + 1, where);
}

void stage_must_deny(struct stage *stage, const char *token, const char *code)
{
    static char log[STAGE_LOG_BYTES];
    char expected[100];
    assert_in_range(stage->status, 400, 429);
    assert_string_equal(stage->code, code);
    must_lack_secrets(stage, (const char *)stage->body.at, stage->body.len, token, "the answer");
    const ssize_t len = pread(stage->log, log, sizeof log - 1, stage->log_at);
    assert_true(len > 0 && len < (ssize_t)sizeof log - 1);
    log[len] = '\0';
    stage->log_at += len;
    (void)snprintf(expected, sizeof expected, "license.denied code=%s ", code);
    assert_non_null(strstr(log, expected));
    must_lack_secrets(stage, log, (size_t)len, token, "the log");
}
