// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_shelf.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 1024,                                // some thousand titles fit the cap
    TITLE_BYTES_MAX = 16 * TABLE_VALUE_BYTES,      // a record of many small objects
    ITEM_BYTES_MAX = TABLE_VALUE_BYTES + 16 * 1024 // with its keys
};

struct book {
    struct title title; // first: what takers hold
    struct arena arena; // of the title and the bytes
    struct slice bytes; // that it was made of
    char id[65];
    unsigned holders;
    bool is_kept;                 // in its bucket and in the line
    struct book *next;            // of its bucket
    struct book *older, *younger; // in the line
};

struct title_shelf {
    struct table_store *tables;
    size_t bytes_max;
    pthread_mutex_t lock; // of what follows
    struct book *buckets[BUCKETS];
    struct book *oldest, *youngest;
    struct title_shelf_counts counts;
};

outcome title_shelf_open(struct table_store *tables, size_t bytes_max, struct title_shelf **out,
                         struct why *why)
{
    struct title_shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf == NULL) return fail(why, NO_MEMORY, "no memory for a shelf of titles");
    shelf->tables = tables;
    shelf->bytes_max = bytes_max;
    pthread_mutex_init(&shelf->lock, NULL);
    *out = shelf;
    return OK;
}

static struct book **bucket_of(struct title_shelf *shelf, const char *id)
{
    return &shelf->buckets[slice_hash(slice_of(id)) % BUCKETS];
}

static struct book *find(struct title_shelf *shelf, const char *id)
{
    struct book *book = *bucket_of(shelf, id);
    while (book != NULL && strcmp(book->id, id) != 0)
        book = book->next;
    return book;
}

static void book_free(struct book *book)
{
    arena_release(&book->arena);
    free(book);
}

static void leave_line(struct title_shelf *shelf, struct book *book)
{
    *(book->older == NULL ? &shelf->oldest : &book->older->younger) = book->younger;
    *(book->younger == NULL ? &shelf->youngest : &book->younger->older) = book->older;
}

static void join_line(struct title_shelf *shelf, struct book *book)
{
    book->older = shelf->youngest;
    book->younger = NULL;
    *(shelf->youngest == NULL ? &shelf->oldest : &shelf->youngest->younger) = book;
    shelf->youngest = book;
}

static void remove_book(struct title_shelf *shelf, struct book *book)
{
    struct book **link = bucket_of(shelf, book->id);
    while (*link != book)
        link = &(*link)->next;
    *link = book->next;
    leave_line(shelf, book);
    book->is_kept = false;
    shelf->counts.kept--;
    shelf->counts.bytes -= book->arena.used_bytes;
    if (book->holders == 0) book_free(book);
}

static void put_book(struct title_shelf *shelf, struct book *book)
{
    struct book *present = find(shelf, book->id);
    struct book **bucket = bucket_of(shelf, book->id);
    if (present != NULL) remove_book(shelf, present);
    book->next = *bucket;
    *bucket = book;
    join_line(shelf, book);
    book->is_kept = true;
    shelf->counts.kept++;
    shelf->counts.bytes += book->arena.used_bytes;
    while (shelf->counts.bytes > shelf->bytes_max && shelf->oldest != NULL)
        remove_book(shelf, shelf->oldest);
}

static outcome make_book(const char *id, const struct table_item *item, struct book **out,
                         struct why *why)
{
    struct book *book = calloc(1, sizeof *book);
    if (book == NULL) return fail(why, NO_MEMORY, "no memory for a title");
    book->arena = arena_init(TITLE_BYTES_MAX);
    const char *bytes = arena_copy(&book->arena, item->value);
    outcome made = bytes == NULL ? fail(why, NO_MEMORY, "no memory for a title") : OK;
    (void)snprintf(book->id, sizeof book->id, "%s", id);
    book->bytes = (struct slice){(const uint8_t *)bytes, item->value.len};
    if (made == OK) made = title_parse(id, item, &book->arena, &book->title, why);
    if (made != OK) {
        book_free(book);
        return made;
    }
    book->holders = 1;
    *out = book;
    return OK;
}

static bool is_made_of(const struct book *book, const struct table_item *item)
{
    return book->title.row_version == item->version && slice_equal(book->bytes, item->value);
}

// The kept title that was made of the item, held once more. A version alone would not tell: a title
// that was withdrawn and published anew begins with 1 again.
static struct book *take_kept(struct title_shelf *shelf, const char *id,
                              const struct table_item *item)
{
    pthread_mutex_lock(&shelf->lock);
    struct book *book = find(shelf, id);
    if (book != NULL && !is_made_of(book, item)) book = NULL;
    if (book != NULL) {
        book->holders++;
        leave_line(shelf, book);
        join_line(shelf, book);
        shelf->counts.found++;
    }
    pthread_mutex_unlock(&shelf->lock);
    return book;
}

outcome title_shelf_take(struct title_shelf *shelf, const char *id, const struct title **out,
                         struct why *why)
{
    autoarena arena = arena_init(ITEM_BYTES_MAX);
    struct table_item item;
    TRY(title_read(shelf->tables, id, &arena, &item, why));
    struct book *book = take_kept(shelf, id, &item);
    if (book == NULL) {
        TRY(make_book(id, &item, &book, why));
        pthread_mutex_lock(&shelf->lock);
        shelf->counts.parsed++;
        put_book(shelf, book);
        pthread_mutex_unlock(&shelf->lock);
    }
    *out = &book->title;
    return OK;
}

void title_shelf_give(struct title_shelf *shelf, const struct title *title)
{
    struct book *book = (struct book *)(uintptr_t)title;
    pthread_mutex_lock(&shelf->lock);
    book->holders--;
    const bool is_over = book->holders == 0 && !book->is_kept;
    pthread_mutex_unlock(&shelf->lock);
    if (is_over) book_free(book);
}

void title_shelf_count(struct title_shelf *shelf, struct title_shelf_counts *out)
{
    pthread_mutex_lock(&shelf->lock);
    *out = shelf->counts;
    pthread_mutex_unlock(&shelf->lock);
}

void title_shelf_close(struct title_shelf **shelf)
{
    if (*shelf == NULL) return;
    while ((*shelf)->oldest != NULL)
        remove_book(*shelf, (*shelf)->oldest);
    pthread_mutex_destroy(&(*shelf)->lock);
    free(*shelf);
    *shelf = NULL;
}
