// SPDX-License-Identifier: Apache-2.0
//
// Where the configuration says that a house's stores are.
#ifndef CMD_STORE_PLACES_H
#define CMD_STORE_PLACES_H

#include "base/config.h"
#include "store/stores.h"

// The settings store.blobs, store.tables, store.queue and store.cache beside a data folder.
// Borrowed from both.
static inline struct store_places store_places_of(const struct config *config, const char *data)
{
    return (struct store_places){.data = data,
                                 .blobs = config_value(config, "store.blobs"),
                                 .tables = config_value(config, "store.tables"),
                                 .queue = config_value(config, "store.queue"),
                                 .cache = config_value(config, "store.cache")};
}

#endif
