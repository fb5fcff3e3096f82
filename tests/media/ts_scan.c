// SPDX-License-Identifier: Apache-2.0
#include "media/ts_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 20 };

static void packet_new(uint8_t *packet, unsigned pid, unsigned counter, bool is_start)
{
    memset(packet, 0xff, TS_PACKET_BYTES);
    packet[0] = 0x47;
    packet[1] = (uint8_t)((is_start ? 0x40 : 0) | pid >> 8);
    packet[2] = (uint8_t)pid;
    packet[3] = (uint8_t)(0x10 | (counter & 15));
}

static void lost_packets_break_the_count(void **state)
{
    (void)state;
    struct ts_scan *scan = calloc(1, sizeof *scan);
    uint8_t packet[TS_PACKET_BYTES];
    for (unsigned i = 0; i < COUNT; i++) {
        if (i == 7 || i == 8) continue;
        packet_new(packet, 256, i, false);
        ts_scan_packet(scan, packet);
        if (i == 12) ts_scan_packet(scan, packet); // a duplicate is allowed
        packet_new(packet, 0x1fff, 3, false);      // null packets do not count
        ts_scan_packet(scan, packet);
    }
    assert_int_equal(scan->continuity_errors, 1);
    packet_new(packet, 256, 3, false);
    packet[3] |= 0x20; // an adaptation field that tells of the break
    packet[4] = 1;
    packet[5] = 0x80;
    ts_scan_packet(scan, packet);
    assert_int_equal(scan->continuity_errors, 1);
    packet[0] = 0;
    ts_scan_packet(scan, packet);
    assert_int_equal(scan->sync_losses, 1);
    free(scan);
}

static void a_pes_that_is_not_all_there_was_cut(void **state)
{
    (void)state;
    struct ts_scan *scan = calloc(1, sizeof *scan);
    uint8_t packet[TS_PACKET_BYTES];
    static const uint8_t header[] = {0, 0, 1, 0xc0, 0x01, 0x00}; // 256 bytes follow
    packet_new(packet, 256, 0, true);
    memcpy(packet + 4, header, sizeof header);
    ts_scan_packet(scan, packet);
    assert_int_equal(scan->pids[256].pes_left, 256 + 6 - 184);
    packet_new(packet, 256, 1, false);
    ts_scan_packet(scan, packet);
    assert_int_equal(scan->pids[256].pes_left, 0);
    free(scan);
}

static void three_signs_make_a_transport_stream(void **state)
{
    (void)state;
    static const struct {
        size_t stride, offset;
    } cases[] = {{188, 0}, {192, 4}, {204, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[1024] = {0};
        size_t stride = 0, offset = 0;
        for (size_t at = cases[i].offset; at < sizeof bytes; at += cases[i].stride)
            bytes[at] = 0x47;
        assert_true(ts_is((struct slice){bytes, sizeof bytes}, &stride, &offset));
        assert_int_equal(stride, cases[i].stride);
        assert_int_equal(offset, cases[i].offset);
        assert_false(ts_is((struct slice){bytes, 2 * cases[i].stride}, &stride, &offset));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_packets_break_the_count),
        cmocka_unit_test(a_pes_that_is_not_all_there_was_cut),
        cmocka_unit_test(three_signs_make_a_transport_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
