// SPDX-License-Identifier: Apache-2.0
#include "delivery/storage_log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear_object(void *context, const struct log_object *object)
{
    struct slice rest = object->head->lines;
    struct http_field field;
    (void)context;
    assert(object->head->status >= 200 && object->head->status <= 999);
    while (head_next_field(&rest, &field))
        assert(http_is_token(field.name));
}

static void hear_slice(void *context, const struct log_slice *slice)
{
    (void)context;
    (void)slice;
}

// The bytes as they are; and as records whose checksums are right, so that their insides are read.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char magic[] = "primrose cache 1\n";
    const struct log_reader reader = {hear_object, hear_slice, hear_slice, NULL};
    const struct slice all = {data, size};
    assert(log_read(all, &reader) <= size);
    if (size == 0 || size > LOG_RECORD_BYTES_MAX) return 0;
    const size_t head = sizeof magic - 1;
    uint8_t *log = malloc(head + 8 + size);
    if (log == NULL) return 0;
    memcpy(log, magic, head);
    const uint32_t crc = crc32c(0, all);
    for (size_t i = 0; i < 4; i++) {
        log[head + i] = (uint8_t)(size >> (24 - 8 * i));
        log[head + 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    }
    memcpy(log + head + 8, data, size);
    const size_t good = log_read((struct slice){log, head + 8 + size}, &reader);
    assert(good == head || good == head + 8 + size);
    free(log);
    return 0;
}
