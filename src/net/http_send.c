// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

#include "net/http_head.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct slice nothing = {NULL, 0};

const char *http_loop_date(struct http_loop *home)
{
    const int64_t now_s = loop_wall_s(home->loop);
    if (now_s != home->date_s) {
        http_date_format(now_s, home->date);
        home->date_s = now_s;
    }
    return home->date;
}

void exchange_set_piece(struct http_exchange *exchange)
{
    const struct http_reply *reply = &exchange->reply;
    exchange->piece =
        (struct http_piece){.bytes = reply->kind == BODY_BYTES ? reply->bytes : nothing,
                            .fd = reply->fd,
                            .offset = reply->offset,
                            .is_rewritten = reply->is_rewritten,
                            .size = reply->length};
    exchange->piece_at = 0;
    exchange->phase = exchange->piece.size == 0 ? PHASE_DONE : PHASE_PIECE;
}

// The head, and a small body, behind what is gathered; the rest is prepared.
static outcome begin_answer(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    struct http_reply *reply = &exchange->reply;
    struct buffer *out = &connection->home->out;
    assert(reply->status != 0);
    if (reply->framing == FRAMING_CHUNKED && exchange->request->minor == 0) {
        reply->framing = FRAMING_NONE; // HTTP/1.0 knows no chunks
        connection->is_last = true;
    }
    const enum http_last last = connection->is_last ? HTTP_LAST : HTTP_NOT_LAST;
    TRY(http_head_put(reply, http_loop_date(connection->home), last, out, NULL));
    const bool has_body = reply->kind != BODY_NONE && !exchange->is_head && reply->status != 304;
    if (!has_body) {
        exchange->phase = PHASE_DONE;
    } else if (reply->kind == BODY_STREAM) {
        exchange->phase = PHASE_PULL;
    } else if (reply->kind == BODY_BYTES && reply->length <= SMALL_BODY_BYTES &&
               buffer_put(out, reply->bytes, NULL) == OK) {
        exchange->phase = PHASE_DONE;
    } else {
        exchange_set_piece(exchange);
    }
    return OK;
}

// Takes `len` sent bytes off the front of `out` or of what was kept of it.
static void drop_sent(struct http_connection *connection, size_t len)
{
    if (connection->kept_out == NULL) {
        buffer_drop(&connection->home->out, len);
        return;
    }
    connection->kept_out_at += (uint32_t)len;
    if (connection->kept_out_at < connection->kept_out_len) return;
    free(connection->kept_out);
    connection->kept_out = NULL;
    connection->kept_out_at = connection->kept_out_len = 0;
}

static struct slice unsent(const struct http_connection *connection)
{
    if (connection->kept_out == NULL) return buffer_slice(&connection->home->out);
    return (struct slice){connection->kept_out + connection->kept_out_at,
                          connection->kept_out_len - connection->kept_out_at};
}

// The loop's `out` is for whoever has the turn: what is left in it moves to the connection.
static bool keep_out(struct http_connection *connection)
{
    struct buffer *out = &connection->home->out;
    if (connection->kept_out != NULL || out->len == 0) return true;
    connection->kept_out = malloc(out->len);
    if (connection->kept_out == NULL) return false;
    memcpy(connection->kept_out, out->at, out->len);
    connection->kept_out_len = (uint32_t)out->len;
    out->len = 0;
    return true;
}

static enum send_result blocked(struct http_connection *connection)
{
    connection->is_writable = false;
    return keep_out(connection) ? SEND_BLOCKED : SEND_BROKEN;
}

// Sends what is gathered and then `body`; `*sent` counts the body's bytes.
static enum send_result send_both(struct http_connection *connection, struct slice body,
                                  enum transport_more more, uint64_t *sent)
{
    for (;;) {
        const struct slice head = unsent(connection);
        const struct slice first = head.len > 0 ? head : body;
        const struct slice second = head.len > 0 ? body : nothing;
        if (first.len == 0) return SEND_DONE;
        if (!connection->is_writable) return blocked(connection);
        const ssize_t put = transport_send(&connection->transport, first, second, more);
        if (put == TRANSPORT_BROKEN) return SEND_BROKEN;
        if (put == TRANSPORT_AGAIN) return blocked(connection);
        const size_t len = (size_t)put;
        const size_t of_head = len < head.len ? len : head.len;
        if (of_head > 0) drop_sent(connection, of_head);
        body = slice_part(body, len - of_head, body.len);
        *sent += len - of_head;
        connection->moved += len;
        count(&connection->home->counters.bytes_sent, len);
    }
}

enum send_result send_flush(struct http_connection *connection, enum transport_more more)
{
    uint64_t none = 0;
    return send_both(connection, nothing, more, &none);
}

static enum send_result send_memory(struct http_connection *connection, uint64_t *budget)
{
    struct http_exchange *exchange = connection->exchange;
    const struct slice left =
        slice_part(exchange->piece.bytes, (size_t)exchange->piece_at, (size_t)*budget);
    uint64_t sent = 0;
    const enum send_result result = send_both(connection, left, TRANSPORT_LAST, &sent);
    exchange->piece_at += sent;
    *budget -= sent;
    return result;
}

static enum send_result send_file(struct http_connection *connection, uint64_t *budget)
{
    struct http_exchange *exchange = connection->exchange;
    const enum send_result flushed = send_flush(connection, TRANSPORT_MORE);
    if (flushed != SEND_DONE) return flushed;
    if (!connection->is_writable) return SEND_BLOCKED;
    const struct http_piece *piece = &exchange->piece;
    const uint64_t left = piece->size - exchange->piece_at;
    uint64_t asked = left < *budget ? left : *budget;
    if (piece->is_rewritten && asked > TRANSPORT_COPY_BYTES) asked = TRANSPORT_COPY_BYTES;
    const uint64_t from = piece->offset + exchange->piece_at;
    struct transport *transport = &connection->transport;
    const ssize_t put = piece->is_rewritten
                            ? transport_send_copy(transport, piece->fd, from, asked)
                            : transport_send_file(transport, piece->fd, from, asked);
    if (put == TRANSPORT_BROKEN) return SEND_BROKEN;
    if (put == TRANSPORT_AGAIN) return blocked(connection);
    exchange->piece_at += (uint64_t)put;
    *budget -= (uint64_t)put;
    connection->moved += (uint64_t)put;
    count(&connection->home->counters.bytes_sent, (uint64_t)put);
    return (uint64_t)put < asked ? blocked(connection) : SEND_DONE; // short: the socket is full
}

// What comes after a piece: its chunk's CR LF and the next one, or the end.
static outcome end_piece(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    if (exchange->reply.kind != BODY_STREAM) {
        exchange->phase = PHASE_DONE;
        return OK;
    }
    exchange->sent += exchange->piece.size;
    exchange->phase = PHASE_PULL;
    if (exchange->reply.framing != FRAMING_CHUNKED) return OK;
    return buffer_put_text(&connection->home->out, "\r\n", NULL);
}

static enum send_result send_piece(struct http_connection *connection, uint64_t *budget)
{
    struct http_exchange *exchange = connection->exchange;
    if (*budget == 0) return keep_out(connection) ? SEND_TURN_OVER : SEND_BROKEN;
    const enum send_result result = exchange->piece.bytes.at != NULL
                                        ? send_memory(connection, budget)
                                        : send_file(connection, budget);
    if (result != SEND_DONE || exchange->piece_at < exchange->piece.size) return result;
    return end_piece(connection) == OK ? SEND_DONE : SEND_BROKEN;
}

static bool fits_length(const struct http_exchange *exchange, enum http_pull pulled)
{
    if (exchange->reply.framing != FRAMING_LENGTH) return true;
    const uint64_t left = exchange->reply.length - exchange->sent;
    return pulled == PULL_END ? left == 0 : exchange->piece.size <= left;
}

enum http_pull exchange_pull(struct http_exchange *exchange)
{
    struct http_piece *piece = &exchange->piece;
    struct http_stream *stream = exchange->reply.stream;
    *piece = (struct http_piece){.fd = -1};
    const enum http_pull pulled = stream->pull(stream, exchange->sent, piece);
    if (pulled == PULL_WAIT || pulled == PULL_BREAK) return pulled;
    if (piece->bytes.at != NULL) piece->size = piece->bytes.len;
    if (!fits_length(exchange, pulled)) return PULL_BREAK;
    assert(pulled == PULL_END || piece->size > 0);
    exchange->piece_at = 0;
    exchange->phase = pulled == PULL_END ? PHASE_DONE : PHASE_PIECE;
    return pulled;
}

// Bytes are formatted behind what is in `out`, which must neither be full nor lie behind bytes that
// the connection keeps.
static enum send_result make_room(struct http_connection *connection)
{
    if (connection->kept_out == NULL && connection->home->out.len <= OUT_BYTES / 2)
        return SEND_DONE;
    return send_flush(connection, TRANSPORT_LAST);
}

// A chunk's size before it, or the last chunk.
static outcome frame_piece(struct http_connection *connection, enum http_pull pulled)
{
    const struct http_exchange *exchange = connection->exchange;
    struct buffer *out = &connection->home->out;
    if (exchange->reply.framing != FRAMING_CHUNKED) return OK;
    if (pulled == PULL_END) return buffer_put_text(out, "0\r\n\r\n", NULL);
    return buffer_format(out, NULL, "%llx\r\n", (unsigned long long)exchange->piece.size);
}

static enum send_result pull_piece(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    const enum send_result room = make_room(connection);
    if (room != SEND_DONE) return room;
    const enum http_pull pulled = exchange_pull(exchange);
    if (pulled == PULL_WAIT) {
        const enum send_result flushed = send_flush(connection, TRANSPORT_LAST);
        return flushed == SEND_DONE ? SEND_STARVED : flushed;
    }
    if (pulled == PULL_BREAK) return SEND_BROKEN;
    return frame_piece(connection, pulled) == OK ? SEND_DONE : SEND_BROKEN;
}

static enum send_result send_head(struct http_connection *connection)
{
    const enum send_result room = make_room(connection);
    if (room != SEND_DONE) return room;
    return begin_answer(connection) == OK ? SEND_DONE : SEND_BROKEN;
}

// Who waited for the same bytes as many others gets the first of them before anyone gets the last.
static uint64_t turn_bytes(const struct http_exchange *exchange)
{
    const bool is_first = exchange != NULL && exchange->phase == PHASE_HEAD;
    return is_first && exchange->was_parked ? FIRST_TURN_BYTES : TURN_BYTES;
}

enum send_result send_on(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    uint64_t budget = turn_bytes(exchange);
    enum send_result result = SEND_DONE;
    while (exchange != NULL && exchange->phase != PHASE_DONE && result == SEND_DONE) {
        switch ((enum exchange_phase)exchange->phase) {
        case PHASE_HEAD: result = send_head(connection); break;
        case PHASE_PIECE: result = send_piece(connection, &budget); break;
        case PHASE_PULL: result = pull_piece(connection); break;
        case PHASE_DONE: break;
        }
    }
    const bool is_flush_due = connection->kept_out != NULL || connection->is_last;
    if (result == SEND_DONE && is_flush_due) result = send_flush(connection, TRANSPORT_LAST);
    return result;
}
