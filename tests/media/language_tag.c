// SPDX-License-Identifier: Apache-2.0
#include "media/language_tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void tags_of_the_standard_are_tags(void **state)
{
    (void)state;
    static const char *const tags[] = {
        "de",
        "pt-BR",
        "zh-Hant",
        "zh-cmn-Hans-CN",
        "sr-Latn-RS",
        "sl-rozaj-biske",
        "de-CH-1901",
        "es-419",
        "en-a-myext-b-another",
        "x-house",
        "de-Latn-DE-1996-u-co-phonebk-x-own",
        "gsw",
    };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        struct why why = {""};
        if (language_tag_check(slice_of(tags[i]), &why) != OK) fail_msg("%s", why.text);
    }
}

static void others_are_not(void **state)
{
    (void)state;
    static const char *const tags[] = {
        "",
        "d",
        "de_DE",
        "de-",
        "-de",
        "de--DE",
        "german-language-of-a-very-long-kind-indeed",
        "12",
        "de-DE-AT",
        "de-419-DE",
        "en-a",
        "x",
        "de-Latn-Cyrl",
        "deutschland-DE",
        "de-D",
        "eng",
        "ger",
    };
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (language_tag_check(slice_of(tags[i]), NULL) != INVALID) fail_msg("%s", tags[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_of_the_standard_are_tags),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
