// SPDX-License-Identifier: Apache-2.0
#include "drm/secret.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// The kernel's flags of the mapping that holds `at`, as /proc/self/smaps writes them: " dd wf ".
static void read_flags(const void *at, char *out, size_t room)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    uintptr_t from = 0, to = 0;
    bool is_inside = false;
    assert_non_null(maps);
    *out = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            is_inside = (uintptr_t)at >= from && (uintptr_t)at < to;
        if (is_inside && strncmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(out, room, "%.*s ", (int)strcspn(line, "\n"), line);
    }
    assert_int_equal(fclose(maps), 0);
}

static void pages_start_zeroed_and_stay_out_of_dumps_and_children(void **state)
{
    (void)state;
    enum { BYTES = 5000 };
    static const uint8_t zeros[BYTES];
    void *at = NULL;
    char flags[256];
    assert_int_equal(secret_take(BYTES, &at, NULL), OK);
    assert_memory_equal(at, zeros, BYTES);
    memset(at, 0x5a, BYTES);
    read_flags(at, flags, sizeof flags);
    assert_non_null(strstr(flags, " dd "));
    assert_non_null(strstr(flags, " wf "));
    const pid_t child = fork();
    if (child == 0) _exit(memcmp(at, zeros, BYTES) == 0 ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    secret_drop(at, BYTES);
    secret_drop(NULL, BYTES);
}

static void a_guarded_process_cannot_be_dumped(void **state)
{
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        secret_guard();
        struct rlimit core = {1, 1};
        const bool is_guarded = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                                getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
                                core.rlim_max == 0;
        _exit(is_guarded ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_start_zeroed_and_stay_out_of_dumps_and_children),
        cmocka_unit_test(a_guarded_process_cannot_be_dumped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
