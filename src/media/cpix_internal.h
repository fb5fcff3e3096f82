// SPDX-License-Identifier: Apache-2.0
//
// What reading and writing CPIX share: names of the standards, and how classes are told.
#ifndef MEDIA_CPIX_INTERNAL_H
#define MEDIA_CPIX_INTERNAL_H

#include "media/cpix.h"

#define CPIX_SPACE       "urn:dashif:org:cpix"
#define CPIX_RSA_OAEP    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
#define CPIX_AES256_CBC  "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
#define CPIX_HMAC_SHA512 "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"

// 1024x576 and 1920x1080: the borders of key_class_of_picture().
enum { CPIX_SD_PIXELS = 589824, CPIX_HD_PIXELS = 2073600 };

struct cpix_rule {
    const char *track_type;
    const char *filter; // NULL: none
    const char *min_pixels, *max_pixels;
};

extern const struct cpix_rule cpix_rules[KEY_CLASS_COUNT];

#endif
