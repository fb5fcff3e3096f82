// SPDX-License-Identifier: Apache-2.0
//
// The web app over HTTP: its embedded files, and the page shell for every path the app routes by
// itself. Pages carry a strict content security policy; what a browser asks for that does not exist
// is the shell with status 404, what a program asks for is a problem.
#ifndef APP_PAGES_H
#define APP_PAGES_H

#include "app/service.h"

http_handler pages_serve; // the router's fallback; context: struct service

// True when Accept-Encoding lets gzip through: named with a weight that is not 0, or by "*".
bool pages_take_gzip(const struct http_request *request);

#endif
