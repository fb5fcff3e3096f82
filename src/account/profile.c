// SPDX-License-Identifier: Apache-2.0
#include "account/profile.h"

#include "account/event.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static const char profile_table[] = "profile";
static const char kids_name[] = "Kids";

static const struct record_member profile_members[] = {
    RECORD_TEXT(struct profile, id),
    RECORD_TEXT(struct profile, name),
    RECORD_BOOL(struct profile, is_child),
    RECORD_U32(struct profile, maturity_age),
    RECORD_TEXT(struct profile, pin),
    RECORD_TEXT(struct profile, language),
    RECORD_TEXT(struct profile, audio_language),
    RECORD_TEXT(struct profile, text_language),
    RECORD_BOOL(struct profile, wants_description),
    RECORD_TEXT(struct profile, caption_style),
    RECORD_BOOL(struct profile, hides_history),
    RECORD_I64(struct profile, created_ms),
};
static const struct record profile_record = RECORD("a profile", profile_members);

static outcome check_language(const char *text, const char *key, struct why *why)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        const char c = text[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && c != '-' && !(i > 0 && c >= '0' && c <= '9'))
            return fail(why, INVALID, "%s is \"%.40s\": use a BCP 47 tag such as en or pt-BR", key,
                        text);
    }
    return OK;
}

static outcome check_style(const char *style, struct why *why)
{
    autojson *json = NULL;
    if (style[0] == '\0') return OK;
    if (json_parse(slice_of(style), "caption_style", &json, NULL) == OK && json_is_object(json))
        return OK;
    return fail(why, INVALID, "caption_style is no JSON object");
}

static outcome profile_check(const struct profile *profile, struct why *why)
{
    const struct slice name = slice_of(profile->name);
    if (name.len == 0 || utf8_prefix(name) != name.len)
        return fail(why, INVALID, "name is empty: a profile has a name of 1 to %d bytes",
                    PROFILE_NAME_BYTES - 1);
    if (profile->maturity_age > PROFILE_MATURITY_ANY)
        return fail(why, INVALID, "maturity_age is %u: it is an age up to %d",
                    profile->maturity_age, PROFILE_MATURITY_ANY);
    if (profile->is_child && profile->maturity_age > PROFILE_MATURITY_KIDS_MAX)
        return fail(why, INVALID, "maturity_age is %u: a children's profile sees up to %d",
                    profile->maturity_age, PROFILE_MATURITY_KIDS_MAX);
    TRY(check_language(profile->language, "language", why));
    TRY(check_language(profile->audio_language, "audio_language", why));
    TRY(check_language(profile->text_language, "text_language", why));
    return check_style(profile->caption_style, why);
}

static outcome profile_put(const struct accounts *accounts, const char *member_id,
                           struct profile *profile, struct row_terms terms, struct why *why)
{
    return row_put(accounts->tables, (struct row_key){profile_table, member_id, profile->id},
                   &profile_record, profile, terms, &profile->version, why);
}

// Ids that follow from the member's: a retry makes the same ones.
outcome profile_add_first(const struct accounts *accounts, const char *member_id, const char *name,
                          struct why *why)
{
    struct profile made[2] = {
        {.maturity_age = PROFILE_MATURITY_ANY},
        {.is_child = true, .maturity_age = PROFILE_MATURITY_KIDS},
    };
    const char *suffix = strchr(member_id, '_');
    const char *const names[] = {name, kids_name};
    for (int i = 0; i < 2; i++) {
        made[i].created_ms = clock_wall_ms(accounts->clock);
        (void)snprintf(made[i].id, sizeof made[i].id, "profile_%.30s%s",
                       suffix == NULL ? member_id : suffix + 1, i == 0 ? "" : "-kids");
        (void)snprintf(made[i].name, sizeof made[i].name, "%.*s",
                       (int)utf8_prefix(slice_part(slice_of(names[i]), 0, PROFILE_NAME_BYTES - 1)),
                       names[i]);
        const outcome put = profile_put(accounts, member_id, &made[i],
                                        (struct row_terms){.condition = TABLE_ABSENT}, why);
        if (put != OK && put != CONFLICT) return put;
    }
    return OK;
}

outcome profile_list(const struct accounts *accounts, const char *member_id, struct profile *out,
                     size_t *out_count, struct why *why)
{
    autoarena arena = arena_init(PROFILES_MAX * 8192);
    struct row_page rows;
    TRY(row_list(accounts->tables, (struct row_key){profile_table, member_id, ""}, NULL,
                 PROFILES_MAX, &profile_record, sizeof *out, &arena, &rows, why));
    memcpy(out, rows.items, rows.count * sizeof *out);
    for (size_t i = 0; i < rows.count; i++)
        out[i].version = rows.versions[i];
    *out_count = rows.count;
    return OK;
}

outcome profile_load(const struct accounts *accounts, const char *member_id, const char *id,
                     struct profile *out, struct why *why)
{
    struct profile profile = {.version = 0};
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no profile by that id");
    const outcome got = row_get(accounts->tables, (struct row_key){profile_table, member_id, id},
                                &profile_record, &profile, &profile.version, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no profile %s", id);
    TRY(got);
    *out = profile;
    return OK;
}

outcome profile_add(const struct accounts *accounts, struct deed deed, const char *member_id,
                    struct profile *profile, struct why *why)
{
    struct profile present[PROFILES_MAX];
    size_t count;
    TRY(profile_check(profile, why));
    TRY(profile_list(accounts, member_id, present, &count, why));
    profile->created_ms = clock_wall_ms(accounts->clock);
    if (profile->id[0] == '\0') id_make("profile", profile->created_ms, profile->id);
    for (size_t i = 0; i < count; i++)
        if (strcmp(present[i].id, profile->id) == 0) count = 0; // a retry of what was done
    if (count >= PROFILES_MAX)
        return fail(why, TOO_LARGE, "a member has at most %d profiles: remove one first",
                    PROFILES_MAX);
    TRY(event_write(accounts, deed, "profile.added", profile->id, member_id, why));
    return profile_put(accounts, member_id, profile, (struct row_terms){0}, why);
}

outcome profile_save(const struct accounts *accounts, struct deed deed, const char *member_id,
                     struct profile *profile, struct why *why)
{
    TRY(profile_check(profile, why));
    TRY(event_write(accounts, deed, "profile.changed", profile->id, member_id, why));
    return profile_put(accounts, member_id, profile,
                       (struct row_terms){.condition = TABLE_VERSION, .version = profile->version},
                       why);
}

outcome profile_drop(const struct accounts *accounts, struct deed deed, const char *member_id,
                     const char *id, struct why *why)
{
    struct profile present[PROFILES_MAX], profile;
    size_t count;
    TRY(profile_load(accounts, member_id, id, &profile, why));
    TRY(profile_list(accounts, member_id, present, &count, why));
    if (count == 1) return fail(why, INVALID, "the last profile of a member stays");
    TRY(event_write(accounts, deed, "profile.removed", id, member_id, why));
    return row_drop(accounts->tables, (struct row_key){profile_table, member_id, id},
                    profile.version, why);
}

outcome profile_set_pin(const struct accounts *accounts, struct profile *profile, const char *pin,
                        struct why *why)
{
    const size_t len = strlen(pin);
    if (len == 0) {
        profile->pin[0] = '\0';
        return OK;
    }
    if (len < PROFILE_PIN_DIGITS_MIN || len > PROFILE_PIN_DIGITS_MAX ||
        strspn(pin, "0123456789") != len)
        return fail(why, INVALID, "pin has %d to %d digits", PROFILE_PIN_DIGITS_MIN,
                    PROFILE_PIN_DIGITS_MAX);
    return password_hash(pin, accounts->cost, profile->pin, why);
}

outcome profile_check_pin(const struct accounts *accounts, const struct profile *profile,
                          const char *pin, struct why *why)
{
    char key[CACHE_KEY_BYTES];
    int64_t tries = 0;
    if (profile->pin[0] == '\0') return OK;
    (void)snprintf(key, sizeof key, "pin:%s", profile->id);
    TRY(accounts->cache->ops->add(accounts->cache, key, 1, PROFILE_PIN_WINDOW_MS, &tries, why));
    if (tries > PROFILE_PIN_TRIES)
        return fail(why, EXHAUSTED, "the PIN was wrong %d times: wait a quarter of an hour",
                    PROFILE_PIN_TRIES);
    if (pin == NULL || !password_matches(profile->pin, pin))
        return fail(why, DENIED, "the PIN of \"%s\" is needed", profile->name);
    return accounts->cache->ops->drop(accounts->cache, key, why);
}
