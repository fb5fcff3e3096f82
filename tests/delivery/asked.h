// SPDX-License-Identifier: Apache-2.0
//
// A request as the edge sees it, for tests of signed access.
#ifndef TESTS_DELIVERY_ASKED_H
#define TESTS_DELIVERY_ASKED_H

#include "delivery/access.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct asked {
    char text[HTTP_HEAD_BYTES_MAX];
    struct http_request http;
    struct access_request request;
};

enum { ASKED_NOW_S = 1800000000 };

// GET `target` of host d.example over https, from 192.0.2.7, with further `fields` ("Name: v\r\n").
static inline const struct access_request *ask(struct asked *asked, const char *target,
                                               const char *fields)
{
    struct http_scan scan = {0};
    enum http_fault fault;
    size_t head;
    const int len = snprintf(asked->text, sizeof asked->text,
                             "GET %s HTTP/1.1\r\nHost: d.example\r\n%s\r\n", target, fields);
    assert(len > 0 && (size_t)len < sizeof asked->text);
    const enum http_parsed parsed =
        http_request_parse(&scan, (struct slice){(const uint8_t *)asked->text, (size_t)len},
                           &asked->http, &head, &fault);
    assert(parsed == HTTP_READY);
    asked->request = (struct access_request){
        .http = &asked->http,
        .scheme = "https",
        .client = {.len = 4, .bytes = {192, 0, 2, 7}},
        .country = "",
        .alpn = "",
        .now_s = ASKED_NOW_S,
    };
    return &asked->request;
}

static inline enum access_fault fault_of(const struct access_keys *keys,
                                         const struct access_request *request)
{
    return access_check(keys, NULL, request).fault;
}

#endif
