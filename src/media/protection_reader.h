// SPDX-License-Identifier: Apache-2.0
//
// Reads what media says of its own encryption (ISO/IEC 23001-7 clauses 6 to 8 and 9.4), ours or
// another packager's.
//
//     sinf [ frma  schm  schi[tenc] ]          how the track is encrypted, if nothing else is said
//     traf [ sgpd 'seig'  sbgp 'seig' ]        other keys, or none, for runs of its samples
//     traf [ senc ]                            per sample: IV, subsamples
//
// Also turns such media into clear media of the same layout, once its samples are decrypted: boxes
// that speak of encryption become `free`, sample entries get their clear type back.
#ifndef MEDIA_PROTECTION_READER_H
#define MEDIA_PROTECTION_READER_H

#include "drm/cenc.h"
#include "media/box.h"

enum { SAMPLE_GROUPS_MAX = 16 }; // 'seig' entries of one fragment: rotation needs two

struct encryption_facts {
    bool is_protected; // false: samples are clear unless a sample group says otherwise
    struct track_encryption encryption;
};

// Takes a sinf box apart: the clear sample entry type and what tenc says. UNSUPPORTED for schemes
// other than cenc and cbcs, INVALID for damaged boxes.
must_check outcome sinf_parse(const struct box *sinf, uint32_t *out_clear_type,
                              struct encryption_facts *out, struct why *why);

// What a decryptor needs of one sample.
struct sample_protection {
    bool is_protected;
    struct track_encryption encryption; // key id, scheme, pattern
    uint8_t iv[CENC_IV_BYTES];          // its own; encryption.iv where the track's is constant
    size_t subsample_count;             // 0: the whole sample
    struct subsample subsamples[SUBSAMPLES_MAX];
};

// A place in a traf's words on its samples; borrows the traf's bytes.
struct traf_protection {
    struct encryption_facts facts;
    struct encryption_facts groups[SAMPLE_GROUPS_MAX];
    size_t group_count;
    struct fields senc, runs; // what is left
    uint32_t senc_left, run_count, run_left, run_group;
    bool has_senc, has_subsamples;
};

// `facts` are those of the sample entry that the fragment uses. UNSUPPORTED where auxiliary
// information lies elsewhere than in senc, or groups are described outside the fragment.
must_check outcome traf_protection_init(const struct box *traf,
                                        const struct encryption_facts *facts,
                                        struct traf_protection *out, struct why *why);

// The next sample's, which has `size` bytes. INVALID when there is none, when its IV is missing, or
// when its subsamples do not add up to it.
must_check outcome traf_protection_next(struct traf_protection *place, uint32_t size,
                                        struct sample_protection *out, struct why *why);

// Renames in place what speaks of encryption in an init segment or in fragments. INVALID when boxes
// are damaged.
must_check outcome protection_strip(uint8_t *bytes, size_t len, struct why *why);

#endif
