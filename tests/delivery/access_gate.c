// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_gate.h"

#include "asked.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/stat.h>

#define KEY(kid, letter)                                                                           \
    "{\"keys\":[{\"kid\":\"" kid "\",\"for\":\"token\",\"kty\":\"oct\",\"k\":\"" letter            \
    "AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}"
#define FOLDER "/media/film/3f9c/"

static char folder[] = "/tmp/access-gate-XXXXXX", path[64];

static void write_keys(const char *text)
{
    assert_int_equal(file_write_atomic(path, slice_of(text), 0600, NULL), OK);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return 1;
    (void)snprintf(path, sizeof path, "%s/keys.json", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return folder_remove(folder, NULL) == OK ? 0 : 1;
}

static enum access_fault try(struct access_gate *gate, const char *token)
{
    static struct asked asked;
    char target[128];
    (void)snprintf(target, sizeof target, "/~%s" FOLDER "v.mp4", token);
    return access_gate_check(gate, ask(&asked, target, "")).fault;
}

static void a_new_file_is_taken_up_and_a_broken_one_is_not(void **state)
{
    (void)state;
    struct access_gate *gate = NULL;
    struct why why = {""};
    char token[ACCESS_TOKEN_BYTES];
    const struct address anyone = {.len = 0};
    write_keys(KEY("a", "A"));
    assert_int_equal(access_gate_open(path, &gate, NULL), OK);
    assert_int_equal(access_gate_make_token(gate, FOLDER, ASKED_NOW_S + 60, &anyone, token, NULL),
                     OK);
    assert_int_equal(try(gate, token), ACCESS_GRANTED);
    assert_true(access_gate_renew(gate, &why)); // nothing new
    write_keys("{\"keys\":[");
    assert_false(access_gate_renew(gate, &why));
    assert_true(why.text[0] != '\0');
    assert_true(access_gate_renew(gate, &why)); // said once
    assert_int_equal(try(gate, token), ACCESS_GRANTED);
    write_keys(KEY("b", "B"));
    assert_true(access_gate_renew(gate, &why));
    assert_int_equal(try(gate, token), ACCESS_KEY_UNKNOWN);
    access_gate_close(&gate);
    assert_null(gate);
}

static void a_gate_without_keys_does_not_open(void **state)
{
    (void)state;
    struct access_gate *gate = NULL;
    assert_int_equal(access_gate_open("/nowhere/keys.json", &gate, NULL), NOT_FOUND);
    assert_null(gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_taken_up_and_a_broken_one_is_not),
        cmocka_unit_test(a_gate_without_keys_does_not_open),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
