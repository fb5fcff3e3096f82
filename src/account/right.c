// SPDX-License-Identifier: Apache-2.0
#include "account/right.h"

#include "account/event.h"

#include <stdio.h>
#include <string.h>

static const char right_table[] = "right";
static const char *const kind_words[] = {"purchase", "rental", "gift"};

static const struct record_member right_members[] = {
    RECORD_TEXT(struct right, id),
    RECORD_TEXT(struct right, title),
    RECORD_TEXT(struct right, granted_by),
    RECORD_I64(struct right, granted_ms),
    RECORD_I64(struct right, ends_ms),
    RECORD_I64(struct right, started_ms),
    RECORD_WORD(struct right, kind, kind_words),
};
static const struct record right_record = RECORD("a right", right_members);

const char *right_kind_word(enum right_kind kind)
{
    return kind_words[kind];
}

outcome right_kind_parse(const char *word, enum right_kind *out, struct why *why)
{
    for (unsigned i = 0; i < RIGHT_KINDS; i++) {
        if (strcmp(word, kind_words[i]) != 0) continue;
        *out = (enum right_kind)i;
        return OK;
    }
    return fail(why, INVALID, "kind is \"%.40s\": take purchase, rental or gift", word);
}

static outcome right_put(const struct accounts *accounts, const char *member_id,
                         struct right *right, struct row_terms terms, struct why *why)
{
    return row_put(accounts->tables, (struct row_key){right_table, member_id, right->id},
                   &right_record, right, terms, &right->version, why);
}

outcome right_grant(const struct accounts *accounts, struct deed deed, const char *member_id,
                    struct right *right, struct why *why)
{
    char detail[200];
    right->granted_ms = clock_wall_ms(accounts->clock);
    right->started_ms = 0;
    if (!id_is_valid(right->title)) return fail(why, INVALID, "title_id is no id of a title");
    if (right->ends_ms != 0 && right->ends_ms <= right->granted_ms)
        return fail(why, INVALID, "ends_at lies in the past");
    if (right->kind == RIGHT_RENTAL) right->ends_ms = right->granted_ms + RIGHT_START_MS;
    if (right->id[0] == '\0') id_make("right", right->granted_ms, right->id);
    (void)snprintf(right->granted_by, sizeof right->granted_by, "%s", deed.actor);
    (void)snprintf(detail, sizeof detail, "%s of %s, %s", kind_words[right->kind], right->title,
                   right->id);
    TRY(event_write(accounts, deed, "right.granted", member_id, detail, why));
    return right_put(accounts, member_id, right, (struct row_terms){0}, why);
}

outcome right_revoke(const struct accounts *accounts, struct deed deed, const char *member_id,
                     const char *id, struct why *why)
{
    struct right right;
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no right by that id");
    const struct row_key key = {right_table, member_id, id};
    const outcome got = row_get(accounts->tables, key, &right_record, &right, NULL, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no right %s", id);
    TRY(got);
    char detail[200];
    (void)snprintf(detail, sizeof detail, "%s of %s, %s", kind_words[right.kind], right.title, id);
    TRY(event_write(accounts, deed, "right.revoked", member_id, detail, why));
    return row_drop(accounts->tables, key, 0, why);
}

outcome right_list(const struct accounts *accounts, const char *member_id, struct arena *arena,
                   struct right_page *out, struct why *why)
{
    struct row_page rows;
    TRY(row_list(accounts->tables, (struct row_key){right_table, member_id, ""}, NULL, RIGHTS_MAX,
                 &right_record, sizeof(struct right), arena, &rows, why));
    *out = (struct right_page){rows.items, rows.count};
    for (size_t i = 0; i < rows.count; i++)
        out->rights[i].version = rows.versions[i];
    return OK;
}

static bool is_better(const struct right *right, const struct right *than)
{
    if (than == NULL || right->ends_ms == 0) return true;
    return than->ends_ms != 0 && right->ends_ms > than->ends_ms;
}

outcome right_find(const struct accounts *accounts, const char *member_id, const char *title,
                   bool *out_has, struct right *out, struct why *why)
{
    autoarena arena = arena_init(RIGHTS_MAX * 2048);
    struct right_page page;
    const struct right *best = NULL;
    const int64_t now_ms = clock_wall_ms(accounts->clock);
    TRY(right_list(accounts, member_id, &arena, &page, why));
    for (size_t i = 0; i < page.count; i++) {
        const struct right *right = &page.rights[i];
        const bool is_over = right->ends_ms != 0 && right->ends_ms <= now_ms;
        if (strcmp(right->title, title) == 0 && !is_over && is_better(right, best)) best = right;
    }
    if (best != NULL) *out = *best;
    *out_has = best != NULL;
    return OK;
}

outcome right_start(const struct accounts *accounts, const char *member_id, struct right *right,
                    struct why *why)
{
    if (right->kind != RIGHT_RENTAL || right->started_ms != 0) return OK;
    const struct deed deed = {member_id, "first play"};
    right->started_ms = clock_wall_ms(accounts->clock);
    right->ends_ms = right->started_ms + RIGHT_PLAY_MS;
    TRY(event_write(accounts, deed, "right.started", member_id, right->id, why));
    const outcome put =
        right_put(accounts, member_id, right,
                  (struct row_terms){.condition = TABLE_VERSION, .version = right->version}, why);
    return put == CONFLICT ? OK : put; // another device started it in the same moment
}
