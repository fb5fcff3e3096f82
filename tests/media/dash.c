// SPDX-License-Identifier: Apache-2.0
#include "media/dash.h"

#include "media/hls.h"
#include "media/presentation_rules.h"
#include "title.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <cmocka.h>

enum { ROOM = 1024 * 1024 };

static xmlDocPtr manifest(const struct presentation *title)
{
    autobuffer text = buffer_init(ROOM);
    struct why why = {""};
    if (dash_manifest(title, &text, &why) != OK) fail_msg("%s", why.text);
    xmlDocPtr document =
        xmlReadMemory((const char *)text.at, (int)text.len, NULL, NULL, XML_PARSE_NONET);
    assert_non_null(document);
    return document;
}

// What an XPath expression over the MPD (prefix d) gives as text.
static void expect(xmlDocPtr document, const char *path, const char *wanted)
{
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    assert_non_null(context);
    assert_int_equal(xmlXPathRegisterNs(context, (const xmlChar *)"d",
                                        (const xmlChar *)"urn:mpeg:dash:schema:mpd:2011"),
                     0);
    xmlXPathObjectPtr found = xmlXPathEvalExpression((const xmlChar *)path, context);
    assert_non_null(found);
    xmlChar *text = xmlXPathCastToString(found);
    if (strcmp((const char *)text, wanted) != 0)
        fail_msg("%s gives \"%s\", not \"%s\"", path, (const char *)text, wanted);
    xmlFree(text);
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(context);
}

static void says_of_each_file_what_hls_says(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    xmlDocPtr document = manifest(&title);
    for (size_t i = 0; i < title.track_count; i++) {
        const struct track *track = &title.tracks[i];
        if (track->segment_count == 0) continue;
        char path[160];
        char wanted[80];
        (void)snprintf(path, sizeof path, "string(//d:Representation[@id='%s']/@codecs)",
                       track->name);
        expect(document, path, track->codec);
        (void)snprintf(path, sizeof path, "string(//d:Representation[@id='%s']/d:BaseURL)",
                       track->name);
        expect(document, path, track->file);
        (void)snprintf(path, sizeof path, "string(//d:Representation[@id='%s']//@indexRange)",
                       track->name);
        (void)snprintf(wanted, sizeof wanted, "%llu-%llu", (unsigned long long)track->index.offset,
                       (unsigned long long)(track->index.offset + track->index.size - 1));
        expect(document, path, wanted);
    }
    xmlFreeDoc(document);
}

static void pictures_keep_exact_ratios(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    xmlDocPtr document = manifest(&title);
    expect(document, "string(//d:Representation[@id='v-1080p']/@frameRate)", "24000/1001");
    expect(document, "string(//d:Representation[@id='v-1080p']/@sar)", "4:3");
    expect(document, "string(//d:Representation[@id='v-1080p']/@width)",
           "1440"); // coded, unlike in HLS
    expect(document, "string(//d:AdaptationSet[@id='1']/@par)", "16:9");
    expect(document, "string(/d:MPD/@mediaPresentationDuration)", "PT45.295250S");
    expect(document, "count(//d:AdaptationSet[@contentType='video'])",
           "2"); // AVC and HDR HEVC do not switch
    expect(document, "count(//d:AdaptationSet[@id='1']/d:Representation)", "2");
    xmlFreeDoc(document);
}

static void whole_frame_rates_have_no_denominator(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    title_track(&title, "v-480p")->video.frame_rate = (struct frame_rate){50, 2};
    xmlDocPtr document = manifest(&title);
    expect(document, "string(//d:Representation[@id='v-480p']/@frameRate)", "25");
    xmlFreeDoc(document);
}

static void roles_and_accessibility_follow_from_the_track(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    xmlDocPtr document = manifest(&title);
    static const char *const cases[][3] = {
        {"a-en", "main", ""},
        {"a-de", "dub", ""},
        {"a-en-ad", "description", "1"},
        {"t-en-sdh", "caption", "2"},
        {"t-en", "subtitle", ""},
        {"t-de-forced", "forced-subtitle", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[160];
        (void)snprintf(path, sizeof path, "string(//d:Representation[@id='%s']/../d:Role/@value)",
                       cases[i][0]);
        expect(document, path, cases[i][1]);
        (void)snprintf(path, sizeof path,
                       "string(//d:Representation[@id='%s']/../d:Accessibility/@value)",
                       cases[i][0]);
        expect(document, path, cases[i][2]);
    }
    expect(document, "string(//d:AdaptationSet[@lang='de'][@contentType='audio']/d:Label)",
           "Deutsch");
    xmlFreeDoc(document);
}

static void thumbnails_are_a_tile_adaptation_set(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    xmlDocPtr document = manifest(&title);
    expect(document, "string(//d:Representation[@id='storyboard']/d:EssentialProperty/@value)",
           "5x2");
    expect(document, "string(//d:Representation[@id='storyboard']/d:SegmentTemplate/@media)",
           "storyboard-$Number$.jpg");
    expect(document, "string(//d:Representation[@id='storyboard']/@width)", "800");
    xmlFreeDoc(document);
}

static void markup_in_a_label_stays_text(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    struct presentation title = title_make(&arena);
    (void)snprintf(title_track(&title, "a-de")->label, LABEL_BYTES, "<b>\"R&D\"</b>");
    xmlDocPtr document = manifest(&title);
    expect(document, "string(//d:AdaptationSet[@lang='de'][@contentType='audio']/d:Label)",
           "<b>\"R&D\"</b>");
    xmlFreeDoc(document);
}

static void validates_against_the_dash_schema(void **state)
{
    (void)state;
    const char *shared = getenv("PRIMROSE_SHARED");
    const char *source = getenv("PRIMROSE_SOURCE");
    char path[512];
    if (shared != NULL)
        (void)snprintf(path, sizeof path, "%s/schemas/dash/DASH-MPD.xsd", shared);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/schemas/dash/DASH-MPD.xsd",
                       source == NULL ? "." : source);
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(path);
    xmlSchemaPtr schema = parser == NULL ? NULL : xmlSchemaParse(parser);
    if (parser != NULL) xmlSchemaFreeParserCtxt(parser);
    if (schema == NULL) {
        print_message("# SKIPPED: no DASH schema at %s\n", path);
        skip();
    }
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    xmlDocPtr document = manifest(&title);
    xmlSchemaValidCtxtPtr check = xmlSchemaNewValidCtxt(schema);
    assert_non_null(check);
    assert_int_equal(xmlSchemaValidateDoc(check, document), 0);
    xmlSchemaFreeValidCtxt(check);
    xmlFreeDoc(document);
    xmlSchemaFree(schema);
}

static void a_full_buffer_leaves_nothing_behind(void **state)
{
    (void)state;
    autoarena arena = arena_init(ROOM);
    const struct presentation title = title_make(&arena);
    autobuffer text = buffer_init(100);
    assert_int_equal(dash_manifest(&title, &text, NULL), TOO_LARGE);
    assert_int_equal(text.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_of_each_file_what_hls_says),
        cmocka_unit_test(pictures_keep_exact_ratios),
        cmocka_unit_test(whole_frame_rates_have_no_denominator),
        cmocka_unit_test(roles_and_accessibility_follow_from_the_track),
        cmocka_unit_test(thumbnails_are_a_tile_adaptation_set),
        cmocka_unit_test(markup_in_a_label_stays_text),
        cmocka_unit_test(validates_against_the_dash_schema),
        cmocka_unit_test(a_full_buffer_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
