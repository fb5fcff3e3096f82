// SPDX-License-Identifier: Apache-2.0
//
// Signals whose answer is known. A voice is listened to in measure_run.
#include "studio/transcode/speech.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RATE = 48000, SECONDS = 8 };

typedef double level_at(double s);

static double steady(double s)
{
    (void)s;
    return 0.2;
}

static double quiet(double s)
{
    (void)s;
    return 0.0005;
}

// Syllables of 130 ms at 4.3 a second, every fifth left out.
static double syllables(double s)
{
    const double n = s * 4.3;
    const double inside = n - floor(n);
    if ((int)n % 5 == 4 || inside > 0.56) return 0.002;
    return 0.3 * sin(3.14159 * inside / 0.56);
}

static double tremolo(double s)
{
    return 0.2 + 0.05 * sin(2 * 3.14159 * 5 * s); // a violin's
}

static double flicker(double s)
{
    return (int)(s * 40) % 2 == 0 ? 0.3 : 0.002; // 20 times a second
}

static double slow(double s)
{
    return 0.15 + 0.14 * sin(2 * 3.14159 * s / 4); // waves on a beach
}

// Tenths of a second that are speech, of the last seven seconds.
static unsigned spoken(level_at *level, double hertz)
{
    struct speech speech = speech_init(RATE);
    unsigned count = 0, noise = 1;
    for (int i = 0; i < RATE * SECONDS; i++) {
        const double s = (double)i / RATE;
        noise = noise * 1664525u + 1013904223u;
        const double carrier =
            hertz > 0 ? sin(2 * 3.14159265 * hertz * s) : (double)noise / UINT32_MAX * 2 - 1;
        bool speaks = false;
        if (speech_put(&speech, (float)(level(s) * carrier), &speaks) && s > 1) count += speaks;
    }
    return count;
}

static void syllables_with_pauses_are_speech(void **state)
{
    (void)state;
    assert_in_range(spoken(syllables, 0), 55, 70);
    assert_in_range(spoken(syllables, 700), 55, 70);
}

static void what_has_no_rhythm_of_syllables_is_none(void **state)
{
    (void)state;
    assert_int_equal(spoken(steady, 440), 0);
    assert_int_equal(spoken(steady, 0), 0);
    assert_int_equal(spoken(quiet, 0), 0);
    assert_int_equal(spoken(tremolo, 440), 0);
    assert_int_equal(spoken(flicker, 0), 0);
    assert_in_range(spoken(slow, 0), 0, 7);
}

static void a_rumble_in_the_rhythm_of_speech_is_none(void **state)
{
    (void)state;
    assert_int_equal(spoken(syllables, 20), 0); // below a voice
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syllables_with_pauses_are_speech),
        cmocka_unit_test(what_has_no_rhythm_of_syllables_is_none),
        cmocka_unit_test(a_rumble_in_the_rhythm_of_speech_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
