// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

enum { SETS = 4096, WAYS = 16 };

struct access_replay {
    pthread_mutex_t lock;
    struct used {
        uint64_t hash; // 64 of SHA-256's bits: nobody can make two alike
        int64_t expires_s;
    } sets[SETS][WAYS];
};

outcome access_replay_open(struct access_replay **out, struct why *why)
{
    struct access_replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) return fail(why, NO_MEMORY, "no memory for used tokens");
    (void)pthread_mutex_init(&replay->lock, NULL);
    *out = replay;
    return OK;
}

void access_replay_close(struct access_replay **replay)
{
    if (*replay == NULL) return;
    (void)pthread_mutex_destroy(&(*replay)->lock);
    free(*replay);
    *replay = NULL;
}

// Of the key's id and the token's, with a NUL between them. false without memory.
static bool hash_of(const char *key_id, struct slice id, uint64_t *out)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_made = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
                         EVP_DigestUpdate(context, key_id, strlen(key_id) + 1) == 1 &&
                         EVP_DigestUpdate(context, id.at, id.len) == 1 &&
                         EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    if (is_made) *out = read_u64be(digest);
    return is_made;
}

static enum replay_answer use(struct used *set, uint64_t hash, int64_t expires_s, int64_t now_s)
{
    struct used *free_one = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].expires_s <= now_s)
            free_one = &set[i];
        else if (set[i].hash == hash)
            return REPLAY_AGAIN;
    }
    if (free_one == NULL) return REPLAY_FULL;
    *free_one = (struct used){hash, expires_s};
    return REPLAY_FIRST;
}

enum replay_answer access_replay_use(struct access_replay *replay, const char *key_id,
                                     struct slice id, int64_t expires_s, int64_t now_s)
{
    uint64_t hash;
    if (!hash_of(key_id, id, &hash)) return REPLAY_FULL;
    (void)pthread_mutex_lock(&replay->lock);
    const enum replay_answer answer = use(replay->sets[hash % SETS], hash, expires_s, now_s);
    (void)pthread_mutex_unlock(&replay->lock);
    return answer;
}
