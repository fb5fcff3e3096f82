// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_head.h"

#include "delivery/cache_vary.h"
#include "net/http_date.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct cache_head *head_hold(struct cache_head *head)
{
    (void)atomic_fetch_add_explicit(&head->holds, 1, memory_order_relaxed);
    return head;
}

void head_drop(struct cache_head *head)
{
    if (head == NULL) return;
    if (atomic_fetch_sub_explicit(&head->holds, 1, memory_order_acq_rel) == 1) free(head);
}

bool head_next_field(struct slice *rest, struct http_field *out)
{
    struct slice line;
    while (slice_cut(rest, '\n', &line)) {
        if (line.len < 2) continue;
        line.len--; // its CR
        const enum http_fault fault = http_field_parse(line, out);
        assert(fault == FAULT_NONE); // the lines were made from fields
        return true;
    }
    return false;
}

bool head_find(const struct cache_head *head, const char *name, struct slice *value)
{
    struct slice rest = head->lines;
    struct http_field field;
    while (head_next_field(&rest, &field)) {
        if (!slice_is_nocase(field.name, name)) continue;
        *value = field.value;
        return true;
    }
    return false;
}

static outcome put_lines(int status, const struct http_field *fields, size_t count,
                         struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct slice name = fields[i].name;
        const bool is_of_part = status == 206 && slice_is_nocase(name, "Content-Range");
        if (rules_is_hop(name) || slice_is_nocase(name, "Age") || is_of_part ||
            rules_is_listed(fields, count, name))
            continue;
        TRY(buffer_put(out, name, NULL));
        TRY(buffer_put_text(out, ": ", NULL));
        TRY(buffer_put(out, fields[i].value, NULL));
        TRY(buffer_put_text(out, "\r\n", NULL));
    }
    return OK;
}

// A date proves equal bytes when the representation has stood for a minute since (RFC 9110 section
// 8.8.2.2).
static bool is_strong_date(int64_t modified_s, int64_t date_s)
{
    return modified_s >= 0 && date_s - modified_s >= 60;
}

static void read_validators(struct cache_head *head)
{
    const int64_t now_s = head->freshness.answered_ms / 1000;
    struct slice rest = head->lines;
    struct http_field field;
    int64_t date_s = now_s;
    head->validators = (struct http_validators){{NULL, 0}, -1};
    while (head_next_field(&rest, &field)) {
        if (slice_is_nocase(field.name, "ETag")) {
            head->validators.etag = field.value;
        } else if (slice_is_nocase(field.name, "Last-Modified")) {
            int64_t modified_s;
            if (http_date_parse(field.value, now_s, &modified_s, NULL) == OK)
                head->validators.modified_s = modified_s;
        } else if (slice_is_nocase(field.name, "Date")) {
            head->has_date = true;
            if (http_date_parse(field.value, now_s, &date_s, NULL) != OK) date_s = now_s;
        } else if (slice_is_nocase(field.name, "Content-Language")) {
            head->content_language = field.value;
        }
    }
    const struct slice etag = head->validators.etag;
    head->is_strong = etag.at != NULL
                          ? slice_starts(etag, "\"") && slice_ends(etag, "\"") && etag.len > 1
                          : is_strong_date(head->validators.modified_s, date_s);
}

static bool are_lines(struct slice lines)
{
    struct slice rest = lines, line;
    struct http_field field;
    while (rest.len > 0 && slice_cut(&rest, '\n', &line)) {
        if (line.len < 2 || line.at[line.len - 1] != '\r') return false;
        if (http_field_parse(slice_part(line, 0, line.len - 1), &field) != FAULT_NONE) return false;
    }
    return lines.len == 0 || lines.at[lines.len - 1] == '\n';
}

outcome head_load(int status, const struct freshness *freshness, bool is_selectable,
                  struct slice names, struct slice values, struct slice lines,
                  struct cache_head **out)
{
    if (!are_lines(lines)) return INVALID;
    struct cache_head *head = malloc(sizeof *head + names.len + values.len + lines.len);
    if (head == NULL) return NO_MEMORY;
    *head = (struct cache_head){
        .holds = 1, .status = status, .freshness = *freshness, .is_selectable = is_selectable};
    uint8_t *at = (uint8_t *)(head + 1);
    const struct slice parts[] = {names, values, lines};
    struct slice *const places[] = {&head->vary_names, &head->vary_values, &head->lines};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len > 0) memcpy(at, parts[i].at, parts[i].len);
        *places[i] = (struct slice){at, parts[i].len};
        at += parts[i].len;
    }
    read_validators(head);
    *out = head;
    return OK;
}

outcome head_make(int status, const struct http_field *fields, size_t count,
                  const struct freshness *freshness, const struct http_request *request,
                  struct cache_head **out, struct why *why)
{
    autobuffer text = buffer_init(2 * VARY_BYTES_MAX + HEAD_LINES_BYTES_MAX);
    const bool is_selectable = vary_names(fields, count, &text);
    const size_t names_len = is_selectable ? text.len : 0;
    text.len = names_len;
    outcome result = OK;
    if (names_len > 0 && request != NULL) {
        autobuffer names = buffer_init(VARY_BYTES_MAX);
        result = buffer_put(&names, buffer_slice(&text), why);
        if (result == OK) result = vary_values(buffer_slice(&names), request, &text);
    }
    const size_t values_end = text.len;
    if (result == OK) result = put_lines(status, fields, count, &text);
    if (result != OK) return fail(why, result, "an answer's head is too large to keep");
    struct cache_head *head = malloc(sizeof *head + text.len);
    if (head == NULL) return fail(why, NO_MEMORY, "no memory for an answer's head");
    uint8_t *bytes = (uint8_t *)(head + 1);
    if (text.len > 0) memcpy(bytes, text.at, text.len);
    *head = (struct cache_head){
        .holds = 1,
        .status = status,
        .freshness = *freshness,
        .is_selectable = is_selectable,
        .vary_names = {bytes, names_len},
        .vary_values = {bytes + names_len, values_end - names_len},
        .lines = {bytes + values_end, text.len - values_end},
    };
    read_validators(head);
    *out = head;
    return OK;
}

// Fields that say how the stored body is to be read stay as they were stored.
static bool is_of_body(struct slice name)
{
    return slice_is_nocase(name, "Content-Encoding") || slice_is_nocase(name, "Content-Range") ||
           rules_is_hop(name);
}

static bool is_replaced(struct slice name, const struct http_response *fresh)
{
    if (is_of_body(name)) return false;
    for (size_t i = 0; i < fresh->field_count; i++) {
        const struct slice by = fresh->fields[i].name;
        if (by.len == name.len) {
            char text[80];
            if (by.len >= sizeof text) continue;
            memcpy(text, by.at, by.len);
            text[by.len] = '\0';
            if (slice_is_nocase(name, text)) return true;
        }
    }
    return false;
}

outcome head_refresh(const struct cache_head *stored, const struct http_response *fresh,
                     const struct cache_asked *asked, struct cache_head **out, struct why *why)
{
    struct http_field *fields = calloc(2 * (size_t)HTTP_FIELDS_MAX, sizeof *fields);
    if (fields == NULL) return fail(why, NO_MEMORY, "no memory to refresh an answer's head");
    size_t count = 0;
    struct slice rest = stored->lines;
    struct http_field field;
    while (count < HTTP_FIELDS_MAX && head_next_field(&rest, &field))
        if (!is_replaced(field.name, fresh)) fields[count++] = field;
    for (size_t i = 0; i < fresh->field_count; i++)
        if (!is_of_body(fresh->fields[i].name)) fields[count++] = fresh->fields[i];
    struct freshness freshness;
    outcome result = OK;
    if (!rules_may_store(asked, stored->status, fields, count, &freshness)) {
        freshness = (struct freshness){
            .answered_ms = asked->answered_ms, .is_checked_always = true, .is_never_stale = true};
    }
    struct cache_head *head = NULL;
    result = head_make(stored->status, fields, count, &freshness, NULL, &head, why);
    free(fields);
    if (result != OK) return result;
    assert(head != NULL);
    // Which requests select it was settled by the request that it was first the answer to.
    struct cache_head *whole = NULL;
    result = head_load(stored->status, &freshness, stored->is_selectable, stored->vary_names,
                       stored->vary_values, head->lines, &whole);
    head_drop(head);
    if (result != OK) return fail(why, result, "no memory to refresh an answer's head");
    *out = whole;
    return OK;
}

bool head_is_same(const struct cache_head *a, const struct cache_head *b)
{
    if (!a->is_strong || !b->is_strong) return false;
    if (a->validators.etag.at != NULL || b->validators.etag.at != NULL)
        return a->validators.etag.at != NULL && b->validators.etag.at != NULL &&
               slice_equal(a->validators.etag, b->validators.etag);
    return a->validators.modified_s == b->validators.modified_s;
}
