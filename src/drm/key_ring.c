// SPDX-License-Identifier: Apache-2.0
#include "drm/key_ring.h"

#include "base/random.h"
#include "drm/key_ring_file.h"
#include "drm/key_ring_pkcs11.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ulid_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford base 32
enum { ID_PREFIX = 4, ULID_DIGITS = 26, ULID_TIME_DIGITS = 10, ASSOCIATED_BYTES = 320 };

bool wrapping_id_is_valid(const char *id)
{
    return strncmp(id, "kek_", ID_PREFIX) == 0 && strlen(id) == ID_PREFIX + ULID_DIGITS &&
           strspn(id + ID_PREFIX, ulid_digits) == ULID_DIGITS;
}

static int64_t made_ms(const char *id)
{
    uint64_t time = 0;
    for (size_t i = 0; i < ULID_TIME_DIGITS; i++)
        time = time << 5 | (uint64_t)(strchr(ulid_digits, id[ID_PREFIX + i]) - ulid_digits);
    return (int64_t)time;
}

// --- where and which kind
// ------------------------------------------------------------------------------

static const struct {
    const char *prefix; // of `where`; the last one takes all
    outcome (*open)(const char *where, struct key_ring **out, struct why *why);
    outcome (*make)(const char *where, const char *first_id, struct why *why);
} kinds[] = {
    {"pkcs11:", key_ring_pkcs11_open, key_ring_pkcs11_make},
    {"", key_ring_file_open, key_ring_file_make},
};

outcome key_ring_place(const char *configured, const char *data, char *out, size_t room,
                       struct why *why)
{
    const int len = configured[0] != '\0' ? snprintf(out, room, "%s", configured)
                                          : snprintf(out, room, "%s/keys/ring", data);
    if (len >= 0 && (size_t)len < room) return OK;
    return fail(why, INVALID, "the place of the key ring is longer than %zu bytes", room - 1);
}

static size_t kind_of(const char *where)
{
    size_t kind = 0;
    while (strncmp(where, kinds[kind].prefix, strlen(kinds[kind].prefix)) != 0)
        kind++;
    return kind;
}

outcome key_ring_open(const char *where, struct key_ring **out, struct why *why)
{
    return kinds[kind_of(where)].open(where, out, why);
}

outcome key_ring_make(const char *where, int64_t wall_ms, struct why *why)
{
    char id[ID_BYTES];
    id_make("kek", wall_ms, id);
    return kinds[kind_of(where)].make(where, id, why);
}

outcome key_ring_have(const char *where, int64_t wall_ms, struct key_ring **out, struct why *why)
{
    const outcome opened = key_ring_open(where, out, why);
    if (opened != NOT_FOUND) return opened;
    const outcome made = key_ring_make(where, wall_ms, why);
    if (made != OK && made != CONFLICT) return made; // CONFLICT: another process was first
    return key_ring_open(where, out, why);
}

void key_ring_close(struct key_ring **ring)
{
    if (*ring == NULL) return;
    (*ring)->ops->close(*ring);
    *ring = NULL;
}

// --- its keys --------------------------------------------------------------------------------

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct wrapping_key *)a)->id, ((const struct wrapping_key *)b)->id);
}

outcome key_ring_list(struct key_ring *ring, struct wrapping_key *out, size_t *count,
                      struct why *why)
{
    char ids[WRAPPING_KEYS_MAX][WRAPPING_ID_BYTES];
    size_t found = 0;
    TRY(ring->ops->list(ring, ids, &found, why));
    if (found == 0) return fail(why, CORRUPT, "the key ring has no key");
    assert(found <= WRAPPING_KEYS_MAX);
    for (size_t i = 0; i < found; i++) {
        memcpy(out[i].id, ids[i], WRAPPING_ID_BYTES);
        out[i].made_ms = made_ms(ids[i]);
    }
    qsort(out, found, sizeof *out, compare_ids);
    *count = found;
    return OK;
}

outcome key_ring_rotate(struct key_ring *ring, int64_t wall_ms, char out_id[WRAPPING_ID_BYTES],
                        struct why *why)
{
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t count;
    char id[ID_BYTES];
    TRY(key_ring_list(ring, keys, &count, why));
    if (count == WRAPPING_KEYS_MAX)
        return fail(why, TOO_LARGE, "the key ring has %d keys already: forget old ones first",
                    WRAPPING_KEYS_MAX);
    const struct wrapping_key *active = &keys[count - 1];
    id_make("kek", wall_ms, id);
    if (wall_ms <= active->made_ms)
        return fail(why, CONFLICT,
                    "the clock stands before the time at which %s was made: set it right first",
                    active->id);
    TRY(ring->ops->add(ring, id, why));
    if (out_id != NULL) memcpy(out_id, id, ID_PREFIX + ULID_DIGITS + 1);
    return OK;
}

outcome key_ring_forget(struct key_ring *ring, const char *id, struct why *why)
{
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t count;
    TRY(key_ring_list(ring, keys, &count, why));
    if (strcmp(keys[count - 1].id, id) == 0)
        return fail(why, CONFLICT, "%s is the active wrapping key: rotate first", id);
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i].id, id) == 0) return ring->ops->drop(ring, id, why);
    return fail(why, NOT_FOUND, "the key ring has no wrapping key %.40s", id);
}

// --- wrapping --------------------------------------------------------------------------------

// label NUL id NUL context: no two pairs of id and context give the same bytes, since an id has no
// NUL.
static size_t associate(const char *id, struct slice context, uint8_t out[ASSOCIATED_BYTES])
{
    static const char label[] = "primrose wrapped key 1";
    const size_t id_bytes = strlen(id) + 1;
    memcpy(out, label, sizeof label);
    memcpy(out + sizeof label, id, id_bytes);
    if (context.len > 0) memcpy(out + sizeof label + id_bytes, context.at, context.len);
    return sizeof label + id_bytes + context.len;
}

static outcome check_context(struct slice context, struct why *why)
{
    if (context.len <= WRAP_CONTEXT_BYTES) return OK;
    return fail(why, TOO_LARGE, "a wrapped key's context has at most %d bytes, not %zu",
                WRAP_CONTEXT_BYTES, context.len);
}

outcome key_ring_wrap(struct key_ring *ring, const uint8_t secret[CONTENT_KEY_BYTES],
                      struct slice context, struct wrapped_key *out, struct why *why)
{
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    struct wrapped_key made = {.wrapping_id = ""};
    uint8_t associated[ASSOCIATED_BYTES];
    size_t count;
    TRY(check_context(context, why));
    TRY(key_ring_list(ring, keys, &count, why));
    memcpy(made.wrapping_id, keys[count - 1].id, WRAPPING_ID_BYTES);
    random_bytes(made.nonce, sizeof made.nonce);
    const size_t len = associate(made.wrapping_id, context, associated);
    const outcome sealed =
        ring->ops->seal(ring, made.wrapping_id, made.nonce, (struct slice){associated, len}, secret,
                        made.sealed, why);
    if (sealed == NOT_FOUND)
        return fail(why, CONFLICT, "wrapping key %s went while it was used: try again",
                    made.wrapping_id);
    if (sealed == OK) *out = made;
    return sealed;
}

outcome key_ring_unwrap(struct key_ring *ring, const struct wrapped_key *wrapped,
                        struct slice context, uint8_t secret[CONTENT_KEY_BYTES], struct why *why)
{
    uint8_t associated[ASSOCIATED_BYTES];
    TRY(check_context(context, why));
    if (!wrapping_id_is_valid(wrapped->wrapping_id))
        return fail(why, CORRUPT, "a wrapped key's record names no wrapping key");
    const size_t len = associate(wrapped->wrapping_id, context, associated);
    const outcome opened =
        ring->ops->open(ring, wrapped->wrapping_id, wrapped->nonce, (struct slice){associated, len},
                        wrapped->sealed, secret, why);
    if (opened == NOT_FOUND)
        return fail(why, NOT_FOUND,
                    "the key ring does not have wrapping key %s: is it the right ring?",
                    wrapped->wrapping_id);
    if (opened == CORRUPT)
        return fail(why, CORRUPT,
                    "a content key does not unwrap under %s: its record was altered, or belongs to "
                    "another title or class",
                    wrapped->wrapping_id);
    return opened;
}
