// SPDX-License-Identifier: Apache-2.0
#include "store/aws.h"

#include "base/random.h"
#include "base/url.h"
#include "net/sigv4.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

enum {
    BACKOFF_MS = 50,
    BACKOFF_MS_MAX = 2000,
    IDLE_CLIENTS_MAX = 16, // kept open between calls: about as many threads call at once
    REGION_BYTES = 64,
    HOST_BYTES = 300,
    KEY_BYTES = 256,
    TOKEN_BYTES = 16 * 1024,
};

struct aws {
    struct sigv4_identity identity;
    const struct clock *clock;
    int64_t deadline_ms;
    char service[16], region[REGION_BYTES], host[HOST_BYTES], origin[HOST_BYTES + 16];
    char access_key[KEY_BYTES], secret_key[KEY_BYTES], token[TOKEN_BYTES];
    pthread_mutex_t lock; // of the idle clients
    struct http_client *idle[IDLE_CLIENTS_MAX];
    size_t idle_count;
};

void aws_answer_release(struct aws_answer *answer)
{
    http_fetched_release(&answer->head);
}

// --- opening ---------------------------------------------------------------------------------

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

static outcome take_text(const char *name, const char *value, char *out, size_t room,
                         struct why *why)
{
    const size_t len = strlen(value);
    if (len >= room) return fail(why, TOO_LARGE, "%s has more than %zu characters", name, room - 1);
    memcpy(out, value, len + 1);
    return OK;
}

static outcome load_identity(struct aws *aws, const struct aws_options *options, struct why *why)
{
    const char *region = options->region;
    if (region[0] == '\0') region = environment("AWS_REGION");
    if (region[0] == '\0') region = environment("AWS_DEFAULT_REGION");
    if (region[0] == '\0') region = "us-east-1";
    TRY(take_text("the region", region, aws->region, sizeof aws->region, why));
    TRY(take_text("the service", options->service, aws->service, sizeof aws->service, why));
    TRY(take_text("AWS_ACCESS_KEY_ID", environment("AWS_ACCESS_KEY_ID"), aws->access_key,
                  sizeof aws->access_key, why));
    TRY(take_text("AWS_SECRET_ACCESS_KEY", environment("AWS_SECRET_ACCESS_KEY"), aws->secret_key,
                  sizeof aws->secret_key, why));
    TRY(take_text("AWS_SESSION_TOKEN", environment("AWS_SESSION_TOKEN"), aws->token,
                  sizeof aws->token, why));
    if (aws->access_key[0] == '\0' || aws->secret_key[0] == '\0')
        return fail(why, DENIED,
                    "no credentials for %s: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
                    "environment",
                    options->service);
    aws->identity = (struct sigv4_identity){aws->access_key, aws->secret_key, aws->token,
                                            aws->region, aws->service};
    return OK;
}

// The Host field leaves a scheme's own port out, as libcurl does.
static outcome set_origin(struct aws *aws, const struct aws_options *options, struct why *why)
{
    struct url url;
    char own[HOST_BYTES + 16];
    const char *endpoint = options->endpoint;
    if (endpoint[0] == '\0') {
        (void)snprintf(own, sizeof own, "https://%s.%s.amazonaws.com", options->host, aws->region);
        endpoint = own;
    }
    TRY(url_parse(slice_of(endpoint), &url, why));
    const bool is_http = slice_is(url.scheme, "http");
    if ((!is_http && !slice_is(url.scheme, "https")) || url.host.len == 0 || url.path.len > 1 ||
        url.query.at != NULL || url.userinfo.at != NULL)
        return fail(why, INVALID, "the endpoint %.200s is no http://host:port or https://host",
                    endpoint);
    const char *open = url.is_host_ipv6 ? "[" : "", *shut = url.is_host_ipv6 ? "]" : "";
    int len = snprintf(aws->host, sizeof aws->host, "%s%.*s%s", open, SLICE_ARG(url.host), shut);
    if (len < (int)sizeof aws->host && url.port != (is_http ? 80 : 443))
        len += snprintf(aws->host + len, sizeof aws->host - (size_t)len, ":%u", url.port);
    if (len >= (int)sizeof aws->host)
        return fail(why, TOO_LARGE, "the endpoint %.80s... is too long", endpoint);
    (void)snprintf(aws->origin, sizeof aws->origin, "%s://%s", is_http ? "http" : "https",
                   aws->host);
    return OK;
}

outcome aws_open(const struct aws_options *options, struct aws **out, struct why *why)
{
    struct aws *aws = calloc(1, sizeof *aws);
    if (aws == NULL) return fail(why, NO_MEMORY, "no memory to open %s", options->service);
    aws->clock = options->clock;
    aws->deadline_ms = options->deadline_ms == 0 ? AWS_DEADLINE_MS : options->deadline_ms;
    pthread_mutex_init(&aws->lock, NULL);
    outcome result = load_identity(aws, options, why);
    if (result == OK) result = set_origin(aws, options, why);
    if (result != OK) {
        aws_close(&aws);
        return result;
    }
    *out = aws;
    return OK;
}

void aws_close(struct aws **aws)
{
    if (*aws == NULL) return;
    for (size_t i = 0; i < (*aws)->idle_count; i++)
        http_client_close(&(*aws)->idle[i]);
    pthread_mutex_destroy(&(*aws)->lock);
    OPENSSL_cleanse(*aws, sizeof **aws);
    free(*aws);
    *aws = NULL;
}

const char *aws_origin(const struct aws *aws)
{
    return aws->origin;
}

outcome aws_sign(const struct aws *aws, const char *method, const char *path,
                 struct sigv4_fields *out, struct why *why)
{
    char hash[SIGV4_HASH_BYTES];
    sigv4_hash((struct slice){NULL, 0}, hash);
    const struct sigv4_request wanted = {
        .method = method,
        .host = aws->host,
        .path = path,
        .query = "",
        .payload_hash = hash,
        .wall_ms = clock_wall_ms(aws->clock),
    };
    return sigv4_sign(&aws->identity, &wanted, out, why);
}

// --- calling ---------------------------------------------------------------------------------

static outcome client_take(struct aws *aws, struct http_client **out, struct why *why)
{
    struct http_client *client = NULL;
    pthread_mutex_lock(&aws->lock);
    if (aws->idle_count > 0) client = aws->idle[--aws->idle_count];
    pthread_mutex_unlock(&aws->lock);
    if (client == NULL) return http_client_open(out, why);
    *out = client;
    return OK;
}

static void client_put(struct aws *aws, struct http_client *client)
{
    pthread_mutex_lock(&aws->lock);
    if (aws->idle_count < IDLE_CLIENTS_MAX) {
        aws->idle[aws->idle_count++] = client;
        client = NULL;
    }
    pthread_mutex_unlock(&aws->lock);
    http_client_close(&client);
}

static outcome fetch_signed(struct aws *aws, struct http_client *client,
                            const struct aws_request *request, struct buffer *body,
                            struct http_fetched *out, struct why *why)
{
    char hash[SIGV4_HASH_BYTES], url[URL_BYTES_MAX];
    autosigv4 own = {0};
    sigv4_hash(request->body, hash);
    const struct sigv4_request wanted = {
        .method = request->method,
        .host = aws->host,
        .path = request->path,
        .query = request->query,
        .fields = request->fields,
        .payload_hash = hash,
        .wall_ms = clock_wall_ms(aws->clock),
    };
    TRY(sigv4_sign(&aws->identity, &wanted, &own, why));
    if (snprintf(url, sizeof url, "%s%s%s%s", aws->origin, request->path,
                 request->query[0] == '\0' ? "" : "?", request->query) >= (int)sizeof url)
        return fail(why, TOO_LARGE, "a URL of %s is too long", aws->host);
    const char *fields[SIGV4_FIELDS_MAX + 6];
    size_t count = 0;
    for (const char *const *field = request->fields; field != NULL && *field != NULL; field++)
        fields[count++] = *field;
    fields[count++] = own.date;
    fields[count++] = (const char *)own.granted.at;
    if (own.payload[0] != '\0') fields[count++] = own.payload;
    if (own.token.len > 0) fields[count++] = (const char *)own.token.at;
    fields[count++] = "Expect:"; // no round trip before each body
    fields[count] = NULL;
    const bool has_body = strcmp(request->method, "PUT") == 0 || request->body.len > 0;
    const struct http_fetch fetch = {
        .url = url,
        .method = request->method,
        .fields = fields,
        .body = has_body && request->body.at == NULL ? slice_of("") : request->body,
        .has_range = request->has_range,
        .range_first = request->range_first,
        .range_last = request->range_last,
        .deadline_ms = aws->deadline_ms,
    };
    return http_client_fetch(client, &fetch, body, out, why);
}

static bool is_worth_another(const struct http_fetched *head, aws_is_transient *is_transient,
                             struct slice body)
{
    return head->status == 429 || head->status >= 500 ||
           (head->status >= 400 && is_transient != NULL && is_transient(body));
}

// "Full jitter": callers that failed together do not come back together.
static void back_off(uint32_t tries)
{
    int64_t most_ms = BACKOFF_MS;
    for (uint32_t i = 1; i < tries && most_ms < BACKOFF_MS_MAX; i++)
        most_ms *= 2;
    uint64_t noise;
    random_bytes((uint8_t *)&noise, sizeof noise);
    const long wait_ms = (long)(noise % (uint64_t)most_ms);
    (void)nanosleep(&(struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000}, NULL);
}

outcome aws_call(struct aws *aws, const struct aws_request *request, aws_is_transient *is_transient,
                 struct buffer *body, struct aws_answer *out, struct why *why)
{
    struct http_client *client = NULL;
    struct http_fetched head = {0};
    const size_t start = body->len;
    uint32_t tries = 0;
    outcome result;
    TRY(client_take(aws, &client, why));
    for (;;) {
        tries++;
        result = fetch_signed(aws, client, request, body, &head, why);
        if (result != OK ? !outcome_is_retriable(result) || result == NO_MEMORY
                         : !is_worth_another(&head, is_transient,
                                             slice_part(buffer_slice(body), start, SIZE_MAX)))
            break;
        if (result == OK) {
            result = fail(why, UNAVAILABLE, "%s of %s answers with status %d, %u times now",
                          aws->service, aws->host, head.status, tries);
            http_fetched_release(&head);
        }
        body->len = start;
        if (tries == AWS_TRIES_MAX) break;
        back_off(tries);
    }
    client_put(aws, client);
    TRY(result);
    *out = (struct aws_answer){head, tries};
    return OK;
}
