// SPDX-License-Identifier: Apache-2.0
//
// The files of published titles over HTTP.
//
//     /media/<title>/<version>/<file>   ->   blob titles/<title>/<version>/<file>
//
// A version never changes, so that every file may be cached for ever. A file that was asked for
// lately is open already and answered on the loop by sendfile; the first time, the store is asked
// on the worker pool.
//
// With signed access (delivery/access.h) a token may stand in front: /~<token>/media/...; the file
// is known by the path behind it. Refusals are 401, 403 or 451 with the code of the fault.
#ifndef APP_MEDIA_H
#define APP_MEDIA_H

#include "app/service.h"

http_handler media_serve;        // params: title, version, file; context: struct service
http_handler media_serve_signed; // the same behind a first param "~<token>"

// "video/mp4" for "v-1080p.mp4", by the end of the name; "audio/mp4" for "a-en.mp4".
const char *media_content_type(const char *file);

#endif
