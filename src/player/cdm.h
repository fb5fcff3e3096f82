// SPDX-License-Identifier: Apache-2.0
//
// The player's side of primrose-cdm, the process that holds the device's key and content keys:
// the wall that a trusted execution environment would be, made of a process. No key crosses it.
//
//     player                         primrose-cdm (no file, no network, seccomp) primrose-decode
//       cdm_challenge   <---------->   device key: signs, makes a one-time key
//       ... HTTP to the licence service ...
//       cdm_licence     ---------->    opens it; keys and terms stay here
//       cdm_feed        ---------->    decrypts, if the terms allow it ---- clear media ---->
//       decodes
//         ciphertext: shared memory    samples: channel                 shared memory that the
//                                                                       player has no hold of
//
// The player parses containers (hostile bytes) and says where samples lie; the CDM parses nothing
// but its own small messages. Its clock is its own.
#ifndef PLAYER_CDM_H
#define PLAYER_CDM_H

#include "drm/licence_vault.h"
#include "media/protection_reader.h"
#include "player/decoder.h"

#include <sys/types.h>

enum {
    CDM_PART_BYTES_MAX = 256 * 1024 * 1024, // a segment: STREAM_SEGMENT_BYTES_MAX
    CDM_TRACKS_MAX = 4,
    CDM_SERVICES_MAX = 4,
    CDM_PENDING_MAX = 4, // challenges that wait for their answer
};

struct cdm;

struct cdm_options {
    const char *program;     // NULL: "primrose-cdm" beside the running program
    const char *device_path; // the device's key and memory, 0600, made when missing; NULL: a device
                             // that is forgotten when the CDM closes
};

// Starts the process and waits until it is behind its wall. NOT_FOUND when the program is not
// there; DENIED when others may read the device file; CORRUPT when it is none.
must_check outcome cdm_open(const struct cdm_options *options, struct cdm **out, struct why *why);
void cdm_close(struct cdm **cdm); // tolerates NULL; keys and open licences are gone then

// Each of these is one message and its answer. UNAVAILABLE when the process died.

// Appends the registration of this device under a name for people.
must_check outcome cdm_register(struct cdm *cdm, const char *name, struct buffer *out,
                                struct why *why);
must_check outcome cdm_device(struct cdm *cdm, struct device_id *out, struct why *why);

// Licences signed by this service are taken. TOO_LARGE over CDM_SERVICES_MAX.
must_check outcome cdm_trust(struct cdm *cdm, const struct ed25519_public *service,
                             struct why *why);

struct cdm_wish {
    const char *title;
    enum licence_kind kind;
    const struct key_id *key_ids;
    size_t key_count;      // 1 .. LICENCE_KEYS_MAX
    const uint8_t *renews; // LICENCE_ID_BYTES, or NULL for a first licence
};

// Appends a challenge; its number names it to cdm_licence(). The oldest of CDM_PENDING_MAX goes.
must_check outcome cdm_challenge(struct cdm *cdm, const struct cdm_wish *wish, uint64_t *out_number,
                                 struct buffer *out, struct why *why);

// Gives the answer to a challenge, which is used up. Outcomes of device_licence_open().
must_check outcome cdm_licence(struct cdm *cdm, uint64_t number, struct slice licence,
                               struct device_licence *out, struct why *why);

// A key that its owner gave by hand (ClearKey): it has passed through this process.
must_check outcome cdm_add_key(struct cdm *cdm, const struct content_key *key, struct why *why);

// Downloads: appends the licence sealed for this device alone, to be stored beside the media by
// whoever stores that; and opens it again, in this or a later process. Outcomes of
// drm/licence_vault.h: DENIED after expiry, when the time to begin or to finish is over, when the
// clock was put back, and for another device's.
must_check outcome cdm_keep(struct cdm *cdm, const uint8_t id[LICENCE_ID_BYTES], struct buffer *out,
                            struct why *why);
must_check outcome cdm_restore(struct cdm *cdm, struct slice sealed, struct device_licence *out,
                               struct why *why);

// Lets the CDM feed this decoder from now on; decoder_feed() must not be called any more.
must_check outcome cdm_track_open(struct cdm *cdm, struct decoder *decoder, uint64_t *out_track,
                                  struct why *why);

// Tells the decoder that no more comes: before decoder_finish().
must_check outcome cdm_track_close(struct cdm *cdm, uint64_t track, struct why *why);

struct cdm_sample {
    uint64_t offset; // in the part
    uint32_t size;
    struct sample_protection protection;
};

// Decrypts the samples of a part and feeds it. The boxes around them must speak of clear media
// already (protection_strip()). NOT_FOUND when a key is missing, DENIED when its terms do not allow
// it, TOO_LARGE for more samples than a message takes (some ten thousand).
must_check outcome cdm_feed(struct cdm *cdm, uint64_t track, enum decoder_part part,
                            struct slice bytes, const struct cdm_sample *samples, size_t count,
                            struct why *why);

// The process, for tests that look into it.
pid_t cdm_process(const struct cdm *cdm);

#endif
