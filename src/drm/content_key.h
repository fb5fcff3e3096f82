// SPDX-License-Identifier: Apache-2.0
//
// Content keys: 128-bit AES keys, each with the 128-bit id that media and licences name it by.
//
//     a1a2a3a4a5a6a7a8a9aaabacadaeafb0:00112233445566778899aabbccddeeff:hd
//     `---------- key id -----------' `------------ key -------------' class
//
// The id is public, the key is not: it lives in a type of its own, is wiped when released, has no
// function that prints it, and no sentence of this file quotes it. Key sets are not for arenas.
#ifndef DRM_CONTENT_KEY_H
#define DRM_CONTENT_KEY_H

#include "base/slice.h"

enum {
    KEY_ID_BYTES = 16,
    KEY_ID_TEXT_BYTES = 37, // "a1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0", NUL
    CONTENT_KEY_BYTES = 16,
    KEY_SET_MAX = 16, // a key per class leaves room for more classes
};

struct key_id {
    uint8_t bytes[KEY_ID_BYTES]; // in the order of its text
};

struct content_key {
    struct key_id id;
    uint8_t secret[CONTENT_KEY_BYTES];
};

// What a key may open. Licences give the classes that a member's plan and device allow.
enum key_class { KEY_FOR_ALL, KEY_FOR_AUDIO, KEY_FOR_SD, KEY_FOR_HD, KEY_FOR_UHD, KEY_CLASS_COUNT };
const char *key_class_word(enum key_class class); // "all", "audio", "sd", "hd", "uhd"

// SD up to 1024x576, HD up to 1920x1080, UHD above; upright pictures are measured lying down.
enum key_class key_class_of_picture(uint32_t width, uint32_t height);

struct key_set {
    struct classed_key {
        enum key_class class;
        struct content_key key;
    } keys[KEY_SET_MAX];
    size_t count;
};

// Adds "KID:KEY" or "KID:KEY:class": ids and keys of 32 hex digits, ids also with the dashes of a
// UUID. INVALID when it is neither, when the class is there already, when the id is there with
// another key. TOO_LARGE over KEY_SET_MAX.
must_check outcome key_set_add(struct key_set *set, const char *text, struct why *why);

// The key of that class, else the one for all. NOT_FOUND with a sentence.
must_check outcome key_set_find(const struct key_set *set, enum key_class class,
                                const struct content_key **out, struct why *why);

// Wipes. Tolerates a zeroed set.
void key_set_release(struct key_set *set);

#define autokeys __attribute__((cleanup(key_set_release))) struct key_set

bool key_id_equal(const struct key_id *a, const struct key_id *b);

// 32 hex digits, or a UUID with dashes. INVALID otherwise; nothing is quoted.
must_check outcome key_id_parse(struct slice text, struct key_id *out, struct why *why);

// The UUID form, lower case, into `out` of KEY_ID_TEXT_BYTES. Returns `out`.
const char *key_id_format(const struct key_id *id, char *out);

#endif
