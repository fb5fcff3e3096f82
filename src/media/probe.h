// SPDX-License-Identifier: Apache-2.0
//
// Looks a master through before anything is done with it: every packet once, the first and the last
// picture decoded.
//
//     boxes ok?  ->  container opens?  ->  a video track?  ->  all packets  ->  first, last picture
//     encrypted      not-media             no-video            truncated unsupported-pixel-format
//     truncated                            unsupported-codec   timestamps-go-back    undecodable
//                                                              zero-duration
#ifndef MEDIA_PROBE_H
#define MEDIA_PROBE_H

#include "drm/sealed_file.h"
#include "media/master.h"

// Hears how many of the file's bytes are read; anything but OK stops the probe and is returned.
struct probe_watch {
    outcome (*progressed)(void *context, uint64_t done, uint64_t total, struct why *why);
    void *context;
};

// Reports on the master behind `fd`, which is only read and stays the caller's; `seal` as for
// source_open(). OK also when it is refused; other outcomes mean that it could not be judged
// (NO_MEMORY, a read error).
must_check outcome probe_master(int fd, const struct seal *seal, const struct probe_watch *watch,
                                struct master_report *out, struct why *why);

#endif
