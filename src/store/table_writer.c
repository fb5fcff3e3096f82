// SPDX-License-Identifier: Apache-2.0
#include "store/table_writer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

enum {
    GROUP_MAX = 512,         // writes of one commit: past this the sync no longer weighs
    EXPIRED_MAX = 256,       // items removed at a time, so that no caller waits long behind them
    EXPIRY_PERIOD_MS = 1000, // between two looks for expired items
    GATHER_MIN = 16,         // authors of a group: fewer are not waited for
    GATHER_STEPS = 8,        // of a commit's time: when nobody came for one, nobody is waited for,
    GATHER_STEPS_MAX = 6,    // and no longer than so many
    STEP_US_MAX = 1500,
    CHECKPOINT_PAGES = 4000, // 16 MB of log: each checkpoint is three syncs that all wait for
};

struct table_writer {
    sqlite3 *db;
    const struct clock *clock;
    sqlite3_stmt *begin, *commit, *look, *put, *drop, *expire;
    int64_t expiry_next_ms;
    pthread_t thread;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t arrived;
    struct table_pending *first, **last;
    size_t line_count;   // behind `first`
    size_t wanted_count; // the writer is woken when so many are in line
    bool is_closing;
    size_t group_count; // of the last group; the thread's own, as the next
    int64_t group_us;   // that it took
};

// What stands under a request's keys.
struct present {
    bool is_there; // and has not expired
    uint64_t version;
    int64_t rank;
};

static outcome look_up(struct table_writer *writer, const struct table_pending *request,
                       struct present *out, struct why *why)
{
    const struct table_item *item = &request->write.item;
    TRY(sql_bind(writer->look,
                 SQL_VALUES(sql_text(request->table), sql_text(item->partition),
                            sql_text(item->sort), sql_integer(clock_wall_ms(writer->clock))),
                 why));
    *out = (struct present){.is_there = false};
    TRY(sql_step(writer->look, &out->is_there, why));
    if (out->is_there) {
        out->version = (uint64_t)sqlite3_column_int64(writer->look, 0);
        out->rank = sqlite3_column_int64(writer->look, 1);
        (void)sqlite3_reset(writer->look);
    }
    return OK;
}

static bool condition_holds(const struct table_write *write, const struct present *present)
{
    switch (write->condition) {
    case TABLE_ALWAYS: return true;
    case TABLE_ABSENT: return !present->is_there;
    case TABLE_VERSION: return present->is_there && present->version == write->item.version;
    case TABLE_NEWER_RANK: return !present->is_there || present->rank < write->rank;
    }
    return false;
}

static outcome refuse(const struct table_pending *request, const struct present *present,
                      struct why *why)
{
    const struct table_item *item = &request->write.item;
    if (!present->is_there)
        return fail(why, CONFLICT, "%s %s/%s is not there any more", request->table,
                    item->partition, item->sort);
    return fail(why, CONFLICT, "%s %s/%s was written by someone else: it has version %llu",
                request->table, item->partition, item->sort, (unsigned long long)present->version);
}

static outcome put_one(struct table_writer *writer, struct table_pending *request, struct why *why)
{
    struct present present;
    TRY(look_up(writer, request, &present, why));
    if (!condition_holds(&request->write, &present)) return refuse(request, &present, why);
    const struct table_item *item = &request->write.item;
    request->version = present.version + 1;
    return sql_change(writer->put,
                      SQL_VALUES(sql_text(request->table), sql_text(item->partition),
                                 sql_text(item->sort), sql_integer((int64_t)request->version),
                                 sql_integer(request->write.rank), sql_integer(item->expires_ms),
                                 sql_blob(item->value)),
                      NULL, why);
}

static outcome drop_one(struct table_writer *writer, const struct table_pending *request,
                        struct why *why)
{
    const struct table_item *item = &request->write.item;
    struct present present;
    TRY(look_up(writer, request, &present, why));
    if (item->version != 0 && (!present.is_there || present.version != item->version))
        return refuse(request, &present, why);
    return sql_change(
        writer->drop,
        SQL_VALUES(sql_text(request->table), sql_text(item->partition), sql_text(item->sort)), NULL,
        why);
}

static outcome expire(struct table_writer *writer, struct why *why)
{
    const int64_t now_ms = clock_wall_ms(writer->clock);
    if (now_ms < writer->expiry_next_ms) return OK;
    int removed = 0;
    TRY(sql_change(writer->expire, SQL_VALUES(sql_integer(now_ms), sql_integer(EXPIRED_MAX)),
                   &removed, why));
    if (removed < EXPIRED_MAX) writer->expiry_next_ms = now_ms + EXPIRY_PERIOD_MS;
    return OK;
}

static outcome run_plain(sqlite3_stmt *statement, struct why *why)
{
    return sql_change(statement, NULL, 0, NULL, why);
}

// A refused condition concerns its own caller. Any other failure undoes the whole group, and all
// are told.
static outcome run_group(struct table_writer *writer, struct table_pending *group, struct why *why)
{
    TRY(run_plain(writer->begin, why));
    for (struct table_pending *request = group; request != NULL; request = request->next) {
        request->result = request->kind == TABLE_PUT ? put_one(writer, request, &request->why)
                                                     : drop_one(writer, request, &request->why);
        if (request->result != OK && request->result != CONFLICT) {
            *why = request->why;
            return request->result;
        }
    }
    TRY(expire(writer, why));
    return run_plain(writer->commit, why);
}

static void serve_group(struct table_writer *writer, struct table_pending *group)
{
    struct why why = {""};
    const outcome result = run_group(writer, group, &why);
    if (result != OK && sqlite3_get_autocommit(writer->db) == 0)
        (void)sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
    while (group != NULL) {
        struct table_pending *request = group;
        group = request->next; // before it is told: its memory may go away with it
        if (result != OK) {
            request->result = result;
            request->why = why;
        }
        request->done(request);
    }
}

// After a commit its authors soon write again. To begin at once would leave most of them to the
// commit behind, and all would come to wait for two: so those are waited for who are just coming,
// a little of the time that a commit takes.
//
//     at once   |--A--|--B--|--A--|--B--|      two halves in turn: each write sees two syncs
//     gathered  |---A B---|---A B---|          one sync, with all of them
static void gather(struct table_writer *writer)
{
    const int64_t part_us = writer->group_us / GATHER_STEPS;
    const int64_t step_us = part_us < STEP_US_MAX ? part_us : STEP_US_MAX;
    const size_t all = writer->line_count + writer->group_count;
    if (writer->group_count < GATHER_MIN || step_us == 0) return;
    writer->wanted_count = all < GROUP_MAX ? all : GROUP_MAX;
    int64_t at_us = clock_us(clock_system());
    for (int i = 0; i < GATHER_STEPS_MAX && writer->line_count < writer->wanted_count; i++) {
        const size_t before = writer->line_count;
        at_us += step_us;
        const struct timespec until = {at_us / 1000000, at_us % 1000000 * 1000};
        while (writer->line_count < writer->wanted_count && !writer->is_closing)
            if (pthread_cond_timedwait(&writer->arrived, &writer->lock, &until) != 0) break;
        if (writer->line_count == before || writer->is_closing) break;
    }
    writer->wanted_count = 1;
}

// The next group off the line, or NULL when the writer is closing and the line is empty.
static struct table_pending *wait_group(struct table_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->first == NULL && !writer->is_closing)
        pthread_cond_wait(&writer->arrived, &writer->lock);
    if (writer->first != NULL) gather(writer);
    struct table_pending *group = writer->first, **end = &writer->first;
    writer->group_count = 0;
    for (; writer->group_count < GROUP_MAX && *end != NULL; writer->group_count++)
        end = &(*end)->next;
    writer->line_count -= writer->group_count;
    writer->first = *end;
    if (writer->first == NULL) writer->last = &writer->first;
    *end = NULL;
    pthread_mutex_unlock(&writer->lock);
    return group;
}

static void *writer_main(void *argument)
{
    struct table_writer *writer = argument;
    for (;;) {
        struct table_pending *group = wait_group(writer);
        if (group == NULL) return NULL;
        const int64_t from_us = clock_us(clock_system());
        serve_group(writer, group);
        writer->group_us = clock_us(clock_system()) - from_us;
    }
}

void table_writer_submit(struct table_writer *writer, struct table_pending *pending)
{
    pending->next = NULL;
    pthread_mutex_lock(&writer->lock);
    *writer->last = pending;
    writer->last = &pending->next;
    if (++writer->line_count >= writer->wanted_count) pthread_cond_signal(&writer->arrived);
    pthread_mutex_unlock(&writer->lock);
}

// One that its caller waits for, on his stack.
struct awaited {
    struct table_pending pending;
    sem_t done;
};

static void wake(struct table_pending *pending)
{
    sem_post(&((struct awaited *)pending)->done);
}

static outcome await(struct table_writer *writer, struct awaited *awaited, struct why *why)
{
    awaited->pending.done = wake;
    sem_init(&awaited->done, 0, 0);
    table_writer_submit(writer, &awaited->pending);
    while (sem_wait(&awaited->done) != 0 && errno == EINTR) {
    }
    sem_destroy(&awaited->done);
    if (awaited->pending.result != OK && why != NULL) *why = awaited->pending.why;
    return awaited->pending.result;
}

outcome table_writer_put(struct table_writer *writer, const char *table,
                         const struct table_write *write, uint64_t *out_version, struct why *why)
{
    struct awaited awaited = {.pending = {.kind = TABLE_PUT, .table = table, .write = *write}};
    TRY(await(writer, &awaited, why));
    if (out_version != NULL) *out_version = awaited.pending.version;
    return OK;
}

outcome table_writer_drop(struct table_writer *writer, const char *table, const char *partition,
                          const char *sort, uint64_t version, struct why *why)
{
    struct awaited awaited = {
        .pending = {.kind = TABLE_DROP,
                    .table = table,
                    .write.item = {.partition = partition, .sort = sort, .version = version}}};
    return await(writer, &awaited, why);
}

static outcome prepare_all(struct table_writer *writer, struct why *why)
{
    const struct {
        sqlite3_stmt **out;
        const char *sql;
    } statements[] = {
        {&writer->begin, "BEGIN IMMEDIATE"},
        {&writer->commit, "COMMIT"},
        {&writer->look, "SELECT version, rank FROM item WHERE tab=?1 AND partition=?2 AND sort=?3"
                        " AND (expires_ms=0 OR expires_ms>?4)"},
        {&writer->put, "INSERT INTO item"
                       " (tab, partition, sort, version, rank, expires_ms, value)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
                       " version=excluded.version, rank=excluded.rank,"
                       " expires_ms=excluded.expires_ms, value=excluded.value"},
        {&writer->drop, "DELETE FROM item WHERE tab=?1 AND partition=?2 AND sort=?3"},
        {&writer->expire, "DELETE FROM item WHERE (tab, partition, sort) IN (SELECT tab, partition,"
                          " sort FROM item WHERE expires_ms>0 AND expires_ms<=?1 LIMIT ?2)"},
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        TRY(sqlite_prepared(writer->db, statements[i].sql, statements[i].out, why));
    return OK;
}

static void writer_release(struct table_writer *writer)
{
    sqlite3_stmt *const all[] = {writer->begin, writer->commit, writer->look,
                                 writer->put,   writer->drop,   writer->expire};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)sqlite3_finalize(all[i]);
    sqlite_end(&writer->db);
    pthread_cond_destroy(&writer->arrived);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

// Waits are by the monotonic clock.
static void init_waiting(struct table_writer *writer)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
}

outcome table_writer_open(const char *path, const struct sql_schema *schema,
                          const struct clock *clock, struct table_writer **out, struct why *why)
{
    struct table_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) return fail(why, NO_MEMORY, "no memory to open %s", path);
    writer->clock = clock;
    writer->last = &writer->first;
    writer->wanted_count = 1;
    init_waiting(writer);
    outcome result = sqlite_begin(path, schema, &writer->db, why);
    if (result == OK) (void)sqlite3_wal_autocheckpoint(writer->db, CHECKPOINT_PAGES);
    if (result == OK) result = prepare_all(writer, why);
    const int error = result == OK ? pthread_create(&writer->thread, NULL, writer_main, writer) : 0;
    if (error != 0) result = fail_errno(why, error, "cannot start the writer of %s", path);
    if (result != OK) {
        writer_release(writer);
        return result;
    }
    *out = writer;
    return OK;
}

void table_writer_close(struct table_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->is_closing = true;
    pthread_cond_signal(&writer->arrived);
    pthread_mutex_unlock(&writer->lock);
    (void)pthread_join(writer->thread, NULL);
    writer_release(writer);
}
