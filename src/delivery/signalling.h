// SPDX-License-Identifier: Apache-2.0
//
// Tells players where to ask which cache to use: puts content steering into stored manifests as
// they are served (docs/adr/0035).
//
//     main.m3u8      #EXTM3U
//                    #EXT-X-CONTENT-STEERING:SERVER-URI="/v1/steering",PATHWAY-ID="."      <- new
//
//     manifest.mpd   <MPD ...>
//                      <ProgramInformation/>
//                      <BaseURL
//                      serviceLocation=".">https://media.example/media/film/3f9c/</BaseURL>
//                      <ContentSteering defaultServiceLocation="."
//                      ...>/v1/steering</ContentSteering>
//
// RFC 8216bis section 4.4.6.6, ETSI TS 103 998 clause 5. Variants that name no pathway are of the
// pathway ".", which steering documents clone (delivery/steering.h). The base of DASH is absolute
// since players put a clone's host into the address as it is written.
#ifndef DELIVERY_SIGNALLING_H
#define DELIVERY_SIGNALLING_H

#include "base/buffer.h"

enum { SIGNALLING_BYTES_MAX = 16 << 20, SIGNALLING_TAG_BYTES = 9 };

struct signalling {
    const char
        *steering_url;     // of the steering document: absolute, or a path of the manifest's host
    const char *media_url; // where the pathway "." is: "https://media.example"
};

// INVALID when one is missing, or is no such URL.
must_check outcome signalling_check(const struct signalling *signalling, struct why *why);

// True for the files that carry it: the multivariant playlist and the DASH description.
bool signalling_has(const char *file);

// Appends the manifest `text` of `file`, which lies at the path `folder` ("/media/film/3f9c/"),
// with the lines. CORRUPT when it is none; TOO_LARGE or NO_MEMORY from the buffer.
must_check outcome signalling_put(const struct signalling *signalling, const char *file,
                                  const char *folder, struct slice text, struct buffer *out,
                                  struct why *why);

// What an entity tag says of the settings, 8 letters and a NUL into `out`. Returns `out`.
const char *signalling_tag(const struct signalling *signalling, char *out);

#endif
