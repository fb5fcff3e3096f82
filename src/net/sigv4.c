// SPDX-License-Identifier: Apache-2.0
#include "net/sigv4.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { HASH_BYTES = 32, PARAMETERS_MAX = 64, TIME_BYTES = 17, DAY_BYTES = 9 };

struct field {
    char name[64]; // lower case
    struct slice value;
    size_t number; // fields of one name keep their order
};

struct signing {
    struct field fields[SIGV4_FIELDS_MAX];
    size_t field_count;
    char time[TIME_BYTES], day[DAY_BYTES];
    struct buffer text;  // canonical request, then string to sign
    struct buffer names; // "host;x-amz-date"
};

void sigv4_fields_release(struct sigv4_fields *fields)
{
    buffer_release(&fields->token);
    buffer_release(&fields->granted);
}

void sigv4_hash(struct slice bytes, char out[SIGV4_HASH_BYTES])
{
    uint8_t hash[HASH_BYTES];
    // Without memory or the algorithm there is no OpenSSL to go on with.
    if (EVP_Digest(bytes.at, bytes.len, hash, NULL, EVP_sha256(), NULL) != 1) abort();
    hex_format(hash, sizeof hash, out);
}

static void hmac(struct slice key, struct slice text, uint8_t out[HASH_BYTES])
{
    unsigned len = HASH_BYTES;
    if (HMAC(EVP_sha256(), key.at, (int)key.len, text.at, text.len, out, &len) == NULL) abort();
}

// --- the canonical request -------------------------------------------------------------------

static outcome field_add(struct signing *signing, struct slice name, struct slice value,
                         struct why *why)
{
    struct field *field = &signing->fields[signing->field_count];
    if (signing->field_count == SIGV4_FIELDS_MAX || name.len >= sizeof field->name)
        return fail(why, INVALID, "a request to be signed has up to %d fields of short names",
                    SIGV4_FIELDS_MAX);
    for (size_t i = 0; i < name.len; i++)
        field->name[i] = (char)tolower(name.at[i]);
    field->name[name.len] = '\0';
    field->value = slice_trim(value);
    field->number = signing->field_count++;
    return OK;
}

static outcome field_add_line(struct signing *signing, const char *line, struct why *why)
{
    const char *colon = strchr(line, ':');
    if (colon == NULL) return fail(why, INVALID, "\"%.60s\" is no header field", line);
    return field_add(signing, (struct slice){(const uint8_t *)line, (size_t)(colon - line)},
                     slice_of(colon + 1), why);
}

static int compare_fields(const void *left, const void *right)
{
    const struct field *a = left, *b = right;
    const int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

// Runs of spaces inside a value count as one.
static outcome put_folded(struct buffer *out, struct slice value, struct why *why)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.at[i] != ' ' || i == 0 || value.at[i - 1] != ' ')
            TRY(buffer_put_u8(out, value.at[i], why));
    return OK;
}

// Fields of one name become one line, joined by commas.
static outcome put_fields(struct signing *signing, struct why *why)
{
    struct buffer *text = &signing->text;
    for (size_t i = 0; i < signing->field_count; i++) {
        const struct field *field = &signing->fields[i];
        const bool is_first = i == 0 || strcmp(field->name, field[-1].name) != 0;
        const bool is_last =
            i + 1 == signing->field_count || strcmp(field->name, field[1].name) != 0;
        if (is_first) {
            TRY(buffer_format(text, why, "%s:", field->name));
            TRY(buffer_format(&signing->names, why, "%s%s", i == 0 ? "" : ";", field->name));
        } else {
            TRY(buffer_put_u8(text, ',', why));
        }
        TRY(put_folded(text, field->value, why));
        if (is_last) TRY(buffer_put_u8(text, '\n', why));
    }
    return buffer_put_u8(text, '\n', why);
}

static int compare_bytes(struct slice a, struct slice b)
{
    const int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct parameter {
    struct slice name, value;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    const int order = compare_bytes(a->name, b->name);
    return order != 0 ? order : compare_bytes(a->value, b->value);
}

static outcome put_query(struct signing *signing, const char *query, struct why *why)
{
    struct parameter parameters[PARAMETERS_MAX];
    size_t count = 0;
    struct slice rest = slice_of(query), part;
    while (query[0] != '\0' && slice_cut(&rest, '&', &part)) {
        if (count == PARAMETERS_MAX)
            return fail(why, INVALID, "a query to be signed has up to %d parameters",
                        PARAMETERS_MAX);
        struct parameter *parameter = &parameters[count++];
        (void)slice_cut(&part, '=', &parameter->name);
        parameter->value = part.at == NULL ? slice_of("") : part;
    }
    if (count > 0) qsort(parameters, count, sizeof parameters[0], compare_parameters);
    for (size_t i = 0; i < count; i++)
        TRY(buffer_format(&signing->text, why, "%s%.*s=%.*s", i == 0 ? "" : "&",
                          SLICE_ARG(parameters[i].name), SLICE_ARG(parameters[i].value)));
    return buffer_put_u8(&signing->text, '\n', why);
}

static outcome put_request(struct signing *signing, const struct sigv4_request *request,
                           struct why *why)
{
    signing->text.len = 0;
    TRY(buffer_format(&signing->text, why, "%s\n%s\n", request->method, request->path));
    TRY(put_query(signing, request->query, why));
    TRY(put_fields(signing, why));
    TRY(buffer_put(&signing->text, buffer_slice(&signing->names), why));
    return buffer_format(&signing->text, why, "\n%s", request->payload_hash);
}

// --- the signature ---------------------------------------------------------------------------

static outcome make_key(const struct sigv4_identity *identity, const char *day,
                        uint8_t key[HASH_BYTES], struct why *why)
{
    char first[260];
    const int len = snprintf(first, sizeof first, "AWS4%s", identity->secret_key);
    if (len >= (int)sizeof first) return fail(why, TOO_LARGE, "the secret key is too long");
    const char *const steps[] = {day, identity->region, identity->service, "aws4_request"};
    struct slice last = {(const uint8_t *)first, (size_t)len};
    uint8_t next[HASH_BYTES];
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        hmac(last, slice_of(steps[i]), next);
        memcpy(key, next, HASH_BYTES);
        last = (struct slice){key, HASH_BYTES};
    }
    OPENSSL_cleanse(first, sizeof first);
    OPENSSL_cleanse(next, sizeof next);
    return OK;
}

static outcome put_signature(struct signing *signing, const struct sigv4_identity *identity,
                             struct buffer *out, struct why *why)
{
    char hash[SIGV4_HASH_BYTES], scope[200], signature[SIGV4_HASH_BYTES];
    uint8_t key[HASH_BYTES], bytes[HASH_BYTES];
    sigv4_hash(buffer_slice(&signing->text), hash);
    if (snprintf(scope, sizeof scope, "%s/%s/%s/aws4_request", signing->day, identity->region,
                 identity->service) >= (int)sizeof scope)
        return fail(why, TOO_LARGE, "the region %.40s... is too long", identity->region);
    signing->text.len = 0;
    TRY(buffer_format(&signing->text, why, ALGORITHM "\n%s\n%s\n%s", signing->time, scope, hash));
    TRY(make_key(identity, signing->day, key, why));
    hmac((struct slice){key, sizeof key}, buffer_slice(&signing->text), bytes);
    OPENSSL_cleanse(key, sizeof key);
    hex_format(bytes, sizeof bytes, signature);
    return buffer_format(out, why,
                         "Authorization: " ALGORITHM " Credential=%s/%s, SignedHeaders=%.*s, "
                         "Signature=%s",
                         identity->access_key, scope, SLICE_ARG(buffer_slice(&signing->names)),
                         signature);
}

static outcome add_own_fields(struct signing *signing, const struct sigv4_identity *identity,
                              const struct sigv4_request *request, struct sigv4_fields *out,
                              struct why *why)
{
    (void)snprintf(out->date, sizeof out->date, "X-Amz-Date: %s", signing->time);
    TRY(field_add(signing, slice_of("host"), slice_of(request->host), why));
    TRY(field_add_line(signing, out->date, why));
    if (strcmp(identity->service, "s3") == 0) {
        (void)snprintf(out->payload, sizeof out->payload, "X-Amz-Content-Sha256: %s",
                       request->payload_hash);
        TRY(field_add_line(signing, out->payload, why));
    }
    if (identity->session_token[0] == '\0') return OK;
    TRY(buffer_format(&out->token, why, "X-Amz-Security-Token: %s", identity->session_token));
    const char *token = buffer_text(&out->token);
    if (token == NULL) return fail(why, NO_MEMORY, "no memory for a session token");
    return field_add_line(signing, token, why);
}

static outcome sign(struct signing *signing, const struct sigv4_identity *identity,
                    const struct sigv4_request *request, struct sigv4_fields *out, struct why *why)
{
    const time_t seconds = (time_t)(request->wall_ms / 1000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(signing->time, sizeof signing->time, "%Y%m%dT%H%M%SZ", &utc);
    memcpy(signing->day, signing->time, DAY_BYTES - 1);
    for (const char *const *line = request->fields; line != NULL && *line != NULL; line++)
        TRY(field_add_line(signing, *line, why));
    TRY(add_own_fields(signing, identity, request, out, why));
    qsort(signing->fields, signing->field_count, sizeof signing->fields[0], compare_fields);
    TRY(put_request(signing, request, why));
    TRY(put_signature(signing, identity, &out->granted, why));
    return buffer_text(&out->granted) != NULL ? OK
                                              : fail(why, NO_MEMORY, "no memory for a signature");
}

outcome sigv4_sign(const struct sigv4_identity *identity, const struct sigv4_request *request,
                   struct sigv4_fields *out, struct why *why)
{
    assert(request->path[0] == '/');
    struct signing signing = {.text = buffer_init(SIGV4_TEXT_BYTES),
                              .names = buffer_init(SIGV4_FIELDS_MAX * 64)};
    struct sigv4_fields fields = {.token = buffer_init(SIGV4_TEXT_BYTES),
                                  .granted = buffer_init(SIGV4_TEXT_BYTES)};
    const outcome result = sign(&signing, identity, request, &fields, why);
    buffer_release(&signing.text);
    buffer_release(&signing.names);
    if (result == OK)
        *out = fields;
    else
        sigv4_fields_release(&fields);
    return result;
}
