// SPDX-License-Identifier: Apache-2.0
#include "player/decoder.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/program.h"
#include "player/decoder_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct decoder {
    pid_t child;     // 0 once reaped
    int status;      // of the reaped child
    int bytes_fd;    // the shared memory file
    int records_fd;  // our end: writes
    int first_fd;    // our end: reads
    uint64_t offset; // where the next bytes go
    struct decoder_counts *counts;
};

_Static_assert((int)DECODER_FDS <= (int)PROGRAM_FDS_MAX, "program_become() takes them all");

static _Noreturn void become(const char *program, const int *fds)
{
    const struct program_start start = {program,     "primrose-decode", fds,
                                        DECODER_FDS, DECODER_BYTES_FD,  DECODER_EXIT_SETUP};
    program_become(&start);
}

static outcome make_decoder(struct decoder *decoder, const char *program, struct why *why)
{
    decoder->bytes_fd = memfd_create("primrose-decoder", MFD_CLOEXEC);
    autofd counts_fd = memfd_create("primrose-decoder-counts", MFD_CLOEXEC);
    if (decoder->bytes_fd < 0 || counts_fd < 0 ||
        ftruncate(counts_fd, sizeof *decoder->counts) != 0)
        return fail_errno(why, errno, "cannot make shared memory");
    decoder->counts =
        mmap(NULL, sizeof *decoder->counts, PROT_READ | PROT_WRITE, MAP_SHARED, counts_fd, 0);
    if (decoder->counts == MAP_FAILED) {
        decoder->counts = NULL;
        return fail_errno(why, errno, "cannot map shared counters");
    }

    int records[2], first[2];
    if (pipe2(records, O_CLOEXEC) != 0) return fail_errno(why, errno, "cannot make a pipe");
    autofd records_read = records[0];
    decoder->records_fd = records[1];
    if (pipe2(first, O_CLOEXEC) != 0) return fail_errno(why, errno, "cannot make a pipe");
    autofd first_write = first[1];
    decoder->first_fd = first[0];

    decoder->child = fork();
    if (decoder->child < 0) {
        decoder->child = 0;
        return fail_errno(why, errno, "cannot start a decoding process");
    }
    if (decoder->child == 0) {
        const int fds[DECODER_FDS] = {decoder->bytes_fd, records_read, first_write, counts_fd};
        become(program, fds);
    }
    return OK;
}

outcome decoder_open(struct decoder **out, const char *program, struct why *why)
{
    char beside[PATH_MAX];
    if (program == NULL) {
        TRY(program_beside("primrose-decode", beside, why));
        if (access(beside, X_OK) != 0)
            return fail_errno(why, errno, "%s cannot be run: install Primrose whole", beside);
        program = beside;
    }
    struct decoder *decoder = malloc(sizeof *decoder);
    if (decoder == NULL) return fail(why, NO_MEMORY, "no memory for a decoder");
    *decoder = (struct decoder){.bytes_fd = -1, .records_fd = -1, .first_fd = -1};
    const outcome made = make_decoder(decoder, program, why);
    if (made != OK) {
        decoder_close(&decoder);
        return made;
    }
    *out = decoder;
    return OK;
}

outcome decoder_feed(struct decoder *decoder, enum decoder_part part, struct slice bytes,
                     struct why *why)
{
    const struct decoder_record record = {(uint64_t)part, decoder->offset, bytes.len};
    size_t done = 0;
    while (done < bytes.len) {
        const ssize_t written = pwrite(decoder->bytes_fd, bytes.at + done, bytes.len - done,
                                       (off_t)(decoder->offset + done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return fail_errno(why, errno, "cannot hand media to the decoder");
        done += (size_t)written;
    }
    decoder->offset += bytes.len;
    const outcome sent = fd_write(decoder->records_fd,
                                  (struct slice){(const uint8_t *)&record, sizeof record}, NULL);
    return sent == OK ? OK : fail(why, UNAVAILABLE, "the decoding process died of this media");
}

void decoder_hand_over(struct decoder *decoder, int *out_bytes_fd, int *out_records_fd)
{
    assert(decoder->records_fd >= 0 && decoder->offset == 0);
    *out_bytes_fd = fd_take(&decoder->bytes_fd);
    *out_records_fd = fd_take(&decoder->records_fd);
}

outcome decoder_wait_first(struct decoder *decoder, int64_t wait_ms, struct why *why)
{
    const int64_t until_us = clock_us(clock_system()) + wait_ms * 1000;
    for (;;) {
        const int64_t left_ms = (until_us - clock_us(clock_system())) / 1000;
        if (left_ms <= 0)
            return fail(why, TIMED_OUT, "no frame was decoded in %lld ms", (long long)wait_ms);
        struct pollfd wait = {.fd = decoder->first_fd, .events = POLLIN};
        const int ready = poll(&wait, 1, (int)left_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready < 0) return fail_errno(why, errno, "cannot wait for the decoder");
        if (ready == 0) continue;
        uint8_t byte;
        if (read(decoder->first_fd, &byte, 1) == 1) return OK;
        return fail(why, UNAVAILABLE, "the decoding process ended before its first frame");
    }
}

// Waits for the child's end, without a signal handler: its end of the first-frame pipe closes then.
static bool wait_for_end(struct decoder *decoder, int64_t wait_ms)
{
    const int64_t until_us = clock_us(clock_system()) + wait_ms * 1000;
    for (;;) {
        const int64_t left_ms = (until_us - clock_us(clock_system())) / 1000;
        struct pollfd wait = {.fd = decoder->first_fd, .events = POLLIN};
        if (left_ms <= 0) return false;
        if (poll(&wait, 1, (int)left_ms) <= 0) continue;
        uint8_t bytes[16];
        if (read(decoder->first_fd, bytes, sizeof bytes) == 0) return true;
    }
}

static void reap(struct decoder *decoder)
{
    while (waitpid(decoder->child, &decoder->status, 0) < 0 && errno == EINTR)
        continue;
    decoder->child = 0;
}

outcome decoder_finish(struct decoder *decoder, int64_t wait_ms, struct decoder_counts *out,
                       struct why *why)
{
    assert(decoder->child > 0);
    fd_close(&decoder->records_fd);
    const bool is_over = wait_for_end(decoder, wait_ms);
    if (!is_over) (void)kill(decoder->child, SIGKILL);
    reap(decoder);
    if (!is_over)
        return fail(why, TIMED_OUT, "the decoder was not done in %lld ms", (long long)wait_ms);
    if (WIFSIGNALED(decoder->status))
        return fail(why, UNAVAILABLE, "the decoding process died of this media (signal %d)",
                    WTERMSIG(decoder->status));
    if (WEXITSTATUS(decoder->status) != 0)
        return fail(why, UNAVAILABLE, "the decoding process could not lock itself in");
    *out = *decoder->counts;
    return OK;
}

void decoder_close(struct decoder **decoder)
{
    struct decoder *closing = *decoder;
    if (closing == NULL) return;
    *decoder = NULL;
    fd_close(&closing->records_fd);
    if (closing->child > 0) {
        (void)kill(closing->child, SIGKILL);
        reap(closing);
    }
    fd_close(&closing->bytes_fd);
    fd_close(&closing->first_fd);
    if (closing->counts != NULL) (void)munmap(closing->counts, sizeof *closing->counts);
    free(closing);
}
