// SPDX-License-Identifier: Apache-2.0
#include "player/stream.h"

#include "base/clock.h"
#include "player/bundle.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { RETRY_MS_FIRST = 200, DEADLINE_MS = 60000, FIELDS_MAX = 8, TOKEN_BYTES_MAX = 4096 };
enum { JOINED_GAP_BYTES_MAX = 256 * 1024 }; // an index between init and first segment is read along

// What an answer other than 200 or 206 means.
static outcome judge_status(int status, const char *url, struct why *why)
{
    const outcome result = status == 401 || status == 403                    ? DENIED
                           : status == 404 || status == 410                  ? NOT_FOUND
                           : status == 408 || status == 429 || status >= 500 ? UNAVAILABLE
                                                                             : INVALID;
    return fail(why, result, "%.200s answered %d", url, status);
}

// A server that ignores Range sends the whole file: keeps the part that was asked for.
static outcome cut_whole(const struct resource *resource, size_t before, struct buffer *body,
                         struct why *why)
{
    const size_t got = body->len - before;
    const struct byte_range range = resource->range;
    if (range.offset > got || range.size > got - range.offset)
        return fail(why, CORRUPT, "%.200s is shorter than its manifest says", resource->url);
    memmove(body->at + before, body->at + before + range.offset, range.size);
    body->len = before + range.size;
    return OK;
}

// From a download: what is not among its files is not looked for anywhere else.
static outcome read_local(const struct stream *stream, const struct resource *resource,
                          struct buffer *body, struct stream_timing *timing, struct why *why)
{
    const size_t head = strlen(STREAM_BUNDLE_URL);
    timing->start_us = clock_us(clock_system());
    if (strncmp(resource->url, STREAM_BUNDLE_URL, head) != 0)
        return fail(why, DENIED, "a download plays its own files only, not %.200s", resource->url);
    TRY(bundle_read(stream->source.folder, stream->source.bundle, resource->url + head,
                    resource->range.offset, resource->range.size, body, why));
    timing->first_byte_us = timing->end_us = clock_us(clock_system());
    return OK;
}

// The house's own token, for addresses of the house.
static void authorize(const struct stream *stream, const char *url, char *out)
{
    const struct stream_source *source = &stream->source;
    const size_t len = source->origin == NULL ? 0 : strlen(source->origin);
    const bool is_ours = len > 0 && strncmp(url, source->origin, len) == 0 && url[len] == '/';
    out[0] = '\0';
    if (is_ours && source->token[0] != '\0')
        (void)snprintf(out, TOKEN_BYTES_MAX, "Authorization: Bearer %s", source->token);
}

static outcome fetch_once(struct stream *stream, const struct resource *resource,
                          const struct stream_watch *watch, struct buffer *body,
                          struct stream_timing *timing, struct why *why)
{
    const size_t before = body->len;
    char token[TOKEN_BYTES_MAX];
    if (stream->source.folder != NULL) return read_local(stream, resource, body, timing, why);
    authorize(stream, resource->url, token);
    const char *fields[FIELDS_MAX + 2] = {NULL};
    size_t count = 0;
    for (; stream->fields != NULL && count < FIELDS_MAX && stream->fields[count] != NULL; count++)
        fields[count] = stream->fields[count];
    if (token[0] != '\0') fields[count] = token;
    const struct http_fetch fetch = {
        .url = resource->url,
        .fields = fields,
        .has_range = resource->range.size > 0,
        .range_first = resource->range.offset,
        .range_last = resource->range.offset + resource->range.size - 1,
        .deadline_ms = DEADLINE_MS,
        .on_bytes = watch == NULL ? NULL : watch->grew,
        .context = watch == NULL ? NULL : watch->context,
    };
    struct http_fetched fetched;
    TRY(http_client_fetch(stream->client, &fetch, body, &fetched, why));
    const int status = fetched.status;
    timing->start_us = fetched.start_us;
    timing->first_byte_us = fetched.first_byte_us;
    timing->end_us = fetched.end_us;
    http_fetched_release(&fetched);

    outcome result = OK;
    if (status != 200 && status != 206)
        result = judge_status(status, resource->url, why);
    else if (status == 200 && fetch.has_range)
        result = cut_whole(resource, before, body, why);
    else if (fetch.has_range && body->len - before != resource->range.size)
        result = fail(why, CORRUPT, "%.200s sent %zu bytes of a range of %llu", resource->url,
                      body->len - before, (unsigned long long)resource->range.size);
    if (result != OK) body->len = before;
    return result;
}

outcome stream_fetch(struct stream *stream, const struct resource *resource,
                     const struct stream_watch *watch, struct buffer *body,
                     struct stream_timing *out_timing, struct why *why)
{
    struct stream_timing timing = {0, 0, 0, 0};
    for (;;) {
        timing.tries++;
        const outcome result = fetch_once(stream, resource, watch, body, &timing, why);
        if (result == OK) break;
        const bool is_worth = result == UNAVAILABLE || result == TIMED_OUT;
        if (!is_worth || timing.tries == STREAM_TRIES_MAX) return result;
        const int64_t wait_ms = RETRY_MS_FIRST << (timing.tries - 1);
        const struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
        (void)nanosleep(&wait, NULL);
    }
    if (out_timing != NULL) *out_timing = timing;
    return OK;
}

static int64_t to_us(struct media_time time)
{
    return media_time_rescale(time, 1000000).ticks;
}

int64_t stream_segment_start_us(const struct rendition *rendition, size_t index)
{
    return to_us(segment_start(rendition, index));
}

int64_t stream_segment_end_us(const struct rendition *rendition, size_t index)
{
    return to_us(segment_end(rendition, index));
}

int64_t stream_end_us(const struct rendition *rendition)
{
    return rendition->segment_count == 0
               ? 0
               : stream_segment_end_us(rendition, rendition->segment_count - 1);
}

size_t stream_segment_at(const struct rendition *rendition, int64_t time_us)
{
    size_t low = 0, high = rendition->segment_count;
    while (low < high) { // the first segment that ends behind time_us
        const size_t middle = low + (high - low) / 2;
        if (stream_segment_end_us(rendition, middle) > time_us)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

outcome stream_fill(struct stream *stream, struct rendition *rendition, struct why *why)
{
    if (rendition->need != NEED_NOTHING) {
        autobuffer bytes = buffer_init(MANIFEST_BYTES_MAX);
        TRY(stream_fetch(stream, &rendition->needed, NULL, &bytes, NULL, why));
        TRY(manifest_fill(&stream->arena, rendition, buffer_slice(&bytes), rendition->needed.url,
                          why));
    }
    if (rendition->is_live)
        return fail(why, UNSUPPORTED,
                    "%.200s is live: only titles that are complete can be played so far",
                    stream->manifest->url);
    if (rendition->protection != NULL && strcmp(rendition->protection, "AES-128") == 0)
        return fail(why, UNSUPPORTED,
                    "the stream's segments are encrypted whole (AES-128): only encrypted samples "
                    "can be played");
    if (rendition->protection != NULL && rendition->init_count == 0)
        return fail(why, UNSUPPORTED,
                    "the stream is encrypted (%.40s) and not in fragmented MP4, which alone can "
                    "be decrypted",
                    rendition->protection);
    if (rendition->segment_count == 0)
        return fail(why, INVALID, "rendition %.60s of %.200s has no segments", rendition->id,
                    stream->manifest->url);
    return OK;
}

// A lone media playlist tells no rate: any will do where there is no choice.
static double rate_of(const struct rendition *rendition)
{
    enum { RATE_BPS_UNKNOWN = 1000000 };
    if (rendition->average_bps > 0) return (double)rendition->average_bps;
    return rendition->bandwidth_bps > 0 ? (double)rendition->bandwidth_bps : RATE_BPS_UNKNOWN;
}

// Renditions that one decoder can play in turn: of one group in DASH, of one codec family in HLS.
static bool is_sibling(const struct manifest *manifest, const struct rendition *first,
                       const struct rendition *other)
{
    if (manifest->format == MANIFEST_DASH) return strcmp(first->group, other->group) == 0;
    return strncmp(first->codecs, other->codecs, 4) == 0;
}

static void add_rung(struct stream *stream, struct rendition *rendition)
{
    if (stream->rung_count == STREAM_RUNGS_MAX) return;
    const double rate = rate_of(rendition);
    size_t at = stream->rung_count;
    for (; at > 0 && stream->rates_bps[at - 1] > rate; at--) {
        stream->rungs[at] = stream->rungs[at - 1];
        stream->rates_bps[at] = stream->rates_bps[at - 1];
    }
    stream->rungs[at] = rendition;
    stream->rates_bps[at] = rate;
    stream->rung_count++;
}

static void choose_rungs(struct stream *stream)
{
    const struct manifest *manifest = stream->manifest;
    const struct rendition *first = NULL;
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        struct rendition *rendition = &manifest->renditions[i];
        if (rendition->kind != TRACK_VIDEO || rendition->is_trick_play) continue;
        if (first == NULL) first = rendition;
        if (is_sibling(manifest, first, rendition)) add_rung(stream, rendition);
    }
}

// The group that goes with the lowest rung; DASH and playlists without variants have none.
static const char *audio_group(const struct stream *stream)
{
    const struct manifest *manifest = stream->manifest;
    for (size_t i = 0; i < manifest->variant_count && stream->rung_count > 0; i++)
        if (&manifest->renditions[manifest->variants[i].rendition] == stream->rungs[0])
            return manifest->variants[i].audio_group;
    return "";
}

static bool is_language(const char *tag, const char *asked)
{
    const size_t len = strlen(asked);
    return strncasecmp(tag, asked, len) == 0 && (tag[len] == '\0' || tag[len] == '-');
}

// How well a rendition fits: the language asked for first, then what the title calls its main one,
// then not a description, then the lower rate, so that video gets the link.
static int audio_fit(const struct rendition *rendition, const char *language)
{
    int fit = 0;
    if (language != NULL && is_language(rendition->language, language)) fit += 8;
    if (rendition->role == ROLE_MAIN) fit += 2;
    if (rendition->is_default) fit += 4;
    if (rendition->role == ROLE_DESCRIPTION || rendition->role == ROLE_COMMENTARY) fit -= 4;
    return fit;
}

static void choose_audio(struct stream *stream, const char *language)
{
    const struct manifest *manifest = stream->manifest;
    const char *group = audio_group(stream);
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        struct rendition *rendition = &manifest->renditions[i];
        if (rendition->kind != TRACK_AUDIO || rendition->is_trick_play) continue;
        if (group[0] != '\0' && strcmp(rendition->group, group) != 0) continue;
        // HLS lists a rendition without an address when its sound is in the variant's own segments.
        if (rendition->need == NEED_NOTHING && rendition->segment_count == 0) continue;
        const struct rendition *best = stream->audio;
        const int better =
            best == NULL ? 1 : audio_fit(rendition, language) - audio_fit(best, language);
        if (better > 0 || (better == 0 && rate_of(rendition) < rate_of(best)))
            stream->audio = rendition;
    }
}

static outcome parse_manifest(struct stream *stream, struct slice text, const char *url,
                              struct why *why)
{
    struct why parsing = {""};
    const outcome result = manifest_parse(&stream->arena, text, url, &stream->manifest, &parsing);
    return result == OK ? OK : fail(why, result, "%.160s: %s", url, parsing.text);
}

static outcome open_manifest(struct stream *stream, const char *url, struct why *why)
{
    autobuffer text = buffer_init(MANIFEST_BYTES_MAX);
    char token[TOKEN_BYTES_MAX];
    if (stream->source.folder != NULL) {
        struct stream_timing timing;
        const struct resource manifest = {url, {0, 0}};
        TRY(read_local(stream, &manifest, &text, &timing, why));
        return parse_manifest(stream, buffer_slice(&text), url, why);
    }
    authorize(stream, url, token);
    const char *const fields[] = {token[0] == '\0' ? NULL : token, NULL};
    const struct http_fetch fetch = {.url = url, .fields = fields, .deadline_ms = DEADLINE_MS};
    struct http_fetched fetched;
    TRY(http_client_fetch(stream->client, &fetch, &text, &fetched, why));
    outcome result = fetched.status == 200 ? OK : judge_status(fetched.status, url, why);
    if (result == OK) result = parse_manifest(stream, buffer_slice(&text), fetched.url, why);
    http_fetched_release(&fetched);
    return result;
}

static outcome choose(struct stream *stream, const char *url, const char *language, struct why *why)
{
    if (stream->manifest->is_live)
        return fail(why, UNSUPPORTED,
                    "%.200s is live: only titles that are complete can be played so far", url);
    if (stream->manifest->period_count > 1)
        return fail(why, UNSUPPORTED,
                    "%.200s has %u periods: only titles of one period can be played so far", url,
                    stream->manifest->period_count);
    choose_rungs(stream);
    choose_audio(stream, language);
    if (stream->rung_count == 0 && stream->audio != NULL) { // radio: audio is what adapts
        add_rung(stream, stream->audio);
        stream->audio = NULL;
    }
    if (stream->rung_count == 0)
        return fail(why, NOT_FOUND, "%.200s offers neither video nor audio", url);
    TRY(stream_fill(stream, stream->rungs[0], why));
    return stream->audio == NULL ? OK : stream_fill(stream, stream->audio, why);
}

outcome stream_open(struct stream *out, struct http_client *client, const char *url,
                    const char *language, const struct stream_source *source, struct why *why)
{
    struct stream stream = {.client = client, .arena = arena_init(STREAM_ARENA_BYTES)};
    if (source != NULL) stream.source = *source;
    outcome result = open_manifest(&stream, url, why);
    if (result == OK) result = choose(&stream, url, language, why);
    if (result != OK) {
        stream_release(&stream);
        return result;
    }
    *out = stream;
    return OK;
}

void stream_fill_one(struct stream *stream)
{
    for (size_t i = 0; i < stream->rung_count; i++) {
        struct rendition *rung = stream->rungs[i];
        if (rung->need == NEED_NOTHING || rung->segment_count > 0) continue;
        if (stream_fill(stream, rung, NULL) == OK) return;
    }
}

void stream_rung_name(const struct rendition *rung, char *out, size_t room)
{
    if (rung->video.width > 0)
        (void)snprintf(out, room, "%ux%u", rung->video.width, rung->video.height);
    else
        (void)snprintf(out, room, "%.60s", rung->id);
}

bool stream_is_protected(const struct stream *stream)
{
    bool found = stream->audio != NULL && stream->audio->protection != NULL;
    for (size_t i = 0; i < stream->rung_count && !found; i++)
        found = stream->rungs[i]->protection != NULL;
    return found;
}

void stream_release(struct stream *stream)
{
    if (stream->arena.cap_bytes > 0) arena_release(&stream->arena);
    stream->manifest = NULL;
}

bool stream_join(const struct resource *init, const struct resource *media, struct resource *out)
{
    if (init->url == NULL || strcmp(init->url, media->url) != 0 || init->range.size == 0 ||
        media->range.size == 0)
        return false;
    const uint64_t init_end = init->range.offset + init->range.size;
    if (media->range.offset < init_end || media->range.offset - init_end > JOINED_GAP_BYTES_MAX)
        return false;
    *out = (struct resource){
        init->url,
        {init->range.offset, media->range.offset + media->range.size - init->range.offset}};
    return true;
}
