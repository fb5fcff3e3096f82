// SPDX-License-Identifier: Apache-2.0
#include "media/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 64 * 1024 };

static void elements_attributes_and_texts_are_found(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct xml_document *document = NULL;
    assert_int_equal(
        xml_open(
            slice_of("<?xml version='1.0'?><!-- c --><x:a xmlns:x='urn:x' n='7' t=' &lt;&amp; '>"
                     "<b/> text <b>  two </b><c n='no'/></x:a>"),
            &document, NULL),
        OK);
    const xmlNode *root = xml_root(document);
    assert_true(xml_is(root, "a"));
    const char *text = NULL;
    assert_int_equal(xml_attribute(root, "t", &arena, &text, NULL), OK);
    assert_string_equal(text, "<&");
    const xmlNode *second = xml_next(xml_child(root, "b"), "b");
    assert_int_equal(xml_text(second, &arena, &text, NULL), OK);
    assert_string_equal(text, "two");
    assert_null(xml_next(second, "b"));
    assert_true(xml_is(xml_next(second, NULL), "c"));
    uint64_t number = 1;
    assert_int_equal(xml_u64(root, "n", 10, &number, NULL), OK);
    assert_int_equal(number, 7);
    assert_int_equal(xml_u64(root, "absent", 10, &number, NULL), OK);
    assert_int_equal(number, 7);
    struct why why = {""};
    assert_int_equal(xml_u64(xml_child(root, "c"), "n", 10, &number, &why), INVALID);
    assert_non_null(strstr(why.text, "c/@n"));
    xml_close(&document);
    assert_null(document);
}

static void broken_or_dangerous_documents_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "plain",
        "<a>",
        "<a></b>",
        "<a b='1' b='2'/>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x 'x'><!ENTITY y '&x;&x;'>]><a b='&y;'/>",
        "<a>&undefined;</a>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct xml_document *document = NULL;
        struct why why = {""};
        assert_int_equal(xml_open(slice_of(texts[i]), &document, &why), INVALID);
        assert_null(document);
        assert_true(why.text[0] != '\0');
    }
}

static void size_and_markup_are_capped(void **state)
{
    (void)state;
    char *text = malloc(XML_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, ' ', XML_BYTES_MAX + 1);
    struct xml_document *document = NULL;
    assert_int_equal(
        xml_open((struct slice){(const uint8_t *)text, XML_BYTES_MAX + 1}, &document, NULL),
        TOO_LARGE);
    memset(text, '<', XML_MARKS_MAX + 1);
    assert_int_equal(
        xml_open((struct slice){(const uint8_t *)text, XML_MARKS_MAX + 1}, &document, NULL),
        TOO_LARGE);
    // Deep nesting stops at libxml2's own limit.
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 3 * i, "<a>", 3);
    assert_int_equal(xml_open((struct slice){(const uint8_t *)text, 3000}, &document, NULL),
                     INVALID);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_attributes_and_texts_are_found),
        cmocka_unit_test(broken_or_dangerous_documents_are_refused),
        cmocka_unit_test(size_and_markup_are_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
