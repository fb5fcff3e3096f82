// SPDX-License-Identifier: Apache-2.0
#include "app/pages.h"

#include "app/assets.h"
#include "base/url.h"

#include <assert.h>
#include <stdio.h>

// For every answer of the app, problems too.
void pages_lines(const char *media_url, char out[PAGES_LINES_BYTES])
{
    char source[32] = "";
    struct url url;
    if (media_url != NULL && media_url[0] != '\0' &&
        url_parse(slice_of(media_url), &url, NULL) == OK)
        (void)snprintf(source, sizeof source, " %.*s://*:%u", SLICE_ARG(url.scheme), url.port);
    const int len =
        snprintf(out, PAGES_LINES_BYTES,
                 "Content-Security-Policy: " ASSET_POLICY_WITH(
                     "%s") "\r\n"
                           "X-Content-Type-Options: nosniff\r\n"
                           "Referrer-Policy: same-origin\r\n"
                           "Cross-Origin-Opener-Policy: same-origin\r\n"
                           "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n",
                 source);
    assert(len > 0 && len < PAGES_LINES_BYTES);
}

// One member of Accept-Encoding, "gzip;q=0.8": is it `name` with a weight above 0?
static bool member_allows(struct slice member, const char *name)
{
    struct slice rest = member, coding, weight;
    if (!slice_cut(&rest, ';', &coding) || !slice_is_nocase(slice_trim(coding), name)) return false;
    while (slice_cut(&rest, ';', &weight)) {
        weight = slice_trim(weight);
        if (!slice_starts(weight, "q=") && !slice_starts(weight, "Q=")) continue;
        for (size_t i = 2; i < weight.len; i++)
            if (weight.at[i] >= '1' && weight.at[i] <= '9') return true;
        return false;
    }
    return true;
}

static bool names_coding(const struct http_request *request, const char *name, bool *is_allowed)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (request->fields[i].id != FIELD_ACCEPT_ENCODING) continue;
        struct slice rest = request->fields[i].value, member;
        while (slice_cut(&rest, ',', &member)) {
            struct slice parts = member, coding;
            if (!slice_cut(&parts, ';', &coding)) continue;
            if (!slice_is_nocase(slice_trim(coding), name)) continue;
            *is_allowed = member_allows(member, name);
            return true;
        }
    }
    return false;
}

bool pages_take(const struct http_request *request, const char *coding)
{
    bool is_allowed = false;
    if (!names_coding(request, coding, &is_allowed)) (void)names_coding(request, "*", &is_allowed);
    return is_allowed;
}

// The shortest form of its bytes that the browser takes, and that form's line.
static struct slice choose_form(const struct http_exchange *exchange, const struct asset *asset,
                                const char **line)
{
    const struct {
        const struct slice *bytes;
        const char *coding, *line;
    } forms[] = {{&asset->brotli, "br", "Content-Encoding: br\r\n"},
                 {&asset->gzip, "gzip", "Content-Encoding: gzip\r\n"}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].bytes->len > 0 && pages_take(exchange->request, forms[i].coding)) {
            *line = forms[i].line;
            return *forms[i].bytes;
        }
    *line = "";
    return asset->bytes;
}

static void reply_asset(struct http_exchange *exchange, const struct asset *asset)
{
    const char *coding = "";
    const struct slice bytes = choose_form(exchange, asset, &coding);
    const char *run =
        arena_format(&exchange->arena, "ETag: %s\r\nCache-Control: %s\r\n%s%s", asset->etag,
                     asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache",
                     asset->gzip.len > 0 ? "Vary: Accept-Encoding\r\n" : "", coding);
    const char *type = arena_format(&exchange->arena, "Content-Type: %s\r\n", asset->type);
    if (run == NULL || type == NULL) {
        http_reply_outcome(exchange, NO_MEMORY, NULL);
        return;
    }
    const struct http_resource resource = {
        .validators = {.etag = slice_of(asset->etag), .modified_s = -1},
        .type_run = slice_of(type),
        .run = slice_of(run),
        .bytes = bytes,
        .size = bytes.len,
        .fd = -1,
    };
    http_reply_resource(exchange, &resource);
}

static bool wants_page(const struct http_request *request)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_is_nocase(request->fields[i].name, "accept") &&
            slice_starts(request->fields[i].value, "text/html"))
            return true;
    return false;
}

static bool is_below(struct slice path, const char *folder)
{
    return slice_starts(path, folder);
}

void pages_serve(void *context, struct http_exchange *exchange)
{
    const struct service *service = context;
    const struct http_request *request = exchange->request;
    const bool is_page_path = !is_below(request->path, "/v1/") &&
                              !is_below(request->path, "/media/") &&
                              (service->roles & ROLE_APP) != 0;
    exchange->reply.always = is_page_path ? slice_of(service->page_lines) : http_cors_lines();
    const struct asset *asset = is_page_path ? asset_find(request->path) : NULL;
    const bool is_read = request->method == METHOD_GET || request->method == METHOD_HEAD;
    if (asset != NULL && is_read) {
        reply_asset(exchange, asset);
    } else if (asset != NULL) {
        http_reply_problem(exchange, 405, "method-not-allowed", "this is not done here",
                           "pages and their parts can be read: GET or HEAD");
        http_reply_field(exchange, "Allow", "GET, HEAD");
    } else if (is_page_path && is_read && wants_page(request)) {
        const struct asset *shell = asset_shell();
        http_reply_run(exchange, slice_of("Cache-Control: no-store\r\n"));
        http_reply_bytes(exchange, 404, shell->type, shell->bytes);
    } else {
        http_reply_outcome(exchange, NOT_FOUND, &(struct why){"nothing is at this path"});
    }
}
