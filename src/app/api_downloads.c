// SPDX-License-Identifier: Apache-2.0
//
// Downloads: prepared, listed, started, removed (account/download.h has their rules).
#include "account/download.h"

#include "account/right.h"
#include "app/api_play.h"
#include "app/licences.h"
#include "catalog/offer.h"

#include <stdio.h>
#include <string.h>

enum {
    DOWNLOAD_TOKEN_S = 3600, // the licence is fetched first, the media as long as it takes
    LICENCE_DEVICE_LETTERS = 64,
};

static json_t *download_json(const struct download *download)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", download->id,
                     "title_id", download->title, "device_id", download->device,
                     "licence_device_id", download->licence_device, "profile_id",
                     json_text_or_null(download->profile), "prepared_at",
                     json_time(download->prepared_ms), "start_by", json_time(download->start_by_ms),
                     "started_at", json_time(download->started_ms), "ends_at",
                     json_time(download_ends_ms(download)), "over",
                     json_text_or_null(download_end_word(download->end)));
}

// With what its device needs to fetch it. `licence` and `key_ids` are taken.
static json_t *offer_json(const struct download *download, const char *access,
                          const struct title *title, json_t *licence, json_t *key_ids)
{
    json_t *json = download_json(download);
    autojson *rest =
        json_pack("{s:o, s:o, s:o, s:I, s:I}", "manifests", play_manifests_json(access, title),
                  "licence", licence, "key_ids", key_ids, "play_within_ms",
                  (json_int_t)DOWNLOAD_PLAY_MS, "duration_ms", (json_int_t)title->duration_ms);
    if (json != NULL && rest != NULL && json_object_update(json, rest) == 0) return json;
    json_decref(json);
    return NULL;
}

// --- preparing ------------------------------------------------------------------------------

struct download_input {
    char title_id[65], licence_device_id[LICENCE_DEVICE_LETTERS + 1];
};
static const struct input_field download_fields[] = {
    INPUT_FIELD(struct download_input, title_id, "title_id", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct download_input, licence_device_id, "licence_device_id", INPUT_TEXT,
                INPUT_OPTIONAL, LICENCE_DEVICE_LETTERS, 0),
};

static outcome refuse(struct call *call, const char *reason, struct why *why, const char *sentence)
{
    call->extra = json_pack("{s:s}", "reason", reason);
    return call_refuse(call, PROBLEM_DOWNLOAD_REFUSED, why, "%s", sentence);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// A title that rests on a right alone is kept no longer than that: a rental that was not started
// waits as long as the right does, and is then played for as long as any.
static int64_t right_ends_ms(const struct play_grant *grant)
{
    if (grant->plan.has_catalogue || !grant->has_right || grant->right.ends_ms == 0)
        return INT64_MAX;
    const bool is_waiting = grant->right.kind == RIGHT_RENTAL && grant->right.started_ms == 0;
    return grant->right.ends_ms + (is_waiting ? RIGHT_PLAY_MS : 0);
}

// No longer than it is offered, and no longer than the member's right lasts.
static int64_t latest_ms(struct call *call, const struct play_grant *grant,
                         const struct title *title)
{
    const struct viewer viewer = call_viewer(call);
    const int64_t closes_ms = offer_until_ms(title, &viewer), ends_ms = right_ends_ms(grant);
    return closes_ms == 0 ? ends_ms : least(closes_ms, ends_ms);
}

static struct download draft(struct call *call, const struct download_input *input,
                             const struct play_grant *grant, const struct title *title)
{
    struct download made = {.prepared_ms = clock_wall_ms(call->accounts->clock)};
    const int64_t start_by_ms = made.prepared_ms + DOWNLOAD_START_MS;
    const int64_t until_ms = latest_ms(call, grant, title);
    call_id(call, "download", made.id);
    (void)snprintf(made.title, sizeof made.title, "%s", title->id);
    (void)snprintf(made.title_version, sizeof made.title_version, "%s", title->version);
    const bool is_member = call->caller.kind == CALLER_MEMBER; // an open house knows no devices
    (void)snprintf(made.device, sizeof made.device, "%s", is_member ? call->caller.device : "");
    (void)snprintf(made.licence_device, sizeof made.licence_device, "%s", input->licence_device_id);
    (void)snprintf(made.profile, sizeof made.profile, "%s", call->caller.profile);
    made.ends_ms = least(start_by_ms + DOWNLOAD_PLAY_MS, until_ms);
    made.start_by_ms = least(start_by_ms, until_ms);
    if (grant->has_right && !grant->plan.has_catalogue && grant->right.ends_ms != 0)
        made.start_by_ms = least(made.start_by_ms, grant->right.ends_ms);
    return made;
}

// The licence's clocks are those of the record; it goes to this device alone.
static struct entitlement offline_claims(struct call *call, const struct play_grant *grant,
                                         const struct title *title, const struct download *download)
{
    struct entitlement claims = play_claims(call, grant, title, download->id, DOWNLOAD_TOKEN_S);
    const char *device =
        download->licence_device[0] == '\0' ? download->device : download->licence_device;
    (void)snprintf(claims.device, sizeof claims.device, "%s", device);
    claims.offline_start_s =
        (uint32_t)((download->start_by_ms - download->prepared_ms + 999) / 1000);
    claims.offline_play_s = (uint32_t)(DOWNLOAD_PLAY_MS / 1000);
    claims.offline_until_s = download->ends_ms / 1000;
    claims.account_streams_max = claims.title_streams_max = 0; // counted as downloads are
    return claims;
}

static outcome check_device(struct call *call, const char *device, struct why *why)
{
    if (strspn(device, "0123456789abcdef") == strlen(device)) return OK;
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/licence_device_id");
    return fail(why, INVALID, "licence_device_id is no device's id: 64 digits 0-9 and a-f");
}

static outcome reply_offer(struct call *call, const struct play_grant *grant,
                           const struct title *title, const struct download *download,
                           struct why *why)
{
    char access[PLAY_ACCESS_BYTES];
    json_t *licence, *key_ids;
    const struct entitlement claims = offline_claims(call, grant, title, download);
    TRY(play_sign_access(call, title, access, why));
    TRY(licence_offer(call->service->licences, title, &claims, &licence, &key_ids, why));
    return call_reply(call, 201, offer_json(download, access, title, licence, key_ids), why);
}

outcome api_download_prepare(struct call *call, struct why *why)
{
    static const char *const sentences[] = {
        [DOWNLOAD_NO_PLAN] = "the plan has no downloads",
        [DOWNLOAD_LIMIT] = "as many downloads are kept as the plan allows: remove one first"};
    static const char *const reasons[] = {[DOWNLOAD_NO_PLAN] = "plan", [DOWNLOAD_LIMIT] = "limit"};
    struct download_input input = {.licence_device_id = ""};
    struct title title;
    struct play_grant grant;
    enum play_refusal refusal;
    enum download_refusal refused;
    TRY(call_read(call, download_fields, INPUT_COUNT(download_fields), &input, why));
    TRY(check_device(call, input.licence_device_id, why));
    if (!id_is_valid(input.title_id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(call_title(call, input.title_id, &title, why));
    TRY(play_judge(call->accounts, &call->caller, &title, &refusal, &grant, why));
    if (refusal != PLAY_GRANTED) return play_refuse(call, refusal, why);
    if (!title.is_downloadable)
        return refuse(call, "title", why, "the title's owners do not allow downloads");
    struct download download = draft(call, &input, &grant, &title);
    const struct deed deed = call_deed(call);
    TRY(download_prepare(call->accounts, deed, call->caller.id, &grant.plan, &download, &refused,
                         why));
    if (refused != DOWNLOAD_GRANTED) return refuse(call, reasons[refused], why, sentences[refused]);
    return reply_offer(call, &grant, &title, &download, why);
}

// --- what is kept ---------------------------------------------------------------------------

outcome api_downloads(struct call *call, struct why *why)
{
    struct download_page page;
    struct plan plan;
    TRY(plan_load(call->accounts, call->caller.plan, &plan, why));
    TRY(download_list(call->accounts, call->caller.id, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++) {
        const outcome judged =
            download_judge(call->accounts, call->caller.id, &plan, &page.downloads[i], why);
        if (judged != OK) {
            json_decref(items);
            return judged;
        }
        (void)json_array_append_new(items, download_json(&page.downloads[i]));
    }
    return call_reply_page(call, items, "", why);
}

// A download that goes on, with its title; 410 says why it does not.
static outcome find(struct call *call, struct download *download, struct title *title,
                    struct why *why)
{
    static const char *const sentences[DOWNLOAD_ENDS] = {
        [DOWNLOAD_EXPIRED] = "the time to start or to finish this download is over",
        [DOWNLOAD_PLAN] = "the plan has no downloads any more",
        [DOWNLOAD_DEVICE] = "the device was signed out",
        [DOWNLOAD_PROFILE] = "the profile was removed",
        [DOWNLOAD_TITLE] = "the title's owners do not allow downloads any more",
    };
    const struct accounts *accounts = call->accounts;
    struct plan plan;
    TRY(plan_load(accounts, call->caller.plan, &plan, why));
    TRY(download_load(accounts, call->caller.id, call->exchange->params[0], download, why));
    TRY(download_judge(accounts, call->caller.id, &plan, download, why));
    const outcome loaded = call_title(call, download->title, title, why);
    if (loaded != OK && loaded != NOT_FOUND) return loaded;
    const bool is_allowed = loaded == OK && title->is_downloadable;
    if (download->end == DOWNLOAD_GOES_ON && !is_allowed)
        TRY(download_end(accounts, call->caller.id, DOWNLOAD_TITLE, download, why));
    if (download->end == DOWNLOAD_GOES_ON) return OK;
    call->extra = json_pack("{s:s}", "reason", download_end_word(download->end));
    return call_refuse(call, PROBLEM_DOWNLOAD_OVER, why, "%s", sentences[download->end]);
}

// The manifests are of the version that was prepared, whatever was published since.
outcome api_download(struct call *call, struct why *why)
{
    struct download download;
    struct title title;
    char access[PLAY_ACCESS_BYTES];
    TRY(find(call, &download, &title, why));
    title.version = download.title_version;
    TRY(play_sign_access(call, &title, access, why));
    return call_reply(call, 200, offer_json(&download, access, &title, json_null(), json_array()),
                      why);
}

struct start_input {
    int64_t started_ms;
};
static const struct input_field start_fields[] = {
    INPUT_FIELD(struct start_input, started_ms, "started_at", INPUT_TIME, INPUT_REQUIRED, 0, 0),
};

// A rental's clock starts with its download's.
static outcome start_rental(struct call *call, const char *title, struct why *why)
{
    struct right right;
    bool has_right;
    TRY(right_find(call->accounts, call->caller.id, title, &has_right, &right, why));
    return has_right ? right_start(call->accounts, call->caller.id, &right, why) : OK;
}

outcome api_download_start(struct call *call, struct why *why)
{
    struct download download;
    struct title title;
    struct start_input input = {0};
    TRY(call_read(call, start_fields, INPUT_COUNT(start_fields), &input, why));
    TRY(find(call, &download, &title, why));
    TRY(download_start(call->accounts, call->caller.id, input.started_ms, &download, why));
    TRY(start_rental(call, download.title, why));
    return call_reply(call, 200, download_json(&download), why);
}

outcome api_download_drop(struct call *call, struct why *why)
{
    TRY(download_drop(call->accounts, call_deed(call), call->caller.id, call->exchange->params[0],
                      why));
    return call_reply_empty(call);
}
