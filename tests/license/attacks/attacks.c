// SPDX-License-Identifier: Apache-2.0
//
// Every attack of the table in README.md, each on a house of its own.
#include "stage.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
#define ATTACK_ROW(which) cmocka_unit_test_setup_teardown(attack_##which, stage_open, stage_close),
        ATTACKS(ATTACK_ROW)
#undef ATTACK_ROW
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
