// SPDX-License-Identifier: Apache-2.0
//
// The content keys of a device: given to a decryptor only as long as their licence allows it.
//
//     device_licence_open --> add ----> [ licence: terms, keys ] --> key(id, now) --> key, or
//     DENIED
//                             restore ->          |                      |
//                                ^              keep                 remembers in vault_memory:
//                                |                v                  latest time, first uses
//                             sealed bytes, which only this device opens again
//
// A kept licence is sealed with AES-256-GCM under a key that is derived from the device's secret
// and never changes. What changes, and must not be rolled back, is the memory: one small record
// beside the device's key. Who can put back an old copy of the whole device file can put back
// first uses, and no more: hardware with a counter would be needed against that.
#ifndef DRM_LICENCE_VAULT_H
#define DRM_LICENCE_VAULT_H

#include "drm/device_licence.h"
#include "drm/licence_clock.h"

#include "base/buffer.h"

enum {
    VAULT_LICENCES_MAX = 8,  // open at once: a title's, and its renewal
    VAULT_BEGUN_MAX = 256,   // downloads that were begun and have not expired
    KEPT_BYTES_MAX = 4096,   // sealed: 64 keys take about 2600
    VAULT_SECRET_BYTES = 32, // of the device, from which the sealing key comes
};

// What outlives the process. Zeros are a new device's.
struct vault_memory {
    int64_t latest_ms;
    size_t count;
    struct vault_begun {
        uint8_t licence[LICENCE_ID_BYTES];
        int64_t began_ms, expires_ms;
    } begun[VAULT_BEGUN_MAX];
};

struct licence_vault;

// `memory` is borrowed and written to; the caller saves it when licence_vault_key() has changed it.
must_check outcome licence_vault_open(const uint8_t secret[VAULT_SECRET_BYTES],
                                      struct vault_memory *memory, struct licence_vault **out,
                                      struct why *why);
void licence_vault_close(struct licence_vault **vault); // wipes; tolerates NULL

// Adds a licence and copies its keys. The oldest goes when there are VAULT_LICENCES_MAX.
void licence_vault_add(struct licence_vault *vault, const struct device_licence *licence,
                       const struct licence_keys *keys);

// A key that its owner gave by hand, without terms. TOO_LARGE over LICENCE_KEYS_MAX.
must_check outcome licence_vault_add_bare(struct licence_vault *vault,
                                          const struct content_key *key, struct why *why);

// The key of that id at `now_ms`, borrowed until the next call. NOT_FOUND without one, DENIED as
// licence_clock_check(). A newer licence for the same key stands in for one that has expired.
must_check outcome licence_vault_key(struct licence_vault *vault, const struct key_id *id,
                                     int64_t now_ms, const struct content_key **out,
                                     struct why *why);

// Appends the sealed form of a kept licence, at most KEPT_BYTES_MAX. NOT_FOUND; DENIED when its
// terms do not let it be kept.
must_check outcome licence_vault_keep(const struct licence_vault *vault,
                                      const uint8_t id[LICENCE_ID_BYTES], struct buffer *out,
                                      struct why *why);

// Opens what licence_vault_keep() made, by this vault or one of the same secret before. DENIED when
// it was made by another device or changed, when it has expired, or when the clock was put back.
must_check outcome licence_vault_restore(struct licence_vault *vault, struct slice sealed,
                                         int64_t now_ms, struct device_licence *out,
                                         struct why *why);

#endif
