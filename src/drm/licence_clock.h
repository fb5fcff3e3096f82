// SPDX-License-Identifier: Apache-2.0
//
// Whether a licence's terms allow decrypting now. Pure: time and what is remembered come in.
//
//     issued                    begin within            expires
//       |---------- may be begun ---|                      |
//                    began |---- finish within ----|       |
//       |====================== may be played =====^=======^   the earlier of the two ends it
//
// Clocks of devices are set by people. A device remembers the latest time it has seen; a clock that
// is behind it, or behind the service's when it issued the licence, was put back.
#ifndef DRM_LICENCE_CLOCK_H
#define DRM_LICENCE_CLOCK_H

#include "drm/device_licence.h"

enum { LICENCE_SKEW_MS = 120000 }; // that honest clocks differ, and step when they are corrected

// What is remembered between plays.
struct licence_clock {
    int64_t latest_ms; // seen on this device so far
    int64_t began_ms;  // when this licence was first used; 0: never
};

// DENIED with a sentence a player can show: clock put back, too late to begin, time to finish over,
// expired. `clock` is moved on when all is well: a first use begins the play.
must_check outcome licence_clock_check(const struct licence_terms *terms, int64_t now_ms,
                                       struct licence_clock *clock, struct why *why);

#endif
