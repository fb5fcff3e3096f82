// SPDX-License-Identifier: Apache-2.0
//
// What the renditions of a job look like on a screen: decodes each of them, enlarges it to the
// largest one's size, and compares it with the master's own pictures there.
//
//     master 1920x1080 ----------------------------------- reference
//     v-1080p chunk --> decoder -----------------------------> XPSNR
//     v-540p  chunk --> decoder --> enlarged to 1920x1080 ---> XPSNR
//
// So rungs of different sizes can be told apart and set in order. Every COMPARE_EVERY-th picture
// is compared.
#ifndef STUDIO_TRANSCODE_COMPARE_H
#define STUDIO_TRANSCODE_COMPARE_H

#include "studio/transcode/jobs.h"

enum { COMPARE_EVERY = 3 };

// After the job's files are written: fills results[..].xpsnr_cdb. The source is decoded again.
must_check outcome compare_run(struct source *source, const struct video_job *job, uint32_t threads,
                               struct rendition_result *results, struct why *why);

#endif
