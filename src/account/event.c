// SPDX-License-Identifier: Apache-2.0
#include "account/event.h"

#include <stdio.h>
#include <string.h>

enum { MONTH_BYTES = 8 }; // "2026-11"

#define COUNT_DOWN_MS 99999999999999 // the year 5138: newer events sort first

static const char event_table[] = "event";

static const struct record_member event_members[] = {
    RECORD_TEXT(struct event, id),     RECORD_TEXT(struct event, actor),
    RECORD_TEXT(struct event, action), RECORD_TEXT(struct event, subject),
    RECORD_TEXT(struct event, reason), RECORD_TEXT(struct event, detail),
    RECORD_I64(struct event, at_ms),
};
const struct record event_record = RECORD("an event", event_members);

static void copy_text(char *out, size_t room, const char *text)
{
    (void)snprintf(out, room, "%s", text == NULL ? "" : text);
}

static void month_of(int64_t wall_ms, char *out)
{
    char text[CLOCK_TEXT_BYTES];
    wall_format(wall_ms, text);
    (void)snprintf(out, MONTH_BYTES, "%.7s", text);
}

outcome event_write(const struct accounts *accounts, struct deed deed, const char *action,
                    const char *subject, const char *detail, struct why *why)
{
    struct event event = {.at_ms = clock_wall_ms(accounts->clock)};
    char month[MONTH_BYTES], sort[80];
    id_make("event", event.at_ms, event.id);
    copy_text(event.actor, sizeof event.actor, deed.actor);
    copy_text(event.action, sizeof event.action, action);
    copy_text(event.subject, sizeof event.subject, subject);
    copy_text(event.reason, sizeof event.reason, deed.reason);
    copy_text(event.detail, sizeof event.detail, detail);
    month_of(event.at_ms, month);
    (void)snprintf(sort, sizeof sort, "%014lld-%s", (long long)(COUNT_DOWN_MS - event.at_ms),
                   event.id);
    return row_put(accounts->tables, (struct row_key){event_table, month, sort}, &event_record,
                   &event, (struct row_terms){.condition = TABLE_ABSENT}, NULL, why);
}

static bool is_month(const char *text)
{
    for (int i = 0; i < MONTH_BYTES - 1; i++)
        if (i == 4 ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
    return true;
}

// The month before; the year 0000 does not come.
static void step_back(char *month)
{
    int year =
        (month[0] - '0') * 1000 + (month[1] - '0') * 100 + (month[2] - '0') * 10 + (month[3] - '0');
    int number = (month[5] - '0') * 10 + (month[6] - '0') - 1;
    if (number < 1) {
        number = 12;
        year--;
    }
    month[0] = (char)('0' + year / 1000 % 10);
    month[1] = (char)('0' + year / 100 % 10);
    month[2] = (char)('0' + year / 10 % 10);
    month[3] = (char)('0' + year % 10);
    month[5] = (char)('0' + number / 10);
    month[6] = (char)('0' + number % 10);
}

// "2026-11/<sort>": the last event that was given.
static outcome cursor_parse(const char *cursor, char *month, char *after, struct why *why)
{
    const size_t len = strlen(cursor);
    const bool is_ours = len >= MONTH_BYTES && len < EVENT_CURSOR_BYTES && is_month(cursor) &&
                         cursor[MONTH_BYTES - 1] == '/' && strncmp(cursor, "0000", 4) != 0;
    if (!is_ours)
        return fail(why, INVALID,
                    "\"%.80s\" is no cursor: take \"next_cursor\" of the page before, or none",
                    cursor);
    (void)snprintf(month, MONTH_BYTES, "%.7s", cursor);
    (void)snprintf(after, EVENT_CURSOR_BYTES, "%s", cursor + MONTH_BYTES);
    return OK;
}

static outcome gather(const struct accounts *accounts, char *month, char *after, size_t limit,
                      struct arena *arena, struct event_page *page, struct why *why)
{
    for (int months = 0; months < EVENT_MONTHS_MAX && page->count < limit; months++) {
        struct row_page rows;
        TRY(row_list(accounts->tables, (struct row_key){event_table, month, ""},
                     after[0] == '\0' ? NULL : after, limit - page->count, &event_record,
                     sizeof(struct event), arena, &rows, why));
        memcpy(page->events + page->count, rows.items, rows.count * sizeof(struct event));
        page->count += rows.count;
        step_back(month);
        after[0] = '\0';
    }
    return OK;
}

outcome event_list(const struct accounts *accounts, const char *cursor, size_t limit,
                   struct arena *arena, struct event_page *out, struct why *why)
{
    char month[MONTH_BYTES], after[EVENT_CURSOR_BYTES] = "";
    if (limit < 1 || limit > EVENT_PAGE_MAX)
        return fail(why, INVALID, "a page has 1 to %d events, not %zu", EVENT_PAGE_MAX, limit);
    month_of(clock_wall_ms(accounts->clock), month);
    if (cursor != NULL && cursor[0] != '\0') TRY(cursor_parse(cursor, month, after, why));
    struct event_page page = {.events = arena_take_array(arena, limit + 1, sizeof(struct event))};
    if (page.events == NULL) return fail(why, NO_MEMORY, "no memory for %zu events", limit);
    TRY(gather(accounts, month, after, limit + 1, arena, &page, why));
    if (page.count > limit) { // there is more: the cursor names the last one that is given
        page.count = limit;
        const struct event *last = &page.events[limit - 1];
        month_of(last->at_ms, month);
        (void)snprintf(page.next, sizeof page.next, "%s/%014lld-%s", month,
                       (long long)(COUNT_DOWN_MS - last->at_ms), last->id);
    }
    *out = page;
    return OK;
}
