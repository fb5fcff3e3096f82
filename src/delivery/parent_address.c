// SPDX-License-Identifier: Apache-2.0
#include "delivery/parent_address.h"

#include "base/url.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { ENDPOINT_BYTES = 256, REGION_BYTES = 64, BUCKET_BYTES = 64 };

outcome parent_address_resolve(const struct parent_address *address, struct http_peer *peer,
                               struct why *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    const int error = getaddrinfo(address->host, address->port, &hints, &found);
    if (error != 0)
        return fail(why, NOT_FOUND, "the upstream %s has no address: %s", address->host,
                    gai_strerror(error));
    memset(&peer->address, 0, sizeof peer->address);
    memcpy(&peer->address, found->ai_addr, found->ai_addrlen);
    peer->len = found->ai_addrlen;
    freeaddrinfo(found);
    return OK;
}

static struct slice without_end_slashes(struct slice path)
{
    while (slice_ends(path, "/"))
        path = slice_part(path, 0, path.len - 1);
    return path;
}

static outcome take_server(const struct url *url, struct parent_address *out, struct why *why)
{
    const struct slice prefix = without_end_slashes(url->path);
    if (url->host.len + 16 >= sizeof out->host || prefix.len >= sizeof out->prefix)
        return fail(why, TOO_LARGE, "the upstream's address is too long");
    out->is_secure = slice_is_nocase(url->scheme, "https");
    (void)snprintf(out->host, sizeof out->host, "%.*s", SLICE_ARG(url->host));
    (void)snprintf(out->port, sizeof out->port, "%u", (unsigned)url->port);
    (void)snprintf(out->prefix, sizeof out->prefix, "%.*s", SLICE_ARG(prefix));
    const char *open = url->is_host_ipv6 ? "[" : "", *close = url->is_host_ipv6 ? "]" : "";
    const bool is_usual = url->port == (out->is_secure ? 443 : 80);
    (void)snprintf(out->authority, sizeof out->authority, "%s%.280s%s%s%s", open, out->host, close,
                   is_usual ? "" : ":", is_usual ? "" : out->port);
    return OK;
}

static outcome take_parameter(struct slice query, const char *name, char *out, size_t room,
                              struct why *why)
{
    struct slice value;
    size_t len = 0;
    if (query.at == NULL || !query_find(query, name, &value)) return OK;
    TRY(percent_decode(value, out, room - 1, &len, why));
    out[len] = '\0';
    return OK;
}

// With an endpoint of its own the bucket stands in the path; with Amazon's in the host.
static outcome take_bucket(const struct url *url, const struct clock *clock,
                           struct parent_address *out, struct why *why)
{
    char endpoint[ENDPOINT_BYTES] = "", region[REGION_BYTES] = "", host[BUCKET_BYTES + 4];
    TRY(take_parameter(url->query, "endpoint", endpoint, sizeof endpoint, why));
    TRY(take_parameter(url->query, "region", region, sizeof region, why));
    const struct slice prefix = without_end_slashes(url->path);
    if (url->host.len >= BUCKET_BYTES || prefix.len + BUCKET_BYTES >= sizeof out->prefix)
        return fail(why, TOO_LARGE, "the upstream's bucket or prefix is too long");
    (void)snprintf(host, sizeof host, "%.*s.s3", SLICE_ARG(url->host));
    const struct aws_options options = {
        .service = "s3", .region = region, .endpoint = endpoint, .host = host, .clock = clock};
    TRY(aws_open(&options, &out->s3, why));
    struct url origin;
    outcome result = url_parse(slice_of(aws_origin(out->s3)), &origin, why);
    if (result == OK) result = take_server(&origin, out, why);
    if (result != OK) {
        parent_address_close(out);
        return result;
    }
    if (endpoint[0] == '\0')
        (void)snprintf(out->prefix, sizeof out->prefix, "%.*s", SLICE_ARG(prefix));
    else
        (void)snprintf(out->prefix, sizeof out->prefix, "/%.*s%.*s", SLICE_ARG(url->host),
                       SLICE_ARG(prefix));
    return OK;
}

outcome parent_address_open(const char *text, const struct clock *clock, struct parent_address *out,
                            struct why *why)
{
    struct url url;
    struct parent_address address = {.s3 = NULL};
    TRY(url_parse(slice_of(text), &url, why));
    const bool is_s3 = slice_is_nocase(url.scheme, "s3");
    const bool is_http =
        slice_is_nocase(url.scheme, "http") || slice_is_nocase(url.scheme, "https");
    if ((!is_s3 && !is_http) || url.host.len == 0 || url.userinfo.at != NULL ||
        (is_http && url.query.at != NULL) || url.fragment.at != NULL)
        return fail(why, INVALID,
                    "the upstream \"%.200s\" is not like http://host:port/prefix, https://host or "
                    "s3://bucket",
                    text);
    TRY(is_s3 ? take_bucket(&url, clock, &address, why) : take_server(&url, &address, why));
    *out = address;
    return OK;
}

void parent_address_close(struct parent_address *address)
{
    aws_close(&address->s3);
}
