// SPDX-License-Identifier: Apache-2.0
//
// Fills the cache with what the placement wants here, while its window is open.
//
//     files of the placement, worth most first
//     [ here ][ here, but for slices 3 to 9 ][ unknown ] ...
//                       ^ cursor: asks for four missing slices at a time, as long as
//                         the budget (bytes that the rate has earned) is above 0
//
// It goes by what the cache has, and remembers nothing: killed and started again, it looks at the
// same files and finds what it had fetched. What it asks for is fetched as for a viewer, so that
// viewers read along; but peers are asked first. On one loop.
#include "delivery/edge_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILLER_TICK_MS = 20,
    FILLER_IDLE_MS = 500,    // between looks at the window and for a new placement
    FILLER_REST_MS = 1000,   // after a failure
    FILLER_AGAIN_MS = 60000, // after the end of the list, when something failed
    FILLER_FETCHES_MAX = 8,  // at a time: 32 MiB, 100 ms of 2.5 Gb/s
    FILLER_MEMORY_PART = 16, // of the memory is what they may fill, at most
    FILLER_LOOKS_MAX = 64,   // at files in one turn
    FILLER_SLICES_MAX = 256, // of one file that are here, in one look
    FILLER_BURST_MS = 100,   // of the rate that may be saved up
};

#define FILLER_FETCH_BYTES ((uint64_t)FETCH_OPEN_SLICES * CACHE_SLICE_BYTES)

struct edge_filler {
    struct timer timer;
    struct edge_loop *home;
    struct http_request request; // that anybody might make: what varies is fetched as for it
    char fields[EDGE_VIA_BYTES + 8];
    uint64_t placement; // the number of the one that the cursor is in
    size_t file;        // cursor
    uint32_t index;     // of the next slice to look at
    bool has_asked;     // for the file's head already
    bool is_done;       // with the list; `again_us` says when to look once more, 0: never
    bool is_open;       // the window, at the last look
    uint32_t fetches_max, fetches;
    uint64_t failures; // since the list's beginning
    double budget;     // bytes
    int64_t earned_us, rest_until_us, again_us;
};

static void rewind_cursor(struct edge_filler *filler)
{
    filler->file = 0;
    filler->index = 0;
    filler->has_asked = filler->is_done = false;
    filler->failures = 0;
    filler->again_us = 0;
}

static void next_file(struct edge_filler *filler)
{
    filler->file++;
    filler->index = 0;
    filler->has_asked = false;
}

// --- what is missing

// As one who has sent no request: what a fetch takes from a visit.
static struct visit visit_of(struct edge_filler *filler, const char *path)
{
    struct visit visit = {.home = filler->home, .key = slice_of(path), .is_filling = true};
    visit.hash = cache_hash(filler->home->edge->cache, visit.key);
    visit.kept_fields = slice_of(filler->fields);
    return visit;
}

// Nothing is known of the file, or what is known has to be confirmed.
static struct fetch *ask_for_head(struct edge_filler *filler, struct visit *visit)
{
    struct cache *cache = filler->home->edge->cache;
    if (filler->has_asked) { // in vain
        filler->failures++;
        next_file(filler);
        return NULL;
    }
    filler->has_asked = true;
    if (visit->object == NULL) visit->object = object_add(cache, visit->hash, visit->key);
    if (visit->object == NULL) return NULL;
    struct fetch *fetch = fetch_make(filler->home, FETCH_ANSWER, visit->object, visit);
    if (fetch == NULL) {
        if (visit->object->state == OBJECT_ASKED) object_remove(cache, visit->object);
        return NULL;
    }
    visit->object->fetch = fetch;
    visit->object->result = RESULT_NONE;
    return fetch;
}

// The next slices that nobody has. NULL: not yet, or the cursor has moved to the next file.
static struct fetch *ask_for_slices(struct edge_filler *filler, struct visit *visit)
{
    const struct cache_object *object = visit->object;
    const struct cache_slice *slice = slice_find(object, filler->index);
    for (int i = 0; i < FILLER_SLICES_MAX; i++) {
        if (slice == NULL || (slice->fetch == NULL && !slice_is_whole(slice))) break;
        slice = slice_find(object, ++filler->index);
    }
    const uint64_t begin = (uint64_t)filler->index * CACHE_SLICE_BYTES;
    if (begin >= object->size) {
        next_file(filler);
        return NULL;
    }
    if (slice != NULL && (slice->fetch != NULL || slice_is_whole(slice))) return NULL;
    const bool goes_on = slice != NULL && slice->first == 0;
    visit->end = begin + FILLER_FETCH_BYTES;
    struct fetch *fetch = fetch_slice(visit, filler->index, begin + (goes_on ? slice->len : 0));
    if (fetch == NULL) return NULL;
    filler->budget -= (double)(fetch->end - fetch->at);
    filler->index = (uint32_t)((fetch->end + CACHE_SLICE_BYTES - 1) / CACHE_SLICE_BYTES);
    return fetch;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum turn { TURN_ON, TURN_WAIT, TURN_ASKED };

// One look at what the cursor is on. Under the lock. `*start` is to be started outside of it.
static enum turn look(struct edge_filler *filler, const struct placement_file *file,
                      struct fetch **start)
{
    struct cache *cache = filler->home->edge->cache;
    const int64_t now_ms = edge_wall_ms(filler->home);
    struct visit visit = visit_of(filler, file->path);
    enum turn turn = TURN_ON;
    visit.object = object_find(cache, visit.hash, visit.key, &filler->request, now_ms);
    const struct cache_object *object = visit.object;
    const bool is_known = object != NULL && object->state == OBJECT_KEPT &&
                          freshness_use(&object->head->freshness, now_ms) != USE_REVALIDATE;
    if (object != NULL && object->state == OBJECT_PASSED) {
        next_file(filler); // not to be kept
    } else if (object != NULL && object->fetch != NULL && !object->fetch->is_answered) {
        turn = TURN_WAIT; // its head is on its way
    } else if (!is_known) {
        *start = ask_for_head(filler, &visit);
        turn = *start != NULL ? TURN_ASKED : TURN_ON;
        if (turn == TURN_ASKED) filler->budget -= (double)least(file->bytes, FILLER_FETCH_BYTES);
    } else if (!object->has_size || !object->head->is_strong) {
        if (object->fetch != NULL)
            turn = TURN_WAIT;
        else
            next_file(filler); // parts of it cannot be put together
    } else if (ask_for_slices(filler, &visit) != NULL) {
        turn = TURN_ASKED; // it starts itself
    }
    if (visit.object != NULL) object_drop(cache, visit.object);
    return turn;
}

// --- when

static void set_timer(struct edge_filler *filler, int64_t ms)
{
    timer_set(loop_wheel(filler->home->loop), &filler->timer,
              loop_now_us(filler->home->loop) + ms * 1000);
}

static void earn(struct edge_filler *filler, uint64_t rate_bytes_s)
{
    const int64_t now_us = loop_now_us(filler->home->loop);
    const double rate = (double)rate_bytes_s / 1e6, most = rate * FILLER_BURST_MS * 1000;
    filler->budget += rate * (double)(now_us - filler->earned_us);
    if (filler->budget > most) filler->budget = most;
    filler->earned_us = now_us;
}

// What is to be done before anything is looked at: in how many ms to look again; 0: now. Under the
// lock.
static int64_t wait_ms(struct edge_filler *filler, const struct placement *placement)
{
    const struct edge *edge = filler->home->edge;
    const int64_t now_us = loop_now_us(filler->home->loop);
    const bool was_open = filler->is_open;
    filler->is_open =
        placement != NULL && window_is_open(&placement->window, loop_wall_s(filler->home->loop));
    if (filler->placement != edge->placement_number || (filler->is_open && !was_open))
        rewind_cursor(filler);
    filler->placement = edge->placement_number;
    if (!filler->is_open) return FILLER_IDLE_MS;
    earn(filler, placement->rate_bytes_s);
    if (filler->is_done && (filler->again_us == 0 || now_us < filler->again_us))
        return FILLER_IDLE_MS;
    if (filler->is_done) rewind_cursor(filler);
    if (now_us < filler->rest_until_us || filler->budget <= 0 || cache_is_behind(edge->cache) ||
        filler->fetches >= filler->fetches_max)
        return FILLER_TICK_MS;
    return 0;
}

static void end_list(struct edge_filler *filler)
{
    if (filler->fetches > 0) return; // they may fail yet
    filler->is_done = true;
    if (filler->failures > 0)
        filler->again_us = loop_now_us(filler->home->loop) + (int64_t)FILLER_AGAIN_MS * 1000;
}

static void work(struct timer *timer)
{
    struct edge_filler *filler = CONTAINER_OF(timer, struct edge_filler, timer);
    struct edge *edge = filler->home->edge;
    int64_t ms = FILLER_TICK_MS;
    enum turn turn = TURN_ON;
    for (unsigned looks = 0; looks < FILLER_LOOKS_MAX && turn != TURN_WAIT; looks++) {
        struct fetch *start = NULL;
        cache_lock(edge->cache);
        const struct placement *placement = edge->placement;
        const int64_t wait = wait_ms(filler, placement);
        turn = wait > 0 ? TURN_WAIT : TURN_ON;
        if (wait > 0)
            ms = wait;
        else if (filler->file < placement->placed)
            turn = look(filler, &placement->files[filler->file], &start);
        else
            turn = TURN_WAIT;
        if (wait == 0 && filler->file >= placement->placed) end_list(filler);
        if (turn == TURN_ASKED) filler->fetches++;
        cache_unlock(edge->cache);
        if (start != NULL) fetch_start(start);
    }
    set_timer(filler, ms);
}

void edge_filler_ended(struct edge_loop *home, bool has_failed)
{
    struct edge_filler *filler = home->filler;
    filler->fetches--;
    if (!has_failed) return;
    filler->failures++;
    filler->rest_until_us = loop_now_us(home->loop) + (int64_t)FILLER_REST_MS * 1000;
}

void edge_filler_open(struct edge_loop *home)
{
    static const char plain[] = "GET / HTTP/1.1\r\nHost: edge\r\n\r\n";
    struct http_scan scan = {.takes_any_method = false};
    size_t head_bytes;
    enum http_fault fault;
    const uint64_t part =
        home->edge->options.memory_bytes / FILLER_MEMORY_PART / FILLER_FETCH_BYTES;
    if (!home->edge->options.is_placed) return;
    struct edge_filler *filler = calloc(1, sizeof *filler);
    if (filler == NULL) return; // what is asked for is fetched all the same
    if (http_request_parse(&scan, slice_of(plain), &filler->request, &head_bytes, &fault) !=
        HTTP_READY) {
        free(filler);
        return;
    }
    filler->home = home;
    filler->fetches_max = part < 1                    ? 1
                          : part > FILLER_FETCHES_MAX ? FILLER_FETCHES_MAX
                                                      : (uint32_t)part;
    (void)snprintf(filler->fields, sizeof filler->fields, "Via: %s\r\n", home->edge->via);
    filler->earned_us = loop_now_us(home->loop);
    filler->timer.due = work;
    home->filler = filler;
    work(&filler->timer);
}

void edge_filler_close(struct edge_loop *home)
{
    if (home->filler == NULL) return;
    timer_drop(&home->filler->timer);
    free(home->filler);
    home->filler = NULL;
}
