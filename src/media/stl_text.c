// SPDX-License-Identifier: Apache-2.0
#include "media/stl_text.h"

#include "base/utf8.h"

#include <string.h>
#include <uchar.h>

enum {
    NEW_LINE = 0x8a,
    UNUSED = 0x8f,
    DOUBLE_HEIGHT = 0x0d,
    NOTHING = 0xfffd,
};

// ISO 6937 from 0xa0 on, as Tech 3264 appendix 2 has it; a space is a position without a letter.
static const char16_t latin[] = u"\u00a0¡¢£$¥ §¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿"
                                u"                —¹®©™♪¬¦    ⅛⅜⅝⅞"
                                u"ΩÆĐªĦ ĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ\u00ad";

// Its floating accents: the accent, then the letter.
static const struct {
    uint8_t accent;
    const char *letters;
    const char16_t *composed;
} accents[] = {
    {0xc1, "AEIOUaeiou", u"ÀÈÌÒÙàèìòù"},
    {0xc2, " ACEILNORSUYZacegilnorsuyz", u"´ÁĆÉÍĹŃÓŔŚÚÝŹáćéģíĺńóŕśúýź"},
    {0xc3, "ACEGHIJOSUWYaceghijosuwy", u"ÂĈÊĜĤÎĴÔŜÛŴŶâĉêĝĥîĵôŝûŵŷ"},
    {0xc4, "AINOUainou", u"ÃĨÑÕŨãĩñõũ"},
    {0xc5, " AEIOUaeiou", u"¯ĀĒĪŌŪāēīōū"},
    {0xc6, " AGUagu", u"˘ĂĞŬăğŭ"},
    {0xc7, " CEGIZcegz", u"˙ĊĖĠİŻċėġż"},
    {0xc8, " AEIOUYaeiouy", u"¨ÄËÏÖÜŸäëïöüÿ"},
    {0xca, " AUau", u"˚ÅŮåů"},
    {0xcb, " CGKLNRSTcklnrst", u"¸ÇĢĶĻŅŖŞŢçķļņŗşţ"},
    {0xcd, " OUou", u"˝ŐŰőű"},
    {0xce, " AEIUaeiu", u"˛ĄĘĮŲąęįų"},
    {0xcf, " CDELNRSTZcdelnrstz", u"ˇČĎĚĽŇŘŠŤŽčďěľňřšťž"},
};

static uint32_t compose(uint8_t accent, uint8_t letter)
{
    for (size_t i = 0; i < sizeof accents / sizeof accents[0]; i++) {
        if (accents[i].accent != accent) continue;
        const char *found = letter == '\0' ? NULL : strchr(accents[i].letters, letter);
        return found == NULL ? NOTHING : accents[i].composed[found - accents[i].letters];
    }
    return NOTHING;
}

static uint32_t cyrillic(uint8_t byte)
{
    if (byte == 0xa0 || byte == 0xad) return byte;
    if (byte == 0xf0) return 0x2116;
    return byte == 0xfd ? 0xa7 : 0x400u + (byte - 0xa0u);
}

static uint32_t arabic(uint8_t byte)
{
    if (byte == 0xa0 || byte == 0xa4 || byte == 0xad) return byte;
    const bool is_letter = byte == 0xac || byte == 0xbb || byte == 0xbf ||
                           (byte >= 0xc1 && byte <= 0xda) || (byte >= 0xe0 && byte <= 0xf2);
    return is_letter ? 0x600u + (byte - 0xa0u) : NOTHING;
}

static uint32_t greek(uint8_t byte)
{
    static const uint8_t same[] = {0xa0, 0xa3, 0xa6, 0xa7, 0xa8, 0xa9, 0xab, 0xac,
                                   0xad, 0xb0, 0xb1, 0xb2, 0xb3, 0xb7, 0xbb, 0xbd};
    if (memchr(same, byte, sizeof same) != NULL) return byte;
    switch (byte) {
    case 0xa1: return 0x2018;
    case 0xa2: return 0x2019;
    case 0xa4: return 0x20ac;
    case 0xa5: return 0x20af;
    case 0xaa: return 0x37a;
    case 0xaf: return 0x2015;
    case 0xae:
    case 0xd2:
    case 0xff: return NOTHING;
    default: return byte + 0x2d0u;
    }
}

static uint32_t hebrew(uint8_t byte)
{
    if (byte >= 0xe0 && byte <= 0xfa) return byte + 0x4f0u;
    if (byte == 0xaa) return 0xd7;
    if (byte == 0xba) return 0xf7;
    if (byte == 0xdf) return 0x2017;
    if (byte == 0xfd || byte == 0xfe) return 0x200eu + (byte - 0xfdu);
    return byte <= 0xbe && byte != 0xa1 ? byte : NOTHING;
}

uint32_t stl_character(struct slice field, enum stl_page page, size_t *bytes)
{
    static uint32_t (*const pages[STL_PAGE_COUNT])(uint8_t) = {NULL, cyrillic, arabic, greek,
                                                               hebrew};
    const uint8_t byte = field.at[0];
    *bytes = 1;
    if (byte < 0x7f) return byte;
    if (byte < 0xa0) return NOTHING;
    if (page != STL_LATIN) return pages[page](byte);
    if (byte >= 0xc1 && byte <= 0xcf && field.len > 1) {
        const uint32_t letter = compose(byte, field.at[1]);
        if (letter != NOTHING) *bytes = 2;
        return letter;
    }
    const char16_t letter = latin[byte - 0xa0];
    return letter == u' ' ? NOTHING : letter;
}

uint32_t stl_text_lines(struct slice field, bool *is_double)
{
    uint32_t lines = 1;
    bool was_break = true; // breaks follow one another in double height: they are one line
    *is_double = field.len > 0 && memchr(field.at, DOUBLE_HEIGHT, field.len) != NULL;
    for (size_t i = 0; i < field.len; i++) {
        const bool is_break = field.at[i] == NEW_LINE;
        lines += is_break && !(*is_double && was_break);
        was_break = is_break;
    }
    return lines;
}

struct look {
    struct cue_style style;
    uint32_t foreground; // in force, also when it is the default white
};

static struct look look_init(bool is_teletext)
{
    const struct look plain = {.foreground = 0xffffffff};
    struct look boxed = plain;
    boxed.style.background = 0x000000ff;
    return is_teletext ? boxed : plain;
}

// What a control code changes. All but the codes above 0x80 take a character cell on the screen.
static void obey(uint8_t code, struct look *look)
{
    static const uint32_t colours[] = {0x000000ff, 0xff0000ff, 0x00ff00ff, 0xffff00ff,
                                       0x0000ffff, 0xff00ffff, 0x00ffffff, 0xffffffff};
    if (code < sizeof colours / sizeof colours[0]) {
        look->foreground = colours[code];
        look->style.colour = code == 7 ? 0 : colours[code];
        return;
    }
    switch (code) {
    case 0x1c: look->style.background = 0x000000ff; break;
    case 0x1d: look->style.background = look->foreground; break;
    case 0x80: look->style.is_italic = true; break;
    case 0x81: look->style.is_italic = false; break;
    case 0x82: look->style.is_underlined = true; break;
    case 0x83: look->style.is_underlined = false; break;
    case 0x84: look->style.background = 0x000000ff; break;
    case 0x85: look->style.background = 0; break;
    default: break;
    }
}

outcome stl_text_put(struct slice field, enum stl_page page, bool is_teletext,
                     struct cue_writer *writer, struct why *why)
{
    static const struct slice space = {(const uint8_t *)" ", 1};
    struct look look = look_init(is_teletext);
    for (size_t i = 0; i < field.len;) {
        const uint8_t byte = field.at[i];
        const bool is_control = byte < 0x20 || (byte >= 0x7f && byte < 0xa0);
        if (is_control) {
            i++;
            if (byte == UNUSED) continue;
            if (byte == NEW_LINE) {
                TRY(cue_writer_break(writer, why));
                if (is_teletext) look = look_init(true);
                continue;
            }
            if (byte < 0x20) TRY(cue_writer_text(writer, &look.style, space, SPACE_COLLAPSE, why));
            obey(byte, &look);
            continue;
        }
        size_t bytes;
        const uint32_t letter = stl_character(slice_part(field, i, field.len), page, &bytes);
        uint8_t text[UTF8_BYTES_MAX];
        const struct slice put = {text, utf8_put(letter, text)};
        TRY(cue_writer_text(writer, &look.style, put, SPACE_COLLAPSE, why));
        i += bytes;
    }
    return OK;
}
