// SPDX-License-Identifier: Apache-2.0
//
// The life of the process behind the wall: hear a request, do it, say so, until the client is gone.
#ifndef STUDIO_TRANSCODE_SERVE_H
#define STUDIO_TRANSCODE_SERVE_H

#include "base/outcome.h"

#include <stdint.h>

// Serves requests from `socket` until it closes. The sandbox must stand. Failures of jobs go to the
// client; what is returned is why serving ended: UNAVAILABLE when the client closed, as it should.
must_check outcome transcode_serve(int socket, uint32_t threads, struct why *why);

#endif
