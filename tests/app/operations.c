// SPDX-License-Identifier: Apache-2.0
#include "app/operations.h"

#include "house.h"
#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct walk {
    struct house house;
    json_t *document;
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

// What the example gets: without an entitlement there is no licence, and what is not JSON has no
// example to send.
static int expected_status(const json_t *operation, const json_t *json)
{
    if (json_object_get(operation, "security") != NULL) return 401;
    return json == NULL && json_object_get(operation, "requestBody") != NULL ? 422 : 200;
}

static void walk_operation(struct walk *walk, const char *pattern, const char *method,
                           const json_t *operation)
{
    autobuffer filled = buffer_init(1000);
    char upper[16] = {0};
    for (size_t i = 0; method[i] != '\0' && i + 1 < sizeof upper; i++)
        upper[i] = (char)(method[i] - 'a' + 'A');
    fill_path(walk, pattern, operation, &filled);
    const char *path = buffer_text(&filled);
    const json_t *json = json_object_get(
        json_object_get(json_object_get(operation, "requestBody"), "content"), "application/json");
    char *body = json == NULL ? NULL : json_dumps(json_object_get(json, "example"), JSON_COMPACT);
    static const char *const fields[] = {"Content-Type: application/json", NULL};
    const int status = house_ask(&walk->house, upper, path, fields, body);
    free(body);
    if (status != expected_status(operation, json))
        fail_msg("%s %s: status %d", upper, path, status);
    check_answer(walk, path, operation);
    assert_string_equal(house_field(&walk->house, "Access-Control-Allow-Origin"), "*");
    walk->operations++;
}

static void open_walk(struct walk *walk)
{
    *walk = (struct walk){.operations = 0};
    house_open(&walk->house, ROLE_ALL_OF_THEM);
    assert_int_equal(json_parse(openapi_text(), "openapi.json", &walk->document, NULL), OK);
}

static void close_walk(struct walk *walk)
{
    json_release(&walk->document);
    house_close(&walk->house);
}

static void every_operation_answers_as_the_document_says(void **state)
{
    (void)state;
    struct walk walk;
    open_walk(&walk);
    const char *path, *method;
    json_t *methods, *operation;
    json_object_foreach(json_object_get(walk.document, "paths"), path, methods)
        json_object_foreach(methods, method, operation)
            walk_operation(&walk, path, method, operation);
    assert_true(walk.operations >= 7);
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
    assert_int_equal(routes.count, 4); // media, signed media, livez, readyz
    assert_int_equal(operations_route(ROLE_ALL_OF_THEM, &arena, &routes, NULL), OK);
    assert_int_equal(routes.count, 13);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_answers_as_the_document_says),
        cmocka_unit_test(every_refusal_is_a_problem_as_the_document_says),
        cmocka_unit_test(roles_take_their_own_routes_and_health),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
