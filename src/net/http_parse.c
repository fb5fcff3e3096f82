// SPDX-License-Identifier: Apache-2.0
#include "net/http_parse.h"

#include "net/http_bytes.h"

#include <assert.h>
#include <string.h>

enum often { MANY, ONCE };

static const char *const method_words[METHOD_COUNT] = {
#define HTTP_METHOD_WORD(name) #name,
    HTTP_METHODS(HTTP_METHOD_WORD)
#undef HTTP_METHOD_WORD
};

static const struct {
    const char *name;
    size_t len;
    enum often often;
} known_fields[FIELD_ID_COUNT] = {
#define HTTP_FIELD_FACT(id, name, often) {name, sizeof(name) - 1, often},
    HTTP_FIELD_IDS(HTTP_FIELD_FACT)
#undef HTTP_FIELD_FACT
};

static const struct {
    int status;
    const char *sentence;
} faults[FAULT_COUNT] = {
#define HTTP_FAULT_FACT(name, status, sentence) {status, sentence},
    HTTP_FAULTS(HTTP_FAULT_FACT)
#undef HTTP_FAULT_FACT
};

const char *http_method_word(enum http_method method)
{
    assert(method < METHOD_COUNT);
    return method_words[method];
}

int http_fault_status(enum http_fault fault)
{
    assert(fault < FAULT_COUNT);
    return faults[fault].status;
}

const char *http_fault_sentence(enum http_fault fault)
{
    assert(fault < FAULT_COUNT);
    return faults[fault].sentence;
}

bool http_request_find(const struct http_request *request, enum http_field_id id,
                       struct slice *value)
{
    assert(id > FIELD_OTHER && id < FIELD_ID_COUNT);
    if (request->first[id] == 0) return false;
    *value = request->fields[request->first[id] - 1].value;
    return true;
}

static void move_slice(struct slice *s, struct slice from, const uint8_t *to)
{
    if (s->at != NULL && s->at >= from.at && s->at <= from.at + from.len)
        s->at = to + (s->at - from.at);
}

void http_request_move(struct http_request *request, struct slice from, const uint8_t *to)
{
    move_slice(&request->method_word, from, to);
    move_slice(&request->target, from, to);
    move_slice(&request->path, from, to);
    move_slice(&request->query, from, to);
    move_slice(&request->host, from, to);
    for (size_t i = 0; i < request->field_count; i++) {
        move_slice(&request->fields[i].name, from, to);
        move_slice(&request->fields[i].value, from, to);
    }
}

bool http_is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!byte_is(text.at[i], BYTE_TOKEN)) return false;
    return text.len > 0;
}

bool http_list_has(struct slice list, const char *token)
{
    struct slice item;
    while (slice_cut(&list, ',', &item))
        if (slice_is_nocase(slice_trim(item), token)) return true;
    return false;
}

// Field by field, what its value means for the framing of the request.
static enum http_fault take_length(struct http_request *request, struct slice value)
{
    if (slice_u64(value, INT64_MAX, &request->content_length, NULL) != OK) return FAULT_LENGTH;
    request->framing = FRAMING_LENGTH;
    return FAULT_NONE;
}

static enum http_fault take_coding(struct http_request *request, struct slice value)
{
    if (request->minor == 0) return FAULT_CODING_OLD;
    if (!slice_is_nocase(value, "chunked")) return FAULT_CODING_UNKNOWN;
    return FAULT_NONE;
}

static enum http_fault take_host(struct http_request *request, struct slice value)
{
    if (!http_is_authority(value)) return FAULT_HOST;
    request->host = value;
    return FAULT_NONE;
}

static enum http_fault take_expect(struct http_request *request, struct slice value)
{
    if (!slice_is_nocase(value, "100-continue")) return FAULT_EXPECT;
    request->expects_continue = request->minor == 1; // RFC 9110 10.1.1: ignored from HTTP/1.0
    return FAULT_NONE;
}

static enum http_fault take_known(struct http_request *request, enum http_field_id id,
                                  struct slice value)
{
    switch (id) {
    case FIELD_CONTENT_LENGTH: return take_length(request, value);
    case FIELD_TRANSFER_ENCODING: return take_coding(request, value);
    case FIELD_HOST: return take_host(request, value);
    case FIELD_EXPECT: return take_expect(request, value);
    case FIELD_CONNECTION:
        request->is_last = request->is_last || http_list_has(value, "close");
        return FAULT_NONE;
    default: return FAULT_NONE;
    }
}

static enum http_field_id field_id(struct slice name)
{
    const uint8_t first = name.at[0] | 0x20; // lower case; no other token byte becomes a letter
    for (size_t i = FIELD_OTHER + 1; i < FIELD_ID_COUNT; i++)
        if (known_fields[i].len == name.len && (uint8_t)known_fields[i].name[0] == first &&
            slice_is_nocase(name, known_fields[i].name))
            return (enum http_field_id)i;
    return FIELD_OTHER;
}

enum http_fault http_field_parse(struct slice line, struct http_field *out)
{
    size_t colon = 0;
    while (colon < line.len && byte_is(line.at[colon], BYTE_TOKEN))
        colon++;
    const bool is_blank = colon < line.len && (line.at[colon] == ' ' || line.at[colon] == '\t');
    if (is_blank) return colon == 0 ? FAULT_FIELD_FOLD : FAULT_FIELD_SPACE;
    if (colon == 0 || colon == line.len || line.at[colon] != ':') return FAULT_FIELD_NAME;
    for (size_t i = colon + 1; i < line.len; i++)
        if (!byte_is(line.at[i], BYTE_VALUE))
            return line.at[i] == '\r' ? FAULT_BARE_CR : FAULT_FIELD_VALUE;
    out->name = slice_part(line, 0, colon);
    out->value = slice_trim(slice_part(line, colon + 1, line.len));
    out->id = field_id(out->name);
    return FAULT_NONE;
}

static enum http_fault take_field(struct http_request *request, struct slice line)
{
    struct http_field read;
    const enum http_fault fault = http_field_parse(line, &read);
    if (fault != FAULT_NONE) return fault;
    if (request->field_count == HTTP_FIELDS_MAX) return FAULT_FIELDS_LARGE;
    struct http_field *field = &request->fields[request->field_count++];
    *field = read;
    if (field->id == FIELD_OTHER) return FAULT_NONE;
    if (request->first[field->id] != 0)
        return known_fields[field->id].often == ONCE ? FAULT_FIELD_TWICE
                                                     : take_known(request, field->id, field->value);
    request->first[field->id] = (uint8_t)request->field_count;
    return take_known(request, field->id, field->value);
}

static enum http_fault take_method(struct http_request *request, struct slice word,
                                   const struct http_scan *scan)
{
    if (!http_is_token(word)) return FAULT_METHOD;
    request->method_word = word;
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (!slice_is(word, method_words[i])) continue; // methods are case-sensitive
        request->method = (enum http_method)i;
        return FAULT_NONE;
    }
    request->method = METHOD_OTHER;
    return scan->takes_any_method ? FAULT_NONE : FAULT_METHOD_UNKNOWN;
}

static enum http_fault take_version(struct http_request *request, struct slice word)
{
    if (slice_is(word, "HTTP/1.1") || slice_is(word, "HTTP/1.0")) {
        request->minor = word.at[7] - '0';
        request->is_last = request->minor == 0;
        return FAULT_NONE;
    }
    const bool is_version = word.len == 8 && slice_starts(word, "HTTP/") &&
                            byte_is(word.at[5], BYTE_DIGIT) && word.at[6] == '.' &&
                            byte_is(word.at[7], BYTE_DIGIT);
    return is_version ? FAULT_VERSION_UNKNOWN : FAULT_VERSION;
}

// absolute-form: "http://host/path"; its authority is kept until the Host field has been checked.
static enum http_fault take_absolute(struct http_request *request, struct slice *authority,
                                     struct slice *path)
{
    const char *scheme =
        slice_is_nocase(slice_part(*path, 0, 7), "http://") ? "http://" : "https://";
    if (!slice_is_nocase(slice_part(*path, 0, strlen(scheme)), scheme)) return FAULT_TARGET;
    const struct slice rest = slice_part(*path, strlen(scheme), path->len);
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    *authority = slice_part(rest, 0, len);
    *path = slice_part(rest, len, rest.len);
    if (!http_is_authority(*authority)) return FAULT_TARGET;
    if (path->len == 0 && request->method == METHOD_OPTIONS) *path = slice_of("*");
    if (path->len == 0 || path->at[0] == '?') return FAULT_TARGET; // an http URL's path has its '/'
    return FAULT_NONE;
}

static enum http_fault take_target(struct http_request *request, struct slice word,
                                   struct slice *authority)
{
    request->target = word;
    struct slice path = word;
    if (slice_is(word, "*")) {
        request->path = word;
        return request->method == METHOD_OPTIONS ? FAULT_NONE : FAULT_TARGET;
    }
    if (word.len == 0) return FAULT_TARGET;
    if (word.at[0] != '/') {
        const enum http_fault fault = take_absolute(request, authority, &path);
        if (fault != FAULT_NONE) return fault;
    }
    size_t path_len = 0;
    while (path_len < path.len && path.at[path_len] != '?')
        path_len++;
    request->path = slice_part(path, 0, path_len);
    if (path_len < path.len) request->query = slice_part(path, path_len + 1, path.len);
    if (slice_is(request->path, "*")) return FAULT_NONE;
    if (!http_is_escaped(request->path, BYTE_PATH) || !http_is_escaped(request->query, BYTE_QUERY))
        return FAULT_TARGET;
    return FAULT_NONE;
}

static enum http_fault take_request_line(struct http_request *request, struct slice line,
                                         const struct http_scan *scan, struct slice *authority)
{
    if (line.len > HTTP_LINE_BYTES_MAX) return FAULT_LINE_LONG;
    if (memchr(line.at, '\r', line.len) != NULL) return FAULT_BARE_CR;
    struct slice rest = line, method, target, version;
    const bool is_three = slice_cut(&rest, ' ', &method) && slice_cut(&rest, ' ', &target) &&
                          slice_cut(&rest, ' ', &version) && rest.at == NULL;
    if (!is_three) return FAULT_REQUEST_LINE;
    // The version first: what a newer one's line means, this parser does not know.
    enum http_fault fault = take_version(request, version);
    if (fault == FAULT_NONE) fault = take_method(request, method, scan);
    if (fault == FAULT_NONE) fault = take_target(request, target, authority);
    return fault;
}

// What only the fields together say.
static enum http_fault check_whole(struct http_request *request, struct slice authority)
{
    const bool has_coding = request->first[FIELD_TRANSFER_ENCODING] != 0;
    if (has_coding && request->framing == FRAMING_LENGTH) return FAULT_LENGTH_AND_CODING;
    if (has_coding) request->framing = FRAMING_CHUNKED;
    if (request->host.at == NULL && request->minor == 1) return FAULT_HOST_MISSING;
    if (authority.at != NULL) request->host = authority;
    const bool has_body = has_coding || request->content_length > 0;
    request->expects_continue = request->expects_continue && has_body;
    return FAULT_NONE;
}

// A whole head: `bytes` from the request line to the empty line's CR LF.
static enum http_fault take_head(const struct http_scan *scan, struct slice bytes,
                                 struct http_request *request)
{
    request->field_count = 0; // the fields themselves need no clearing
    memset(request, 0, offsetof(struct http_request, fields));
    struct slice authority = {NULL, 0}, rest = bytes, line;
    bool is_first = true;
    while (slice_cut(&rest, '\n', &line)) {
        line.len--; // its CR, which the scan has seen
        assert(!is_first ||
               line.len > 0); // the scan refuses a second empty line before the request
        if (line.len == 0) return check_whole(request, authority);
        const enum http_fault fault = is_first ? take_request_line(request, line, scan, &authority)
                                               : take_field(request, line);
        if (fault != FAULT_NONE) return fault;
        is_first = false;
    }
    assert(0 && "the scan found the empty line");
    return FAULT_REQUEST_LINE;
}

// Looks for the empty line. Every LF must have its CR; the first byte must begin a method, so that
// a TLS hello on a plain port is refused at once.
static enum http_parsed scan_head(struct http_scan *scan, struct slice bytes, size_t *head_bytes,
                                  enum http_fault *fault)
{
    while (scan->scanned < bytes.len) {
        const uint8_t first = bytes.at[scan->start];
        const bool may_begin = byte_is(first, BYTE_TOKEN) || (scan->start == 0 && first == '\r');
        if (!may_begin) {
            *fault = first == '\n' ? FAULT_BARE_LF : FAULT_METHOD;
            return HTTP_REFUSED;
        }
        const uint8_t *lf = memchr(bytes.at + scan->scanned, '\n', bytes.len - scan->scanned);
        if (lf == NULL) {
            scan->scanned = (uint32_t)bytes.len;
            break;
        }
        const uint32_t at = (uint32_t)(lf - bytes.at);
        if (at == scan->line_start || bytes.at[at - 1] != '\r') {
            *fault = FAULT_BARE_LF;
            return HTTP_REFUSED;
        }
        const bool is_empty = at - 1 == scan->line_start;
        scan->scanned = scan->line_start = at + 1;
        if (is_empty && at != 1) {
            *head_bytes = at + 1;
            return HTTP_READY;
        }
        if (is_empty) scan->start = at + 1; // an empty line before the request (RFC 9112 2.2)
    }
    return HTTP_MORE;
}

enum http_parsed http_head_scan(struct http_scan *scan, struct slice bytes, size_t *head_bytes,
                                enum http_fault *fault)
{
    assert(scan->scanned <= bytes.len);
    const struct slice capped = slice_part(bytes, 0, HTTP_HEAD_BYTES_MAX);
    const enum http_parsed parsed = scan_head(scan, capped, head_bytes, fault);
    const bool is_first_line = scan->line_start == scan->start;
    if (parsed == HTTP_MORE && is_first_line && capped.len > HTTP_LINE_BYTES_MAX + 4) {
        *fault = FAULT_LINE_LONG;
        return HTTP_REFUSED;
    }
    if (parsed == HTTP_MORE && capped.len == HTTP_HEAD_BYTES_MAX) {
        *fault = FAULT_FIELDS_LARGE;
        return HTTP_REFUSED;
    }
    return parsed;
}

enum http_parsed http_request_parse(struct http_scan *scan, struct slice bytes,
                                    struct http_request *out, size_t *head_bytes,
                                    enum http_fault *fault)
{
    size_t end = 0;
    const enum http_parsed parsed = http_head_scan(scan, bytes, &end, fault);
    if (parsed != HTTP_READY) return parsed;
    const enum http_fault found =
        take_head(scan, slice_part(bytes, scan->start, end - scan->start), out);
    if (found != FAULT_NONE) {
        *fault = found;
        return HTTP_REFUSED;
    }
    *head_bytes = end;
    return HTTP_READY;
}
