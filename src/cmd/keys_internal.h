// SPDX-License-Identifier: Apache-2.0
//
// What the halves of `primrose keys` share: the ring and the keys (keys.c), and what goes to and
// comes from other houses (keys_exchange.c).
#ifndef CMD_KEYS_INTERNAL_H
#define CMD_KEYS_INTERNAL_H

#include "base/json.h"
#include "catalog/title_keys.h"
#include "cmd/protect.h"
#include "cmd/verb.h"
#include "store/stores.h"

struct keys_options {
    const char *data, *ring;
    const char *cpix, *private_key, *receiver, *scheme, *partners, *speke, *speke_key;
    struct option_texts systems;
    bool is_json, is_studio;
};

struct keys_call {
    const struct keys_options *chosen;
    const struct option_texts *operands; // the first is the action
    char place[RING_PLACE_BYTES];
    struct store_places places;
    struct studio_seal seal; // with is_studio
    struct stores stores;    // of actions that need them
    struct key_ring *ring;   // likewise
    json_t *report;          // what is printed
    json_t *document;        // a text that is printed instead; NULL: none
};

// Opens the ring and the stores, which run() closes.
must_check outcome keys_open(struct keys_call *call, struct why *why);

// Keys of the document that --cpix names.
must_check outcome keys_read_cpix(const struct keys_options *chosen, struct key_set *keys,
                                  struct why *why);

// Keys for every class from the provider that --speke names.
must_check outcome keys_fetch(const struct keys_call *call, struct key_set *keys, struct why *why);

// Actions; both print a document.
must_check outcome keys_export(struct keys_call *call, struct why *why);
must_check outcome keys_answer(struct keys_call *call, struct why *why);

#endif
