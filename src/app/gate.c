// SPDX-License-Identifier: Apache-2.0
#include "app/gate.h"

#include "account/house.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    unsigned rights;
} classes[AUTH_COUNT] = {
#define AUTH_ROW(name, word, rights) [AUTH_##name] = {word, rights},
    AUTH_CLASSES(AUTH_ROW)
#undef AUTH_ROW
};

bool auth_class_parse(const char *word, enum auth_class *out)
{
    for (unsigned i = 0; i < AUTH_COUNT; i++) {
        if (strcmp(word, classes[i].word) != 0) continue;
        *out = (enum auth_class)i;
        return true;
    }
    return false;
}

void gate_init(struct gate *gate, const struct accounts *accounts)
{
    gate->accounts = *accounts;
    atomic_store(&gate->is_closed, false);
    atomic_store(&gate->open_us, 0);
}

bool gate_knows(struct gate *gate, bool *out_open)
{
    *out_open = !atomic_load_explicit(&gate->is_closed, memory_order_acquire);
    if (!*out_open) return true;
    const int64_t open_us = atomic_load_explicit(&gate->open_us, memory_order_relaxed);
    return open_us != 0 && clock_us(gate->accounts.clock) - open_us < GATE_OPEN_MS * 1000;
}

outcome gate_is_open(struct gate *gate, bool *out, struct why *why)
{
    bool is_closed;
    if (gate_knows(gate, out)) return OK;
    TRY(house_is_closed(&gate->accounts, &is_closed, why));
    if (is_closed)
        atomic_store_explicit(&gate->is_closed, true, memory_order_release);
    else
        atomic_store_explicit(&gate->open_us, clock_us(gate->accounts.clock), memory_order_relaxed);
    *out = !is_closed;
    return OK;
}

struct slice gate_field(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_is_nocase(request->fields[i].name, name)) return request->fields[i].value;
    return (struct slice){NULL, 0};
}

static struct slice cookie_value(struct slice cookies)
{
    static const char name[] = GATE_COOKIE "=";
    struct slice rest = cookies, one;
    while (slice_cut(&rest, ';', &one)) {
        one = slice_trim(one);
        if (slice_starts(one, name)) return slice_part(one, sizeof name - 1, one.len);
    }
    return (struct slice){NULL, 0};
}

struct slice gate_credential(const struct http_request *request, bool *is_cookie)
{
    struct slice value;
    *is_cookie = false;
    if (http_request_find(request, FIELD_AUTHORIZATION, &value)) {
        const struct slice scheme = slice_part(value, 0, 7);
        if (slice_is_nocase(scheme, "bearer ")) return slice_trim(slice_part(value, 7, value.len));
        return (struct slice){NULL, 0};
    }
    *is_cookie = true;
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != FIELD_COOKIE) continue;
        const struct slice token = cookie_value(request->fields[i].value);
        if (token.at != NULL) return token;
    }
    return (struct slice){NULL, 0};
}

static void caller_key(struct slice credential, char *out)
{
    char hash[SECRET_HASH_BYTES];
    token_hash(credential, hash);
    (void)snprintf(out, CACHE_KEY_BYTES, "caller:%s", hash);
}

static bool find_kept(struct gate *gate, const char *key, struct caller *out)
{
    struct cache_store *cache = gate->accounts.cache;
    autobuffer kept = buffer_init(sizeof *out);
    if (cache->ops->get(cache, key, &kept, NULL) != OK || kept.len != sizeof *out) return false;
    memcpy(out, kept.at, sizeof *out);
    return true;
}

bool gate_caller_known(struct gate *gate, const struct http_request *request, struct caller *out)
{
    bool is_cookie, is_open;
    char key[CACHE_KEY_BYTES];
    if (!gate_knows(gate, &is_open)) return false;
    const struct slice credential = gate_credential(request, &is_cookie);
    if (credential.at == NULL) {
        *out = is_open ? caller_guest() : (struct caller){.kind = CALLER_NOBODY};
        return true;
    }
    caller_key(credential, key);
    return find_kept(gate, key, out);
}

outcome gate_caller(struct gate *gate, const struct http_request *request, struct caller *out,
                    struct why *why)
{
    bool is_cookie, is_open;
    char key[CACHE_KEY_BYTES];
    struct caller caller;
    TRY(gate_is_open(gate, &is_open, why));
    const struct slice credential = gate_credential(request, &is_cookie);
    if (credential.at == NULL) {
        *out = is_open ? caller_guest() : (struct caller){.kind = CALLER_NOBODY};
        return OK;
    }
    caller_key(credential, key);
    if (find_kept(gate, key, out)) return OK;
    const outcome found = caller_identify(&gate->accounts, credential, &caller, why);
    if (found == NOT_FOUND || found == DENIED)
        caller = is_open ? caller_guest() : (struct caller){.kind = CALLER_NOBODY};
    else
        TRY(found);
    struct cache_store *cache = gate->accounts.cache;
    const struct slice bytes = {(const uint8_t *)&caller, sizeof caller};
    const outcome kept = caller.kind == CALLER_NOBODY
                             ? OK
                             : cache->ops->put(cache, key, bytes, GATE_CALLER_MS, NULL);
    (void)kept; // without it the next request asks the store again
    *out = caller;
    return OK;
}

void gate_forget(struct gate *gate, struct slice credential)
{
    char key[CACHE_KEY_BYTES];
    caller_key(credential, key);
    const outcome dropped = gate->accounts.cache->ops->drop(gate->accounts.cache, key, NULL);
    (void)dropped; // it lives for two seconds at most
}

static enum problem check_viewer(const struct caller *caller)
{
    if (caller->rights & MAY_KEEP_CATALOGUE) return PROBLEM_NONE;
    if (caller->kind == CALLER_KEY) return PROBLEM_NOT_ALLOWED;
    return caller->profile[0] == '\0' ? PROBLEM_PROFILE_NEEDED : PROBLEM_NONE;
}

enum problem gate_check(enum auth_class class, const struct caller *caller)
{
    if (class == AUTH_PUBLIC || class == AUTH_TOKEN) return PROBLEM_NONE;
    if (caller->kind == CALLER_NOBODY) return PROBLEM_SIGN_IN_NEEDED;
    const bool is_for_all = class == AUTH_REPORT || class == AUTH_STUDIO; // in an open house
    if (is_for_all && caller->kind == CALLER_GUEST) return PROBLEM_NONE;
    if (classes[class].rights != 0) {
        if ((caller->rights & classes[class].rights) != 0) return PROBLEM_NONE;
        return caller->kind == CALLER_GUEST ? PROBLEM_SIGN_IN_NEEDED : PROBLEM_NOT_ALLOWED;
    }
    if (class == AUTH_VIEWER || class == AUTH_MEDIA) return check_viewer(caller);
    if (caller->kind == CALLER_KEY) return PROBLEM_NOT_ALLOWED;
    if (class == AUTH_PROFILE && caller->profile[0] == '\0') return PROBLEM_PROFILE_NEEDED;
    return PROBLEM_NONE;
}

bool gate_is_cross_site(const struct http_request *request)
{
    bool is_cookie;
    struct slice origin;
    const bool is_read = request->method == METHOD_GET || request->method == METHOD_HEAD;
    const struct slice credential = gate_credential(request, &is_cookie);
    if (is_read || !is_cookie || credential.at == NULL) return false;
    if (!http_request_find(request, FIELD_ORIGIN, &origin)) return false;
    const size_t scheme = slice_starts(origin, "https://") ? 8 : 7;
    return !slice_equal(slice_part(origin, scheme, origin.len), request->host);
}
