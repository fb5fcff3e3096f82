// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "playback/qoe.h"

enum {
    REPORTS_MAX = 100, // in one request: a player sends a few every ten seconds
    HOURS_DEFAULT = 24,
    HOURS_MAX = 24 * QOE_DAYS,
};

static outcome record_all(const struct service *service, struct http_exchange *exchange,
                          struct why *why)
{
    struct slice agent = {NULL, 0};
    for (size_t i = 0; i < exchange->request->field_count; i++)
        if (slice_is_nocase(exchange->request->fields[i].name, "user-agent"))
            agent = exchange->request->fields[i].value;
    char device[QOE_DEVICE_BYTES], network[NETWORK_BYTES];
    const struct address client = places_client(&service->places, exchange);
    const struct qoe_sender sender = {
        .device = device, .network = places_network(&service->places, &client, network)};
    qoe_device(agent, device);
    const int64_t now_ms = clock_wall_ms(service->clock);
    struct slice rest = exchange->body, line;
    int count = 0;
    while (slice_cut(&rest, '\n', &line)) {
        line = slice_trim(line);
        if (line.len == 0) continue;
        if (++count > REPORTS_MAX)
            return fail(why, TOO_LARGE, "send at most %d reports in one request", REPORTS_MAX);
        struct cmcd_report report;
        TRY(cmcd_report_parse(line, &report, why));
        TRY(qoe_record(service->stores.tables, &report, &sender, now_ms, why));
    }
    return count > 0 ? OK : fail(why, INVALID, "send at least one report, a line each");
}

void api_telemetry(void *context, struct http_exchange *exchange)
{
    struct why why = {""};
    const outcome result = record_all(context, exchange, &why);
    if (result != OK)
        http_reply_outcome(exchange, result, &why);
    else
        http_reply_empty(exchange, 204);
}

static outcome hours_asked(const struct http_request *request, uint64_t *out, struct why *why)
{
    struct slice rest = request->query, pair;
    while (rest.len > 0 && slice_cut(&rest, '&', &pair)) {
        if (!slice_starts(pair, "hours=")) continue;
        if (slice_u64(slice_part(pair, 6, pair.len), HOURS_MAX, out, NULL) == OK && *out > 0)
            return OK;
        return fail(why, INVALID, "hours must be a number from 1 to %d", HOURS_MAX);
    }
    *out = HOURS_DEFAULT;
    return OK;
}

void api_qoe(void *context, struct http_exchange *exchange)
{
    const struct service *service = context;
    struct why why = {""};
    autojson *json = NULL;
    uint64_t hours = 0;
    outcome result = hours_asked(exchange->request, &hours, &why);
    if (result == OK)
        result = qoe_summary(service->stores.tables,
                             clock_wall_ms(service->clock) - (int64_t)hours * 3600000, &json, &why);
    if (result != OK)
        http_reply_outcome(exchange, result, &why);
    else
        api_reply_json(exchange, json, "no-store");
}
