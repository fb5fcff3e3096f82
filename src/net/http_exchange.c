// SPDX-License-Identifier: Apache-2.0
#include "net/http_exchange.h"

#include "net/http2.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { EXCHANGE_ARENA_BYTES = 4 * 1024 * 1024 }; // a large API answer with its JSON tree

struct http_exchange *exchange_take(struct http_connection *connection)
{
    struct http_loop *home = connection->home;
    struct http_exchange *exchange = home->free_exchanges;
    if (exchange != NULL) {
        home->free_exchanges = exchange->free_next;
        home->free_count--;
    } else {
        exchange = calloc(1, sizeof *exchange);
        if (exchange == NULL) return NULL;
        exchange->arena = arena_init(EXCHANGE_ARENA_BYTES);
    }
    exchange->home = home;
    exchange->connection = connection;
    exchange->peer = connection->peer;
    exchange->loop = home->loop;
    exchange->wall_s = loop_wall_s(home->loop);
    exchange->files = home->files;
    return exchange;
}

void exchange_put(struct http_loop *home, struct http_exchange *exchange)
{
    struct http_reply *reply = &exchange->reply;
    if (reply->stream != NULL) reply->stream->close(reply->stream);
    if (reply->release != NULL) reply->release(reply->owner);
    buffer_release(&exchange->body_bytes);
    arena_reset(&exchange->arena);
    if (home->free_count == EXCHANGES_KEPT) {
        arena_release(&exchange->arena);
        free(exchange);
        return;
    }
    const struct arena arena = exchange->arena;
    memset(exchange, 0, sizeof *exchange);
    exchange->arena = arena;
    exchange->free_next = home->free_exchanges;
    home->free_exchanges = exchange;
    home->free_count++;
}

void http_exchange_offload(struct http_exchange *exchange, http_handler *work, http_handler *done,
                           void *context)
{
    assert(exchange->work == NULL && exchange->cancel == NULL);
    exchange->work = work;
    exchange->done = done;
    exchange->work_context = context;
}

void http_exchange_park(struct http_exchange *exchange,
                        void (*cancel)(struct http_exchange *exchange))
{
    assert(exchange->work == NULL && exchange->cancel == NULL);
    exchange->cancel = cancel;
    exchange->was_parked = true;
}

void http_exchange_finish(struct http_exchange *exchange)
{
    assert(exchange->cancel != NULL && exchange->reply.status != 0);
    exchange->cancel = NULL;
    if (exchange->stream != NULL)
        http2_answered(exchange);
    else
        connection_resume(exchange->connection);
}

void http_exchange_interim(struct http_exchange *exchange, int status, struct slice lines)
{
    if (exchange->stream != NULL) return; // HTTP/2 clients go without as well
    struct http_connection *connection = exchange->connection;
    assert(connection != NULL && exchange->cancel != NULL && status > 100 && status < 200);
    const bool is_behind = connection->kept_out != NULL || !connection->is_writable;
    if (exchange->request->minor == 0 || is_behind) return;
    struct buffer *out = &connection->home->out;
    if (buffer_format(out, NULL, "HTTP/1.1 %d \r\n", status) != OK ||
        buffer_put(out, lines, NULL) != OK || buffer_put_text(out, "\r\n", NULL) != OK) {
        out->len = 0; // nothing of it has been sent, and an interim answer may be left out
        return;
    }
    if (send_flush(connection, TRANSPORT_LAST) == SEND_BROKEN) out->len = 0;
}

bool http_exchange_reads_body(const struct http_exchange *exchange)
{
    const struct http_connection *connection = exchange->connection;
    return exchange->stream != NULL || (connection != NULL && connection->transport.tls != NULL);
}

bool http_exchange_line(const struct http_exchange *exchange, struct http_line *out)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    memset(&info, 0, sizeof info);
    if (exchange->connection == NULL ||
        getsockopt(exchange->connection->transport.fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    *out = (struct http_line){info.tcpi_delivery_rate, info.tcpi_rtt};
    return true;
}

void http_exchange_resume(struct http_exchange *exchange)
{
    if (exchange->stream != NULL)
        http2_resumed(exchange);
    else if (exchange->connection != NULL)
        connection_resume(exchange->connection);
}
