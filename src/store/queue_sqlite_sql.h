// SPDX-License-Identifier: Apache-2.0
//
// What store/queue_sqlite.c says to SQLite.
//
//     job       queue, id -> all that is known of it; tag: where it stands in its priority's line
//     pace      queue, priority -> the tag of the foremost job that was leased
//     counter   order of pushing, and tokens
#ifndef STORE_QUEUE_SQLITE_SQL_H
#define STORE_QUEUE_SQLITE_SQL_H

// Where a share's next job of a priority stands: behind its last one, and where the queue is.
#define LINE_UP(queue, share, priority)                                                            \
    "max(coalesce((SELECT tag FROM pace WHERE pace.queue = " queue                                 \
    " AND pace.priority = " priority "), 0), coalesce((SELECT last.tag + last.cost"                \
    " FROM job AS last WHERE last.queue = " queue " AND last.share = " share                       \
    " AND last.priority = " priority " ORDER BY last.tag DESC LIMIT 1), 0))"
#define FITS(memory, disk)                                                                         \
    "(" memory " = 0 OR memory_mib <= " memory ") AND (" disk " = 0 OR disk_mib <= " disk ")"

// Statements of the connection, prepared once. name, text
#define STATEMENTS(X)                                                                              \
    X(begin, "BEGIN IMMEDIATE")                                                                    \
    X(commit, "COMMIT")                                                                            \
    X(number, "UPDATE counter SET last = last + 1 RETURNING last")                                 \
    X(push, "INSERT OR IGNORE INTO job (queue, id, grp, priority, number, payload, share, cost,"   \
            " memory_mib, disk_mib, tag)"                                                          \
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, " LINE_UP("?1", "?7", "?4") ")")    \
    X(any, "SELECT EXISTS (SELECT 1 FROM job INDEXED BY job_ready WHERE queue = ?1 AND state = 0"  \
           " AND " FITS("?3", "?4") ") OR EXISTS (SELECT 1 FROM job WHERE queue = ?1"              \
                                    " AND state = 1 AND until_ms <= ?2)")                          \
    X(expire, "UPDATE job SET state = iif(tries >= ?3, 2, 0),"                                     \
              " reason = 'the lease of ' || worker || ' ran out'"                                  \
              " WHERE queue = ?1 AND state = 1 AND until_ms <= ?2")                                \
    X(first,                                                                                       \
      "SELECT id, grp FROM job INDEXED BY job_ready WHERE queue = ?1 AND state = 0 AND " FITS(     \
          "?2", "?3") " ORDER BY priority, tag, number LIMIT 1")                                   \
    X(group, "SELECT id FROM job WHERE queue = ?1 AND state = 0 AND grp = ?2 AND id <> ?3"         \
             " AND " FITS("?5", "?6") " ORDER BY priority, tag, number LIMIT ?4")                  \
    X(advance, "INSERT INTO pace (queue, priority, tag)"                                           \
               " SELECT queue, priority, tag FROM job WHERE queue = ?1 AND id = ?2"                \
               " ON CONFLICT (queue, priority) DO UPDATE SET tag = max(tag, excluded.tag)")        \
    X(lease, "UPDATE job SET state = 1, worker = ?3, token = ?4, until_ms = ?5,"                   \
             " tries = tries + 1, reason = '' WHERE queue = ?1 AND id = ?2"                        \
             " RETURNING id, grp, priority, payload, token, tries")                                \
    X(extend, "UPDATE job SET state = 1, until_ms = ?4"                                            \
              " WHERE queue = ?1 AND id = ?2 AND token = ?3 AND state < 2")                        \
    X(ack, "DELETE FROM job WHERE queue = ?1 AND id = ?2 AND token = ?3")                          \
    X(nack, "UPDATE job SET state = iif(tries >= ?5, 2, 0), token = 0, reason = ?4"                \
            " WHERE queue = ?1 AND id = ?2 AND token = ?3")                                        \
    X(release, "UPDATE job SET state = 0, token = 0, tries = tries - 1, reason = ''"               \
               " WHERE queue = ?1 AND id = ?2 AND token = ?3 AND state < 2")                       \
    X(retry, "UPDATE job SET state = 0, token = 0, tries = 0, reason = ''"                         \
             " WHERE queue = ?1 AND id = ?2 AND (state = 2 OR state = 1 AND until_ms <= ?3"        \
             " AND tries >= ?4)")                                                                  \
    X(known, "SELECT 1 FROM job WHERE queue = ?1 AND id = ?2")                                     \
    X(count, "SELECT count(*) FILTER (WHERE state = 0 OR state = 1 AND until_ms <= ?2"             \
             " AND tries < ?3), count(*) FILTER (WHERE state = 1 AND until_ms > ?2),"              \
             " count(*) FILTER (WHERE state = 2 OR state = 1 AND until_ms <= ?2"                   \
             " AND tries >= ?3) FROM job WHERE queue = ?1")                                        \
    X(list, "SELECT id, CASE WHEN state <> 1 OR until_ms > ?3 THEN state"                          \
            " WHEN tries >= ?4 THEN 2 ELSE 0 END, tries, worker, reason, priority"                 \
            " FROM job WHERE queue = ?1 AND id >= ?2 ORDER BY id")                                 \
    X(prioritize,                                                                                  \
      "UPDATE job SET priority = ?4, tag = " LINE_UP(                                              \
          "?1", "job.share",                                                                       \
          "?4") " + moved.behind FROM (SELECT id AS moved_id, sum(cost) OVER (PARTITION BY"        \
                " share ORDER BY priority, tag, number) - cost AS behind FROM job"                 \
                " WHERE queue = ?1 AND substr(id, 1, ?3) = ?2 AND priority <> ?4) AS moved"        \
                " WHERE queue = ?1 AND id = moved.moved_id")                                       \
    X(drop, "DELETE FROM job WHERE queue = ?1 AND substr(id, 1, ?3) = ?2")

#endif
