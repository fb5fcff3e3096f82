// SPDX-License-Identifier: Apache-2.0
//
// What both ends of TLS share. For net/tls*.c alone.
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include "net/tls.h"

#include <openssl/ssl.h>

// How OpenSSL reads from a stream's socket and writes into its room. BIO_meth_free().
must_check outcome tls_method_make(BIO_METHOD **out, struct why *why);

// Takes `ssl` over, also when it fails; NULL is NO_MEMORY.
must_check outcome tls_stream_make(SSL *ssl, const BIO_METHOD *method, int fd,
                                   struct tls_room *room, struct tls_stream **out, struct why *why);

#endif
