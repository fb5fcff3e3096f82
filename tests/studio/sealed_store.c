// SPDX-License-Identifier: Apache-2.0
#include "studio/sealed_store.h"

#include "store/blob_folder.h"

#include "../store/conformance_blob.h"
#include "../store/place.h"

#include <sys/stat.h>

static const char *const all[] = {"", NULL};
static struct sealed_options everything = {.prefixes = all};

static char rings[128]; // a folder
static char ring_place[160];

static outcome open_sealed(const char *root, const struct sealed_options *options,
                           struct blob_store **out, struct why *why)
{
    struct blob_store *inner;
    TRY(blob_folder_open(root, clock_system(), &inner, why));
    const outcome opened = sealed_store_open(inner, options, out, why);
    if (opened != OK) blob_store_close(&inner);
    return opened;
}

static void *make_folder(void)
{
    char *path = malloc(128);
    assert_non_null(path);
    folder_new(path);
    return path;
}

static void remove_folder(void *place)
{
    assert_ok(folder_remove(place, &why_));
    free(place);
}

static outcome open_place(void *place, struct blob_store **out, struct why *why)
{
    return open_sealed(place, &everything, out, why);
}

// A studio's store over a folder of its own, and the folder's store itself.
struct house {
    char root[128];
    struct sealed_options options;
    struct blob_store *studio, *plain;
};

static void house_open(struct house *house)
{
    folder_new(house->root);
    house->options = (struct sealed_options){sealed_studio_prefixes, ring_place};
    assert_ok(open_sealed(house->root, &house->options, &house->studio, &why_));
    assert_ok(blob_folder_open(house->root, clock_system(), &house->plain, &why_));
}

static void house_close(struct house *house)
{
    blob_store_close(&house->studio);
    blob_store_close(&house->plain);
    assert_ok(folder_remove(house->root, &why_));
}

static bool lies_clear(struct house *house, const char *key, const char *word)
{
    autobuffer bytes = buffer_init(1 << 20);
    assert_ok(blob_get(house->plain, key, &bytes, &why_));
    return memmem(bytes.at, bytes.len, word, strlen(word)) != NULL;
}

static void masters_and_work_lie_sealed_and_titles_as_they_are(void **state)
{
    (void)state;
    struct house house;
    house_open(&house);
    static const char *const keys[] = {"masters/1", "work/film/2/v/000000.mp4",
                                       "titles/film/2/v.mp4"};
    for (int i = 0; i < 3; i++) {
        autobuffer back = buffer_init(100);
        assert_ok(blob_put(house.studio, keys[i], slice_of("picture and sound"), &why_));
        assert_int_equal(lies_clear(&house, keys[i], "picture"), i == 2);
        assert_ok(blob_get(house.studio, keys[i], &back, &why_));
        assert_true(slice_is(buffer_slice(&back), "picture and sound"));
    }
    house_close(&house);
}

static void what_others_write_into_a_file_is_on_no_disk_in_the_clear(void **state)
{
    (void)state;
    struct house house;
    struct blob_writer *writer;
    struct stat in_memory, on_disk;
    struct blob_facts facts;
    int fd = -1;
    house_open(&house);
    assert_ok(house.studio->ops->create(house.studio, "work/f/1/a", &writer, &why_));
    assert_ok(writer->ops->file(writer, &fd, &why_));
    assert_int_equal(fstat(fd, &in_memory), 0);
    assert_int_equal(stat(house.root, &on_disk), 0);
    assert_int_not_equal(in_memory.st_dev, on_disk.st_dev);
    assert_ok(fd_write(fd, slice_of("picture and sound"), &why_));
    assert_ok(writer->ops->commit(writer, &why_));
    assert_false(lies_clear(&house, "work/f/1/a", "picture"));
    assert_ok(house.studio->ops->stat(house.studio, "work/f/1/a", &facts, &why_));
    assert_int_equal(facts.size, 17);
    house_close(&house);
}

static void what_lies_there_clear_is_stored_anew_and_never_read(void **state)
{
    (void)state;
    struct house house;
    struct blob_facts facts;
    autobuffer back = buffer_init(100);
    struct why why = {""};
    house_open(&house);
    assert_ok(blob_put(house.plain, "masters/1", slice_of("from before"), &why_));
    assert_ok(blob_put(house.plain, "masters/2", slice_of(""), &why_));
    assert_int_equal(house.studio->ops->stat(house.studio, "masters/1", &facts, &why), NOT_FOUND);
    assert_int_equal(house.studio->ops->stat(house.studio, "masters/2", &facts, &why), NOT_FOUND);
    assert_int_equal(blob_get(house.studio, "masters/1", &back, &why), DENIED);
    assert_non_null(strstr(why.text, "in the clear"));
    assert_ok(blob_put(house.studio, "masters/1", slice_of("sealed"), &why_));
    assert_ok(blob_get(house.studio, "masters/1", &back, &why_));
    // An object that was put under another's name does not pass for it either.
    autobuffer other = buffer_init(1000);
    assert_ok(blob_get(house.plain, "masters/1", &other, &why_));
    assert_ok(blob_put(house.plain, "masters/2", buffer_slice(&other), &why_));
    assert_int_equal(blob_get(house.studio, "masters/2", &back, &why), CORRUPT);
    house_close(&house);
}

static void a_reader_reaches_into_an_object_without_opening_it_whole(void **state)
{
    (void)state;
    struct house house;
    struct seal seal;
    struct stat lies;
    uint8_t *bytes = malloc(1 << 20), part[10];
    size_t len;
    assert_non_null(bytes);
    for (size_t i = 0; i < 1 << 20; i++)
        bytes[i] = (uint8_t)(i >> 8 ^ i);
    house_open(&house);
    assert_ok(blob_put(house.studio, "masters/1", (struct slice){bytes, 1 << 20}, &why_));
    assert_ok(blob_put(house.studio, "titles/1", slice_of("clear"), &why_));
    autofd fd = -1, clear = -1;
    autosealed *file = NULL;
    assert_ok(sealed_store_reach(house.studio, "masters/1", &fd, &seal, &why_));
    assert_true(seal.is_sealed);
    assert_int_equal(fstat(fd, &lies), 0);
    assert_true(lies.st_size > 1 << 20); // the object itself, with its header and tags
    assert_ok(sealed_file_open(fd, &seal, &file, &why_));
    assert_ok(sealed_file_read(file, 777777, part, sizeof part, &len, &why_));
    assert_memory_equal(part, bytes + 777777, sizeof part);
    assert_ok(sealed_store_reach(house.studio, "titles/1", &clear, &seal, &why_));
    assert_false(seal.is_sealed);
    free(bytes);
    house_close(&house);
}

static void without_the_ring_nothing_is_read_or_written(void **state)
{
    (void)state;
    struct house house;
    struct why why = {""};
    autobuffer back = buffer_init(100);
    house_open(&house);
    assert_ok(blob_put(house.studio, "masters/1", slice_of("x"), &why_));
    const struct sealed_options elsewhere = {sealed_studio_prefixes, "/nowhere/studio"};
    struct blob_store *stranger;
    assert_ok(open_sealed(house.root, &elsewhere, &stranger, &why_));
    assert_int_equal(blob_get(stranger, "masters/1", &back, &why), DENIED);
    assert_non_null(strstr(why.text, "/nowhere/studio"));
    assert_int_equal(blob_put(stranger, "masters/2", slice_of("x"), &why), DENIED);
    assert_ok(blob_put(stranger, "titles/2", slice_of("x"), &why_)); // none of its business
    blob_store_close(&stranger);
    house_close(&house);
}

static outcome count_active(void *context, const char *key, const char *wrapping_id,
                            struct why *why)
{
    (void)key, (void)why;
    const char **active = context;
    assert_string_equal(wrapping_id, *active);
    return OK;
}

static void rotation_gives_every_object_a_new_header(void **state)
{
    (void)state;
    struct house house;
    autoring *ring = NULL;
    char id[WRAPPING_ID_BYTES];
    struct reseal_report report;
    autobuffer before = buffer_init(1000), after = buffer_init(1000), back = buffer_init(100);
    house_open(&house);
    assert_ok(blob_put(house.studio, "masters/1", slice_of("one"), &why_));
    assert_ok(blob_put(house.studio, "work/2", slice_of("two"), &why_));
    assert_ok(blob_put(house.plain, "masters/3", slice_of("clear, from before"), &why_));
    assert_ok(blob_get(house.plain, "masters/1", &before, &why_));
    assert_ok(key_ring_open(ring_place, &ring, &why_));
    assert_ok(key_ring_rotate(ring, clock_wall_ms(clock_system()) + 60000, id, &why_));
    assert_ok(sealed_store_rewrap(house.studio, ring, &report, &why_));
    assert_int_equal(report.objects, 2);
    assert_int_equal(report.resealed, 2);
    const char *active = id;
    assert_ok(sealed_store_each(house.studio, count_active, &active, &why_));
    assert_ok(blob_get(house.plain, "masters/1", &after, &why_));
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.at + SEAL_HEADER_BYTES, after.at + SEAL_HEADER_BYTES,
                        after.len - SEAL_HEADER_BYTES);
    assert_ok(blob_get(house.studio, "masters/1", &back, &why_)); // reads the ring again
    assert_true(slice_is(buffer_slice(&back), "one"));
    assert_ok(sealed_store_rewrap(house.studio, ring, &report, &why_));
    assert_int_equal(report.resealed, 0);
    house_close(&house);
}

int main(void)
{
    const struct blob_place place = {"blob conformance: sealed", make_folder, remove_folder,
                                     open_place};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masters_and_work_lie_sealed_and_titles_as_they_are),
        cmocka_unit_test(what_others_write_into_a_file_is_on_no_disk_in_the_clear),
        cmocka_unit_test(what_lies_there_clear_is_stored_anew_and_never_read),
        cmocka_unit_test(a_reader_reaches_into_an_object_without_opening_it_whole),
        cmocka_unit_test(without_the_ring_nothing_is_read_or_written),
        cmocka_unit_test(rotation_gives_every_object_a_new_header),
    };
    folder_new(rings);
    (void)snprintf(ring_place, sizeof ring_place, "%s/studio", rings);
    everything.ring = ring_place;
    if (key_ring_make(ring_place, clock_wall_ms(clock_system()), NULL) != OK) return 1;
    const int failed = run_blob_conformance(&place, tests, sizeof tests / sizeof tests[0]);
    return folder_remove(rings, NULL) == OK ? failed : 1;
}
