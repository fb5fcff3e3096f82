// SPDX-License-Identifier: Apache-2.0
#include "media/protection_check.h"

#include "base/file.h"
#include "drm/sample_map.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE_BYTES_MAX = 64 * 1024 * 1024 }; // a key picture of 8K has some MiB

struct check {
    const struct mp4_track *track;
    const struct key_set *keys;
    struct sample_mapper *mapper; // NULL: no key, or nothing to map
    struct buffer bytes;          // of the sample under check
    struct subsample_map told;    // by senc
    struct subsample_map headers; // as the decrypted sample's own syntax has them
    struct protection_report report;
};

static const enum sample_syntax syntaxes[CODEC_COUNT] = {
    [CODEC_AVC] = SYNTAX_AVC,    [CODEC_HEVC] = SYNTAX_HEVC,  [CODEC_AV1] = SYNTAX_AV1,
    [CODEC_AAC] = SYNTAX_WHOLE,  [CODEC_AC3] = SYNTAX_WHOLE,  [CODEC_EAC3] = SYNTAX_WHOLE,
    [CODEC_OPUS] = SYNTAX_WHOLE, [CODEC_FLAC] = SYNTAX_WHOLE,
};

// Where NAL units tell their lengths and types.
struct nal_form {
    size_t length_bytes, header_bytes;
};

static bool nal_form_of(const struct stream *stream, struct nal_form *out)
{
    const size_t at = stream->codec == CODEC_AVC ? 4 : 21;
    if ((stream->codec != CODEC_AVC && stream->codec != CODEC_HEVC) || stream->config.len <= at)
        return false;
    *out = (struct nal_form){(stream->config.at[at] & 3u) + 1, stream->codec == CODEC_AVC ? 1 : 2};
    return true;
}

static bool is_slice(const struct stream *stream, uint8_t first)
{
    if (stream->codec == CODEC_HEVC) return (first >> 1 & 0x3f) < 32;
    const uint8_t type = first & 0x1f;
    return type >= 1 && type <= 5;
}

// Does [from, to) of the sample touch a protected byte? Ranges are asked for in rising order.
static bool is_protected_in(const struct subsample_map *map, uint64_t from, uint64_t to)
{
    uint64_t at = 0;
    for (size_t i = 0; i < map->count; i++) {
        const uint64_t begin = at + map->items[i].clear_bytes;
        const uint64_t end = begin + map->items[i].protected_bytes;
        if (begin < to && from < end) return true;
        at = end;
    }
    return false;
}

// NAL lengths and headers, and all of what is no slice, must be readable without a key.
static outcome check_nals(const struct check *check, struct why *why)
{
    const struct stream *stream = &check->track->stream;
    const struct subsample_map *told = &check->told;
    struct nal_form form;
    const size_t size = check->bytes.len;
    if (!nal_form_of(stream, &form)) return OK;
    if (told->count == 0)
        return fail(why, INVALID, "its NAL units are encrypted whole, their lengths too");
    for (size_t at = 0; at < size;) {
        const size_t head = form.length_bytes + form.header_bytes;
        if (size - at < head || is_protected_in(told, at, at + head))
            return fail(why, INVALID, "a NAL unit's header at its byte %zu is encrypted", at);
        size_t len = 0;
        for (size_t i = 0; i < form.length_bytes; i++)
            len = len << 8 | check->bytes.at[at + i];
        if (len < form.header_bytes || len > size - at - form.length_bytes)
            return fail(why, INVALID, "the NAL unit at its byte %zu does not fit the sample", at);
        const size_t end = at + form.length_bytes + len;
        if (!is_slice(stream, check->bytes.at[at + form.length_bytes]) &&
            is_protected_in(told, at, end))
            return fail(why, INVALID, "the NAL unit at its byte %zu is no slice and is encrypted",
                        at);
        at = end;
    }
    return OK;
}

// No start code may come up inside a NAL unit (ISO/IEC 14496-10 and 23008-2 clause 7.4.1): in what
// a wrong key gives it does, every five million bytes.
static outcome check_emulation(const struct check *check, struct why *why)
{
    struct nal_form form;
    const uint8_t *bytes = check->bytes.at;
    const size_t size = check->bytes.len;
    if (!nal_form_of(&check->track->stream, &form)) return OK;
    for (size_t at = 0; at < size;) {
        size_t len = 0; // that it fits was checked before
        for (size_t i = 0; i < form.length_bytes; i++)
            len = len << 8 | bytes[at + i];
        const size_t from = at + form.length_bytes, to = from + len;
        for (const uint8_t *zero = bytes + from;
             (zero = memchr(zero, 0, (size_t)(bytes + to - zero))) != NULL && zero + 2 < bytes + to;
             zero++)
            if (zero[1] == 0 && zero[2] < 3)
                return fail(why, INVALID, "a start code comes up at its byte %zu",
                            (size_t)(zero - bytes));
        at = to;
    }
    return OK;
}

static outcome check_blocks(const struct check *check, enum cenc_scheme scheme, struct why *why)
{
    for (size_t i = 0; i < check->told.count && scheme == SCHEME_CENC; i++)
        if (check->told.items[i].protected_bytes % CIPHER_BLOCK_BYTES != 0 &&
            check->track->stream.kind == TRACK_VIDEO)
            return fail(why, INVALID, "subsample %zu protects %u bytes, no whole blocks (cenc)", i,
                        check->told.items[i].protected_bytes);
    return OK;
}

static const struct content_key *find_key(const struct key_set *keys, const struct key_id *id)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++)
        if (key_id_equal(&keys->keys[i].key.id, id)) return &keys->keys[i].key;
    return NULL;
}

// Every protected range lies in slice or tile data, as the decrypted headers tell it.
static outcome check_headers(struct check *check, struct why *why)
{
    const struct slice sample = buffer_slice(&check->bytes);
    uint64_t at = 0;
    if (check->mapper == NULL) return OK;
    TRY(sample_map(check->mapper, sample, &check->headers, why));
    for (size_t i = 0; i < check->headers.count; i++) {
        const uint64_t clear_end = at + check->headers.items[i].clear_bytes;
        if (is_protected_in(&check->told, at, clear_end))
            return fail(why, INVALID, "a header in its bytes %llu to %llu is encrypted",
                        (unsigned long long)at, (unsigned long long)clear_end);
        at = clear_end + check->headers.items[i].protected_bytes;
    }
    return OK;
}

static outcome check_decrypted(struct check *check, const struct sample_protection *protection,
                               struct why *why)
{
    autocipher *cipher = NULL;
    const struct content_key *key = find_key(check->keys, &protection->encryption.key_id);
    if (key == NULL) return OK;
    TRY(sample_cipher_open(&protection->encryption, key, CIPHER_DECRYPT, &cipher, why));
    TRY(sample_cipher_apply(cipher, check->bytes.at, check->bytes.len, protection->iv, &check->told,
                            why));
    check->report.decrypted_samples++;
    struct why inner = {""};
    outcome parsed = check_headers(check, &inner);
    if (parsed == OK) parsed = check_emulation(check, &inner);
    if (parsed == OK) return OK;
    return fail(why, parsed, "decrypted with its key, it cannot be read (a wrong key?): %s",
                inner.text);
}

static outcome check_sample(struct check *check, const struct sample *sample,
                            const struct sample_protection *protection, struct why *why)
{
    check->report.samples++;
    check->report.bytes += sample->size;
    if (!protection->is_protected) return check_headers(check, why); // a clear lead's headers count
    check->told.count = protection->subsample_count;
    memcpy(check->told.items, protection->subsamples, sizeof check->told.items);
    check->report.protected_samples++;
    check->report.subsamples += protection->subsample_count;
    check->report.protected_bytes += sample_protected_bytes(&check->told, sample->size);
    TRY(check_nals(check, why));
    TRY(check_blocks(check, protection->encryption.scheme, why));
    return check_decrypted(check, protection, why);
}

static outcome check_all(struct check *check, const struct mp4 *mp4, struct mp4_cursor *cursor,
                         struct why *why)
{
    for (;;) {
        struct sample sample;
        struct why inner = {""};
        bool is_end = true;
        TRY(mp4_cursor_next(cursor, &sample, &is_end, why));
        if (is_end) return OK;
        check->bytes.len = 0;
        check->told.count = 0;
        TRY(buffer_reserve(&check->bytes, sample.size, why));
        TRY(fd_read_at(mp4_fd(mp4), check->bytes.at, sample.size, sample.offset, why));
        check->bytes.len = sample.size;
        const outcome result = check_sample(check, &sample, mp4_cursor_protection(cursor), &inner);
        if (result != OK)
            return fail(why, result, "track %u, sample %llu at byte %llu: %s", check->track->id,
                        (unsigned long long)check->report.samples,
                        (unsigned long long)sample.offset, inner.text);
    }
}

// Headers can be followed only from the first sample on, and only with the track's key.
static outcome open_mapper(struct check *check, struct why *why)
{
    const struct stream *stream = &check->track->stream;
    const enum sample_syntax syntax = syntaxes[stream->codec];
    if (syntax == SYNTAX_WHOLE ||
        find_key(check->keys, &check->track->encryption.encryption.key_id) == NULL)
        return OK;
    // cbcs protects all slice data: the widest map there is.
    return sample_mapper_open(syntax, SCHEME_CBCS, stream->config, &check->mapper, why);
}

outcome protection_check(struct arena *arena, struct mp4 *mp4, size_t track_index,
                         const struct key_set *keys, struct protection_report *out, struct why *why)
{
    struct mp4_cursor *cursor = NULL;
    TRY(mp4_cursor_open_encrypted(arena, mp4, track_index, &cursor, why));
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL) return fail(why, NO_MEMORY, "no memory to check a track");
    check->track = mp4_track_at(mp4, track_index);
    check->keys = keys;
    check->bytes = buffer_init(SAMPLE_BYTES_MAX);
    outcome result = open_mapper(check, why);
    if (result == OK) result = check_all(check, mp4, cursor, why);
    *out = check->report;
    sample_mapper_close(&check->mapper);
    mp4_cursor_close(&cursor);
    buffer_release(&check->bytes);
    free(check);
    return result;
}
