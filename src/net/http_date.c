// SPDX-License-Identifier: Apache-2.0
#include "net/http_date.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static const int64_t year_9999_end_s = 253402300799;

void http_date_format(int64_t wall_s, char *out)
{
    assert(wall_s >= 0 && wall_s <= year_9999_end_s);
    const time_t seconds = (time_t)wall_s;
    struct tm t;
    const struct tm *got = gmtime_r(&seconds, &t);
    assert(got != NULL);
    (void)snprintf(out, HTTP_DATE_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[t.tm_wday % 7],
                   (unsigned)t.tm_mday % 100, months[t.tm_mon % 12],
                   (unsigned)(t.tm_year + 1900) % 10000, (unsigned)t.tm_hour % 100,
                   (unsigned)t.tm_min % 100, (unsigned)t.tm_sec % 100);
}

// The forms, byte for byte: D day of month (space or digit first), n month's name, Y four digits of
// a year, y two, h m s, '_' any letter; the rest stands for itself. The obsolete form's day name is
// cut off before.
static const char form_now[] = "___, DD nnn YYYY hh:mm:ss GMT";
static const char form_rfc850[] = ", DD-nnn-yy hh:mm:ss GMT";
static const char form_asctime[] = "___ nnn DD hh:mm:ss YYYY";

struct date_parts {
    int day, month, year, hour, minute, second;
};

static bool take_digit(int *number, uint8_t c)
{
    if (c == ' ') c = '0'; // asctime pads the day with a space
    if (c < '0' || c > '9') return false;
    *number = *number * 10 + (c - '0');
    return true;
}

static bool take_month(struct date_parts *parts, struct slice text)
{
    for (int i = 0; i < 12; i++)
        if (slice_is_nocase(text, months[i])) parts->month = i + 1;
    return parts->month > 0;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Some servers write "gmt" or "AUG"; there is no other way to read that.
static uint8_t fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool read_form(const char *form, struct slice text, struct date_parts *parts)
{
    if (text.len != strlen(form)) return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        bool fits = false;
        switch (form[i]) {
        case 'D': fits = take_digit(&parts->day, c); break;
        case 'Y':
        case 'y': fits = c != ' ' && take_digit(&parts->year, c); break;
        case 'h': fits = c != ' ' && take_digit(&parts->hour, c); break;
        case 'm': fits = c != ' ' && take_digit(&parts->minute, c); break;
        case 's': fits = c != ' ' && take_digit(&parts->second, c); break;
        case 'n': fits = parts->month > 0 || take_month(parts, slice_part(text, i, 3)); break;
        case '_': fits = is_letter(c); break;
        default: fits = fold(c) == fold((uint8_t)form[i]); break;
        }
        if (!fits) return false;
    }
    return true;
}

static bool read_rfc850(struct slice text, int64_t now_s, struct date_parts *parts)
{
    size_t name = 0;
    while (name < text.len && is_letter(text.at[name]))
        name++;
    if (name < 6 || name > 9 || !read_form(form_rfc850, slice_part(text, name, text.len), parts))
        return false;
    const time_t now = (time_t)now_s;
    struct tm today;
    if (gmtime_r(&now, &today) == NULL) return false;
    const int this_year = today.tm_year + 1900;
    parts->year += this_year - this_year % 100;
    if (parts->year > this_year + 50) parts->year -= 100;
    return true;
}

outcome http_date_parse(struct slice text, int64_t now_s, int64_t *out_s, struct why *why)
{
    struct date_parts now = {0}, rfc850 = {0}, asctime = {0}, parts;
    if (read_form(form_now, text, &now))
        parts = now;
    else if (read_rfc850(text, now_s, &rfc850))
        parts = rfc850;
    else if (read_form(form_asctime, text, &asctime))
        parts = asctime;
    else
        return fail(why, INVALID, "\"%.*s\" is no HTTP date: write it like %s",
                    SLICE_ARG(slice_part(text, 0, 40)), "Sun, 06 Nov 1994 08:49:37 GMT");
    struct tm t = {.tm_year = parts.year - 1900,
                   .tm_mon = parts.month - 1,
                   .tm_mday = parts.day,
                   .tm_hour = parts.hour,
                   .tm_min = parts.minute,
                   .tm_sec = parts.second};
    const time_t seconds = timegm(&t); // puts 31 February into March
    const bool is_real = t.tm_mday == parts.day && t.tm_mon == parts.month - 1 &&
                         parts.hour <= 23 && parts.minute <= 59 && parts.second <= 60 &&
                         seconds >= 0;
    if (!is_real)
        return fail(why, INVALID, "\"%.*s\" is no moment of the calendar since 1970",
                    SLICE_ARG(text));
    *out_s = (int64_t)seconds;
    return OK;
}
