// SPDX-License-Identifier: Apache-2.0
//
// A key ring in a file, for a house without a security module.
//
//     # Primrose key ring. Secret: keep it mode 0600, and keep a copy in a safe place.
//     kek_01KA9ZJ4M8S5V2D0Q7B6N3X1TR
//     603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4 kek_01KB... ... a key a line
//
// The file must belong to the user that runs (or to root) and be closed to everyone else. It is
// replaced whole, under a lock on its folder, so that two processes never lose each other's keys. A
// handle reads it again when it meets a wrapping key that it does not know.
#ifndef DRM_KEY_RING_FILE_H
#define DRM_KEY_RING_FILE_H

#include "drm/key_ring.h"

must_check outcome key_ring_file_open(const char *path, struct key_ring **out, struct why *why);

// Makes the file, and its folder (0700) where missing, with one random key. CONFLICT when it is
// there.
must_check outcome key_ring_file_make(const char *path, const char *first_id, struct why *why);

#endif
