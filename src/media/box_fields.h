// SPDX-License-Identifier: Apache-2.0
//
// The key fields of the boxes worth a look, as JSON.
#ifndef MEDIA_BOX_FIELDS_H
#define MEDIA_BOX_FIELDS_H

#include "media/box.h"

#include "base/json.h"

// A new object, NULL when this type has no fields worth telling (or memory is out). A box that is
// too short for its fields gets "fault".
json_t *box_fields(const struct box *box);

#endif
