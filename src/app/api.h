// SPDX-License-Identifier: Apache-2.0
//
// The operations of /v1 and of health, as app/openapi.json describes them. Their context is a
// struct service. Those that touch the stores run on the worker pool.
#ifndef APP_API_H
#define APP_API_H

#include "app/service.h"
#include "catalog/title.h"

http_handler api_document, api_live, api_playback, api_qoe, api_ready, api_telemetry, api_title,
    api_titles;

// Answers 200 with `json` (which stays the caller's) and a weak validator of its bytes, so that an
// app that asks again is told "not modified".
void api_reply_json(struct http_exchange *exchange, const json_t *json, const char *cache_control);

// The reference under which a file of a title's version is served: "/media/<id>/<version>/<file>".
json_t *api_media_reference(const struct title *title, const char *file);

#endif
