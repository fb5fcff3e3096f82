// SPDX-License-Identifier: Apache-2.0
#include "store/queue.h"

#include "store/key.h"

outcome queue_name_check(const char *queue, struct why *why)
{
    return key_name_check("a queue", queue, QUEUE_NAME_BYTES, why);
}

outcome queue_job_check(const struct queue_job *job, struct why *why)
{
    TRY(key_text_check("a job's id", job->id, 1, QUEUE_ID_BYTES, why));
    TRY(key_text_check("a job's group", job->group, 0, QUEUE_GROUP_BYTES, why));
    TRY(key_text_check("a job's share", queue_share(job), 0, QUEUE_GROUP_BYTES, why));
    if (job->payload.len > QUEUE_PAYLOAD_BYTES)
        return fail(why, TOO_LARGE,
                    "job %s carries %zu bytes: put them into a blob, the queue takes %d", job->id,
                    job->payload.len, QUEUE_PAYLOAD_BYTES);
    return OK;
}

outcome queue_extend_check(const char *queue, int64_t lease_ms, struct why *why)
{
    TRY(queue_name_check(queue, why));
    if (lease_ms < 1)
        return fail(why, INVALID, "a lease of %lld ms is too short: at least 1",
                    (long long)lease_ms);
    return OK;
}

outcome queue_lease_check(const char *queue, const struct queue_taker *taker, struct why *why)
{
    TRY(queue_extend_check(queue, taker->lease_ms, why));
    TRY(key_text_check("a worker's name", taker->worker, 1, QUEUE_ID_BYTES, why));
    if (taker->max < 1 || taker->max > QUEUE_LEASE_JOBS_MAX)
        return fail(why, INVALID, "a worker leases 1 to %d jobs at once, not %zu",
                    QUEUE_LEASE_JOBS_MAX, taker->max);
    return OK;
}

outcome queue_retry_refuse(const char *id, bool is_there, struct why *why)
{
    if (!is_there) return fail(why, NOT_FOUND, "the queue has no job %.160s", id);
    return fail(why, CONFLICT, "job %.160s is not parked: it has tries left", id);
}

const char *queue_share(const struct queue_job *job)
{
    return job->share == NULL ? "" : job->share;
}

uint32_t queue_cost(const struct queue_job *job)
{
    return job->cost == 0 ? 1 : job->cost;
}

void queue_store_close(struct queue_store **store)
{
    if (*store != NULL) (*store)->ops->close(*store);
    *store = NULL;
}
