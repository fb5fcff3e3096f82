// SPDX-License-Identifier: Apache-2.0
//
// Whether a title is there for somebody: the one judgement that lists, search and plays share.
//
//     avail  DE, AT   |-------------------|                      a viewer in DE
//     avail  *                                   |------------>
//                  ^ OFFER_WINDOW   ^ OPEN    ^ OFFER_WINDOW  ^ OPEN
//
// A title without avails is offered at any time. `territories` are its rights and bound its avails:
// what is in neither is OFFER_TERRITORY. Age comes first: what a child may not see is not told why.
#ifndef CATALOG_OFFER_H
#define CATALOG_OFFER_H

#include "catalog/title.h"

// Somebody who looks at the catalogue.
struct viewer {
    int64_t age;           // sees titles up to it (catalog/rating.h)
    const char *territory; // ISO 3166-1; "" when it is not known; "*": anywhere
    int64_t now_ms;        // wall clock; VIEWER_ANY_TIME: windows are not looked at
};

#define VIEWER_ANYWHERE "*"
enum { VIEWER_ANY_TIME = -1 };

enum offer { OFFER_OPEN, OFFER_MATURITY, OFFER_TERRITORY, OFFER_WINDOW, OFFER_COUNT };

enum offer offer_judge(const struct title *title, const struct viewer *viewer);

// When what is open to the viewer now closes: the last end of the windows that he is in. 0: never,
// or for somebody at any time.
int64_t offer_until_ms(const struct title *title, const struct viewer *viewer);

// Whether the list has the territory, or "*", or is empty.
bool territories_have(const char *const *territories, size_t count, const char *territory);

#endif
