// SPDX-License-Identifier: Apache-2.0
#include "store/redis.h"

#include "redis_service.h"

static void a_password_is_given_and_never_told(void **state)
{
    (void)state;
    if (!redis_is_installed()) {
        print_message("# SKIPPED: redis-server is not installed: apt install redis-server\n");
        skip();
    }
    char folder[128], url[128];
    folder_new(folder);
    struct service service = redis_start(port_free(), folder);
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", service.port);
    struct redis *open = NULL, *locked = NULL;
    autoreply *reply = NULL, *again = NULL, *refused = NULL;
    assert_ok(redis_open(url, 10000, &open, &why_));
    assert_ok(redis_call(open, REDIS_ASK_AGAIN,
                         REDIS_WORDS(slice_of("CONFIG"), slice_of("SET"), slice_of("requirepass"),
                                     slice_of("s e@cret")),
                         &reply, &why_));
    struct redis *stranger = NULL;
    struct why why = {""};
    assert_ok(redis_open(url, 0, &stranger, &why_));
    assert_int_equal(
        redis_call(stranger, REDIS_GIVE_UP, REDIS_WORDS(slice_of("PING")), &refused, &why), DENIED);
    (void)snprintf(url, sizeof url, "redis://:s%%20e%%40cret@127.0.0.1:%u", service.port);
    assert_ok(redis_open(url, 0, &locked, &why_));
    assert_ok(redis_call(locked, REDIS_GIVE_UP, REDIS_WORDS(slice_of("PING")), &again, &why_));
    assert_true(slice_is(redis_bytes(again), "PONG"));
    redis_close(&locked);
    (void)snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", service.port);
    assert_ok(redis_open(url, 0, &locked, &why_));
    assert_int_equal(
        redis_call(locked, REDIS_GIVE_UP, REDIS_WORDS(slice_of("PING")), &refused, &why), DENIED);
    assert_null(strstr(why.text, "wrong"));
    redis_close(&locked);
    redis_close(&stranger);
    redis_close(&open);
    service_stop(&service);
    assert_ok(folder_remove(folder, &why_));
}

static void a_script_is_run_whether_redis_knows_it_or_not(void **state)
{
    (void)state;
    if (!redis_is_installed()) {
        print_message("# SKIPPED: redis-server is not installed: apt install redis-server\n");
        skip();
    }
    static const struct redis_script script = {"return {KEYS[1], ARGV[1]}"};
    char folder[128], url[128];
    folder_new(folder);
    struct service service = redis_start(port_free(), folder);
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", service.port);
    struct redis *redis = NULL;
    assert_ok(redis_open(url, 10000, &redis, &why_));
    for (int i = 0; i < 4; i++) {
        autoreply *reply = NULL, *flushed = NULL;
        assert_ok(redis_run(redis, REDIS_ASK_AGAIN, &script, slice_of("key"),
                            REDIS_WORDS(slice_of("value")), &reply, &why_));
        assert_int_equal(reply->elements, 2);
        assert_true(slice_is(redis_bytes(reply->element[1]), "value"));
        if (i == 1)
            assert_ok(redis_call(redis, REDIS_ASK_AGAIN,
                                 REDIS_WORDS(slice_of("SCRIPT"), slice_of("FLUSH")), &flushed,
                                 &why_));
    }
    redis_close(&redis);
    service_stop(&service);
    assert_ok(folder_remove(folder, &why_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_given_and_never_told),
        cmocka_unit_test(a_script_is_run_whether_redis_knows_it_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
