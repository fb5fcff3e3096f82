// SPDX-License-Identifier: Apache-2.0
#include "net/client_address.h"

#include <string.h>

outcome trusted_proxies_parse(const char *text, struct trusted_proxies *out, struct why *why)
{
    struct trusted_proxies found = {.count = 0};
    struct slice rest = slice_of(text), part;
    while (text[0] != '\0' && slice_cut(&rest, ',', &part)) {
        const struct slice word = slice_trim(part);
        if (found.count == TRUSTED_PROXIES_MAX)
            return fail(why, INVALID, "more than %d trusted proxies are named",
                        TRUSTED_PROXIES_MAX);
        if (prefix_parse(word, &found.prefixes[found.count], NULL) != OK)
            return fail(why, INVALID,
                        "\"%.*s\" is no trusted proxy: write addresses or prefixes such as "
                        "10.0.0.0/8, separated by commas",
                        SLICE_ARG(slice_part(word, 0, 60)));
        found.count++;
    }
    *out = found;
    return OK;
}

static bool is_trusted(const struct trusted_proxies *trusted, const struct address *address)
{
    for (size_t i = 0; i < trusted->count; i++)
        if (prefix_has(&trusted->prefixes[i], address)) return true;
    return false;
}

// Cuts the last entry off the list. False when nothing is left.
static bool cut_last(struct slice *list, struct slice *entry)
{
    if (list->at == NULL) return false;
    const uint8_t *comma = memrchr(list->at, ',', list->len);
    const size_t from = comma == NULL ? 0 : (size_t)(comma - list->at) + 1;
    *entry = slice_trim(slice_part(*list, from, list->len));
    *list = comma == NULL ? (struct slice){NULL, 0} : slice_part(*list, 0, from - 1);
    return true;
}

struct address client_address(const struct trusted_proxies *trusted, struct address peer,
                              const struct http_request *request)
{
    struct address client = peer;
    size_t hops = 0;
    if (trusted->count == 0) return client;
    for (size_t i = request->field_count; i-- > 0;) {
        struct slice list = request->fields[i].value, entry;
        if (!slice_is_nocase(request->fields[i].name, "x-forwarded-for")) continue;
        while (is_trusted(trusted, &client) && cut_last(&list, &entry)) {
            struct address before;
            if (++hops > FORWARDED_HOPS_MAX || address_parse(entry, &before, NULL) != OK)
                return client;
            client = before;
        }
    }
    return client;
}
