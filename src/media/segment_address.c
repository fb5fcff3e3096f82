// SPDX-License-Identifier: Apache-2.0
#include "media/segment_address.h"

#include "base/url.h"

#include <string.h>

enum { WIDTH_MAX = 20 }; // digits of 2^64

// "%05d" behind an identifier: its width, 1 when there is none.
static outcome parse_width(struct slice format, uint64_t *width, struct why *why)
{
    *width = 1;
    if (format.len == 0) return OK;
    if (!slice_starts(format, "0") || !slice_ends(format, "d"))
        return fail(why, INVALID, "\"%%%.*s\" in a template: only %%0<width>d may stand there",
                    SLICE_ARG(slice_part(format, 0, 20)));
    return slice_u64(slice_part(format, 1, format.len - 2), WIDTH_MAX, width, why);
}

static outcome put_identifier(const struct segment_template *addressing, struct slice identifier,
                              uint64_t number, uint64_t time, struct buffer *out, struct why *why)
{
    struct slice format = identifier;
    struct slice name = {NULL, 0};
    (void)slice_cut(&format, '%', &name);
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"Number", number},
        {"Time", time},
        {"Bandwidth", addressing->bandwidth},
    };
    if (identifier.len == 0) return buffer_put_text(out, "$", why);
    if (slice_is(identifier, "RepresentationID")) return buffer_put_text(out, addressing->id, why);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!slice_is(name, numbers[i].name)) continue;
        uint64_t width;
        TRY(parse_width(format, &width, why));
        return buffer_format(out, why, "%0*llu", (int)width, (unsigned long long)numbers[i].value);
    }
    return fail(why, INVALID, "a template names $%.*s$, which is none of the standard's",
                SLICE_ARG(slice_part(identifier, 0, 40)));
}

static outcome put_template(const struct segment_template *addressing, struct slice rest,
                            uint64_t number, uint64_t time, struct buffer *out, struct why *why)
{
    struct slice part = {NULL, 0};
    bool is_identifier = false;
    while (slice_cut(&rest, '$', &part)) {
        if (is_identifier && rest.at == NULL)
            return fail(why, INVALID, "a template has a single '$'");
        if (is_identifier)
            TRY(put_identifier(addressing, part, number, time, out, why));
        else
            TRY(buffer_put(out, part, why));
        is_identifier = !is_identifier;
    }
    return OK;
}

outcome segment_address(const struct segment_template *addressing, const char *template,
                        uint64_t number, uint64_t time, struct buffer *out, struct why *why)
{
    autobuffer relative = buffer_init(URL_BYTES_MAX);
    TRY(put_template(addressing, slice_of(template), number, time, &relative, why));
    return url_resolve(slice_of(addressing->base), buffer_slice(&relative), out, why);
}
