// SPDX-License-Identifier: Apache-2.0
#include "account/download.h"

#include "account/event.h"
#include "account/profile.h"
#include "account/session.h"
#include "room.h"

static const struct plan three = {.downloads = 3}, none = {.downloads = 0};

struct kept {
    struct member member;
    struct session_grant grant;
    struct profile profile;
};

static struct kept kept_open(struct room *room)
{
    struct kept kept = {.member = room_member(room, "ada", MEMBER_MEMBER),
                        .profile = {.name = "Kim", .maturity_age = 18}};
    assert_ok(profile_add(&room->accounts, deed_of_test, kept.member.id, &kept.profile, &why_));
    assert_ok(session_begin(&room->accounts, &kept.member, "TV", NULL, &kept.grant, &why_));
    return kept;
}

static enum download_refusal prepare(struct room *room, const struct kept *kept, const char *title,
                                     struct download *out)
{
    enum download_refusal refusal;
    const int64_t now_ms = clock_wall_ms(&room->clock.clock);
    *out = (struct download){.start_by_ms = now_ms + DOWNLOAD_START_MS,
                             .ends_ms = now_ms + DOWNLOAD_START_MS + DOWNLOAD_PLAY_MS};
    id_make("download", now_ms, out->id);
    (void)snprintf(out->title, sizeof out->title, "%s", title);
    (void)snprintf(out->device, sizeof out->device, "%s", kept->grant.session.device.id);
    (void)snprintf(out->profile, sizeof out->profile, "%s", kept->profile.id);
    assert_ok(download_prepare(&room->accounts, deed_of_test, kept->member.id, &three, out,
                               &refusal, &why_));
    return refusal;
}

static enum download_end judge(struct room *room, const struct kept *kept, const struct plan *plan,
                               const char *id)
{
    struct download download;
    assert_ok(download_load(&room->accounts, kept->member.id, id, &download, &why_));
    assert_ok(download_judge(&room->accounts, kept->member.id, plan, &download, &why_));
    return download.end;
}

static size_t count_events(struct room *room, const char *action)
{
    struct event_page page;
    size_t count = 0;
    assert_ok(event_list(&room->accounts, "", EVENT_PAGE_MAX, &room->arena, &page, &why_));
    for (size_t i = 0; i < page.count; i++)
        count += strcmp(page.events[i].action, action) == 0;
    return count;
}

static void a_plan_keeps_as_many_as_it_says(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct download downloads[4];
    static const char *const titles[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(prepare(room, &kept, titles[i], &downloads[i]), DOWNLOAD_GRANTED);
    assert_int_equal(prepare(room, &kept, "d", &downloads[3]), DOWNLOAD_LIMIT);
    assert_ok(download_drop(&room->accounts, deed_of_test, kept.member.id, downloads[0].id, &why_));
    assert_int_equal(prepare(room, &kept, "d", &downloads[3]), DOWNLOAD_GRANTED);
    assert_int_equal(count_events(room, "download.prepared"), 4);
    assert_int_equal(count_events(room, "download.removed"), 1);
}

static void the_same_title_on_the_same_device_takes_its_own_place(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct download first, again, other;
    struct download_page page;
    for (int i = 0; i < 2; i++)
        assert_int_equal(prepare(room, &kept, i == 0 ? "b" : "c", &other), DOWNLOAD_GRANTED);
    assert_int_equal(prepare(room, &kept, "a", &first), DOWNLOAD_GRANTED);
    assert_int_equal(prepare(room, &kept, "a", &again), DOWNLOAD_GRANTED);
    assert_ok(download_list(&room->accounts, kept.member.id, &room->arena, &page, &why_));
    assert_int_equal(page.count, 3);
    assert_int_equal(download_load(&room->accounts, kept.member.id, first.id, &first, NULL),
                     NOT_FOUND);
}

static void what_is_over_gives_its_place_back(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct download downloads[3], next;
    static const char *const titles[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(prepare(room, &kept, titles[i], &downloads[i]), DOWNLOAD_GRANTED);
    const int64_t now_ms = clock_wall_ms(&room->clock.clock);
    assert_ok(download_start(&room->accounts, kept.member.id, now_ms + DAY_MS, &downloads[0],
                             &why_)); // a clock that is ahead: it was started now
    assert_int_equal(downloads[0].started_ms, now_ms);
    room_wait(room, DOWNLOAD_PLAY_MS - 1);
    assert_int_equal(judge(room, &kept, &three, downloads[0].id), DOWNLOAD_GOES_ON);
    room_wait(room, 1);
    assert_int_equal(judge(room, &kept, &three, downloads[0].id), DOWNLOAD_EXPIRED);
    assert_int_equal(prepare(room, &kept, "d", &next), DOWNLOAD_GRANTED);
    room_wait(room, DOWNLOAD_START_MS); // the device may have begun in the last moment
    assert_int_equal(judge(room, &kept, &three, downloads[1].id), DOWNLOAD_EXPIRED);
}

static void a_device_that_is_gone_gives_its_places_back(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct kept other = kept;
    struct download download;
    static const char *const titles[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(prepare(room, &kept, titles[i], &download), DOWNLOAD_GRANTED);
    assert_ok(session_begin(&room->accounts, &kept.member, "Phone", NULL, &other.grant, &why_));
    assert_int_equal(prepare(room, &other, "a", &download), DOWNLOAD_LIMIT);
    assert_ok(session_end(&room->accounts, deed_of_test, kept.member.id,
                          kept.grant.session.device.id, &why_));
    assert_int_equal(prepare(room, &other, "a", &download), DOWNLOAD_GRANTED);
}

static void a_start_that_is_said_twice_counts_once(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct download download;
    assert_int_equal(prepare(room, &kept, "a", &download), DOWNLOAD_GRANTED);
    const int64_t prepared_ms = download.prepared_ms;
    room_wait(room, DAY_MS);
    assert_ok(download_start(&room->accounts, kept.member.id, prepared_ms - 5000, &download,
                             &why_)); // a clock that is behind
    assert_int_equal(download.started_ms, prepared_ms);
    assert_ok(
        download_start(&room->accounts, kept.member.id, prepared_ms + DAY_MS, &download, &why_));
    assert_int_equal(download.started_ms, prepared_ms);
    assert_int_equal(download_ends_ms(&download), prepared_ms + DOWNLOAD_PLAY_MS);
    assert_int_equal(count_events(room, "download.started"), 1);
}

static void it_ends_with_its_plan_device_and_profile(void **state)
{
    struct room *room = *state;
    const struct kept kept = kept_open(room);
    struct download a, b, c;
    assert_int_equal(prepare(room, &kept, "a", &a), DOWNLOAD_GRANTED);
    assert_int_equal(prepare(room, &kept, "b", &b), DOWNLOAD_GRANTED);
    assert_int_equal(prepare(room, &kept, "c", &c), DOWNLOAD_GRANTED);
    assert_int_equal(judge(room, &kept, &none, a.id), DOWNLOAD_PLAN);
    assert_int_equal(judge(room, &kept, &three, a.id), DOWNLOAD_PLAN); // and stays so
    assert_ok(profile_drop(&room->accounts, deed_of_test, kept.member.id, kept.profile.id, &why_));
    assert_int_equal(judge(room, &kept, &three, b.id), DOWNLOAD_PROFILE);
    assert_ok(session_end(&room->accounts, deed_of_test, kept.member.id,
                          kept.grant.session.device.id, &why_));
    assert_int_equal(judge(room, &kept, &three, c.id), DOWNLOAD_DEVICE);
    assert_int_equal(count_events(room, "download.ended"), 3);
    assert_int_equal(judge(room, &kept, &three, c.id), DOWNLOAD_DEVICE);
    assert_int_equal(count_events(room, "download.ended"), 3);
}

ROOM_MAIN(ROOM_TEST(a_plan_keeps_as_many_as_it_says),
          ROOM_TEST(the_same_title_on_the_same_device_takes_its_own_place),
          ROOM_TEST(what_is_over_gives_its_place_back),
          ROOM_TEST(a_device_that_is_gone_gives_its_places_back),
          ROOM_TEST(a_start_that_is_said_twice_counts_once),
          ROOM_TEST(it_ends_with_its_plan_device_and_profile))
