// SPDX-License-Identifier: Apache-2.0
//
// Territories: the 249 officially assigned two-letter codes of ISO 3166-1.
#ifndef CATALOG_TERRITORY_H
#define CATALOG_TERRITORY_H

#include "base/slice.h"

enum { TERRITORY_COUNT = 249 };

// True for an assigned code in capitals: "DE". Not for "*", nor for reserved ones such as "UK".
bool territory_is_assigned(struct slice code);

#endif
