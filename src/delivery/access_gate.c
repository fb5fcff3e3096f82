// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_gate.h"

#include "base/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct access_gate {
    pthread_rwlock_t lock; // of `keys`
    struct access_keys *keys;
    struct access_replay *replay;
    struct file_mark seen; // the renewing thread's own
    char path[];
};

outcome access_gate_open(const char *path, struct access_gate **out, struct why *why)
{
    const size_t len = strlen(path) + 1;
    struct access_gate *gate = calloc(1, sizeof *gate + len);
    if (gate == NULL) return fail(why, NO_MEMORY, "no memory for signed access");
    memcpy(gate->path, path, len);
    (void)pthread_rwlock_init(&gate->lock, NULL);
    gate->seen = file_mark(path);
    outcome result = access_keys_load(path, &gate->keys, why);
    if (result == OK) result = access_replay_open(&gate->replay, why);
    if (result == OK)
        *out = gate;
    else
        access_gate_close(&gate);
    return result;
}

void access_gate_close(struct access_gate **gate)
{
    if (*gate == NULL) return;
    access_replay_close(&(*gate)->replay);
    access_keys_close(&(*gate)->keys);
    (void)pthread_rwlock_destroy(&(*gate)->lock);
    free(*gate);
    *gate = NULL;
}

bool access_gate_renew(struct access_gate *gate, struct why *why)
{
    struct access_keys *keys = NULL;
    if (!file_has_changed(gate->path, &gate->seen)) return true;
    if (access_keys_load(gate->path, &keys, why) != OK) return false;
    (void)pthread_rwlock_wrlock(&gate->lock);
    struct access_keys *old = gate->keys;
    gate->keys = keys;
    (void)pthread_rwlock_unlock(&gate->lock);
    access_keys_close(&old);
    return true;
}

struct access_verdict access_gate_check(struct access_gate *gate,
                                        const struct access_request *request)
{
    (void)pthread_rwlock_rdlock(&gate->lock);
    const struct access_verdict verdict = access_check(gate->keys, gate->replay, request);
    (void)pthread_rwlock_unlock(&gate->lock);
    return verdict;
}

outcome access_gate_make_token(struct access_gate *gate, const char *folder, int64_t expires_s,
                               const struct address *client, char *out, struct why *why)
{
    (void)pthread_rwlock_rdlock(&gate->lock);
    const outcome result = access_token_make(gate->keys, folder, expires_s, client, out, why);
    (void)pthread_rwlock_unlock(&gate->lock);
    return result;
}
