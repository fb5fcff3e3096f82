// SPDX-License-Identifier: Apache-2.0
#include "app/edge_service.h"

#include "base/base64.h"
#include "base/file.h"
#include "delivery/access_gate.h"
#include "drm/cose.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#define KEY "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define KEYS                                                                                       \
    "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\"," KEY                                             \
    ",{\"kid\":\"c\",\"for\":\"cat\",\"alg\":\"HS256\",\"iss\":\"play\"," KEY "]}"
#define FOLDER "/media/the-lamplighter/3f9c/"
#define VIEWER "192.0.2.1" // in Germany, by tests/net/territory.mmdb

static void it_listens_and_ends(void **state)
{
    (void)state;
    static const char *const upstreams[] = {"http://127.0.0.1:1"};
    const struct edge_service_options options = {
        .listen = "127.0.0.1:0",
        .loops = 2,
        .clock = clock_system(),
        .edge = {.upstreams = upstreams, .upstream_count = 1, .memory_bytes = 8 << 20}};
    struct edge_service *service = NULL;
    struct why why = {""};
    assert_int_equal(edge_service_open(&options, &service, &why), OK);
    assert_true(strncmp(edge_service_address(service), "127.0.0.1:", 10) == 0);
    assert_int_equal(edge_counters(edge_service_edge(service)).hits, 0);
    assert_true(edge_service_renew(service, &why));
    edge_service_close(&service);
    assert_null(service);
}

static void what_cannot_be_is_refused_with_a_sentence(void **state)
{
    (void)state;
    static const char *const upstreams[] = {"ftp://127.0.0.1/"};
    struct edge_service_options options = {
        .listen = "127.0.0.1:0",
        .loops = 1,
        .clock = clock_system(),
        .edge = {.upstreams = upstreams, .upstream_count = 1, .memory_bytes = 8 << 20}};
    struct edge_service *service = NULL;
    struct why why = {""};
    assert_int_equal(edge_service_open(&options, &service, &why), INVALID);
    assert_non_null(strstr(why.text, "upstream"));
    options.edge.upstreams = (const char *const[]){"http://127.0.0.1:1"};
    options.edge.memory_bytes = 1;
    assert_int_equal(edge_service_open(&options, &service, &why), INVALID);
}

// An origin, an edge that asks for signed access in front of it, and a proxy in front of that.
struct way {
    struct house origin;
    struct edge_service *edge;
    struct access_gate *gate; // makes tokens
    int64_t now_s;
    char keys[32], upstream[64], map[1024];
};

static void open_way(struct way *way, uint32_t token_per_s)
{
    struct why why = {""};
    *way = (struct way){.now_s = clock_wall_ms(clock_system()) / 1000,
                        .keys = "/tmp/edge-keys-XXXXXX"};
    autofd fd = mkstemp(way->keys);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(KEYS), NULL), OK);
    house_open(&way->origin, ROLE_ORIGIN);
    (void)snprintf(way->upstream, sizeof way->upstream, "http://%s",
                   service_address(way->origin.service));
    const char *source = getenv("PRIMROSE_SOURCE");
    (void)snprintf(way->map, sizeof way->map, "%s/tests/net/territory.mmdb",
                   source == NULL ? "." : source);
    static const char *upstreams[1];
    upstreams[0] = way->upstream;
    const struct edge_service_options options = {.listen = "127.0.0.1:0",
                                                 .loops = 1,
                                                 .clock = clock_system(),
                                                 .access_keys = way->keys,
                                                 .trusted_proxies = "127.0.0.0/8",
                                                 .territories = way->map,
                                                 .edge = {.upstreams = upstreams,
                                                          .upstream_count = 1,
                                                          .memory_bytes = 8 << 20,
                                                          .token_per_s = token_per_s}};
    if (edge_service_open(&options, &way->edge, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(access_gate_open(way->keys, &way->gate, NULL), OK);
}

static void close_way(struct way *way)
{
    edge_service_close(&way->edge);
    access_gate_close(&way->gate);
    house_close(&way->origin);
    assert_int_equal(unlink(way->keys), 0);
}

// Asks the edge as VIEWER; the status. `field` may be NULL.
static int ask(struct way *way, const char *path, const char *field)
{
    char url[2048];
    struct house *house = &way->origin;
    const char *const fields[] = {"X-Forwarded-For: " VIEWER, field, NULL};
    (void)snprintf(url, sizeof url, "http://%s%s", edge_service_address(way->edge), path);
    const struct http_fetch fetch = {.url = url, .fields = fields};
    http_fetched_release(&house->fetched);
    house->body.len = 0;
    assert_int_equal(http_client_fetch(house->client, &fetch, &house->body, &house->fetched, NULL),
                     OK);
    assert_non_null(buffer_text(&house->body));
    return house->fetched.status;
}

static void assert_problem(struct way *way, const char *type)
{
    autojson *json = house_json(&way->origin);
    assert_string_equal(json_string_value(json_object_get(json, "type")), type);
    assert_string_equal(house_field(&way->origin, "Cache-Control"), "no-store");
}

// The path of the film's track under a token until `expires_s`, bound to `client`.
static const char *signed_path(struct way *way, int64_t expires_s, const char *client)
{
    static char path[256];
    char token[ACCESS_TOKEN_BYTES];
    struct address address = {.len = 0};
    if (client != NULL) assert_int_equal(address_parse(slice_of(client), &address, NULL), OK);
    assert_int_equal(access_gate_make_token(way->gate, FOLDER, expires_s, &address, token, NULL),
                     OK);
    (void)snprintf(path, sizeof path, "/~%s" FOLDER "v-1080p.mp4", token);
    return path;
}

static void an_edge_serves_holders_of_tokens_from_one_copy(void **state)
{
    (void)state;
    struct way way;
    open_way(&way, 0);
    const struct edge *edge = edge_service_edge(way.edge);
    assert_int_equal(ask(&way, FOLDER "v-1080p.mp4", NULL), 401);
    assert_problem(&way, "/problems/access-required");
    assert_string_equal(house_field(&way.origin, "WWW-Authenticate"), "SignedAccess");
    assert_int_equal(ask(&way, signed_path(&way, way.now_s - 600, NULL), NULL), 401);
    assert_problem(&way, "/problems/access-expired");
    assert_int_equal(edge_counters(edge).fetches, 0); // the origin has heard nothing of it

    assert_int_equal(ask(&way, signed_path(&way, way.now_s + 600, NULL), NULL), 200);
    assert_int_equal(way.origin.body.len, HOUSE_TRACK_BYTES);
    const uint64_t fetches = edge_counters(edge).fetches;
    assert_int_equal(ask(&way, signed_path(&way, way.now_s + 700, VIEWER), NULL), 200);
    assert_int_equal(way.origin.body.len, HOUSE_TRACK_BYTES);
    assert_int_equal(edge_counters(edge).fetches, fetches); // another token, the same copy
    assert_int_equal(edge_counters(edge).hits, 1);

    // The proxy's address is not the viewer's.
    assert_int_equal(ask(&way, signed_path(&way, way.now_s + 600, "127.0.0.1"), NULL), 403);
    assert_problem(&way, "/problems/access-forged");
    close_way(&way);
}

static void an_edge_says_451_outside_the_tokens_countries(void **state)
{
    (void)state;
    static const struct {
        const char *countries; // of catgeoiso3166, in CBOR
        int status;
    } cases[] = {{"81624445", 200}, {"81625553", 451}};
    struct way way;
    struct access_keys *keys = NULL;
    open_way(&way, 0);
    assert_int_equal(access_keys_parse(slice_of(KEYS), "keys", &keys, NULL), OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t claims[64];
        char hex[128], field[600];
        (void)snprintf(hex, sizeof hex, "a30164706c6179041a%08llx19013c%s",
                       (unsigned long long)way.now_s + 600, cases[i].countries);
        const size_t len = strlen(hex) / 2;
        assert_int_equal(slice_hex(slice_of(hex), claims, len, NULL), OK);
        autobuffer cose = buffer_init(COSE_BYTES_MAX), text = buffer_init(COSE_BYTES_MAX * 2);
        assert_int_equal(cose_mac0_make(&keys->keys[1].key, slice_of("c"),
                                        (struct slice){claims, len}, &cose, NULL),
                         OK);
        assert_int_equal(base64_format(BASE64_URL, buffer_slice(&cose), &text, NULL), OK);
        (void)snprintf(field, sizeof field, "CTA-Common-Access-Token: %s", buffer_text(&text));
        assert_int_equal(ask(&way, FOLDER "v-1080p.mp4", field), cases[i].status);
    }
    assert_problem(&way, "/problems/access-territory");
    access_keys_close(&keys);
    close_way(&way);
}

static void a_token_may_ask_so_often_and_another_has_its_own_share(void **state)
{
    (void)state;
    struct way way;
    open_way(&way, 1);
    char first[256];
    (void)snprintf(first, sizeof first, "%s", signed_path(&way, way.now_s + 600, NULL));
    int status = 200;
    for (int i = 0; i < 1000 && status == 200; i++) // the clock goes on meanwhile
        status = ask(&way, first, NULL);
    assert_int_equal(status, 429);
    assert_problem(&way, "/problems/too-many-requests");
    assert_string_equal(house_field(&way.origin, "Retry-After"), "1");
    assert_int_equal(ask(&way, signed_path(&way, way.now_s + 700, NULL), NULL), 200);
    close_way(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_listens_and_ends),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_sentence),
        cmocka_unit_test(an_edge_serves_holders_of_tokens_from_one_copy),
        cmocka_unit_test(a_token_may_ask_so_often_and_another_has_its_own_share),
        cmocka_unit_test(an_edge_says_451_outside_the_tokens_countries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
