// SPDX-License-Identifier: Apache-2.0
//
// The web app over HTTP: its embedded files, and the page shell for every path the app routes by
// itself. Pages carry a strict content security policy; what a browser asks for that does not exist
// is the shell with status 404, what a program asks for is a problem.
#ifndef APP_PAGES_H
#define APP_PAGES_H

#include "app/service.h"

enum { PAGES_LINES_BYTES = 1024 };

// The fields of every page. With content steering on, `media_url` is where media is
// (delivery/signalling.h), and the caches are on its scheme and port, whatever their hosts: the
// policy lets the player ask them. NULL or "": media is the app's own.
void pages_lines(const char *media_url, char out[PAGES_LINES_BYTES]);

http_handler pages_serve; // the router's fallback; context: struct service

// True when Accept-Encoding lets this coding through: named with a weight that is not 0, or by "*".
bool pages_take(const struct http_request *request, const char *coding);

#endif
