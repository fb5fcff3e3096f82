// SPDX-License-Identifier: Apache-2.0
#include "studio/overview.h"

static json_t *title_json(const struct overview_title *title)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "id", title->id, "plan",
        title->plan, "priority", (int)title->priority, "jobs", (json_int_t)title->total, "done",
        (json_int_t)title->done, "held", (json_int_t)title->held, "ready", (json_int_t)title->ready,
        "leased", (json_int_t)title->leased, "parked", (json_int_t)title->parked, "retries",
        (json_int_t)title->retries, "seconds", (json_int_t)title->seconds);
    if (json != NULL)
        (void)json_object_set_new(json, "left_ms",
                                  title->left_ms < 0 ? json_null() : json_integer(title->left_ms));
    return json;
}

static json_t *worker_json(const struct overview_worker *worker)
{
    return json_pack("{s:s, s:i}", "name", worker->name, "jobs", (int)worker->jobs);
}

static json_t *parked_json(const struct overview_parked *parked)
{
    return json_pack("{s:s, s:i, s:s, s:s}", "id", parked->id, "tries", (int)parked->tries,
                     "worker", parked->worker, "reason", parked->reason);
}

json_t *overview_json(const struct overview *overview)
{
    autojson *titles = json_array(), *workers = json_array(), *parked = json_array();
    autojson *ingests = json_array();
    int failed = 0;
    for (size_t i = 0; i < overview->title_count; i++)
        failed |= json_array_append_new(titles, title_json(&overview->titles[i]));
    for (size_t i = 0; i < overview->worker_count; i++)
        failed |= json_array_append_new(workers, worker_json(&overview->workers[i]));
    for (size_t i = 0; i < overview->parked_count; i++)
        failed |= json_array_append_new(parked, parked_json(&overview->parked[i]));
    for (size_t i = 0; i < overview->note_count; i++)
        failed |= json_array_append_new(ingests, board_json(&overview->notes[i]));
    if (failed != 0) return NULL;
    return json_pack("{s:O, s:O, s:O, s:O}", "ingests", ingests, "titles", titles, "workers",
                     workers, "parked", parked);
}
