// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answer.h"

#include "place.h"

static void pages_give_their_keys_and_where_to_go_on(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    struct s3_page page;
    assert_ok(s3_page_parse(
        slice_of("<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/"
                 "2006-03-01/\"><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key>"
                 "<Size>1</Size></Contents><Contents><Key>c</Key></Contents>"
                 "<NextContinuationToken>t/1</NextContinuationToken></ListBucketResult>"),
        &arena, &page, &why_));
    assert_int_equal(page.count, 2);
    assert_string_equal(page.keys[0], "a&b");
    assert_string_equal(page.keys[1], "c");
    assert_string_equal(page.next, "t/1");
    assert_ok(s3_page_parse(slice_of("<ListBucketResult><IsTruncated>false</IsTruncated>"
                                     "</ListBucketResult>"),
                            &arena, &page, &why_));
    assert_int_equal(page.count, 0);
    assert_null(page.next);
}

static void what_is_no_listing_is_corrupt(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "no XML",
        "<Error><Code>AccessDenied</Code></Error>",
        "<ListBucketResult><Contents/></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<!DOCTYPE a [<!ENTITY e \"x\">]><ListBucketResult/>",
    };
    autoarena arena = arena_init(1 << 20);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct s3_page page;
        struct why why = {""};
        assert_int_equal(s3_page_parse(slice_of(texts[i]), &arena, &page, &why), CORRUPT);
        assert_true(why.text[0] != '\0');
    }
}

static void an_element_is_found_at_any_depth(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    const char *text = "unchanged";
    const struct slice error =
        slice_of("<r><a><b/><Code>NoSuchKey</Code></a><Message>gone</Message></r>");
    assert_ok(s3_element_find(error, "Code", &arena, &text, &why_));
    assert_string_equal(text, "NoSuchKey");
    assert_ok(s3_element_find(error, "Message", &arena, &text, &why_));
    assert_string_equal(text, "gone");
    assert_int_equal(s3_element_find(error, "UploadId", &arena, &text, NULL), NOT_FOUND);
    assert_string_equal(text, "gone");
}

static void parts_are_listed_in_order_and_escaped(void **state)
{
    (void)state;
    static const char *const etags[] = {"\"one\"", "\"<two>\""};
    autobuffer out = buffer_init(4096);
    assert_ok(s3_parts_format(etags, 2, &out, &why_));
    assert_string_equal(
        buffer_text(&out),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUpload><Part><PartNumber>1"
        "</PartNumber><ETag>&quot;one&quot;</ETag></Part><Part><PartNumber>2</PartNumber>"
        "<ETag>&quot;&lt;two&gt;&quot;</ETag></Part></CompleteMultipartUpload>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_give_their_keys_and_where_to_go_on),
        cmocka_unit_test(what_is_no_listing_is_corrupt),
        cmocka_unit_test(an_element_is_found_at_any_depth),
        cmocka_unit_test(parts_are_listed_in_order_and_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
