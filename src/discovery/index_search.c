// SPDX-License-Identifier: Apache-2.0
//
// The asking side of the index.
//
//     typed   -> folded words -> names that begin so      (sorted table)
//                             -> entries with such words  (FTS5)      -> scored, best first
//                             -> the same with words that are near by spelling, if there are few
#include "discovery/fold.h"
#include "discovery/index_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORDS_MAX = 8,    // of a query; more say nothing new
    FOUND_MAX = 4096, // candidates that are scored
    MATCH_BYTES_MAX = 16 * 1024,
    FOLDED_BYTES_MAX = 4096,
    ENOUGH = 5, // hits as typed, from which on nobody has mistyped
};

// How well a name fits; lower is better.
enum tier { TIER_IS, TIER_BEGINS, TIER_INSIDE, TIER_WORDS, TIER_OTHER, TIER_NEAR, TIER_NEAR_OTHER };

struct query {
    const char *folded; // its words, a space between, none behind
    size_t folded_len;
    struct slice words[WORDS_MAX];
    size_t word_count;
    struct lexicon_near near[WORDS_MAX][LEXICON_NEAR_MAX]; // of each word
    size_t near_counts[WORDS_MAX];
};

struct found {
    int64_t doc, published_ms;
    unsigned tier, rank;
    size_t length; // of its names: the shorter fits more of it
    struct index_hit hit;
};

struct search {
    struct query query;
    const struct viewer *viewer;
    struct arena *arena;
    struct found *found;
    size_t count;
};

// --- the query --------------------------------------------------------------------------------

static outcome query_read(const char *text, struct arena *arena, struct query *out, struct why *why)
{
    autobuffer folded = buffer_init(FOLDED_BYTES_MAX);
    *out = (struct query){.folded = ""};
    TRY(fold_words(slice_of(text), FOLD_AS_TYPED, &folded, why));
    if (folded.len == 0) return OK;
    const struct slice words = slice_part(buffer_slice(&folded), 0, folded.len - 1);
    out->folded = arena_copy(arena, words);
    if (out->folded == NULL) return fail(why, NO_MEMORY, "no memory for a search");
    out->folded_len = words.len;
    struct slice rest = slice_of(out->folded), word;
    while (out->word_count < WORDS_MAX && slice_cut(&rest, ' ', &word))
        out->words[out->word_count++] = word;
    return OK;
}

// --- candidates -------------------------------------------------------------------------------

static bool begins_word(const char *line, size_t len, struct slice word)
{
    for (size_t at = 0; at + word.len <= len; at++)
        if ((at == 0 || line[at - 1] == ' ') && memcmp(line + at, word.at, word.len) == 0)
            return true;
    return false;
}

static enum tier line_tier(const struct query *query, const char *line, size_t len)
{
    const struct slice whole = {(const uint8_t *)query->folded, query->folded_len};
    if (len >= whole.len && memcmp(line, whole.at, whole.len) == 0)
        return len == whole.len ? TIER_IS : TIER_BEGINS;
    if (begins_word(line, len, whole)) return TIER_INSIDE;
    for (size_t i = 0; i < query->word_count; i++)
        if (!begins_word(line, len, query->words[i])) return TIER_OTHER;
    return TIER_WORDS;
}

static bool is_near_line(const struct query *query, const char *line, size_t len)
{
    for (size_t i = 0; i < query->word_count; i++) {
        bool is_there = begins_word(line, len, query->words[i]);
        for (size_t j = 0; j < query->near_counts[i] && !is_there; j++)
            is_there = begins_word(line, len, slice_of(query->near[i][j].text));
        if (!is_there) return false;
    }
    return true;
}

static enum tier names_tier(const struct query *query, const char *names, enum tier otherwise)
{
    enum tier best = otherwise;
    struct slice rest = slice_of(names), line;
    while (slice_cut(&rest, '\n', &line)) {
        const char *text = (const char *)line.at;
        enum tier tier = line_tier(query, text, line.len);
        if (otherwise == TIER_NEAR_OTHER && tier == TIER_OTHER)
            tier = is_near_line(query, text, line.len) ? TIER_NEAR : TIER_NEAR_OTHER;
        if (tier < best) best = tier;
    }
    return best;
}

static outcome hit_read(sqlite3_stmt *row, struct arena *arena, struct index_hit *out,
                        struct why *why)
{
    out->kind = (enum index_kind)sqlite3_column_int(row, 1);
    out->id = arena_copy(arena, sql_column_bytes(row, 2));
    out->name = arena_copy(arena, sql_column_bytes(row, 3));
    out->face = arena_copy(arena, sql_column_bytes(row, 4));
    const bool is_whole = out->id != NULL && out->name != NULL && out->face != NULL;
    return is_whole ? OK : fail(why, NO_MEMORY, "no memory for what was found");
}

static unsigned rank_of(enum index_kind kind, int64_t place)
{
    if (kind == INDEX_PERSON) return 1;
    return kind == INDEX_TITLE ? (unsigned)place : 0;
}

static outcome take_row(struct search *search, sqlite3_stmt *row, enum tier otherwise,
                        struct why *why)
{
    struct found *found = &search->found[search->count];
    const char *names = sql_column_text(row, 6);
    TRY(hit_read(row, search->arena, &found->hit, why));
    found->doc = sqlite3_column_int64(row, 0);
    found->published_ms = sqlite3_column_int64(row, 5);
    found->rank = rank_of(found->hit.kind, sqlite3_column_int64(row, 7));
    found->tier = names_tier(&search->query, names, otherwise);
    found->length = strcspn(names, "\n");
    search->count++;
    return OK;
}

// ?1 is what is looked for; ?2 to ?4 the viewer; ?5 where it ends, of names.
static outcome look(struct search *search, struct reader *reader, enum read read, const char *what,
                    const char *end, enum tier otherwise, struct why *why)
{
    sqlite3_stmt *statement = reader->statements[read];
    const struct viewer *viewer = search->viewer;
    const struct sql_value values[] = {sql_text(what), sql_integer(viewer->age),
                                       sql_text(viewer->territory), sql_integer(viewer->now_ms),
                                       sql_text(end)};
    TRY(sql_bind(statement, values, read == READ_NAMES ? 5 : 4, why));
    while (search->count < FOUND_MAX) {
        bool is_row;
        TRY(sql_step(statement, &is_row, why));
        if (!is_row) return OK;
        TRY(take_row(search, statement, otherwise, why));
    }
    (void)sqlite3_reset(statement);
    return OK;
}

static outcome look_at_names(struct search *search, struct reader *reader, struct why *why)
{
    const char *folded = search->query.folded;
    // Behind everything that begins so: the last character of Unicode.
    const char *end = arena_format(search->arena, "%s\xf4\x8f\xbf\xbf", folded);
    if (end == NULL) return fail(why, NO_MEMORY, "no memory for a search");
    return look(search, reader, READ_NAMES, folded, end, TIER_OTHER, why);
}

// Words hold letters and digits alone: in quotes they are no syntax.
static outcome put_match(const struct query *query,
                         bool (*takes_near)(const struct query *, size_t), struct buffer *out,
                         struct why *why)
{
    for (size_t i = 0; i < query->word_count; i++) {
        TRY(buffer_put_text(out, i == 0 ? "(\"" : " AND (\"", why));
        TRY(buffer_put(out, query->words[i], why));
        TRY(buffer_put_text(out, "\"*", why));
        for (size_t j = 0; j < query->near_counts[i] && takes_near(query, i); j++)
            TRY(buffer_format(out, why, " OR \"%s\"*", query->near[i][j].text));
        TRY(buffer_put_text(out, ")", why));
    }
    return OK;
}

static bool never(const struct query *query, size_t word)
{
    (void)query;
    (void)word;
    return false;
}

static bool always(const struct query *query, size_t word)
{
    (void)query;
    (void)word;
    return true;
}

static outcome look_at_words(struct search *search, struct reader *reader, enum tier otherwise,
                             struct why *why)
{
    autobuffer match = buffer_init(MATCH_BYTES_MAX);
    TRY(put_match(&search->query, otherwise == TIER_NEAR_OTHER ? always : never, &match, why));
    const char *text = buffer_text(&match);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for a search");
    return look(search, reader, READ_WORDS, text, "", otherwise, why);
}

static size_t find_near(struct index *index, struct query *query)
{
    size_t count = 0;
    pthread_rwlock_rdlock(&index->lexicon_lock);
    for (size_t i = 0; i < query->word_count; i++) {
        query->near_counts[i] = lexicon_near(index->lexicon, query->words[i], query->near[i]);
        count += query->near_counts[i];
    }
    pthread_rwlock_unlock(&index->lexicon_lock);
    return count;
}

// --- the answer -------------------------------------------------------------------------------

static int by_doc(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    if (left->doc != right->doc) return left->doc < right->doc ? -1 : 1;
    return (left->tier > right->tier) - (left->tier < right->tier);
}

static int by_fit(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    if (left->tier != right->tier) return left->tier < right->tier ? -1 : 1;
    if (left->rank != right->rank) return left->rank < right->rank ? -1 : 1;
    if (left->length != right->length) return left->length < right->length ? -1 : 1;
    if (left->published_ms != right->published_ms)
        return left->published_ms > right->published_ms ? -1 : 1;
    return left->doc < right->doc ? -1 : left->doc > right->doc;
}

static void keep_each_once(struct search *search)
{
    size_t kept = 0;
    qsort(search->found, search->count, sizeof *search->found, by_doc);
    for (size_t i = 0; i < search->count; i++)
        if (kept == 0 || search->found[kept - 1].doc != search->found[i].doc)
            search->found[kept++] = search->found[i];
    search->count = kept;
}

static outcome collect(struct search *search, struct index *index, struct reader *reader,
                       struct why *why)
{
    TRY(look_at_names(search, reader, why));
    TRY(look_at_words(search, reader, TIER_OTHER, why));
    keep_each_once(search);
    if (search->count < ENOUGH && find_near(index, &search->query) > 0)
        TRY(look_at_words(search, reader, TIER_NEAR_OTHER, why));
    keep_each_once(search);
    qsort(search->found, search->count, sizeof *search->found, by_fit);
    return OK;
}

static outcome check_limit(size_t limit, struct why *why)
{
    if (limit >= 1 && limit <= INDEX_HITS_MAX) return OK;
    return fail(why, INVALID, "limit is %zu, allowed are 1 to %d", limit, INDEX_HITS_MAX);
}

outcome index_search(struct index *index, const char *text, const struct viewer *viewer,
                     size_t limit, struct arena *arena, struct index_hits *out, struct why *why)
{
    struct reader *reader;
    TRY(check_limit(limit, why));
    if (strlen(text) > INDEX_QUERY_BYTES_MAX)
        return fail(why, INVALID, "what is searched has %zu bytes, at most %d are looked at",
                    strlen(text), INDEX_QUERY_BYTES_MAX);
    struct search *search = ARENA_NEW(arena, struct search);
    struct found *found = arena_take_array(arena, FOUND_MAX, sizeof *found);
    struct index_hit *hits = arena_take_array(arena, limit, sizeof *hits);
    if (search == NULL || found == NULL || hits == NULL)
        return fail(why, NO_MEMORY, "no memory for a search");
    search->viewer = viewer;
    search->arena = arena;
    search->found = found;
    TRY(query_read(text, arena, &search->query, why));
    *out = (struct index_hits){.hits = hits};
    if (search->query.word_count == 0) return OK;
    TRY(reader_take(index, &reader, why));
    const outcome collected = collect(search, index, reader, why);
    reader_give(index, reader);
    TRY(collected);
    out->count = search->count < limit ? search->count : limit;
    for (size_t i = 0; i < out->count; i++)
        hits[i] = found[i].hit;
    return OK;
}

// --- rows -------------------------------------------------------------------------------------

static outcome after_parse(const char *after, int64_t *published_ms, int64_t *doc, struct why *why)
{
    struct slice rest = slice_of(after), time;
    uint64_t first, second;
    *published_ms = INT64_MAX;
    *doc = INT64_MAX;
    if (after[0] == '\0') return OK;
    if (!slice_cut(&rest, '-', &time) || slice_u64(time, INT64_MAX, &first, NULL) != OK ||
        slice_u64(rest, INT64_MAX, &second, NULL) != OK)
        return fail(why, INVALID,
                    "this is no place to go on from: take the one of the page before");
    *published_ms = (int64_t)first;
    *doc = (int64_t)second;
    return OK;
}

// One more row than asked for tells whether there is another page.
static outcome read_rows(sqlite3_stmt *statement, size_t limit, struct arena *arena,
                         struct index_hits *out, struct why *why)
{
    char last[sizeof out->next] = "";
    for (;;) {
        bool is_row;
        TRY(sql_step(statement, &is_row, why));
        if (!is_row) return OK;
        if (out->count == limit) break;
        TRY(hit_read(statement, arena, &out->hits[out->count++], why));
        (void)snprintf(last, sizeof last, "%lld-%lld",
                       (long long)sqlite3_column_int64(statement, 7),
                       (long long)sqlite3_column_int64(statement, 0));
    }
    (void)sqlite3_reset(statement);
    memcpy(out->next, last, sizeof last);
    return OK;
}

outcome index_browse(struct index *index, const char *genre, const char *after,
                     const struct viewer *viewer, size_t limit, struct arena *arena,
                     struct index_hits *out, struct why *why)
{
    struct reader *reader;
    int64_t published_ms, doc;
    TRY(check_limit(limit, why));
    TRY(after_parse(after, &published_ms, &doc, why));
    struct index_hits hits = {.hits = arena_take_array(arena, limit, sizeof *hits.hits)};
    if (hits.hits == NULL) return fail(why, NO_MEMORY, "no memory for a row");
    TRY(reader_take(index, &reader, why));
    sqlite3_stmt *browse = reader->statements[READ_BROWSE];
    outcome result =
        sql_bind(browse,
                 SQL_VALUES(sql_text(genre), sql_integer(viewer->age), sql_text(viewer->territory),
                            sql_integer(viewer->now_ms), sql_integer(published_ms),
                            sql_integer(doc), sql_integer((int64_t)limit + 1)),
                 why);
    if (result == OK) result = read_rows(browse, limit, arena, &hits, why);
    reader_give(index, reader);
    if (result == OK) *out = hits;
    return result;
}

static outcome read_genres(sqlite3_stmt *statement, struct arena *arena, struct index_genre *out,
                           size_t *count, struct why *why)
{
    for (;;) {
        bool is_row;
        TRY(sql_step(statement, &is_row, why));
        if (!is_row) return OK;
        out[*count].name = arena_copy(arena, sql_column_bytes(statement, 0));
        if (out[*count].name == NULL) return fail(why, NO_MEMORY, "no memory for genres");
        out[(*count)++].count = sqlite3_column_int64(statement, 1);
    }
}

outcome index_genres(struct index *index, size_t limit, struct arena *arena,
                     struct index_genre **out, size_t *count, struct why *why)
{
    struct reader *reader;
    size_t found = 0;
    TRY(check_limit(limit, why));
    struct index_genre *genres = arena_take_array(arena, limit, sizeof *genres);
    if (genres == NULL) return fail(why, NO_MEMORY, "no memory for genres");
    TRY(reader_take(index, &reader, why));
    sqlite3_stmt *list = reader->statements[READ_GENRES];
    outcome result = sql_bind(list, SQL_VALUES(sql_integer((int64_t)limit)), why);
    if (result == OK) result = read_genres(list, arena, genres, &found, why);
    reader_give(index, reader);
    if (result != OK) return result;
    *out = genres;
    *count = found;
    return OK;
}

static outcome read_person(sqlite3_stmt *statement, size_t limit, struct arena *arena,
                           const char **name, struct index_hits *out, struct why *why)
{
    while (out->count < limit) {
        bool is_row;
        TRY(sql_step(statement, &is_row, why));
        if (!is_row) return OK;
        if (out->count == 0) *name = arena_copy(arena, sql_column_bytes(statement, 7));
        if (*name == NULL) return fail(why, NO_MEMORY, "no memory for a person");
        TRY(hit_read(statement, arena, &out->hits[out->count++], why));
    }
    (void)sqlite3_reset(statement);
    return OK;
}

outcome index_person(struct index *index, const char *id, const struct viewer *viewer, size_t limit,
                     struct arena *arena, const char **name, struct index_hits *out,
                     struct why *why)
{
    struct reader *reader;
    TRY(check_limit(limit, why));
    struct index_hits hits = {.hits = arena_take_array(arena, limit, sizeof *hits.hits)};
    if (hits.hits == NULL) return fail(why, NO_MEMORY, "no memory for a person");
    TRY(reader_take(index, &reader, why));
    sqlite3_stmt *find = reader->statements[READ_PERSON];
    outcome result =
        sql_bind(find,
                 SQL_VALUES(sql_text(id), sql_integer(viewer->age), sql_text(viewer->territory),
                            sql_integer(viewer->now_ms), sql_integer((int64_t)limit)),
                 why);
    if (result == OK) result = read_person(find, limit, arena, name, &hits, why);
    reader_give(index, reader);
    if (result == OK && hits.count == 0) return fail(why, NOT_FOUND, "there is no person %s", id);
    if (result == OK) *out = hits;
    return result;
}
