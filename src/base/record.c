// SPDX-License-Identifier: Apache-2.0
#include "base/record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static json_t *integer_json(const struct record_member *member, const uint8_t *at)
{
    union {
        uint8_t u8;
        uint16_t u16;
        uint32_t u32;
        uint64_t u64;
        int64_t i64;
    } value = {0};
    assert(member->size <= sizeof value);
    memcpy(&value, at, member->size);
    switch (member->type) {
    case RECORD_TYPE_U8: return json_integer(value.u8);
    case RECORD_TYPE_U16: return json_integer(value.u16);
    case RECORD_TYPE_U32: return json_integer(value.u32);
    case RECORD_TYPE_U64:
        assert(value.u64 <= INT64_MAX);
        return json_integer((json_int_t)value.u64);
    default: return json_integer(value.i64);
    }
}

static json_t *member_json(const struct record_member *member, const uint8_t *at)
{
    if (member->type == RECORD_TYPE_TEXT) {
        json_t *text = json_string((const char *)at);
        return text == NULL ? json_string("") : text;
    }
    if (member->type == RECORD_TYPE_WORD) {
        unsigned value;
        assert(member->size == sizeof value);
        memcpy(&value, at, sizeof value);
        assert(value < member->word_count);
        return json_string(member->words[value]);
    }
    if (member->type == RECORD_TYPE_BOOL) {
        bool value;
        memcpy(&value, at, sizeof value);
        return json_boolean(value);
    }
    return integer_json(member, at);
}

outcome record_format(const struct record *record, const void *of, json_t *object, struct why *why)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct record_member *member = &record->members[i];
        json_t *value = member_json(member, (const uint8_t *)of + member->offset);
        if (value == NULL || json_object_set_new(object, member->key, value) != 0)
            return fail(why, NO_MEMORY, "no memory to write %s", record->what);
    }
    return OK;
}

static outcome parse_text(const struct record *record, const struct record_member *member,
                          const json_t *object, uint8_t *to, struct why *why)
{
    const char *text = NULL;
    TRY(json_text(object, record->what, member->key, &text, why));
    if (member->type == RECORD_TYPE_TEXT) {
        const size_t len = strlen(text);
        if (len >= member->size)
            return fail(why, INVALID, "%s: \"%s\" is longer than %zu bytes", record->what,
                        member->key, member->size - 1);
        memcpy(to, text, len + 1);
        return OK;
    }
    for (unsigned i = 0; i < member->word_count; i++) {
        if (strcmp(text, member->words[i]) != 0) continue;
        memcpy(to, &i, sizeof i);
        return OK;
    }
    return fail(why, INVALID, "%s: \"%s\" cannot be \"%.40s\"", record->what, member->key, text);
}

static outcome parse_bool(const struct record *record, const struct record_member *member,
                          const json_t *object, uint8_t *to, struct why *why)
{
    const json_t *value = json_object_get(object, member->key);
    if (!json_is_boolean(value))
        return fail(why, INVALID, "%s: \"%s\" must be true or false", record->what, member->key);
    const bool flag = json_is_true(value);
    memcpy(to, &flag, sizeof flag);
    return OK;
}

static outcome parse_integer(const struct record *record, const struct record_member *member,
                             const json_t *object, uint8_t *to, struct why *why)
{
    static const int64_t highest[] = {
        [RECORD_TYPE_U8] = UINT8_MAX,   [RECORD_TYPE_U16] = UINT16_MAX,
        [RECORD_TYPE_U32] = UINT32_MAX, [RECORD_TYPE_U64] = INT64_MAX,
        [RECORD_TYPE_I64] = INT64_MAX,
    };
    int64_t value = 0;
    TRY(json_integer_in(object, record->what, member->key,
                        member->type == RECORD_TYPE_I64 ? INT64_MIN : 0, highest[member->type],
                        &value, why));
    const uint8_t u8 = (uint8_t)value;
    const uint16_t u16 = (uint16_t)value;
    const uint32_t u32 = (uint32_t)value;
    const void *const from[] = {
        [RECORD_TYPE_U8] = &u8,     [RECORD_TYPE_U16] = &u16,   [RECORD_TYPE_U32] = &u32,
        [RECORD_TYPE_U64] = &value, [RECORD_TYPE_I64] = &value,
    };
    memcpy(to, from[member->type], member->size);
    return OK;
}

outcome record_parse(const struct record *record, const json_t *object, void *of, struct why *why)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct record_member *member = &record->members[i];
        uint8_t *to = (uint8_t *)of + member->offset;
        switch (member->type) {
        case RECORD_TYPE_TEXT:
        case RECORD_TYPE_WORD: TRY(parse_text(record, member, object, to, why)); break;
        case RECORD_TYPE_BOOL: TRY(parse_bool(record, member, object, to, why)); break;
        default: TRY(parse_integer(record, member, object, to, why)); break;
        }
    }
    return OK;
}
