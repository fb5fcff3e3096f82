// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void work_is_counted(void **state)
{
    (void)state;
    const uint64_t before = meter_cpu_us();
    volatile uint64_t sum = 0;
    for (uint64_t i = 0; i < 20000000; i++)
        sum = sum + i;
    const uint64_t worked = meter_cpu_us();
    assert_true(worked > before + 1000); // 20 million additions take a millisecond anywhere
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
