// SPDX-License-Identifier: Apache-2.0
#include "app/media.h"

#include "base/file.h"
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

#define BASE "/media/the-lamplighter/3f9c/"

static void names_have_their_content_types(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"v-1080p.mp4", "video/mp4"},
        {"a-en.mp4", "audio/mp4"},
        {"main.m3u8", "application/vnd.apple.mpegurl"},
        {"manifest.mpd", "application/dash+xml"},
        {"t-en.vtt", "text/vtt; charset=utf-8"},
        {"poster.jpg", "image/jpeg"},
        {"a-en.m3u8", "application/vnd.apple.mpegurl"},
        {"x.bin", "application/octet-stream"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(media_content_type(cases[i][0]), cases[i][1]);
}

// First from the store, then from the loop's open files: the same answer.
static void files_are_served_in_parts_and_may_be_cached_for_ever(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ORIGIN);
    for (int round = 0; round < 2; round++) {
        const char *const fields[] = {"Range: bytes=1000-1999", NULL};
        assert_int_equal(house_ask(&house, "GET", BASE "v-1080p.mp4", fields, NULL), 206);
        assert_int_equal(house.body.len, 1000);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(house.body.at[i], (uint8_t)((1000 + i) * 31));
        assert_string_equal(house_field(&house, "Content-Range"), "bytes 1000-1999/100000");
        assert_string_equal(house_field(&house, "Cache-Control"),
                            "public, max-age=31536000, immutable");
        assert_string_equal(house_field(&house, "Content-Type"), "video/mp4");
        assert_non_null(
            strstr(house_field(&house, "Access-Control-Expose-Headers"), "Content-Range"));
        assert_string_not_equal(house_field(&house, "Last-Modified"), "");
        char condition[128];
        (void)snprintf(condition, sizeof condition, "If-None-Match: %s",
                       house_field(&house, "ETag"));
        const char *const known[] = {condition, NULL};
        assert_int_equal(house_ask(&house, "GET", BASE "v-1080p.mp4", known, NULL), 304);
        assert_int_equal(house_ask(&house, "HEAD", BASE "v-1080p.mp4", NULL, NULL), 200);
        assert_string_equal(house_field(&house, "Content-Length"), "100000");
    }
    assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 200);
    assert_int_equal(house.body.len, HOUSE_TRACK_BYTES);
    house_close(&house);
}

static void one_file_has_one_address(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ORIGIN);
    static const char *const none[] = {
        BASE "%76-1080p.mp4",
        BASE "..",
        BASE ".",
        "/media/the-lamplighter/3f9c/",
        "/media/the-lamplighter//main.m3u8",
        "/media/%2e%2e/3f9c/main.m3u8",
        "/media/the-lamplighter/3f9c/main.m3u8/",
        "/media/a/b/c\x7e",
        "/media",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(house_get(&house, none[i]), 404);
    house_close(&house);
}

static void a_players_preflight_is_let_through(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_ORIGIN);
    const char *const fields[] = {"Origin: https://player.example",
                                  "Access-Control-Request-Method: GET",
                                  "Access-Control-Request-Headers: cmcd-session, range", NULL};
    assert_int_equal(house_ask(&house, "OPTIONS", BASE "v-1080p.mp4", fields, NULL), 204);
    assert_string_equal(house_field(&house, "Access-Control-Allow-Origin"), "*");
    assert_non_null(strstr(house_field(&house, "Access-Control-Allow-Headers"), "CMCD-Session"));
    assert_non_null(strstr(house_field(&house, "Access-Control-Allow-Headers"), "Range"));
    assert_non_null(strstr(house_field(&house, "Access-Control-Allow-Methods"), "GET"));
    assert_int_equal(house_ask(&house, "DELETE", BASE "v-1080p.mp4", NULL, NULL), 405);
    assert_string_equal(house_field(&house, "Allow"), "GET, HEAD, OPTIONS");
    house_close(&house);
}

#define KEYS                                                                                       \
    "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\",\"kty\":\"oct\","                                 \
    "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}"

static const char *problem_type(struct house *house)
{
    static char type[64];
    json_t *json = house_json(house);
    (void)snprintf(type, sizeof type, "%s", json_string_value(json_object_get(json, "type")));
    json_decref(json);
    return type;
}

static void signed_files_are_for_holders_of_tokens(void **state)
{
    (void)state;
    struct house house;
    char path[] = "/tmp/media-keys-XXXXXX", token[ACCESS_TOKEN_BYTES], target[256], cookie[128];
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(KEYS), NULL), OK);
    house_open_signed(&house, ROLE_ORIGIN, path);
    assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 401);
    assert_string_equal(problem_type(&house), "/problems/access-required");
    assert_string_equal(house_field(&house, "Cache-Control"), "no-store");
    assert_string_equal(house_field(&house, "WWW-Authenticate"), "SignedAccess");
    assert_string_equal(house_field(&house, "Access-Control-Allow-Origin"), "*");

    // Bound to the client's address, which the connection tells.
    const struct address client = {.len = 4, .bytes = {127, 0, 0, 1}};
    const int64_t now_s = clock_wall_ms(clock_system()) / 1000;
    assert_int_equal(
        access_gate_make_token(house.service->gate, BASE, now_s + 600, &client, token, NULL), OK);
    for (int round = 0; round < 2; round++) { // from the store, then from the loop's open files
        (void)snprintf(target, sizeof target, "/~%s" BASE "v-1080p.mp4", token);
        assert_int_equal(house_get(&house, target), 200);
        assert_int_equal(house.body.len, HOUSE_TRACK_BYTES);
        (void)snprintf(cookie, sizeof cookie, "Cookie: primrose-access=%s", token);
        const char *const fields[] = {cookie, NULL};
        assert_int_equal(house_ask(&house, "GET", BASE "v-1080p.mp4", fields, NULL), 200);
        assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 401);
    }
    (void)snprintf(target, sizeof target, "/~%s/media/zebra/1/main.m3u8", token);
    assert_int_equal(house_get(&house, target), 403);
    assert_string_equal(problem_type(&house), "/problems/access-forged");
    assert_int_equal(house_get(&house, "/x" BASE "v-1080p.mp4"), 404); // no token's place
    house_close(&house);
    (void)unlink(path);
}

static int ask_as(struct house *house, const char *token, const char *target)
{
    return house_ask_as(house, token, "GET", target, NULL);
}

static const char *cache_control(const struct house *house)
{
    return house_field(house, "Cache-Control");
}

static void add_child(struct house *house)
{
    const struct accounts *accounts = &house->service->door.accounts;
    struct profile profile = {
        .id = "profile_child", .name = "Kid", .is_child = true, .maturity_age = 5};
    assert_int_equal(
        profile_add(accounts, (struct deed){"system", ""}, "member_example", &profile, NULL), OK);
}

// No cache keeps what a closed house serves because of who asks, and each profile gets what it may
// play, whatever addresses it knows.
static void a_closed_house_serves_profiles_what_they_may_play(void **state)
{
    (void)state;
    struct house house;
    char token[SECRET_TOKEN_BYTES];
    house_open(&house, ROLE_ORIGIN);
    assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 200);
    assert_string_equal(cache_control(&house), "public, max-age=31536000, immutable");
    house_sign_in(&house, MEMBER_OPERATOR, token);
    for (int round = 0; round < 2; round++) { // from the store, then from the loop's open files
        assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 401);
        assert_int_equal(ask_as(&house, token, BASE "v-1080p.mp4"), 200);
        assert_string_equal(cache_control(&house), "private, no-cache");
        assert_int_equal(ask_as(&house, token, BASE "poster.jpg"), 200);
        assert_string_equal(cache_control(&house), "private, no-cache");
    }
    assert_int_equal(ask_as(&house, token, "/media/none/1/main.m3u8"), 404);
    add_child(&house); // too young for fsk 6
    char other[SECRET_TOKEN_BYTES];
    struct session_grant grant;
    struct member ada;
    const struct accounts *accounts = &house.service->door.accounts;
    assert_int_equal(member_load(accounts, "member_example", &ada, NULL), OK);
    assert_int_equal(session_begin(accounts, &ada, "Tablet", "device_child", &grant, NULL), OK);
    memcpy(other, grant.token, sizeof grant.token);
    assert_int_equal(
        session_choose_profile(accounts, "member_example", "device_child", "profile_child", NULL),
        OK);
    assert_int_equal(ask_as(&house, other, BASE "v-1080p.mp4"), 403);
    assert_string_equal(problem_type(&house), "/problems/maturity");
    assert_int_equal(ask_as(&house, other, BASE "poster.jpg"), 403);
    house_close(&house);
}

// <img> of a page that is signed in has the cookie and no token.
static void posters_of_a_signed_house_are_for_who_finds_the_title(void **state)
{
    (void)state;
    struct house house;
    char path[] = "/tmp/media-keys-XXXXXX", token[SECRET_TOKEN_BYTES];
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(KEYS), NULL), OK);
    house_open_signed(&house, ROLE_ORIGIN, path);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    assert_int_equal(house_get(&house, BASE "poster.jpg"), 401);
    assert_int_equal(ask_as(&house, token, BASE "poster.jpg"), 200);
    assert_string_equal(cache_control(&house), "private, no-cache");
    assert_int_equal(ask_as(&house, token, BASE "storyboard-0.jpg"), 401);
    assert_string_equal(problem_type(&house), "/problems/access-required");
    assert_int_equal(ask_as(&house, token, BASE "v-1080p.mp4"), 401);
    assert_int_equal(ask_as(&house, "ps_made-up", BASE "poster.jpg"), 401);
    house_close(&house);
    (void)unlink(path);
}

static void manifests_name_the_steering_service_when_there_is_one(void **state)
{
    (void)state;
    static const char *const files[][2] = {
        {"main.m3u8", "#EXT-X-CONTENT-STEERING:SERVER-URI=\"/v1/steering\",PATHWAY-ID=\".\"\n"},
        {"manifest.mpd", "<BaseURL serviceLocation=\".\">https://m.example" BASE "</BaseURL>"},
    };
    char stored[2][80];
    struct house house;
    house_open(&house, ROLE_ORIGIN);
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, BASE "%s", files[i][0]);
        assert_int_equal(house_get(&house, path), 200);
        assert_null(strstr(buffer_text(&house.body), files[i][1]));
        (void)snprintf(stored[i], sizeof stored[i], "%s", house_field(&house, "ETag"));
    }
    house_close(&house);
    house_open_signalling(&house, ROLE_ORIGIN, "/v1/steering", "https://m.example");
    for (size_t i = 0; i < 2; i++) {
        char path[128], known[128];
        (void)snprintf(path, sizeof path, BASE "%s", files[i][0]);
        assert_int_equal(house_get(&house, path), 200);
        assert_non_null(strstr(buffer_text(&house.body), files[i][1]));
        assert_string_equal(house_field(&house, "Cache-Control"), "public, max-age=60");
        (void)snprintf(known, sizeof known, "If-None-Match: %s", house_field(&house, "ETag"));
        assert_null(strstr(known, stored[i]));
        const char *const fields[] = {known, NULL};
        assert_int_equal(house_ask(&house, "GET", path, fields, NULL), 304);
    }
    assert_int_equal(house_get(&house, BASE "v-1080p.mp4"), 200);
    assert_string_equal(house_field(&house, "Cache-Control"),
                        "public, max-age=31536000, immutable");
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_their_content_types),
        cmocka_unit_test(files_are_served_in_parts_and_may_be_cached_for_ever),
        cmocka_unit_test(one_file_has_one_address),
        cmocka_unit_test(a_players_preflight_is_let_through),
        cmocka_unit_test(signed_files_are_for_holders_of_tokens),
        cmocka_unit_test(a_closed_house_serves_profiles_what_they_may_play),
        cmocka_unit_test(posters_of_a_signed_house_are_for_who_finds_the_title),
        cmocka_unit_test(manifests_name_the_steering_service_when_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
