// SPDX-License-Identifier: Apache-2.0
#include "discovery/index.h"

#include "base/file.h"
#include "catalog/rating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct viewer adult = {RATING_AGE_ANY, "DE", 5000};

struct fixture {
    char folder[32], path[64];
    struct index *index;
    struct arena arena;
};

static const char *japan[] = {"JP"}, *family[] = {"family", "drama"}, *drama[] = {"drama"};
static struct title_person cast[] = {{"iris", "Íris Vale", "The keeper"}};
static struct title_crew crew[] = {{"ozu", "Mai Ozu", "director"}};
static struct title_words lamp_words[] = {
    {"de", "Der Laternenanzünder", ""}, {"es", "El farolero", ""}, {"ar", "مُشعل المصابيح", ""}};
static struct title_avail later[] = {{NULL, 0, 9000, 0}};

static const struct title films[] = {
    {.id = "lamplighter",
     .title = "The Lamplighter",
     .rating = {"fsk", "6"},
     .genres = family,
     .genre_count = 2,
     .cast = cast,
     .cast_count = 1,
     .published_ms = 1000,
     .entry = {.words = lamp_words, .word_count = 3, .crew = crew, .crew_count = 1}},
    {.id = "lamp",
     .title = "Lamp",
     .rating = {"fsk", "16"},
     .genres = drama,
     .genre_count = 1,
     .published_ms = 2000},
    {.id = "tokyo",
     .title = "Tokyo Lamps",
     .rating = {"fsk", "6"},
     .territories = japan,
     .territory_count = 1,
     .published_ms = 3000,
     .genres = drama,
     .genre_count = 1},
    {.id = "soon",
     .title = "Lampshade",
     .rating = {"fsk", "6"},
     .published_ms = 4000,
     .entry = {.avails = later, .avail_count = 1}},
    {.id = "h2",
     .title = "Storm",
     .rating = {"fsk", "12"},
     .published_ms = 6000,
     .entry
         .place = {.series = "harbour", .series_title = "The Harbour", .season = 1, .episode = 2}},
    {.id = "h1",
     .title = "Fog",
     .rating = {"fsk", "12"},
     .published_ms = 5000,
     .entry
         .place = {.series = "harbour", .series_title = "The Harbour", .season = 1, .episode = 1}},
};
enum { FILMS = sizeof films / sizeof films[0] };

static void put_all(struct fixture *fixture)
{
    struct why why = {""};
    assert_int_equal(index_begin(fixture->index, &why), OK);
    for (size_t i = 0; i < FILMS; i++)
        if (index_put_title(fixture->index, &films[i], 1, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(index_commit(fixture->index, &why), OK);
    if (index_settle(fixture->index, 7, &why) != OK) fail_msg("%s", why.text);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    struct why why = {""};
    fixture = (struct fixture){.folder = "/tmp/index-XXXXXX", .arena = arena_init(64 << 20)};
    assert_non_null(mkdtemp(fixture.folder));
    (void)snprintf(fixture.path, sizeof fixture.path, "%s/i.db", fixture.folder);
    if (index_open(fixture.path, &fixture.index, &why) != OK) fail_msg("%s", why.text);
    put_all(&fixture);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    index_close(&fixture->index);
    arena_release(&fixture->arena);
    assert_int_equal(folder_remove(fixture->folder, NULL), OK);
    return 0;
}

static void add_ids(const struct index_hits *hits, char *out, size_t room)
{
    out[0] = '\0';
    for (size_t i = 0; i < hits->count; i++)
        (void)snprintf(out + strlen(out), room - strlen(out), "%s%s", i == 0 ? "" : " ",
                       hits->hits[i].id);
}

static const char *search_as(struct fixture *fixture, const char *text, const struct viewer *viewer)
{
    static char ids[400];
    struct index_hits hits;
    struct why why = {""};
    arena_reset(&fixture->arena);
    if (index_search(fixture->index, text, viewer, 20, &fixture->arena, &hits, &why) != OK)
        fail_msg("%s: %s", text, why.text);
    add_ids(&hits, ids, sizeof ids);
    return ids;
}

static const char *search(struct fixture *fixture, const char *text)
{
    return search_as(fixture, text, &adult);
}

static void what_begins_so_comes_before_what_has_it_inside(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(search(fixture, "lamp"), "lamp lamplighter");
    assert_string_equal(search(fixture, "l"), "lamp lamplighter");
    assert_string_equal(search(fixture, "the lamp"), "lamplighter");
    assert_string_equal(search(fixture, "LAMPL"), "lamplighter lamp"); // and what is near
}

static void names_are_found_in_each_language_without_accents(void **state)
{
    struct fixture *fixture = *state;
    static const char *const typed[] = {"laternenanzunder", "Laternenanzün", "farolero",
                                        "el faro",          "مشعل",          "مصابيح"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        assert_string_equal(search(fixture, typed[i]), "lamplighter");
}

static void people_are_found_and_lead_to_their_titles(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(search(fixture, "iris"), "iris lamplighter");
    assert_string_equal(search(fixture, "vale iris"), "iris lamplighter");
    assert_string_equal(search(fixture, "ozu lampl"), "lamplighter");
    struct index_hits hits;
    const char *name = NULL;
    assert_int_equal(
        index_person(fixture->index, "iris", &adult, 10, &fixture->arena, &name, &hits, NULL), OK);
    assert_string_equal(name, "Íris Vale");
    assert_int_equal(hits.count, 1);
    assert_string_equal(hits.hits[0].id, "lamplighter");
    const struct viewer child = {5, "DE", 5000};
    assert_int_equal(
        index_person(fixture->index, "iris", &child, 10, &fixture->arena, &name, &hits, NULL),
        NOT_FOUND);
}

static void what_is_mistyped_is_found(void **state)
{
    struct fixture *fixture = *state;
    assert_string_equal(search(fixture, "lampligther"), "lamplighter");
    assert_string_equal(search(fixture, "lampkig"), "lamplighter");
    assert_string_equal(search(fixture, "the harbuor"), "harbour h1 h2");
    assert_string_equal(search(fixture, "xylophone"), "");
}

static void nobody_is_told_of_what_he_may_not_see(void **state)
{
    struct fixture *fixture = *state;
    const struct viewer child = {6, "DE", 5000}, japanese = {18, "JP", 5000},
                        tomorrow = {18, "DE", 9000}, unknown = {18, "", 5000},
                        keeper = {18, VIEWER_ANYWHERE, VIEWER_ANY_TIME};
    assert_string_equal(search_as(fixture, "lamp", &child), "lamplighter");
    assert_string_equal(search_as(fixture, "harbour", &child), "");
    assert_string_equal(search_as(fixture, "tokyo", &adult), "");
    assert_string_equal(search_as(fixture, "tokyo", &unknown), "");
    assert_string_equal(search_as(fixture, "tokyo", &japanese), "tokyo");
    assert_string_equal(search_as(fixture, "lampshade", &adult), "");
    assert_string_equal(search_as(fixture, "lampshade", &tomorrow), "soon");
    assert_string_equal(search_as(fixture, "lampshade", &keeper), "soon");
}

static void what_is_syntax_elsewhere_is_text_here(void **state)
{
    struct fixture *fixture = *state;
    static const char *const typed[] = {"", " ", "\"", "*", "lamp\" OR \"", "^-+:()", "NEAR(", "'"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        (void)search(fixture, typed[i]);
    struct index_hits hits;
    char lengthy[INDEX_QUERY_BYTES_MAX + 2];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(index_search(fixture->index, lengthy, &adult, 5, &fixture->arena, &hits, NULL),
                     INVALID);
    assert_int_equal(index_search(fixture->index, "a", &adult, 0, &fixture->arena, &hits, NULL),
                     INVALID);
}

static const char *browse(struct fixture *fixture, const char *genre, const char *after,
                          size_t limit, char *next)
{
    static char ids[400];
    struct index_hits hits;
    struct why why = {""};
    if (index_browse(fixture->index, genre, after, &adult, limit, &fixture->arena, &hits, &why) !=
        OK)
        fail_msg("%s", why.text);
    (void)snprintf(next, sizeof hits.next, "%s", hits.next);
    add_ids(&hits, ids, sizeof ids);
    return ids;
}

static void rows_are_newest_first_and_page(void **state)
{
    struct fixture *fixture = *state;
    char next[64], end[64];
    assert_string_equal(browse(fixture, "", "", 2, next), "harbour lamp");
    assert_string_equal(browse(fixture, "", next, 2, end), "lamplighter");
    assert_string_equal(end, "");
    assert_string_equal(browse(fixture, "drama", "", 10, end), "lamp lamplighter");
    assert_string_equal(browse(fixture, "none", "", 10, end), "");
    struct index_hits hits;
    assert_int_equal(
        index_browse(fixture->index, "", "junk", &adult, 2, &fixture->arena, &hits, NULL), INVALID);
    struct index_genre *genres;
    size_t count;
    assert_int_equal(index_genres(fixture->index, 10, &fixture->arena, &genres, &count, NULL), OK);
    assert_int_equal(count, 2);
    assert_string_equal(genres[0].name, "drama");
    assert_int_equal(genres[0].count, 3);
}

static void a_series_shows_its_first_episode(void **state)
{
    struct fixture *fixture = *state;
    struct index_hits hits;
    assert_int_equal(
        index_search(fixture->index, "harbour", &adult, 1, &fixture->arena, &hits, NULL), OK);
    assert_int_equal(hits.hits[0].kind, INDEX_SERIES);
    assert_string_equal(hits.hits[0].face, "h1");
    struct title_words words[] = {{"de", "Der Hafen", ""}};
    const struct series series = {
        .id = "harbour", .title = "The Harbour", .words = words, .word_count = 1};
    assert_int_equal(index_begin(fixture->index, NULL), OK);
    assert_int_equal(index_put_series(fixture->index, &series, 1, NULL), OK);
    assert_int_equal(index_commit(fixture->index, NULL), OK);
    assert_int_equal(
        index_search(fixture->index, "der hafen", &adult, 1, &fixture->arena, &hits, NULL), OK);
    assert_string_equal(hits.hits[0].face, "h1");
}

static void what_changed_or_went_is_no_longer_found_as_before(void **state)
{
    struct fixture *fixture = *state;
    struct title renamed = films[0];
    uint64_t version;
    renamed.title = "Dusk";
    renamed.entry.word_count = 0;
    renamed.cast_count = 0;
    assert_int_equal(index_begin(fixture->index, NULL), OK);
    assert_int_equal(index_put_title(fixture->index, &renamed, 2, NULL), OK);
    assert_int_equal(index_drop(fixture->index, INDEX_TITLE, "lamp", 3, NULL), OK);
    assert_int_equal(index_version(fixture->index, INDEX_TITLE, "lamp", &version, NULL), OK);
    assert_int_equal(version, 3);
    assert_int_equal(index_commit(fixture->index, NULL), OK);
    assert_string_equal(search(fixture, "lamp"), "");
    assert_string_equal(search(fixture, "iris"), "");
    assert_string_equal(search(fixture, "dusk"), "lamplighter");
}

static void a_batch_that_is_given_up_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(index_begin(fixture->index, NULL), OK);
    assert_int_equal(index_drop(fixture->index, INDEX_TITLE, "lamp", 3, NULL), OK);
    index_rollback(fixture->index);
    assert_string_equal(search(fixture, "lamp"), "lamp lamplighter");
}

static void a_file_that_is_damaged_is_made_anew(void **state)
{
    struct fixture *fixture = *state;
    uint64_t count;
    index_close(&fixture->index);
    assert_int_equal(
        file_write_atomic(fixture->path, slice_of("this is no database, by any means"), 0644, NULL),
        OK);
    assert_int_equal(index_open(fixture->path, &fixture->index, NULL), OK);
    assert_int_equal(index_count(fixture->index, &count, NULL), OK);
    assert_int_equal(count, 0);
    put_all(fixture);
    assert_string_equal(search(fixture, "lampli"), "lamplighter");
    assert_int_equal(index_remake(fixture->index, NULL), OK);
    assert_string_equal(search(fixture, "lampli"), "");
    put_all(fixture);
    assert_string_equal(search(fixture, "lampli"), "lamplighter");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_begins_so_comes_before_what_has_it_inside),
        CASE(names_are_found_in_each_language_without_accents),
        CASE(people_are_found_and_lead_to_their_titles),
        CASE(what_is_mistyped_is_found),
        CASE(nobody_is_told_of_what_he_may_not_see),
        CASE(what_is_syntax_elsewhere_is_text_here),
        CASE(rows_are_newest_first_and_page),
        CASE(a_series_shows_its_first_episode),
        CASE(what_changed_or_went_is_no_longer_found_as_before),
        CASE(a_batch_that_is_given_up_leaves_nothing),
        CASE(a_file_that_is_damaged_is_made_anew),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
