// SPDX-License-Identifier: Apache-2.0
//
// A blob store that seals what is put under some prefixes, over any other one: the studio's masters
// and unfinished work, which no packager has encrypted yet.
//
//     masters/3f9c...             sealed with a key of its own, wrapped by the studio's key ring
//     work/film-1/ab12.../...     (drm/sealed_file.h)
//     titles/film-1/ab12.../...   as it is: Common Encryption, or clear because a title shall be
//
// To its callers it is a blob store like others and passes the same conformance test. An object
// under the prefixes that lies there in the clear is not taken: stat() does not find it, so that
// what was stored before sealing began is stored anew, and reading it is DENIED.
//
// open() gives sealed objects as files in memory; what is larger than SEALED_OPEN_BYTES_MAX is read
// in its place, with sealed_store_reach(). file() gives a file in memory too: what others write
// into it is sealed when it is committed, and no disk has seen it.
#ifndef STUDIO_SEALED_STORE_H
#define STUDIO_SEALED_STORE_H

#include "drm/sealed_file.h"
#include "store/blob.h"

// A chunk of 10 s at 80 Mbit/s has 100 MB, the sound of a film of 3 h at 384 kbit/s 520 MB.
#define SEALED_OPEN_BYTES_MAX (UINT64_C(1) << 30)

// "masters/", "work/", NULL: what the studio keeps for itself.
extern const char *const sealed_studio_prefixes[];

struct sealed_options {
    const char *const *prefixes; // of keys, NULL at the end; "" is all
    const char *ring;            // place of the key ring (drm/key_ring.h), opened at first use
};

// `inner` becomes the new store's, which stands in its place; on failure it stays the caller's.
// Options are borrowed until close. Thread-safe as `inner` is.
must_check outcome sealed_store_open(struct blob_store *inner, const struct sealed_options *options,
                                     struct blob_store **out, struct why *why);

// Of any blob store: a descriptor of the object as it lies there, for reading, and what opens it
// (drm/sealed_file.h): reading begins at any place and costs a block of 64 KiB. The caller closes
// it.
must_check outcome sealed_store_reach(struct blob_store *store, const char *key, int *out_fd,
                                      struct seal *out, struct why *why);

// Calls `see` for each sealed object under the prefixes, with the id of the wrapping key that it
// needs. Anything but OK from it stops and is returned.
must_check outcome sealed_store_each(struct blob_store *store,
                                     outcome (*see)(void *context, const char *key,
                                                    const char *wrapping_id, struct why *why),
                                     void *context, struct why *why);

struct reseal_report {
    size_t objects, resealed;
};

// Gives every object under the prefixes whose key is not wrapped by the ring's active key a new
// header; its blocks are copied as they are. May be stopped and run again.
must_check outcome sealed_store_rewrap(struct blob_store *store, struct key_ring *ring,
                                       struct reseal_report *out, struct why *why);

#endif
