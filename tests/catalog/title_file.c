// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char whole[] =
    "{\"id\": \"film-1\", \"title\": \"Ein Film\", \"synopsis\": \"Kurz.\", \"year\": 2026,"
    " \"original_lang\": \"de\", \"genres\": [\"short\"],"
    " \"rating\": {\"system\": \"fsk\", \"label\": \"12\"}, \"territories\": [\"DE\", \"*\"],"
    " \"master\": \"master.mov\", \"poster\": \"art/poster.jpg\","
    " \"cast\": [{\"id\": \"ada\", \"name\": \"Ada B.\", \"character\": \"Eve\"},"
    "            {\"id\": \"ben\", \"name\": \"Ben C.\"}],"
    " \"scenes\": [{\"id\": \"s1\", \"title\": \"One\", \"start_ms\": 0, \"end_ms\": 1500,"
    "               \"cast\": [\"ada\", \"ben\"]}, {\"id\": \"s2\", \"start_ms\": 1500,"
    "               \"end_ms\": 2000}],"
    " \"audio\": [{\"stream\": 0, \"lang\": \"de\", \"role\": \"main\", \"title\": \"Deutsch\"},"
    "             {\"file\": \"ad.wav\", \"lang\": \"de\", \"role\": \"description\"}],"
    " \"text\": [{\"file\": \"de.srt\", \"lang\": \"de\", \"role\": \"caption\"}],"
    " \"place\": {\"series\": \"s\", \"series_title\": \"S\", \"season\": 1, \"episode\": 2},"
    " \"words\": [{\"lang\": \"en\", \"title\": \"A film\", \"synopsis\": \"Short.\"}],"
    " \"avails\": [{\"territories\": [\"DE\"], \"from\": \"2026-11-21T00:00:00Z\"}],"
    " \"marks\": [{\"kind\": \"credits\", \"start_ms\": 1900}],"
    " \"crew\": [{\"id\": \"cy\", \"name\": \"Cy D.\", \"job\": \"director\"}],"
    " \"x-note\": {\"anything\": [1, 2.5, null]}}";

static outcome parse(const char *text, struct title_file *out, struct arena *arena, struct why *why)
{
    return title_file_parse(slice_of(text), "title.json", arena, out, why);
}

static void every_key_arrives(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    struct title_file file;
    struct why why = {""};
    if (parse(whole, &file, &arena, &why) != OK) fail_msg("%s", why.text);
    assert_string_equal(file.id, "film-1");
    assert_string_equal(file.title, "Ein Film");
    assert_string_equal(file.synopsis, "Kurz.");
    assert_int_equal(file.year, 2026);
    assert_string_equal(file.original_language, "de");
    assert_int_equal(file.genre_count, 1);
    assert_string_equal(file.genres[0], "short");
    assert_string_equal(file.rating.system, "fsk");
    assert_string_equal(file.rating.label, "12");
    assert_int_equal(file.territory_count, 2);
    assert_string_equal(file.territories[1], "*");
    assert_string_equal(file.master, "master.mov");
    assert_string_equal(file.poster, "art/poster.jpg");
    assert_int_equal(file.cast_count, 2);
    assert_string_equal(file.cast[0].character, "Eve");
    assert_string_equal(file.cast[1].character, "");
    assert_int_equal(file.scene_count, 2);
    assert_int_equal(file.scenes[0].end_ms, 1500);
    assert_int_equal(file.scenes[0].cast_count, 2);
    assert_string_equal(file.scenes[0].cast[1], "ben");
    assert_string_equal(file.scenes[1].title, "");
    assert_int_equal(file.scenes[1].cast_count, 0);
    assert_int_equal(file.audio_count, 2);
    assert_int_equal(file.audio[0].stream, 0);
    assert_string_equal(file.audio[0].file, "");
    assert_string_equal(file.audio[0].title, "Deutsch");
    assert_int_equal(file.audio[1].stream, -1);
    assert_string_equal(file.audio[1].file, "ad.wav");
    assert_string_equal(file.audio[1].role, "description");
    assert_int_equal(file.text_count, 1);
    assert_string_equal(file.entry.place.series, "s");
    assert_int_equal(file.entry.place.episode, 2);
    assert_string_equal(file.entry.words[0].title, "A film");
    assert_int_equal(file.entry.avails[0].from_ms, 1795219200000);
    assert_int_equal(file.entry.avails[0].until_ms, 0);
    assert_string_equal(file.entry.marks[0].kind, "credits");
    assert_string_equal(file.entry.crew[0].job, "director");
}

static void only_a_title_is_needed(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    struct title_file file;
    assert_int_equal(parse("{\"title\": \"T\"}", &file, &arena, NULL), OK);
    assert_string_equal(file.id, "");
    assert_string_equal(file.master, "");
    assert_string_equal(file.rating.label, "");
    assert_int_equal(file.year, 0);
    assert_int_equal(file.audio_count + file.text_count + file.cast_count + file.scene_count, 0);
    // null is absent, and so is an empty text where one may be missing
    assert_int_equal(
        parse("{\"title\": \"T\", \"year\": null, \"synopsis\": \"\"}", &file, &arena, NULL), OK);
}

struct mistake {
    const char *text;
    const char *place; // both must be in the sentence
    const char *advice;
};

static void refuse(const struct mistake *mistake)
{
    autoarena arena = arena_init(1 << 20);
    struct title_file file = {.year = 77};
    struct why why = {""};
    const outcome result = parse(mistake->text, &file, &arena, &why);
    if (result != INVALID || strstr(why.text, mistake->place) == NULL ||
        strstr(why.text, mistake->advice) == NULL)
        fail_msg("%s: outcome %d: %s", mistake->text, (int)result, why.text);
    assert_int_equal(file.year, 77);
}

static void each_mistake_is_told_with_its_place_and_what_is_allowed(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"", "title.json", "line 1"},
        {"{\"title\": \"T\"", "title.json", "line 1"},
        {"{\"title\": \"T\", \"title\": \"U\"}", "title.json", "duplicate"},
        {"[]", "title.json", "must be an object"},
        {"{}", "title.json: title", "missing"},
        {"{\"title\": 5}", "title.json: title", "must be a text"},
        {"{\"title\": \"\"}", "title.json: title", "allowed are 1 to 300"},
        {"{\"title\": \"T\", \"sinopsis\": \"S\"}", "sinopsis", "did you mean \"synopsis\"?"},
        {"{\"title\": \"T\", \"zzzzzz\": 1}", "zzzzzz", "no key here"},
        {"{\"title\": \"T\", \"\": 1}", "title.json", "no key here"},
        {"{\"title\": \"T\", \"year\": 1700}", "year is 1700", "allowed are 1880 to 2200"},
        {"{\"title\": \"T\", \"year\": \"2026\"}", "year", "must be a whole number"},
        {"{\"title\": \"T\", \"year\": 2026.5}", "year", "must be a whole number"},
        {"{\"title\": \"T\", \"id\": \"../x\"}", "id is \"../x\"", "letters, digits"},
        {"{\"title\": \"T\", \"rating\": {\"system\": \"fsk\"}}", "rating.label", "missing"},
        {"{\"title\": \"T\", \"rating\": \"12\"}", "rating", "must be an object"},
        {"{\"title\": \"T\", \"territories\": [\"DE\", \"Germany\"]}", "territories[1]",
         "ISO 3166"},
        {"{\"title\": \"T\", \"territories\": \"DE\"}", "territories", "must be a list"},
        {"{\"title\": \"T\", \"master\": \"/etc/passwd\"}", "master", "in the folder"},
        {"{\"title\": \"T\", \"master\": \"a/../../b\"}", "master", "in the folder"},
        {"{\"title\": \"T\", \"poster\": \"a\\u0000b\"}", "title.json", "u0000"},
        {"{\"title\": \"T\", \"original_lang\": \"english_US\"}", "original_lang", "BCP 47"},
        {"{\"title\": \"T\", \"cast\": [{\"id\": \"a\", \"name\": \"A\"}, {\"id\": \"a\", "
         "\"name\": "
         "\"B\"}]}",
         "cast[1].id", "above already"},
        {"{\"title\": \"T\", \"cast\": [{\"id\": \"a\", \"nane\": \"A\"}]}", "cast[0].nane",
         "did you mean \"name\"?"},
        {"{\"title\": \"T\", \"scenes\": [{\"id\": \"s\", \"start_ms\": 5, \"end_ms\": 5}]}",
         "scenes[0]", "not behind its start"},
        {"{\"title\": \"T\", \"scenes\": [{\"id\": \"s\", \"start_ms\": -1, \"end_ms\": 5}]}",
         "scenes[0].start_ms is -1", "allowed are 0 to"},
        {"{\"title\": \"T\", \"scenes\": [{\"id\": \"s\", \"start_ms\": 0, \"end_ms\": 5, "
         "\"cast\": [\"nobody\"]}]}",
         "scenes[0].cast[0]", "nobody in \"cast\""},
        {"{\"title\": \"T\", \"scenes\": [{\"id\": \"s\", \"start_ms\": 0, \"end_ms\": 5}, "
         "{\"id\": "
         "\"s\", \"start_ms\": 5, \"end_ms\": 6}]}",
         "scenes[1].id", "scenes[0] has it"},
        {"{\"title\": \"T\", \"audio\": [{\"lang\": \"en\"}]}", "audio[0]", "either \"stream\""},
        {"{\"title\": \"T\", \"audio\": [{\"lang\": \"en\", \"stream\": 0, \"file\": \"a.wav\"}]}",
         "audio[0]", "not both"},
        {"{\"title\": \"T\", \"audio\": [{\"lang\": \"en\", \"stream\": 1}, {\"lang\": \"de\", "
         "\"stream\": 1}]}",
         "audio[1].stream", "audio[0] has it"},
        {"{\"title\": \"T\", \"text\": [{\"file\": \"a.vtt\"}]}", "text[0].lang", "missing"},
        {"{\"title\": \"T\", \"text\": [{\"file\": \"a.vtt\", \"lang\": \"1x\"}]}", "text[0].lang",
         "BCP 47"},
        {"{\"title\": \"T\"} x", "title.json", "end of file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}

static void mistakes_in_what_a_title_is_part_of_are_told(void **state)
{
    (void)state;
    static const struct mistake cases[] = {
        {"{\"title\": \"T\", \"place\": {\"series\": \"s\"}}", "place.episode", "which one"},
        {"{\"title\": \"T\", \"place\": {\"season\": 1}}", "place.series", "of what"},
        {"{\"title\": \"T\", \"place\": {\"extra_of\": \"f\"}}", "place.extra", "trailer"},
        {"{\"title\": \"T\", \"avails\": [{\"from\": \"tomorrow\"}]}", "avails[0].from",
         "write a time as"},
        {"{\"title\": \"T\", \"avails\": [{\"from\": \"2026-11-21T00:00:00Z\", \"until\": "
         "\"2026-11-20T00:00:00Z\"}]}",
         "avails[0].until", "never opens"},
        {"{\"title\": \"T\", \"marks\": [{\"kind\": \"advert\", \"start_ms\": 1}]}",
         "marks[0].kind", "take intro"},
        {"{\"title\": \"T\", \"marks\": [{\"kind\": \"intro\", \"start_ms\": 1}]}",
         "marks[0].end_ms", "not behind"},
        {"{\"title\": \"T\", \"words\": [{\"lang\": \"de\"}, {\"lang\": \"de\"}]}", "words[1].lang",
         "words[0] has it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refuse(&cases[i]);
}

static void caps_hold(void **state)
{
    (void)state;
    autoarena arena = arena_init(1 << 20);
    struct title_file file;
    struct why why = {""};
    char *large = malloc(TITLE_FILE_BYTES_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', TITLE_FILE_BYTES_MAX + 1);
    const struct slice text = {(const uint8_t *)large, TITLE_FILE_BYTES_MAX + 1};
    assert_int_equal(title_file_parse(text, "title.json", &arena, &file, &why), TOO_LARGE);

    size_t len = (size_t)snprintf(large, TITLE_FILE_BYTES_MAX, "{\"title\": \"T\", \"genres\": [");
    for (int i = 0; i < TITLE_GENRES_MAX; i++)
        len += (size_t)snprintf(large + len, TITLE_FILE_BYTES_MAX - len, "\"g\",");
    (void)snprintf(large + len, TITLE_FILE_BYTES_MAX - len, "\"g\"]}");
    assert_int_equal(parse(large, &file, &arena, &why), INVALID);
    assert_non_null(strstr(why.text, "genres has 21 entries, allowed are 0 to 20"));
    free(large);

    struct arena small = arena_init(600);
    assert_int_equal(parse(whole, &file, &small, &why), NO_MEMORY);
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(only_a_title_is_needed),
        cmocka_unit_test(each_mistake_is_told_with_its_place_and_what_is_allowed),
        cmocka_unit_test(mistakes_in_what_a_title_is_part_of_are_told),
        cmocka_unit_test(caps_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
