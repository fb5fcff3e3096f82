// SPDX-License-Identifier: Apache-2.0
#include "media/avc_level.h"

#include <stddef.h>

// ITU-T H.264 (08/2021) table A-1; High profile allows 1.25 times MaxBR and MaxCPB (table A-2).
static const struct level {
    uint32_t tenths;
    uint32_t blocks_per_second; // MaxMBPS
    uint32_t blocks;            // MaxFS
    uint32_t buffer_blocks;     // MaxDpbMbs
    uint32_t kbps;              // MaxBR, and MaxCPB in kbit below
    uint32_t buffer_kbit;
} levels[] = {
    {10, 1485, 99, 396, 64, 175},
    {11, 3000, 396, 900, 192, 500},
    {12, 6000, 396, 2376, 384, 1000},
    {13, 11880, 396, 2376, 768, 2000},
    {20, 11880, 396, 2376, 2000, 2000},
    {21, 19800, 792, 4752, 4000, 4000},
    {22, 20250, 1620, 8100, 4000, 4000},
    {30, 40500, 1620, 8100, 10000, 10000},
    {31, 108000, 3600, 18000, 14000, 14000},
    {32, 216000, 5120, 20480, 20000, 20000},
    {40, 245760, 8192, 32768, 20000, 25000},
    {41, 245760, 8192, 32768, 50000, 62500},
    {42, 522240, 8704, 34816, 50000, 62500},
    {50, 589824, 22080, 110400, 135000, 135000},
    {51, 983040, 36864, 184320, 240000, 240000},
    {52, 2073600, 36864, 184320, 240000, 240000},
    {60, 4177920, 139264, 696320, 240000, 240000},
    {61, 8355840, 139264, 696320, 480000, 480000},
    {62, 16711680, 139264, 696320, 800000, 800000},
};

outcome avc_level_for(const struct avc_demand *demand, uint32_t *out, struct why *why)
{
    const uint64_t across = (demand->width + 15u) / 16, down = (demand->height + 15u) / 16;
    const uint64_t blocks = across * down;
    const uint64_t per_second =
        (blocks * demand->rate.frames + demand->rate.seconds - 1) / demand->rate.seconds;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        const struct level *level = &levels[i];
        // Neither side may exceed sqrt(8 * MaxFS) (clause A.3.1 f, g).
        if (blocks > level->blocks || across * across > 8ull * level->blocks ||
            down * down > 8ull * level->blocks)
            continue;
        if (per_second > level->blocks_per_second) continue;
        if (blocks * demand->reference_frames > level->buffer_blocks) continue;
        if (demand->maxrate_bps > level->kbps * 1250ull ||
            demand->bufsize_bits > level->buffer_kbit * 1250ull)
            continue;
        *out = level->tenths;
        return OK;
    }
    return fail(why, INVALID, "%ux%u at %u/%u fps and %u b/s exceeds AVC level 6.2", demand->width,
                demand->height, demand->rate.frames, demand->rate.seconds, demand->maxrate_bps);
}
