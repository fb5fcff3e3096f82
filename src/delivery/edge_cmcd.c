// SPDX-License-Identifier: Apache-2.0
#include "delivery/edge_inside.h"

#include "base/url.h"
#include "net/cmcd.h"

#include <stdio.h>
#include <string.h>

enum {
    KBPS_MAX = 10000000,
    METER_US = 1000000,
    CMSD_BYTES = 128,
    OVERLOAD_PERCENT = 90, // of what the line carries, from where on viewers are asked for less
};

// --- what a player says

static void take_range(struct slice value, struct cmcd_said *said)
{
    struct slice text = cmcd_quoted(value), first;
    uint64_t from = 0, last = 0;
    if (text.at == NULL || !slice_cut(&text, '-', &first) || text.at == NULL ||
        slice_u64(first, INT64_MAX, &from, NULL) != OK)
        return;
    if (text.len > 0 && (slice_u64(text, INT64_MAX, &last, NULL) != OK || last < from)) return;
    said->has_range = true;
    said->range_first = from;
    said->range_end = text.len > 0 ? last + 1 : SIZE_UNKNOWN;
}

// Of version 1 the text is percent-encoded once more.
static void take_next(struct slice value, struct arena *arena, struct cmcd_said *said)
{
    const struct slice text = cmcd_quoted(value);
    size_t len = 0;
    char *decoded = text.len == 0 ? NULL : arena_take(arena, text.len + 1);
    if (decoded != NULL && percent_decode(text, decoded, text.len + 1, &len, NULL) == OK)
        said->next = (struct slice){(const uint8_t *)decoded, len};
}

static void take_line(struct slice line, struct arena *arena, struct cmcd_said *said)
{
    struct slice key, value;
    said->is_here = true;
    if (said->line_count < CMCD_LINES_MAX) said->lines[said->line_count++] = line;
    while (cmcd_next(&line, &key, &value) == CMCD_MEMBER) {
        if (slice_is(key, "bs")) said->is_starved = value.at == NULL || slice_is(value, "?1");
        if (slice_is(key, "br")) cmcd_number(value, KBPS_MAX, &said->bitrate_kbps);
        if (slice_is(key, "nor")) take_next(value, arena, said);
        if (slice_is(key, "nrr")) take_range(value, said);
    }
}

static bool is_cmcd_field(struct slice name)
{
    static const char *const names[] = {"CMCD-Request", "CMCD-Object", "CMCD-Status",
                                        "CMCD-Session"};
    if (name.len < 11 || (name.at[0] | 0x20) != 'c') return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (slice_is_nocase(name, names[i])) return true;
    return false;
}

bool cmcd_is_field(struct slice name)
{
    return is_cmcd_field(name);
}

struct cmcd_said cmcd_read(struct http_exchange *exchange)
{
    struct cmcd_said said = {.bitrate_kbps = -1};
    const struct http_request *request = exchange->request;
    struct slice value;
    size_t len = 0;
    if (request->query.at != NULL && query_find(request->query, "CMCD", &value)) {
        char *line = arena_take(&exchange->arena, value.len + 1);
        if (line != NULL && percent_decode(value, line, value.len + 1, &len, NULL) == OK)
            take_line((struct slice){(const uint8_t *)line, len}, &exchange->arena, &said);
    }
    for (size_t i = 0; i < request->field_count; i++)
        if (is_cmcd_field(request->fields[i].name))
            take_line(request->fields[i].value, &exchange->arena, &said);
    return said;
}

// --- what is said to a player

void edge_meter(struct edge_loop *home, uint64_t bytes)
{
    struct edge *edge = home->edge;
    if (edge->options.egress_bytes_s == 0) return;
    struct edge_meter *meter = &edge->meter;
    const int64_t now_us = loop_now_us(home->loop);
    int64_t since_us = atomic_load_explicit(&meter->since_us, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&meter->bytes, bytes, memory_order_relaxed);
    if (now_us - since_us < METER_US ||
        !atomic_compare_exchange_strong(&meter->since_us, &since_us, now_us))
        return;
    const uint64_t sent = atomic_exchange(&meter->bytes, 0);
    if (since_us == 0) return; // the first one only starts the clock
    const double rate = (double)sent * 1e6 / (double)(now_us - since_us);
    atomic_store(&meter->load_percent,
                 (uint64_t)(100.0 * rate / (double)edge->options.egress_bytes_s));
}

// The bitrate that, were all asked for as much less, would bring the line under its limit. 0: the
// line has room, or nobody knows what this viewer takes.
static uint64_t bitrate_max(const struct edge *edge, const struct cmcd_said *said)
{
    const uint64_t load = atomic_load_explicit(&edge->meter.load_percent, memory_order_relaxed);
    if (load <= OVERLOAD_PERCENT || said->bitrate_kbps <= 0) return 0;
    const uint64_t kbps = (uint64_t)said->bitrate_kbps * OVERLOAD_PERCENT / load;
    return kbps < 100 ? 100 : kbps / 100 * 100;
}

void cmsd_put(struct visit *visit)
{
    struct http_line line = {0, 0};
    if (!visit->said.is_here || !http_exchange_line(visit->exchange, &line)) return;
    const struct edge *edge = visit->home->edge;
    const char *own = strchr(edge->via, ' ') + 1;
    const uint64_t etp = line.bytes_s * 8 / 100000 * 100, mb = bitrate_max(edge, &visit->said);
    char value[CMSD_BYTES];
    int len = snprintf(value, sizeof value, "\"%s\"", own);
    if (etp > 0)
        len +=
            snprintf(value + len, sizeof value - (size_t)len, ";etp=%llu", (unsigned long long)etp);
    len += snprintf(value + len, sizeof value - (size_t)len, ";rtt=%u", (line.rtt_us + 999) / 1000);
    if (mb > 0)
        (void)snprintf(value + len, sizeof value - (size_t)len, ";mb=%llu", (unsigned long long)mb);
    if (mb > 0) edge_count(&visit->home->edge->counts.slowed);
    http_reply_field(visit->exchange, "CMSD-Dynamic", value);
}

// --- what he will ask for next

// The path of `said->next` in the folder of the file that is asked for. False: it is elsewhere.
static bool next_key(struct slice key, const struct cmcd_said *said, struct buffer *out)
{
    struct url url;
    struct slice path = key, rest = key;
    autobuffer base = buffer_init(URL_BYTES_MAX);
    autobuffer text = buffer_init(URL_BYTES_MAX);
    (void)slice_cut(&rest, '?', &path);
    if (said->next.at == NULL) return buffer_put(out, key, NULL) == OK;
    if (buffer_put_text(&base, "http://edge", NULL) != OK || buffer_put(&base, path, NULL) != OK ||
        url_resolve(buffer_slice(&base), said->next, &text, NULL) != OK ||
        url_parse(buffer_slice(&text), &url, NULL) != OK || !slice_is(url.host, "edge") ||
        url.fragment.at != NULL || url.port != 80)
        return false;
    size_t folder = path.len;
    while (folder > 0 && path.at[folder - 1] != '/')
        folder--;
    if (url.path.len <= folder || memcmp(url.path.at, path.at, folder) != 0) return false;
    if (buffer_put(out, url.path, NULL) != OK) return false;
    return url.query.at == NULL ||
           (buffer_put_text(out, "?", NULL) == OK && buffer_put(out, url.query, NULL) == OK);
}

// A part of what is here already. Under the lock.
static void fetch_part(struct visit *ahead, const struct cmcd_said *said)
{
    struct cache_object *object = ahead->object;
    const int64_t now_ms = edge_wall_ms(ahead->home);
    if (object->state != OBJECT_KEPT || object->fetch != NULL || !object->has_size ||
        !object->head->is_strong || !said->has_range || said->range_first >= object->size ||
        freshness_use(&object->head->freshness, now_ms) != USE_FRESH)
        return;
    const uint32_t index = (uint32_t)(said->range_first / CACHE_SLICE_BYTES);
    if (slice_find(object, index) != NULL) return;
    ahead->end = said->range_end < object->size ? said->range_end : object->size;
    visit_keep_fields(ahead);
    if (fetch_slice(ahead, index, said->range_first) != NULL)
        edge_count(&ahead->home->edge->counts.ahead);
}

// Nothing of it is here: NULL, or the fetch to be started. Under the lock.
static struct fetch *fetch_new(struct visit *ahead, const struct cmcd_said *said)
{
    struct cache *cache = ahead->home->edge->cache;
    ahead->object = object_add(cache, ahead->hash, ahead->key);
    if (ahead->object == NULL) return NULL;
    struct fetch *fetch = fetch_make(ahead->home, FETCH_ANSWER, ahead->object, ahead);
    if (fetch == NULL) {
        object_remove(cache, ahead->object);
        return NULL;
    }
    fetch->suffix = 0;
    fetch->has_range = said->has_range && said->range_end != SIZE_UNKNOWN;
    if (fetch->has_range) {
        const uint64_t slice = CACHE_SLICE_BYTES;
        fetch->range_first = said->range_first / slice * slice;
        fetch->range_end = (said->range_end + slice - 1) / slice * slice;
        if (fetch->range_end > fetch->range_first + FETCH_OPEN_SLICES * slice)
            fetch->range_end = fetch->range_first + FETCH_OPEN_SLICES * slice;
    }
    ahead->object->fetch = fetch;
    ahead->object->result = RESULT_NONE;
    edge_count(&ahead->home->edge->counts.ahead);
    return fetch;
}

void cmcd_fetch_ahead(struct edge_loop *home, struct http_exchange *exchange, struct slice key,
                      const struct cmcd_said *said)
{
    struct cache *cache = home->edge->cache;
    if (!said->is_here || exchange->request->method != METHOD_GET ||
        (said->next.at == NULL && !said->has_range))
        return;
    autobuffer text = buffer_init(CACHE_KEY_BYTES_MAX);
    if (!next_key(key, said, &text)) return;
    struct visit ahead = {.home = home, .exchange = exchange, .key = buffer_slice(&text)};
    ahead.hash = cache_hash(cache, ahead.key);
    struct fetch *start = NULL;
    cache_lock(cache);
    ahead.object = object_find(cache, ahead.hash, ahead.key, exchange->request, edge_wall_ms(home));
    if (ahead.object != NULL)
        fetch_part(&ahead, said);
    else
        start = fetch_new(&ahead, said);
    if (ahead.object != NULL) object_drop(cache, ahead.object);
    cache_unlock(cache);
    if (start != NULL) fetch_start(start);
}
