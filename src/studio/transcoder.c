// SPDX-License-Identifier: Apache-2.0
#include "studio/transcoder.h"

#include "base/channel.h"
#include "base/file.h"
#include "base/program.h"
#include "studio/transcode/wire.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_SOCKET = 3, // where the process looks for its channel
    NUMBER_BYTES = 24,
    SILENCE_MS_DEFAULT = 60000,
    SEND_MS_MAX = 10000,
};

static const uint64_t memory_bytes_default = (uint64_t)8 << 30;

struct transcoder {
    char program[PATH_MAX];
    uint32_t threads;
    uint64_t memory_bytes_max;
    int64_t silence_ms_max;
    pid_t pid; // 0: not running
    int socket;
    dev_t master_device; // of the one master that the process serves
    ino_t master_number;
    struct seal seal;
    struct buffer message; // wiped when a key was in it
};

outcome transcoder_open(struct transcoder **out, const struct transcoder_options *options,
                        struct why *why)
{
    struct transcoder *transcoder = calloc(1, sizeof *transcoder);
    if (transcoder == NULL) return fail(why, NO_MEMORY, "no memory for a transcoder");
    transcoder->threads = options->threads == 0 ? 1 : options->threads;
    transcoder->memory_bytes_max =
        options->memory_bytes_max == 0 ? memory_bytes_default : options->memory_bytes_max;
    transcoder->silence_ms_max =
        options->silence_ms_max == 0 ? SILENCE_MS_DEFAULT : options->silence_ms_max;
    transcoder->socket = -1;
    transcoder->message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    outcome result = OK;
    if (options->program == NULL)
        result = program_beside(TRANSCODER_PROGRAM, transcoder->program, why);
    else if (snprintf(transcoder->program, PATH_MAX, "%s", options->program) >= PATH_MAX)
        result = fail(why, INVALID, "the path of the transcoding program is too long");
    if (result == OK && access(transcoder->program, X_OK) != 0)
        result = fail_errno(why, errno, "cannot run %s", transcoder->program);
    if (result != OK) {
        transcoder_close(&transcoder);
        return result;
    }
    *out = transcoder;
    return OK;
}

// Ends the process and says how it had ended, when it had before: its wait status, else that of our
// own SIGKILL.
static int stop(struct transcoder *transcoder)
{
    int status = 0;
    fd_close(&transcoder->socket);
    if (transcoder->pid > 0) {
        (void)kill(transcoder->pid, SIGKILL);
        while (waitpid(transcoder->pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    transcoder->pid = 0;
    return status;
}

void transcoder_close(struct transcoder **transcoder)
{
    if (*transcoder == NULL) return;
    (void)stop(*transcoder);
    buffer_release(&(*transcoder)->message);
    explicit_bzero(&(*transcoder)->seal, sizeof(*transcoder)->seal);
    free(*transcoder);
    *transcoder = NULL;
}

static outcome start(struct transcoder *transcoder, struct why *why)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_errno(why, errno, "cannot make a channel");
    autofd ours = pair[0], theirs = pair[1];

    char threads[NUMBER_BYTES], memory[NUMBER_BYTES], name[] = "primrose-transcode";
    (void)snprintf(threads, sizeof threads, "%u", transcoder->threads);
    (void)snprintf(memory, sizeof memory, "%" PRIu64, transcoder->memory_bytes_max);
    char *words[] = {name, threads, memory, NULL};

    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return fail_errno(why, error, "cannot start %s", transcoder->program);
    error = posix_spawn_file_actions_adddup2(&actions, theirs, CHILD_SOCKET);
    if (error == 0)
        error = posix_spawn(&transcoder->pid, transcoder->program, &actions, NULL, words, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        transcoder->pid = 0;
        return fail_errno(why, error, "cannot start %s", transcoder->program);
    }
    transcoder->socket = fd_take(&ours);
    return OK;
}

// A fresh process for another master; the one that runs for the same.
static outcome use_process(struct transcoder *transcoder, int master_fd, struct why *why)
{
    struct stat id;
    if (fstat(master_fd, &id) != 0) return fail_errno(why, errno, "cannot look at the master");
    const bool is_same =
        transcoder->master_device == id.st_dev && transcoder->master_number == id.st_ino;
    if (transcoder->pid > 0 && is_same) return OK;
    (void)stop(transcoder);
    TRY(start(transcoder, why));
    transcoder->master_device = id.st_dev;
    transcoder->master_number = id.st_ino;
    return OK;
}

// What to tell of a process that is no more, or must not be.
static outcome bury(struct transcoder *transcoder, outcome result, enum request_kind kind,
                    const struct why *fault, struct why *why)
{
    const char *doing = request_word(kind);
    const int status = stop(transcoder);
    if (result == TIMED_OUT)
        return fail(why, TIMED_OUT, "transcoding (%s) gave no sign for %lld s and was ended", doing,
                    (long long)(transcoder->silence_ms_max / 1000));
    if (result != UNAVAILABLE)
        return fail(why, UNAVAILABLE, "transcoding (%s) talks nonsense and was ended: %.200s",
                    doing, fault->text);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return fail(why, UNAVAILABLE,
                    "transcoding (%s) was killed by its sandbox: the input made it try a forbidden "
                    "system call",
                    doing);
    if (WIFSIGNALED(status))
        return fail(why, UNAVAILABLE, "transcoding (%s) died of signal %d (%s): a broken input?",
                    doing, WTERMSIG(status), strsignal(WTERMSIG(status)));
    return fail(why, UNAVAILABLE, "transcoding (%s) ended with status %d", doing,
                WIFEXITED(status) ? WEXITSTATUS(status) : status);
}

// Gives a process that has closed its channel the time to end, so that its own status is seen and
// not that of our SIGKILL.
static void let_it_end(const struct transcoder *transcoder)
{
    enum { END_MS_MAX = 2000 }; // a hostile one may not end at all
    autofd process = pidfd_open(transcoder->pid, 0);
    struct pollfd ended = {.fd = process, .events = POLLIN};
    while (process >= 0 && poll(&ended, 1, END_MS_MAX) < 0 && errno == EINTR) {
    }
}

// Hears replies until the last one. Not OK with `*is_over` false: the process is of no more use.
static outcome hear(struct transcoder *transcoder, const struct transcode_watch *watch,
                    struct reply *reply, bool *is_over, struct why *why)
{
    for (;;) {
        size_t fd_count = 0;
        TRY(channel_receive(transcoder->socket, &transcoder->message, NULL, 0, &fd_count,
                            transcoder->silence_ms_max, why));
        TRY(reply_parse(buffer_slice(&transcoder->message), reply, why));
        if (reply->word != REPLY_PROGRESS) {
            *is_over = true;
            return reply->word == REPLY_DONE
                       ? OK
                       : fail(why, reply->failure, "%s", reply->sentence.text);
        }
        if (watch == NULL || watch->progressed == NULL) continue;
        const outcome heard = watch->progressed(watch->context, reply->done, reply->total, why);
        if (heard != OK) {
            (void)stop(transcoder);
            *is_over = true;
            return heard;
        }
    }
}

static outcome ask(struct transcoder *transcoder, struct request *request, int master_fd,
                   const struct transcode_watch *watch, struct reply *reply, struct why *why)
{
    int fds[CHANNEL_FDS_MAX];
    size_t fd_count = 0;
    buffer_drop(&transcoder->message, transcoder->message.len);
    if (request->kind != REQUEST_JOIN) request->seal = transcoder->seal; // parts are clear
    TRY(request_format(request, &transcoder->message, fds, &fd_count, why));
    TRY(use_process(transcoder, master_fd, why));
    struct why fault = {""};
    bool is_over = false;
    outcome result = channel_send(transcoder->socket, buffer_slice(&transcoder->message), fds,
                                  fd_count, SEND_MS_MAX, &fault);
    if (request->seal.is_sealed) explicit_bzero(transcoder->message.at, transcoder->message.len);
    if (result == OK) result = hear(transcoder, watch, reply, &is_over, &fault);
    if (result == OK) return OK;
    if (is_over) return fail(why, result, "%s", fault.text);
    if (result == UNAVAILABLE) let_it_end(transcoder);
    return bury(transcoder, result, request->kind, &fault, why);
}

void transcoder_unseal(struct transcoder *transcoder, const struct seal *seal)
{
    static const struct seal none = {.is_sealed = false};
    transcoder->seal = seal == NULL ? none : *seal;
}

// Requests and replies are too large for a stack that may be a thread's.
struct exchange {
    struct request request;
    struct reply reply;
};

static struct exchange *exchange_make(enum request_kind kind)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) return NULL;
    exchange->request.kind = kind;
    exchange->reply.result.kind = kind;
    return exchange;
}

static void exchange_drop(struct exchange *exchange)
{
    explicit_bzero(&exchange->request.seal, sizeof exchange->request.seal);
    free(exchange);
}

static outcome no_exchange(struct why *why)
{
    return fail(why, NO_MEMORY, "no memory for a request");
}

outcome transcoder_probe(struct transcoder *transcoder, int master_fd,
                         const struct transcode_watch *watch, struct master_report *out,
                         struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_PROBE);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.probe_fd = master_fd;
    const outcome result =
        ask(transcoder, &exchange->request, master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.probe;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_video(struct transcoder *transcoder, const struct video_job *job,
                         const struct transcode_watch *watch, struct video_result *out,
                         struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_VIDEO);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.video = *job;
    exchange->reply.result.rendition_count = job->rendition_count;
    const outcome result =
        ask(transcoder, &exchange->request, job->master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.video;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_audio(struct transcoder *transcoder, const struct audio_job *job,
                         const struct transcode_watch *watch, struct audio_result *out,
                         struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_AUDIO);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.audio = *job;
    const outcome result =
        ask(transcoder, &exchange->request, job->audio_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.audio;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_text(struct transcoder *transcoder, const struct text_job *job,
                        const struct transcode_watch *watch, struct text_result *out,
                        struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_TEXT);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.text = *job;
    const outcome result =
        ask(transcoder, &exchange->request, job->master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.text;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_measure(struct transcoder *transcoder, const struct measure_job *job,
                           const struct transcode_watch *watch, struct measure_result *out,
                           struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_MEASURE);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.measure = *job;
    const outcome result =
        ask(transcoder, &exchange->request, job->master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.measure;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_join(struct transcoder *transcoder, const struct join_job *job,
                        const struct transcode_watch *watch, struct join_result *out,
                        struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_JOIN);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.join = *job;
    const outcome result =
        job->input_count == 0
            ? fail(why, INVALID, "there is nothing to join")
            : ask(transcoder, &exchange->request, job->input_fds[0], watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.join;
    free(exchange);
    return result;
}

size_t storyboard_sheet_count(const struct storyboard_job *job)
{
    const struct master_video *video = &job->facts->video;
    const uint64_t tiles_per_sheet = (uint64_t)job->columns * job->rows;
    if (tiles_per_sheet == 0 || job->interval_ms == 0 || video->rate.frames == 0) return 0;
    const struct media_time length = media_time_rescale(job->facts->duration, 1000);
    if (length.ticks <= 0) return 0;
    const uint64_t tiles = ((uint64_t)length.ticks + job->interval_ms - 1) / job->interval_ms;
    return (size_t)((tiles + tiles_per_sheet - 1) / tiles_per_sheet);
}

outcome transcoder_storyboard(struct transcoder *transcoder, const struct storyboard_job *job,
                              const struct transcode_watch *watch, struct storyboard_result *out,
                              struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_STORYBOARD);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.storyboard = *job;
    const outcome result =
        ask(transcoder, &exchange->request, job->master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.storyboard;
    exchange_drop(exchange);
    return result;
}

outcome transcoder_poster(struct transcoder *transcoder, const struct poster_job *job,
                          const struct transcode_watch *watch, struct poster_result *out,
                          struct why *why)
{
    struct exchange *exchange = exchange_make(REQUEST_POSTER);
    if (exchange == NULL) return no_exchange(why);
    exchange->request.job.poster = *job;
    const outcome result =
        ask(transcoder, &exchange->request, job->master_fd, watch, &exchange->reply, why);
    if (result == OK) *out = exchange->reply.result.of.poster;
    exchange_drop(exchange);
    return result;
}
