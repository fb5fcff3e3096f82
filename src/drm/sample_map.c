// SPDX-License-Identifier: Apache-2.0
#include "drm/sample_map.h"

#include "drm/av1_tiles.h"
#include "drm/avc_slice.h"
#include "drm/hevc_slice.h"

#include <stdlib.h>

struct sample_mapper {
    enum sample_syntax syntax;
    enum cenc_scheme scheme;
    unsigned length_bytes; // of NAL lengths
    union {
        struct avc_sets avc;
        struct hevc_sets hevc;
        struct av1_decoder av1;
    };
};

static outcome load(struct sample_mapper *mapper, struct slice config, struct why *why)
{
    switch (mapper->syntax) {
    case SYNTAX_AVC: return avc_sets_load(&mapper->avc, config, &mapper->length_bytes, why);
    case SYNTAX_HEVC: return hevc_sets_load(&mapper->hevc, config, &mapper->length_bytes, why);
    case SYNTAX_AV1: return av1_config_load(&mapper->av1, config, why);
    case SYNTAX_WHOLE:
    case SYNTAX_COUNT: break;
    }
    return OK;
}

outcome sample_mapper_open(enum sample_syntax syntax, enum cenc_scheme scheme, struct slice config,
                           struct sample_mapper **out, struct why *why)
{
    struct sample_mapper *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory to read sample headers");
    made->syntax = syntax;
    made->scheme = scheme;
    const outcome result = load(made, config, why);
    if (result != OK) {
        sample_mapper_close(&made);
        return result;
    }
    *out = made;
    return OK;
}

void sample_mapper_close(struct sample_mapper **mapper)
{
    free(*mapper);
    *mapper = NULL;
}

// Bytes of a NAL unit that stay clear: all of it, but for a slice its headers.
static outcome clear_of_avc(struct sample_mapper *mapper, struct slice nal, size_t *out,
                            struct why *why)
{
    const unsigned type = nal.len == 0 ? 0 : nal.at[0] & 0x1fu;
    *out = nal.len;
    if (type == AVC_SLICE || type == AVC_IDR_SLICE)
        return avc_slice_header(&mapper->avc, nal, out, why);
    if (type >= 2 && type <= 4)
        return fail(why, UNSUPPORTED, "AVC data partitions cannot be encrypted");
    return avc_sets_take(&mapper->avc, nal, why);
}

static outcome clear_of_hevc(struct sample_mapper *mapper, struct slice nal, size_t *out,
                             struct why *why)
{
    enum { HEAD = 2 };
    *out = nal.len;
    if (nal.len < HEAD) return OK;
    const unsigned type = nal.at[0] >> 1 & 0x3fu;
    const unsigned layer = (unsigned)(nal.at[0] & 1u) << 5 | nal.at[1] >> 3;
    if (type < HEVC_VCL_END && layer == 0) return hevc_slice_header(&mapper->hevc, nal, out, why);
    return hevc_sets_take(&mapper->hevc, nal, why);
}

static outcome map_nals(struct sample_mapper *mapper, struct slice sample,
                        struct subsample_map *map, struct why *why)
{
    const unsigned length_bytes = mapper->length_bytes;
    struct slice rest = sample;
    while (rest.len > 0) {
        size_t len = 0, clear;
        if (rest.len < length_bytes)
            return fail(why, INVALID, "a sample is cut off in the length of a NAL unit");
        for (unsigned i = 0; i < length_bytes; i++)
            len = len << 8 | rest.at[i];
        if (len > rest.len - length_bytes)
            return fail(why, INVALID, "a NAL unit reaches past the end of its sample");
        const struct slice nal = slice_part(rest, length_bytes, len);
        TRY(mapper->syntax == SYNTAX_AVC ? clear_of_avc(mapper, nal, &clear, why)
                                         : clear_of_hevc(mapper, nal, &clear, why));
        TRY(subsample_map_add(map, length_bytes + clear, (uint32_t)(len - clear), why));
        rest = slice_part(rest, length_bytes + len, SIZE_MAX);
    }
    return OK;
}

outcome sample_map(struct sample_mapper *mapper, struct slice sample, struct subsample_map *out,
                   struct why *why)
{
    subsample_map_begin(out, mapper->scheme);
    if (mapper->syntax == SYNTAX_WHOLE) return OK;
    if (mapper->syntax == SYNTAX_AV1)
        TRY(av1_sample_map(&mapper->av1, sample, out, why));
    else
        TRY(map_nals(mapper, sample, out, why));
    return subsample_map_end(out, why);
}
