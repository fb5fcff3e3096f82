// SPDX-License-Identifier: Apache-2.0
#include "player/telemetry.h"

#include "base/buffer.h"
#include "base/random.h"
#include "net/http_client.h"
#include "player/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTERVAL_US = 10 * 1000000,
    SAFE_BUFFER_US = 10 * 1000000,
    DEADLINE_MS = 3000,
    FIELD_BYTES = 256,
    TEXT_BYTES = 128,
};

enum { FIELD_OBJECT, FIELD_REQUEST, FIELD_SESSION, FIELD_STATUS, FIELDS };

struct telemetry {
    struct telemetry_options options;
    struct http_client *client;
    char url[512], title[TEXT_BYTES], host[TEXT_BYTES], session[ID_BYTES];
    char fields[FIELDS][FIELD_BYTES];
    const char *field_list[FIELDS + 1];
    struct buffer waiting; // lines
    uint32_t waiting_count;
    struct telemetry_counts counts;
    uint32_t sequence;
    char state; // CMCD's `sta`
    uint32_t stalls_told, stalls_marked;
    int64_t stalled_told_us;
    int64_t told_us, sent_us;
    int64_t position_us, buffer_us;
    double kbps;
};

// What stands in quotes has neither quotes nor controls.
static void keep_text(char *out, size_t room, const char *text)
{
    size_t len = 0;
    for (; *text != '\0' && len + 1 < room; text++)
        if (*text >= ' ' && *text <= '~' && *text != '"' && *text != '\\') out[len++] = *text;
    out[len] = '\0';
}

outcome telemetry_open(const struct telemetry_options *options, struct telemetry **out,
                       struct why *why)
{
    struct telemetry *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory for telemetry");
    made->options = *options;
    made->waiting = buffer_init(TELEMETRY_WAITING_BYTES);
    made->state = 's';
    (void)snprintf(made->url, sizeof made->url, "%s", options->url);
    keep_text(made->title, sizeof made->title, options->title);
    keep_text(made->host, sizeof made->host, options->host);
    id_make("session", clock_wall_ms(options->clock), made->session);
    made->told_us = made->sent_us = clock_us(options->clock);
    const outcome result = http_client_open(&made->client, why);
    if (result != OK) {
        free(made);
        return result;
    }
    *out = made;
    return OK;
}

outcome telemetry_open_for(const char *manifest_url, const char *url, const char *token,
                           struct telemetry **out, struct why *why)
{
    char origin[HOUSE_ADDRESS_BYTES] = "", title[DEVICE_TITLE_BYTES] = "";
    char house[HOUSE_ADDRESS_BYTES + 32];
    const bool is_house = house_of(manifest_url, origin, title, NULL) == OK;
    if (url == NULL ? !is_house : url[0] == '\0') return OK;
    (void)snprintf(house, sizeof house, "%s/v1/telemetry/cmcd", origin);
    const char *host = strstr(origin, "://");
    const struct telemetry_options options = {.url = url == NULL ? house : url,
                                              .token = url == NULL ? token : "",
                                              .title = title,
                                              .host = host == NULL ? "" : host + 3,
                                              .clock = clock_system()};
    return telemetry_open(&options, out, why);
}

// One event that happened at `at_us`; `more` are further keys with their comma, or "".
static void tell(struct telemetry *telemetry, const char *event, int64_t at_us, const char *more)
{
    const int64_t since_ms = (clock_us(telemetry->options.clock) - at_us) / 1000;
    const int64_t at_ms = clock_wall_ms(telemetry->options.clock) - since_ms;
    char bitrate[48] = "";
    if (telemetry->kbps > 0) (void)snprintf(bitrate, sizeof bitrate, "br=(%.0f),", telemetry->kbps);
    const outcome kept = buffer_format(
        &telemetry->waiting, NULL,
        "bl=(%lld),%scid=\"%s\",e=%s,h=\"%s\",%spt=%lld,sid=\"%s\",sn=%u,sta=%c,"
        "ts=%lld,v=2\n",
        (long long)(telemetry->buffer_us / 1000), bitrate, telemetry->title, event, telemetry->host,
        more, (long long)(telemetry->position_us / 1000), telemetry->session, ++telemetry->sequence,
        telemetry->state, (long long)at_ms);
    telemetry->told_us = at_us;
    telemetry->waiting_count += kept == OK;
    telemetry->counts.lost += kept != OK;
}

static void enter(struct telemetry *telemetry, char state, int64_t at_us)
{
    if (telemetry->state == state) return;
    telemetry->state = state;
    tell(telemetry, "ps", at_us, "");
}

static void send_all(struct telemetry *telemetry)
{
    const char *const token = telemetry->options.token;
    const bool has_token = token != NULL && token[0] != '\0';
    char bearer[HOUSE_TOKEN_BYTES + 32];
    const char *const fields[] = {"Content-Type: application/cmcd",
                                  "User-Agent: primrose-play (Linux)", has_token ? bearer : NULL,
                                  NULL};
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", has_token ? token : "");
    autobuffer answer = buffer_init(TELEMETRY_WAITING_BYTES);
    if (telemetry->waiting_count == 0) return;
    const struct http_fetch fetch = {.url = telemetry->url,
                                     .method = "POST",
                                     .fields = fields,
                                     .body = buffer_slice(&telemetry->waiting),
                                     .deadline_ms = DEADLINE_MS};
    struct http_fetched fetched;
    bool is_taken = false;
    if (http_client_fetch(telemetry->client, &fetch, &answer, &fetched, NULL) == OK) {
        is_taken = fetched.status >= 200 && fetched.status < 300;
        http_fetched_release(&fetched);
    }
    *(is_taken ? &telemetry->counts.sent : &telemetry->counts.lost) += telemetry->waiting_count;
    telemetry->waiting.len = 0;
    telemetry->waiting_count = 0;
    telemetry->sent_us = clock_us(telemetry->options.clock);
}

void telemetry_close(struct telemetry **telemetry, struct telemetry_counts *out)
{
    if (*telemetry == NULL) return;
    send_all(*telemetry);
    if (out != NULL) {
        *out = (*telemetry)->counts;
        memcpy(out->session, (*telemetry)->session, sizeof out->session);
    }
    http_client_close(&(*telemetry)->client);
    buffer_release(&(*telemetry)->waiting);
    free(*telemetry);
    *telemetry = NULL;
}

// A stall that began since the last look, and perhaps ended: the playout knows how long it was.
static void tell_stall(struct telemetry *telemetry, const struct playout *playout)
{
    if (playout->stall_count == telemetry->stalls_told) return;
    const int64_t stalled_us = playout->stalled_us - telemetry->stalled_told_us;
    telemetry->stalls_told = playout->stall_count;
    enter(telemetry, 'r', playout->now_us - stalled_us);
}

void telemetry_look(struct telemetry *telemetry, const struct playout *playout)
{
    if (telemetry == NULL) return;
    telemetry->position_us = playout->position_us;
    telemetry->buffer_us = playout_buffer_us(playout);
    if (telemetry->sequence == 0) tell(telemetry, "ps", playout->begin_us, "");
    tell_stall(telemetry, playout);
    telemetry->stalled_told_us = playout->stalled_us;
    if (playout->state == PLAYOUT_PLAYING) enter(telemetry, 'p', playout->now_us);
    if (playout->state == PLAYOUT_ENDED) enter(telemetry, 'e', playout->now_us);
    if (playout->now_us - telemetry->told_us >= INTERVAL_US)
        tell(telemetry, "t", playout->now_us, "");
    const bool is_safe = telemetry->buffer_us >= SAFE_BUFFER_US;
    if (is_safe && playout->now_us - telemetry->sent_us >= INTERVAL_US) send_all(telemetry);
}

void telemetry_started(struct telemetry *telemetry, int64_t startup_us, int64_t manifest_us)
{
    char more[160];
    if (telemetry == NULL) return;
    (void)snprintf(more, sizeof more,
                   "cen=start,msd=%lld,org.primrose-manifest=%lld,org.primrose-media=%lld,",
                   (long long)((startup_us + 500) / 1000), (long long)(manifest_us / 1000),
                   (long long)((startup_us - manifest_us) / 1000));
    tell(telemetry, "ce", clock_us(telemetry->options.clock), more);
}

void telemetry_bitrate(struct telemetry *telemetry, double bps)
{
    if (telemetry == NULL || telemetry->kbps == bps / 1000) return;
    telemetry->kbps = bps / 1000;
    tell(telemetry, "br", clock_us(telemetry->options.clock), "");
}

void telemetry_failed(struct telemetry *telemetry, outcome result)
{
    char more[64];
    if (telemetry == NULL) return;
    telemetry->state = 'f';
    (void)snprintf(more, sizeof more, "ec=\"%s\",", outcome_code(result));
    tell(telemetry, "e", clock_us(telemetry->options.clock), more);
}

const char *const *telemetry_fields(struct telemetry *telemetry,
                                    const struct telemetry_request *request)
{
    if (telemetry == NULL) return NULL;
    char(*fields)[FIELD_BYTES] = telemetry->fields;
    (void)snprintf(fields[FIELD_OBJECT], FIELD_BYTES,
                   "CMCD-Object: br=(%.0f),d=%.0f,ot=%c,tb=(%.0f)", request->bps / 1000,
                   request->segment_s * 1000, request->track, request->top_bps / 1000);
    int len = snprintf(fields[FIELD_REQUEST], FIELD_BYTES, "CMCD-Request: bl=(%.0f)",
                       request->buffer_s * 1000);
    if (request->estimate_bps > 0) // v2 rounds what was measured to 100 kb/s
        len += snprintf(fields[FIELD_REQUEST] + len, FIELD_BYTES - (size_t)len, ",mtp=(%.0f)",
                        100.0 * (double)(int64_t)(request->estimate_bps / 1e5 + 0.5));
    if (telemetry->state == 's')
        (void)snprintf(fields[FIELD_REQUEST] + len, FIELD_BYTES - (size_t)len, ",su");
    (void)snprintf(fields[FIELD_SESSION], FIELD_BYTES,
                   "CMCD-Session: cid=\"%.60s\",sf=%c,sid=\"%s\",st=v,v=2", telemetry->title,
                   request->is_hls ? 'h' : 'd', telemetry->session);
    const bool has_starved = telemetry->stalls_told != telemetry->stalls_marked;
    telemetry->stalls_marked = telemetry->stalls_told;
    (void)snprintf(fields[FIELD_STATUS], FIELD_BYTES, "CMCD-Status: bs");
    for (int i = 0; i < FIELDS; i++)
        telemetry->field_list[i] = fields[i];
    if (!has_starved) telemetry->field_list[FIELD_STATUS] = NULL;
    return telemetry->field_list;
}

const char *telemetry_session(const struct telemetry *telemetry)
{
    return telemetry == NULL ? "" : telemetry->session;
}
