// SPDX-License-Identifier: Apache-2.0
#include "base/sandbox.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef __has_feature
#define HAS_SHADOW_MEMORY __has_feature(address_sanitizer)
#else
#define HAS_SHADOW_MEMORY false
#endif

// Each of these runs inside, in a process of its own, and says 0 when what it proves holds.
static int fails_with_eperm(long result)
{
    return result == -1 && errno == EPERM ? 0 : 1;
}

static int opens_a_file(int fd)
{
    (void)fd;
    return fails_with_eperm(open("/etc/passwd", O_RDONLY));
}

static int makes_a_file(int fd)
{
    (void)fd;
    return fails_with_eperm(open("/tmp/primrose-sandbox", O_WRONLY | O_CREAT, 0600));
}

static int makes_a_socket(int fd)
{
    (void)fd;
    return fails_with_eperm(socket(AF_INET, SOCK_STREAM, 0));
}

static int looks_at_a_file(int fd)
{
    (void)fd;
    return access("/etc/passwd", F_OK) == -1 ? 0 : 1;
}

static int removes_a_file(int fd)
{
    (void)fd;
    return fails_with_eperm(unlink("/tmp/primrose-no-such-file"));
}

static int runs_a_program(int fd)
{
    (void)fd;
    static char name[] = "true";
    char *words[] = {name, NULL};
    (void)execve("/bin/true", words, environ);
    return 1;
}

static int forks(int fd)
{
    (void)fd;
    return fork() < 0 ? 1 : 2;
}

static int traces(int fd)
{
    (void)fd;
    (void)syscall(SYS_ptrace, 0, 0, 0, 0);
    return 1;
}

static int makes_code(int fd)
{
    (void)fd;
    (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 1;
}

static int turns_data_into_code(int fd)
{
    (void)fd;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
    return 1;
}

static int kills_its_parent(int fd)
{
    (void)fd;
    (void)kill(getppid(), 0);
    return 1;
}

static int takes_all_memory(int fd)
{
    (void)fd;
    for (int i = 0; i < 64; i++)
        if (mmap(NULL, (size_t)16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                 0) == MAP_FAILED)
            return 0;
    return 1;
}

static void *add_one(void *number)
{
    ++*(int *)number;
    return NULL;
}

static int works(int fd)
{
    int number = 1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, add_one, &number) != 0) return 1;
    if (pthread_join(thread, NULL) != 0 || number != 2) return 2;
    void *memory = malloc(1 << 20);
    if (memory == NULL) return 3;
    free(memory);
    if (pwrite(fd, "out", 3, 0) != 3) return 4;
    char back[3];
    if (pread(fd, back, 3, 0) != 3 || memcmp(back, "out", 3) != 0) return 5;
    return 0;
}

enum ending { EXITS_0, KILLED_BY_SIGSYS };

static void expect(int (*deed)(int fd), enum ending ending)
{
    char path[] = "/tmp/primrose-sandbox-XXXXXX";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct why why = {""};
        const struct sandbox_limits limits = {256 << 20, 1 << 20, 64};
        if (sandbox_enter(&limits, &why) != OK) _exit(99);
        _exit(deed(fd));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (ending == EXITS_0) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    } else {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void files_and_sockets_are_denied(void **state)
{
    (void)state;
    expect(opens_a_file, EXITS_0);
    expect(makes_a_file, EXITS_0);
    expect(makes_a_socket, EXITS_0);
    expect(looks_at_a_file, EXITS_0);
    expect(removes_a_file, EXITS_0);
}

static void what_nothing_legitimate_does_kills(void **state)
{
    (void)state;
    expect(runs_a_program, KILLED_BY_SIGSYS);
    expect(forks, KILLED_BY_SIGSYS);
    expect(traces, KILLED_BY_SIGSYS);
    expect(makes_code, KILLED_BY_SIGSYS);
    expect(turns_data_into_code, KILLED_BY_SIGSYS);
    expect(kills_its_parent, KILLED_BY_SIGSYS);
}

static void memory_has_an_end(void **state)
{
    if (HAS_SHADOW_MEMORY) skip(); // AddressSanitizer's terabytes hide any limit
    (void)state;
    expect(takes_all_memory, EXITS_0);
}

static void computing_on_given_descriptors_goes_on(void **state)
{
    (void)state;
    expect(works, EXITS_0);
}

static void only_what_is_kept_stays_open(void **state)
{
    (void)state;
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (int fd = 3; fd < 20; fd++)
            (void)dup2(STDERR_FILENO, fd);
        if (sandbox_close_others(5, NULL) != OK) _exit(99);
        for (int fd = 3; fd < 20; fd++)
            if ((fcntl(fd, F_GETFD) >= 0) != (fd <= 5)) _exit(fd);
        char byte;
        _exit(read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 98); // /dev/null
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_sockets_are_denied),
        cmocka_unit_test(what_nothing_legitimate_does_kills),
        cmocka_unit_test(memory_has_an_end),
        cmocka_unit_test(computing_on_given_descriptors_goes_on),
        cmocka_unit_test(only_what_is_kept_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
