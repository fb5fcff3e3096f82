// SPDX-License-Identifier: Apache-2.0
//
// What a client believes of a process that hostile bytes may have taken over, and the reverse: any
// bytes as a reply to each kind of request, and as a request. What is taken can be written again,
// and reads the same.
#include "base/buffer.h"
#include "studio/transcode/wire.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_reply(struct slice bytes, enum request_kind kind, struct reply *reply)
{
    *reply = (struct reply){.result = {.kind = kind, .rendition_count = kind == REQUEST_VIDEO}};
    if (reply_parse(bytes, reply, NULL) != OK) return;
    autobuffer again = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
    if (reply_format(reply, &again, NULL) != OK) return; // too long for a message
    const enum reply_word word = reply->word;
    const outcome result = reply_parse(buffer_slice(&again), reply, NULL);
    assert(result == OK && reply->word == word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int fds[] = {3, 4};
    struct reply *reply = calloc(1, sizeof *reply);
    struct request *request = calloc(1, sizeof *request);
    if (reply == NULL || request == NULL) return 0;
    const struct slice bytes = {data, size};
    for (int kind = 0; kind < REQUEST_KIND_COUNT; kind++)
        try_reply(bytes, (enum request_kind)kind, reply);
    if (request_parse(bytes, fds, 2, request, NULL) == OK) {
        autobuffer again = buffer_init(CHANNEL_MESSAGE_BYTES_MAX);
        int listed[CHANNEL_FDS_MAX];
        size_t count = 0;
        const outcome result = request_format(request, &again, listed, &count, NULL);
        assert(result == OK && count == 2);
    }
    free(reply);
    free(request);
    return 0;
}
