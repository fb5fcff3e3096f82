// SPDX-License-Identifier: Apache-2.0
//
// The readers of sample headers on any bytes: the first chooses codec and scheme, the next two are
// the configuration's length, then configuration and sample. What is accepted covers its sample.
#include "drm/sample_map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { HEAD = 3 };
    if (size < HEAD) return 0;
    const enum sample_syntax syntax = (enum sample_syntax)(data[0] % SYNTAX_COUNT);
    const enum cenc_scheme scheme = data[0] & 0x80 ? SCHEME_CENC : SCHEME_CBCS;
    const struct slice rest = {data + HEAD, size - HEAD};
    const struct slice config = slice_part(rest, 0, read_u16be(data + 1));
    const struct slice sample = slice_part(rest, config.len, SIZE_MAX);
    struct sample_mapper *mapper;
    if (sample_mapper_open(syntax, scheme, config, &mapper, NULL) != OK) return 0;
    struct subsample_map map;
    uint64_t sum = 0;
    if (sample_map(mapper, sample, &map, NULL) == OK && map.count > 0) {
        for (size_t i = 0; i < map.count; i++)
            sum += (uint64_t)map.items[i].clear_bytes + map.items[i].protected_bytes;
        if (sum != sample.len) abort();
    }
    sample_mapper_close(&mapper);
    return 0;
}
