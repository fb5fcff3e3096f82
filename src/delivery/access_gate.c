// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_gate.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

struct seen { // what tells one state of the file from another
    struct timespec changed;
    ino_t inode;
    off_t size;
};

struct access_gate {
    pthread_rwlock_t lock; // of `keys`
    struct access_keys *keys;
    struct access_replay *replay;
    struct seen seen; // the renewing thread's own
    char path[];
};

static struct seen look(const char *path)
{
    struct stat facts;
    if (stat(path, &facts) != 0) return (struct seen){.inode = 0};
    return (struct seen){facts.st_ctim, facts.st_ino, facts.st_size};
}

static bool is_same(const struct seen *a, const struct seen *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

outcome access_gate_open(const char *path, struct access_gate **out, struct why *why)
{
    const size_t len = strlen(path) + 1;
    struct access_gate *gate = calloc(1, sizeof *gate + len);
    if (gate == NULL) return fail(why, NO_MEMORY, "no memory for signed access");
    memcpy(gate->path, path, len);
    (void)pthread_rwlock_init(&gate->lock, NULL);
    gate->seen = look(path); // before the reading: a change in between is seen by the next look
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
    const struct seen seen = look(gate->path);
    struct access_keys *keys = NULL;
    if (is_same(&seen, &gate->seen)) return true;
    gate->seen = seen;
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
