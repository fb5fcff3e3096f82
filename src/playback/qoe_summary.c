// SPDX-License-Identifier: Apache-2.0
#include "playback/qoe_internal.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGE_BYTES_MAX = 8 * 1024 * 1024, // TABLE_PAGE_MAX records of at most 4 KB
    GROUPS_MAX = 200,                 // of a kind: the rest is in the whole alone
};

struct sessions {
    struct qoe_session *at; // heap
    size_t count;
};

static void sessions_free(struct sessions *sessions)
{
    free(sessions->at);
}

static outcome add_page(struct table_store *tables, char after[CMCD_TEXT_BYTES],
                        struct sessions *sessions, bool *is_last, struct why *why)
{
    autoarena arena = arena_init(PAGE_BYTES_MAX);
    struct table_item *items;
    size_t count;
    const size_t left = QOE_SESSIONS_MAX - sessions->count;
    const size_t limit = left < TABLE_PAGE_MAX ? left : TABLE_PAGE_MAX;
    TRY(tables->ops->query(tables, "qoe", "session", "", after, limit, &arena, &items, &count,
                           why));
    for (size_t i = 0; i < count; i++)
        TRY(qoe_session_read(items[i].value, &sessions->at[sessions->count++], why));
    *is_last = count < limit || sessions->count == QOE_SESSIONS_MAX;
    if (count > 0) memcpy(after, sessions->at[sessions->count - 1].id, CMCD_TEXT_BYTES);
    return OK;
}

static int by_number(const void *one, const void *other)
{
    const int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

// The median and the 95th percentile of a start's part, null where no session told it.
static json_t *part_json(const struct qoe_session *const *sessions, size_t count, size_t offset)
{
    int64_t *told = calloc(count + 1, sizeof *told);
    if (told == NULL) return NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(&told[n], (const uint8_t *)sessions[i] + offset, sizeof told[n]);
        if (told[n] >= 0) n++;
    }
    qsort(told, n, sizeof *told, by_number);
    json_t *json = n == 0 ? json_null()
                          : json_pack("{s:I, s:I}", "p50", (json_int_t)told[n / 2], "p95",
                                      (json_int_t)told[n - 1 - n / 20]);
    free(told);
    return json;
}

static void count_error(json_t *failures, const char *error)
{
    if (error[0] == '\0') return;
    const json_int_t before = json_integer_value(json_object_get(failures, error));
    (void)json_object_set_new(failures, error, json_integer(before + 1));
}

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0.0;
}

static json_t *group_json(const char *name, const struct qoe_session *const *sessions, size_t count)
{
    int64_t playing = 0, rebuffer = 0, rebuffers = 0, switches = 0, kilobits = 0, started = 0;
    json_t *failures = json_object();
    for (size_t i = 0; i < count; i++) {
        playing += sessions[i]->playing_ms;
        rebuffer += sessions[i]->rebuffer_ms;
        rebuffers += sessions[i]->rebuffers;
        switches += sessions[i]->switches;
        kilobits += sessions[i]->kilobits;
        started += sessions[i]->start_ms >= 0;
        count_error(failures, sessions[i]->error);
    }
#define PART(member) part_json(sessions, count, offsetof(struct qoe_session, member))
    return json_pack("{s:s, s:I, s:I, s:{s:o, s:o, s:o, s:o, s:o}, s:f, s:f, s:f, s:f, s:f, s:o}",
                     "name", name, "sessions", (json_int_t)count, "started", (json_int_t)started,
                     "start_ms", "whole", PART(start_ms), "play_call", PART(play_ms), "manifest",
                     PART(manifest_ms), "media", PART(media_ms), "frame", PART(frame_ms),
                     "played_hours", share(playing, 3600000), "rebuffer_percent",
                     100.0 * share(rebuffer, playing + rebuffer), "rebuffers_per_hour",
                     3600000.0 * share(rebuffers, playing), "switches_per_minute",
                     60000.0 * share(switches, playing), "kbps", 1000.0 * share(kilobits, playing),
                     "failures", failures);
#undef PART
}

static int by_text(const void *one, const void *other, void *context)
{
    const size_t offset = *(const size_t *)context;
    const struct qoe_session *const *a = one, *const *b = other;
    return strcmp((const char *)*a + offset, (const char *)*b + offset);
}

static json_t *groups_json(const struct qoe_session **sessions, size_t count, size_t offset)
{
    json_t *list = json_array();
    qsort_r(sessions, count, sizeof *sessions, by_text, &offset);
    for (size_t from = 0, to; from < count && json_array_size(list) < GROUPS_MAX; from = to) {
        const char *name = (const char *)sessions[from] + offset;
        for (to = from + 1; to < count; to++)
            if (strcmp((const char *)sessions[to] + offset, name) != 0) break;
        (void)json_array_append_new(list, group_json(name, sessions + from, to - from));
    }
    return list;
}

static outcome summary_json(const struct sessions *sessions, int64_t since_ms, json_t **out,
                            struct why *why)
{
    const struct qoe_session **view = calloc(sessions->count + 1, sizeof *view);
    if (view == NULL) return fail(why, NO_MEMORY, "no memory for a summary");
    for (size_t i = 0; i < sessions->count; i++)
        view[i] = &sessions->at[i];
#define BY(member) groups_json(view, sessions->count, offsetof(struct qoe_session, member))
    json_t *json =
        json_pack("{s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "since_ms", (json_int_t)since_ms,
                  "is_cut_off", sessions->count == QOE_SESSIONS_MAX, "all",
                  group_json("all", view, sessions->count), "by_title", BY(title), "by_device",
                  BY(device), "by_network", BY(network), "by_edge", BY(edge));
#undef BY
    free(view);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a summary");
    *out = json;
    return OK;
}

// Ids of sessions hold the time at which they began (base/random.h), so that what came since is
// what sorts behind an id of that moment.
outcome qoe_summary(struct table_store *tables, int64_t since_ms, json_t **out, struct why *why)
{
    __attribute__((cleanup(sessions_free))) struct sessions sessions = {
        .at = calloc(QOE_SESSIONS_MAX, sizeof *sessions.at)};
    if (sessions.at == NULL) return fail(why, NO_MEMORY, "no memory for a summary");
    char after[CMCD_TEXT_BYTES] = "";
    id_make("session", since_ms, after);
    for (bool is_last = false; !is_last;)
        TRY(add_page(tables, after, &sessions, &is_last, why));
    return summary_json(&sessions, since_ms, out, why);
}
