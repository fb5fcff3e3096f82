// SPDX-License-Identifier: Apache-2.0
//
// CPIX documents come from other houses. What is read can be written and read again, the same.
#include "media/cpix.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cpix cpix, again;
    const struct slice none = {NULL, 0};
    struct why why = {""};
    const outcome result = cpix_read((struct slice){data, size}, none, &cpix, &why);
    if (result != OK) {
        if (why.text[0] == '\0') abort();
        return 0;
    }
    cpix.certificate_len = 0; // one of RSA is not to be hoped for
    memset(cpix.certificate, 0, sizeof cpix.certificate);
    if (cpix.scheme == SCHEME_NONE) cpix.systems = 0; // what cannot be signalled is left out
    if (cpix.scheme == SCHEME_CENC) cpix.systems &= (drm_systems) ~(1u << DRM_FAIRPLAY);
    autobuffer xml = buffer_init(CPIX_BYTES_MAX);
    if (cpix_write(&cpix, &xml, &why) != OK) return 0; // over the cap
    if (cpix_read(buffer_slice(&xml), none, &again, &why) != OK) abort();
    if (memcmp(&cpix, &again, sizeof cpix) != 0) abort();
    return 0;
}
