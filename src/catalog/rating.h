// SPDX-License-Identifier: Apache-2.0
//
// Ratings of the countries' systems as ages, so that one limit fits them all.
//
//     {"fsk", "12"} -> 12     {"mpa", "PG-13"} -> 13     {"tvpg", "TV-MA"} -> 17     unknown ->
//     none
//
// A system that is not in the table, such as a studio's own, is read by its label alone if that is
// an age ("16", "16+") or says everybody ("ALL", "U", "G", "TP").
#ifndef CATALOG_RATING_H
#define CATALOG_RATING_H

#include "catalog/title.h"

enum { RATING_AGE_ANY = 18 }; // whoever may see this sees everything

// The age from which it is for; false when it is not known.
bool rating_age(const struct title_rating *rating, int64_t *out);

// Whether somebody limited to `age` may see it. What is not rated is for those without a limit.
bool rating_allows(const struct title_rating *rating, int64_t age);

// The system of a territory ("DE": "fsk"); "" when the table has none.
const char *rating_system_of(const char *territory);

#endif
