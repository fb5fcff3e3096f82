// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/clock.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_BYTES = 2048 }; // under PIPE_BUF, so that lines of several processes never mix

static enum log_level level_max = LOG_INFO;

void log_level_set(enum log_level level)
{
    assert(level < LOG_LEVEL_COUNT);
    level_max = level;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    static const struct {
        const char *name;
        int priority; // syslog's, as journald reads it
    } levels[LOG_LEVEL_COUNT] = {{"error", 3}, {"warning", 4}, {"info", 6}, {"debug", 7}};

    assert(level < LOG_LEVEL_COUNT);
    if (level > level_max) return;

    char line[LINE_BYTES];
    int used;
    if (getenv("JOURNAL_STREAM") != NULL) {
        used = snprintf(line, sizeof line, "<%d>%s ", levels[level].priority, event);
    } else {
        char now[CLOCK_TEXT_BYTES];
        wall_format(clock_wall_ms(clock_system()), now);
        used = snprintf(line, sizeof line, "%s %s %s ", now, levels[level].name, event);
    }
    assert(used > 0 && used < LINE_BYTES / 2);

    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
    va_end(arguments);
    if (more > 0) used += more < LINE_BYTES - used - 1 ? more : LINE_BYTES - used - 2;
    for (int i = 0; i < used; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f) line[i] = '?';
    line[used++] = '\n';
    const ssize_t written = write(STDERR_FILENO, line, (size_t)used);
    (void)written; // there is nobody left to tell
}
