// SPDX-License-Identifier: Apache-2.0
//
// primrose-cdm, the child's side of player/cdm.h: locks itself in, then answers one request after
// another until the player closes the channel.
#include "base/channel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "drm/cbor.h"
#include "drm/secret.h"
#include "player/cdm_device.h"
#include "player/cdm_internal.h"
#include "player/decoder_internal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct sandbox_limits limits = {
    .memory_bytes_max = (uint64_t)1 << 30, // the largest part, and libraries
    .file_bytes_max = INT64_MAX,           // clear media is written behind what was read
    .descriptors_max = 32,
};

enum { ANSWER_MS_MAX = 10000, REQUEST_FIELDS_MAX = CHANNEL_MESSAGE_BYTES_MAX / 2 };

struct pending {
    uint64_t number; // 0: empty
    struct device_challenge challenge;
    struct p256_key *one_time;
};

struct track {
    bool is_open;
    int bytes_fd, records_fd;
    uint64_t offset; // where the next part goes
};

struct cdm_state {
    struct cdm_device device;
    struct p256_key *identity;
    struct licence_vault *vault;
    struct ed25519_public services[CDM_SERVICES_MAX];
    size_t service_count;
    struct pending pending[CDM_PENDING_MAX];
    uint64_t numbers;
    struct track tracks[CDM_TRACKS_MAX];
    struct buffer part;          // under decryption
    struct subsample_map map;    // of the sample under decryption
    int fds[2];                  // that came with the request; -1: none
    struct cbor_reader *request; // behind the operation
    struct buffer fields;        // of the answer
    size_t field_count;
};

static int64_t now_ms(void)
{
    return clock_wall_ms(clock_system());
}

static outcome answer_bytes(struct cdm_state *state, struct slice bytes, struct why *why)
{
    state->field_count++;
    return cbor_put_bytes(&state->fields, bytes, why);
}

static outcome answer_number(struct cdm_state *state, int64_t number, struct why *why)
{
    state->field_count++;
    return cbor_put_int(&state->fields, number, why);
}

static outcome answer_licence(struct cdm_state *state, const struct device_licence *licence,
                              struct why *why)
{
    const struct licence_terms *terms = &licence->terms;
    TRY(answer_bytes(state, (struct slice){licence->id, LICENCE_ID_BYTES}, why));
    TRY(answer_number(state, (int64_t)terms->kind, why));
    TRY(answer_number(state, terms->issued_ms, why));
    TRY(answer_number(state, terms->expires_ms, why));
    TRY(answer_number(state, terms->renew_ms, why));
    TRY(answer_number(state, terms->begin_within_ms, why));
    return answer_number(state, terms->finish_within_ms, why);
}

static outcome on_hello(struct cdm_state *state, struct why *why)
{
    struct device_id id;
    device_id_make(p256_key_point(state->identity), &id);
    return answer_bytes(state, (struct slice){id.bytes, DEVICE_ID_BYTES}, why);
}

static outcome on_register(struct cdm_state *state, struct why *why)
{
    autobuffer message = buffer_init(REGISTRATION_BYTES_MAX);
    struct slice text = {NULL, 0};
    char name[DEVICE_NAME_BYTES] = "";
    TRY(cbor_take_text(state->request, 4096, &text, why));
    const struct slice cut = slice_part(text, 0, sizeof name - 1);
    if (cut.len > 0) memcpy(name, cut.at, cut.len);
    TRY(device_registration_make(state->identity, name, now_ms(), &message, why));
    return answer_bytes(state, buffer_slice(&message), why);
}

static outcome on_trust(struct cdm_state *state, struct why *why)
{
    struct ed25519_public service;
    TRY(cbor_take_exactly(state->request, service.bytes, ED25519_PUBLIC_BYTES, why));
    for (size_t i = 0; i < state->service_count; i++)
        if (memcmp(&state->services[i], &service, sizeof service) == 0) return OK;
    if (state->service_count == CDM_SERVICES_MAX)
        return fail(why, TOO_LARGE, "more than %d licence services", CDM_SERVICES_MAX);
    state->services[state->service_count++] = service;
    return OK;
}

static void pending_drop(struct pending *pending)
{
    p256_key_close(&pending->one_time);
    pending->number = 0;
}

static outcome take_wish(struct cdm_state *state, struct device_challenge *out, struct why *why)
{
    struct slice title = {NULL, 0};
    uint64_t kind = 0, count = 0;
    *out = (struct device_challenge){.wall_ms = now_ms()};
    TRY(cbor_take_text(state->request, DEVICE_TITLE_BYTES - 1, &title, why));
    if (title.len > 0) memcpy(out->title, title.at, title.len);
    TRY(cbor_take_uint(state->request, LICENCE_KIND_COUNT - 1, &kind, why));
    TRY(cbor_take_exactly(state->request, out->renews, LICENCE_ID_BYTES, why));
    TRY(cbor_take_uint(state->request, LICENCE_KEYS_MAX, &count, why));
    if (count == 0) return fail(why, INVALID, "a challenge asks for one key at least");
    for (size_t i = 0; i < count; i++)
        TRY(cbor_take_exactly(state->request, out->key_ids[i].bytes, KEY_ID_BYTES, why));
    out->kind = (enum licence_kind)kind;
    out->key_count = (size_t)count;
    return OK;
}

static outcome on_challenge(struct cdm_state *state, struct why *why)
{
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    struct pending made = {.number = state->numbers + 1};
    TRY(take_wish(state, &made.challenge, why));
    TRY(device_challenge_make(state->identity, &made.challenge, &made.one_time, &message, why));
    struct pending *place = &state->pending[state->numbers++ % CDM_PENDING_MAX];
    pending_drop(place);
    *place = made;
    TRY(answer_number(state, (int64_t)made.number, why));
    return answer_bytes(state, buffer_slice(&message), why);
}

static outcome on_licence(struct cdm_state *state, struct why *why)
{
    autolicencekeys keys = {.count = 0};
    struct slice message = {NULL, 0};
    struct device_licence licence;
    uint64_t number = 0;
    TRY(cbor_take_uint(state->request, UINT64_MAX, &number, why));
    TRY(cbor_take_bytes(state->request, LICENCE_BYTES_MAX, &message, why));
    struct pending *asked = &state->pending[(number - 1) % CDM_PENDING_MAX];
    if (number == 0 || asked->number != number)
        return fail(why, DENIED, "no challenge waits for this licence");
    const outcome opened =
        device_licence_open(message, &asked->challenge, asked->one_time, state->services,
                            state->service_count, &licence, &keys, why);
    pending_drop(asked);
    if (opened != OK) return opened;
    licence_vault_add(state->vault, &licence, &keys);
    return answer_licence(state, &licence, why);
}

static outcome on_add_key(struct cdm_state *state, struct why *why)
{
    struct content_key key;
    TRY(cbor_take_exactly(state->request, key.id.bytes, KEY_ID_BYTES, why));
    TRY(cbor_take_exactly(state->request, key.secret, CONTENT_KEY_BYTES, why));
    const outcome added = licence_vault_add_bare(state->vault, &key, why);
    OPENSSL_cleanse(&key, sizeof key);
    return added;
}

static outcome on_keep(struct cdm_state *state, struct why *why)
{
    autobuffer sealed = buffer_init(KEPT_BYTES_MAX);
    uint8_t id[LICENCE_ID_BYTES];
    TRY(cbor_take_exactly(state->request, id, LICENCE_ID_BYTES, why));
    TRY(licence_vault_keep(state->vault, id, &sealed, why));
    return answer_bytes(state, buffer_slice(&sealed), why);
}

static outcome on_restore(struct cdm_state *state, struct why *why)
{
    struct slice sealed = {NULL, 0};
    struct device_licence licence;
    TRY(cbor_take_bytes(state->request, KEPT_BYTES_MAX, &sealed, why));
    TRY(licence_vault_restore(state->vault, sealed, now_ms(), &licence, why));
    return answer_licence(state, &licence, why);
}

static outcome on_track_open(struct cdm_state *state, struct why *why)
{
    size_t number = 0;
    while (number < CDM_TRACKS_MAX && state->tracks[number].is_open)
        number++;
    if (number == CDM_TRACKS_MAX) return fail(why, TOO_LARGE, "too many tracks are open");
    if (state->fds[0] < 0 || state->fds[1] < 0)
        return fail(why, INVALID, "a track comes with two descriptors");
    state->tracks[number] = (struct track){true, state->fds[0], state->fds[1], 0};
    state->fds[0] = state->fds[1] = -1;
    return answer_number(state, (int64_t)number, why);
}

static outcome take_track(struct cdm_state *state, struct track **out, struct why *why)
{
    uint64_t number = 0;
    TRY(cbor_take_uint(state->request, CDM_TRACKS_MAX - 1, &number, why));
    if (!state->tracks[number].is_open) return fail(why, NOT_FOUND, "no such track is open");
    *out = &state->tracks[number];
    return OK;
}

static outcome on_track_close(struct cdm_state *state, struct why *why)
{
    struct track *track = NULL;
    TRY(take_track(state, &track, why));
    fd_close(&track->bytes_fd);
    fd_close(&track->records_fd);
    track->is_open = false;
    return OK;
}

// One encrypted sample of a request.
struct wanted {
    uint64_t offset, size;
    struct track_encryption encryption;
    uint8_t iv[CENC_IV_BYTES];
};

static outcome take_subsamples(struct cdm_state *state, struct why *why)
{
    struct slice packed = {NULL, 0};
    TRY(cbor_take_bytes(state->request, CDM_SUBSAMPLES_BYTES_MAX, &packed, why));
    if (packed.len % 6 != 0) return fail(why, INVALID, "subsamples have six bytes each");
    state->map.count = packed.len / 6;
    for (size_t i = 0; i < state->map.count; i++) {
        const uint8_t *at = packed.at + 6 * i;
        state->map.items[i] = (struct subsample){read_u16be(at), read_u32be(at + 2)};
    }
    return OK;
}

static outcome take_wanted(struct cdm_state *state, struct wanted *out, struct why *why)
{
    uint64_t scheme = 0, pattern = 0;
    const uint64_t part = state->part.len;
    struct track_encryption *track = &out->encryption;
    TRY(cbor_take_uint(state->request, part, &out->offset, why));
    TRY(cbor_take_uint(state->request, part - out->offset, &out->size, why));
    TRY(cbor_take_uint(state->request, SCHEME_COUNT - 1, &scheme, why));
    TRY(cbor_take_uint(state->request, UINT8_MAX, &pattern, why));
    if (scheme == SCHEME_NONE) return fail(why, INVALID, "an encrypted sample has no scheme");
    *track = (struct track_encryption){.scheme = (enum cenc_scheme)scheme,
                                       .crypt_blocks = (uint8_t)(pattern >> 4),
                                       .skip_blocks = (uint8_t)(pattern & 0xf),
                                       .sample_iv_bytes = CENC_IV_BYTES};
    if (track->skip_blocks > 0 && track->crypt_blocks == 0)
        return fail(why, INVALID, "a pattern encrypts one block at least");
    TRY(cbor_take_exactly(state->request, track->key_id.bytes, KEY_ID_BYTES, why));
    TRY(cbor_take_exactly(state->request, out->iv, CENC_IV_BYTES, why));
    return take_subsamples(state, why);
}

static bool is_same_cipher(const struct track_encryption *a, const struct track_encryption *b)
{
    return a->scheme == b->scheme && a->crypt_blocks == b->crypt_blocks &&
           a->skip_blocks == b->skip_blocks && key_id_equal(&a->key_id, &b->key_id);
}

// Decrypts the samples of the part in its buffer; the terms are asked once per key and part.
static outcome decrypt(struct cdm_state *state, struct why *why)
{
    autocipher *cipher = NULL;
    struct track_encryption scheduled = {.scheme = SCHEME_NONE};
    uint64_t count = 0;
    TRY(cbor_take_uint(state->request, REQUEST_FIELDS_MAX, &count, why));
    for (uint64_t i = 0; i < count; i++) {
        struct wanted wanted;
        TRY(take_wanted(state, &wanted, why));
        if (!is_same_cipher(&wanted.encryption, &scheduled)) {
            const struct content_key *key = NULL;
            sample_cipher_close(&cipher);
            TRY(licence_vault_key(state->vault, &wanted.encryption.key_id, now_ms(), &key, why));
            TRY(sample_cipher_open(&wanted.encryption, key, CIPHER_DECRYPT, &cipher, why));
            scheduled = wanted.encryption;
        }
        TRY(sample_cipher_apply(cipher, state->part.at + wanted.offset, wanted.size, wanted.iv,
                                &state->map, why));
    }
    return OK;
}

static outcome forward(struct cdm_state *state, struct track *track, uint64_t part, struct why *why)
{
    const struct decoder_record record = {part, track->offset, state->part.len};
    TRY(fd_write_at(track->bytes_fd, buffer_slice(&state->part), track->offset, why));
    track->offset += state->part.len;
    const outcome sent =
        fd_write(track->records_fd, (struct slice){(const uint8_t *)&record, sizeof record}, NULL);
    return sent == OK ? OK : fail(why, UNAVAILABLE, "the decoding process died of this media");
}

// The part is copied before anything looks at it: the player could change the shared bytes.
static outcome on_feed(struct cdm_state *state, struct why *why)
{
    struct track *track = NULL;
    uint64_t part = 0, size = 0;
    TRY(take_track(state, &track, why));
    TRY(cbor_take_uint(state->request, DECODER_MEDIA, &part, why));
    TRY(cbor_take_uint(state->request, CDM_PART_BYTES_MAX, &size, why));
    state->part.len = 0;
    TRY(buffer_reserve(&state->part, (size_t)size, why));
    if (size > 0) TRY(fd_read_at(CDM_MEDIA_FD, state->part.at, (size_t)size, 0, why));
    state->part.len = (size_t)size;
    TRY(decrypt(state, why));
    TRY(cdm_device_save(&state->device, why)); // before anyone sees what a download shows
    return forward(state, track, part, why);
}

typedef outcome operation(struct cdm_state *state, struct why *why);
static operation *const operations[CDM_OPERATION_COUNT] = {
    [CDM_HELLO] = on_hello,
    [CDM_REGISTER] = on_register,
    [CDM_TRUST] = on_trust,
    [CDM_CHALLENGE] = on_challenge,
    [CDM_LICENCE] = on_licence,
    [CDM_ADD_KEY] = on_add_key,
    [CDM_KEEP] = on_keep,
    [CDM_RESTORE] = on_restore,
    [CDM_TRACK_OPEN] = on_track_open,
    [CDM_TRACK_CLOSE] = on_track_close,
    [CDM_FEED] = on_feed,
};

static outcome handle(struct cdm_state *state, struct slice message, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(message, "the request");
    size_t items;
    uint64_t number = 0;
    state->request = &reader;
    TRY(cbor_take_array(&reader, REQUEST_FIELDS_MAX, &items, why));
    TRY(cbor_take_uint(&reader, CDM_OPERATION_COUNT - 1, &number, why));
    TRY(operations[number](state, why));
    return cbor_expect_end(&reader, why);
}

static outcome answer(struct cdm_state *state, outcome result, const struct why *why,
                      struct buffer *out)
{
    const bool has_fields = result == OK;
    out->len = 0;
    TRY(cbor_put_array(out, 2 + (has_fields ? state->field_count : 0), NULL));
    TRY(cbor_put_uint(out, result, NULL));
    TRY(cbor_put_text(out, slice_of(result == OK ? "" : why->text), NULL));
    return has_fields ? buffer_put(out, buffer_slice(&state->fields), NULL) : OK;
}

static void serve(struct cdm_state *state)
{
    autobuffer message = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    autobuffer out = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    for (;;) {
        struct why why = {""};
        size_t fd_count;
        state->fds[0] = state->fds[1] = -1;
        if (channel_receive(CDM_CHANNEL_FD, &message, state->fds, 2, &fd_count, -1, NULL) != OK)
            return;
        state->fields.len = state->field_count = 0;
        const outcome result = handle(state, buffer_slice(&message), &why);
        if (message.at != NULL) OPENSSL_cleanse(message.at, message.len); // keys given by hand
        fd_close(&state->fds[0]);
        fd_close(&state->fds[1]);
        if (answer(state, result, &why, &out) != OK ||
            channel_send(CDM_CHANNEL_FD, buffer_slice(&out), NULL, 0, ANSWER_MS_MAX, NULL) != OK)
            return;
    }
}

// Makes the libraries load what they load at first use: behind the wall they may not.
static outcome warm_up(const struct p256_key *identity, struct why *why)
{
    const struct track_encryption counter = {.scheme = SCHEME_CENC, .sample_iv_bytes = 8},
                                  chained = {.scheme = SCHEME_CBCS, .sample_iv_bytes = 16};
    const struct content_key key = {.secret = {0}};
    struct vault_memory memory = {.count = 0};
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX), out = buffer_init(LICENCE_BYTES_MAX);
    autop256 *one_time = NULL;
    autoed25519 *service = NULL;
    autocipher *counting = NULL, *chaining = NULL;
    static const uint8_t seed[ED25519_SEED_BYTES];
    struct device_challenge challenge = {.key_count = 1};
    const struct licence_terms terms = {.kind = LICENCE_KEPT, .expires_ms = 1};
    const struct licence_keys none = {.count = 0};
    struct device_licence licence;
    struct licence_keys opened;
    TRY(sample_cipher_open(&counter, &key, CIPHER_DECRYPT, &counting, why));
    TRY(sample_cipher_open(&chained, &key, CIPHER_DECRYPT, &chaining, why));
    TRY(ed25519_key_load(seed, &service, why));
    TRY(device_challenge_make(identity, &challenge, &one_time, &message, why));
    TRY(device_licence_make(&challenge, &terms, &none, service, NULL, &out, why));
    TRY(device_licence_open(buffer_slice(&out), &challenge, one_time, ed25519_key_public(service),
                            1, &licence, &opened, why));
    struct licence_vault *vault = NULL;
    TRY(licence_vault_open(seed, &memory, &vault, why));
    licence_vault_add(vault, &licence, &opened);
    out.len = 0;
    const outcome kept = licence_vault_keep(vault, licence.id, &out, why);
    licence_vault_close(&vault);
    return kept;
}

static outcome prepare(struct cdm_state *state, struct why *why)
{
    TRY(cdm_device_load(CDM_DEVICE_FD, &state->device, why));
    TRY(p256_key_load(state->device.secret, &state->identity, why));
    TRY(licence_vault_open(state->device.secret, &state->device.memory, &state->vault, why));
    TRY(warm_up(state->identity, why));
    TRY(sandbox_close_others(CDM_MEDIA_FD, why));
    return sandbox_enter(&limits, why);
}

int main(void)
{
    void *pages;
    struct why why = {""};
    secret_guard();
    (void)signal(SIGPIPE, SIG_IGN); // a decoder may die: that is an outcome
    if (secret_take(sizeof(struct cdm_state), &pages, &why) != OK) return CDM_EXIT_SETUP;
    struct cdm_state *state = pages;
    state->part = buffer_init(CDM_PART_BYTES_MAX);
    state->fields = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    const outcome prepared = prepare(state, &why);
    if (prepared != OK) { // said to the first request: its sender waits for it
        autobuffer out = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
        if (answer(state, prepared, &why, &out) == OK)
            (void)!channel_send(CDM_CHANNEL_FD, buffer_slice(&out), NULL, 0, ANSWER_MS_MAX, NULL);
        _exit(CDM_EXIT_SETUP);
    }
    serve(state);
    (void)!cdm_device_save(&state->device, &why);
    licence_vault_close(&state->vault);
    p256_key_close(&state->identity);
    OPENSSL_cleanse(&state->device, sizeof state->device);
    _exit(0); // what libraries do at exit, they may not do in the sandbox
}
