// SPDX-License-Identifier: Apache-2.0
#include "license/policy.h"

#include <string.h>

struct policy policy_default(void)
{
    return (struct policy){
        .highest = {[ROBUST_BROWSER] = KEY_FOR_HD,
                    [ROBUST_SOFTWARE] = KEY_FOR_UHD,
                    [ROBUST_VENDOR] = KEY_FOR_UHD},
        .unknown_territory = UNKNOWN_ALLOWED,
    };
}

static enum denial check_standing(const struct standing *standing)
{
    static const struct {
        enum standing_kind kind;
        enum denial denial;
    } order[] = {
        {STANDING_ACCOUNT, DENY_ACCOUNT}, {STANDING_DEVICE, DENY_DEVICE},
        {STANDING_TITLE, DENY_TITLE},     {STANDING_SESSION, DENY_SESSION},
        {STANDING_GRANT, DENY_GRANT},
    };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (standing->is_revoked[order[i].kind]) return order[i].denial;
    return GRANTED;
}

static enum denial check_territory(const struct policy *policy, const struct policy_facts *facts)
{
    const char *granted = facts->claims->territory;
    if (granted[0] == '\0') return GRANTED;
    if (facts->territory[0] == '\0')
        return policy->unknown_territory == UNKNOWN_ALLOWED ? GRANTED : DENY_TERRITORY_UNKNOWN;
    return strcmp(granted, facts->territory) == 0 ? GRANTED : DENY_TERRITORY;
}

static enum denial check_rental(const struct policy_facts *facts, struct grant *grant)
{
    const struct entitlement *claims = facts->claims;
    int64_t started_ms = facts->standing->rental_started_ms;
    if (claims->rental_start_by_s == 0) return GRANTED;
    const bool is_late = facts->now_ms >= claims->rental_start_by_s * 1000;
    if (started_ms == 0 && is_late) return DENY_RENTAL_LATE;
    // A download starts its rental when it is played, on the device: at the latest in time.
    grant->starts_rental = started_ms == 0 && facts->use == USE_STREAM;
    if (started_ms == 0)
        started_ms = grant->starts_rental ? facts->now_ms : claims->rental_start_by_s * 1000;
    grant->play_until_ms = started_ms + (int64_t)claims->rental_play_s * 1000;
    return facts->now_ms < grant->play_until_ms ? GRANTED : DENY_RENTAL_OVER;
}

static enum denial check_use(const struct policy_facts *facts, struct grant *grant)
{
    const struct entitlement *claims = facts->claims;
    if (facts->use == USE_STREAM) return GRANTED;
    if (claims->offline_start_s == 0) return DENY_OFFLINE;
    const int64_t until_ms = claims->offline_until_s * 1000;
    if (until_ms == 0) return GRANTED;
    if (until_ms < grant->play_until_ms) grant->play_until_ms = until_ms;
    return facts->now_ms < until_ms ? GRANTED : DENY_GRANT;
}

// A download plays without us, and is counted where downloads are counted.
static enum denial check_streams(const struct policy_facts *facts, struct grant *grant)
{
    const struct entitlement *claims = facts->claims;
    const struct standing *standing = facts->standing;
    if (facts->use == USE_DOWNLOAD) return GRANTED;
    if (claims->account_streams_max != 0 && standing->rank.before >= claims->account_streams_max)
        return DENY_STREAMS;
    if (claims->title_streams_max != 0 && standing->rank.title_before >= claims->title_streams_max)
        return DENY_TITLE_STREAMS;
    const bool is_counted = claims->account_streams_max != 0 || claims->title_streams_max != 0;
    grant->takes_stream = is_counted && !standing->rank.is_there;
    return GRANTED;
}

static enum denial check_classes(const struct policy *policy, const struct policy_facts *facts,
                                 struct grant *grant)
{
    grant->key_classes =
        facts->claims->key_classes & entitlement_classes(policy->highest[facts->robustness]);
    return grant->key_classes != 0 ? GRANTED : DENY_CLASS;
}

enum denial policy_decide(const struct policy *policy, const struct policy_facts *facts,
                          struct grant *out)
{
    struct grant grant = {.play_until_ms = INT64_MAX};
    enum denial denial = check_standing(facts->standing);
    if (denial == GRANTED) denial = check_territory(policy, facts);
    if (denial == GRANTED) denial = check_rental(facts, &grant);
    if (denial == GRANTED) denial = check_use(facts, &grant);
    if (denial == GRANTED) denial = check_streams(facts, &grant);
    if (denial == GRANTED) denial = check_classes(policy, facts, &grant);
    if (denial == GRANTED) *out = grant;
    return denial;
}

bool grant_opens(const struct grant *grant, enum key_class class)
{
    return (grant->key_classes & 1u << class) != 0;
}
