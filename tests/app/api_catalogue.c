// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "catalog/title.h"
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char path[] = "/v1/catalogue/titles/the-lamplighter";
static char token[SECRET_TOKEN_BYTES];

static int edit(struct house *house, const char *etag, const char *body)
{
    char line[SECRET_TOKEN_BYTES + 40], match[60];
    (void)snprintf(line, sizeof line, "Authorization: Bearer %s", token);
    (void)snprintf(match, sizeof match, "If-Match: %s", etag);
    const char *const fields[] = {line, "Content-Type: application/json", match, NULL};
    return house_ask(house, "PATCH", path, fields, body);
}

static void read_etag(struct house *house, char out[40])
{
    assert_int_equal(house_ask_as(house, token, "GET", path, NULL), 200);
    (void)snprintf(out, 40, "%s", house_field(house, "ETag"));
    assert_int_equal(out[0], '"');
}

static bool body_has(struct house *house, const char *text)
{
    return strstr(buffer_text(&house->body), text) != NULL;
}

static void an_edit_replaces_what_it_names_and_shows_at_once(void **state)
{
    (void)state;
    struct house house;
    char etag[40];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    read_etag(&house, etag);
    assert_int_equal(
        edit(&house, etag,
             "{\"words\":[{\"lang\":\"de\",\"title\":\"Der Anzünder\"}],"
             "\"marks\":[{\"kind\":\"intro\",\"start_ms\":0,\"end_ms\":5000}],\"rating\":null}"),
        200);
    assert_string_not_equal(house_field(&house, "ETag"), etag);
    assert_true(body_has(&house, "Der Anzünder"));
    assert_true(body_has(&house, "\"title\":\"The Lamplighter\"")); // what it does not name stays
    assert_false(body_has(&house, "\"edited_at\":null"));
    assert_int_equal(
        house_ask_as(&house, token, "GET", "/v1/titles/the-lamplighter?language=de", NULL), 200);
    assert_true(body_has(&house, "\"title\":\"Der Anzünder\""));
    assert_true(body_has(&house, "\"rating\":null"));
    assert_true(body_has(&house, "v-1080p")); // and so does what the studio made
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/events", NULL), 200);
    assert_true(body_has(&house, "title.edited"));
    assert_true(body_has(&house, "words marks rating"));
    house_close(&house);
}

static void who_was_slower_is_told_and_nothing_is_lost(void **state)
{
    (void)state;
    struct house house;
    char etag[40];
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    read_etag(&house, etag);
    assert_int_equal(edit(&house, etag, "{\"synopsis\":\"Hers.\"}"), 200);
    assert_int_equal(edit(&house, etag, "{\"synopsis\":\"His.\"}"), 412);
    assert_true(body_has(&house, "/problems/precondition-failed"));
    read_etag(&house, etag);
    assert_true(body_has(&house, "Hers."));
    assert_int_equal(edit(&house, etag, "{\"synopsis\":\"Theirs.\"}"), 200);
    house_close(&house);
}

static void a_mistake_is_pointed_at(void **state)
{
    (void)state;
    static const struct {
        const char *body, *pointer;
    } cases[] = {
        {"{\"avails\":[{\"from\":\"soon\"}]}", "/avails/0/from"},
        {"{\"avails\":[{},{\"from\":\"2026-11-21T00:00:00Z\",\"until\":\"2026-11-20T00:00:00Z\"}]}",
         "/avails/1/until"},
        {"{\"territories\":[\"DE\",\"Germany\"]}", "/territories/1"},
        {"{\"words\":[{\"lang\":\"de\"},{\"lang\":\"de\"}]}", "/words/1/lang"},
        {"{\"place\":{\"series\":\"s\"}}", "/place/episode"},
        {"{\"marks\":[{\"kind\":\"advert\",\"start_ms\":0}]}", "/marks/0/kind"},
        {"{\"cast\":[{\"id\":\"a\",\"name\":\"\"}]}", "/cast/0/name"},
        {"{\"title\":\"\"}", "/title"},
        {"{\"titel\":\"x\"}", "/titel"},
        {"{\"version\":\"x\"}", "/version"},
        {"{\"year\":\"2026\"}", "/year"},
    };
    struct house house;
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char pointer[80];
        (void)snprintf(pointer, sizeof pointer, "\"pointer\":\"%s\"", cases[i].pointer);
        assert_int_equal(edit(&house, "*", cases[i].body), 422);
        if (!body_has(&house, pointer)) fail_msg("%s: %s", pointer, buffer_text(&house.body));
    }
    assert_int_equal(edit(&house, "*", "[]"), 422);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/catalogue/titles/none", NULL), 404);
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/catalogue/titles?limit=1", NULL), 200);
    assert_true(body_has(&house, "the-lamplighter"));
    house_close(&house);
}

static void publish_episode(struct house *house, const char *id, int64_t number, int64_t until_ms)
{
    struct title_avail window = {.until_ms = until_ms};
    const struct title episode = {.id = id,
                                  .version = "1",
                                  .title = id,
                                  .hls = "main.m3u8",
                                  .dash = "manifest.mpd",
                                  .entry = {.place = {.series = "harbour",
                                                      .series_title = "Harbour",
                                                      .season = 1,
                                                      .episode = number},
                                            .avails = &window,
                                            .avail_count = until_ms == 0 ? 0 : 1}};
    assert_int_equal(title_publish(house->service->stores.tables, &episode, NULL), OK);
}

static void who_keeps_a_series_sees_all_its_episodes_in_order(void **state)
{
    (void)state;
    struct house house;
    house_open(&house, ROLE_API);
    house_sign_in(&house, MEMBER_OPERATOR, token);
    publish_episode(&house, "storm", 2, 0);
    publish_episode(&house, "fog", 1, 1000); // a window of long ago
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/catalogue/series?limit=1", NULL), 200);
    assert_true(body_has(&house, "\"id\":\"harbour\",\"title\":\"Harbour\""));
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/series/harbour", NULL), 200);
    assert_false(body_has(&house, "fog"));
    static const char episodes[] = "/v1/catalogue/series/harbour/episodes";
    assert_int_equal(house_ask_as(&house, token, "GET", episodes, NULL), 200);
    const char *body = buffer_text(&house.body);
    assert_true(strstr(body, "\"fog\"") < strstr(body, "\"storm\""));
    assert_int_equal(
        house_ask_as(&house, token, "PATCH", "/v1/catalogue/titles/fog",
                     "{\"place\":{\"series\":\"harbour\",\"season\":1,\"episode\":3}}"),
        200);
    assert_int_equal(house_ask_as(&house, token, "GET", episodes, NULL), 200);
    body = buffer_text(&house.body);
    assert_true(strstr(body, "\"fog\"") > strstr(body, "\"storm\""));
    assert_int_equal(house_ask_as(&house, token, "GET", "/v1/catalogue/series/none/episodes", NULL),
                     404);
    house_close(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_replaces_what_it_names_and_shows_at_once),
        cmocka_unit_test(who_was_slower_is_told_and_nothing_is_lost),
        cmocka_unit_test(a_mistake_is_pointed_at),
        cmocka_unit_test(who_keeps_a_series_sees_all_its_episodes_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
