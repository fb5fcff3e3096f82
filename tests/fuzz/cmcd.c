// SPDX-License-Identifier: Apache-2.0
//
// Reports of players, any bytes: what is accepted is folded, and its texts stay texts.
#include "playback/qoe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qoe_session session = qoe_session_init();
    struct slice rest = {data, size}, line;
    while (slice_cut(&rest, '\n', &line)) {
        struct cmcd_report report;
        if (cmcd_report_parse(line, &report, NULL) != OK) continue;
        if (memchr(report.session, '\0', sizeof report.session) == NULL) abort();
        qoe_session_fold(&session, &report);
        if (session.playing_ms < 0 || session.rebuffer_ms < 0) abort();
    }
    return 0;
}
