// SPDX-License-Identifier: Apache-2.0
//
// One line per event on stderr, in logfmt: time, level, event, then key=value pairs.
//
//     2026-11-21T11:12:43.123Z info http.listen addr=127.0.0.1:8080
//
// Only cmd/ and app/ (and the loops that have no caller to tell) log; library code returns an
// outcome. Under journald (JOURNAL_STREAM set) a line starts with its priority instead of the time.
// Secrets never go in: there is no type for it.
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

// Lines above `level` are dropped. INFO at start. Set once, before threads start.
void log_level_set(enum log_level level);

// `event` is dotted and stable ("worker.lease_lost"); `format` makes the pairs. Control bytes in
// what it makes are written as '?', so that one event is always one line. Thread-safe: a line is
// one write(2).
__attribute__((format(printf, 3, 4))) void log_event(enum log_level level, const char *event,
                                                     const char *format, ...);

#endif
