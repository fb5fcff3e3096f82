// SPDX-License-Identifier: Apache-2.0
//
// The service's end of the native protocol (drm/device_licence.h): a challenge signed by a
// registered device, with its play's entitlement beside it, is answered with keys that this device
// alone can open, on signed terms.
//
//     challenge --> whose? --> signature --> clock near? --> nonce new? --> desk_judge() --> keys
//                   devices    of the        CHALLENGE_       cache port, sealed,
//                              device        CLOCK_MS         taken once                     signed
//
// The device's clock must be near ours, so that a challenge is worth nothing later, and so long its
// nonce is remembered: within one process by the cache in memory, across processes by a shared one.
//
// Terms of a streamed licence end soon and are renewed while the play goes on, so that what is
// revoked ends a running play too; those of a download follow the entitlement:
//
//     issued ------ begin within (offline_start_s) ------|
//                   begun --- finish within (offline_play_s) ---|      never past a rental's end
#ifndef LICENSE_NATIVE_H
#define LICENSE_NATIVE_H

#include "drm/device_licence.h"
#include "license/desk.h"
#include "store/cache.h"

enum {
    CHALLENGE_CLOCK_MS = 5 * 60000, // by which a device's clock may differ
    STREAM_LICENCE_MS = 3600000,    // how long a streamed licence lasts ...
    STREAM_RENEW_MS = 1800000,      // ... and when it is renewed
};

// Limits of license/pace.h; 0: none.
struct native_limits {
    int64_t per_device;  // licences
    int64_t per_address; // registrations
};

struct native_options {
    struct desk *desk;
    struct table_store *tables; // devices
    struct cache_store *cache;  // nonces, paces
    const struct ed25519_key *signer;
    const struct clock *clock;
    struct native_limits limits;
};

struct native;

must_check outcome native_open(const struct native_options *options, struct native **out,
                               struct why *why);
void native_close(struct native **native); // tolerates NULL

// Registers the device that signed `body`, for a caller from `address`; gives its id. INVALID,
// DENIED, UNAVAILABLE, EXHAUSTED when too many come from there.
must_check outcome native_register(struct native *native, struct slice body, const char *address,
                                   struct device_id *out, struct why *why);

// Appends the licence to `answer` when granted. May wait for the stores. What the
// challenge says (device, title) and robustness are set here.
must_check outcome native_licence(struct native *native, const struct desk_caller *caller,
                                  struct slice body, struct desk_verdict *out,
                                  struct buffer *answer, struct why *why);

#endif
