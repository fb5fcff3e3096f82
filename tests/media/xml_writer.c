// SPDX-License-Identifier: Apache-2.0
#include "media/xml_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void what_is_written_is_escaped_and_ended(void **state)
{
    (void)state;
    autobuffer out = buffer_init(4096);
    autoxmlwriter xml;
    assert_int_equal(xml_writer_open(&xml, NULL), OK);
    xml_writer_start(&xml, "a");
    xml_writer_attribute(&xml, "b", "%s", "1 < \"2\"");
    xml_writer_text(&xml, slice_of("x & \x01y\xef\xbf\xbf < z"));
    assert_int_equal(xml_writer_finish(&xml, &out, NULL), OK);
    assert_string_equal(buffer_text(&out), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                           "<a b=\"1 &lt; &quot;2&quot;\">x &amp; y &lt; z</a>\n");
}

static void long_text_goes_in_pieces(void **state)
{
    (void)state;
    char text[3001];
    memset(text, '&', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    autobuffer out = buffer_init(32768), small = buffer_init(100);
    autoxmlwriter xml;
    assert_int_equal(xml_writer_open(&xml, NULL), OK);
    xml_writer_start(&xml, "a");
    xml_writer_text(&xml, slice_of(text));
    assert_int_equal(xml_writer_finish(&xml, &out, NULL), OK);
    assert_int_equal(out.len, strlen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a></a>\n") +
                                  5 * strlen(text));
    autoxmlwriter other;
    assert_int_equal(xml_writer_open(&other, NULL), OK);
    xml_writer_start(&other, "a");
    xml_writer_text(&other, slice_of(text));
    assert_int_equal(xml_writer_finish(&other, &small, NULL), TOO_LARGE);
    assert_int_equal(small.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_escaped_and_ended),
        cmocka_unit_test(long_text_goes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
