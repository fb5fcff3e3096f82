// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// Runs `write_lines` with stderr into a pipe and returns what came out.
static const char *captured(void (*write_lines)(void), struct buffer *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const int kept = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    write_lines();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    fd_close(&ends[1]);
    uint8_t bytes[8192];
    const ssize_t got = read(ends[0], bytes, sizeof bytes);
    assert_true(got >= 0);
    assert_int_equal(buffer_put(out, (struct slice){bytes, (size_t)got}, NULL), OK);
    fd_close(&ends[0]);
    (void)close(kept);
    return buffer_text(out);
}

static void write_three(void)
{
    log_event(LOG_INFO, "http.listen", "addr=%s", "127.0.0.1:80\nforged line");
    log_event(LOG_DEBUG, "not.shown", "x=%d", 1);
    log_event(LOG_ERROR, "long", "%0*d", 5000, 7);
}

static void one_event_is_one_line(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    autobuffer out = buffer_init(10000);
    const char *text = captured(write_three, &out);
    assert_non_null(strstr(text, " info http.listen addr=127.0.0.1:80?forged line\n"));
    assert_null(strstr(text, "not.shown"));
    assert_int_equal(text[out.len - 1], '\n');
    int lines = 0;
    for (size_t i = 0; i < out.len; i++)
        lines += text[i] == '\n';
    assert_int_equal(lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
