// SPDX-License-Identifier: Apache-2.0
#include "license/devices.h"

#include "counter.h"

static struct device_registration registration_of(const char *name)
{
    autop256 *identity = NULL;
    struct device_registration made = {.wall_ms = COUNTER_NOW_MS};
    assert_ok(p256_key_make(&identity, &why_));
    made.point = *p256_key_point(identity);
    (void)snprintf(made.name, sizeof made.name, "%s", name);
    return made;
}

static void what_is_put_is_found(void **state)
{
    struct counter *counter = *state;
    const struct device_registration device = registration_of("k\xc3\xbc"
                                                              "che");
    struct device_id id;
    struct p256_point point;
    device_id_make(&device.point, &id);
    assert_int_equal(devices_find(counter->tables, &id, &point, NULL), NOT_FOUND);
    assert_ok(devices_put(counter->tables, &device, COUNTER_NOW_MS, &why_));
    assert_ok(devices_find(counter->tables, &id, &point, &why_));
    assert_memory_equal(&point, &device.point, sizeof point);
}

// Whoever can write the table still cannot put a key of their own under another's id.
static void a_record_with_anothers_key_is_corrupt(void **state)
{
    struct counter *counter = *state;
    const struct device_registration one = registration_of("one"), two = registration_of("two");
    struct device_id ids[2];
    char texts[2][DEVICE_ID_TEXT_BYTES];
    device_id_make(&one.point, &ids[0]);
    device_id_make(&two.point, &ids[1]);
    assert_ok(devices_put(counter->tables, &one, COUNTER_NOW_MS, &why_));
    autoarena arena = arena_init(8192);
    struct table_item item;
    assert_ok(counter->tables->ops->get(counter->tables, "licence-device",
                                        device_id_format(&ids[0], texts[0]), "record", &arena,
                                        &item, &why_));
    const struct table_write write = {
        .item = {device_id_format(&ids[1], texts[1]), "record", item.value, 0, 0}};
    assert_ok(counter->tables->ops->put(counter->tables, "licence-device", &write, NULL, &why_));
    struct p256_point point;
    struct why why = {""};
    assert_int_equal(devices_find(counter->tables, &ids[1], &point, &why), CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_is_found, counter_open, counter_close),
        cmocka_unit_test_setup_teardown(a_record_with_anothers_key_is_corrupt, counter_open,
                                        counter_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
