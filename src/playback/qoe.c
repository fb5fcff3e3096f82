// SPDX-License-Identifier: Apache-2.0
#include "playback/qoe_internal.h"

#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum {
    TRIES_MAX = 8,
    RECORD_BYTES_MAX = 4096,
    ARENA_BYTES_MAX = 64 * 1024,
    GAP_MS_MAX = 60000, // between two reports: beyond, the player was asleep
};

#define AT(member) offsetof(struct qoe_session, member)

static const struct {
    const char *key;
    size_t at;
} texts[] = {
    {"id", AT(id)},       {"title", AT(title)}, {"edge", AT(edge)},       {"device", AT(device)},
    {"error", AT(error)}, {"state", AT(state)}, {"network", AT(network)},
};

static const struct {
    const char *key;
    size_t at;
} numbers[] = {
    {"at_ms", AT(at_ms)},
    {"sequence", AT(sequence)},
    {"start_ms", AT(start_ms)},
    {"play_ms", AT(play_ms)},
    {"manifest_ms", AT(manifest_ms)},
    {"media_ms", AT(media_ms)},
    {"frame_ms", AT(frame_ms)},
    {"playing_ms", AT(playing_ms)},
    {"rebuffer_ms", AT(rebuffer_ms)},
    {"rebuffers", AT(rebuffers)},
    {"switches", AT(switches)},
    {"kbps", AT(kbps)},
    {"kilobits", AT(kilobits)},
    {"dropped_frames", AT(dropped_frames)},
};

enum { TEXTS = sizeof texts / sizeof texts[0], NUMBERS = sizeof numbers / sizeof numbers[0] };

struct qoe_session qoe_session_init(void)
{
    return (struct qoe_session){.at_ms = -1,
                                .sequence = -1,
                                .start_ms = -1,
                                .play_ms = -1,
                                .manifest_ms = -1,
                                .media_ms = -1,
                                .frame_ms = -1};
}

static void copy_text(char *to, const char *from)
{
    if (from[0] != '\0') memcpy(to, from, CMCD_TEXT_BYTES);
}

static void take_number(int64_t *to, int64_t from)
{
    if (from >= 0) *to = from;
}

static bool is_state(const char *state, char letter)
{
    return state[0] == letter && state[1] == '\0';
}

// What passed since the report before this one was spent in the state that it told.
static void pass(struct qoe_session *session, int64_t at_ms)
{
    int64_t passed_ms = session->at_ms < 0 ? 0 : at_ms - session->at_ms;
    if (passed_ms < 0) passed_ms = 0;
    if (passed_ms > GAP_MS_MAX) passed_ms = GAP_MS_MAX;
    if (is_state(session->state, 'p')) {
        session->playing_ms += passed_ms;
        session->kilobits += session->kbps * passed_ms / 1000;
    } else if (is_state(session->state, 'r')) {
        session->rebuffer_ms += passed_ms;
    }
    if (at_ms > session->at_ms) session->at_ms = at_ms;
}

void qoe_session_fold(struct qoe_session *session, const struct cmcd_report *report)
{
    if (report->sequence <= session->sequence || report->at_ms < 0) return;
    pass(session, report->at_ms);
    session->sequence = report->sequence;
    if (is_state(report->state, 'r') && !is_state(session->state, 'r')) session->rebuffers++;
    if (strcmp(report->event, "br") == 0 && session->kbps > 0) session->switches++;
    copy_text(session->id, report->session);
    copy_text(session->title, report->content);
    copy_text(session->edge, report->host);
    copy_text(session->error, report->error);
    copy_text(session->state, report->state);
    take_number(&session->start_ms, report->start_ms);
    take_number(&session->play_ms, report->play_ms);
    take_number(&session->manifest_ms, report->manifest_ms);
    take_number(&session->media_ms, report->media_ms);
    take_number(&session->frame_ms, report->frame_ms);
    take_number(&session->kbps, report->bitrate_kbps);
    take_number(&session->dropped_frames, report->dropped_frames);
}

static json_t *session_json(const struct qoe_session *session)
{
    const uint8_t *base = (const uint8_t *)session;
    json_t *json = json_object();
    for (size_t i = 0; i < TEXTS; i++)
        (void)json_object_set_new(json, texts[i].key,
                                  json_string((const char *)(base + texts[i].at)));
    for (size_t i = 0; i < NUMBERS; i++) {
        int64_t number;
        memcpy(&number, base + numbers[i].at, sizeof number);
        (void)json_object_set_new(json, numbers[i].key, json_integer(number));
    }
    return json;
}

outcome qoe_session_read(struct slice value, struct qoe_session *out, struct why *why)
{
    autojson *json = NULL;
    TRY(json_parse(value, "a session's quality", &json, why));
    struct qoe_session session = qoe_session_init();
    uint8_t *base = (uint8_t *)&session;
    for (size_t i = 0; i < TEXTS; i++) {
        const char *text = json_string_value(json_object_get(json, texts[i].key));
        (void)snprintf((char *)(base + texts[i].at), CMCD_TEXT_BYTES, "%s",
                       text == NULL ? "" : text);
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        const json_t *member = json_object_get(json, numbers[i].key);
        if (!json_is_integer(member)) continue;
        const int64_t number = json_integer_value(member);
        memcpy(base + numbers[i].at, &number, sizeof number);
    }
    *out = session;
    return OK;
}

static outcome fold_once(struct table_store *tables, const struct cmcd_report *report,
                         const struct qoe_sender *sender, int64_t now_ms, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES_MAX);
    struct qoe_session session = qoe_session_init();
    struct table_item item = {.version = 0};
    const outcome found =
        tables->ops->get(tables, "qoe", "session", report->session, &arena, &item, why);
    if (found != OK && found != NOT_FOUND) return found;
    if (found == OK) TRY(qoe_session_read(item.value, &session, why));
    qoe_session_fold(&session, report);
    (void)snprintf(session.device, sizeof session.device, "%s", sender->device);
    (void)snprintf(session.network, sizeof session.network, "%s", sender->network);
    autojson *json = session_json(&session);
    autobuffer text = buffer_init(RECORD_BYTES_MAX);
    TRY(json_format(json, &text, why));
    const struct table_write write = {
        .item = {.partition = "session",
                 .sort = report->session,
                 .value = buffer_slice(&text),
                 .version = item.version,
                 .expires_ms = now_ms + (int64_t)QOE_DAYS * 86400000},
        .condition = found == OK ? TABLE_VERSION : TABLE_ABSENT,
    };
    return tables->ops->put(tables, "qoe", &write, NULL, why);
}

outcome qoe_record(struct table_store *tables, const struct cmcd_report *report,
                   const struct qoe_sender *sender, int64_t now_ms, struct why *why)
{
    if (!id_is_valid(report->session) || report->sequence < 0)
        return fail(why, INVALID, "a report needs sid, the session's id, and sn, its number");
    outcome result = CONFLICT;
    for (int i = 0; i < TRIES_MAX && result == CONFLICT; i++)
        result = fold_once(tables, report, sender, now_ms, why);
    return result;
}

// Families in the order in which their words tell them apart: Edge says Chrome, and both say
// Safari.
static const char *word_of(struct slice text, const char *const (*table)[2])
{
    for (; (*table)[0] != NULL; table++)
        if (memmem(text.at, text.len, (*table)[0], strlen((*table)[0])) != NULL) break;
    return (*table)[1];
}

void qoe_device(struct slice user_agent, char out[QOE_DEVICE_BYTES])
{
    static const char *const browsers[][2] = {
        {"primrose", "Primrose"}, {"Edg/", "Edge"},      {"Firefox/", "Firefox"},
        {"Chrome/", "Chrome"},    {"Safari/", "Safari"}, {NULL, "other"},
    };
    static const char *const systems[][2] = {
        {"Android", "Android"}, {"iPhone", "iOS"},   {"iPad", "iOS"},
        {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"Tizen", "Tizen"},
        {"Web0S", "webOS"},     {"Linux", "Linux"},  {NULL, "other"},
    };
    (void)snprintf(out, QOE_DEVICE_BYTES, "%s, %s", word_of(user_agent, browsers),
                   word_of(user_agent, systems));
}
