// SPDX-License-Identifier: Apache-2.0
//
// More plays at once than a plan has: one after the other, and eight in the same moment.
#include "stage.h"

#include <pthread.h>

enum { RACERS = 8 };

struct racer {
    struct stage *stage;
    char session[16];
    pthread_barrier_t *start;
    int status;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct stage own = *racer->stage; // a client and an answer of its own
    const struct entitlement claims = stage_claims(&own, racer->session);
    autobuffer token = stage_token(&own, &claims);
    own.client = NULL;
    own.body = buffer_init(1 << 16);
    if (http_client_open(&own.client, NULL) != OK) abort();
    (void)pthread_barrier_wait(racer->start);
    racer->status = stage_clearkey(&own, buffer_text(&token), "0");
    http_client_close(&own.client);
    buffer_release(&own.body);
    return NULL;
}

void attack_stream_limit(void **state)
{
    struct stage *stage = *state;
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, RACERS), 0);
    for (size_t i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.stage = stage, .start = &start};
        (void)snprintf(racers[i].session, sizeof racers[i].session, "session_%zu", i);
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    size_t granted = 0;
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        granted += racers[i].status == 200;
    }
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(granted, 2); // of this title, whoever came first

    static const char *const codes[] = {NULL, NULL, "too-many-streams-of-title"};
    for (size_t i = 0; i < RACERS; i++)
        assert_ok(stream_end(stage->service->stores.tables, "member_1", racers[i].session,
                             stage_now_ms(stage), &why_));
    for (size_t i = 0; i < 3; i++) {
        char session[16];
        (void)snprintf(session, sizeof session, "later_%zu", i);
        const struct entitlement claims = stage_claims(stage, session);
        autobuffer token = stage_token(stage, &claims);
        (void)stage_clearkey(stage, buffer_text(&token), "0");
        if (codes[i] == NULL)
            assert_int_equal(stage->status, 200);
        else
            stage_must_deny(stage, buffer_text(&token), codes[i]);
    }
    struct entitlement other = stage_claims(stage, "later_3"); // counted beside the other title
    other.title_streams_max = 0;
    other.account_streams_max = 2;
    autobuffer token = stage_token(stage, &other);
    (void)stage_clearkey(stage, buffer_text(&token), "0");
    stage_must_deny(stage, buffer_text(&token), "too-many-streams");
}
