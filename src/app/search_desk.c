// SPDX-License-Identifier: Apache-2.0
#include "app/search_desk.h"

#include "base/log.h"
#include "discovery/follow.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_EVERY_S = 1 };

struct search_desk {
    struct index *index;
    struct table_store *tables;
    pthread_t thread;
    bool is_started;
    _Atomic bool is_stopped;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t told;
    bool has_news, is_damaged;
};

// Waits for news, or a second; true when the index must be made anew.
static bool wait_for_news(struct search_desk *desk)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_EVERY_S;
    pthread_mutex_lock(&desk->lock);
    while (!desk->has_news && !atomic_load(&desk->is_stopped))
        if (pthread_cond_timedwait(&desk->told, &desk->lock, &until) == ETIMEDOUT) break;
    const bool is_damaged = desk->is_damaged;
    desk->has_news = false;
    desk->is_damaged = false;
    pthread_mutex_unlock(&desk->lock);
    return is_damaged;
}

static outcome follow(struct search_desk *desk, enum follow_look look, bool is_damaged,
                      struct why *why)
{
    struct follow_report report;
    outcome result = is_damaged ? index_remake(desk->index, why) : OK;
    if (result == OK)
        result = index_follow(desk->index, desk->tables, is_damaged ? FOLLOW_ALL : look,
                              &desk->is_stopped, &report, why);
    if (result != CORRUPT || is_damaged) return result;
    return follow(desk, FOLLOW_ALL, true, why);
}

static void *run(void *context)
{
    struct search_desk *desk = context;
    enum follow_look look = FOLLOW_ALL;
    bool is_damaged = false, is_failing = false;
    while (!atomic_load(&desk->is_stopped)) {
        struct why why = {""};
        const outcome result = follow(desk, look, is_damaged, &why);
        if (result != OK && !is_failing)
            log_event(LOG_WARNING, "search.behind", "why=\"%s\"", why.text);
        is_failing = result != OK;
        if (result == OK) look = FOLLOW_COUNT;
        is_damaged = wait_for_news(desk);
    }
    return NULL;
}

outcome search_desk_open(const char *data, struct table_store *tables, struct search_desk **out,
                         struct why *why)
{
    char path[4096];
    pthread_condattr_t attributes;
    if (snprintf(path, sizeof path, "%s/discovery.db", data) >= (int)sizeof path)
        return fail(why, INVALID, "the data folder's path is too long");
    struct search_desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL) return fail(why, NO_MEMORY, "no memory for search");
    desk->tables = tables;
    pthread_mutex_init(&desk->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&desk->told, &attributes);
    pthread_condattr_destroy(&attributes);
    outcome result = index_open(path, &desk->index, why);
    if (result == OK && pthread_create(&desk->thread, NULL, run, desk) != 0)
        result = fail(why, EXHAUSTED, "cannot start a thread for search");
    else if (result == OK)
        desk->is_started = true;
    if (result != OK) {
        search_desk_close(&desk);
        return result;
    }
    *out = desk;
    return OK;
}

struct index *search_desk_index(struct search_desk *desk)
{
    return desk->index;
}

void search_desk_tell(struct search_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->has_news = true;
    pthread_cond_signal(&desk->told);
    pthread_mutex_unlock(&desk->lock);
}

void search_desk_mend(struct search_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->is_damaged = true;
    desk->has_news = true;
    pthread_cond_signal(&desk->told);
    pthread_mutex_unlock(&desk->lock);
}

void search_desk_close(struct search_desk **desk)
{
    if (*desk == NULL) return;
    atomic_store(&(*desk)->is_stopped, true);
    search_desk_tell(*desk);
    if ((*desk)->is_started) pthread_join((*desk)->thread, NULL);
    index_close(&(*desk)->index);
    pthread_cond_destroy(&(*desk)->told);
    pthread_mutex_destroy(&(*desk)->lock);
    free(*desk);
    *desk = NULL;
}
