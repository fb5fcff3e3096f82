// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"
#include "media/lint_internal.h"

#include <math.h>
#include <string.h>

static void check_rate(struct lint *lint, const struct lint_manifest *in,
                       const struct rendition *rendition, const struct lint_media *media)
{
    const struct segment_entry *entries = lint_entries(lint, media);
    if (entries == NULL) return;
    const uint32_t timescale = media->init.stream.timescale;
    const struct media_time buffer = {in->manifest->min_buffer_us, 1000000};
    const uint64_t needed = bitrate_buffered_bps(
        entries, media->count, timescale, (uint64_t)media_time_rescale(buffer, timescale).ticks);
    const uint64_t peak = bitrate_peak_bps(entries, media->count, timescale,
                                           bitrate_target_ticks(entries, media->count, timescale));
    const double average = (double)bitrate_average_bps(entries, media->count, timescale);
    if (rendition->bandwidth_bps + 1 < needed)
        lint_find(lint, RULE_DASH_RATE, in->name,
                  "%s: @bandwidth=%llu stalls a client that holds minBufferTime: %llu is needed",
                  rendition->id, (unsigned long long)rendition->bandwidth_bps,
                  (unsigned long long)needed);
    else if (rendition->bandwidth_bps + 1 < peak)
        lint_find(lint, RULE_DASH_PEAK, in->name,
                  "%s: @bandwidth=%llu is below the peak of %llu that players take it for%s",
                  rendition->id, (unsigned long long)rendition->bandwidth_bps,
                  (unsigned long long)peak,
                  fabs((double)rendition->bandwidth_bps - average) < 0.02 * average
                      ? " (it is the average)"
                      : "");
}

static void check_codec(struct lint *lint, const struct lint_manifest *in,
                        const struct rendition *rendition, const struct lint_media *media)
{
    if (media == NULL || !media->init.is_readable) return;
    const char *codec = media->init.codec;
    if (rendition->codecs[0] == '\0')
        lint_find(lint, RULE_CODEC_ABSENT, in->name, "%s: @codecs is missing", rendition->id);
    else if (strchr(rendition->codecs, '.') == NULL && strchr(codec, '.') != NULL)
        lint_find(lint, RULE_CODEC_FORM, in->name,
                  "%s: \"%.60s\" names no profile and level: %s is whole (RFC 6381)", rendition->id,
                  rendition->codecs, codec);
    else if (!slice_is_nocase(slice_of(rendition->codecs), codec))
        lint_find(lint, RULE_CODEC_MEDIA, in->name, "%s: \"%.60s\" is told, %s is %s",
                  rendition->id, rendition->codecs, media->name, codec);
}

static void check_aspect(struct lint *lint, const struct lint_manifest *in,
                         const struct rendition *rendition, const struct lint_media *media)
{
    const uint32_t width = rendition->video.sar_width;
    const uint32_t height = rendition->video.sar_height;
    if (rendition->kind != TRACK_VIDEO || (width == 0 && height == 0)) return;
    const double told = height == 0 ? 0 : (double)width / height;
    if (width == 65535 || told < 0.2 || told > 5.0) {
        lint_find(lint, RULE_ASPECT, in->name, "%s: sar=\"%u:%u\" is no sample aspect ratio",
                  rendition->id, width, height);
        return;
    }
    if (media == NULL || !media->init.is_readable) return;
    const struct video_facts *facts = &media->init.stream.video.facts;
    if (facts->sar_width > 0 && facts->sar_height > 0 &&
        fabs(told - (double)facts->sar_width / facts->sar_height) > 0.01)
        lint_find(lint, RULE_ASPECT, in->name, "%s: sar=\"%u:%u\", the media says %u:%u",
                  rendition->id, width, height, facts->sar_width, facts->sar_height);
}

static void check_picture(struct lint *lint, const struct lint_manifest *in,
                          const struct rendition *rendition, const struct lint_media *media)
{
    if (media == NULL || !media->init.is_readable || media->init.stream.kind != TRACK_VIDEO) return;
    const struct video_facts *facts = &media->init.stream.video.facts;
    if (rendition->video.width > 0 &&
        (rendition->video.width != facts->width || rendition->video.height != facts->height))
        lint_find(lint, RULE_SIZE, in->name, "%s: %ux%u is told, the media is %ux%u", rendition->id,
                  rendition->video.width, rendition->video.height, facts->width, facts->height);
    const struct frame_rate rate = rendition->video.frame_rate;
    size_t samples = 0;
    for (size_t i = 0; i < media->count; i++)
        samples += media->segments[i].sample_count;
    const double seconds = lint_seconds(media, lint_media_ticks(media));
    if (rate.frames == 0)
        lint_find(lint, RULE_FRAME_RATE, in->name, "%s: @frameRate is missing", rendition->id);
    else if (seconds > 1 && fabs((double)samples / seconds * rate.seconds / rate.frames - 1) > 0.01)
        lint_find(lint, RULE_FRAME_RATE, in->name, "%s: @frameRate=%u/%u, the media has %.3f",
                  rendition->id, rate.frames, rate.seconds, (double)samples / seconds);
}

// What the MPD, or the sidx it points to, says of each segment against the segment itself.
static void check_times(struct lint *lint, const struct lint_manifest *in,
                        const struct rendition *rendition, const struct lint_media *media)
{
    if (media == NULL) return;
    const enum lint_rule rule = rendition->addressing.media == NULL ? RULE_INDEX : RULE_TIMELINE;
    for (size_t i = 0; i < media->count && i < rendition->segment_count; i++) {
        const struct media_time told = {(int64_t)rendition->segments[i].duration_ticks,
                                        rendition->timescale};
        const struct media_time is = {(int64_t)media->segments[i].duration,
                                      media->init.stream.timescale};
        const double off = fabs(media_time_seconds(told) - media_time_seconds(is));
        // An index is exact; a template may round, and tells priming apart as it likes.
        if (off <= (rule == RULE_INDEX ? 1e-6 : 0.05)) continue;
        const double priming = i == 0 && media->init.has_edit
                                   ? lint_seconds(media, (uint64_t)media->init.edit_media_time)
                                   : 0;
        if (fabs(off - priming) <= 0.0001) continue;
        lint_find(lint, rule, in->name,
                  "%s: segment %zu is said to last %.6f s, its samples last %.6f s", rendition->id,
                  i, media_time_seconds(told), media_time_seconds(is));
        return;
    }
}

static void check_length(struct lint *lint, const struct lint_manifest *in)
{
    const double told = (double)in->manifest->duration_us / 1e6;
    if (in->manifest->is_live || in->manifest->period_count != 1 || told <= 0) return;
    for (size_t i = 0; i < in->manifest->rendition_count; i++) {
        const struct lint_media *media = in->media[i];
        if (media == NULL || !media->is_whole || in->manifest->renditions[i].kind != TRACK_VIDEO)
            continue;
        size_t samples = 0;
        for (size_t s = 0; s < media->count; s++)
            samples += media->segments[s].sample_count;
        const double is = lint_presented_seconds(media);
        if (samples > 0 && fabs(is - told) > 1.001 * is / (double)samples)
            lint_find(lint, RULE_DURATION, in->name,
                      "mediaPresentationDuration is %.3f s, %s lasts %.3f s", told, media->name,
                      is);
        return;
    }
}

void lint_check_dash(struct lint *lint, const struct lint_manifest *in)
{
    for (size_t i = 0; i < in->manifest->rendition_count; i++) {
        const struct rendition *rendition = &in->manifest->renditions[i];
        const struct lint_media *media = in->media[i];
        check_rate(lint, in, rendition, media);
        check_codec(lint, in, rendition, media);
        check_aspect(lint, in, rendition, media);
        check_picture(lint, in, rendition, media);
        check_times(lint, in, rendition, media);
    }
    check_length(lint, in);
}

// HLS gives codecs per variant: of them, the one of the family that DASH names.
static void compare(struct lint *lint, const struct lint_manifest *hls,
                    const struct variant *variant, const struct lint_manifest *dash,
                    const struct rendition *rendition)
{
    struct slice rest = slice_of(variant->codecs);
    struct slice one;
    while (slice_cut(&rest, ',', &one)) {
        one = slice_trim(one);
        // "avc1.640028" and "avc3.640028": same first three letters, another string
        if (one.len < 3 || strncmp((const char *)one.at, rendition->codecs, 3) != 0) continue;
        if (!slice_is_nocase(one, rendition->codecs))
            lint_find(lint, RULE_CODEC_TWINS, hls->name,
                      "\"%.*s\" here, \"%.60s\" in %s for the same media",
                      SLICE_ARG(slice_part(one, 0, 60)), rendition->codecs, dash->name);
        return;
    }
}

void lint_check_twins(struct lint *lint)
{
    for (size_t h = 0; h < lint->manifest_count; h++) {
        const struct lint_manifest *hls = &lint->manifests[h];
        for (size_t v = 0; v < hls->manifest->variant_count; v++) {
            const struct variant *variant = &hls->manifest->variants[v];
            const struct lint_media *media = hls->media[variant->rendition];
            for (size_t d = 0; d < lint->manifest_count; d++) {
                const struct lint_manifest *dash = &lint->manifests[d];
                if (dash->manifest->format != MANIFEST_DASH) continue;
                for (size_t r = 0; r < dash->manifest->rendition_count; r++)
                    if (media != NULL && dash->media[r] == media)
                        compare(lint, hls, variant, dash, &dash->manifest->renditions[r]);
            }
        }
    }
}
