// SPDX-License-Identifier: Apache-2.0
#include "media/ts_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SYNC = 0x47,
    NULL_PID = 0x1fff,
    READ_BYTES = 1024 * 1024,
    LOOK_BYTES = 5 * 204,
    PES_HEADER_BYTES = 6,
};

bool ts_is(struct slice bytes, size_t *stride, size_t *offset)
{
    static const struct {
        size_t stride, offset;
    } forms[] = {{188, 0}, {192, 4}, {204, 0}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const size_t last = forms[i].offset + 2 * forms[i].stride;
        if (bytes.len <= last || bytes.at[forms[i].offset] != SYNC ||
            bytes.at[forms[i].offset + forms[i].stride] != SYNC || bytes.at[last] != SYNC)
            continue;
        *stride = forms[i].stride;
        *offset = forms[i].offset;
        return true;
    }
    return false;
}

// A PES packet begins in this payload: how much of it is to come, when it says so.
static void start_pes(struct ts_scan *scan, struct ts_pid *pid, const uint8_t *payload, size_t len)
{
    pid->is_pes_bounded = false;
    if (len < PES_HEADER_BYTES || payload[0] != 0 || payload[1] != 0 || payload[2] != 1) return;
    const uint32_t declared = read_u16be(payload + 4);
    if (declared == 0) return; // video may leave it open
    const uint32_t whole = declared + PES_HEADER_BYTES;
    pid->is_pes_bounded = true;
    pid->pes_left = len < whole ? whole - (uint32_t)len : 0;
}

void ts_scan_packet(struct ts_scan *scan, const uint8_t *packet)
{
    scan->packets++;
    if (packet[0] != SYNC) {
        scan->sync_losses++;
        return;
    }
    const uint16_t number = read_u16be(packet + 1) & NULL_PID;
    const bool is_start = (packet[1] & 0x40) != 0;
    const bool has_field = (packet[3] & 0x20) != 0, has_payload = (packet[3] & 0x10) != 0;
    if (number == NULL_PID) return;
    struct ts_pid *pid = &scan->pids[number];
    const uint8_t counter = packet[3] & 0x0f;
    const size_t field_bytes = has_field ? 1u + packet[4] : 0;
    const bool is_break_told = has_field && packet[4] > 0 && (packet[5] & 0x80) != 0;
    scan->scrambled += (packet[3] & 0xc0) != 0;
    if (pid->is_seen && has_payload && !is_break_told && counter != ((pid->counter + 1) & 0x0f) &&
        counter != pid->counter) // once more the same is a duplicate packet
        scan->continuity_errors++;
    pid->is_seen = true;
    pid->counter = counter;
    if (!has_payload || 4 + field_bytes >= TS_PACKET_BYTES) return;
    const uint8_t *payload = packet + 4 + field_bytes;
    const size_t len = TS_PACKET_BYTES - 4 - field_bytes;
    if (is_start)
        start_pes(scan, pid, payload, len);
    else if (pid->is_pes_bounded)
        pid->pes_left -= pid->pes_left < len ? pid->pes_left : (uint32_t)len;
}

static void finish(struct ts_scan *scan)
{
    for (size_t i = 0; i < TS_PIDS; i++)
        scan->pes_cut += scan->pids[i].is_pes_bounded && scan->pids[i].pes_left > 0;
}

static outcome scan_packets(struct sealed_file *file, uint8_t *bytes, size_t stride, size_t offset,
                            struct ts_scan *scan, struct why *why)
{
    const size_t room = READ_BYTES / stride * stride;
    uint64_t at = 0;
    for (;;) {
        size_t got;
        TRY(sealed_file_read(file, at, bytes, room, &got, why));
        const size_t whole = got / stride * stride;
        for (size_t i = 0; i < whole; i += stride)
            ts_scan_packet(scan, bytes + i + offset);
        at += whole;
        scan->tail_bytes = got - whole;
        if (got < room) return OK;
    }
}

outcome ts_scan_file(struct sealed_file *file, struct ts_scan *scan, bool *is_transport,
                     struct why *why)
{
    size_t stride = 0, offset = 0, got = 0;
    uint8_t *bytes = malloc(READ_BYTES);
    if (bytes == NULL) return fail(why, NO_MEMORY, "no memory to read the master");
    memset(scan, 0, sizeof *scan);
    outcome result = sealed_file_read(file, 0, bytes, LOOK_BYTES, &got, why);
    *is_transport = result == OK && ts_is((struct slice){bytes, got}, &stride, &offset);
    if (*is_transport) {
        result = scan_packets(file, bytes, stride, offset, scan, why);
        finish(scan);
    }
    free(bytes);
    return result;
}
