// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/serve.h"

#include "base/file.h"
#include "media/probe.h"
#include "studio/transcode/jobs.h"
#include "studio/transcode/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SEND_MS_MAX = 30000 }; // a client that does not listen for so long is gone

struct server {
    int socket;
    uint32_t threads;
    struct buffer message;
    struct source source; // kept open from job to job: a worker stays with its master
    int source_fd;
    struct stat source_id;
};

static outcome say(struct server *server, const struct reply *reply, struct why *why)
{
    buffer_drop(&server->message, server->message.len);
    TRY(reply_format(reply, &server->message, why));
    return channel_send(server->socket, buffer_slice(&server->message), NULL, 0, SEND_MS_MAX, why);
}

static outcome say_progress(void *context, uint64_t done, uint64_t total, struct why *why)
{
    const struct reply reply = {.word = REPLY_PROGRESS, .done = done, .total = total};
    return say(context, &reply, why);
}

static void drop_source(struct server *server)
{
    source_close(&server->source);
    fd_close(&server->source_fd);
}

// The open source of `*fd`, which is taken over when it is another file than last time.
static outcome use_source(struct server *server, const struct seal *seal, int *fd, struct why *why)
{
    struct stat id;
    if (fstat(*fd, &id) != 0) return fail_errno(why, errno, "cannot look at the master");
    if (server->source.container != NULL && id.st_dev == server->source_id.st_dev &&
        id.st_ino == server->source_id.st_ino && id.st_size == server->source_id.st_size)
        return OK;
    drop_source(server);
    TRY(source_open(*fd, seal, &server->source, why));
    server->source_fd = fd_take(fd);
    server->source_id = id;
    return OK;
}

static outcome run(struct server *server, const struct request *request, int *input_fd,
                   struct result *result, struct why *why)
{
    const struct transcode_watch watch = {say_progress, server};
    const struct probe_watch probe_watch = {say_progress, server};
    struct source *source = &server->source;
    if (request->kind == REQUEST_PROBE)
        return probe_master(*input_fd, &request->seal, &probe_watch, &result->of.probe, why);
    if (request->kind == REQUEST_JOIN)
        return join_run(&request->job.join, &watch, &result->of.join, why);
    TRY(use_source(server, &request->seal, input_fd, why));
    switch (request->kind) {
    case REQUEST_VIDEO:
        return video_run(source, &request->job.video, server->threads, &watch, &result->of.video,
                         why);
    case REQUEST_AUDIO:
        return audio_run(source, &request->job.audio, &watch, &result->of.audio, why);
    case REQUEST_TEXT: return text_run(source, &request->job.text, &watch, &result->of.text, why);
    case REQUEST_STORYBOARD:
        return storyboard_run(source, &request->job.storyboard, &watch, &result->of.storyboard,
                              why);
    case REQUEST_POSTER:
        return poster_run(source, &request->job.poster, &watch, &result->of.poster, why);
    case REQUEST_MEASURE:
        return measure_run(source, &request->job.measure, server->threads, &watch,
                           &result->of.measure, why);
    case REQUEST_PROBE:
    case REQUEST_JOIN:
    case REQUEST_KIND_COUNT: break;
    }
    return fail(why, INVALID, "no such request");
}

// Hears one request and answers it. Not OK: the channel is of no more use.
static outcome serve_one(struct server *server, struct request *request, struct reply *reply,
                         struct why *why)
{
    int fds[CHANNEL_FDS_MAX];
    size_t count = 0;
    TRY(channel_receive(server->socket, &server->message, fds, CHANNEL_FDS_MAX, &count, -1, why));
    outcome result = request_parse(buffer_slice(&server->message), fds, count, request, why);
    if (result == OK) {
        *reply = (struct reply){.word = REPLY_DONE, .result = {.kind = request->kind}};
        reply->result.rendition_count =
            request->kind == REQUEST_VIDEO ? request->job.video.rendition_count : 0;
        struct why sentence = {""};
        const outcome done = run(server, request, &fds[0], &reply->result, &sentence);
        if (done != OK)
            *reply = (struct reply){.word = REPLY_FAILED, .failure = done, .sentence = sentence};
        result = say(server, reply, why);
    }
    for (size_t i = 0; i < count; i++)
        fd_close(&fds[i]);
    return result;
}

outcome transcode_serve(int socket, uint32_t threads, struct why *why)
{
    struct server server = {.socket = socket,
                            .threads = threads,
                            .message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX),
                            .source_fd = -1};
    struct request *request = calloc(1, sizeof *request);
    struct reply *reply = calloc(1, sizeof *reply);
    outcome result =
        request == NULL || reply == NULL ? fail(why, NO_MEMORY, "no memory for requests") : OK;
    while (result == OK)
        result = serve_one(&server, request, reply, why);
    free(request);
    free(reply);
    drop_source(&server);
    buffer_release(&server.message);
    return result;
}
