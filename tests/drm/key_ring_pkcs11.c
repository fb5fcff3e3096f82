// SPDX-License-Identifier: Apache-2.0
//
// With SoftHSM2 as the security module: Debian's softhsm2.
#include "drm/key_ring_pkcs11.h"

#include "base/file.h"
#include "conformance_key_ring.h"

#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define TOOL   "/usr/bin/softhsm2-util"

enum { PLACES_MAX = 64 };
static char folder[64], uris[PLACES_MAX][200];
static size_t place_count;

static void make_module(void)
{
    char path[100], text[200];
    (void)snprintf(folder, sizeof folder, "/tmp/primrose-token-XXXXXX");
    if (mkdtemp(folder) == NULL) exit(1);
    (void)snprintf(path, sizeof path, "%s/tokens", folder);
    if (folder_make(path, NULL) != OK) exit(1);
    (void)snprintf(text, sizeof text,
                   "directories.tokendir = %s/tokens\nobjectstore.backend = file\n"
                   "log.level = ERROR\nslots.removable = false\n",
                   folder);
    (void)snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    if (file_write_atomic(path, slice_of(text), 0600, NULL) != OK) exit(1);
    if (setenv("SOFTHSM2_CONF", path, 1) != 0) exit(1);
    (void)snprintf(path, sizeof path, "%s/pin", folder);
    if (file_write_atomic(path, slice_of("4711\n"), 0600, NULL) != OK) exit(1);
}

static void init_token(const char *name)
{
    char label[32];
    (void)snprintf(label, sizeof label, "%s", name);
    const char *const command[] = {TOOL,       "--init-token", "--free", "--label", label,
                                   "--so-pin", "1234",         "--pin",  "4711",    NULL};
    extern char **environ;
    posix_spawn_file_actions_t quiet;
    pid_t child;
    int status = -1;
    assert_int_equal(posix_spawn_file_actions_init(&quiet), 0);
    assert_int_equal(posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0), 0);
    assert_int_equal(
        posix_spawn(&child, TOOL, &quiet, NULL, (char *const *)(uintptr_t)command, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)posix_spawn_file_actions_destroy(&quiet);
}

// SoftHSM2 sees new tokens only when it starts: all of them are made before the first ring.
static const char *make_place(void)
{
    assert_true(place_count < PLACES_MAX);
    char *uri = uris[place_count];
    (void)snprintf(uri, sizeof uris[0],
                   "pkcs11:token=t%zu?module-path=" MODULE "&pin-source=file:%s/pin", place_count,
                   folder);
    place_count++;
    return uri;
}

static void remove_places(void) {}

static outcome open_refused(const char *uri, const char *says)
{
    struct key_ring *ring = NULL;
    struct why why = {""};
    const outcome result = key_ring_open(uri, &ring, &why);
    assert_null(ring);
    if (strstr(why.text, says) == NULL) fail_msg("\"%s\" does not say \"%s\"", why.text, says);
    return result;
}

static void a_wrong_address_is_refused_with_what_to_mend(void **state)
{
    (void)state;
    char uri[200];
    assert_int_equal(open_refused("pkcs11:token", "cannot be read"), INVALID);
    assert_int_equal(open_refused("pkcs11:token=t?module-path=/nowhere.so", "/nowhere.so"),
                     NOT_FOUND);
    assert_int_equal(open_refused("pkcs11:token=none?module-path=" MODULE, "softhsm2-util"),
                     NOT_FOUND);
    assert_int_equal(open_refused("pkcs11:token=t0?module-path=" MODULE, "pin-source"), INVALID);
    (void)snprintf(uri, sizeof uri, "pkcs11:token=t0?module-path=" MODULE "&pin-source=file:%s/no",
                   folder);
    assert_int_equal(open_refused(uri, "/no"), NOT_FOUND);
}

static void a_wrong_pin_is_denied_and_not_quoted(void **state)
{
    (void)state;
    struct key_ring *ring = NULL;
    struct why why = {""};
    assert_int_equal(
        key_ring_open("pkcs11:token=t0?module-path=" MODULE "&pin-value=9876", &ring, &why),
        DENIED);
    assert_null(ring);
    assert_null(strstr(why.text, "9876"));
}

static bool is_absent(void)
{
    return access(MODULE, R_OK) != 0 || access(TOOL, X_OK) != 0;
}

static void without_softhsm_nothing_is_proved(void **state)
{
    (void)state;
    print_message("# SoftHSM2 is not installed (apt install softhsm2)\n");
    skip();
}

int main(void)
{
    static const struct CMUnitTest absent[] = {cmocka_unit_test(without_softhsm_nothing_is_proved)};
    if (is_absent()) return cmocka_run_group_tests(absent, NULL, NULL);
    static const struct key_ring_place place = {"key ring in a token", make_place, remove_places};
    static const struct CMUnitTest own[] = {
        cmocka_unit_test(a_wrong_pin_is_denied_and_not_quoted),
        cmocka_unit_test(a_wrong_address_is_refused_with_what_to_mend),
    };
    make_module();
    for (int i = 0; i < 16; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "t%d", i);
        init_token(name);
    }
    const int failed = run_key_ring_conformance(&place, own, sizeof own / sizeof own[0]);
    return folder_remove(folder, NULL) == OK ? failed : 1;
}
