// SPDX-License-Identifier: Apache-2.0
//
// title.json comes from outside. What is accepted must hold its own rules.
#include "catalog/title_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init(8 << 20);
    struct title_file file;
    struct why why = {""};
    const outcome result =
        title_file_parse((struct slice){data, size}, "title.json", &arena, &file, &why);
    if (result != OK) {
        if (why.text[0] == '\0') abort();
        return 0;
    }
    if (file.title[0] == '\0' || file.master[0] == '/' || file.cast_count > TITLE_CAST_MAX) abort();
    for (size_t i = 0; i < file.scene_count; i++)
        if (file.scenes[i].end_ms <= file.scenes[i].start_ms) abort();
    for (size_t i = 0; i < file.audio_count; i++)
        if ((file.audio[i].stream < 0) != (file.audio[i].file[0] != '\0')) abort();
    return 0;
}
