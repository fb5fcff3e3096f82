// SPDX-License-Identifier: Apache-2.0
#include "store/queue_sqlite.h"

#include "store/queue_sqlite_sql.h"
#include "store/sqlite.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENT_ENUM(name, text) Q_##name,
enum statement { STATEMENTS(STATEMENT_ENUM) STATEMENT_COUNT };
#undef STATEMENT_ENUM

#define STATEMENT_TEXT(name, text) text,
static const char *const statement_texts[] = {STATEMENTS(STATEMENT_TEXT)};
#undef STATEMENT_TEXT

// Version 2 added shares, their tags, and needs.
#define INDEXES                                                                                    \
    "CREATE INDEX job_ready ON job (queue, priority, tag, number) WHERE state = 0;"                \
    "CREATE INDEX job_group ON job (queue, grp, priority, tag, number) WHERE state = 0;"           \
    "CREATE INDEX job_share ON job (queue, share, priority, tag);"                                 \
    "CREATE TABLE pace (queue TEXT NOT NULL, priority INTEGER NOT NULL, tag INTEGER NOT NULL,"     \
    " PRIMARY KEY (queue, priority)) WITHOUT ROWID;"

// state: 0 ready, 1 leased, 2 parked (enum queue_state)
static const struct sql_schema queue_schema = {
    .version = 2,
    .ddl = "CREATE TABLE job (queue TEXT NOT NULL, id TEXT NOT NULL, grp TEXT NOT NULL,"
           " priority INTEGER NOT NULL, number INTEGER NOT NULL, payload BLOB NOT NULL,"
           " state INTEGER NOT NULL DEFAULT 0, worker TEXT NOT NULL DEFAULT '',"
           " token INTEGER NOT NULL DEFAULT 0, until_ms INTEGER NOT NULL DEFAULT 0,"
           " tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',"
           " share TEXT NOT NULL DEFAULT '', cost INTEGER NOT NULL DEFAULT 1,"
           " memory_mib INTEGER NOT NULL DEFAULT 0, disk_mib INTEGER NOT NULL DEFAULT 0,"
           " tag INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (queue, id)) WITHOUT ROWID;"
           "CREATE INDEX job_leased ON job (queue, until_ms) WHERE state = 1;"
           "CREATE TABLE counter (last INTEGER NOT NULL); INSERT INTO counter VALUES (0);" INDEXES,
    .upgrade = "DROP INDEX job_ready; DROP INDEX job_group;"
               "ALTER TABLE job ADD COLUMN share TEXT NOT NULL DEFAULT '';"
               "ALTER TABLE job ADD COLUMN cost INTEGER NOT NULL DEFAULT 1;"
               "ALTER TABLE job ADD COLUMN memory_mib INTEGER NOT NULL DEFAULT 0;"
               "ALTER TABLE job ADD COLUMN disk_mib INTEGER NOT NULL DEFAULT 0;"
               "ALTER TABLE job ADD COLUMN tag INTEGER NOT NULL DEFAULT 0;" INDEXES,
};

struct sqlite_queue {
    struct queue_store base;
    const struct clock *clock;
    uint32_t tries_max;
    pthread_mutex_t lock; // of the connection
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static struct sqlite_queue *queue_of(struct queue_store *store)
{
    return (struct sqlite_queue *)store;
}

// --- transactions -----------------------------------------------------------------------

static outcome transaction_begin(struct sqlite_queue *queue, struct why *why)
{
    pthread_mutex_lock(&queue->lock);
    const outcome begun = sql_change(queue->statements[Q_begin], NULL, 0, NULL, why);
    if (begun != OK) pthread_mutex_unlock(&queue->lock);
    return begun;
}

// Commits when `result` is OK, else undoes; gives what became of it.
static outcome transaction_end(struct sqlite_queue *queue, outcome result, struct why *why)
{
    if (result == OK) result = sql_change(queue->statements[Q_commit], NULL, 0, NULL, why);
    if (result != OK && sqlite3_get_autocommit(queue->db) == 0) {
        for (size_t i = 0; i < STATEMENT_COUNT; i++)
            (void)sqlite3_reset(queue->statements[i]);
        (void)sqlite3_exec(queue->db, "ROLLBACK", NULL, NULL, NULL);
    }
    pthread_mutex_unlock(&queue->lock);
    return result;
}

// The next number of the file: order of pushing, and tokens.
static outcome next_number(struct sqlite_queue *queue, int64_t *out, struct why *why)
{
    sqlite3_stmt *number = queue->statements[Q_number];
    TRY(sql_bind(number, NULL, 0, why));
    bool is_row = false;
    TRY(sql_step(number, &is_row, why));
    if (!is_row) return fail(why, CORRUPT, "the queue's counter is missing");
    *out = sqlite3_column_int64(number, 0);
    return sql_step(number, &is_row, why); // RETURNING ends only behind its last row
}

// --- push and lease ---------------------------------------------------------------------

static outcome push_all(struct sqlite_queue *queue, const char *name, const struct queue_job *jobs,
                        size_t count, struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number;
        TRY(next_number(queue, &number, why));
        TRY(sql_change(queue->statements[Q_push],
                       SQL_VALUES(sql_text(name), sql_text(jobs[i].id), sql_text(jobs[i].group),
                                  sql_integer(jobs[i].priority), sql_integer(number),
                                  sql_blob(jobs[i].payload), sql_text(queue_share(&jobs[i])),
                                  sql_integer(queue_cost(&jobs[i])),
                                  sql_integer(jobs[i].needs.memory_mib),
                                  sql_integer(jobs[i].needs.disk_mib)),
                       NULL, why));
    }
    return OK;
}

static outcome sqlite_push(struct queue_store *base, const char *name, const struct queue_job *jobs,
                           size_t count, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    for (size_t i = 0; i < count; i++)
        TRY(queue_job_check(&jobs[i], why));
    TRY(transaction_begin(queue, why));
    return transaction_end(queue, push_all(queue, name, jobs, count, why), why);
}

// The ids of the jobs to lease: the first ready one, then others of its group. The queue has come
// to where the first one stands.
static outcome pick(struct sqlite_queue *queue, const char *name, const struct queue_taker *taker,
                    struct arena *arena, const char **ids, size_t *out_count, struct why *why)
{
    const struct sql_value memory = sql_integer(taker->room.memory_mib),
                           disk = sql_integer(taker->room.disk_mib);
    sqlite3_stmt *first = queue->statements[Q_first], *more = queue->statements[Q_group];
    bool is_row = false;
    size_t count = 0;
    TRY(sql_bind(first, SQL_VALUES(sql_text(name), memory, disk), why));
    TRY(sql_step(first, &is_row, why));
    *out_count = 0;
    if (!is_row) return OK;
    ids[count++] = arena_copy(arena, sql_column_bytes(first, 0));
    const char *group = arena_copy(arena, sql_column_bytes(first, 1));
    (void)sqlite3_reset(first);
    if (ids[0] == NULL || group == NULL) return fail(why, NO_MEMORY, "no memory for a lease");
    TRY(sql_change(queue->statements[Q_advance], SQL_VALUES(sql_text(name), sql_text(ids[0])), NULL,
                   why));
    if (group[0] != '\0' && taker->max > 1) {
        TRY(sql_bind(more,
                     SQL_VALUES(sql_text(name), sql_text(group), sql_text(ids[0]),
                                sql_integer((int64_t)taker->max - 1), memory, disk),
                     why));
        for (;;) {
            TRY(sql_step(more, &is_row, why));
            if (!is_row) break;
            ids[count] = arena_copy(arena, sql_column_bytes(more, 0));
            if (ids[count++] == NULL) return fail(why, NO_MEMORY, "no memory for a lease");
        }
    }
    *out_count = count;
    return OK;
}

static outcome lease_one(struct sqlite_queue *queue, const char *name, const char *worker,
                         int64_t until_ms, const char *id, struct arena *arena,
                         struct queue_lease *out, struct why *why)
{
    int64_t token;
    TRY(next_number(queue, &token, why));
    sqlite3_stmt *row = queue->statements[Q_lease];
    TRY(sql_bind(row,
                 SQL_VALUES(sql_text(name), sql_text(id), sql_text(worker), sql_integer(token),
                            sql_integer(until_ms)),
                 why));
    bool is_row = false;
    TRY(sql_step(row, &is_row, why));
    if (!is_row)
        return fail(why, CORRUPT, "job %s of queue %s vanished in a transaction", id, name);
    const struct slice payload = sql_column_bytes(row, 3);
    const char *group = arena_copy(arena, sql_column_bytes(row, 1));
    const char *bytes = arena_copy(arena, payload);
    if (group == NULL || bytes == NULL) return fail(why, NO_MEMORY, "no memory for job %s", id);
    *out = (struct queue_lease){
        .job = {.id = id,
                .group = group,
                .priority = sqlite3_column_int(row, 2),
                .payload = {(const uint8_t *)bytes, payload.len}},
        .token = (uint64_t)token,
        .tries = (uint32_t)sqlite3_column_int(row, 5),
    };
    return sql_step(row, &is_row, why);
}

static outcome lease_picked(struct sqlite_queue *queue, const char *name,
                            const struct queue_taker *taker, struct arena *arena,
                            struct queue_lease *leases, size_t *out_count, struct why *why)
{
    const int64_t now_ms = clock_wall_ms(queue->clock);
    TRY(sql_change(queue->statements[Q_expire],
                   SQL_VALUES(sql_text(name), sql_integer(now_ms), sql_integer(queue->tries_max)),
                   NULL, why));
    const char *ids[QUEUE_LEASE_JOBS_MAX];
    size_t count;
    TRY(pick(queue, name, taker, arena, ids, &count, why));
    for (size_t i = 0; i < count; i++)
        TRY(lease_one(queue, name, taker->worker, now_ms + taker->lease_ms, ids[i], arena,
                      &leases[i], why));
    *out_count = count;
    return OK;
}

// Idle workers ask several times a second: they only read, and never hold up those who write.
static outcome is_worth_leasing(struct sqlite_queue *queue, const char *name,
                                const struct queue_taker *taker, bool *out, struct why *why)
{
    sqlite3_stmt *any = queue->statements[Q_any];
    bool is_row = false;
    pthread_mutex_lock(&queue->lock);
    outcome result =
        sql_bind(any,
                 SQL_VALUES(sql_text(name), sql_integer(clock_wall_ms(queue->clock)),
                            sql_integer(taker->room.memory_mib), sql_integer(taker->room.disk_mib)),
                 why);
    if (result == OK) result = sql_step(any, &is_row, why);
    if (result == OK) *out = is_row && sqlite3_column_int(any, 0) != 0;
    (void)sqlite3_reset(any);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

static outcome sqlite_lease(struct queue_store *base, const char *name,
                            const struct queue_taker *taker, struct arena *arena,
                            struct queue_lease **out, size_t *out_count, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_lease_check(name, taker, why));
    struct queue_lease *leases = arena_take_array(arena, taker->max, sizeof *leases);
    if (leases == NULL) return fail(why, NO_MEMORY, "no memory to lease %zu jobs", taker->max);
    bool is_any = false;
    size_t count = 0;
    TRY(is_worth_leasing(queue, name, taker, &is_any, why));
    if (is_any) {
        TRY(transaction_begin(queue, why));
        const outcome result = lease_picked(queue, name, taker, arena, leases, &count, why);
        TRY(transaction_end(queue, result, why));
    }
    *out = leases;
    *out_count = count;
    return OK;
}

// --- what a holder does -----------------------------------------------------------------

// Runs a change that must touch exactly the job whose last token this is.
static outcome change_held(struct sqlite_queue *queue, enum statement which, const char *id,
                           const struct sql_value *values, size_t count, struct why *why)
{
    int changes = 0;
    TRY(transaction_begin(queue, why));
    outcome result = sql_change(queue->statements[which], values, count, &changes, why);
    if (result == OK && changes == 0)
        result = fail(why, CONFLICT, "the lease of job %s was lost to another worker", id);
    return transaction_end(queue, result, why);
}

static outcome sqlite_extend(struct queue_store *base, const char *name, const char *id,
                             uint64_t token, int64_t lease_ms, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_extend_check(name, lease_ms, why));
    return change_held(queue, Q_extend, id,
                       SQL_VALUES(sql_text(name), sql_text(id), sql_integer((int64_t)token),
                                  sql_integer(clock_wall_ms(queue->clock) + lease_ms)),
                       why);
}

static outcome sqlite_ack(struct queue_store *base, const char *name, const char *id,
                          uint64_t token, struct why *why)
{
    TRY(queue_name_check(name, why));
    return change_held(queue_of(base), Q_ack, id,
                       SQL_VALUES(sql_text(name), sql_text(id), sql_integer((int64_t)token)), why);
}

static outcome sqlite_nack(struct queue_store *base, const char *name, const char *id,
                           uint64_t token, const char *reason, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    const struct slice cut = slice_part(slice_of(reason), 0, QUEUE_REASON_BYTES);
    const struct sql_value text = {.kind = SQL_TEXT, .bytes = cut};
    return change_held(queue, Q_nack, id,
                       SQL_VALUES(sql_text(name), sql_text(id), sql_integer((int64_t)token), text,
                                  sql_integer(queue->tries_max)),
                       why);
}

static outcome sqlite_release(struct queue_store *base, const char *name, const char *id,
                              uint64_t token, struct why *why)
{
    TRY(queue_name_check(name, why));
    return change_held(queue_of(base), Q_release, id,
                       SQL_VALUES(sql_text(name), sql_text(id), sql_integer((int64_t)token)), why);
}

// --- onlookers --------------------------------------------------------------------------

static outcome count_locked(struct sqlite_queue *queue, const char *name, struct queue_counts *out,
                            struct why *why)
{
    sqlite3_stmt *count = queue->statements[Q_count];
    TRY(sql_bind(count,
                 SQL_VALUES(sql_text(name), sql_integer(clock_wall_ms(queue->clock)),
                            sql_integer(queue->tries_max)),
                 why));
    bool is_row = false;
    TRY(sql_step(count, &is_row, why));
    if (is_row)
        *out = (struct queue_counts){(uint64_t)sqlite3_column_int64(count, 0),
                                     (uint64_t)sqlite3_column_int64(count, 1),
                                     (uint64_t)sqlite3_column_int64(count, 2)};
    (void)sqlite3_reset(count);
    return OK;
}

static outcome sqlite_count(struct queue_store *base, const char *name, struct queue_counts *out,
                            struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    pthread_mutex_lock(&queue->lock);
    const outcome result = count_locked(queue, name, out, why);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

static outcome list_locked(struct sqlite_queue *queue, const char *name, const char *prefix,
                           outcome (*visit)(void *context, const struct queue_view *job,
                                            struct why *why),
                           void *context, struct why *why)
{
    sqlite3_stmt *row = queue->statements[Q_list];
    TRY(sql_bind(row,
                 SQL_VALUES(sql_text(name), sql_text(prefix),
                            sql_integer(clock_wall_ms(queue->clock)),
                            sql_integer(queue->tries_max)),
                 why));
    for (;;) {
        bool is_row = false;
        TRY(sql_step(row, &is_row, why));
        if (!is_row || !slice_starts(sql_column_bytes(row, 0), prefix)) return OK;
        const struct queue_view view = {
            .id = sql_column_text(row, 0),
            .state = (enum queue_state)sqlite3_column_int(row, 1),
            .tries = (uint32_t)sqlite3_column_int(row, 2),
            .worker = sql_column_text(row, 3),
            .reason = sql_column_text(row, 4),
            .priority = sqlite3_column_int(row, 5),
        };
        TRY(visit(context, &view, why));
    }
}

static outcome sqlite_list(struct queue_store *base, const char *name, const char *prefix,
                           outcome (*visit)(void *context, const struct queue_view *job,
                                            struct why *why),
                           void *context, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    pthread_mutex_lock(&queue->lock);
    const outcome result = list_locked(queue, name, prefix, visit, context, why);
    (void)sqlite3_reset(queue->statements[Q_list]);
    pthread_mutex_unlock(&queue->lock);
    return result;
}

static outcome retry_locked(struct sqlite_queue *queue, const char *name, const char *id,
                            struct why *why)
{
    int changes = 0;
    bool is_known = false;
    TRY(sql_change(queue->statements[Q_retry],
                   SQL_VALUES(sql_text(name), sql_text(id),
                              sql_integer(clock_wall_ms(queue->clock)),
                              sql_integer(queue->tries_max)),
                   &changes, why));
    if (changes > 0) return OK;
    sqlite3_stmt *known = queue->statements[Q_known];
    TRY(sql_bind(known, SQL_VALUES(sql_text(name), sql_text(id)), why));
    TRY(sql_step(known, &is_known, why));
    (void)sqlite3_reset(known);
    return queue_retry_refuse(id, is_known, why);
}

static outcome sqlite_retry(struct queue_store *base, const char *name, const char *id,
                            struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    TRY(transaction_begin(queue, why));
    return transaction_end(queue, retry_locked(queue, name, id, why), why);
}

static outcome sqlite_prioritize(struct queue_store *base, const char *name, const char *prefix,
                                 int32_t priority, struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    TRY(transaction_begin(queue, why));
    const outcome result =
        sql_change(queue->statements[Q_prioritize],
                   SQL_VALUES(sql_text(name), sql_text(prefix),
                              sql_integer((int64_t)strlen(prefix)), sql_integer(priority)),
                   NULL, why);
    return transaction_end(queue, result, why);
}

static outcome sqlite_drop(struct queue_store *base, const char *name, const char *prefix,
                           struct why *why)
{
    struct sqlite_queue *queue = queue_of(base);
    TRY(queue_name_check(name, why));
    TRY(transaction_begin(queue, why));
    const outcome result = sql_change(
        queue->statements[Q_drop],
        SQL_VALUES(sql_text(name), sql_text(prefix), sql_integer((int64_t)strlen(prefix))), NULL,
        why);
    return transaction_end(queue, result, why);
}

// --- opening ----------------------------------------------------------------------------

static void sqlite_close(struct queue_store *base)
{
    struct sqlite_queue *queue = queue_of(base);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(queue->statements[i]);
    sqlite_end(&queue->db);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static const struct queue_ops sqlite_ops = {
    .push = sqlite_push,
    .lease = sqlite_lease,
    .extend = sqlite_extend,
    .ack = sqlite_ack,
    .nack = sqlite_nack,
    .release = sqlite_release,
    .count = sqlite_count,
    .list = sqlite_list,
    .retry = sqlite_retry,
    .prioritize = sqlite_prioritize,
    .drop = sqlite_drop,
    .close = sqlite_close,
};

outcome queue_sqlite_open(const char *path, struct queue_sqlite_options options,
                          const struct clock *clock, struct queue_store **out, struct why *why)
{
    if (options.tries_max < 1)
        return fail(why, INVALID, "a job needs at least 1 try before it is parked");
    struct sqlite_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL) return fail(why, NO_MEMORY, "no memory to open %s", path);
    queue->base.ops = &sqlite_ops;
    queue->clock = clock;
    queue->tries_max = options.tries_max;
    pthread_mutex_init(&queue->lock, NULL);
    outcome result = sqlite_begin(path, &queue_schema, &queue->db, why);
    for (size_t i = 0; i < STATEMENT_COUNT && result == OK; i++)
        result = sqlite_prepared(queue->db, statement_texts[i], &queue->statements[i], why);
    if (result != OK) {
        sqlite_close(&queue->base);
        return result;
    }
    *out = &queue->base;
    return OK;
}
