// SPDX-License-Identifier: Apache-2.0
#include "store/key.h"

#include <string.h>

outcome key_text_check(const char *what, const char *text, size_t min, size_t max, struct why *why)
{
    const size_t len = strlen(text);
    if (len < min || len > max)
        return fail(why, INVALID, "%s has %zu to %zu characters, not %zu", what, min, max, len);
    for (size_t i = 0; i < len; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return fail(why, INVALID,
                        "%s holds byte 0x%02x at %zu: only printable ASCII is allowed", what,
                        (unsigned)(unsigned char)text[i], i);
    return OK;
}

outcome key_name_check(const char *what, const char *text, size_t max, struct why *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const size_t len = strlen(text);
    if (len < 1 || len > max || strspn(text, allowed) != len)
        return fail(why, INVALID,
                    "%s cannot be called \"%.80s\": 1 to %zu of a-z, 0-9, '-' and '_'", what, text,
                    max);
    return OK;
}
