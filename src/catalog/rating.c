// SPDX-License-Identifier: Apache-2.0
#include "catalog/rating.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *system, *label;
    int64_t age;
} labels[] = {
    {"mpa", "G", 0},        {"mpa", "PG", 8},        {"mpa", "PG-13", 13},   {"mpa", "R", 17},
    {"mpa", "NC-17", 18},   {"tvpg", "TV-Y", 0},     {"tvpg", "TV-Y7", 7},   {"tvpg", "TV-G", 0},
    {"tvpg", "TV-PG", 10},  {"tvpg", "TV-14", 14},   {"tvpg", "TV-MA", 17},  {"bbfc", "U", 0},
    {"bbfc", "PG", 8},      {"bbfc", "12A", 12},     {"bbfc", "R18", 18},    {"cnc", "TP", 0},
    {"cnc", "U", 0},        {"icaa", "A", 0},        {"icaa", "APTA", 0},    {"icaa", "TP", 0},
    {"icaa", "X", 18},      {"kijkwijzer", "AL", 0}, {"acb", "G", 0},        {"acb", "PG", 8},
    {"acb", "M", 15},       {"acb", "MA 15+", 15},   {"acb", "MA15+", 15},   {"acb", "R 18+", 18},
    {"acb", "R18+", 18},    {"eirin", "G", 0},       {"eirin", "PG12", 12},  {"eirin", "R15+", 15},
    {"eirin", "R18+", 18},  {"djctq", "L", 0},       {"cbfc", "U", 0},       {"cbfc", "UA", 12},
    {"cbfc", "UA 7+", 7},   {"cbfc", "UA 13+", 13},  {"cbfc", "UA 16+", 16}, {"cbfc", "A", 18},
    {"ifco", "G", 0},       {"ifco", "PG", 8},       {"ifco", "12A", 12},    {"ifco", "15A", 15},
    {"kmrb", "ALL", 0},     {"kmrb", "R", 19},       {"chvrs", "G", 0},      {"chvrs", "PG", 8},
    {"chvrs", "14A", 14},   {"chvrs", "18A", 18},    {"chvrs", "R", 18},     {"rtc", "AA", 0},
    {"rtc", "A", 0},        {"rtc", "B", 12},        {"rtc", "B15", 15},     {"rtc", "C", 18},
    {"rtc", "D", 18},       {"incaa", "ATP", 0},     {"incaa", "SAM13", 13}, {"incaa", "SAM16", 16},
    {"incaa", "SAM18", 18}, {"mibact", "T", 0},      {"mibact", "VM14", 14}, {"mibact", "VM18", 18},
    {"smsa", "BTL", 0},     {"mccyp", "A", 0},       {"kavi", "S", 0},       {"imda", "G", 0},
    {"imda", "PG", 8},      {"imda", "PG13", 13},    {"imda", "NC16", 16},   {"imda", "M18", 18},
    {"imda", "R21", 21},
};

// What "for everybody" is called in one system or another, for those that are not in the table and
// for labels of a studio's own. "A" is not among them: it is for all in Spain and for adults in
// India.
static const char *const everybody[] = {"ALL", "ALL AGES", "U",  "G",    "TP",
                                        "AL",  "ATP",      "AA", "FSK 0"};

static const struct {
    const char *territory, *system;
} systems[] = {
    {"US", "mpa"},   {"DE", "fsk"},   {"AT", "fsk"},        {"GB", "bbfc"},       {"IE", "ifco"},
    {"FR", "cnc"},   {"ES", "icaa"},  {"NL", "kijkwijzer"}, {"BE", "kijkwijzer"}, {"AU", "acb"},
    {"JP", "eirin"}, {"BR", "djctq"}, {"IN", "cbfc"},       {"KR", "kmrb"},       {"CA", "chvrs"},
    {"MX", "rtc"},   {"AR", "incaa"}, {"IT", "mibact"},     {"SE", "smsa"},       {"DK", "mccyp"},
    {"FI", "kavi"},  {"SG", "imda"},
};

// "12", "12+", "-12" as France writes it.
static bool parse_age(const char *label, int64_t *out)
{
    struct slice text = slice_of(label);
    uint64_t age;
    if (slice_ends(text, "+")) text.len--;
    if (slice_starts(text, "-")) text = slice_part(text, 1, text.len);
    if (slice_u64(text, 21, &age, NULL) != OK) return false;
    *out = (int64_t)age;
    return true;
}

bool rating_age(const struct title_rating *rating, int64_t *out)
{
    if (rating->label == NULL || rating->label[0] == '\0') return false;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcasecmp(labels[i].system, rating->system) != 0 ||
            strcasecmp(labels[i].label, rating->label) != 0)
            continue;
        *out = labels[i].age;
        return true;
    }
    if (parse_age(rating->label, out)) return true;
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++) {
        if (strcasecmp(everybody[i], rating->label) != 0) continue;
        *out = 0;
        return true;
    }
    return false;
}

bool rating_allows(const struct title_rating *rating, int64_t age)
{
    int64_t from;
    if (age >= RATING_AGE_ANY) return true;
    return rating_age(rating, &from) && from <= age;
}

const char *rating_system_of(const char *territory)
{
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
        if (strcmp(systems[i].territory, territory) == 0) return systems[i].system;
    return "";
}
