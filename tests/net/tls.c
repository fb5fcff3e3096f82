// SPDX-License-Identifier: Apache-2.0
#include "net/tls.h"

#include "base/file.h"
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/primrose-tls-XXXXXX";
static char certificate[64], key[64], other_key[64];

static int make_place(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(certificate, sizeof certificate, "%s/cert.pem", folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", folder);
    (void)snprintf(other_key, sizeof other_key, "%s/other.pem", folder);
    fixture_write_pair(certificate, key, 1, 24);
    EVP_PKEY *other = EVP_EC_gen("P-256");
    fixture_write_key(other, other_key);
    EVP_PKEY_free(other);
    return 0;
}

static int drop_place(void **state)
{
    (void)state;
    (void)unlink(certificate);
    (void)unlink(key);
    (void)unlink(other_key);
    return rmdir(folder);
}

// --- a blocking client

struct client {
    int fd;
    SSL *ssl;
};

static SSL_CTX *client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_load_verify_locations(context, certificate, NULL), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    return context;
}

static struct client client_open(SSL_CTX *context, int fd, SSL_SESSION *session)
{
    struct client client = {fd, SSL_new(context)};
    assert_int_equal(SSL_set_fd(client.ssl, fd), 1);
    assert_int_equal(SSL_set1_host(client.ssl, "localhost"), 1);
    if (session != NULL) assert_int_equal(SSL_set_session(client.ssl, session), 1);
    return client;
}

static void client_close(struct client *client)
{
    (void)SSL_shutdown(client->ssl);
    SSL_free(client->ssl);
    (void)close(client->fd);
}

// Asks for `path` and reads to the end; the body begins behind the empty line.
static size_t client_get(struct client *client, const char *path, uint8_t *out, size_t room)
{
    char request[256];
    const int len =
        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    assert_int_equal(SSL_write(client->ssl, request, len), len);
    size_t at = 0, got = 0;
    while (SSL_read_ex(client->ssl, out + at, room - at, &got) == 1)
        at += got;
    assert_int_equal(SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    return at;
}

static void expect_body(const uint8_t *answer, size_t len, size_t body_len)
{
    const uint8_t *end = memmem(answer, len, "\r\n\r\n", 4);
    assert_non_null(end);
    const uint8_t *body = end + 4;
    assert_int_equal(answer + len - body, body_len);
    for (size_t at = 0; at < body_len; at++)
        if (body[at] != fixture_byte(at)) fail_msg("the body differs at %zu", at);
}

static struct tls_server *server_open(void)
{
    struct tls_server *server = NULL;
    struct why why = {""};
    if (tls_server_open(certificate, key, &server, &why) != OK) fail_msg("%s", why.text);
    return server;
}

static void bodies_from_memory_and_files_arrive_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t len;
    } cases[] = {{"/file", FIXTURE_FILE_BYTES},
                 {"/small", FIXTURE_SMALL_BYTES},
                 {"/large", FIXTURE_LARGE_BYTES},
                 {"/stream-known", 70030}};
    struct tls_server *server = server_open();
    struct fixture *fixture = fixture_open_tls(NULL, 1, server);
    SSL_CTX *context = client_context();
    static uint8_t answer[FIXTURE_LARGE_BYTES + 4096];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        // The smallest receive window makes the server's records wait in the middle.
        for (int small = 0; small < 2; small++) {
            const int fd = small ? fixture_connect_small(fixture) : fixture_connect(fixture);
            struct client client = client_open(context, fd, NULL);
            assert_int_equal(SSL_connect(client.ssl), 1);
            assert_string_equal(SSL_get_version(client.ssl), "TLSv1.3");
            const size_t len = client_get(&client, cases[i].path, answer, sizeof answer);
            expect_body(answer, len, cases[i].len);
            client_close(&client);
        }
    }
    SSL_CTX_free(context);
    fixture_close(fixture);
    tls_server_close(&server);
}

static SSL_SESSION *kept_session;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept_session);
    kept_session = session;
    return 1; // ours now
}

static void a_ticket_resumes_on_any_loop_and_after_a_reload(void **state)
{
    (void)state;
    struct tls_server *server = server_open();
    struct fixture *fixture = fixture_open_tls(NULL, 2, server);
    SSL_CTX *context = client_context();
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    static uint8_t answer[FIXTURE_SMALL_BYTES + 4096];
    for (int round = 0; round < 6; round++) {
        if (round == 3) {
            fixture_write_pair(certificate, key, 2, 24);
            assert_int_equal(tls_server_reload(server, NULL), TLS_RELOADED);
            assert_int_equal(tls_server_reload(server, NULL), TLS_UNCHANGED);
        }
        struct client client = client_open(context, fixture_connect(fixture), kept_session);
        assert_int_equal(SSL_connect(client.ssl), 1);
        assert_int_equal(SSL_session_reused(client.ssl), round > 0);
        const size_t len = client_get(&client, "/small", answer, sizeof answer);
        expect_body(answer, len, FIXTURE_SMALL_BYTES);
        client_close(&client);
    }
    SSL_SESSION_free(kept_session);
    kept_session = NULL;
    SSL_CTX_free(context);
    fixture_close(fixture);
    tls_server_close(&server);
}

static void a_bad_pair_is_refused_and_the_good_one_stays(void **state)
{
    (void)state;
    struct tls_server *server = server_open(), *none = NULL;
    struct why why = {""};
    assert_int_equal(tls_server_open(certificate, other_key, &none, &why), INVALID);
    assert_non_null(strstr(why.text, "does not belong to"));
    assert_int_equal(tls_server_open("/none.pem", key, &none, &why), NOT_FOUND);
    assert_int_equal(tls_server_open(key, key, &none, &why), INVALID);
    assert_non_null(strstr(why.text, "no certificate"));
    assert_null(none);

    fixture_write_pair(certificate, key, 3, -1);
    assert_int_equal(tls_server_reload(server, &why), TLS_NOT_RELOADED);
    assert_non_null(strstr(why.text, "has expired"));
    assert_int_equal(tls_server_reload(server, &why), TLS_UNCHANGED);
    fixture_write_pair(certificate, key, 4, 24);
    assert_int_equal(tls_server_reload(server, &why), TLS_RELOADED);
    tls_server_close(&server);
}

static void old_protocols_and_plain_text_get_nothing(void **state)
{
    (void)state;
    struct tls_server *server = server_open();
    struct fixture *fixture = fixture_open_tls(NULL, 1, server);
    SSL_CTX *context = client_context();
    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION), 1);
    SSL_CTX_set_security_level(context, 0);
    struct client client = client_open(context, fixture_connect(fixture), NULL);
    assert_true(SSL_connect(client.ssl) <= 0);
    SSL_free(client.ssl);
    (void)close(client.fd);
    SSL_CTX_free(context);

    size_t len = 0;
    char *answer = fixture_talk_bytes(fixture, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", &len);
    assert_null(strstr(answer, "hello"));
    free(answer);
    fixture_close(fixture);
    tls_server_close(&server);
}

static void a_client_that_leaves_in_the_middle_costs_nothing(void **state)
{
    (void)state;
    struct tls_server *server = server_open();
    struct fixture *fixture = fixture_open_tls(NULL, 1, server);
    SSL_CTX *context = client_context();
    for (int i = 0; i < 3; i++) {
        struct client client = client_open(context, fixture_connect_small(fixture), NULL);
        assert_int_equal(SSL_connect(client.ssl), 1);
        static const char request[] = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
        assert_int_equal(SSL_write(client.ssl, request, sizeof request - 1), sizeof request - 1);
        uint8_t some[100];
        assert_true(SSL_read(client.ssl, some, sizeof some) > 0);
        SSL_free(client.ssl);
        (void)close(client.fd);
    }
    static uint8_t answer[FIXTURE_SMALL_BYTES + 4096];
    struct client client = client_open(context, fixture_connect(fixture), NULL);
    assert_int_equal(SSL_connect(client.ssl), 1);
    expect_body(answer, client_get(&client, "/small", answer, sizeof answer), FIXTURE_SMALL_BYTES);
    client_close(&client);
    SSL_CTX_free(context);
    fixture_close(fixture);
    tls_server_close(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_from_memory_and_files_arrive_whole),
        cmocka_unit_test(a_ticket_resumes_on_any_loop_and_after_a_reload),
        cmocka_unit_test(a_bad_pair_is_refused_and_the_good_one_stays),
        cmocka_unit_test(old_protocols_and_plain_text_get_nothing),
        cmocka_unit_test(a_client_that_leaves_in_the_middle_costs_nothing),
    };
    return cmocka_run_group_tests(tests, make_place, drop_place);
}
