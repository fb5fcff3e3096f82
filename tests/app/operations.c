// SPDX-License-Identifier: Apache-2.0
#include "app/operations.h"

#include "account/api_key.h"
#include "account/download.h"
#include "account/right.h"
#include "base/file.h"
#include "catalog/title.h"
#include "house.h"
#include "house_jobs.h"
#include "playback/position.h"
#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

struct walk {
    struct house house;
    json_t *document;
    char token[SECRET_TOKEN_BYTES];
    size_t operations;
};

// The example of the operation's parameter `name` in `in`, as text; "" when there is none.
static const char *example_of(const struct walk *walk, const json_t *operation, const char *in,
                              struct slice name)
{
    static char number[32];
    size_t i;
    json_t *named;
    json_array_foreach(json_object_get(operation, "parameters"), i, named)
    {
        const json_t *parameter = schema_follow(walk->document, named);
        const json_t *example = json_object_get(parameter, "example");
        if (!slice_is(name, json_string_value(json_object_get(parameter, "name"))) ||
            strcmp(json_string_value(json_object_get(parameter, "in")), in) != 0)
            continue;
        if (json_is_string(example)) return json_string_value(example);
        (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(example));
        return example == NULL ? "" : number;
    }
    return "";
}

// "/v1/titles/{id}" with the examples of its parameters in place.
static void fill_path(const struct walk *walk, const char *pattern, const json_t *operation,
                      struct buffer *out)
{
    struct slice rest = slice_of(pattern + 1), part;
    while (slice_cut(&rest, '/', &part)) {
        assert_int_equal(buffer_put_text(out, "/", NULL), OK);
        if (slice_starts(part, "{")) {
            const struct slice name = slice_part(part, 1, part.len - 2);
            part = slice_of(example_of(walk, operation, "path", name));
            assert_true(part.len > 0); // every parameter of a path has an example
        }
        assert_int_equal(buffer_put(out, part, NULL), OK);
    }
    const char *limit = example_of(walk, operation, "query", slice_of("limit"));
    if (limit[0] != '\0') assert_int_equal(buffer_format(out, NULL, "?limit=%s", limit), OK);
}

// The answer as the document describes it for its status: content type and form.
static void check_answer(struct walk *walk, const char *what, const json_t *operation)
{
    char status[8];
    (void)snprintf(status, sizeof status, "%d", walk->house.fetched.status);
    const json_t *response = schema_follow(
        walk->document, json_object_get(json_object_get(operation, "responses"), status));
    if (response == NULL) fail_msg("%s: status %s is not described", what, status);
    const json_t *content = json_object_get(response, "content");
    if (content == NULL) return;
    const char *type = house_field(&walk->house, "Content-Type");
    const json_t *form = json_object_get(content, type);
    if (form == NULL && json_object_get(content, "*/*") != NULL) return;
    if (form == NULL) fail_msg("%s: content type \"%s\" is not described", what, type);
    autojson *answer = house_json(&walk->house);
    struct why why = {""};
    if (schema_check(walk->document, json_object_get(form, "schema"), answer, "answer", &why) != OK)
        fail_msg("%s: %s", what, why.text);
}

static void publish_episode(struct table_store *tables)
{
    const struct title episode = {
        .id = "harbour-1",
        .version = "1",
        .title = "Fog",
        .rating = {"fsk", "6"},
        .hls = "main.m3u8",
        .dash = "manifest.mpd",
        .entry.place = {
            .series = "the-harbour", .series_title = "The Harbour", .season = 1, .episode = 1}};
    assert_int_equal(title_publish(tables, &episode, NULL), OK);
}

// What the examples name is there and as new.
static void restore(struct walk *walk)
{
    const struct accounts *accounts = &walk->house.service->door.accounts;
    const struct deed deed = {"system", ""};
    struct right right = {.id = "right_example", .title = "zebra", .kind = RIGHT_PURCHASE};
    struct api_key key;
    char text[SECRET_TOKEN_BYTES];
    struct position position = {.title = "the-lamplighter", .device = "tv", .position_ms = 20000};
    bool is_kept;
    struct plan plan = {.downloads = 25};
    struct download download = {.id = "download_example",
                                .title = "the-lamplighter",
                                .title_version = "3f9c",
                                .device = "device_example",
                                .profile = "profile_example"};
    enum download_refusal refused;
    house_sign_in(&walk->house, MEMBER_OPERATOR, walk->token);
    house_jobs_make(&walk->house.service->stores);
    assert_int_equal(position_put(accounts->tables, accounts->clock, "profile_example", &position,
                                  &is_kept, NULL),
                     OK);
    download.start_by_ms = download.ends_ms = clock_wall_ms(accounts->clock) + DOWNLOAD_START_MS;
    assert_int_equal(
        download_prepare(accounts, deed, "member_example", &plan, &download, &refused, NULL), OK);
    publish_episode(accounts->tables);
    assert_int_equal(right_grant(accounts, deed, "member_example", &right, NULL), OK);
    assert_int_equal(
        api_key_make(accounts, deed, "key_example", "k", MEMBER_EDITOR, &key, text, NULL), OK);
}

static void ask_example(struct walk *walk, const char *token, const char *pattern,
                        const char *method, const json_t *operation)
{
    autobuffer filled = buffer_init(1000);
    char upper[16] = {0};
    for (size_t i = 0; method[i] != '\0' && i + 1 < sizeof upper; i++)
        upper[i] = (char)(method[i] - 'a' + 'A');
    fill_path(walk, pattern, operation, &filled);
    const json_t *json = json_object_get(
        json_object_get(json_object_get(operation, "requestBody"), "content"), "application/json");
    char *body = json == NULL ? NULL : json_dumps(json_object_get(json, "example"), JSON_COMPACT);
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    const char *path = buffer_text(&filled);
    if (token == NULL)
        (void)house_ask(&walk->house, upper, path, fields, body);
    else
        (void)house_ask_as(&walk->house, token, upper, path, body);
    free(body);
}

// What the example gets: the code of a claim is another in every house, an entitlement cannot be
// written down, and what is not JSON has no example to send.
static bool is_expected(const json_t *operation, int status)
{
    const json_t *body = json_object_get(operation, "requestBody");
    const json_t *content = json_object_get(body, "content");
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    const char *class = json_string_value(json_object_get(operation, "x-auth"));
    if (strcmp(id, "claimHouse") == 0) return status == 403;
    if (strcmp(class, "token") == 0) return status == 401 || status == 400;
    if (body != NULL && json_object_get(content, "application/json") == NULL) return status == 422;
    return status >= 200 && status < 300;
}

static void walk_operation(struct walk *walk, const char *pattern, const char *method,
                           const json_t *operation)
{
    restore(walk);
    ask_example(walk, walk->token, pattern, method, operation);
    const int status = walk->house.fetched.status;
    if (!is_expected(operation, status))
        fail_msg("%s %s: status %d %s", method, pattern, status, buffer_text(&walk->house.body));
    check_answer(walk, pattern, operation);
    assert_string_equal(house_field(&walk->house, "Access-Control-Allow-Origin"), "*");
    walk->operations++;
}

static void open_walk(struct walk *walk)
{
    static const char map[] =
        "{\"sites\":[{\"id\":\"a\",\"tier\":\"edge\",\"host\":\"a.example\"}],"
        "\"zones\":[],\"elsewhere\":[\"a\"]}";
    char path[] = "/tmp/primrose-map-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, map, sizeof map - 1), sizeof map - 1);
    *walk = (struct walk){.operations = 0};
    house_open_steering(&walk->house, ROLE_ALL_OF_THEM, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(json_parse(openapi_text(), "openapi.json", &walk->document, NULL), OK);
    const int64_t began_us = clock_us(clock_system());
    while (house_get(&walk->house, "/v1/people/iris") != 200) { // until search knows her
        assert_true(clock_us(clock_system()) - began_us < 60000000);
        (void)usleep(2000);
    }
}

static void close_walk(struct walk *walk)
{
    json_release(&walk->document);
    house_close(&walk->house);
}

typedef void visit(struct walk *walk, const char *pattern, const char *method,
                   const json_t *operation);

static void walk_all(struct walk *walk, visit *each)
{
    const char *path, *method;
    json_t *methods, *operation;
    json_object_foreach(json_object_get(walk->document, "paths"), path, methods)
        json_object_foreach(methods, method, operation) each(walk, path, method, operation);
}

static void every_operation_answers_as_the_document_says(void **state)
{
    (void)state;
    struct walk walk;
    open_walk(&walk);
    walk_all(&walk, walk_operation);
    assert_true(walk.operations >= 7);
    close_walk(&walk);
}

static const char *class_of(const json_t *operation)
{
    return json_string_value(json_object_get(operation, "x-auth"));
}

// The problem that the last answer is, "" when it is none.
static void problem_of(struct walk *walk, char *out, size_t room)
{
    out[0] = '\0';
    if (strcmp(house_field(&walk->house, "Content-Type"), "application/problem+json") != 0) return;
    autojson *problem = house_json(&walk->house);
    (void)snprintf(out, room, "%s", json_string_value(json_object_get(problem, "type")) + 10);
}

static void expect(struct walk *walk, const char *pattern, const char *method, int status,
                   const char *code)
{
    char problem[60];
    problem_of(walk, problem, sizeof problem);
    if (walk->house.fetched.status != status || strcmp(problem, code) != 0)
        fail_msg("%s %s: %d %s, expected %d %s", method, pattern, walk->house.fetched.status,
                 problem, status, code);
}

static void refuse_strangers(struct walk *walk, const char *pattern, const char *method,
                             const json_t *operation)
{
    static const char *const nobodies[] = {NULL, "ps_made-up", "pk_made-up"};
    const bool is_public = strcmp(class_of(operation), "public") == 0;
    const bool is_token = strcmp(class_of(operation), "token") == 0; // its own problems
    for (size_t i = 0; i < 3; i++) {
        ask_example(walk, nobodies[i], pattern, method, operation);
        if (is_token && nobodies[i] == NULL) assert_int_equal(walk->house.fetched.status, 401);
        if (!is_public && !is_token) {
            expect(walk, pattern, method, 401, "sign-in-needed");
            assert_string_equal(house_field(&walk->house, "WWW-Authenticate"), "Bearer");
            check_answer(walk, pattern, operation);
        }
    }
    const bool is_declared = json_array_size(json_object_get(operation, "security")) > 0;
    if (is_declared == is_public) fail_msg("%s %s: x-auth and security differ", method, pattern);
    walk->operations++;
}

// In a closed house nothing is for nobody: the media neither.
static void a_closed_house_asks_who_it_is_on_every_route(void **state)
{
    (void)state;
    struct walk walk;
    open_walk(&walk);
    restore(&walk);
    walk_all(&walk, refuse_strangers);
    assert_true(walk.operations >= 30);
    close_walk(&walk);
}

static void refuse_member(struct walk *walk, const char *pattern, const char *method,
                          const json_t *operation)
{
    const char *class = class_of(operation);
    const bool is_free =
        strcmp(class, "public") == 0 || strcmp(class, "member") == 0 || strcmp(class, "token") == 0;
    const bool is_watching = strcmp(class, "profile") == 0 || strcmp(class, "viewer") == 0 ||
                             strcmp(class, "media") == 0;
    if (is_free) return;
    ask_example(walk, walk->token, pattern, method, operation);
    expect(walk, pattern, method, 403, is_watching ? "profile-needed" : "not-allowed");
    check_answer(walk, pattern, operation);
    walk->operations++;
}

// Somebody who signed in, has no role and has not chosen a profile.
static void a_member_is_kept_from_what_is_not_his(void **state)
{
    (void)state;
    struct walk walk;
    open_walk(&walk);
    restore(&walk);
    const struct accounts *accounts = &walk.house.service->door.accounts;
    const struct member_draft draft = {.login = "ben", .password = "a long password"};
    struct member ben;
    struct session_grant grant;
    assert_int_equal(member_add(accounts, (struct deed){"system", ""}, &draft, &ben, NULL), OK);
    assert_int_equal(session_begin(accounts, &ben, "Phone", NULL, &grant, NULL), OK);
    memcpy(walk.token, grant.token, sizeof grant.token);
    walk_all(&walk, refuse_member);
    assert_true(walk.operations >= 15);
    close_walk(&walk);
}

static void posts_take_keys(struct walk *walk, const char *pattern, const char *method,
                            const json_t *operation)
{
    const json_t *tag = json_array_get(json_object_get(operation, "tags"), 0);
    const bool is_report =
        strcmp(json_string_value(json_object_get(operation, "operationId")), "sendTelemetry") == 0;
    bool takes =
        strcmp(method, "post") != 0 || strcmp(json_string_value(tag), "api") != 0 || is_report;
    size_t i;
    json_t *named;
    json_array_foreach(json_object_get(operation, "parameters"), i, named)
    {
        const json_t *name = json_object_get(schema_follow(walk->document, named), "name");
        takes = takes || strcmp(json_string_value(name), "Idempotency-Key") == 0;
    }
    if (!takes) fail_msg("%s %s takes no Idempotency-Key", method, pattern);
}

// Those for licences keep nothing that could be done twice; reports are numbered.
static void every_post_takes_an_idempotency_key(void **state)
{
    (void)state;
    struct walk walk;
    open_walk(&walk);
    walk_all(&walk, posts_take_keys);
    close_walk(&walk);
}

static void every_refusal_is_a_problem_as_the_document_says(void **state)
{
    (void)state;
    static const char *const json[] = {"Content-Type: application/json", NULL};
    static const char *const text[] = {"Content-Type: text/plain", NULL};
    static const char *const ranges[] = {"Range: bytes=0-1,4-5", NULL};
    static const char *const stale[] = {"If-Match: \"x\"", NULL};
    static const struct {
        const char *pattern, *method, *path;
        const char *const *fields;
        const char *body;
        int status;
    } cases[] = {
        {"/v1/titles", "get", "/v1/titles?limit=0", NULL, NULL, 422},
        {"/v1/titles", "get", "/v1/titles?limit=201", NULL, NULL, 422},
        {"/v1/titles", "get", "/v1/titles?limit=x", NULL, NULL, 422},
        {"/v1/titles", "get", "/v1/titles?cursor=made-up", NULL, NULL, 422},
        {"/v1/titles/{id}", "get", "/v1/titles/none", NULL, NULL, 404},
        {"/v1/titles/{id}", "get", "/v1/titles/%2e%2e", NULL, NULL, 404},
        {"/v1/titles/{id}", "get", "/v1/titles/a%20b", NULL, NULL, 404},
        {"/v1/playback", "post", "/v1/playback", text, "{\"title_id\":\"zebra\"}", 415},
        {"/v1/playback", "post", "/v1/playback", json, "{\"title_id\":", 422},
        {"/v1/playback", "post", "/v1/playback", json, "{\"title_id\":7}", 422},
        {"/v1/playback", "post", "/v1/playback", json, "[]", 422},
        {"/v1/playback", "post", "/v1/playback", json, "{\"title_id\":\"none\"}", 404},
        {"/v1/playback", "post", "/v1/playback", json, "{\"title_id\":\"../etc\"}", 404},
        {"/media/{title}/{version}/{file}", "get", "/media/the-lamplighter/3f9c/none.mp4", NULL,
         NULL, 404},
        {"/media/{title}/{version}/{file}", "get", "/media/the-lamplighter/../secret", NULL, NULL,
         404},
        {"/media/{title}/{version}/{file}", "get", "/media/the-lamplighter/3f9c/v-1080p.mp4",
         ranges, NULL, 416},
        {"/media/{title}/{version}/{file}", "get", "/media/the-lamplighter/3f9c/v-1080p.mp4", stale,
         NULL, 412},
    };
    struct walk walk;
    open_walk(&walk);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char upper[16] = {0};
        for (size_t at = 0; cases[i].method[at] != '\0'; at++)
            upper[at] = (char)(cases[i].method[at] - 'a' + 'A');
        const int status =
            house_ask(&walk.house, upper, cases[i].path, cases[i].fields, cases[i].body);
        if (status != cases[i].status) fail_msg("%s %s: status %d", upper, cases[i].path, status);
        const json_t *operation = json_object_get(
            json_object_get(json_object_get(walk.document, "paths"), cases[i].pattern),
            cases[i].method);
        check_answer(&walk, cases[i].path, operation);
        assert_string_equal(house_field(&walk.house, "Access-Control-Allow-Origin"), "*");
    }
    close_walk(&walk);
}

static void roles_take_their_own_routes_and_health(void **state)
{
    (void)state;
    struct route_table routes;
    struct arena arena = arena_init(1 << 16);
    assert_int_equal(operations_route(ROLE_ORIGIN, &arena, &routes, NULL), OK);
    assert_int_equal(routes.count, 5); // media and signed media, problems, livez, readyz
    assert_int_equal(operations_route(ROLE_ALL_OF_THEM, &arena, &routes, NULL), OK);
    assert_true(routes.count >= 38);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_answers_as_the_document_says),
        cmocka_unit_test(a_closed_house_asks_who_it_is_on_every_route),
        cmocka_unit_test(a_member_is_kept_from_what_is_not_his),
        cmocka_unit_test(every_post_takes_an_idempotency_key),
        cmocka_unit_test(every_refusal_is_a_problem_as_the_document_says),
        cmocka_unit_test(roles_take_their_own_routes_and_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
