// SPDX-License-Identifier: Apache-2.0
//
// primrose keys: the key ring and the wrapped content keys. Nothing here ever prints a secret.
#include "base/json.h"
#include "cmd/keys_internal.h"
#include "cmd/store_places.h"
#include "drm/secret.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {.name = "data",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     .doc = "Where titles and their wrapped keys are kept.",
     .offset = offsetof(struct keys_options, data)},
    {.name = "ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...",
     .config = "keys.ring",
     .doc = PROTECT_RING_DOC,
     .offset = offsetof(struct keys_options, ring)},
    {.name = "studio",
     .kind = OPTION_FLAG,
     .doc = "make, status, rotate, rewrap, forget: of the studio's ring (the setting keys.studio), "
            "which "
            "seals masters and unfinished work.",
     .offset = offsetof(struct keys_options, is_studio)},
    {.name = "cpix",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .doc = "import, answer: the CPIX 2.3 document, - for standard input.",
     .offset = offsetof(struct keys_options, cpix)},
    {.name = "private-key",
     .kind = OPTION_TEXT,
     .value = "PEM",
     .doc = "import, fetch: the RSA key that the document's keys are encrypted to.",
     .offset = offsetof(struct keys_options, private_key)},
    {.name = "for",
     .kind = OPTION_TEXT,
     .value = "PEM",
     .doc = "export, fetch: the certificate of the receiver, to whom keys are encrypted.",
     .offset = offsetof(struct keys_options, receiver)},
    {.name = "partners",
     .kind = OPTION_TEXT,
     .value = "PEM",
     .doc = "answer: certificates of the packagers that may have keys.",
     .offset = offsetof(struct keys_options, partners)},
    {.name = "speke",
     .kind = OPTION_TEXT,
     .value = "URL",
     .doc = "fetch: a SPEKE v2 key provider.",
     .offset = offsetof(struct keys_options, speke)},
    {.name = "speke-key",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .doc = "fetch: holds what the provider knows us by, sent as Authorization: Bearer.",
     .offset = offsetof(struct keys_options, speke_key)},
    {.name = "drm",
     .kind = OPTION_CHOICE,
     .value = "cbcs|cenc",
     .initial = "cbcs",
     .doc = "export, fetch: the scheme that the document asks for.",
     .offset = offsetof(struct keys_options, scheme)},
    {.name = "drm-system",
     .kind = OPTION_TEXTS,
     .value = "SYSTEM",
     .doc =
         "export, fetch: a system to signal: clearkey, widevine, playready, fairplay. Repeatable.",
     .offset = offsetof(struct keys_options, systems)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print one JSON object instead of lines.",
     .offset = offsetof(struct keys_options, is_json)},
};

static int64_t now_ms(void)
{
    return clock_wall_ms(clock_system());
}

static outcome need_ring(struct keys_call *call, struct why *why)
{
    return key_ring_open(call->place, &call->ring, why);
}

outcome keys_open(struct keys_call *call, struct why *why)
{
    TRY(need_ring(call, why));
    TRY(stores_open_present(&call->stores, &call->places, why));
    if (!call->chosen->is_studio) return OK;
    return protect_studio(call->place, call->chosen->data, &call->stores, &call->seal, why);
}

// A member of the report; what there is no memory for is found when it is printed.
static void tell(struct keys_call *call, const char *key, json_t *value)
{
    (void)json_object_set_new(call->report, key, value);
}

static json_t *time_json(int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    wall_format(wall_ms, text);
    return json_string(text);
}

// --- the ring --------------------------------------------------------------------------------

static outcome make(struct keys_call *call, struct why *why)
{
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t count;
    TRY(key_ring_make(call->place, now_ms(), why));
    TRY(need_ring(call, why));
    TRY(key_ring_list(call->ring, keys, &count, why));
    tell(call, "active", json_string(keys[count - 1].id));
    return OK;
}

static outcome rewrap_sealed(struct keys_call *call, struct why *why)
{
    struct reseal_report report;
    TRY(sealed_store_rewrap(call->stores.blobs, call->ring, &report, why));
    tell(call, "sealed_objects", json_integer((json_int_t)report.objects));
    tell(call, "rewrapped", json_integer((json_int_t)report.resealed));
    return OK;
}

static outcome rewrap(struct keys_call *call, struct why *why)
{
    if (call->chosen->is_studio) return rewrap_sealed(call, why);
    struct rewrap_report report;
    TRY(title_keys_rewrap(call->stores.tables, call->ring, &report, why));
    tell(call, "content_keys", json_integer((json_int_t)report.keys));
    tell(call, "rewrapped", json_integer((json_int_t)report.rewrapped));
    return OK;
}

static outcome rotate(struct keys_call *call, struct why *why)
{
    char id[WRAPPING_ID_BYTES];
    TRY(keys_open(call, why));
    TRY(key_ring_rotate(call->ring, now_ms(), id, why));
    tell(call, "active", json_string(id));
    return rewrap(call, why);
}

static outcome rewrap_only(struct keys_call *call, struct why *why)
{
    TRY(keys_open(call, why));
    return rewrap(call, why);
}

// How many content keys, or sealed objects, each wrapping key wraps.
struct tally {
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t key_count;
    size_t wraps[WRAPPING_KEYS_MAX];
    size_t strangers; // wrapped by a key that the ring does not have
};

static void count(struct tally *tally, const char *wrapping_id)
{
    for (size_t i = 0; i < tally->key_count; i++) {
        if (strcmp(tally->keys[i].id, wrapping_id) != 0) continue;
        tally->wraps[i]++;
        return;
    }
    tally->strangers++;
}

static outcome count_key(void *context, const struct title_key *key, struct why *why)
{
    (void)why;
    count(context, key->wrapped.wrapping_id);
    return OK;
}

static outcome count_object(void *context, const char *object, const char *wrapping_id,
                            struct why *why)
{
    (void)object, (void)why;
    count(context, wrapping_id);
    return OK;
}

static outcome take_tally(struct keys_call *call, struct tally *out, struct why *why)
{
    memset(out, 0, sizeof *out);
    TRY(key_ring_list(call->ring, out->keys, &out->key_count, why));
    if (call->chosen->is_studio)
        return sealed_store_each(call->stores.blobs, count_object, out, why);
    return title_keys_each(call->stores.tables, count_key, out, why);
}

static const char *wrapped_word(const struct keys_call *call)
{
    return call->chosen->is_studio ? "sealed_objects" : "content_keys";
}

static outcome status(struct keys_call *call, struct why *why)
{
    static struct tally tally;
    TRY(keys_open(call, why));
    TRY(take_tally(call, &tally, why));
    json_t *list = json_array();
    for (size_t i = 0; i < tally.key_count; i++)
        (void)json_array_append_new(list,
                                    json_pack("{s:s, s:o, s:b, s:I}", "id", tally.keys[i].id,
                                              "made", time_json(tally.keys[i].made_ms), "is_active",
                                              (int)(i == tally.key_count - 1), wrapped_word(call),
                                              (json_int_t)tally.wraps[i]));
    tell(call, "wrapping_keys", list);
    tell(call, "unknown_wrapping_key", json_integer((json_int_t)tally.strangers));
    return OK;
}

// A key that still wraps something is kept: forgetting it would lose films.
static outcome forget(struct keys_call *call, struct why *why)
{
    static struct tally tally;
    const char *id = call->operands->items[1];
    TRY(keys_open(call, why));
    TRY(take_tally(call, &tally, why));
    for (size_t i = 0; i < tally.key_count; i++)
        if (strcmp(tally.keys[i].id, id) == 0 && tally.wraps[i] > 0)
            return fail(why, CONFLICT, "%s still wraps %zu %s: run `primrose keys rewrap` first",
                        id, tally.wraps[i], wrapped_word(call));
    TRY(key_ring_forget(call->ring, id, why));
    tell(call, "forgotten", json_string(id));
    return OK;
}

// --- content keys ----------------------------------------------------------------------------

static outcome list_one(void *context, const struct title_key *key, struct why *why)
{
    (void)why;
    char id[KEY_ID_TEXT_BYTES];
    json_t *list = context;
    (void)json_array_append_new(
        list, json_pack("{s:s, s:s, s:s, s:I, s:o, s:s}", "key_id", key_id_format(&key->id, id),
                        "title", key->title, "class", key_class_word(key->class), "period",
                        (json_int_t)key->period, "made", time_json(key->made_ms), "wrapping_key",
                        key->wrapped.wrapping_id));
    return OK;
}

static outcome list(struct keys_call *call, struct why *why)
{
    json_t *keys = json_array();
    tell(call, "keys", keys);
    TRY(stores_open_present(&call->stores, &call->places, why));
    if (call->operands->count == 1)
        return title_keys_each(call->stores.tables, list_one, keys, why);
    autoarena arena = arena_init(16 << 20);
    struct title_key *found;
    size_t count;
    TRY(title_keys_list(call->stores.tables, call->operands->items[1], &arena, &found, &count,
                        why));
    for (size_t i = 0; i < count; i++)
        TRY(list_one(keys, &found[i], why));
    return OK;
}

// Lines of standard input, read without stdio, whose buffers would keep what they held.
static outcome read_keys(struct key_set *keys, struct why *why)
{
    char text[KEY_SET_MAX * 96];
    size_t len = 0;
    ssize_t got = 1;
    outcome result = OK;
    while (len < sizeof text && (got = read(STDIN_FILENO, text + len, sizeof text - len)) > 0)
        len += (size_t)got;
    if (got != 0) result = fail(why, INVALID, "standard input has more than %d keys", KEY_SET_MAX);
    struct slice rest = {(const uint8_t *)text, len}, line;
    while (result == OK && slice_cut(&rest, '\n', &line)) {
        char key[96];
        const struct slice trimmed = slice_trim(line);
        if (trimmed.len == 0) continue;
        (void)snprintf(key, sizeof key, "%.*s", SLICE_ARG(trimmed));
        result = key_set_add(keys, key, why);
        explicit_bzero(key, sizeof key);
    }
    explicit_bzero(text, sizeof text);
    return result;
}

static outcome keep(struct keys_call *call, const struct key_set *keys, struct why *why)
{
    const char *title = call->operands->items[1];
    if (keys->count == 0) return fail(why, INVALID, "no key is given");
    TRY(keys_open(call, why));
    for (size_t i = 0; i < keys->count; i++) {
        const struct title_key_order order = {
            .title = title, .class = keys->keys[i].class, .wall_ms = now_ms()};
        TRY(title_keys_import(call->stores.tables, call->ring, &order, &keys->keys[i].key, why));
    }
    tell(call, "title", json_string(title));
    tell(call, "imported", json_integer((json_int_t)keys->count));
    return OK;
}

static outcome import(struct keys_call *call, struct why *why)
{
    const struct option_texts *operands = call->operands;
    autokeys keys = {.count = 0};
    if (call->chosen->cpix != NULL) TRY(keys_read_cpix(call->chosen, &keys, why));
    for (size_t i = 2; i < operands->count; i++)
        TRY(strcmp(operands->items[i], "-") == 0 ? read_keys(&keys, why)
                                                 : key_set_add(&keys, operands->items[i], why));
    return keep(call, &keys, why);
}

static outcome fetch(struct keys_call *call, struct why *why)
{
    autokeys keys = {.count = 0};
    TRY(keys_fetch(call, &keys, why));
    return keep(call, &keys, why);
}

// --- the verb --------------------------------------------------------------------------------

static const struct action {
    const char *name;
    size_t operands_min, operands_max; // with the action
    const char *operands;
    outcome (*run)(struct keys_call *call, struct why *why);
} actions[] = {
    {"make", 1, 1, "", make},
    {"status", 1, 1, "", status},
    {"list", 1, 2, "[TITLE]", list},
    {"rotate", 1, 1, "", rotate},
    {"rewrap", 1, 1, "", rewrap_only},
    {"forget", 2, 2, "WRAPPING-KEY", forget},
    {"export", 2, 2, "TITLE --for PEM", keys_export},
    {"answer", 1, 1, "--cpix FILE --partners PEM", keys_answer},
    {"fetch", 2, 2, "TITLE --speke URL --for PEM --private-key PEM", fetch},
    {"import", 2, 2 + KEY_SET_MAX, "TITLE KID:KEY[:CLASS]... | TITLE - | TITLE --cpix FILE",
     import},
};

static const struct action *find_action(const struct option_texts *operands, struct why *why)
{
    for (size_t i = 0; i < TABLE_COUNT(actions); i++) {
        const struct action *action = &actions[i];
        if (strcmp(action->name, operands->items[0]) != 0) continue;
        if (operands->count >= action->operands_min && operands->count <= action->operands_max)
            return action;
        (void)!fail(why, INVALID, "it is: primrose keys %s %s", action->name, action->operands);
        return NULL;
    }
    (void)!verb_no_action(operands->items[0], actions, TABLE_COUNT(actions), sizeof actions[0],
                          why);
    return NULL;
}

static void print_list(const char *key, json_t *items)
{
    size_t index;
    json_t *item, *value;
    const char *name;
    printf("%s: %zu\n", key, json_array_size(items));
    json_array_foreach(items, index, item)
    {
        json_object_foreach(item, name, value) if (json_is_string(value))
            printf("  %s", json_string_value(value));
        else if (json_is_boolean(value)) printf("  %s", json_is_true(value) ? "active" : "older");
        else printf("  %s %lld", name, (long long)json_integer_value(value));
        putchar('\n');
    }
}

static outcome print(const struct keys_call *call, struct why *why)
{
    const char *key;
    json_t *value;
    if (call->document != NULL) {
        printf("%s", json_string_value(call->document));
        return OK;
    }
    if (call->chosen->is_json) {
        if (json_dumpf(call->report, stdout, JSON_COMPACT) != 0)
            return fail(why, UNAVAILABLE, "the report could not be printed");
        putchar('\n');
        return OK;
    }
    json_object_foreach(call->report, key, value) if (json_is_array(value)) print_list(key, value);
    else if (json_is_string(value)) printf("%s: %s\n", key, json_string_value(value));
    else printf("%s: %lld\n", key, (long long)json_integer_value(value));
    return OK;
}

static outcome choose_place(const struct invocation *invocation, struct keys_call *call,
                            struct why *why)
{
    const struct keys_options *chosen = call->chosen;
    if (!chosen->is_studio)
        return key_ring_place(chosen->ring, chosen->data, call->place, sizeof call->place, why);
    const char *configured = config_value(invocation->config, "keys.studio");
    TRY(protect_studio_place(configured, chosen->data, call->place, why));
    if (call->place[0] != '\0') return OK;
    return fail(why, INVALID, "keys.studio is none: nothing is sealed here");
}

static int run(const struct invocation *invocation)
{
    struct why why = {""};
    struct keys_call call = {.chosen = invocation->options, .operands = invocation->operands};
    call.places = store_places_of(invocation->config, call.chosen->data);
    const struct action *action = find_action(call.operands, &why);
    if (action == NULL) return verb_misuse(invocation, &why);
    secret_guard();
    call.report = json_object();
    outcome result = call.report == NULL ? fail(&why, NO_MEMORY, "no memory for a report")
                                         : choose_place(invocation, &call, &why);
    if (result == OK) result = action->run(&call, &why);
    if (result == OK) result = print(&call, &why);
    key_ring_close(&call.ring);
    stores_close(&call.stores);
    json_release(&call.report);
    json_release(&call.document);
    return verb_end(invocation, result, &why);
}

static const struct example examples[] = {
    {"keys make", "make the key ring: a file of mode 0600, or the first key of a token"},
    {"keys status", "the wrapping keys, and how many content keys each wraps"},
    {"keys list film-1", "the ids of a title's content keys"},
    {"keys rotate", "a new wrapping key; wrap every content key again, media stays as it is"},
    {"keys export film-1 --for packager.pem > film-1.xml",
     "as CPIX 2.3, encrypted to another packager"},
    {"keys import film-1 - < keys.txt", "take keys from elsewhere: KID:KEY[:class] a line"},
};

const struct verb verb_keys = {
    .name = "keys",
    .stage = STAGE_STUDIO,
    .operands = "ACTION [OPERAND]...",
    .operands_min = 1,
    .operands_max = 2 + KEY_SET_MAX,
    .summary = "look after the key ring and the keys of titles",
    .story =
        "Content keys are kept wrapped: AES-256-GCM under a wrapping key of the key ring, which "
        "is a file that only its owner may read, or a PKCS#11 token that never gives a key "
        "out. Actions: make, status, list [TITLE], rotate, rewrap, forget WRAPPING-KEY, import "
        "TITLE KEYS, export TITLE --for CERTIFICATE (CPIX 2.3). Key ids are shown, keys never.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct keys_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
