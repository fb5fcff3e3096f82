// SPDX-License-Identifier: Apache-2.0
#include "base/sandbox.h"

#include "base/buffer.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STATM_BYTES = 256, // /proc/self/statm is one short line
    MALLOC_ARENAS = 4, // each reserves 64 MiB of address space
};

// What computing on given descriptors takes.
static const int calls_allowed[] = {
    // bytes of descriptors
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    // memory
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    // threads
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    // time and self
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    // signals: abort() on an assertion
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
};

// What libraries ask for and must do without.
static const int calls_denied[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(creat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(memfd_create),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(set_mempolicy),
    SCMP_SYS(mbind),
    SCMP_SYS(get_mempolicy),
};

// Calls judged by one argument: (argument & mask) == value.
static const struct {
    uint32_t action;
    int call;
    unsigned argument;
    uint64_t mask, value;
} calls_bounded[] = {
    {SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_ACT_ALLOW, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
    {SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH}, // glibc's fstat()
    {SCMP_ACT_ERRNO(EPERM), SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, 0},
    {SCMP_ACT_ALLOW, SCMP_SYS(prctl), 0, UINT64_MAX, PR_SET_NAME},
};

outcome sandbox_close_others(int keep, struct why *why)
{
    autofd null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return fail_errno(why, errno, "cannot open /dev/null");
    if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return fail_errno(why, errno, "cannot replace standard input and output");
    if (null > keep) null = -1; // closed with the rest
    if (close_range((unsigned)keep + 1, ~0U, 0) != 0)
        return fail_errno(why, errno, "cannot close inherited descriptors");
    return OK;
}

// Address space mapped now: the sanitizers' shadow makes it terabytes, so a limit must start from
// it.
static outcome mapped_bytes(uint64_t *out, struct why *why)
{
    autobuffer text = buffer_init(STATM_BYTES);
    TRY(file_read("/proc/self/statm", &text, why));
    struct slice rest = buffer_slice(&text), pages_text;
    uint64_t pages = 0;
    (void)slice_cut(&rest, ' ', &pages_text);
    TRY(slice_u64(pages_text, UINT64_MAX / 65536, &pages, why));
    *out = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return OK;
}

static outcome set_limits(const struct sandbox_limits *limits, struct why *why)
{
    uint64_t mapped = 0;
    TRY(mapped_bytes(&mapped, why));
    const struct {
        int resource; // an enum or an int, as the C library likes
        rlim_t value;
    } rules[] = {
        {RLIMIT_AS, mapped + limits->memory_bytes_max},
        {RLIMIT_FSIZE, limits->file_bytes_max},
        {RLIMIT_NOFILE, limits->descriptors_max},
        {RLIMIT_CORE, 0},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rlimit limit = {rules[i].value, rules[i].value};
        if (setrlimit((__rlimit_resource_t)rules[i].resource, &limit) != 0)
            return fail_errno(why, errno, "cannot set resource limit %d", rules[i].resource);
    }
    return OK;
}

static int add_rules(scmp_filter_ctx filter)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof calls_allowed / sizeof calls_allowed[0]; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls_allowed[i], 0);
    for (size_t i = 0; error == 0 && i < sizeof calls_denied / sizeof calls_denied[0]; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls_denied[i], 0);
    for (size_t i = 0; error == 0 && i < sizeof calls_bounded / sizeof calls_bounded[0]; i++)
        error = seccomp_rule_add(filter, calls_bounded[i].action, calls_bounded[i].call, 1,
                                 SCMP_CMP(calls_bounded[i].argument, SCMP_CMP_MASKED_EQ,
                                          calls_bounded[i].mask, calls_bounded[i].value));
    // clone3 hides its flags in memory, where no filter sees them; the C library then falls back to
    // clone.
    if (error == 0) error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (error == 0) // abort() raises in this process only
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                 SCMP_CMP(0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    return error;
}

outcome sandbox_enter(const struct sandbox_limits *limits, struct why *why)
{
    (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    TRY(set_limits(limits, why));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail_errno(why, errno, "cannot give up privileges");

    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (filter == NULL) return fail(why, NO_MEMORY, "no memory for a system call filter");
    int error = add_rules(filter);
    if (error == 0) error = seccomp_load(filter);
    seccomp_release(filter);
    return error == 0 ? OK : fail_errno(why, -error, "cannot load the system call filter");
}
