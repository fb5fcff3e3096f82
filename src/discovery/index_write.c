// SPDX-License-Identifier: Apache-2.0
//
// The writing side of the index.
#include "catalog/rating.h"
#include "discovery/fold.h"
#include "discovery/index_internal.h"

#include <stdio.h>
#include <string.h>

static const int64_t for_ever = INT64_MAX;

// An entry in the making: its folded names, a line each, and all words it is found by.
struct draft {
    enum index_kind kind;
    const char *id, *label, *face;
    int64_t place; // order among what is equally near: lower first
    int64_t published_ms;
    struct buffer names, words;
};

#define AUTODRAFT __attribute__((cleanup(draft_release))) struct draft

static void draft_release(struct draft *draft)
{
    buffer_release(&draft->names);
    buffer_release(&draft->words);
}

static outcome change(struct index *index, enum write write, const struct sql_value *values,
                      size_t count, struct why *why)
{
    return sql_change(index->writes[write], values, count, NULL, why);
}

static outcome add_name(struct draft *draft, const char *name, struct why *why)
{
    if (name == NULL || name[0] == '\0') return OK;
    const size_t before = draft->names.len;
    TRY(fold_words(slice_of(name), FOLD_AS_TYPED, &draft->names, why));
    if (draft->names.len == before) return OK;
    draft->names.at[draft->names.len - 1] = '\n'; // for the last space
    return fold_words(slice_of(name), FOLD_AND_BARE, &draft->words, why);
}

static outcome add_words(struct draft *draft, const char *text, struct why *why)
{
    if (text == NULL) return OK;
    return fold_words(slice_of(text), FOLD_AND_BARE, &draft->words, why);
}

static struct draft draft_of(enum index_kind kind, const char *id)
{
    return (struct draft){.kind = kind,
                          .id = id,
                          .label = "",
                          .face = "",
                          .names = buffer_init(NAMES_BYTES_MAX),
                          .words = buffer_init(NAMES_BYTES_MAX)};
}

// The row that the statement gives; `*out` stays when there is none.
static outcome read_number(sqlite3_stmt *statement, int64_t *out, struct why *why)
{
    bool is_row;
    TRY(sql_step(statement, &is_row, why));
    if (!is_row) return OK;
    *out = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    return OK;
}

static outcome find_doc(struct index *index, enum index_kind kind, const char *id, int64_t *out,
                        struct why *why)
{
    sqlite3_stmt *find = index->writes[WRITE_FIND_DOC];
    *out = 0;
    TRY(sql_bind(find, SQL_VALUES(sql_integer(kind), sql_text(id)), why));
    return read_number(find, out, why);
}

// What is found by name and words goes; what hangs on a title as a whole goes with clear_title().
static outcome clear_doc(struct index *index, int64_t doc, struct why *why)
{
    TRY(change(index, WRITE_DROP_TEXT, SQL_VALUES(sql_integer(doc)), why));
    TRY(change(index, WRITE_DROP_NAMES, SQL_VALUES(sql_integer(doc)), why));
    return change(index, WRITE_DROP_GENRES, SQL_VALUES(sql_integer(doc)), why);
}

static outcome clear_title(struct index *index, int64_t doc, struct why *why)
{
    TRY(clear_doc(index, doc, why));
    TRY(change(index, WRITE_DROP_PARTS, SQL_VALUES(sql_integer(doc)), why));
    return change(index, WRITE_DROP_WINDOWS, SQL_VALUES(sql_integer(doc)), why);
}

static outcome put_names(struct index *index, const struct draft *draft, int64_t doc,
                         struct why *why)
{
    struct slice rest = buffer_slice(&draft->names), line;
    while (slice_cut(&rest, '\n', &line)) {
        if (line.len == 0) continue;
        const struct sql_value folded = {.kind = SQL_TEXT, .bytes = line};
        TRY(change(index, WRITE_ADD_NAME, SQL_VALUES(folded, sql_integer(doc)), why));
    }
    const struct sql_value words = {.kind = SQL_TEXT, .bytes = buffer_slice(&draft->words)};
    return change(index, WRITE_ADD_TEXT, SQL_VALUES(sql_integer(doc), words), why);
}

static outcome put_row(struct index *index, const struct draft *draft, int64_t *out_doc,
                       struct why *why)
{
    sqlite3_stmt *add = index->writes[WRITE_ADD_DOC];
    const struct sql_value names = {.kind = SQL_TEXT, .bytes = buffer_slice(&draft->names)};
    TRY(sql_bind(add,
                 SQL_VALUES(sql_integer(draft->kind), sql_text(draft->id),
                            sql_integer(draft->place), names, sql_text(draft->label),
                            sql_text(draft->face), sql_integer(draft->published_ms)),
                 why));
    return read_number(add, out_doc, why);
}

// Puts the entry in the place of an old one, which has been cleared.
static outcome put_doc(struct index *index, const struct draft *draft, int64_t *out_doc,
                       struct why *why)
{
    TRY(put_row(index, draft, out_doc, why));
    return put_names(index, draft, *out_doc, why);
}

// --- titles -----------------------------------------------------------------------------------

static outcome put_window(struct index *index, int64_t doc, const struct title *title,
                          const char *territory, const struct title_avail *avail, struct why *why)
{
    int64_t age;
    if (!rating_age(&title->rating, &age) || age > RATING_AGE_ANY) age = RATING_AGE_ANY;
    const int64_t until_ms = avail->until_ms == 0 ? for_ever : avail->until_ms;
    return change(index, WRITE_ADD_WINDOW,
                  SQL_VALUES(sql_integer(doc), sql_text(territory), sql_integer(age),
                             sql_integer(avail->from_ms), sql_integer(until_ms)),
                  why);
}

// Where both the rights and the window are, as offer_judge() has it.
static outcome put_avail(struct index *index, int64_t doc, const struct title *title,
                         const struct title_avail *avail, struct why *why)
{
    const bool is_anywhere = territories_have(avail->territories, avail->territory_count, "");
    const char *const *wanted = is_anywhere ? title->territories : avail->territories;
    const size_t count = is_anywhere ? title->territory_count : avail->territory_count;
    if (territories_have(title->territories, title->territory_count, "") && is_anywhere)
        return put_window(index, doc, title, VIEWER_ANYWHERE, avail, why);
    for (size_t i = 0; i < count; i++) {
        if (!territories_have(title->territories, title->territory_count, wanted[i])) continue;
        TRY(put_window(index, doc, title, wanted[i], avail, why));
    }
    return OK;
}

static outcome put_windows(struct index *index, int64_t doc, const struct title *title,
                           struct why *why)
{
    static const struct title_avail always = {.territory_count = 0};
    const size_t count = title->entry.avail_count;
    if (count == 0) return put_avail(index, doc, title, &always, why);
    for (size_t i = 0; i < count; i++)
        TRY(put_avail(index, doc, title, &title->entry.avails[i], why));
    return OK;
}

static outcome put_person(struct index *index, const char *id, const char *name, int64_t entry,
                          struct draft *of, struct why *why)
{
    int64_t doc;
    TRY(add_words(of, name, why));
    TRY(find_doc(index, INDEX_PERSON, id, &doc, why));
    if (doc == 0) {
        AUTODRAFT person = draft_of(INDEX_PERSON, id);
        person.label = name;
        person.place = 1;
        TRY(add_name(&person, name, why));
        TRY(put_doc(index, &person, &doc, why));
    }
    return change(index, WRITE_ADD_PART, SQL_VALUES(sql_integer(doc), sql_integer(entry)), why);
}

static outcome put_people(struct index *index, const struct title *title, int64_t entry,
                          struct draft *of, struct why *why)
{
    for (size_t i = 0; i < title->cast_count; i++)
        TRY(put_person(index, title->cast[i].id, title->cast[i].name, entry, of, why));
    for (size_t i = 0; i < title->entry.crew_count; i++)
        TRY(put_person(index, title->entry.crew[i].id, title->entry.crew[i].name, entry, of, why));
    return OK;
}

static outcome put_genres(struct index *index, int64_t doc, const char *const *genres, size_t count,
                          int64_t published_ms, struct why *why)
{
    TRY(change(index, WRITE_ADD_GENRE,
               SQL_VALUES(sql_text(""), sql_integer(published_ms), sql_integer(doc)), why));
    for (size_t i = 0; i < count; i++)
        TRY(change(index, WRITE_ADD_GENRE,
                   SQL_VALUES(sql_text(genres[i]), sql_integer(published_ms), sql_integer(doc)),
                   why));
    return OK;
}

// The series is visible through the episode, has its date, and, of the first one, its picture.
static outcome show_series(struct index *index, const struct title *title, int64_t entry,
                           struct why *why)
{
    const struct title_place *place = &title->entry.place;
    const int64_t order = place->season * 100000 + place->episode;
    int64_t doc;
    TRY(find_doc(index, INDEX_SERIES, place->series, &doc, why));
    if (doc == 0) { // its own record comes
        const struct series series = {.id = place->series, .title = place->series_title};
        TRY(index_put_series(index, &series, 0, why));
        TRY(find_doc(index, INDEX_SERIES, place->series, &doc, why));
    }
    TRY(change(index, WRITE_ADD_PART, SQL_VALUES(sql_integer(doc), sql_integer(entry)), why));
    TRY(change(index, WRITE_SHOW_SERIES,
               SQL_VALUES(sql_integer(doc), sql_integer(title->published_ms), sql_integer(order),
                          sql_text(title->id)),
               why));
    return change(index, WRITE_MOVE_GENRES,
                  SQL_VALUES(sql_integer(doc), sql_integer(title->published_ms)), why);
}

static outcome set_version(struct index *index, enum index_kind kind, const char *id,
                           uint64_t version, struct why *why)
{
    return change(index, WRITE_SET_VERSION,
                  SQL_VALUES(sql_integer(kind), sql_text(id), sql_integer((int64_t)version)), why);
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

outcome index_put_title(struct index *index, const struct title *title, uint64_t version,
                        struct why *why)
{
    const struct title_place *place = &title->entry.place;
    const bool is_episode = is_given(place->series), is_extra = is_given(place->extra_of);
    AUTODRAFT draft = draft_of(INDEX_TITLE, title->id);
    int64_t doc;
    draft.face = title->id;
    draft.place = is_episode ? 2 : is_extra ? 3 : 0;
    draft.published_ms = title->published_ms;
    TRY(find_doc(index, INDEX_TITLE, title->id, &doc, why));
    if (doc != 0) TRY(clear_title(index, doc, why));
    TRY(add_name(&draft, title->title, why));
    for (size_t i = 0; i < title->entry.word_count; i++)
        TRY(add_name(&draft, title->entry.words[i].title, why));
    TRY(add_words(&draft, place->series_title, why));
    TRY(put_row(index, &draft, &doc, why));
    TRY(put_people(index, title, doc, &draft, why));
    TRY(put_names(index, &draft, doc, why));
    TRY(set_version(index, INDEX_TITLE, title->id, version, why));
    TRY(change(index, WRITE_ADD_PART, SQL_VALUES(sql_integer(doc), sql_integer(doc)), why));
    TRY(put_windows(index, doc, title, why));
    if (is_episode) return show_series(index, title, doc, why);
    if (is_extra) return OK;
    return put_genres(index, doc, title->genres, title->genre_count, title->published_ms, why);
}

// --- series -----------------------------------------------------------------------------------

// What its episodes have made of it stays.
static outcome keep_shown(struct index *index, int64_t doc, struct draft *draft, char *face,
                          size_t face_bytes, struct why *why)
{
    sqlite3_stmt *find = index->writes[WRITE_FIND_SHOWN];
    bool is_row;
    TRY(sql_bind(find, SQL_VALUES(sql_integer(doc)), why));
    TRY(sql_step(find, &is_row, why));
    if (!is_row) return OK;
    (void)snprintf(face, face_bytes, "%s", sql_column_text(find, 0));
    draft->face = face;
    draft->place = sqlite3_column_int64(find, 1);
    draft->published_ms = sqlite3_column_int64(find, 2);
    (void)sqlite3_reset(find);
    return OK;
}

outcome index_put_series(struct index *index, const struct series *series, uint64_t version,
                         struct why *why)
{
    AUTODRAFT draft = draft_of(INDEX_SERIES, series->id);
    char face[80];
    int64_t doc;
    TRY(find_doc(index, INDEX_SERIES, series->id, &doc, why));
    if (doc != 0) {
        TRY(keep_shown(index, doc, &draft, face, sizeof face, why));
        TRY(clear_doc(index, doc, why));
    }
    TRY(add_name(&draft, series->title, why));
    for (size_t i = 0; i < series->word_count; i++)
        TRY(add_name(&draft, series->words[i].title, why));
    TRY(put_doc(index, &draft, &doc, why));
    TRY(put_genres(index, doc, series->genres, series->genre_count, draft.published_ms, why));
    return version == 0 ? OK : set_version(index, INDEX_SERIES, series->id, version, why);
}

outcome index_drop(struct index *index, enum index_kind kind, const char *id, uint64_t version,
                   struct why *why)
{
    int64_t doc;
    TRY(find_doc(index, kind, id, &doc, why));
    if (doc != 0) {
        TRY(clear_title(index, doc, why));
        TRY(change(index, WRITE_DROP_DOC, SQL_VALUES(sql_integer(doc)), why));
    }
    return set_version(index, kind, id, version, why);
}

// --- batches and what is known ------------------------------------------------------------------

outcome index_begin(struct index *index, struct why *why)
{
    pthread_mutex_lock(&index->write_lock);
    outcome begun = writer_ready(index, why);
    if (begun == OK) begun = sqlite_run(index->db, "BEGIN IMMEDIATE", why);
    if (begun != OK) pthread_mutex_unlock(&index->write_lock);
    return begun;
}

void index_rollback(struct index *index)
{
    for (size_t i = 0; i < WRITE_COUNT; i++)
        (void)sqlite3_reset(index->writes[i]);
    (void)sqlite3_exec(index->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&index->write_lock);
}

outcome index_commit(struct index *index, struct why *why)
{
    const outcome committed = sqlite_run(index->db, "COMMIT", why);
    if (committed != OK)
        index_rollback(index);
    else
        pthread_mutex_unlock(&index->write_lock);
    return committed;
}

outcome index_version(struct index *index, enum index_kind kind, const char *id, uint64_t *out,
                      struct why *why)
{
    sqlite3_stmt *get = index->writes[WRITE_GET_VERSION];
    int64_t version = 0;
    TRY(sql_bind(get, SQL_VALUES(sql_integer(kind), sql_text(id)), why));
    TRY(read_number(get, &version, why));
    *out = (uint64_t)version;
    return OK;
}

outcome index_count(struct index *index, uint64_t *out, struct why *why)
{
    int64_t count = 0;
    pthread_mutex_lock(&index->write_lock);
    outcome read = writer_ready(index, why);
    if (read == OK) read = read_number(index->writes[WRITE_GET_COUNT], &count, why);
    pthread_mutex_unlock(&index->write_lock);
    if (read == OK) *out = (uint64_t)count;
    return read;
}

static outcome read_words(struct index *index, struct lexicon *lexicon, struct why *why)
{
    sqlite3_stmt *list = index->writes[WRITE_LIST_WORDS];
    for (;;) {
        bool is_row;
        TRY(sql_step(list, &is_row, why));
        if (!is_row) return OK;
        const outcome added = lexicon_add(lexicon, sql_column_bytes(list, 0),
                                          (uint32_t)sqlite3_column_int64(list, 1), why);
        if (added == TOO_LARGE) break; // what comes later in the alphabet must be typed well
        if (added != OK) return added;
    }
    (void)sqlite3_reset(list);
    return OK;
}

static outcome settle(struct index *index, uint64_t count, struct lexicon *lexicon, struct why *why)
{
    TRY(change(index, WRITE_CLEAR_TOP, NULL, 0, why));
    TRY(change(index, WRITE_FILL_TOP, NULL, 0, why));
    TRY(read_words(index, lexicon, why));
    return change(index, WRITE_SET_COUNT, SQL_VALUES(sql_integer((int64_t)count)), why);
}

outcome index_settle(struct index *index, uint64_t count, struct why *why)
{
    struct lexicon *lexicon = NULL;
    TRY(lexicon_make(&lexicon, why));
    outcome result = index_begin(index, why);
    if (result == OK) {
        result = settle(index, count, lexicon, why);
        if (result == OK)
            result = index_commit(index, why);
        else
            index_rollback(index);
    }
    if (result == OK) {
        pthread_rwlock_wrlock(&index->lexicon_lock);
        struct lexicon *old = index->lexicon;
        index->lexicon = lexicon;
        lexicon = old;
        pthread_rwlock_unlock(&index->lexicon_lock);
    }
    lexicon_close(&lexicon);
    return result;
}
