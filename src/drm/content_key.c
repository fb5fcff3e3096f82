// SPDX-License-Identifier: Apache-2.0
#include "drm/content_key.h"

#include <stdio.h>
#include <string.h>

static const char *const class_words[KEY_CLASS_COUNT] = {
    [KEY_FOR_ALL] = "all", [KEY_FOR_AUDIO] = "audio", [KEY_FOR_SD] = "sd",
    [KEY_FOR_HD] = "hd",   [KEY_FOR_UHD] = "uhd",
};

const char *key_class_word(enum key_class class)
{
    return class_words[class];
}

enum key_class key_class_of_picture(uint32_t width, uint32_t height)
{
    const uint32_t across = width > height ? width : height;
    const uint32_t down = width > height ? height : width;
    if (across <= 1024 && down <= 576) return KEY_FOR_SD;
    return across <= 1920 && down <= 1080 ? KEY_FOR_HD : KEY_FOR_UHD;
}

bool key_id_equal(const struct key_id *a, const struct key_id *b)
{
    return memcmp(a->bytes, b->bytes, KEY_ID_BYTES) == 0;
}

outcome key_id_parse(struct slice text, struct key_id *out, struct why *why)
{
    static const size_t dashes[] = {8, 13, 18, 23};
    char digits[2 * KEY_ID_BYTES];
    struct slice plain = text;
    if (text.len == KEY_ID_TEXT_BYTES - 1) {
        size_t len = 0, dash = 0;
        for (size_t i = 0; i < text.len; i++) {
            const bool is_dash = dash < 4 && i == dashes[dash];
            if (is_dash != (text.at[i] == '-'))
                return fail(why, INVALID,
                            "a key id with dashes has them as a UUID does: 8-4-4-4-12");
            if (is_dash)
                dash++;
            else
                digits[len++] = (char)text.at[i];
        }
        plain = (struct slice){(const uint8_t *)digits, len};
    }
    struct key_id id;
    if (slice_hex(plain, id.bytes, KEY_ID_BYTES, NULL) != OK)
        return fail(why, INVALID, "a key id has 32 hex digits, with or without a UUID's dashes");
    *out = id;
    return OK;
}

const char *key_id_format(const struct key_id *id, char *out)
{
    char hex[2 * KEY_ID_BYTES + 1];
    hex_format(id->bytes, KEY_ID_BYTES, hex);
    (void)snprintf(out, KEY_ID_TEXT_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
                   hex + 16, hex + 20);
    return out;
}

static outcome parse_class(struct slice word, enum key_class *out, struct why *why)
{
    for (int i = 0; i < KEY_CLASS_COUNT; i++) {
        if (!slice_is(word, class_words[i])) continue;
        *out = (enum key_class)i;
        return OK;
    }
    return fail(why, INVALID, "a key's class is audio, sd, hd or uhd, or left out for all of them");
}

static outcome check_new(const struct key_set *set, const struct classed_key *made, struct why *why)
{
    if (set->count == KEY_SET_MAX)
        return fail(why, TOO_LARGE, "more than %d keys are given", KEY_SET_MAX);
    for (size_t i = 0; i < set->count; i++) {
        const struct classed_key *other = &set->keys[i];
        if (other->class == made->class)
            return fail(why, INVALID, "two keys are given for class %s: give each its own",
                        key_class_word(made->class));
        if (key_id_equal(&other->key.id, &made->key.id) &&
            memcmp(other->key.secret, made->key.secret, CONTENT_KEY_BYTES) != 0)
            return fail(why, INVALID, "one key id is given with two keys");
    }
    return OK;
}

static outcome parse_key(const char *text, struct classed_key *out, struct why *why)
{
    struct slice rest = slice_of(text), id, key, class;
    if (!slice_cut(&rest, ':', &id) || !slice_cut(&rest, ':', &key))
        return fail(why, INVALID, "a key is given as KID:KEY or KID:KEY:class");
    TRY(key_id_parse(id, &out->key.id, why));
    if (slice_hex(key, out->key.secret, CONTENT_KEY_BYTES, NULL) != OK)
        return fail(why, INVALID, "the key behind the key id has 32 hex digits");
    if (!slice_cut(&rest, ':', &class)) return OK;
    if (rest.at != NULL) return fail(why, INVALID, "a key is given as KID:KEY or KID:KEY:class");
    return parse_class(class, &out->class, why);
}

outcome key_set_add(struct key_set *set, const char *text, struct why *why)
{
    struct classed_key made = {.class = KEY_FOR_ALL};
    outcome result = parse_key(text, &made, why);
    if (result == OK) result = check_new(set, &made, why);
    if (result == OK) set->keys[set->count++] = made;
    explicit_bzero(&made, sizeof made);
    return result;
}

outcome key_set_find(const struct key_set *set, enum key_class class,
                     const struct content_key **out, struct why *why)
{
    const struct content_key *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct classed_key *key = &set->keys[i];
        if (key->class == class || (key->class == KEY_FOR_ALL && found == NULL)) found = &key->key;
    }
    if (found == NULL)
        return fail(why, NOT_FOUND, "no key is given for class %s: add one, or one without a class",
                    key_class_word(class));
    *out = found;
    return OK;
}

void key_set_release(struct key_set *set)
{
    explicit_bzero(set, sizeof *set);
}
