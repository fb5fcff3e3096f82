// SPDX-License-Identifier: Apache-2.0
//
// What a device and its house owe each other about a download: a place that was asked for, a
// licence, the first play, the end.
//
//     house                                  folder
//       place, entitlement  --------------->   bundle.json
//       licence (to primrose-cdm, sealed) ->   licence
//       first play  <-----------------------   started_ms, when there is a network again
//       ended: plan, device, profile ------>   over; the licence is removed
#ifndef PLAYER_BUNDLE_KEEP_H
#define PLAYER_BUNDLE_KEEP_H

#include "player/bundle.h"
#include "player/house_download.h"

struct bundle_device {
    const char *path, *cdm_program; // see player/cdm.h
};

// Takes a place for bundle->title_id and keeps the licence in the folder. The bundle is saved
// before and after, so that a call that was killed does not take a second place.
must_check outcome bundle_prepare(struct http_client *client, const struct house_member *member,
                                  const struct bundle_device *device, const char *folder,
                                  struct bundle *bundle, struct house_download *out,
                                  struct why *why);

// Tells the house of the first play and hears whether the download goes on. NOT_FOUND when it does
// not, DENIED when the house does not know this device any more: `over` says why, and the licence
// is gone.
must_check outcome bundle_sync(struct http_client *client, const struct house_member *member,
                               const char *folder, struct bundle *bundle,
                               struct house_download *out, struct why *why);

#endif
