// SPDX-License-Identifier: Apache-2.0
#include "media/language_code.h"

#include <stdio.h>
#include <string.h>

// ISO 639-1, 639-2/T, and 639-2/B where it differs.
static const char codes[][3][4] = {
    {"aa", "aar", ""},    {"ab", "abk", ""},    {"af", "afr", ""},    {"ak", "aka", ""},
    {"sq", "sqi", "alb"}, {"am", "amh", ""},    {"ar", "ara", ""},    {"an", "arg", ""},
    {"hy", "hye", "arm"}, {"as", "asm", ""},    {"av", "ava", ""},    {"ay", "aym", ""},
    {"az", "aze", ""},    {"ba", "bak", ""},    {"bm", "bam", ""},    {"eu", "eus", "baq"},
    {"be", "bel", ""},    {"bn", "ben", ""},    {"bo", "bod", "tib"}, {"bs", "bos", ""},
    {"br", "bre", ""},    {"bg", "bul", ""},    {"my", "mya", "bur"}, {"ca", "cat", ""},
    {"cs", "ces", "cze"}, {"ch", "cha", ""},    {"ce", "che", ""},    {"zh", "zho", "chi"},
    {"cv", "chv", ""},    {"kw", "cor", ""},    {"co", "cos", ""},    {"cy", "cym", "wel"},
    {"da", "dan", ""},    {"de", "deu", "ger"}, {"dv", "div", ""},    {"dz", "dzo", ""},
    {"el", "ell", "gre"}, {"en", "eng", ""},    {"eo", "epo", ""},    {"et", "est", ""},
    {"ee", "ewe", ""},    {"fo", "fao", ""},    {"fa", "fas", "per"}, {"fj", "fij", ""},
    {"fi", "fin", ""},    {"fr", "fra", "fre"}, {"fy", "fry", ""},    {"ff", "ful", ""},
    {"ka", "kat", "geo"}, {"gd", "gla", ""},    {"ga", "gle", ""},    {"gl", "glg", ""},
    {"gn", "grn", ""},    {"gu", "guj", ""},    {"ht", "hat", ""},    {"ha", "hau", ""},
    {"he", "heb", ""},    {"hi", "hin", ""},    {"hr", "hrv", ""},    {"hu", "hun", ""},
    {"ig", "ibo", ""},    {"is", "isl", "ice"}, {"iu", "iku", ""},    {"id", "ind", ""},
    {"it", "ita", ""},    {"jv", "jav", ""},    {"ja", "jpn", ""},    {"kl", "kal", ""},
    {"kn", "kan", ""},    {"ks", "kas", ""},    {"kk", "kaz", ""},    {"km", "khm", ""},
    {"ki", "kik", ""},    {"rw", "kin", ""},    {"ky", "kir", ""},    {"ko", "kor", ""},
    {"ku", "kur", ""},    {"lo", "lao", ""},    {"la", "lat", ""},    {"lv", "lav", ""},
    {"ln", "lin", ""},    {"lt", "lit", ""},    {"lb", "ltz", ""},    {"lg", "lug", ""},
    {"mk", "mkd", "mac"}, {"ml", "mal", ""},    {"mi", "mri", "mao"}, {"mr", "mar", ""},
    {"ms", "msa", "may"}, {"mg", "mlg", ""},    {"mt", "mlt", ""},    {"mn", "mon", ""},
    {"ne", "nep", ""},    {"nl", "nld", "dut"}, {"nn", "nno", ""},    {"nb", "nob", ""},
    {"no", "nor", ""},    {"ny", "nya", ""},    {"oc", "oci", ""},    {"or", "ori", ""},
    {"om", "orm", ""},    {"pa", "pan", ""},    {"pl", "pol", ""},    {"pt", "por", ""},
    {"ps", "pus", ""},    {"qu", "que", ""},    {"rm", "roh", ""},    {"ro", "ron", "rum"},
    {"rn", "run", ""},    {"ru", "rus", ""},    {"sa", "san", ""},    {"si", "sin", ""},
    {"sk", "slk", "slo"}, {"sl", "slv", ""},    {"se", "sme", ""},    {"sm", "smo", ""},
    {"sn", "sna", ""},    {"sd", "snd", ""},    {"so", "som", ""},    {"st", "sot", ""},
    {"es", "spa", ""},    {"sr", "srp", ""},    {"ss", "ssw", ""},    {"su", "sun", ""},
    {"sw", "swa", ""},    {"sv", "swe", ""},    {"ta", "tam", ""},    {"tt", "tat", ""},
    {"te", "tel", ""},    {"tg", "tgk", ""},    {"tl", "tgl", ""},    {"th", "tha", ""},
    {"ti", "tir", ""},    {"to", "ton", ""},    {"tn", "tsn", ""},    {"ts", "tso", ""},
    {"tk", "tuk", ""},    {"tr", "tur", ""},    {"ug", "uig", ""},    {"uk", "ukr", ""},
    {"ur", "urd", ""},    {"uz", "uzb", ""},    {"vi", "vie", ""},    {"wa", "wln", ""},
    {"wo", "wol", ""},    {"xh", "xho", ""},    {"yi", "yid", ""},    {"yo", "yor", ""},
    {"za", "zha", ""},    {"zu", "zul", ""},
};
enum { CODE_COUNT = sizeof codes / sizeof codes[0] };

static void shorten(const char *three, char *out)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (strcmp(codes[i][1], three) == 0 || strcmp(codes[i][2], three) == 0) {
            (void)snprintf(out, LANGUAGE_BYTES, "%s", codes[i][0]);
            return;
        }
    }
    (void)snprintf(out, LANGUAGE_BYTES, "%s", three);
}

void language_from_packed(uint16_t packed, char *out)
{
    char three[4] = {0};
    for (unsigned i = 0; i < 3; i++) {
        three[i] = (char)(((unsigned)packed >> (10 - 5 * i) & 0x1fu) + 0x60u);
        if (three[i] < 'a' || three[i] > 'z') {
            (void)snprintf(out, LANGUAGE_BYTES, "und");
            return;
        }
    }
    shorten(three, out);
}

uint16_t language_to_packed(const char *tag)
{
    const size_t len = strcspn(tag, "-");
    const char *three = len == 3 ? tag : "und";
    for (size_t i = 0; i < CODE_COUNT && len == 2; i++)
        if (strncmp(codes[i][0], tag, len) == 0) three = codes[i][1];
    unsigned packed = 0;
    for (size_t i = 0; i < 3; i++)
        packed = packed << 5 | (((unsigned)three[i] - 0x60u) & 0x1fu);
    return (uint16_t)packed;
}

void language_from_text(struct slice text, char *out)
{
    size_t len = 0;
    while (len < text.len && text.at[len] != '\0')
        len++;
    if (len == 0 || len >= LANGUAGE_BYTES) return;
    for (size_t i = 0; i < len; i++) {
        const uint8_t c = text.at[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (i == 0 || (c != '-' && (c < '0' || c > '9')))) return;
    }
    char copy[LANGUAGE_BYTES];
    (void)snprintf(copy, sizeof copy, "%.*s", (int)len, (const char *)text.at);
    if (len == 3)
        shorten(copy, out);
    else
        (void)snprintf(out, LANGUAGE_BYTES, "%s", copy);
}
