// SPDX-License-Identifier: Apache-2.0
#include "edge_fixture.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/primrose-edge-XXXXXX";

static struct answer order(struct stand *stand, const char *token, const char *body)
{
    char fields[400];
    (void)snprintf(fields, sizeof fields, "%s%s%sContent-Length: %zu\r\n\r\n%s",
                   token[0] == '\0' ? "" : "Authorization: Bearer ", token,
                   token[0] == '\0' ? "" : "\r\n", strlen(body), body);
    return talk(stand, "POST", "/.primrose/purge", fields);
}

static void purges_take_what_is_meant_from_whoever_has_the_token(void **state)
{
    (void)state;
    struct origin *origin = origin_open();
    const char *url = origin_url(origin);
    assert_non_null(mkdtemp(folder));
    struct stand *stand = stand_open(&url, 1, folder, 64, 0);
    char path[100];
    (void)snprintf(path, sizeof path, "%s/purge-token", folder);
    autobuffer token = buffer_init(200);
    assert_int_equal(file_read(path, &token, NULL), OK);
    const char *secret = buffer_text(&token);
    static const struct {
        const char *body, *said;
        unsigned requests; // of the origin after all three were asked for again
    } cases[] = {{"{\"key\":\"/n/10\"}", "{\"purged\":1}\n", 4},
                 {"{\"prefix\":\"/n/\"}", "{\"purged\":3}\n", 7},
                 {"{\"tag\":\"film-1\"}", "{\"purged\":3}\n", 10},
                 {"{\"tag\":\"film\"}", "{\"purged\":0}\n", 10}};
    for (size_t i = 0; i <= sizeof cases / sizeof cases[0]; i++) {
        static const char *const paths[] = {"/n/10", "/n/20", "/n/30"};
        for (size_t k = 0; k < 3; k++) {
            struct answer answer = talk(stand, "GET", paths[k], "");
            assert_int_equal(answer.status, 200);
            answer_free(&answer);
        }
        assert_int_equal(origin_requests(origin), i == 0 ? 3 : cases[i - 1].requests);
        if (i == sizeof cases / sizeof cases[0]) break;
        struct answer said = order(stand, secret, cases[i].body);
        assert_int_equal(said.status, 200);
        assert_string_equal((const char *)said.body, cases[i].said);
        answer_free(&said);
    }
    struct answer said = order(stand, "", "{\"key\":\"/n/10\"}");
    assert_int_equal(said.status, 401);
    answer_free(&said);
    said = order(stand, "0000000000000000000000000000000000000000000000000000000000000000",
                 "{\"key\":\"/n/10\"}");
    assert_int_equal(said.status, 401);
    answer_free(&said);
    said = order(stand, secret, "{\"all\":true}");
    assert_int_equal(said.status, 422);
    answer_free(&said);
    stand_close(stand);
    origin_close(origin);
    assert_int_equal(folder_remove(folder, NULL), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(purges_take_what_is_meant_from_whoever_has_the_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
