// SPDX-License-Identifier: Apache-2.0
#include "studio/board.h"

#include "store/stores.h"

#include "studio_place.h"

struct fixture {
    char folder[128];
    struct clock_manual clock;
    struct stores stores;
    struct board board;
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    folder_new(fixture->folder);
    fixture->clock = clock_manual_init(0, 1795000000000);
    fixture->arena = arena_init(BOARD_ARENA_BYTES);
    assert_ok(stores_open(&fixture->stores, fixture->folder, &fixture->clock.clock, &why_));
    fixture->board =
        (struct board){.tables = fixture->stores.tables, .clock = &fixture->clock.clock};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stores_close(&fixture->stores);
    arena_release(&fixture->arena);
    assert_ok(folder_remove(fixture->folder, &why_));
    free(fixture);
    return 0;
}

static struct board_note seen(struct fixture *fixture)
{
    struct board_note note;
    assert_ok(board_get(fixture->stores.tables, &fixture->clock.clock, "film", &note, &why_));
    return note;
}

static void a_stage_is_told_at_once_and_progress_every_few_seconds(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = &fixture->board;
    assert_ok(board_begin(board, "film", "The Film", &why_));
    assert_ok(board_tell(board, "read", 0, 100, &why_));
    assert_string_equal(seen(fixture).stage, "read");
    assert_string_equal(seen(fixture).name, "The Film");
    assert_ok(board_tell(board, "read", 50, 100, &why_));
    assert_int_equal(seen(fixture).done, 0); // told a moment ago
    fixture->clock.now_us += 3000000;
    assert_ok(board_tell(board, "read", 60, 100, &why_));
    assert_int_equal(seen(fixture).done, 60);
    assert_ok(board_tell(board, "probe", 1, 2, &why_));
    assert_string_equal(seen(fixture).stage, "probe");
    assert_ok(board_end(board, BOARD_FAILED, "the picture is green", &why_));
    assert_int_equal(seen(fixture).state, BOARD_FAILED);
    assert_string_equal(seen(fixture).sentence, "the picture is green");
    assert_ok(board_begin(board, "film", "The Film", &why_)); // another run
    assert_ok(board_tell(board, "read", 0, 100, &why_));
    assert_int_equal(seen(fixture).state, BOARD_RUNNING);
    assert_string_equal(seen(fixture).sentence, "");
}

static void what_is_silent_is_lost(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(board_begin(&fixture->board, "film", "", &why_));
    assert_ok(board_tell(&fixture->board, "read", 0, 0, &why_));
    fixture->clock.now_us += BOARD_SILENT_MS * INT64_C(1000);
    assert_int_equal(seen(fixture).state, BOARD_RUNNING);
    fixture->clock.now_us += 1000;
    assert_int_equal(seen(fixture).state, BOARD_LOST);
    struct board_note *notes;
    size_t count;
    assert_ok(board_list(fixture->stores.tables, &fixture->clock.clock, &fixture->arena, &notes,
                         &count, &why_));
    assert_int_equal(count, 1);
    assert_int_equal(notes[0].state, BOARD_LOST);
    assert_ok(board_tell(&fixture->board, "probe", 0, 0, &why_)); // it was only slow
    assert_int_equal(seen(fixture).state, BOARD_RUNNING);
}

static outcome cancel(struct fixture *fixture)
{
    return board_cancel(fixture->stores.tables, &fixture->clock.clock, "film", NULL);
}

static void a_wish_ends_what_runs_once_and_forgets_what_does_not(void **state)
{
    struct fixture *fixture = *state;
    struct board *board = &fixture->board;
    struct board_note note;
    struct why why = {""};
    assert_int_equal(cancel(fixture), NOT_FOUND);
    assert_ok(board_begin(board, "film", "", &why_));
    assert_ok(board_tell(board, "read", 0, 0, &why_));
    assert_ok(cancel(fixture));
    assert_int_equal(board_tell(board, "probe", 0, 0, &why), UNAVAILABLE);
    assert_true(board->is_cancelled);
    assert_ok(board_end(board, BOARD_CANCELLED, why.text, &why_));
    *board = (struct board){.tables = fixture->stores.tables, .clock = &fixture->clock.clock};
    assert_ok(board_begin(board, "film", "", &why_)); // the wish was for the one before
    assert_ok(board_tell(board, "read", 0, 0, &why_));
    assert_ok(board_end(board, BOARD_PUBLISHED, NULL, &why_));
    assert_ok(cancel(fixture));
    assert_int_equal(board_get(fixture->stores.tables, &fixture->clock.clock, "film", &note, NULL),
                     NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stage_is_told_at_once_and_progress_every_few_seconds,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_silent_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wish_ends_what_runs_once_and_forgets_what_does_not,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
