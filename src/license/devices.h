// SPDX-License-Identifier: Apache-2.0
//
// The devices that registered their identity for the native protocol.
//
//     table "licence-device"   partition <device id, 64 hex digits>   sort "record"
//                              {"point":"<base64url>","name":"living room","registered_ms":...}
//
// The id is the digest of the point, so that a record can be checked against its own key and a
// device cannot be given another one's. Registering again is no second device. Whether a device is
// revoked is no part of its record: see account/standing.h.
#ifndef LICENSE_DEVICES_H
#define LICENSE_DEVICES_H

#include "drm/device_licence.h"
#include "store/table.h"

// A device that does not register again within this time is forgotten.
#define DEVICE_KEPT_MS (INT64_C(400) * 86400000)

// Keeps what a registration says, whatever stood there.
must_check outcome devices_put(struct table_store *tables,
                               const struct device_registration *registration, int64_t now_ms,
                               struct why *why);

// NOT_FOUND; CORRUPT when the record is not of that device.
must_check outcome devices_find(struct table_store *tables, const struct device_id *id,
                                struct p256_point *out, struct why *why);

#endif
