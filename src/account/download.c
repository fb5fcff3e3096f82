// SPDX-License-Identifier: Apache-2.0
#include "account/download.h"

#include "account/event.h"
#include "account/profile.h"
#include "account/session.h"
#include "account/standing.h"

#include <stdio.h>
#include <string.h>

static const char download_table[] = "download";
static const char *const end_words[DOWNLOAD_ENDS] = {"",       "expired", "plan",
                                                     "device", "profile", "title"};

static const struct record_member download_members[] = {
    RECORD_TEXT(struct download, id),
    RECORD_TEXT(struct download, title),
    RECORD_TEXT(struct download, title_version),
    RECORD_TEXT(struct download, device),
    RECORD_TEXT(struct download, licence_device),
    RECORD_TEXT(struct download, profile),
    RECORD_I64(struct download, prepared_ms),
    RECORD_I64(struct download, start_by_ms),
    RECORD_I64(struct download, started_ms),
    RECORD_I64(struct download, ends_ms),
    RECORD_WORD(struct download, end, end_words),
};
static const struct record download_record = RECORD("a download", download_members);

enum { DOWNLOADS_READ_MAX = TABLE_PAGE_MAX };

const char *download_end_word(enum download_end end)
{
    return end_words[end];
}

int64_t download_ends_ms(const struct download *download)
{
    const int64_t finish_by_ms = download->started_ms + DOWNLOAD_PLAY_MS;
    const bool is_sooner = download->started_ms != 0 && finish_by_ms < download->ends_ms;
    return is_sooner ? finish_by_ms : download->ends_ms;
}

static struct row_key key_of(const char *member_id, const char *id)
{
    return (struct row_key){download_table, member_id, id};
}

static outcome put(const struct accounts *accounts, const char *member_id,
                   struct download *download, struct row_terms terms, struct why *why)
{
    terms.expires_ms = download->ends_ms + DOWNLOAD_SHOWN_MS;
    return row_put(accounts->tables, key_of(member_id, download->id), &download_record, download,
                   terms, &download->version, why);
}

static outcome save(const struct accounts *accounts, const char *member_id,
                    struct download *download, struct why *why)
{
    return put(accounts, member_id, download,
               (struct row_terms){.condition = TABLE_VERSION, .version = download->version}, why);
}

outcome download_list(const struct accounts *accounts, const char *member_id, struct arena *arena,
                      struct download_page *out, struct why *why)
{
    struct row_page rows;
    TRY(row_list(accounts->tables, key_of(member_id, ""), NULL, DOWNLOADS_READ_MAX,
                 &download_record, sizeof(struct download), arena, &rows, why));
    *out = (struct download_page){rows.items, rows.count};
    for (size_t i = 0; i < rows.count; i++)
        out->downloads[i].version = rows.versions[i];
    return OK;
}

outcome download_load(const struct accounts *accounts, const char *member_id, const char *id,
                      struct download *out, struct why *why)
{
    struct download found;
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no download by that id");
    const outcome got = row_get(accounts->tables, key_of(member_id, id), &download_record, &found,
                                &found.version, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no download %s", id);
    TRY(got);
    *out = found;
    return OK;
}

// --- preparing ------------------------------------------------------------------------------

// A device of ours is known by its identity, whatever sessions it had; a browser by its session.
static bool is_same_place(const struct download *a, const struct download *b)
{
    const bool is_known = a->licence_device[0] != '\0' || a->device[0] != '\0';
    const bool is_same = a->licence_device[0] != '\0' || strcmp(a->device, b->device) == 0;
    return is_known && is_same && strcmp(a->title, b->title) == 0 &&
           strcmp(a->licence_device, b->licence_device) == 0;
}

// Those that take a place beside `download`; one of the same title on the same device gives its
// place to it, and what is over gives its place back.
static outcome count_others(const struct accounts *accounts, const char *member_id,
                            const struct plan *plan, const struct download *download, size_t *out,
                            struct why *why)
{
    autoarena arena = arena_init((size_t)DOWNLOADS_READ_MAX * 4096);
    struct download_page page;
    size_t count = 0;
    TRY(download_list(accounts, member_id, &arena, &page, why));
    for (size_t i = 0; i < page.count; i++) {
        struct download *other = &page.downloads[i];
        if (strcmp(other->id, download->id) == 0 || is_same_place(other, download)) continue;
        TRY(download_judge(accounts, member_id, plan, other, why));
        count += other->end == DOWNLOAD_GOES_ON;
    }
    *out = count;
    return OK;
}

static outcome replace_older(const struct accounts *accounts, const char *member_id,
                             const struct download *download, struct why *why)
{
    autoarena arena = arena_init((size_t)DOWNLOADS_READ_MAX * 4096);
    struct download_page page;
    TRY(download_list(accounts, member_id, &arena, &page, why));
    for (size_t i = 0; i < page.count; i++) {
        const struct download *other = &page.downloads[i];
        if (strcmp(other->id, download->id) != 0 && is_same_place(other, download))
            TRY(row_drop(accounts->tables, key_of(member_id, other->id), 0, why));
    }
    return OK;
}

outcome download_prepare(const struct accounts *accounts, struct deed deed, const char *member_id,
                         const struct plan *plan, struct download *download,
                         enum download_refusal *refusal, struct why *why)
{
    char detail[200];
    size_t others = 0;
    *refusal = plan->downloads == 0 ? DOWNLOAD_NO_PLAN : DOWNLOAD_GRANTED;
    if (*refusal != DOWNLOAD_GRANTED) return OK;
    TRY(count_others(accounts, member_id, plan, download, &others, why));
    if (others >= plan->downloads) {
        *refusal = DOWNLOAD_LIMIT;
        return OK;
    }
    download->prepared_ms = clock_wall_ms(accounts->clock);
    download->started_ms = 0;
    download->end = DOWNLOAD_GOES_ON;
    (void)snprintf(detail, sizeof detail, "%s on %s", download->title,
                   download->licence_device[0] == '\0' ? download->device
                                                       : download->licence_device);
    TRY(event_write(accounts, deed, "download.prepared", download->id, detail, why));
    TRY(put(accounts, member_id, download, (struct row_terms){0}, why));
    // Whoever came in the same moment is seen now: each sees the other, and nobody is let in past
    // the plan.
    TRY(count_others(accounts, member_id, plan, download, &others, why));
    if (others < plan->downloads) return replace_older(accounts, member_id, download, why);
    *refusal = DOWNLOAD_LIMIT;
    return row_drop(accounts->tables, key_of(member_id, download->id), 0, why);
}

// --- what becomes of it -----------------------------------------------------------------------

static outcome has_device(const struct accounts *accounts, const char *member_id, const char *id,
                          bool *out, struct why *why)
{
    autoarena arena = arena_init(DEVICES_MAX * 4096);
    struct device_page page;
    *out = id[0] == '\0'; // an open house knows none
    if (*out) return OK;
    TRY(device_list(accounts, member_id, &arena, &page, why));
    for (size_t i = 0; i < page.count; i++)
        *out = *out || strcmp(page.devices[i].id, id) == 0;
    return OK;
}

static outcome has_profile(const struct accounts *accounts, const char *member_id,
                           const struct download *download, bool *out, struct why *why)
{
    struct profile profile;
    *out = download->device[0] == '\0';
    if (*out) return OK;
    const outcome found = profile_load(accounts, member_id, download->profile, &profile, why);
    *out = found == OK;
    return found == NOT_FOUND ? OK : found;
}

outcome download_end(const struct accounts *accounts, const char *member_id, enum download_end end,
                     struct download *download, struct why *why)
{
    const struct deed deed = {member_id, end_words[end]};
    download->end = end;
    TRY(standing_revoke(accounts->tables, member_id, STANDING_SESSION, download->id,
                        clock_wall_ms(accounts->clock), why));
    TRY(event_write(accounts, deed, "download.ended", download->id, download->title, why));
    const outcome saved = save(accounts, member_id, download, why);
    return saved == CONFLICT ? OK : saved; // somebody else found the same in the same moment
}

outcome download_judge(const struct accounts *accounts, const char *member_id,
                       const struct plan *plan, struct download *download, struct why *why)
{
    bool is_device_there, is_profile_there;
    if (download->end != DOWNLOAD_GOES_ON) return OK;
    if (clock_wall_ms(accounts->clock) >= download_ends_ms(download)) {
        download->end = DOWNLOAD_EXPIRED; // the clock says so at any time: nothing is written
        return OK;
    }
    if (plan->downloads == 0)
        return download_end(accounts, member_id, DOWNLOAD_PLAN, download, why);
    TRY(has_device(accounts, member_id, download->device, &is_device_there, why));
    if (!is_device_there) return download_end(accounts, member_id, DOWNLOAD_DEVICE, download, why);
    TRY(has_profile(accounts, member_id, download, &is_profile_there, why));
    if (is_profile_there) return OK;
    return download_end(accounts, member_id, DOWNLOAD_PROFILE, download, why);
}

outcome download_start(const struct accounts *accounts, const char *member_id, int64_t at_ms,
                       struct download *download, struct why *why)
{
    const struct deed deed = {member_id, "first play"};
    const int64_t now_ms = clock_wall_ms(accounts->clock);
    if (download->started_ms != 0) return OK;
    if (at_ms > now_ms) at_ms = now_ms;
    download->started_ms = at_ms > download->prepared_ms ? at_ms : download->prepared_ms;
    TRY(event_write(accounts, deed, "download.started", download->id, download->title, why));
    return save(accounts, member_id, download, why);
}

outcome download_drop(const struct accounts *accounts, struct deed deed, const char *member_id,
                      const char *id, struct why *why)
{
    struct download download;
    const outcome found = download_load(accounts, member_id, id, &download, why);
    if (found == NOT_FOUND) return OK;
    TRY(found);
    TRY(event_write(accounts, deed, "download.removed", id, download.title, why));
    TRY(standing_revoke(accounts->tables, member_id, STANDING_SESSION, id,
                        clock_wall_ms(accounts->clock), why));
    return row_drop(accounts->tables, key_of(member_id, id), 0, why);
}
