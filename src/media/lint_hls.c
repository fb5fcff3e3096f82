// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"
#include "media/lint_internal.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

enum { AVERAGE_PERCENT = 5 };

struct rates {
    uint64_t peak_bps, average_bps;
    bool is_known;
};

static struct rates rates_of(struct lint *lint, const struct lint_media *media,
                             const struct rendition *rendition)
{
    const struct segment_entry *entries = lint_entries(lint, media);
    if (entries == NULL) return (struct rates){0, 0, false};
    const uint32_t timescale = media->init.stream.timescale;
    const struct media_time target = {(int64_t)rendition->target_us, 1000000};
    const uint64_t target_ticks = (uint64_t)media_time_rescale(target, timescale).ticks;
    return (struct rates){bitrate_peak_bps(entries, media->count, timescale, target_ticks),
                          bitrate_average_bps(entries, media->count, timescale), true};
}

// What a variant may have to fetch at once: its own rendition and the dearest of its audio group.
static struct rates variant_rates(struct lint *lint, const struct lint_manifest *in,
                                  const struct variant *variant)
{
    const struct manifest *manifest = in->manifest;
    struct rates sum =
        rates_of(lint, in->media[variant->rendition], &manifest->renditions[variant->rendition]);
    struct rates dearest = {0, 0, false};
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        const struct rendition *rendition = &manifest->renditions[i];
        if (i == variant->rendition || rendition->kind != TRACK_AUDIO ||
            rendition->group[0] == '\0' || strcmp(rendition->group, variant->audio_group) != 0)
            continue;
        const struct rates rates = rates_of(lint, in->media[i], rendition);
        if (rates.peak_bps > dearest.peak_bps) dearest.peak_bps = rates.peak_bps;
        if (rates.average_bps > dearest.average_bps) dearest.average_bps = rates.average_bps;
    }
    if (manifest->renditions[variant->rendition].kind == TRACK_AUDIO) return sum;
    sum.peak_bps += dearest.peak_bps;
    sum.average_bps += dearest.average_bps;
    return sum;
}

static void check_rates(struct lint *lint, const struct lint_manifest *in,
                        const struct variant *variant)
{
    const struct rates rates = variant_rates(lint, in, variant);
    const char *id = in->manifest->renditions[variant->rendition].id;
    if (!rates.is_known) return;
    if (variant->bandwidth_bps + 1 < rates.peak_bps) {
        const double off = fabs((double)variant->bandwidth_bps - (double)rates.average_bps);
        const bool is_average = off < 0.02 * (double)rates.average_bps;
        lint_find(lint, RULE_HLS_PEAK, in->name,
                  "%s: BANDWIDTH=%llu is below the true peak of %llu%s: players choose it over "
                  "links too slow for it",
                  id, (unsigned long long)variant->bandwidth_bps,
                  (unsigned long long)rates.peak_bps, is_average ? " (it is the average)" : "");
    }
    const double average = (double)variant->average_bps;
    if (variant->average_bps > 0 && fabs(average - (double)rates.average_bps) >
                                        AVERAGE_PERCENT / 100.0 * (double)rates.average_bps)
        lint_find(lint, RULE_HLS_AVERAGE, in->name, "%s: AVERAGE-BANDWIDTH=%llu, but %llu is true",
                  id, (unsigned long long)variant->average_bps,
                  (unsigned long long)rates.average_bps);
}

// The codec of `codecs` that is of the same family ("avc1" and "avc3" are one), or empty.
static struct slice codec_like(const char *codecs, const char *codec)
{
    static const char *const families[][2] = {
        {"avc1", "avc3"}, {"hvc1", "hev1"}, {"dvh1", "dvhe"}, {"av01", "av01"}, {"mp4a", "mp4a"},
        {"ac-3", "ac-3"}, {"ec-3", "ec-3"}, {"opus", "Opus"}, {"fLaC", "fLaC"},
    };
    struct slice rest = slice_of(codecs);
    struct slice one;
    while (slice_cut(&rest, ',', &one)) {
        one = slice_trim(one);
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
            if ((slice_starts(one, families[i][0]) || slice_starts(one, families[i][1])) &&
                (strncmp(codec, families[i][0], 4) == 0 || strncmp(codec, families[i][1], 4) == 0))
                return one;
    }
    return (struct slice){NULL, 0};
}

static void check_variant_codec(struct lint *lint, const struct lint_manifest *in,
                                const struct variant *variant, const struct lint_media *media)
{
    if (media == NULL || !media->init.is_readable) return;
    const char *codec = media->init.codec;
    const struct slice told = codec_like(variant->codecs, codec);
    if (told.at == NULL)
        lint_find(lint, RULE_CODEC_LIST, in->name, "%s: CODECS=\"%.100s\" does not name %s of %s",
                  in->manifest->renditions[variant->rendition].id, variant->codecs, codec,
                  media->name);
    else if (memchr(told.at, '.', told.len) == NULL && strchr(codec, '.') != NULL)
        lint_find(lint, RULE_CODEC_FORM, in->name,
                  "%s: \"%.*s\" names no profile and level: %s is whole (RFC 6381)",
                  in->manifest->renditions[variant->rendition].id, SLICE_ARG(told), codec);
    else if (!slice_is_nocase(told, codec))
        lint_find(lint, RULE_CODEC_MEDIA, in->name, "%s: \"%.*s\" is told, %s is %s",
                  in->manifest->renditions[variant->rendition].id, SLICE_ARG(told), media->name,
                  codec);
}

static void check_codecs(struct lint *lint, const struct lint_manifest *in,
                         const struct variant *variant)
{
    const struct manifest *manifest = in->manifest;
    if (variant->codecs[0] == '\0') {
        lint_find(lint, RULE_CODEC_ABSENT, in->name,
                  "%s: without CODECS a player must fetch media to learn whether it can play it",
                  manifest->renditions[variant->rendition].id);
        return;
    }
    check_variant_codec(lint, in, variant, in->media[variant->rendition]);
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        const struct rendition *rendition = &manifest->renditions[i];
        bool is_known = i == variant->rendition;
        for (size_t j = 0; j < i && !is_known; j++) // one of each codec will do
            is_known = in->media[j] != NULL && in->media[i] != NULL &&
                       strcmp(manifest->renditions[j].group, rendition->group) == 0 &&
                       strcmp(in->media[j]->init.codec, in->media[i]->init.codec) == 0;
        if (!is_known && rendition->kind == TRACK_AUDIO && rendition->group[0] != '\0' &&
            strcmp(rendition->group, variant->audio_group) == 0)
            check_variant_codec(lint, in, variant, in->media[i]);
    }
}

static void check_picture(struct lint *lint, const struct lint_manifest *in,
                          const struct variant *variant)
{
    const struct lint_media *media = in->media[variant->rendition];
    if (media == NULL || !media->init.is_readable || media->init.stream.kind != TRACK_VIDEO) return;
    const char *id = in->manifest->renditions[variant->rendition].id;
    const struct video_facts *facts = &media->init.stream.video.facts;
    const uint32_t sar_width = facts->sar_width == 0 ? 1 : facts->sar_width;
    const uint32_t sar_height = facts->sar_height == 0 ? 1 : facts->sar_height;
    const double shown = (double)facts->width * sar_width / sar_height;
    if (variant->video.width > 0 && (fabs(shown - variant->video.width) > 2 ||
                                     fabs((double)facts->height - variant->video.height) > 2))
        lint_find(lint, RULE_SIZE, in->name, "%s: RESOLUTION=%ux%u, the media is shown %.0fx%u", id,
                  variant->video.width, variant->video.height, shown, facts->height);
    const struct frame_rate rate = variant->video.frame_rate;
    if (rate.frames == 0) {
        lint_find(lint, RULE_FRAME_RATE, in->name, "%s: FRAME-RATE is missing", id);
        return;
    }
    size_t samples = 0;
    for (size_t i = 0; i < media->count; i++)
        samples += media->segments[i].sample_count;
    const double seconds = lint_seconds(media, lint_media_ticks(media));
    const double told = (double)rate.frames / rate.seconds;
    if (seconds > 1 && fabs((double)samples / seconds - told) > 0.01 * told)
        lint_find(lint, RULE_FRAME_RATE, in->name, "%s: FRAME-RATE=%.3f, the media has %.3f", id,
                  told, (double)samples / seconds);
}

// EXTINF against TARGETDURATION and against the media's own times.
static void check_durations(struct lint *lint, const struct rendition *rendition,
                            const struct lint_media *media)
{
    uint64_t priming_us = 0;
    if (media != NULL && media->init.has_edit && media->init.stream.kind == TRACK_AUDIO)
        priming_us =
            (uint64_t)(1000000 * lint_seconds(media, (uint64_t)media->init.edit_media_time));
    bool is_over = false;
    for (size_t i = 0; i < rendition->segment_count; i++) {
        const uint64_t us = rendition->segments[i].duration_ticks;
        if (!is_over && (us + 500000) / 1000000 * 1000000 > rendition->target_us) {
            lint_find(lint, RULE_TARGET, rendition->id,
                      "segment %zu lasts %.3f s, TARGETDURATION is %.0f", i, (double)us / 1e6,
                      (double)rendition->target_us / 1e6);
            is_over = true;
        }
        if (media == NULL || i >= media->count) continue;
        // Where the playlist says that segment i ends, and where the media does.
        const double told = (double)rendition->segments[i].start_ticks / 1e6 + (double)us / 1e6;
        const struct scanned_segment *segment = &media->segments[i];
        const double end = lint_seconds(media, segment->decode_time + segment->duration -
                                                   media->segments[0].decode_time);
        const double off = fabs(told - end);
        const double off_primed = fabs(told + (double)priming_us / 1e6 - end);
        if ((off < off_primed ? off : off_primed) > 0.05) {
            lint_find(lint, RULE_EXTINF, rendition->id,
                      "by EXTINF segment %zu ends at %.3f s, by its samples at %.3f s", i, told,
                      end);
            return;
        }
    }
}

// An I-frame range begins with a moof and ends behind its first sample.
static void check_iframes(struct lint *lint, const struct lint_manifest *in,
                          const struct rendition *rendition)
{
    for (size_t i = 0; i < rendition->segment_count; i++) {
        const struct media_segment *segment = &rendition->segments[i];
        const char *url = rendition->addressing.base;
        autobuffer text = buffer_init(MANIFEST_BYTES_MAX);
        autofd fd = -1;
        uint64_t bytes;
        const char *name;
        if (segment->range.size == 0 || segment_url(rendition, i, &text, NULL) != OK) return;
        url = buffer_text(&text);
        if (url == NULL || !lint_open(lint, rendition->id, url, &fd, &bytes, &name)) return;
        if (segment->range.offset + segment->range.size > bytes) {
            lint_find(lint, RULE_RANGE, rendition->id, "I-frame %zu ends past the end of %s", i,
                      name);
            return;
        }
        for (size_t m = 0; m < lint->media_count; m++) {
            const struct lint_media *media = lint->media[m];
            for (size_t s = 0; s < media->count && strcmp(media->name, name) == 0; s++) {
                const struct scanned_segment *scanned = &media->segments[s];
                const bool is_here =
                    scanned->moof_offset >= segment->range.offset &&
                    scanned->moof_offset < segment->range.offset + segment->range.size;
                if (!is_here) continue;
                if (scanned->first_sample_end > segment->range.offset + segment->range.size) {
                    lint_find(lint, RULE_IFRAME, rendition->id,
                              "I-frame %zu ends %llu bytes before its picture does", i,
                              (unsigned long long)(scanned->first_sample_end -
                                                   segment->range.offset - segment->range.size));
                    return;
                }
            }
        }
    }
}

static void check_shared_target(struct lint *lint, const struct lint_manifest *in)
{
    const struct rendition *first = NULL;
    for (size_t i = 0; i < in->manifest->rendition_count; i++) {
        const struct rendition *rendition = &in->manifest->renditions[i];
        if (rendition->segment_count == 0 || rendition->is_trick_play ||
            rendition->kind == TRACK_TEXT || rendition->kind == TRACK_IMAGE)
            continue;
        if (first == NULL) first = rendition;
        if (rendition->target_us != first->target_us) {
            lint_find(lint, RULE_TARGET_SHARED, rendition->id,
                      "TARGETDURATION is %.0f here and %.0f in %s",
                      (double)rendition->target_us / 1e6, (double)first->target_us / 1e6,
                      first->id);
            return;
        }
    }
}

void lint_check_hls(struct lint *lint, const struct lint_manifest *in)
{
    const struct manifest *manifest = in->manifest;
    for (size_t i = 0; i < manifest->variant_count; i++) {
        check_rates(lint, in, &manifest->variants[i]);
        check_codecs(lint, in, &manifest->variants[i]);
        check_picture(lint, in, &manifest->variants[i]);
    }
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        const struct rendition *rendition = &manifest->renditions[i];
        if (rendition->segment_count == 0) continue;
        check_durations(lint, rendition, in->media[i]);
        if (rendition->is_trick_play && rendition->kind == TRACK_VIDEO)
            check_iframes(lint, in, rendition);
    }
    check_shared_target(lint, in);
}
