// SPDX-License-Identifier: Apache-2.0
#include "app/once.h"

#include "../account/room.h"

#include <sys/wait.h>
#include <unistd.h>

static const struct once_request sign_in = {
    .caller = "",
    .key = {(const uint8_t *)"a-key-of-mine", 13},
    .method = {(const uint8_t *)"POST", 4},
    .path = {(const uint8_t *)"/v1/x", 5},
    .body = {(const uint8_t *)"{}", 2},
};

static enum once_verdict begin(struct room *room, const struct once_request *request,
                               struct once *once, struct buffer *answer)
{
    enum once_verdict verdict;
    assert_ok(once_begin(&room->accounts, request, once, &verdict, answer, &why_));
    return verdict;
}

static void an_answer_is_given_again(void **state)
{
    struct room *room = *state;
    struct once once;
    autobuffer answer = buffer_init(1 << 16);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
    assert_ok(once_finish(&room->accounts, &once, slice_of("the answer"), &why_));
    for (int i = 0; i < 2; i++) {
        answer.len = 0;
        assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_ANSWERED);
        assert_true(slice_is(buffer_slice(&answer), "the answer"));
    }
    room_wait(room, ONCE_LIFE_MS + 1);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
}

static void a_key_names_one_request_of_one_caller(void **state)
{
    struct room *room = *state;
    struct once once;
    autobuffer answer = buffer_init(1 << 16);
    struct once_request other = sign_in, stranger = sign_in;
    other.body = slice_of("{\"a\":1}");
    stranger.caller = "member_2";
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
    assert_int_equal(begin(room, &other, &once, &answer), ONCE_OTHER);
    assert_int_equal(begin(room, &stranger, &once, &answer), ONCE_FRESH);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_BUSY);
}

static void a_refused_request_may_be_sent_anew(void **state)
{
    struct room *room = *state;
    struct once once;
    autobuffer answer = buffer_init(1 << 16);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
    once_abandon(&room->accounts, &once);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
}

// A process that dies after its claim leaves the work to the next try, which makes the same ids.
static void the_work_of_a_dead_process_is_done_with_its_ids(void **state)
{
    struct room *room = *state;
    int ends[2];
    char theirs[ID_BYTES], ours[ID_BYTES];
    struct once once;
    autobuffer answer = buffer_init(1 << 16);
    assert_int_equal(pipe(ends), 0);
    table_store_close(&room->accounts.tables); // not to be carried across fork
    char path[100];
    (void)snprintf(path, sizeof path, "%s/t.db", room->folder);
    const pid_t child = fork();
    if (child == 0) {
        enum once_verdict verdict;
        if (table_sqlite_open(path, &room->clock.clock, &room->accounts.tables, NULL) != OK)
            _exit(1);
        if (once_begin(&room->accounts, &sign_in, &once, &verdict, &answer, NULL) != OK) _exit(1);
        once_id(&once, "member", theirs);
        const ssize_t sent = write(ends[1], theirs, sizeof theirs);
        _exit(sent == sizeof theirs ? 0 : 1);
    }
    int status;
    assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_ok(table_sqlite_open(path, &room->clock.clock, &room->accounts.tables, &why_));
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
    once_id(&once, "member", ours);
    assert_string_equal(ours, theirs);
    once_id(&once, "member", ours);
    assert_string_not_equal(ours, theirs);
}

static void the_table_holds_neither_key_nor_answer(void **state)
{
    struct room *room = *state;
    struct once once;
    char path[100];
    autobuffer answer = buffer_init(1 << 16), file = buffer_init(16 << 20);
    assert_int_equal(begin(room, &sign_in, &once, &answer), ONCE_FRESH);
    assert_ok(once_finish(&room->accounts, &once, slice_of("ps_a-secret-token"), &why_));
    (void)snprintf(path, sizeof path, "%s/t.db-wal", room->folder);
    assert_ok(file_read(path, &file, &why_));
    assert_null(memmem(file.at, file.len, "ps_a-secret", 11));
    assert_null(memmem(file.at, file.len, "a-key-of-mine", 13));
    assert_non_null(memmem(file.at, file.len, "fingerprint", 11));
}

static void a_key_is_a_key(void **state)
{
    struct room *room = *state;
    struct once once;
    enum once_verdict verdict;
    autobuffer answer = buffer_init(1 << 16);
    static const char *const bad[] = {"", "short", "with a space",
                                      "\x80\x80\x80\x80\x80\x80\x80\x80"};
    for (size_t i = 0; i < 4; i++) {
        struct once_request request = sign_in;
        request.key = slice_of(bad[i]);
        assert_int_equal(once_begin(&room->accounts, &request, &once, &verdict, &answer, NULL),
                         INVALID);
    }
}

ROOM_MAIN(ROOM_TEST(an_answer_is_given_again), ROOM_TEST(a_key_names_one_request_of_one_caller),
          ROOM_TEST(a_refused_request_may_be_sent_anew),
          ROOM_TEST(the_work_of_a_dead_process_is_done_with_its_ids),
          ROOM_TEST(the_table_holds_neither_key_nor_answer), ROOM_TEST(a_key_is_a_key))
