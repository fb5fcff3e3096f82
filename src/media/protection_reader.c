// SPDX-License-Identifier: Apache-2.0
#include "media/protection_reader.h"

#include <string.h>

enum { SENC_SUBSAMPLES = 2, LOCAL_GROUP = 0x10000 };

static const uint32_t seig = BOX_TYPE('s', 'e', 'i', 'g');

static bool is_iv_size(uint8_t bytes)
{
    return bytes == 0 || bytes == 8 || bytes == CENC_IV_BYTES;
}

// The fields that tenc and a seig entry share, from the pattern on (clauses 8.2.2 and 6).
static outcome take_encryption(struct fields *fields, struct encryption_facts *out, struct why *why)
{
    const uint8_t pattern = fields_u8(fields);
    const uint8_t is_protected = fields_u8(fields);
    struct track_encryption *track = &out->encryption;
    track->crypt_blocks = pattern >> 4;
    track->skip_blocks = pattern & 0xf;
    track->sample_iv_bytes = fields_u8(fields);
    track->constant_iv_bytes = 0;
    memset(track->iv, 0, sizeof track->iv);
    const struct slice id = fields_bytes(fields, KEY_ID_BYTES);
    if (id.len == KEY_ID_BYTES) memcpy(track->key_id.bytes, id.at, KEY_ID_BYTES);
    if (is_protected == 1 && track->sample_iv_bytes == 0) {
        track->constant_iv_bytes = fields_u8(fields);
        if (!is_iv_size(track->constant_iv_bytes) || track->constant_iv_bytes == 0)
            return fail(why, INVALID, "a constant IV has %u bytes, not 8 or 16",
                        track->constant_iv_bytes);
        const struct slice iv = fields_bytes(fields, track->constant_iv_bytes);
        if (iv.len > 0) memcpy(track->iv, iv.at, iv.len);
    }
    if (is_protected > 1 || !is_iv_size(track->sample_iv_bytes))
        return fail(why, INVALID, "the IVs of samples have %u bytes, not 8 or 16",
                    track->sample_iv_bytes);
    out->is_protected = is_protected == 1;
    return fields->is_short ? fail(why, INVALID, "the description of an encryption is cut off")
                            : OK;
}

static outcome parse_scheme(const struct box *sinf, enum cenc_scheme *out, struct why *why)
{
    struct box schm;
    char text[BOX_TYPE_TEXT_BYTES];
    TRY(box_find(sinf, BOX_TYPE('s', 'c', 'h', 'm'), &schm, why));
    struct fields fields = fields_of(schm.body);
    (void)fields_full_box(&fields);
    const uint32_t type = fields_u32(&fields);
    TRY(fields_check(&fields, &schm, why));
    for (int scheme = SCHEME_CBCS; scheme < SCHEME_COUNT; scheme++) {
        if (cenc_scheme_type((enum cenc_scheme)scheme) != type) continue;
        *out = (enum cenc_scheme)scheme;
        return OK;
    }
    return fail(why, UNSUPPORTED, "the track is encrypted by scheme %s, not cbcs or cenc",
                box_type_text(type, text));
}

outcome sinf_parse(const struct box *sinf, uint32_t *out_clear_type, struct encryption_facts *out,
                   struct why *why)
{
    struct box frma, schi, tenc;
    struct encryption_facts made = {.is_protected = false};
    TRY(box_find(sinf, BOX_TYPE('f', 'r', 'm', 'a'), &frma, why));
    struct fields type = fields_of(frma.body);
    const uint32_t clear_type = fields_u32(&type);
    TRY(fields_check(&type, &frma, why));
    TRY(parse_scheme(sinf, &made.encryption.scheme, why));
    TRY(box_find(sinf, BOX_TYPE('s', 'c', 'h', 'i'), &schi, why));
    TRY(box_find(&schi, BOX_TYPE('t', 'e', 'n', 'c'), &tenc, why));
    struct fields fields = fields_of(tenc.body);
    (void)fields_full_box(&fields);
    fields_skip(&fields, 1);
    TRY(take_encryption(&fields, &made, why));
    *out_clear_type = clear_type;
    *out = made;
    return OK;
}

static outcome take_groups(struct traf_protection *place, const struct box *sgpd, struct why *why)
{
    struct fields fields = fields_of(sgpd->body);
    const struct full_box full = fields_full_box(&fields);
    if (fields_u32(&fields) != seig) return OK;
    const uint32_t fixed = full.version >= 1 ? fields_u32(&fields) : 0;
    if (full.version >= 2) fields_skip(&fields, 4);
    const uint32_t count = fields_u32(&fields);
    TRY(fields_check(&fields, sgpd, why));
    if (count > SAMPLE_GROUPS_MAX)
        return fail(why, UNSUPPORTED, "a fragment describes %u keys, up to %d are read", count,
                    SAMPLE_GROUPS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t len = full.version >= 1 && fixed == 0 ? fields_u32(&fields) : fixed;
        struct fields entry = full.version == 0 ? fields : fields_of(fields_bytes(&fields, len));
        place->groups[i] = place->facts; // the scheme is the track's
        fields_skip(&entry, 1);
        TRY(take_encryption(&entry, &place->groups[i], why));
        if (full.version == 0) fields = entry;
    }
    place->group_count = count;
    return OK;
}

static outcome take_runs(struct traf_protection *place, const struct box *sbgp, struct why *why)
{
    struct fields fields = fields_of(sbgp->body);
    const struct full_box full = fields_full_box(&fields);
    if (fields_u32(&fields) != seig) return OK;
    if (full.version >= 1) fields_skip(&fields, 4);
    place->run_count = fields_u32(&fields);
    TRY(fields_check(&fields, sbgp, why));
    place->runs = fields;
    return OK;
}

static outcome take_senc(struct traf_protection *place, const struct box *senc, struct why *why)
{
    struct fields fields = fields_of(senc->body);
    const struct full_box full = fields_full_box(&fields);
    place->senc_left = fields_u32(&fields);
    TRY(fields_check(&fields, senc, why));
    place->has_senc = true;
    place->has_subsamples = (full.flags & SENC_SUBSAMPLES) != 0;
    place->senc = fields;
    return OK;
}

outcome traf_protection_init(const struct box *traf, const struct encryption_facts *facts,
                             struct traf_protection *out, struct why *why)
{
    struct traf_protection made = {.facts = *facts};
    bool has_auxiliary = false;
    struct box_walk walk = box_children(traf);
    while (box_walk_has(&walk)) {
        struct box child;
        TRY(box_next(&walk, &child, why));
        switch (child.type) {
        case BOX_TYPE('s', 'e', 'n', 'c'): TRY(take_senc(&made, &child, why)); break;
        case BOX_TYPE('s', 'g', 'p', 'd'): TRY(take_groups(&made, &child, why)); break;
        case BOX_TYPE('s', 'b', 'g', 'p'): TRY(take_runs(&made, &child, why)); break;
        case BOX_TYPE('s', 'a', 'i', 'o'): has_auxiliary = true; break;
        default: break;
        }
    }
    if (has_auxiliary && !made.has_senc)
        return fail(why, UNSUPPORTED, "the fragment at byte %llu keeps its IVs outside a senc box",
                    (unsigned long long)traf->offset);
    *out = made;
    return OK;
}

// The facts of the next sample: its group's, or the sample entry's.
static outcome next_facts(struct traf_protection *place, const struct encryption_facts **out,
                          struct why *why)
{
    while (place->run_left == 0 && place->run_count > 0) {
        place->run_left = fields_u32(&place->runs);
        place->run_group = fields_u32(&place->runs);
        place->run_count--;
        if (place->runs.is_short) return fail(why, INVALID, "a sbgp box is cut off");
    }
    *out = &place->facts;
    if (place->run_left == 0) return OK;
    place->run_left--;
    if (place->run_group == 0) return OK;
    const uint32_t local = place->run_group - LOCAL_GROUP - 1; // wraps for the file's own groups
    if (local >= place->group_count)
        return fail(why, UNSUPPORTED, "a sample's key is described outside its fragment");
    *out = &place->groups[local];
    return OK;
}

static outcome take_subsamples(struct fields *senc, uint32_t size, struct sample_protection *out,
                               struct why *why)
{
    uint64_t sum = 0;
    out->subsample_count = fields_u16(senc);
    if (out->subsample_count > SUBSAMPLES_MAX)
        return fail(why, INVALID, "a sample has %zu subsamples, saiz can tell of %d",
                    out->subsample_count, SUBSAMPLES_MAX);
    for (size_t i = 0; i < out->subsample_count; i++) {
        out->subsamples[i].clear_bytes = fields_u16(senc);
        out->subsamples[i].protected_bytes = fields_u32(senc);
        sum += (uint64_t)out->subsamples[i].clear_bytes + out->subsamples[i].protected_bytes;
    }
    if (senc->is_short) return fail(why, INVALID, "a senc box is cut off");
    if (out->subsample_count > 0 && sum != size)
        return fail(why, INVALID, "the subsamples have %llu bytes, their sample has %u",
                    (unsigned long long)sum, size);
    return OK;
}

outcome traf_protection_next(struct traf_protection *place, uint32_t size,
                             struct sample_protection *out, struct why *why)
{
    const struct encryption_facts *facts = NULL;
    TRY(next_facts(place, &facts, why));
    const struct track_encryption *track = &facts->encryption;
    out->is_protected = facts->is_protected;
    out->encryption = *track;
    out->subsample_count = 0;
    memcpy(out->iv, track->iv, CENC_IV_BYTES);
    if (!place->has_senc) {
        if (facts->is_protected && track->sample_iv_bytes > 0)
            return fail(why, INVALID, "a sample has no IV: the senc box is missing");
        return OK;
    }
    if (place->senc_left == 0) return fail(why, INVALID, "the senc box has too few samples");
    place->senc_left--;
    const struct slice iv =
        fields_bytes(&place->senc, facts->is_protected ? track->sample_iv_bytes : 0);
    if (iv.len > 0) {
        memset(out->iv, 0, CENC_IV_BYTES);
        memcpy(out->iv, iv.at, iv.len);
    }
    if (place->has_subsamples) return take_subsamples(&place->senc, size, out, why);
    return place->senc.is_short ? fail(why, INVALID, "a senc box is cut off") : OK;
}

static void set_type(uint8_t *bytes, uint64_t box_offset, uint32_t type)
{
    uint8_t *at = bytes + box_offset + 4;
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(type >> (24 - 8 * i));
}

// The boxes of a sample entry; an audio entry's fields are those of ISO files, not QuickTime's.
static outcome strip_entry(uint8_t *bytes, const struct box *entry, struct why *why)
{
    struct box sinf;
    struct encryption_facts facts;
    uint32_t clear_type;
    TRY(box_find(entry, BOX_TYPE('s', 'i', 'n', 'f'), &sinf, why));
    TRY(sinf_parse(&sinf, &clear_type, &facts, why));
    set_type(bytes, entry->offset, clear_type);
    set_type(bytes, sinf.offset, BOX_TYPE('f', 'r', 'e', 'e'));
    return OK;
}

enum strip_act { STRIP_ENTER, STRIP_FREE, STRIP_FREE_SEIG, STRIP_ENTRY };

static const struct {
    uint32_t type;
    enum strip_act act;
} strips[] = {
    {BOX_TYPE('m', 'o', 'o', 'v'), STRIP_ENTER},
    {BOX_TYPE('t', 'r', 'a', 'k'), STRIP_ENTER},
    {BOX_TYPE('m', 'd', 'i', 'a'), STRIP_ENTER},
    {BOX_TYPE('m', 'i', 'n', 'f'), STRIP_ENTER},
    {BOX_TYPE('s', 't', 'b', 'l'), STRIP_ENTER},
    {BOX_TYPE('s', 't', 's', 'd'), STRIP_ENTER},
    {BOX_TYPE('m', 'o', 'o', 'f'), STRIP_ENTER},
    {BOX_TYPE('t', 'r', 'a', 'f'), STRIP_ENTER},
    {BOX_TYPE('p', 's', 's', 'h'), STRIP_FREE},
    {BOX_TYPE('s', 'e', 'n', 'c'), STRIP_FREE},
    {BOX_TYPE('s', 'a', 'i', 'z'), STRIP_FREE},
    {BOX_TYPE('s', 'a', 'i', 'o'), STRIP_FREE},
    {BOX_TYPE('s', 'g', 'p', 'd'), STRIP_FREE_SEIG},
    {BOX_TYPE('s', 'b', 'g', 'p'), STRIP_FREE_SEIG},
    {BOX_TYPE('e', 'n', 'c', 'v'), STRIP_ENTRY},
    {BOX_TYPE('e', 'n', 'c', 'a'), STRIP_ENTRY},
};

static outcome strip_walk(uint8_t *bytes, struct box_walk walk, unsigned depth, struct why *why);

static outcome strip_box(uint8_t *bytes, const struct box *box, unsigned depth, struct why *why)
{
    for (size_t i = 0; i < sizeof strips / sizeof strips[0]; i++) {
        if (strips[i].type != box->type) continue;
        switch (strips[i].act) {
        case STRIP_ENTER: return strip_walk(bytes, box_children(box), depth + 1, why);
        case STRIP_ENTRY: return strip_entry(bytes, box, why);
        case STRIP_FREE_SEIG:
            if (box->body.len < 8 || read_u32be(box->body.at + 4) != seig) return OK;
            break;
        case STRIP_FREE: break;
        }
        set_type(bytes, box->offset, BOX_TYPE('f', 'r', 'e', 'e'));
    }
    return OK;
}

static outcome strip_walk(uint8_t *bytes, struct box_walk walk, unsigned depth, struct why *why)
{
    if (depth > BOX_DEPTH_MAX)
        return fail(why, INVALID, "boxes are nested more than %d deep", BOX_DEPTH_MAX);
    while (box_walk_has(&walk)) {
        struct box box;
        TRY(box_next(&walk, &box, why));
        TRY(strip_box(bytes, &box, depth, why));
    }
    return OK;
}

outcome protection_strip(uint8_t *bytes, size_t len, struct why *why)
{
    return strip_walk(bytes, box_walk_init((struct slice){bytes, len}, 0), 0, why);
}
