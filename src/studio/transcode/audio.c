// SPDX-License-Identifier: Apache-2.0
//
// Two passes over the same samples: how loud they are has to be known before the first frame is
// written, for it stands in E-AC-3's every frame and in front of the file.
#include "studio/transcode/sound_coder.h"

#include <ebur128.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    BITRATE_BPS_MIN = 16000,
    BITRATE_BPS_MAX = 1024000,
    METER_FRAME_SAMPLES = 4800,
    METER_CHANNELS_MAX = 6,
};

static outcome find_track(const struct source *source, uint32_t track, unsigned *out,
                          struct why *why)
{
    const AVFormatContext *container = source->container;
    if (track != AUDIO_TRACK_FIRST) {
        if (track >= container->nb_streams ||
            container->streams[track]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
            return fail(why, INVALID, "track %u is no audio track", track);
        *out = track;
        return OK;
    }
    for (unsigned i = 0; i < container->nb_streams; i++) {
        if (container->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
        *out = i;
        return OK;
    }
    return fail(why, INVALID, "the file has no audio track");
}

// --- how loud --------------------------------------------------------------------------------

struct sound_meter {
    ebur128_state *state, *centre; // centre NULL: there is none
    float samples[METER_FRAME_SAMPLES * METER_CHANNELS_MAX];
};

enum { CENTRE = 2 }; // of 5.1

static void meter_close(struct sound_meter *meter)
{
    if (meter->state != NULL) ebur128_destroy(&meter->state);
    if (meter->centre != NULL) ebur128_destroy(&meter->centre);
}

static outcome meter_open(struct sound_meter *meter, int channels, struct why *why)
{
    static const int surround[] = {EBUR128_LEFT,          EBUR128_RIGHT,         EBUR128_CENTER,
                                   EBUR128_UNUSED, // LFE
                                   EBUR128_LEFT_SURROUND, EBUR128_RIGHT_SURROUND};
    const int modes = EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM;
    *meter = (struct sound_meter){
        .state = ebur128_init((unsigned)channels, SOUND_RATE, modes | EBUR128_MODE_TRUE_PEAK)};
    if (channels == METER_CHANNELS_MAX) meter->centre = ebur128_init(1, SOUND_RATE, modes);
    if (meter->state == NULL || (channels == METER_CHANNELS_MAX && meter->centre == NULL))
        return fail(why, NO_MEMORY, "no memory to measure loudness");
    for (unsigned i = 0; channels == METER_CHANNELS_MAX && i < METER_CHANNELS_MAX; i++)
        (void)ebur128_set_channel(meter->state, i, surround[i]);
    return OK;
}

static outcome meter_put(void *context, AVFrame *frame, struct why *why)
{
    struct sound_meter *meter = context;
    float *to = meter->samples;
    for (int i = 0; i < frame->nb_samples; i++)
        for (int channel = 0; channel < frame->ch_layout.nb_channels; channel++)
            *to++ = ((const float *)(const void *)frame->extended_data[channel])[i];
    const size_t count = (size_t)frame->nb_samples;
    if (ebur128_add_frames_float(meter->state, meter->samples, count) != EBUR128_SUCCESS)
        return fail(why, NO_MEMORY, "no memory to measure loudness");
    if (meter->centre == NULL) return OK;
    const float *centre = (const float *)(const void *)frame->extended_data[CENTRE];
    return ebur128_add_frames_float(meter->centre, centre, count) == EBUR128_SUCCESS
               ? OK
               : fail(why, NO_MEMORY, "no memory to measure loudness");
}

static int16_t hundredths(double level)
{
    const double limited = level < -200 ? -200 : level > 200 ? 200 : level;
    return (int16_t)lround(limited * 100);
}

// Silence has no loudness, and is not said to have one.
static struct loudness meter_read(const struct sound_meter *meter, double *out_peak)
{
    double programme = -HUGE_VAL, centre = -HUGE_VAL;
    *out_peak = 0;
    for (unsigned i = 0; i < meter->state->channels; i++) {
        double level = 0;
        if (ebur128_true_peak(meter->state, i, &level) == EBUR128_SUCCESS && level > *out_peak)
            *out_peak = level;
    }
    (void)ebur128_loudness_global(meter->state, &programme);
    if (meter->centre != NULL) (void)ebur128_loudness_global(meter->centre, &centre);
    if (!isfinite(programme) || *out_peak <= 0) return (struct loudness){.is_measured = false};
    return (struct loudness){
        .is_measured = true,
        .has_anchor = isfinite(centre),
        .programme = hundredths(programme),
        .anchor = isfinite(centre) ? hundredths(centre) : 0,
        .true_peak = hundredths(20 * log10(*out_peak)),
    };
}

static outcome measure(struct source *source, struct sound_line line, struct loudness *out,
                       double *out_peak, struct sound_line_result *result, struct why *why)
{
    struct sound_meter *meter = malloc(sizeof *meter);
    if (meter == NULL) return fail(why, NO_MEMORY, "no memory to measure loudness");
    outcome measured = meter_open(meter, line.layout.nb_channels, why);
    line.frame_samples = METER_FRAME_SAMPLES;
    line.put = meter_put;
    line.context = meter;
    if (measured == OK) measured = sound_line_run(source, &line, result, why);
    if (measured == OK) *out = meter_read(meter, out_peak);
    meter_close(meter);
    free(meter);
    return measured;
}

// --- the job ---------------------------------------------------------------------------------

static outcome code_frame(void *context, AVFrame *frame, struct why *why)
{
    return sound_coder_put(context, frame, why);
}

static outcome check_job(const struct audio_job *job, struct why *why)
{
    TRY(master_facts_check(job->facts, why));
    if (job->bitrate_bps < BITRATE_BPS_MIN || job->bitrate_bps > BITRATE_BPS_MAX)
        return fail(why, INVALID, "%u b/s are outside %d to %d", job->bitrate_bps, BITRATE_BPS_MIN,
                    BITRATE_BPS_MAX);
    if (job->channels != 0 && job->channels != 2 && job->channels != 6)
        return fail(why, INVALID, "%u channels: 2 or 6 can be made, 0 takes what fits the source",
                    job->channels);
    if (job->channels != 2 && (job->mix == MIX_DIALOGUE || job->codec == SOUND_OPUS))
        return fail(why, INVALID, "Opus and a mix for dialogue are made in stereo");
    if (job->segment_frames == 0 || job->segment_frames > GRID_SEGMENT_FRAMES_MAX ||
        job->start.timescale == 0)
        return fail(why, INVALID, "segments of %u frames from a time of 1/%u s make no sense",
                    job->segment_frames, job->start.timescale);
    return OK;
}

// A mix of several channels into one may exceed full scale, where no source did. It is lowered by
// what it exceeds, no more; a source that is not mixed stays as it is.
static float gain_of(const struct sound_line_result *found, double peak, struct loudness *loudness)
{
    if (!found->is_mixed || peak <= 1) return 1;
    const int16_t excess = hundredths(20 * log10(peak));
    loudness->programme = (int16_t)(loudness->programme - excess);
    loudness->anchor = (int16_t)(loudness->anchor - excess);
    loudness->true_peak = 0;
    return (float)(1 / peak);
}

static outcome encode(struct source *source, struct sound_line line,
                      const struct loudness *loudness, struct audio_result *out, struct why *why)
{
    struct sound_coder *coder = NULL;
    struct sound_line_result result;
    TRY(sound_coder_open(line.job, &line.layout, line.total, loudness, &coder, why));
    line.frame_samples = sound_coder_frame(line.job->codec);
    line.put = code_frame;
    line.context = coder;
    outcome coded = sound_line_run(source, &line, &result, why);
    if (coded == OK) coded = sound_coder_finish(coder, why);
    out->priming_samples = sound_coder_priming(coder);
    out->silence_samples = result.silence;
    sound_coder_close(&coder);
    return coded;
}

outcome audio_run(struct source *source, const struct audio_job *job,
                  const struct transcode_watch *watch, struct audio_result *out, struct why *why)
{
    TRY(check_job(job, why));
    const struct frame_rate rate = job->facts->video.rate;
    const struct media_time length = {(int64_t)(job->facts->video.frame_count * rate.seconds),
                                      rate.frames};
    struct sound_line line = {.job = job, .gain = 1, .watch = watch};
    TRY(find_track(source, job->track, &line.track, why));
    line.layout =
        sound_layout(job, source->container->streams[line.track]->codecpar->ch_layout.nb_channels);
    line.total = (uint64_t)media_time_rescale(length, SOUND_RATE).ticks;
    line.watch_total = 2 * line.total;
    struct sound_line_result found;
    struct loudness loudness = {.is_measured = false};
    struct audio_result result = {.samples = line.total, .sample_rate = SOUND_RATE};
    double peak = 0;
    TRY(measure(source, line, &loudness, &peak, &found, why));
    line.gain = gain_of(&found, peak, &loudness);
    line.watch_from = line.total;
    TRY(encode(source, line, &loudness, &result, why));
    struct stat info;
    if (fstat(job->output_fd, &info) != 0)
        return fail_errno(why, errno, "cannot look at the audio file");
    result.bytes = (uint64_t)info.st_size;
    result.channels = (uint32_t)line.layout.nb_channels;
    result.is_measured = loudness.is_measured;
    result.programme = loudness.programme;
    result.true_peak = loudness.true_peak;
    result.lowered = line.gain < 1 ? hundredths(20 * log10(peak)) : 0;
    *out = result;
    return OK;
}
