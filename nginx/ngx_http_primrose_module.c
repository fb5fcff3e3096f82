// SPDX-License-Identifier: Apache-2.0
//
// Signed access in nginx, decided by the same code as in `primrose serve --roles edge`
// (src/delivery/access.h): own tokens, CAT, RFC 9246, CloudFront.
//
//     request -> server rewrite phase: head rebuilt, parsed by src/net/http_parse.h, token checked
//                                      and cut out of $uri, $args, $request_uri
//             -> location              found by the clean path
//             -> access phase:         `primrose_access on` refuses with a problem+json document
//
//     primrose_access_keys FILE;   http, server    a JWK Set (access_keys.h); a reload takes it up
//     primrose_access on|off;      http, server, location
//     primrose_country VALUE;      http, server    ISO 3166-1 alpha-2, such as "$geoip2_country"
//
//     $primrose_key           path and query without tokens and CMCD: what a cache should know it
//     by $primrose_access        "granted", or the code of the refusal: for the log
//     $primrose_cmcd_KEY      a value of Common Media Client Data (CTA-5004): $primrose_cmcd_sid
//
// Tokens for one use are refused: workers of nginx share no memory of them.
#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_http.h>

#include "base/buffer.h"
#include "delivery/access.h"
#include "net/cmcd.h"

enum { QUERY_BYTES_MAX = HTTP_LINE_BYTES_MAX };

typedef struct {
    struct access_keys *keys; // NULL: none; of the cycle's pool
    ngx_http_complex_value_t *country;
} primrose_srv_conf_t;

typedef struct {
    ngx_flag_t is_on;
} primrose_loc_conf_t;

typedef struct {
    struct access_verdict verdict;
    ngx_str_t key;
} primrose_ctx_t;

extern ngx_module_t ngx_http_primrose_module;

static struct slice slice_of_str(ngx_str_t text)
{
    return (struct slice){text.data, text.len};
}

static ngx_int_t str_of_slice(ngx_pool_t *pool, struct slice from, ngx_str_t *out)
{
    u_char *copy = ngx_pnalloc(pool, from.len + 1);
    if (copy == NULL) return NGX_ERROR;
    ngx_memcpy(copy, from.at, from.len);
    copy[from.len] = '\0';
    *out = (ngx_str_t){from.len, copy};
    return NGX_OK;
}

static outcome put_field(struct buffer *out, ngx_str_t name, ngx_str_t value)
{
    TRY(buffer_put(out, slice_of_str(name), NULL));
    TRY(buffer_put_text(out, ": ", NULL));
    TRY(buffer_put(out, slice_of_str(value), NULL));
    return buffer_put_text(out, "\r\n", NULL);
}

// nginx takes more than our parser does (a second Host, a folded line): what it took is written
// down as it understood it, and parsed again by the strict one.
static outcome head_write(ngx_http_request_t *r, struct buffer *out)
{
    TRY(buffer_put(out, slice_of_str(r->method_name), NULL));
    TRY(buffer_put_u8(out, ' ', NULL));
    TRY(buffer_put(out, slice_of_str(r->unparsed_uri), NULL));
    TRY(buffer_put_text(
        out, r->http_version == NGX_HTTP_VERSION_10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n", NULL));
    const ngx_str_t host = ngx_string("Host");
    if (r->http_version == NGX_HTTP_VERSION_20) // from ":authority"
        TRY(put_field(out, host, r->headers_in.server));
    for (ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        const ngx_table_elt_t *fields = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts; i++) {
            const bool is_second_host = r->http_version == NGX_HTTP_VERSION_20 &&
                                        fields[i].key.len == host.len &&
                                        ngx_strncasecmp(fields[i].key.data, host.data, 4) == 0;
            if (!is_second_host) TRY(put_field(out, fields[i].key, fields[i].value));
        }
    }
    return buffer_put_text(out, "\r\n", NULL);
}

static const char *alpn_of(const ngx_http_request_t *r)
{
    if (r->connection->ssl == NULL) return "";
    return r->http_version == NGX_HTTP_VERSION_20 ? "h2" : "http/1.1";
}

static struct access_verdict decide(ngx_http_request_t *r, const struct http_request *http)
{
    const primrose_srv_conf_t *conf = ngx_http_get_module_srv_conf(r, ngx_http_primrose_module);
    char country[4] = "";
    ngx_str_t value;
    if (conf->country != NULL && ngx_http_complex_value(r, conf->country, &value) == NGX_OK &&
        value.len == 2)
        ngx_memcpy(country, value.data, 2);
    const struct access_request request = {
        .http = http,
        .scheme = r->connection->ssl != NULL ? "https" : "http",
        .client = address_of(r->connection->sockaddr),
        .country = country,
        .alpn = alpn_of(r),
        .now_s = ngx_time(),
    };
    return access_check(conf->keys, NULL, &request);
}

// Cuts the token's prefix off the paths, and the parameters of tokens out of the query.
static ngx_int_t clean(ngx_http_request_t *r, const struct http_request *http)
{
    const struct slice path = access_clean_path(http->path);
    const size_t prefix = http->path.len - path.len;
    if (prefix > 0) { // letters that nginx, too, leaves as they are
        if (r->uri.len < prefix || ngx_memcmp(r->uri.data, http->path.at, prefix) != 0)
            return NGX_HTTP_BAD_REQUEST;
        r->uri.data += prefix;
        r->uri.len -= prefix;
        ngx_http_set_exten(r);
    }
    autobuffer query = buffer_init(QUERY_BYTES_MAX);
    if (access_clean_query(http->query, &query, NULL) != OK ||
        str_of_slice(r->pool, buffer_slice(&query), &r->args) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    const size_t len = path.len + (r->args.len > 0 ? 1 + r->args.len : 0);
    u_char *target = ngx_pnalloc(r->pool, len);
    if (target == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    r->unparsed_uri = (ngx_str_t){len, target};
    target = ngx_cpymem(target, path.at, path.len);
    if (r->args.len > 0) {
        *target++ = '?';
        ngx_memcpy(target, r->args.data, r->args.len);
    }
    return NGX_OK;
}

// The path and the query without CMCD, of which each player sends its own.
static ngx_int_t make_key(ngx_http_request_t *r, primrose_ctx_t *ctx)
{
    struct slice rest = slice_of_str(r->unparsed_uri), path;
    (void)slice_cut(&rest, '?', &path);
    autobuffer key = buffer_init(2 * QUERY_BYTES_MAX);
    autobuffer query = buffer_init(QUERY_BYTES_MAX);
    if (buffer_put(&key, path, NULL) != OK ||
        (rest.at != NULL && cmcd_clean_query(rest, &query) != OK))
        return NGX_ERROR;
    if (query.len > 0 && (buffer_put_u8(&key, '?', NULL) != OK ||
                          buffer_put(&key, buffer_slice(&query), NULL) != OK))
        return NGX_ERROR;
    return str_of_slice(r->pool, buffer_slice(&key), &ctx->key);
}

static void forget(void *data)
{
    (void)data; // its address marks the context, which lives in the request's pool
}

// Internal redirects (error_page, try_files) forget the modules' contexts: found again by its mark.
static primrose_ctx_t *context_of(ngx_http_request_t *r)
{
    primrose_ctx_t *ctx = ngx_http_get_module_ctx(r, ngx_http_primrose_module);
    if (ctx != NULL) return ctx;
    for (ngx_pool_cleanup_t *one = r->main->pool->cleanup; one != NULL; one = one->next)
        if (one->handler == forget) return one->data;
    return NULL;
}

static primrose_ctx_t *context_make(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *mark = ngx_pool_cleanup_add(r->pool, sizeof(primrose_ctx_t));
    if (mark == NULL) return NULL;
    mark->handler = forget;
    ngx_http_set_ctx(r, mark->data, ngx_http_primrose_module);
    ngx_memzero(mark->data, sizeof(primrose_ctx_t));
    return mark->data;
}

static ngx_int_t on_rewrite(ngx_http_request_t *r)
{
    const primrose_srv_conf_t *conf = ngx_http_get_module_srv_conf(r, ngx_http_primrose_module);
    if (conf->keys == NULL || r != r->main || context_of(r) != NULL) return NGX_DECLINED;
    primrose_ctx_t *ctx = context_make(r);
    autobuffer head = buffer_init(HTTP_HEAD_BYTES_MAX);
    if (ctx == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    const outcome written = head_write(r, &head);
    if (written != OK)
        return written == TOO_LARGE ? NGX_HTTP_REQUEST_HEADER_TOO_LARGE
                                    : NGX_HTTP_INTERNAL_SERVER_ERROR;
    struct http_scan scan = {.takes_any_method = true};
    struct http_request *http = ngx_palloc(r->pool, sizeof *http);
    size_t head_bytes;
    enum http_fault fault = FAULT_NONE;
    if (http == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (http_request_parse(&scan, buffer_slice(&head), http, &head_bytes, &fault) != HTTP_READY) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "primrose: %s",
                      http_fault_sentence(fault));
        return fault == FAULT_NONE ? NGX_HTTP_BAD_REQUEST : http_fault_status(fault);
    }
    ctx->verdict = decide(r, http);
    const ngx_int_t cleaned = clean(r, http);
    if (cleaned != NGX_OK) return cleaned;
    return make_key(r, ctx) == NGX_OK ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

static ngx_int_t send_problem(ngx_http_request_t *r, enum access_fault fault)
{
    static const char form[] = "{\"type\":\"/problems/%s\",\"title\":\"Signed access refused\","
                               "\"status\":%d,\"detail\":\"%s\"}\n";
    ngx_str_t type = ngx_string("application/problem+json");
    ngx_http_complex_value_t body;
    ngx_memzero(&body, sizeof body);
    const size_t room = sizeof form + ngx_strlen(access_code(fault)) +
                        ngx_strlen(access_sentence(fault)) + NGX_INT32_LEN;
    body.value.data = ngx_pnalloc(r->pool, room);
    if (body.value.data == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    body.value.len = (size_t)(ngx_snprintf(body.value.data, room, form, access_code(fault),
                                           access_status(fault), access_sentence(fault)) -
                              body.value.data);
    if (ngx_http_discard_request_body(r) != NGX_OK) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ngx_table_elt_t *control = ngx_list_push(&r->headers_out.headers);
    if (control == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
    ngx_memzero(control, sizeof *control);
    control->hash = 1;
    ngx_str_set(&control->key, "Cache-Control");
    ngx_str_set(&control->value, "no-store");
    ngx_http_finalize_request(
        r, ngx_http_send_response(r, (ngx_uint_t)access_status(fault), &type, &body));
    return NGX_DONE;
}

static ngx_int_t on_access(ngx_http_request_t *r)
{
    const primrose_loc_conf_t *conf = ngx_http_get_module_loc_conf(r, ngx_http_primrose_module);
    if (!conf->is_on) return NGX_DECLINED;
    const primrose_ctx_t *ctx = context_of(r);
    const enum access_fault fault = ctx == NULL ? ACCESS_MISSING : ctx->verdict.fault;
    return fault == ACCESS_GRANTED ? NGX_DECLINED : send_problem(r, fault);
}

static void set_variable(ngx_http_variable_value_t *v, const void *text, size_t len)
{
    v->data = (u_char *)text;
    v->len = (unsigned)len & 0xfffffffU;
    v->valid = 1;
    v->no_cacheable = v->not_found = 0;
}

static ngx_int_t get_access(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t unused)
{
    (void)unused;
    const primrose_ctx_t *ctx = context_of(r);
    v->not_found = ctx == NULL;
    if (ctx == NULL) return NGX_OK;
    const char *code = access_code(ctx->verdict.fault);
    set_variable(v, code, ngx_strlen(code));
    return NGX_OK;
}

static ngx_int_t get_key(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t unused)
{
    (void)unused;
    const primrose_ctx_t *ctx = context_of(r);
    const ngx_str_t key = ctx == NULL ? r->unparsed_uri : ctx->key;
    set_variable(v, key.data, key.len);
    return NGX_OK;
}

static bool cmcd_find(struct slice line, struct slice wanted, struct slice *value)
{
    struct slice key, found;
    while (cmcd_next(&line, &key, &found) == CMCD_MEMBER) {
        if (key.len != wanted.len || ngx_memcmp(key.at, wanted.at, key.len) != 0) continue;
        const struct slice quoted = cmcd_quoted(found);
        *value = found.at == NULL ? slice_of("true") : quoted.at != NULL ? quoted : found;
        return true;
    }
    return false;
}

static bool cmcd_in_query(ngx_http_request_t *r, struct slice key, struct slice *value)
{
    ngx_str_t coded;
    if (ngx_http_arg(r, (u_char *)"CMCD", 4, &coded) != NGX_OK) return false;
    u_char *plain = ngx_pnalloc(r->pool, coded.len), *from = coded.data, *to = plain;
    if (plain == NULL) return false;
    ngx_unescape_uri(&to, &from, coded.len, 0);
    return cmcd_find((struct slice){plain, (size_t)(to - plain)}, key, value);
}

static ngx_int_t get_cmcd(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    static const char prefix[] = "primrose_cmcd_";
    const ngx_str_t *name = (const ngx_str_t *)data;
    const struct slice key = {name->data + sizeof prefix - 1, name->len - (sizeof prefix - 1)};
    struct slice value;
    bool is_found = cmcd_in_query(r, key, &value);
    for (ngx_list_part_t *part = &r->headers_in.headers.part; part != NULL && !is_found;
         part = part->next) {
        const ngx_table_elt_t *fields = part->elts;
        for (ngx_uint_t i = 0; i < part->nelts && !is_found; i++)
            is_found = fields[i].key.len > 5 &&
                       ngx_strncasecmp(fields[i].key.data, (u_char *)"CMCD-", 5) == 0 &&
                       cmcd_find(slice_of_str(fields[i].value), key, &value);
    }
    v->not_found = !is_found;
    if (is_found) set_variable(v, value.at, value.len);
    return NGX_OK;
}

static ngx_http_variable_t variables[] = {
    {ngx_string("primrose_access"), NULL, get_access, 0, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("primrose_key"), NULL, get_key, 0, NGX_HTTP_VAR_NOCACHEABLE, 0},
    {ngx_string("primrose_cmcd_"), NULL, get_cmcd, 0, NGX_HTTP_VAR_PREFIX, 0},
    ngx_http_null_variable,
};

static ngx_int_t add_variables(ngx_conf_t *cf)
{
    for (ngx_http_variable_t *one = variables; one->name.len > 0; one++) {
        ngx_http_variable_t *added = ngx_http_add_variable(cf, &one->name, one->flags);
        if (added == NULL) return NGX_ERROR;
        added->get_handler = one->get_handler;
        added->data = one->data;
    }
    return NGX_OK;
}

static ngx_int_t add_handlers(ngx_conf_t *cf)
{
    static const struct {
        ngx_http_phases phase;
        ngx_http_handler_pt handler;
    } rows[] = {{NGX_HTTP_SERVER_REWRITE_PHASE, on_rewrite}, {NGX_HTTP_ACCESS_PHASE, on_access}};
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ngx_http_handler_pt *slot = ngx_array_push(&core->phases[rows[i].phase].handlers);
        if (slot == NULL) return NGX_ERROR;
        *slot = rows[i].handler;
    }
    return NGX_OK;
}

static void keys_close(void *data)
{
    struct access_keys *keys = data;
    access_keys_close(&keys);
}

static char *read_keys(ngx_conf_t *cf, ngx_command_t *command, void *data)
{
    (void)command;
    primrose_srv_conf_t *conf = data;
    ngx_str_t path = ((ngx_str_t *)cf->args->elts)[1];
    struct why why = {""};
    if (conf->keys != NULL) return "is duplicate";
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (cleanup == NULL || ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) return NGX_CONF_ERROR;
    if (access_keys_load((const char *)path.data, &conf->keys, &why) != OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "primrose_access_keys: %s", why.text);
        return NGX_CONF_ERROR;
    }
    cleanup->handler = keys_close;
    cleanup->data = conf->keys;
    return NGX_CONF_OK;
}

static void *make_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(primrose_srv_conf_t));
}

static char *merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    (void)cf;
    const primrose_srv_conf_t *outer = parent;
    primrose_srv_conf_t *inner = child;
    if (inner->keys == NULL) inner->keys = outer->keys;
    if (inner->country == NULL) inner->country = outer->country;
    return NGX_CONF_OK;
}

static void *make_loc_conf(ngx_conf_t *cf)
{
    primrose_loc_conf_t *conf = ngx_pcalloc(cf->pool, sizeof *conf);
    if (conf != NULL) conf->is_on = NGX_CONF_UNSET;
    return conf;
}

static char *merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    const primrose_srv_conf_t *server =
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_primrose_module);
    const primrose_loc_conf_t *outer = parent;
    primrose_loc_conf_t *inner = child;
    ngx_conf_merge_value(inner->is_on, outer->is_on, 0);
    if (!inner->is_on || server->keys != NULL) return NGX_CONF_OK;
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"primrose_access on\" has no keys: name their file with "
                       "\"primrose_access_keys FILE;\" in this server or around it");
    return NGX_CONF_ERROR;
}

static ngx_command_t commands[] = {
    {ngx_string("primrose_access_keys"), NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     read_keys, NGX_HTTP_SRV_CONF_OFFSET, 0, NULL},
    {ngx_string("primrose_country"), NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_CONF_TAKE1,
     ngx_http_set_complex_value_slot, NGX_HTTP_SRV_CONF_OFFSET,
     offsetof(primrose_srv_conf_t, country), NULL},
    {ngx_string("primrose_access"),
     NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_FLAG,
     ngx_conf_set_flag_slot, NGX_HTTP_LOC_CONF_OFFSET, offsetof(primrose_loc_conf_t, is_on), NULL},
    ngx_null_command,
};

static ngx_http_module_t http_module = {
    .preconfiguration = add_variables,
    .postconfiguration = add_handlers,
    .create_srv_conf = make_srv_conf,
    .merge_srv_conf = merge_srv_conf,
    .create_loc_conf = make_loc_conf,
    .merge_loc_conf = merge_loc_conf,
};

ngx_module_t ngx_http_primrose_module = {
    NGX_MODULE_V1, &http_module, commands, NGX_HTTP_MODULE,       NULL, NULL, NULL, NULL,
    NULL,          NULL,         NULL,     NGX_MODULE_V1_PADDING,
};
