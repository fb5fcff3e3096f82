// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_control.h"

#include "delivery/cache_rules.h"
#include "delivery/cache_vary.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What an origin says of an answer's life, as each of the fields that may say it.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"Cache-Control", "CDN-Cache-Control", "Age", "Expires",
                                        "Date",          "Last-Modified",     "Vary"};
    enum { NAMES = sizeof names / sizeof names[0] };
    struct http_field fields[NAMES];
    const struct slice value = {data, size};
    for (size_t i = 0; i < NAMES; i++)
        fields[i] = (struct http_field){slice_of(names[i]), value, FIELD_OTHER};
    struct cache_control control = cache_control_none();
    cache_control_read(value, &control);
    assert(control.max_age_s >= CACHE_AGE_ABSENT && control.max_age_s <= CACHE_SECONDS_MAX);
    const struct cache_asked asked = {.asked_ms = 1795000000000, .answered_ms = 1795000000100};
    for (size_t i = 0; i <= NAMES; i++) {
        struct freshness freshness;
        const size_t from = i == NAMES ? 0 : i, count = i == NAMES ? NAMES : 1;
        if (!rules_may_store(&asked, 200, fields + from, count, &freshness)) continue;
        assert(freshness.lifetime_ms >= 0 && freshness.initial_age_ms >= 100);
        (void)freshness_use(&freshness, 1795000001000);
    }
    autobuffer text = buffer_init(VARY_BYTES_MAX);
    (void)vary_names(fields, NAMES, &text);
    return 0;
}
