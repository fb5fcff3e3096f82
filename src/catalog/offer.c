// SPDX-License-Identifier: Apache-2.0
#include "catalog/offer.h"

#include "catalog/rating.h"

#include <string.h>

bool territories_have(const char *const *territories, size_t count, const char *territory)
{
    if (count == 0 || strcmp(territory, VIEWER_ANYWHERE) == 0) return true;
    for (size_t i = 0; i < count; i++)
        if (strcmp(territories[i], VIEWER_ANYWHERE) == 0 || strcmp(territories[i], territory) == 0)
            return true;
    return false;
}

static bool is_within(const struct title_avail *avail, int64_t now_ms)
{
    if (now_ms == VIEWER_ANY_TIME) return true;
    return now_ms >= avail->from_ms && (avail->until_ms == 0 || now_ms < avail->until_ms);
}

static enum offer judge_avails(const struct title_entry *entry, const struct viewer *viewer)
{
    enum offer offer = entry->avail_count == 0 ? OFFER_OPEN : OFFER_TERRITORY;
    for (size_t i = 0; i < entry->avail_count; i++) {
        const struct title_avail *avail = &entry->avails[i];
        if (!territories_have(avail->territories, avail->territory_count, viewer->territory))
            continue;
        if (is_within(avail, viewer->now_ms)) return OFFER_OPEN;
        offer = OFFER_WINDOW;
    }
    return offer;
}

int64_t offer_until_ms(const struct title *title, const struct viewer *viewer)
{
    const struct title_entry *entry = &title->entry;
    int64_t until_ms = 0;
    if (viewer->now_ms == VIEWER_ANY_TIME) return 0;
    for (size_t i = 0; i < entry->avail_count; i++) {
        const struct title_avail *avail = &entry->avails[i];
        const bool is_his =
            territories_have(avail->territories, avail->territory_count, viewer->territory);
        if (!is_his || !is_within(avail, viewer->now_ms)) continue;
        if (avail->until_ms == 0) return 0;
        if (avail->until_ms > until_ms) until_ms = avail->until_ms;
    }
    return until_ms;
}

enum offer offer_judge(const struct title *title, const struct viewer *viewer)
{
    if (!rating_allows(&title->rating, viewer->age)) return OFFER_MATURITY;
    if (!territories_have(title->territories, title->territory_count, viewer->territory))
        return OFFER_TERRITORY;
    return judge_avails(&title->entry, viewer);
}
