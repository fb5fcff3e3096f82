// SPDX-License-Identifier: Apache-2.0
//
// Where a device is registered, so that a play need not do it again: a file beside the device file.
//
//     ~/.local/state/primrose/device           the identity, in primrose-cdm's hands alone
//     ~/.local/state/primrose/device.houses    mode 0600: no secret, but whose licences are trusted
//
//     {"device": "<64 hex digits>",
//      "houses": {"http://house.example:8080": {"service_keys": ["<base64url>"]}}}
//
// A file of another device, and one that cannot be read, is as none. What is remembered is tried
// first; a house that knows the device no more, or signs with another key, is registered at again.
#ifndef PLAYER_HOUSE_MEMORY_H
#define PLAYER_HOUSE_MEMORY_H

#include "player/house.h"

enum { HOUSES_REMEMBERED = 64 };

// The keys that `origin` signs licences with, as the device at `device_path` last heard them.
// `*out_count` is 0 when it is not registered there, also for a NULL path.
void house_recall(const char *device_path, const struct device_id *device, const char *origin,
                  struct ed25519_public out[HOUSE_SERVICES_MAX], size_t *out_count);

// Remembers them. Nothing for a NULL path; over HOUSES_REMEMBERED the file begins anew.
must_check outcome house_remember(const char *device_path, const struct device_id *device,
                                  const char *origin, const struct ed25519_public *services,
                                  size_t count, struct why *why);

#endif
