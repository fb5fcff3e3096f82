// SPDX-License-Identifier: Apache-2.0
//
// The supervised children are this program again: main() plays the part that argv[1] names.
#include "app/supervisor.h"

#include "base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include <cmocka.h>

// The parts.

// Reports the address it was given with its process behind, and stays until SIGTERM.
static int stay(char **argv, int ready_fd)
{
    sigset_t term;
    int number;
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &term, NULL);
    const char *address = strcmp(argv[2], "free") == 0 ? "chosen" : argv[2];
    FILE *log = fopen(argv[3], "a");
    if (log == NULL) return 1;
    (void)fprintf(log, "%s %d\n", argv[2], (int)getpid());
    (void)fclose(log);
    supervisor_report(ready_fd, address);
    (void)sigwait(&term, &number);
    return 0;
}

static int play(char **argv, int ready_fd)
{
    if (strcmp(argv[1], "stay") == 0) return stay(argv, ready_fd);
    if (strcmp(argv[1], "give-up") == 0) return 3;
    return 1;
}

// The tests.

// Waits for line `count` of the log and returns the process in it.
static pid_t logged(const char *path, int count, char *word)
{
    for (;;) {
        FILE *log = fopen(path, "r");
        int number = 0, pid = 0;
        while (log != NULL && fscanf(log, "%63s %d", word, &pid) == 2)
            if (++number == count) break;
        if (log != NULL) (void)fclose(log);
        if (number == count) return pid;
        (void)usleep(1000); // until it is there; the test's own timeout bounds it
    }
}

static void say_ready(void *context, const char *const *lines)
{
    FILE *log = fopen(context, "w");
    if (log == NULL) abort();
    (void)fprintf(log, "%s 0\n", lines[0]);
    (void)fclose(log);
}

struct run {
    char folder[64], log[96], ready[96];
    pid_t supervisor;
};

static void start(struct run *run, const char *part)
{
    (void)snprintf(run->folder, sizeof run->folder, "/tmp/primrose-supervisor-XXXXXX");
    assert_non_null(mkdtemp(run->folder));
    (void)snprintf(run->log, sizeof run->log, "%s/log", run->folder);
    (void)snprintf(run->ready, sizeof run->ready, "%s/ready", run->folder);
    run->supervisor = fork();
    if (run->supervisor != 0) return;
    const struct supervised children[] = {
        {.name = part, .argv = {"test", part, "free", run->log, NULL}, .listen_at = 2}};
    int status = 99;
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(97);
    const outcome result =
        supervise(children, 1, clock_system(), say_ready, run->ready, &status, NULL);
    _exit(result == OK ? status : 98);
}

static int finish(struct run *run)
{
    int status;
    assert_int_equal(waitpid(run->supervisor, &status, 0), run->supervisor);
    assert_int_equal(folder_remove(run->folder, NULL), OK);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_crashed_child_comes_back_at_its_old_address(void **state)
{
    (void)state;
    struct run run;
    char word[64];
    start(&run, "stay");
    const pid_t first = logged(run.log, 1, word);
    assert_string_equal(word, "free");
    (void)logged(run.ready, 1, word);
    assert_string_equal(word, "chosen");
    assert_int_equal(kill(first, SIGKILL), 0);
    const pid_t second = logged(run.log, 2, word);
    assert_int_not_equal(first, second);
    assert_string_equal(word, "chosen");
    assert_int_equal(kill(run.supervisor, SIGTERM), 0);
    assert_int_equal(finish(&run), 0);
    assert_int_equal(kill(second, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void a_child_that_was_never_ready_ends_the_run_with_its_status(void **state)
{
    (void)state;
    struct run run;
    start(&run, "give-up");
    assert_int_equal(finish(&run), 3);
}

static void children_die_with_a_killed_supervisor(void **state)
{
    (void)state;
    struct run run;
    char word[64];
    start(&run, "stay");
    const pid_t child = logged(run.log, 1, word);
    (void)logged(run.ready, 1, word);
    assert_int_equal(kill(run.supervisor, SIGKILL), 0);
    assert_int_equal(finish(&run), -1);
    while (kill(child, 0) == 0) // it gets SIGTERM from the kernel
        (void)usleep(1000);
}

int main(int argc, char **argv)
{
    const int ready_fd = supervisor_ready_fd();
    if (ready_fd >= 0 && argc > 3) return play(argv, ready_fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crashed_child_comes_back_at_its_old_address),
        cmocka_unit_test(a_child_that_was_never_ready_ends_the_run_with_its_status),
        cmocka_unit_test(children_die_with_a_killed_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
