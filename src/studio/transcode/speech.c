// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/speech.h"

#include <math.h>

#define TAU 6.283185307179586

enum { LOWEST_HZ = 2, HIGHEST_HZ = 8 };

static const double quietest = 0.001;    // -60 dB: below is silence
static const double deviation_min = 0.5; // of the mean
static const double share_min = 0.35;    // of the variance, at 2 to 8 Hz
static const double pauses_min = 0.2;    // of the levels, below half the mean

// Second order, Q of 0.707 (R. Bristow-Johnson's cookbook).
static struct speech_filter filter(double hertz, int rate, bool is_high)
{
    const double w = TAU * hertz / rate, alpha = sin(w) / (2 * 0.7071), c = cos(w);
    const double a0 = 1 + alpha, edge = is_high ? (1 + c) : (1 - c);
    return (struct speech_filter){.b0 = edge / 2 / a0,
                                  .b1 = (is_high ? -edge : edge) / a0,
                                  .b2 = edge / 2 / a0,
                                  .a1 = -2 * c / a0,
                                  .a2 = (1 - alpha) / a0};
}

static double filter_put(struct speech_filter *f, double x)
{
    const double y = f->b0 * x + f->b1 * f->x1 + f->b2 * f->x2 - f->a1 * f->y1 - f->a2 * f->y2;
    f->x2 = f->x1;
    f->x1 = x;
    f->y2 = f->y1;
    f->y1 = fabs(y) < 1e-30 ? 0 : y; // no denormals
    return y;
}

struct speech speech_init(int sample_rate)
{
    return (struct speech){.high = filter(300, sample_rate, true),
                           .low = filter(sample_rate < 10000 ? 3000 : 4000, sample_rate, false),
                           .block = sample_rate / SPEECH_LEVELS_A_SECOND};
}

static bool judge(const struct speech *speech)
{
    double sum = 0, squares = 0, rhythm = 0;
    size_t pauses = 0;
    for (size_t i = 0; i < SPEECH_WINDOW; i++)
        sum += speech->levels[i];
    const double mean = sum / SPEECH_WINDOW;
    if (mean < quietest) return false;
    for (size_t i = 0; i < SPEECH_WINDOW; i++) {
        const double off = speech->levels[i] - mean;
        squares += off * off;
        pauses += speech->levels[i] < mean / 2;
    }
    if (sqrt(squares / SPEECH_WINDOW) < deviation_min * mean ||
        (double)pauses < pauses_min * SPEECH_WINDOW)
        return false;
    // A ring that turns changes the phase, not the strength.
    for (int hertz = LOWEST_HZ; hertz <= HIGHEST_HZ; hertz++) {
        double re = 0, im = 0;
        for (size_t i = 0; i < SPEECH_WINDOW; i++) {
            const double angle = TAU * hertz * (double)i / SPEECH_WINDOW;
            re += speech->levels[i] * cos(angle);
            im += speech->levels[i] * sin(angle);
        }
        rhythm += 2 * (re * re + im * im) / SPEECH_WINDOW;
    }
    return rhythm >= share_min * squares;
}

bool speech_put(struct speech *speech, float sample, bool *out_speaks)
{
    const double heard = filter_put(&speech->low, filter_put(&speech->high, (double)sample));
    speech->sum += heard * heard;
    if (++speech->filled < speech->block) return false;
    speech->levels[speech->at] = sqrt(speech->sum / speech->block);
    speech->at = (speech->at + 1) % SPEECH_WINDOW;
    speech->sum = 0;
    speech->filled = 0;
    if (++speech->count % SPEECH_HOP_LEVELS != 0) return false;
    *out_speaks = speech->count >= SPEECH_WINDOW && judge(speech);
    return true;
}
