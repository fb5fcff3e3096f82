// SPDX-License-Identifier: Apache-2.0
#include "catalog/rating.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *system, *label;
    int64_t age;
} labels[] = {
    {"mpa", "G", 0},       {"mpa", "PG", 8},      {"mpa", "PG-13", 13},  {"mpa", "R", 17},
    {"mpa", "NC-17", 18},  {"tvpg", "TV-Y", 0},   {"tvpg", "TV-Y7", 7},  {"tvpg", "TV-G", 0},
    {"tvpg", "TV-PG", 10}, {"tvpg", "TV-14", 14}, {"tvpg", "TV-MA", 17}, {"bbfc", "U", 0},
    {"bbfc", "PG", 8},     {"bbfc", "12A", 12},   {"bbfc", "R18", 18},   {"cnc", "TP", 0},
    {"cnc", "U", 0},       {"icaa", "A", 0},      {"icaa", "APTA", 0},   {"kijkwijzer", "AL", 0},
    {"acb", "G", 0},       {"acb", "PG", 8},      {"acb", "M", 15},      {"acb", "MA 15+", 15},
    {"acb", "R 18+", 18},  {"eirin", "G", 0},     {"eirin", "PG12", 12}, {"eirin", "R15+", 15},
    {"eirin", "R18+", 18}, {"djctq", "L", 0},     {"cbfc", "U", 0},      {"cbfc", "UA", 12},
    {"cbfc", "A", 18},     {"ifco", "G", 0},      {"ifco", "PG", 8},
};

static const struct {
    const char *territory, *system;
} systems[] = {
    {"US", "mpa"},   {"DE", "fsk"},   {"AT", "fsk"},        {"GB", "bbfc"},       {"IE", "ifco"},
    {"FR", "cnc"},   {"ES", "icaa"},  {"NL", "kijkwijzer"}, {"BE", "kijkwijzer"}, {"AU", "acb"},
    {"JP", "eirin"}, {"BR", "djctq"}, {"IN", "cbfc"},
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
    return parse_age(rating->label, out);
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
