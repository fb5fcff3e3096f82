// SPDX-License-Identifier: Apache-2.0
//
// Where the configuration says that a house's stores are.
#ifndef CMD_STORE_PLACES_H
#define CMD_STORE_PLACES_H

#include "base/config.h"
#include "base/file.h"
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

// stores_open_at() for verbs that look at a house and begin none: NOT_FOUND where nothing lies.
must_check static inline outcome
stores_open_present(struct stores *out, const struct store_places *places, struct why *why)
{
    const bool is_local = places->tables == NULL || places->tables[0] == '\0';
    if (is_local && !path_exists(places->data))
        return fail(why, NOT_FOUND, "there is no house in %.200s: name its folder with --data",
                    places->data);
    return stores_open_at(out, places, clock_system(), why);
}

#endif
