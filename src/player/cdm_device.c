// SPDX-License-Identifier: Apache-2.0
#include "player/cdm_device.h"

#include "base/file.h"
#include "drm/cbor.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION = 1, FILE_BYTES_MAX = 16 * 1024, SAVE_EVERY_MS = 60000 };

static outcome put_file(const struct cdm_device *device, struct buffer *out, struct why *why)
{
    const struct vault_memory *memory = &device->memory;
    TRY(cbor_put_array(out, 4 + 3 * memory->count, why));
    TRY(cbor_put_uint(out, VERSION, why));
    TRY(cbor_put_bytes(out, (struct slice){device->secret, P256_SECRET_BYTES}, why));
    TRY(cbor_put_int(out, memory->latest_ms, why));
    TRY(cbor_put_uint(out, memory->count, why));
    for (size_t i = 0; i < memory->count; i++) {
        const struct vault_begun *begun = &memory->begun[i];
        TRY(cbor_put_bytes(out, (struct slice){begun->licence, LICENCE_ID_BYTES}, why));
        TRY(cbor_put_int(out, begun->began_ms, why));
        TRY(cbor_put_int(out, begun->expires_ms, why));
    }
    return OK;
}

static outcome take_file(struct slice bytes, struct cdm_device *out, struct why *why)
{
    struct cbor_reader reader = cbor_reader_init(bytes, "the device file");
    struct vault_memory *memory = &out->memory;
    size_t items;
    uint64_t count = 0;
    TRY(cbor_take_array(&reader, 4 + 3 * VAULT_BEGUN_MAX, &items, why));
    TRY(cbor_expect_int(&reader, VERSION, why));
    TRY(cbor_take_exactly(&reader, out->secret, P256_SECRET_BYTES, why));
    TRY(cbor_take_int(&reader, &memory->latest_ms, why));
    TRY(cbor_take_uint(&reader, VAULT_BEGUN_MAX, &count, why));
    for (size_t i = 0; i < count; i++) {
        struct vault_begun *begun = &memory->begun[i];
        TRY(cbor_take_exactly(&reader, begun->licence, LICENCE_ID_BYTES, why));
        TRY(cbor_take_int(&reader, &begun->began_ms, why));
        TRY(cbor_take_int(&reader, &begun->expires_ms, why));
    }
    memory->count = (size_t)count;
    return cbor_expect_end(&reader, why);
}

static outcome write_file(struct cdm_device *device, struct why *why)
{
    struct buffer bytes = buffer_init(FILE_BYTES_MAX);
    outcome result = buffer_reserve(&bytes, FILE_BYTES_MAX, why); // grown, it would leave copies
    if (result == OK) result = put_file(device, &bytes, why);
    if (result == OK) result = fd_write_at(device->fd, buffer_slice(&bytes), 0, why);
    if (result == OK && ftruncate(device->fd, (off_t)bytes.len) != 0)
        result = fail_errno(why, errno, "cannot write the device file");
    if (bytes.at != NULL) OPENSSL_cleanse(bytes.at, bytes.room);
    buffer_release(&bytes);
    if (result == OK) device->stored = device->memory;
    return result;
}

static outcome make_identity(struct cdm_device *device, struct why *why)
{
    autop256 *identity = NULL;
    TRY(p256_key_make(&identity, why));
    TRY(p256_key_secret(identity, device->secret, why));
    return write_file(device, why);
}

outcome cdm_device_load(int fd, struct cdm_device *out, struct why *why)
{
    uint8_t bytes[FILE_BYTES_MAX];
    struct stat facts;
    *out = (struct cdm_device){.fd = fd};
    if (fstat(fd, &facts) != 0) return fail_errno(why, errno, "cannot look at the device file");
    const bool is_named = facts.st_nlink > 0; // memory of a device to be forgotten has no name
    if (is_named && (facts.st_mode & 077) != 0)
        return fail(why, DENIED, "others may read the device file: make it mode 0600");
    if (facts.st_size == 0) return make_identity(out, why);
    if (facts.st_size > FILE_BYTES_MAX)
        return fail(why, CORRUPT, "the device file is none: move it away and register again");
    TRY(fd_read_at(fd, bytes, (size_t)facts.st_size, 0, why));
    const outcome taken = take_file((struct slice){bytes, (size_t)facts.st_size}, out, NULL);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (taken != OK)
        return fail(why, CORRUPT, "the device file is damaged: move it away and register again");
    out->stored = out->memory;
    return OK;
}

outcome cdm_device_save(struct cdm_device *device, struct why *why)
{
    const bool is_same = device->memory.count == device->stored.count &&
                         memcmp(device->memory.begun, device->stored.begun,
                                device->memory.count * sizeof(struct vault_begun)) == 0;
    if (is_same && device->memory.latest_ms - device->stored.latest_ms < SAVE_EVERY_MS) return OK;
    return write_file(device, why);
}
