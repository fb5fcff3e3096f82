// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_rules.h"

#include "delivery/cache_control.h"
#include "net/http_bytes.h"
#include "net/http_date.h"

#include <string.h>

// The fields that freshness is made of.
struct times {
    struct cache_control control;
    bool is_targeted;
    bool has_expires, has_date, has_modified;
    int64_t expires_s, date_s, modified_s; // expires_s -1: invalid, and so in the past
    int64_t age_s;
};

// Age: the first member of the first line, if it is a number (RFC 9111 section 5.1).
static int64_t read_age(struct slice value)
{
    struct slice rest = value, first;
    (void)slice_cut(&rest, ',', &first);
    first = slice_trim(first);
    int64_t age = 0;
    for (size_t i = 0; i < first.len; i++) {
        if (!byte_is(first.at[i], BYTE_DIGIT)) return 0;
        age = age * 10 + (first.at[i] - '0');
        if (age > CACHE_SECONDS_MAX) age = CACHE_SECONDS_MAX;
    }
    return age;
}

static struct times read_times(const struct http_field *fields, size_t count, int64_t now_s)
{
    struct times times = {.control = cache_control_none(), .age_s = CACHE_AGE_ABSENT};
    times.is_targeted = cache_control_targeted(fields, count, &times.control);
    for (size_t i = 0; i < count; i++) {
        const struct slice name = fields[i].name, value = fields[i].value;
        if (slice_is_nocase(name, "Cache-Control")) {
            if (!times.is_targeted) cache_control_read(value, &times.control);
        } else if (slice_is_nocase(name, "Expires")) {
            const bool is_second = times.has_expires;
            times.has_expires = true;
            if (is_second || http_date_parse(value, now_s, &times.expires_s, NULL) != OK)
                times.expires_s = -1;
        } else if (slice_is_nocase(name, "Date")) {
            times.has_date = http_date_parse(value, now_s, &times.date_s, NULL) == OK;
        } else if (slice_is_nocase(name, "Last-Modified")) {
            times.has_modified = http_date_parse(value, now_s, &times.modified_s, NULL) == OK;
        } else if (slice_is_nocase(name, "Age") && times.age_s == CACHE_AGE_ABSENT) {
            times.age_s = read_age(value);
        }
    }
    return times;
}

// RFC 9110 section 15.1 and the sections of the codes: kept without being told to.
static bool is_kept_by_default(int status)
{
    static const int statuses[] = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i] == status) return true;
    return false;
}

// Statuses whose caching rules are known here, for must-understand.
static bool is_understood(int status)
{
    static const int others[] = {206, 302, 303, 304, 307, 400, 401, 403, 500, 502, 503, 504};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] == status) return true;
    return is_kept_by_default(status);
}

// Explicit lifetime in seconds, or CACHE_AGE_ABSENT.
static int64_t explicit_lifetime(const struct times *times, int64_t answered_s)
{
    const struct cache_control *control = &times->control;
    if (control->s_maxage_s != CACHE_AGE_ABSENT && !times->is_targeted) return control->s_maxage_s;
    if (control->max_age_s != CACHE_AGE_ABSENT) return control->max_age_s;
    if (times->is_targeted || !times->has_expires) return CACHE_AGE_ABSENT;
    if (times->expires_s < 0) return 0;
    const int64_t from_s = times->has_date ? times->date_s : answered_s;
    return times->expires_s > from_s ? times->expires_s - from_s : 0;
}

static int64_t heuristic_lifetime(const struct times *times, int status, int64_t answered_s)
{
    if (times->is_targeted || !times->has_modified) return 0;
    if (!is_kept_by_default(status) && !times->control.is_public) return 0;
    const int64_t from_s = times->has_date ? times->date_s : answered_s;
    const int64_t lifetime_s = (from_s - times->modified_s) / 10;
    if (lifetime_s < 0) return 0;
    return lifetime_s < CACHE_HEURISTIC_S_MAX ? lifetime_s : CACHE_HEURISTIC_S_MAX;
}

static bool has_validator(const struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is_nocase(fields[i].name, "ETag") ||
            slice_is_nocase(fields[i].name, "Last-Modified"))
            return true;
    return false;
}

// RFC 9111 section 3, sentence by sentence.
static bool may_store(const struct cache_asked *asked, int status, const struct times *times,
                      int64_t explicit_s, bool is_checkable)
{
    const struct cache_control *control = &times->control;
    if (asked->method != METHOD_GET || status < 200 || status == 304) return false;
    if (control->must_understand ? !is_understood(status) : control->no_store) return false;
    if (control->is_private) return false;
    if (asked->has_authorization && !control->is_public && !control->must_revalidate &&
        control->s_maxage_s == CACHE_AGE_ABSENT)
        return false;
    if (explicit_s != CACHE_AGE_ABSENT) return explicit_s > 0 || is_checkable;
    return control->is_public || is_kept_by_default(status);
}

// RFC 9111 section 4.2.3.
static int64_t initial_age_ms(const struct times *times, const struct cache_asked *asked)
{
    const int64_t apparent_ms =
        times->has_date ? asked->answered_ms - times->date_s * 1000 - 999 : 0;
    const int64_t age_ms = times->age_s == CACHE_AGE_ABSENT ? 0 : times->age_s * 1000;
    const int64_t corrected_ms = age_ms + (asked->answered_ms - asked->asked_ms);
    return apparent_ms > corrected_ms ? apparent_ms : corrected_ms;
}

static int64_t window_ms(int64_t seconds)
{
    return seconds == CACHE_AGE_ABSENT ? 0 : seconds * 1000;
}

bool rules_may_store(const struct cache_asked *asked, int status, const struct http_field *fields,
                     size_t count, struct freshness *out)
{
    const int64_t answered_s = asked->answered_ms / 1000;
    const struct times times = read_times(fields, count, answered_s);
    const int64_t explicit_s = explicit_lifetime(&times, answered_s);
    const int64_t lifetime_s = explicit_s != CACHE_AGE_ABSENT
                                   ? explicit_s
                                   : heuristic_lifetime(&times, status, answered_s);
    const bool is_checkable = has_validator(fields, count);
    if (!may_store(asked, status, &times, explicit_s, is_checkable)) return false;
    const struct cache_control *control = &times.control;
    *out = (struct freshness){
        .answered_ms = asked->answered_ms,
        .initial_age_ms = initial_age_ms(&times, asked),
        .lifetime_ms = lifetime_s * 1000,
        .while_revalidate_ms = window_ms(control->stale_while_revalidate_s),
        .if_error_ms = window_ms(control->stale_if_error_s),
        .is_checked_always = control->no_cache,
        .is_never_stale = control->must_revalidate || control->no_cache ||
                          (control->s_maxage_s != CACHE_AGE_ABSENT && !times.is_targeted),
    };
    const bool is_of_use = lifetime_s > 0 || is_checkable || out->while_revalidate_ms > 0;
    return is_of_use;
}

int64_t freshness_age_ms(const struct freshness *freshness, int64_t now_ms)
{
    const int64_t since_ms = now_ms - freshness->answered_ms;
    return freshness->initial_age_ms + (since_ms > 0 ? since_ms : 0);
}

enum use freshness_use(const struct freshness *freshness, int64_t now_ms)
{
    const int64_t age_ms = freshness_age_ms(freshness, now_ms);
    if (freshness->is_checked_always) return USE_REVALIDATE;
    if (age_ms < freshness->lifetime_ms) return USE_FRESH;
    if (!freshness->is_never_stale &&
        age_ms < freshness->lifetime_ms + freshness->while_revalidate_ms)
        return USE_STALE;
    return USE_REVALIDATE;
}

bool freshness_covers(const struct freshness *freshness, int64_t now_ms, enum parent_fault fault)
{
    if (freshness->is_never_stale) return false;
    const int64_t stale_ms = freshness_age_ms(freshness, now_ms) - freshness->lifetime_ms;
    if (stale_ms < freshness->if_error_ms) return true;
    return fault == PARENT_GONE && stale_ms < (int64_t)CACHE_STALE_S_MAX * 1000;
}

bool rules_is_hop(struct slice name)
{
    static const char *const hops[] = {
        "Connection",          "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info",
        "Proxy-Authorization", "TE",         "Proxy-Connection",   "Trailer",
        "Transfer-Encoding",   "Upgrade",    "Content-Length",
    };
    for (size_t i = 0; i < sizeof hops / sizeof hops[0]; i++)
        if (slice_is_nocase(name, hops[i])) return true;
    return false;
}

bool rules_is_listed(const struct http_field *fields, size_t count, struct slice name)
{
    char text[80];
    if (name.len >= sizeof text) return false;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    for (size_t i = 0; i < count; i++)
        if (fields[i].id == FIELD_CONNECTION && http_list_has(fields[i].value, text)) return true;
    return false;
}
