// SPDX-License-Identifier: Apache-2.0
#include "studio/board.h"

#include "store/rows.h"

#include <stdio.h>
#include <string.h>

#define TABLE "ingest"

enum {
    TELL_US = 2000000,
    WISH_MS = 3600 * 1000,
};

static const int64_t kept_for_ms = INT64_C(30) * 24 * 3600 * 1000;

static const char *const state_words[] = {
#define STATE_WORD(name, word) word,
    BOARD_STATES(STATE_WORD)
#undef STATE_WORD
};

static const struct record_member note_members[] = {
    RECORD_TEXT(struct board_note, id),
    RECORD_TEXT(struct board_note, name),
    RECORD_TEXT(struct board_note, version),
    RECORD_TEXT(struct board_note, stage),
    RECORD_WORD(struct board_note, state, state_words),
    RECORD_TEXT(struct board_note, sentence),
    RECORD_TEXT(struct board_note, check),
    RECORD_U64(struct board_note, done),
    RECORD_U64(struct board_note, total),
    RECORD_I64(struct board_note, started_ms),
    RECORD_I64(struct board_note, told_ms),
};
static const struct record note_record = RECORD("what an ingest told", note_members);

static const struct record wish_record = {"a wish", NULL, 0};

static struct row_key note_key(const char *id)
{
    return (struct row_key){TABLE, "told", id};
}

static struct row_key wish_key(const char *id)
{
    return (struct row_key){TABLE, "cancel", id};
}

const char *board_state_word(enum board_state state)
{
    return state_words[state];
}

// --- the coordinator's side ------------------------------------------------------------------

static outcome tell(struct board *board, struct why *why)
{
    struct board_note *note = &board->note;
    board->due_us = clock_us(board->clock) + TELL_US;
    note->told_ms = clock_wall_ms(board->clock);
    return row_put(board->tables, note_key(note->id), &note_record, note,
                   (struct row_terms){.expires_ms = note->told_ms + kept_for_ms}, NULL, why);
}

outcome board_begin(struct board *board, const char *id, const char *name, struct why *why)
{
    board->note = (struct board_note){.started_ms = clock_wall_ms(board->clock)};
    (void)snprintf(board->note.id, sizeof board->note.id, "%s", id);
    (void)snprintf(board->note.name, sizeof board->note.name, "%s", name);
    return row_drop(board->tables, wish_key(id), 0, why);
}

static outcome hear_wish(struct board *board, struct why *why)
{
    char none;
    const outcome wished =
        row_get(board->tables, wish_key(board->note.id), &wish_record, &none, NULL, why);
    if (wished == NOT_FOUND) return OK;
    TRY(wished);
    board->is_cancelled = true;
    return fail(why, UNAVAILABLE, "cancelled in the house: run it again to go on from there");
}

outcome board_tell(struct board *board, const char *stage, uint64_t done, uint64_t total,
                   struct why *why)
{
    struct board_note *note = &board->note;
    const bool is_new = strcmp(note->stage, stage) != 0;
    if (note->id[0] == '\0') return OK;
    (void)snprintf(note->stage, sizeof note->stage, "%s", stage);
    note->done = done;
    note->total = total;
    if (!is_new && clock_us(board->clock) < board->due_us) return OK;
    TRY(tell(board, why));
    return hear_wish(board, why);
}

outcome board_end(struct board *board, enum board_state state, const char *sentence,
                  struct why *why)
{
    struct board_note *note = &board->note;
    if (note->id[0] == '\0') return OK;
    note->state = state;
    (void)snprintf(note->sentence, sizeof note->sentence, "%s", sentence == NULL ? "" : sentence);
    TRY(row_drop(board->tables, wish_key(note->id), 0, why));
    return tell(board, why);
}

// --- those who look on -----------------------------------------------------------------------

static void find_lost(const struct clock *clock, struct board_note *note)
{
    const bool is_silent = clock_wall_ms(clock) - note->told_ms > BOARD_SILENT_MS;
    if (note->state == BOARD_RUNNING && is_silent) note->state = BOARD_LOST;
}

outcome board_get(struct table_store *tables, const struct clock *clock, const char *id,
                  struct board_note *out, struct why *why)
{
    const outcome got = row_get(tables, note_key(id), &note_record, out, NULL, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "no ingest of %.64s is known", id);
    TRY(got);
    find_lost(clock, out);
    return OK;
}

outcome board_list(struct table_store *tables, const struct clock *clock, struct arena *arena,
                   struct board_note **out, size_t *count, struct why *why)
{
    struct row_page rows;
    TRY(row_list(tables, note_key(""), NULL, BOARD_NOTES_MAX, &note_record,
                 sizeof(struct board_note), arena, &rows, why));
    *out = rows.items;
    *count = rows.count;
    for (size_t i = 0; i < rows.count; i++)
        find_lost(clock, &(*out)[i]);
    return OK;
}

outcome board_cancel(struct table_store *tables, const struct clock *clock, const char *id,
                     struct why *why)
{
    struct board_note note;
    const char none = 0;
    TRY(board_get(tables, clock, id, &note, why));
    if (note.state != BOARD_RUNNING) return row_drop(tables, note_key(id), 0, why);
    return row_put(tables, wish_key(id), &wish_record, &none,
                   (struct row_terms){.expires_ms = clock_wall_ms(clock) + WISH_MS}, NULL, why);
}

json_t *board_json(const struct board_note *note)
{
    char started[CLOCK_TEXT_BYTES], told[CLOCK_TEXT_BYTES];
    wall_format(note->started_ms, started);
    wall_format(note->told_ms, told);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "id", note->id,
                     "title", note->name, "version", note->version, "stage", note->stage, "state",
                     board_state_word(note->state), "sentence", note->sentence, "check",
                     note->check, "done", (json_int_t)note->done, "total", (json_int_t)note->total,
                     "started_at", started, "told_at", told);
}
