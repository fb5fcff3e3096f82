// SPDX-License-Identifier: Apache-2.0
#include "account/house.h"

#include "account/event.h"

static const struct row_key state_key = {"house", "house", "state"};

struct house_state {
    int64_t closed_ms;
};
static const struct record_member state_members[] = {RECORD_I64(struct house_state, closed_ms)};
static const struct record state_record = RECORD("the house's state", state_members);

outcome house_is_closed(const struct accounts *accounts, bool *out, struct why *why)
{
    struct house_state state;
    const outcome got = row_get(accounts->tables, state_key, &state_record, &state, NULL, why);
    if (got != OK && got != NOT_FOUND) return got;
    *out = got == OK;
    return OK;
}

outcome house_lock(const struct accounts *accounts, struct deed deed, struct why *why)
{
    bool is_closed;
    TRY(house_is_closed(accounts, &is_closed, why));
    if (is_closed) return OK;
    const struct house_state state = {clock_wall_ms(accounts->clock)};
    TRY(event_write(accounts, deed, "house.closed", "house", "", why));
    const outcome put = row_put(accounts->tables, state_key, &state_record, &state,
                                (struct row_terms){.condition = TABLE_ABSENT}, NULL, why);
    return put == CONFLICT ? OK : put; // another operator was as quick
}
