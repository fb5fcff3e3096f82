// SPDX-License-Identifier: Apache-2.0
#include "studio/intake.h"

#include "store/blob_folder.h"

#include "rig.h"
#include "studio_place.h"

#include <sys/stat.h>

struct fixture {
    char folder[128];
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_new(fixture->folder);
    fixture->arena = arena_init(4 << 20);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static outcome open_at(struct fixture *fixture, const char *name, const char *id,
                       struct intake *out, struct why *why)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
    return intake_open(path, id, &fixture->arena, out, why);
}

static void ids_come_from_the_person_the_file_or_the_name(void **state)
{
    struct fixture *fixture = *state;
    struct intake intake;
    file_new(fixture->folder, "Mein Film (2026).mov", "x");
    assert_ok(open_at(fixture, "Mein Film (2026).mov", NULL, &intake, &why_));
    assert_string_equal(intake.id, "mein-film-2026");
    assert_string_equal(intake.file.title, "mein-film-2026");
    assert_false(intake.has_file);
    file_new(fixture->folder, "title.json",
             "{\"id\": \"film\", \"title\": \"F\", \"master\": \"Mein Film (2026).mov\"}");
    assert_ok(open_at(fixture, "Mein Film (2026).mov", NULL, &intake, &why_));
    assert_true(intake.has_file);
    assert_string_equal(intake.id, "film");
    assert_ok(open_at(fixture, "Mein Film (2026).mov", "mine", &intake, &why_));
    assert_string_equal(intake.id, "mine");
    assert_int_equal(open_at(fixture, "Mein Film (2026).mov", "../x", &intake, NULL), INVALID);
    // a title.json that speaks of another master is none of this one's
    file_new(fixture->folder, "other.mov", "x");
    assert_ok(open_at(fixture, "other.mov", NULL, &intake, &why_));
    assert_string_equal(intake.id, "other");
    assert_false(intake.has_file);
    file_new(fixture->folder, "\xe6\x98\xa0.mov", "x"); // nothing left of such a name
    struct why why = {""};
    assert_int_equal(open_at(fixture, "\xe6\x98\xa0.mov", NULL, &intake, &why), INVALID);
    assert_non_null(strstr(why.text, "--id"));
}

static void a_folder_has_one_master_or_names_it(void **state)
{
    struct fixture *fixture = *state;
    struct intake intake;
    struct why why = {""};
    assert_int_equal(open_at(fixture, "", "f", &intake, &why), NOT_FOUND);
    file_new(fixture->folder, "notes.txt", "x");
    file_new(fixture->folder, "a.MOV", "x");
    assert_ok(open_at(fixture, "", "f", &intake, &why_));
    assert_non_null(strstr(intake.master, "/a.MOV"));
    file_new(fixture->folder, "b.mxf", "x");
    assert_int_equal(open_at(fixture, "", "f", &intake, &why), INVALID);
    assert_non_null(strstr(why.text, "more than one"));
    file_new(fixture->folder, "title.json", "{\"title\": \"F\", \"master\": \"b.mxf\"}");
    assert_ok(open_at(fixture, "", "f", &intake, &why_));
    assert_non_null(strstr(intake.master, "/b.mxf"));
    assert_int_equal(open_at(fixture, "nothing", "f", &intake, NULL), NOT_FOUND);
}

static void what_is_kept_is_kept_once_under_its_digest(void **state)
{
    struct fixture *fixture = *state;
    char path[PATH_MAX], root[PATH_MAX], key[INTAKE_KEY_BYTES], again[INTAKE_KEY_BYTES];
    struct blob_store *blobs;
    (void)snprintf(root, sizeof root, "%s/blobs", fixture->folder);
    assert_ok(blob_folder_open(root, clock_system(), &blobs, &why_));
    file_new(fixture->folder, "a", "abc");
    (void)snprintf(path, sizeof path, "%s/a", fixture->folder);
    assert_ok(intake_keep(blobs, path, NULL, key, &why_));
    assert_string_equal(key,
                        "masters/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct blob_facts before, after;
    assert_ok(blobs->ops->stat(blobs, key, &before, &why_));
    file_new(fixture->folder, "b", "abc");
    (void)snprintf(path, sizeof path, "%s/b", fixture->folder);
    assert_ok(intake_keep(blobs, path, NULL, again, &why_));
    assert_string_equal(again, key);
    assert_ok(blobs->ops->stat(blobs, key, &after, &why_));
    assert_string_equal(after.etag, before.etag); // not written again
    assert_int_equal(intake_keep(blobs, fixture->folder, NULL, again, NULL), INVALID);
    assert_int_equal(intake_keep(blobs, "/nowhere", NULL, again, NULL), NOT_FOUND);
    blob_store_close(&blobs);
}

static struct master_facts facts_of(void)
{
    struct master_facts facts = {.container = "matroska", .duration = {10, 1}, .track_count = 7};
    static const struct {
        enum track_kind kind;
        bool data, decodable;
        const char *codec, *language, *title;
    } tracks[] = {
        {TRACK_VIDEO, false, true, "h264", "und", ""},
        {TRACK_AUDIO, false, true, "aac", "en", ""},
        {TRACK_AUDIO, true, true, "none", "und", ""}, // timecode, whatever its kind says
        {TRACK_AUDIO, false, true, "aac", "en", ""},
        {TRACK_AUDIO, false, false, "exotic", "de", ""},
        {TRACK_TEXT, false, true, "subrip", "en", "Plain"},
        {TRACK_TEXT, false, true, "hdmv_pgs_subtitle", "de", ""},
    };
    for (size_t i = 0; i < facts.track_count; i++) {
        struct master_track *track = &facts.tracks[i];
        track->kind = tracks[i].kind;
        track->data = tracks[i].data;
        track->decodable = tracks[i].decodable;
        (void)snprintf(track->codec, sizeof track->codec, "%s", tracks[i].codec);
        (void)snprintf(track->language, sizeof track->language, "%s", tracks[i].language);
        (void)snprintf(track->title, sizeof track->title, "%s", tracks[i].title);
    }
    return facts;
}

// A hundred samples of 5.1, silent.
static void put_wav(const char *folder, const char *name)
{
    enum { DATA = 100 * 12, RATE = 48000, CHANNELS = 6 };
    static const uint8_t head[] = "RIFF\xd4\x04\0\0WAVEfmt \x10\0\0\0\x01\0\x06\0\x80\xbb\0\0"
                                  "\0\xca\x08\0\x0c\0\x10\0data\xb0\x04\0";
    uint8_t bytes[sizeof head + DATA] = {0};
    memcpy(bytes, head, sizeof head);
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    assert_int_equal(fclose(file), 0);
}

struct choice {
    struct plan_inputs inputs;
    struct plan_track audio[PLAN_TRACKS_MAX], text[PLAN_TRACKS_MAX];
    char poster[INTAKE_KEY_BYTES];
};

static outcome choose(struct fixture *fixture, const char *title_json, struct choice *out,
                      struct why *why)
{
    char root[PATH_MAX];
    struct blob_store *blobs;
    struct intake intake;
    const struct master_facts facts = facts_of();
    autotranscoder *transcoder = rig_open(0);
    if (title_json != NULL) file_new(fixture->folder, "title.json", title_json);
    file_new(fixture->folder, "m.mkv", "x");
    (void)snprintf(root, sizeof root, "%s/blobs", fixture->folder);
    assert_ok(blob_folder_open(root, clock_system(), &blobs, &why_));
    outcome result = open_at(fixture, "m.mkv", "film", &intake, why);
    if (result == OK)
        result = intake_tracks(blobs, transcoder, &intake, &facts, "masters/m", &out->inputs,
                               out->audio, out->text, out->poster, why);
    blob_store_close(&blobs);
    return result;
}

static void without_a_list_all_usable_tracks_are_taken(void **state)
{
    struct choice *choice = calloc(1, sizeof *choice);
    assert_non_null(choice);
    assert_ok(choose(*state, NULL, choice, &why_));
    assert_int_equal(choice->inputs.audio_count, 2);
    assert_int_equal(choice->audio[0].stream, 1);
    assert_int_equal(choice->audio[0].role, ROLE_MAIN);
    assert_int_equal(choice->audio[1].stream, 3);
    assert_int_equal(choice->audio[1].role, ROLE_ALTERNATE); // a menu could not tell them apart
    assert_int_equal(choice->inputs.text_count, 1);
    assert_int_equal(choice->text[0].stream, 5);
    assert_int_equal(choice->text[0].role, ROLE_SUBTITLE);
    assert_string_equal(choice->text[0].label, "Plain");
    assert_string_equal(choice->poster, "");
    free(choice);
}

static void a_list_is_followed_and_its_mistakes_are_told(void **state)
{
    struct fixture *fixture = *state;
    struct choice *choice = calloc(1, sizeof *choice);
    assert_non_null(choice);
    put_wav(fixture->folder, "ad.wav");
    file_new(fixture->folder, "mute.wav", "sound");
    file_new(fixture->folder, "en.srt", small_captions);
    file_new(fixture->folder, "bad.srt", "no captions");
    file_new(fixture->folder, "p.jpg", "\xff\xd8\xff\xe0jpeg");
#define TITLE "{\"title\": \"F\", \"master\": \"m.mkv\", "
    assert_ok(choose(fixture,
                     TITLE "\"audio\": [{\"stream\": 1, \"lang\": \"en\"}, {\"file\": \"ad.wav\", "
                           "\"lang\": \"en\", \"role\": \"ad\"}], \"text\": [{\"file\": "
                           "\"en.srt\", \"lang\": \"en\", \"role\": \"sdh\", \"title\": \"CC\"}], "
                           "\"poster\": \"p.jpg\"}",
                     choice, &why_));
    assert_int_equal(choice->audio[0].stream, 3); // the second of the audio streams
    assert_false(choice->audio[0].is_sidecar);
    assert_true(choice->audio[1].is_sidecar);
    assert_int_equal(choice->audio[1].role, ROLE_DESCRIPTION);
    assert_int_equal(choice->audio[1].source_channels, 6);
    assert_true(choice->audio[1].has_centre);
    assert_int_equal(choice->text[0].role, ROLE_CAPTION);
    assert_string_equal(choice->text[0].label, "CC");
    assert_int_equal(strncmp(choice->poster, "masters/", 8), 0);
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {TITLE "\"audio\": [{\"stream\": 3, \"lang\": \"en\"}]}", "audio stream 3"},
        {TITLE "\"audio\": [{\"file\": \"mute.wav\", \"lang\": \"en\"}]}", "has no sound"},
        {TITLE "\"audio\": [{\"stream\": 2, \"lang\": \"en\"}]}", "exotic"},
        {TITLE "\"text\": [{\"stream\": 1, \"lang\": \"de\"}]}", "hdmv_pgs_subtitle"},
        {TITLE "\"text\": [{\"file\": \"bad.srt\", \"lang\": \"de\"}]}", "bad.srt"},
        {TITLE "\"text\": [{\"file\": \"no.srt\", \"lang\": \"de\"}]}", "no.srt"},
        {TITLE "\"audio\": [{\"stream\": 0, \"lang\": \"en\", \"role\": \"loud\"}]}", "loud"},
        {TITLE "\"poster\": \"en.srt\"}", "not a JPEG"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {""};
        assert_int_not_equal(choose(fixture, cases[i].json, choice, &why), OK);
        if (strstr(why.text, cases[i].sentence) == NULL) {
            print_error("%s: %s\n", cases[i].json, why.text);
            _fail(__FILE__, __LINE__);
        }
    }
#undef TITLE
    free(choice);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(ids_come_from_the_person_the_file_or_the_name),
        CASE(a_folder_has_one_master_or_names_it),
        CASE(what_is_kept_is_kept_once_under_its_digest),
        CASE(without_a_list_all_usable_tracks_are_taken),
        CASE(a_list_is_followed_and_its_mistakes_are_told),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
