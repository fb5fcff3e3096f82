// SPDX-License-Identifier: Apache-2.0
#include "net/http2_stream.h"

#include "net/http_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_BYTES_MAX = 16384 + 9, // as nghttp2 makes them
    ANSWER_FIELDS_MAX = 64,
};

static const uint8_t preface[HTTP2_PREFACE_BYTES + 1] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum http2_begins http2_begins(struct slice bytes)
{
    const size_t len = bytes.len < HTTP2_PREFACE_BYTES ? bytes.len : HTTP2_PREFACE_BYTES;
    if (len == 0 || memcmp(bytes.at, preface, len) != 0) return HTTP2_NO;
    return len == HTTP2_PREFACE_BYTES ? HTTP2_YES : HTTP2_PERHAPS;
}

// --- streams

static struct http2_stream *stream_open(struct http2 *http2, int32_t id)
{
    struct http2_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    stream->exchange = exchange_take(http2->connection);
    if (stream->exchange == NULL) {
        free(stream);
        return NULL;
    }
    stream->home = http2;
    stream->id = id;
    stream->head = buffer_init(HTTP_HEAD_BYTES_MAX);
    stream->crumb = buffer_init(HTTP_LINE_BYTES_MAX);
    stream->exchange->stream = stream;
    stream->exchange->request = &http_no_request;
    stream->exchange->body_bytes =
        buffer_init(http2->connection->home->options->limits.body_bytes_max);
    stream->next = http2->streams;
    stream->link = &http2->streams;
    if (stream->next != NULL) stream->next->link = &stream->next;
    http2->streams = stream;
    http2->stream_count++;
    return stream;
}

// Lets go of the exchange as when a connection closes under it: what is away comes back later.
static void stream_close(struct http2_stream *stream)
{
    struct http2 *http2 = stream->home;
    struct http_exchange *exchange = stream->exchange;
    http2->body_bytes -= exchange->body_bytes.len;
    *stream->link = stream->next;
    if (stream->next != NULL) stream->next->link = stream->link;
    http2->stream_count--;
    exchange->stream = NULL;
    exchange->connection = NULL;
    if (exchange->work == NULL) {
        if (exchange->cancel != NULL) exchange->cancel(exchange);
        exchange_put(http2->connection->home, exchange);
    }
    buffer_release(&stream->head);
    buffer_release(&stream->crumb);
    free(stream);
}

// --- answers

// The next bytes of the body into nghttp2's frame.
static ssize_t fill_piece(struct http_exchange *exchange, uint8_t *out, size_t room)
{
    const struct http_piece *piece = &exchange->piece;
    const uint64_t left = piece->size - exchange->piece_at;
    size_t len = left < room ? (size_t)left : room;
    if (piece->bytes.at != NULL) {
        memcpy(out, piece->bytes.at + exchange->piece_at, len);
    } else {
        ssize_t got;
        do
            got = pread(piece->fd, out, len, (off_t)(piece->offset + exchange->piece_at));
        while (got < 0 && errno == EINTR);
        if (got <= 0) return -1; // the length has been promised
        len = (size_t)got;
    }
    exchange->piece_at += len;
    if (exchange->piece_at < piece->size) return (ssize_t)len;
    if (exchange->reply.kind == BODY_STREAM) {
        exchange->sent += piece->size;
        exchange->phase = PHASE_PULL;
    } else {
        exchange->phase = PHASE_DONE;
    }
    return (ssize_t)len;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    (void)session, (void)id, (void)context;
    struct http2_stream *stream = source->ptr;
    struct http_exchange *exchange = stream->exchange;
    ssize_t put = 0;
    if (exchange->phase == PHASE_PULL) {
        const enum http_pull pulled = exchange_pull(exchange);
        if (pulled == PULL_BREAK)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; // RST_STREAM: nobody takes it for whole
        stream->is_starved = pulled == PULL_WAIT;
    }
    if (stream->is_starved) return NGHTTP2_ERR_DEFERRED;
    if (exchange->phase == PHASE_PIECE) put = fill_piece(exchange, out, room);
    if (put < 0) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (exchange->phase == PHASE_DONE) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return put;
}

static void lower(struct slice name)
{
    uint8_t *at = (uint8_t *)(uintptr_t)name.at; // of our own buffer
    for (size_t i = 0; i < name.len; i++)
        if (at[i] >= 'A' && at[i] <= 'Z') at[i] = (uint8_t)(at[i] + 'a' - 'A');
}

static nghttp2_nv field_of(struct slice name, struct slice value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.at, (uint8_t *)(uintptr_t)value.at, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

// The lines of an HTTP/1.1 head, as fields. Returns how many.
static size_t split_head(struct slice head, nghttp2_nv *out, size_t room)
{
    struct slice line, name;
    size_t count = 0;
    (void)slice_cut(&head, '\n', &line); // the status line
    while (count < room && slice_cut(&head, '\n', &line)) {
        struct slice value = slice_part(line, 0, line.len > 0 ? line.len - 1 : 0); // less the CR
        if (!slice_cut(&value, ':', &name) || name.len == 0) continue;
        lower(name);
        out[count++] = field_of(name, slice_trim(value));
    }
    return count;
}

static outcome submit(struct http2_stream *stream, struct why *why)
{
    struct http_exchange *exchange = stream->exchange;
    struct http_reply head = exchange->reply;
    if (head.framing == FRAMING_CHUNKED) head.framing = FRAMING_NONE; // frames show the end
    autobuffer lines = buffer_init(OUT_BYTES);
    TRY(http_head_put(&head, http_loop_date(exchange->home), HTTP_NOT_LAST, &lines, why));
    nghttp2_nv fields[ANSWER_FIELDS_MAX + 1];
    char status[4] = {(char)('0' + head.status / 100 % 10), (char)('0' + head.status / 10 % 10),
                      (char)('0' + head.status % 10), '\0'};
    fields[0] = field_of(slice_of(":status"), slice_of(status));
    const size_t count = 1 + split_head(buffer_slice(&lines), fields + 1, ANSWER_FIELDS_MAX);
    const bool is_empty = head.kind != BODY_STREAM && head.length == 0;
    const bool has_body =
        head.kind != BODY_NONE && !exchange->is_head && head.status != 304 && !is_empty;
    const nghttp2_data_provider body = {.source.ptr = stream, .read_callback = read_body};
    if (has_body && head.kind == BODY_STREAM)
        exchange->phase = PHASE_PULL;
    else
        exchange_set_piece(exchange);
    stream->is_answered = true;
    if (nghttp2_submit_response(stream->home->session, stream->id, fields, count,
                                has_body ? &body : NULL) != 0)
        return fail(why, NO_MEMORY, "no memory for an answer");
    return OK;
}

// The stream cannot be answered: it is reset.
static void give_up(struct http2_stream *stream)
{
    (void)nghttp2_submit_rst_stream(stream->home->session, NGHTTP2_FLAG_NONE, stream->id,
                                    NGHTTP2_INTERNAL_ERROR);
}

// What the handler has made of it.
static void take_answer(struct http2_stream *stream)
{
    struct http_exchange *exchange = stream->exchange;
    struct why why = {""};
    if (exchange->reply.status == 0 && (exchange->work != NULL || exchange->cancel != NULL)) {
        if (exchange->work == NULL) return;
        const outcome submitted = exchange_submit(exchange, &why);
        if (submitted == OK) return;
        exchange->work = NULL;
        http_reply_outcome(exchange, submitted, &why);
    }
    if (exchange->reply.status == 0) http_reply_fault(exchange);
    if (submit(stream, &why) != OK) give_up(stream);
}

void http2_answered(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    take_answer(exchange->stream);
    loop_again(connection->home->loop, &connection->source);
}

void http2_resumed(struct http_exchange *exchange)
{
    exchange->stream->is_woken = true;
    loop_again(exchange->connection->home->loop, &exchange->connection->source);
}

// --- requests

static void refuse(struct http2_stream *stream, enum http_fault fault)
{
    stream->is_whole = true;
    count(&stream->home->connection->home->counters.refused, 1);
    http_reply_problem(stream->exchange, http_fault_status(fault), "request-refused",
                       "the request is refused", http_fault_sentence(fault));
    if (submit(stream, NULL) != OK) give_up(stream);
}

static void handle(struct http2_stream *stream)
{
    struct http_loop *home = stream->home->connection->home;
    stream->is_whole = true;
    stream->exchange->body = buffer_slice(&stream->exchange->body_bytes);
    count(&home->counters.requests, 1);
    home->options->handle(home->options->context, stream->exchange);
    take_answer(stream);
}

// --- what nghttp2 tells us

static struct http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct http2 *http2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    http2->opened++;
    struct http2_stream *stream = stream_open(http2, frame->hd.stream_id);
    if (stream == NULL) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    (void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    (void)flags, (void)context;
    struct http2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (stream == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0; // of trailers
    const outcome taken =
        stream_take_field(stream, (struct slice){name, name_len}, (struct slice){value, value_len});
    if (taken != OK && stream->fault == FAULT_NONE)
        stream->fault = taken == INVALID ? FAULT_FIELD_VALUE : FAULT_FIELDS_LARGE;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *context)
{
    (void)flags;
    struct http2 *http2 = context;
    struct http2_stream *stream = stream_of(session, id);
    if (stream == NULL || stream->is_whole) return 0;
    const uint64_t bytes_max =
        2 * (uint64_t)http2->connection->home->options->limits.body_bytes_max;
    const bool fits =
        http2->body_bytes + len <= bytes_max &&
        buffer_put(&stream->exchange->body_bytes, (struct slice){bytes, len}, NULL) == OK;
    if (fits)
        http2->body_bytes += len;
    else
        refuse(stream, FAULT_BODY_LARGE);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    const bool is_headers = frame->hd.type == NGHTTP2_HEADERS;
    if (!is_headers && frame->hd.type != NGHTTP2_DATA) return 0;
    struct http2_stream *stream = stream_of(session, frame->hd.stream_id);
    if (stream == NULL || stream->is_whole) return 0;
    if (is_headers && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
        const enum http_fault fault =
            stream->fault != FAULT_NONE ? stream->fault : stream_read_head(stream);
        if (fault != FAULT_NONE) {
            refuse(stream, fault);
            return 0;
        }
    }
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) handle(stream);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
    struct http2 *http2 = context;
    struct http2_stream *stream = stream_of(session, id);
    if (error == NGHTTP2_CANCEL || error == NGHTTP2_REFUSED_STREAM) http2->reset++;
    if (stream != NULL) stream_close(stream);
    return 0;
}

// --- the session

static outcome make_session(struct http2 *http2, struct why *why)
{
    nghttp2_session_callbacks *callbacks = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return fail(why, NO_MEMORY, "no memory for HTTP/2");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    const int made = nghttp2_session_server_new(&http2->session, callbacks, http2);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP_HEAD_BYTES_MAX},
    };
    if (made != 0 || nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
                                             sizeof settings / sizeof settings[0]) != 0)
        return fail(why, NO_MEMORY, "no memory for HTTP/2");
    return OK;
}

outcome http2_open(struct http_connection *connection, struct why *why)
{
    struct http2 *http2 = calloc(1, sizeof *http2);
    if (http2 == NULL) return fail(why, NO_MEMORY, "no memory for HTTP/2");
    http2->connection = connection;
    connection->http2 = http2;
    return make_session(http2, why); // closed with the connection
}

bool http2_take(struct http_connection *connection, struct slice bytes)
{
    struct http2 *http2 = connection->http2;
    const ssize_t taken = nghttp2_session_mem_recv(http2->session, bytes.at, bytes.len);
    const bool is_abuse = http2->reset > HTTP2_RESETS_MAX && http2->reset > http2->opened / 2;
    if (taken >= 0 && !is_abuse) return true;
    http2->is_cut = true;
    (void)nghttp2_session_terminate_session(http2->session, is_abuse ? NGHTTP2_ENHANCE_YOUR_CALM
                                                                     : NGHTTP2_PROTOCOL_ERROR);
    return false;
}

// Bodies that had run dry and have more now.
static void wake(struct http2 *http2)
{
    for (struct http2_stream *stream = http2->streams; stream != NULL; stream = stream->next) {
        if (!stream->is_woken) continue;
        stream->is_woken = false;
        if (!stream->is_starved) continue;
        stream->is_starved = false;
        (void)nghttp2_session_resume_data(http2->session, stream->id);
    }
}

enum send_result http2_send(struct http_connection *connection)
{
    struct http2 *http2 = connection->http2;
    struct buffer *out = &connection->home->out;
    uint64_t budget = TURN_BYTES;
    wake(http2);
    for (;;) {
        if (connection->kept_out != NULL || out->len + FRAME_BYTES_MAX > OUT_BYTES) {
            const enum send_result flushed = send_flush(connection, TRANSPORT_LAST);
            if (flushed != SEND_DONE) return flushed;
        }
        if (budget == 0) break;
        const uint8_t *frames = NULL;
        const ssize_t len = nghttp2_session_mem_send(http2->session, &frames);
        if (len < 0) return SEND_BROKEN;
        if (len == 0) break;
        if (buffer_put(out, (struct slice){frames, (size_t)len}, NULL) != OK) return SEND_BROKEN;
        budget -= (uint64_t)len < budget ? (uint64_t)len : budget;
    }
    const enum send_result flushed = send_flush(connection, TRANSPORT_LAST);
    return flushed == SEND_DONE && budget == 0 ? SEND_TURN_OVER : flushed;
}

bool http2_is_over(const struct http_connection *connection)
{
    const struct http2 *http2 = connection->http2;
    if (http2->is_cut || (connection->is_last && http2->stream_count == 0)) return true;
    return nghttp2_session_want_read(http2->session) == 0 &&
           nghttp2_session_want_write(http2->session) == 0;
}

bool http2_is_idle(const struct http_connection *connection)
{
    return connection->http2->stream_count == 0 && connection->kept_out == NULL;
}

// The client must take answers, and bring its bodies, at the least pace; a handler has its time.
enum deadline http2_deadline(const struct http_connection *connection)
{
    if (http2_is_idle(connection)) return DEADLINE_IDLE;
    enum deadline waits = connection->kept_out != NULL ? DEADLINE_SEND : DEADLINE_HANDLER;
    const struct http2_stream *stream = connection->http2->streams;
    for (; stream != NULL && waits != DEADLINE_SEND; stream = stream->next) {
        if (stream->is_answered && !stream->is_starved) waits = DEADLINE_SEND;
        if (!stream->is_whole) waits = DEADLINE_BODY;
    }
    return waits;
}

void http2_drain(struct http_connection *connection)
{
    struct http2 *http2 = connection->http2;
    (void)nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE,
                                nghttp2_session_get_last_proc_stream_id(http2->session),
                                NGHTTP2_NO_ERROR, NULL, 0);
    loop_again(connection->home->loop, &connection->source);
}

void http2_close(struct http_connection *connection)
{
    struct http2 *http2 = connection->http2;
    if (http2 == NULL) return;
    connection->http2 = NULL;
    while (http2->streams != NULL)
        stream_close(http2->streams);
    nghttp2_session_del(http2->session);
    free(http2);
}
