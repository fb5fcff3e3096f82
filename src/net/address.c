// SPDX-License-Identifier: Apache-2.0
#include "net/address.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct address of_bytes(const uint8_t *bytes, uint8_t len)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct address address = {.len = len};
    if (len == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) return of_bytes(bytes + 12, 4);
    memcpy(address.bytes, bytes, len);
    return address;
}

outcome address_parse(struct slice text, struct address *out, struct why *why)
{
    char copy[ADDRESS_TEXT_BYTES];
    uint8_t bytes[16];
    if (text.len > 0 && text.len < sizeof copy && memchr(text.at, '\0', text.len) == NULL) {
        memcpy(copy, text.at, text.len);
        copy[text.len] = '\0';
        const int family = strchr(copy, ':') == NULL ? AF_INET : AF_INET6;
        if (inet_pton(family, copy, bytes) == 1) {
            *out = of_bytes(bytes, family == AF_INET ? 4 : 16);
            return OK;
        }
    }
    return fail(why, INVALID, "\"%.*s\" is no IP address", SLICE_ARG(slice_part(text, 0, 46)));
}

static void clear_behind(struct prefix *prefix)
{
    for (size_t bit = prefix->bits; bit < 8 * sizeof prefix->address.bytes; bit++)
        prefix->address.bytes[bit / 8] &= (uint8_t) ~(0x80 >> (bit % 8));
}

outcome prefix_parse(struct slice text, struct prefix *out, struct why *why)
{
    struct slice rest = text, host;
    struct prefix prefix;
    uint64_t bits;
    if (!slice_cut(&rest, '/', &host)) host = text;
    TRY(address_parse(host, &prefix.address, why));
    bits = 8u * prefix.address.len;
    if (rest.at != NULL && slice_u64(rest, bits, &bits, NULL) != OK)
        return fail(why, INVALID, "\"%.*s\" is no IP prefix: write ADDRESS/BITS",
                    SLICE_ARG(slice_part(text, 0, 50)));
    prefix.bits = (uint8_t)bits;
    clear_behind(&prefix);
    *out = prefix;
    return OK;
}

bool prefix_of_bytes(struct slice bytes, size_t len, int64_t bits, struct prefix *out)
{
    if (bytes.len > len || bits < 0 || bits > (int64_t)len * 8) return false;
    struct prefix prefix = {.address.len = (uint8_t)len, .bits = (uint8_t)bits};
    if (bytes.len > 0) memcpy(prefix.address.bytes, bytes.at, bytes.len);
    clear_behind(&prefix);
    *out = prefix;
    return true;
}

struct address address_of(const struct sockaddr *socket)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (socket->sa_family == AF_INET) {
        memcpy(&four, socket, sizeof four);
        return of_bytes((const uint8_t *)&four.sin_addr, 4);
    }
    if (socket->sa_family == AF_INET6) {
        memcpy(&six, socket, sizeof six);
        return of_bytes(six.sin6_addr.s6_addr, 16);
    }
    return (struct address){.len = 0};
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
    if (address->len == 0 || address->len != prefix->address.len) return false;
    const size_t whole = prefix->bits / 8, part = prefix->bits % 8;
    if (memcmp(prefix->address.bytes, address->bytes, whole) != 0) return false;
    return part == 0 ||
           ((prefix->address.bytes[whole] ^ address->bytes[whole]) & (0xff00 >> part) & 0xff) == 0;
}

const char *address_format(const struct address *address, char *out)
{
    out[0] = '\0';
    if (address->len != 0)
        (void)inet_ntop(address->len == 4 ? AF_INET : AF_INET6, address->bytes, out,
                        ADDRESS_TEXT_BYTES);
    return out;
}
