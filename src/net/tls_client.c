// SPDX-License-Identifier: Apache-2.0
#include "net/tls_internal.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

struct tls_client {
    SSL_CTX *context;
    BIO_METHOD *method;
};

static outcome trust(SSL_CTX *context, const char *trusted_path, struct why *why)
{
    ERR_clear_error();
    if (trusted_path == NULL || trusted_path[0] == '\0') {
        if (SSL_CTX_set_default_verify_paths(context) == 1) return OK;
        return fail(why, NOT_FOUND, "this system trusts no certificates: name some");
    }
    if (SSL_CTX_load_verify_file(context, trusted_path) == 1) return OK;
    return fail(why, INVALID, "%s holds no certificates in PEM form to trust", trusted_path);
}

outcome tls_client_open(const char *trusted_path, struct tls_client **out, struct why *why)
{
    struct tls_client *client = calloc(1, sizeof *client);
    if (client == NULL) return fail(why, NO_MEMORY, "no memory for TLS");
    client->context = SSL_CTX_new(TLS_client_method());
    outcome result = OK;
    if (client->context == NULL ||
        SSL_CTX_set_min_proto_version(client->context, TLS1_2_VERSION) != 1)
        result = fail(why, NO_MEMORY, "no memory for TLS");
    if (result == OK) result = tls_method_make(&client->method, why);
    if (result == OK) result = trust(client->context, trusted_path, why);
    if (result != OK) {
        tls_client_close(&client);
        return result;
    }
    SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_options(client->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(client->context, SSL_MODE_RELEASE_BUFFERS);
    *out = client;
    return OK;
}

void tls_client_close(struct tls_client **client)
{
    if (*client == NULL) return;
    SSL_CTX_free((*client)->context);
    BIO_meth_free((*client)->method);
    free(*client);
    *client = NULL;
}

// An address is compared with the certificate's addresses, and is not sent as a name (RFC 6066).
static bool set_host(SSL *ssl, const char *host)
{
    static const unsigned char protocols[] = "\x08http/1.1";
    if (SSL_set_alpn_protos(ssl, protocols, sizeof protocols - 1) != 0) return false;
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1) return true;
    void *name = (void *)(uintptr_t)host; // is copied, although the type does not say so
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1 &&
           SSL_set1_host(ssl, host) == 1;
}

outcome tls_connect(struct tls_client *client, int fd, const char *host, struct tls_room *room,
                    struct tls_stream **out, struct why *why)
{
    SSL *ssl = SSL_new(client->context);
    if (ssl != NULL && !set_host(ssl, host)) {
        SSL_free(ssl);
        return fail(why, INVALID, "\"%s\" is no host that TLS could name", host);
    }
    TRY(tls_stream_make(ssl, client->method, fd, room, out, why));
    SSL_set_connect_state(ssl);
    return OK;
}
