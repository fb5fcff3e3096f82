// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void encoders_are_found_by_name_or_listed(void **state)
{
    (void)state;
    const struct encoder_ops *ops = NULL;
    assert_int_equal(encoder_find("x264", &ops, NULL), OK);
    assert_string_equal(ops->name, "x264");
    assert_int_equal(ops->codec, CODEC_AVC);
    assert_int_equal(encoder_find("x265", &ops, NULL), OK);
    assert_int_equal(ops->codec, CODEC_HEVC);
    assert_int_equal(encoder_find("svtav1", &ops, NULL), OK);
    assert_int_equal(ops->codec, CODEC_AV1);
    struct why why = {""};
    assert_int_equal(encoder_find("theora", &ops, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "x264"));
    struct encoder *none = NULL;
    encoder_close(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encoders_are_found_by_name_or_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
