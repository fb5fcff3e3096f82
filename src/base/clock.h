// SPDX-License-Identifier: Apache-2.0
//
// What time it is, as a parameter, so that a simulation can bring its own.
//
// Code that decides by time takes a `const struct clock *`; cmd/ and app/ hand it `clock_system()`,
// tests and simulators a `struct clock_manual` that moves only when told.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
    int64_t (*monotonic_us)(const struct clock *clock); // never goes back; its zero means nothing
    int64_t (*wall_ms)(const struct clock *clock);      // since 1970-01-01T00:00:00Z; may jump
};

const struct clock *clock_system(void);

struct clock_manual {
    struct clock clock; // first: a pointer to it is a pointer to the whole
    int64_t now_us;
    int64_t wall_offset_ms; // wall_ms = now_us / 1000 + this
};

struct clock_manual clock_manual_init(int64_t now_us, int64_t wall_offset_ms);

int64_t clock_us(const struct clock *clock);      // short for clock->monotonic_us(clock)
int64_t clock_wall_ms(const struct clock *clock); // short for clock->wall_ms(clock)

enum { CLOCK_TEXT_BYTES = 32 };

// "2026-11-21T11:12:43.123Z" (RFC 3339) into `out` of CLOCK_TEXT_BYTES.
void wall_format(int64_t wall_ms, char *out);

// The way back: with a fraction or without, always with "Z". False for anything else.
bool wall_parse(const char *text, int64_t *out_ms);

#endif
