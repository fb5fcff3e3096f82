// SPDX-License-Identifier: Apache-2.0
#include "store/blob_s3.h"

#include "conformance_blob.h"
#include "service.h"

static struct service s3;
static char script[500];

struct place {
    char bucket[32], endpoint[64], copies[128];
    uint64_t copies_bytes;
};

static void *make_bucket(void)
{
    static unsigned number;
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->bucket, sizeof place->bucket, "films-%u", number++);
    (void)snprintf(place->endpoint, sizeof place->endpoint, "http://127.0.0.1:%u", s3.port);
    return place;
}

static void remove_bucket(void *place)
{
    free(place);
}

static outcome open_bucket(void *argument, struct blob_store **out, struct why *why)
{
    const struct place *place = argument;
    const struct blob_s3_options options = {.bucket = place->bucket,
                                            .endpoint = place->endpoint,
                                            .region = "",
                                            .copies = place->copies,
                                            .copies_bytes = place->copies_bytes,
                                            .clock = clock_system()};
    return blob_s3_open(&options, out, why);
}

enum { LARGE_BYTES = 35 * 1024 * 1024 + 7 }; // three parts

static uint8_t *noise_of(size_t size)
{
    uint8_t *bytes = malloc(size + 8);
    assert_non_null(bytes);
    struct prng prng = prng_init(size);
    for (size_t i = 0; i < size; i += 8) {
        const uint64_t next = prng_next(&prng);
        memcpy(bytes + i, &next, 8);
    }
    return bytes;
}

static void assert_holds(struct blob_store *store, const char *key, const uint8_t *bytes,
                         size_t size)
{
    autobuffer got = buffer_init(size + 1);
    assert_ok(blob_get(store, key, &got, &why_));
    assert_int_equal(got.len, size);
    assert_memory_equal(got.at, bytes, size);
}

static void a_large_object_goes_in_parts_and_comes_back_whole(void **state)
{
    (void)state;
    struct place *place = make_bucket();
    struct blob_store *store;
    struct blob_facts facts;
    uint8_t *bytes = noise_of(LARGE_BYTES);
    assert_ok(open_bucket(place, &store, &why_));
    assert_ok(blob_put(store, "masters/large", (struct slice){bytes, LARGE_BYTES}, &why_));
    assert_ok(store->ops->stat(store, "masters/large", &facts, &why_));
    assert_int_equal(facts.size, LARGE_BYTES);
    assert_string_equal(facts.etag + 32, "-3"); // so S3 names what came in three parts
    assert_holds(store, "masters/large", bytes, LARGE_BYTES);
    autobuffer middle = buffer_init(100);
    assert_ok(store->ops->read(store, "masters/large", (16 << 20) - 50, 100, &middle, &why_));
    assert_memory_equal(middle.at, bytes + (16 << 20) - 50, 100); // across a join
    blob_store_close(&store);
    free(bytes);
    free(place);
}

// Every third request fails, in turns with a status and with a cut.
static void a_service_that_stumbles_is_asked_again(void **state)
{
    (void)state;
    const char *const command[] = {"node", script, "3", NULL};
    struct service stumbling = service_start(command);
    struct place *place = make_bucket();
    (void)snprintf(place->endpoint, sizeof place->endpoint, "http://127.0.0.1:%u", stumbling.port);
    struct blob_store *store;
    uint8_t *bytes = noise_of(LARGE_BYTES);
    assert_ok(open_bucket(place, &store, &why_));
    assert_ok(blob_put(store, "masters/large", (struct slice){bytes, LARGE_BYTES}, &why_));
    assert_holds(store, "masters/large", bytes, LARGE_BYTES);
    for (int i = 0; i < 10; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%d", i);
        assert_ok(blob_put(store, key, slice_of(key), &why_));
        assert_holds(store, key, (const uint8_t *)key, strlen(key));
        assert_ok(store->ops->drop(store, key, &why_));
    }
    blob_store_close(&store);
    service_stop(&stumbling);
    free(bytes);
    free(place);
}

static void a_service_that_is_gone_is_unavailable_and_named(void **state)
{
    (void)state;
    const char *const command[] = {"node", script, NULL};
    struct service gone = service_start(command);
    service_stop(&gone);
    struct place *place = make_bucket();
    (void)snprintf(place->endpoint, sizeof place->endpoint, "http://127.0.0.1:%u", gone.port);
    struct blob_store *store;
    struct blob_facts facts;
    struct why why = {""};
    assert_ok(open_bucket(place, &store, &why_));
    assert_int_equal(store->ops->stat(store, "k", &facts, &why), UNAVAILABLE);
    assert_non_null(strstr(why.text, place->endpoint));
    blob_store_close(&store);
    free(place);
}

static void a_wrong_secret_is_denied(void **state)
{
    (void)state;
    struct place *place = make_bucket();
    struct blob_store *store = NULL;
    struct blob_facts facts;
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "wrong", 1), 0);
    assert_ok(open_bucket(place, &store, &why_));
    struct why why = {""};
    autobuffer out = buffer_init(10);
    assert_int_equal(store->ops->stat(store, "k", &facts, NULL), DENIED);
    assert_int_equal(store->ops->read(store, "k", 0, 1, &out, &why), DENIED);
    assert_non_null(strstr(why.text, "SignatureDoesNotMatch"));
    assert_null(strstr(why.text, "wrong"));
    blob_store_close(&store);
    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    assert_int_equal(open_bucket(place, &store, &why), DENIED);
    assert_non_null(strstr(why.text, "AWS_SECRET_ACCESS_KEY"));
    credentials_set();
    free(place);
}

static void copies_are_kept_by_version(void **state)
{
    (void)state;
    enum { SIZE = 2 << 20 };
    struct place *place = make_bucket();
    folder_new(place->copies);
    place->copies_bytes = 3 << 20;
    struct blob_store *store;
    uint8_t *bytes = noise_of(SIZE);
    assert_ok(open_bucket(place, &store, &why_));
    for (int i = 0; i < 3; i++) {
        bytes[0] = (uint8_t)i;
        assert_ok(blob_put(store, "masters/a", (struct slice){bytes, SIZE}, &why_));
        for (int again = 0; again < 2; again++)
            assert_holds(store, "masters/a", bytes, SIZE);
    }
    blob_store_close(&store);
    assert_ok(folder_remove(place->copies, &why_));
    free(bytes);
    free(place);
}

static void names_that_are_no_buckets_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"", "ab", "With Capitals", "a/b", "a?b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct blob_s3_options options = {.bucket = names[i],
                                                .endpoint = "",
                                                .region = "",
                                                .copies = "",
                                                .clock = clock_system()};
        struct blob_store *store = NULL;
        assert_int_equal(blob_s3_open(&options, &store, NULL), INVALID);
        assert_null(store);
    }
}

int main(void)
{
    if (!service_script("s3.mjs", script, sizeof script))
        return service_is_missing("s3rver", "tools/setup test");
    credentials_set();
    const char *const command[] = {"node", script, NULL};
    s3 = service_start(command);
    const struct blob_place place = {"blob conformance: S3", make_bucket, remove_bucket,
                                     open_bucket};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_object_goes_in_parts_and_comes_back_whole),
        cmocka_unit_test(a_service_that_stumbles_is_asked_again),
        cmocka_unit_test(a_service_that_is_gone_is_unavailable_and_named),
        cmocka_unit_test(a_wrong_secret_is_denied),
        cmocka_unit_test(copies_are_kept_by_version),
        cmocka_unit_test(names_that_are_no_buckets_are_refused),
    };
    const int failed = run_blob_conformance(&place, tests, sizeof tests / sizeof tests[0]);
    service_stop(&s3);
    return failed;
}
