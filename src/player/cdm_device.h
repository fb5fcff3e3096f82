// SPDX-License-Identifier: Apache-2.0
//
// The device file: the identity's secret and what the vault must remember, in primrose-cdm's hands
// alone. The process gets it as an open descriptor; the player never reads it.
//
//     [1, secret, latest time, count, licence id, began, expires ...]      CBOR, mode 0600
#ifndef PLAYER_CDM_DEVICE_H
#define PLAYER_CDM_DEVICE_H

#include "drm/licence_vault.h"
#include "drm/p256.h"

struct cdm_device {
    int fd;                             // borrowed
    uint8_t secret[P256_SECRET_BYTES];  // wiped by the caller
    struct vault_memory memory, stored; // now, and as the file has it
};

// Reads the file, or makes an identity in an empty one. DENIED when others may read it, CORRUPT
// when it is no device file. `out` may hold a part of the secret on failure.
must_check outcome cdm_device_load(int fd, struct cdm_device *out, struct why *why);

// Writes the memory back if a download was begun or a minute has passed since it was written.
must_check outcome cdm_device_save(struct cdm_device *device, struct why *why);

#endif
