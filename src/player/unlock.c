// SPDX-License-Identifier: Apache-2.0
#include "player/unlock.h"

#include "player/house_memory.h"
#include "player/house_play.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 60000 }; // of a renewal that failed

enum unlock_state { UNLOCK_IDLE, UNLOCK_ASKING, UNLOCK_DONE };

struct unlock {
    struct cdm *cdm;
    bool asks_house, has_playback;
    char origin[HOUSE_ADDRESS_BYTES], title[DEVICE_TITLE_BYTES];
    const char *device_path;
    const struct clock *clock;
    enum unlock_state state; // of the main thread's view
    pthread_t thread;
    // Written by the thread, read once it has been joined.
    outcome result;
    struct why why;
    int64_t licence_us;
    struct house_playback playback;
    struct device_licence licence;
    uint32_t licence_count, registration_count;
    int64_t renew_ms; // by the clock; INT64_MAX: never
};

static outcome add_keys(struct cdm *cdm, const struct unlock_options *options, struct why *why)
{
    for (size_t i = 0; i < options->key_count; i++) {
        autokeys keys = {.count = 0}; // one at a time: several keys may be for one class
        TRY(key_set_add(&keys, options->keys[i], why));
        TRY(cdm_add_key(cdm, &keys.keys[0].key, why));
    }
    return OK;
}

outcome unlock_open(const struct unlock_options *options, struct unlock **out, struct why *why)
{
    const struct cdm_options cdm_options = {options->cdm_program, options->device_path};
    struct unlock *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory to unlock a stream");
    made->asks_house = options->key_count == 0 && options->kept.at == NULL;
    made->device_path = options->device_path;
    made->clock = options->clock;
    made->renew_ms = INT64_MAX;
    made->has_playback = options->playback != NULL;
    if (made->has_playback) made->playback = *options->playback;
    outcome result = OK;
    if (made->asks_house && house_of(options->manifest_url, made->origin, made->title, NULL) != OK)
        result =
            fail(why, NOT_FOUND,
                 "the stream is encrypted, and no licence is at hand: give its keys with --key");
    if (result == OK) result = cdm_open(&cdm_options, &made->cdm, why);
    if (result == OK) result = add_keys(made->cdm, options, why);
    if (result == OK && options->kept.at != NULL)
        result = cdm_restore(made->cdm, options->kept, &made->licence, why);
    if (result != OK) {
        unlock_close(&made);
        return result;
    }
    *out = made;
    return OK;
}

struct cdm *unlock_cdm(const struct unlock *unlock)
{
    return unlock->cdm;
}

static outcome trust_all(struct unlock *unlock, const struct ed25519_public *services, size_t count,
                         struct why *why)
{
    for (size_t i = 0; i < count; i++)
        TRY(cdm_trust(unlock->cdm, &services[i], why));
    return OK;
}

// That the house is not remembered costs the next play a registration, and this one nothing.
static outcome register_device(struct unlock *unlock, struct http_client *client, struct why *why)
{
    autobuffer registration = buffer_init(REGISTRATION_BYTES_MAX);
    struct ed25519_public services[HOUSE_SERVICES_MAX];
    struct device_id device;
    char name[256] = "";
    size_t count = 0;
    (void)gethostname(name, sizeof name - 1);
    TRY(cdm_register(unlock->cdm, name, &registration, why));
    TRY(house_register(client, &unlock->playback, buffer_slice(&registration), services, &count,
                       why));
    unlock->registration_count++;
    TRY(cdm_device(unlock->cdm, &device, why));
    (void)!house_remember(unlock->device_path, &device, unlock->origin, services, count, NULL);
    return trust_all(unlock, services, count, why);
}

// True when the house was registered at before.
static bool recall_house(struct unlock *unlock)
{
    struct ed25519_public services[HOUSE_SERVICES_MAX];
    struct device_id device;
    size_t count = 0;
    if (cdm_device(unlock->cdm, &device, NULL) != OK) return false;
    house_recall(unlock->device_path, &device, unlock->origin, services, &count);
    return count > 0 && trust_all(unlock, services, count, NULL) == OK;
}

// `renews`: the licence before, or NULL.
static outcome take_licence(struct unlock *unlock, struct http_client *client,
                            const uint8_t *renews, struct why *why)
{
    autobuffer challenge = buffer_init(CHALLENGE_BYTES_MAX);
    autobuffer licence = buffer_init(LICENCE_BYTES_MAX);
    const struct cdm_wish wish = {.title = unlock->title,
                                  .kind = LICENCE_STREAMED,
                                  .key_ids = unlock->playback.key_ids,
                                  .key_count = unlock->playback.key_count,
                                  .renews = renews};
    uint64_t number = 0;
    TRY(cdm_challenge(unlock->cdm, &wish, &number, &challenge, why));
    TRY(house_licence(client, &unlock->playback, buffer_slice(&challenge), &licence, why));
    TRY(cdm_licence(unlock->cdm, number, buffer_slice(&licence), &unlock->licence, why));
    const struct licence_terms *terms = &unlock->licence.terms;
    const int64_t now_ms = clock_wall_ms(unlock->clock);
    unlock->licence_count++;
    // A duration of the service's, so that a clock that differs a little does not matter.
    unlock->renew_ms =
        terms->renew_ms == 0 ? INT64_MAX : now_ms + terms->renew_ms - terms->issued_ms;
    return OK;
}

static outcome ask_playback(struct unlock *unlock, struct http_client *client, struct why *why)
{
    const struct house_member nobody = {unlock->origin, ""};
    struct house_play play;
    TRY(house_play_begin(client, &nobody, unlock->title, &play, why));
    unlock->playback = play.licence;
    return OK;
}

static outcome ask_house(struct unlock *unlock, struct http_client *client, struct why *why)
{
    if (!unlock->has_playback) TRY(ask_playback(unlock, client, why));
    if (!unlock->playback.is_protected)
        return fail(why, INVALID, "the stream is encrypted, and its house says that it is clear");
    struct why first = {""};
    // The house may have forgotten the device, or sign with another key than it did: the CDM or the
    // house then refuses, and a registration mends it. A refusal of the play itself comes again.
    if (recall_house(unlock) && take_licence(unlock, client, NULL, &first) == OK) return OK;
    TRY(register_device(unlock, client, why));
    return take_licence(unlock, client, NULL, why);
}

// Failing is no harm while the licence lasts: the CDM says when it does not.
static void renew(struct unlock *unlock)
{
    struct http_client *client = NULL;
    const struct device_licence before = unlock->licence;
    outcome result = http_client_open(&client, NULL);
    if (result == OK) result = take_licence(unlock, client, before.id, NULL);
    http_client_close(&client);
    if (result != OK) unlock->renew_ms = clock_wall_ms(unlock->clock) + RETRY_MS;
}

static void *ask_in_thread(void *context)
{
    struct unlock *unlock = context;
    struct http_client *client = NULL;
    const int64_t begin_us = clock_us(clock_system());
    unlock->result = http_client_open(&client, &unlock->why);
    if (unlock->result == OK) unlock->result = ask_house(unlock, client, &unlock->why);
    http_client_close(&client);
    unlock->licence_us = clock_us(clock_system()) - begin_us;
    return NULL;
}

outcome unlock_ask(struct unlock *unlock, struct why *why)
{
    assert(unlock->state == UNLOCK_IDLE);
    unlock->state = UNLOCK_DONE;
    if (!unlock->asks_house) return OK;
    if (pthread_create(&unlock->thread, NULL, ask_in_thread, unlock) != 0)
        return fail(why, UNAVAILABLE, "cannot start a thread to ask for a licence");
    unlock->state = UNLOCK_ASKING;
    return OK;
}

outcome unlock_wait(struct unlock *unlock, struct why *why)
{
    if (unlock->state == UNLOCK_ASKING) {
        (void)pthread_join(unlock->thread, NULL);
        unlock->state = UNLOCK_DONE;
    }
    if (unlock->result != OK) return fail(why, unlock->result, "%s", unlock->why.text);
    if (clock_wall_ms(unlock->clock) >= unlock->renew_ms) renew(unlock);
    return OK;
}

uint32_t unlock_licence_count(const struct unlock *unlock)
{
    return unlock->licence_count;
}

uint32_t unlock_registration_count(const struct unlock *unlock)
{
    return unlock->registration_count;
}

int64_t unlock_licence_us(const struct unlock *unlock)
{
    return unlock->licence_us;
}

void unlock_close(struct unlock **unlock)
{
    if (*unlock == NULL) return;
    if ((*unlock)->state == UNLOCK_ASKING) (void)pthread_join((*unlock)->thread, NULL);
    cdm_close(&(*unlock)->cdm);
    free(*unlock);
    *unlock = NULL;
}
