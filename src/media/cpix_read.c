// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"
#include "media/cpix.h"
#include "media/cpix_internal.h"
#include "media/cpix_seal.h"
#include "media/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct cpix_rule cpix_rules[KEY_CLASS_COUNT] = {
    [KEY_FOR_ALL] = {"ALL", NULL, NULL, NULL},
    [KEY_FOR_AUDIO] = {"AUDIO", "cpix:AudioFilter", NULL, NULL},
    [KEY_FOR_SD] = {"SD", "cpix:VideoFilter", NULL, "589824"},
    [KEY_FOR_HD] = {"HD", "cpix:VideoFilter", "589825", "2073600"},
    [KEY_FOR_UHD] = {"UHD", "cpix:VideoFilter", "2073601", NULL},
};

// Above any real value, so that a missing bound is one.
#define PIXELS_MAX UINT32_MAX

struct reading {
    struct arena arena; // of texts that are no secrets
    struct cpix *cpix;
    struct document_key document;
    bool has_document;
};

void cpix_release(struct cpix *cpix)
{
    explicit_bzero(cpix, sizeof *cpix);
}

outcome cpix_set_certificate(struct cpix *cpix, struct slice pem, struct why *why)
{
    autobuffer der = buffer_init(CPIX_CERTIFICATE_BYTES);
    TRY(certificate_der(pem, &der, why));
    memcpy(cpix->certificate, der.at, der.len);
    cpix->certificate_len = der.len;
    return OK;
}

// --- values ----------------------------------------------------------------------------------

// The child down a path of names, or NULL.
static const xmlNode *find_path(const xmlNode *node, const char *const *names)
{
    for (; node != NULL && *names != NULL; names++)
        node = xml_child(node, *names);
    return node;
}

static outcome refuse(const xmlNode *node, outcome result, const char *says, struct why *why)
{
    return fail(why, result, "line %d: %s: %s", (int)xmlGetLineNo(node), (const char *)node->name,
                says);
}

// base64 with line breaks in it, as XML allows. Nothing of it reaches the arena: it may be a key.
static outcome read_bytes(const xmlNode *node, uint8_t *out, size_t room, size_t *len,
                          struct why *why)
{
    xmlChar *text = xmlNodeGetContent(node);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory to read CPIX");
    const size_t letters = strlen((const char *)text);
    size_t kept = 0;
    for (size_t i = 0; i < letters; i++)
        if (strchr(" \t\r\n", text[i]) == NULL) text[kept++] = text[i];
    const outcome parsed =
        base64_parse(BASE64_PADDED, (struct slice){text, kept}, out, room, len, NULL);
    explicit_bzero(text, letters);
    xmlFree(text);
    if (parsed != OK)
        return refuse(node, INVALID, "this is no base64 of the size it should have", why);
    return OK;
}

static outcome read_id(struct reading *reading, const xmlNode *node, const char *name,
                       struct key_id *out, struct why *why)
{
    const char *text = "";
    TRY(xml_attribute(node, name, &reading->arena, &text, why));
    if (key_id_parse(slice_of(text), out, NULL) == OK) return OK;
    return refuse(node, INVALID, "its kid is no UUID", why);
}

static outcome check_method(struct reading *reading, const xmlNode *node, const char *element,
                            const char *wanted, struct why *why)
{
    const xmlNode *method = element == NULL ? node : xml_child(node, element);
    const char *algorithm = "";
    if (method != NULL) TRY(xml_attribute(method, "Algorithm", &reading->arena, &algorithm, why));
    if (strcmp(algorithm, wanted) == 0) return OK;
    return fail(why, UNSUPPORTED, "line %d: %s: the algorithm must be %s", (int)xmlGetLineNo(node),
                (const char *)node->name, wanted);
}

static outcome read_cipher(struct reading *reading, const xmlNode *encrypted, const char *method,
                           uint8_t *out, size_t room, size_t *len, struct why *why)
{
    static const char *const path[] = {"CipherData", "CipherValue", NULL};
    const xmlNode *value = find_path(encrypted, path);
    TRY(check_method(reading, encrypted, "EncryptionMethod", method, why));
    if (value == NULL) return refuse(encrypted, INVALID, "it has no CipherValue", why);
    return read_bytes(value, out, room, len, why);
}

// --- to whom ---------------------------------------------------------------------------------

static outcome read_certificate(struct reading *reading, const xmlNode *delivery, struct why *why)
{
    static const char *const path[] = {"DeliveryKey", "X509Data", "X509Certificate", NULL};
    const xmlNode *certificate = find_path(delivery, path);
    struct cpix *cpix = reading->cpix;
    if (certificate == NULL || cpix->certificate_len > 0) return OK;
    return read_bytes(certificate, cpix->certificate, sizeof cpix->certificate,
                      &cpix->certificate_len, why);
}

// A DeliveryData of a request has a certificate alone.
static outcome open_delivery(struct reading *reading, const xmlNode *delivery,
                             struct slice private_key, struct why *why)
{
    static const char *const key_path[] = {"DocumentKey", "Data", "Secret", "EncryptedValue", NULL};
    static const char *const mac_path[] = {"MACMethod", "MACKey", NULL};
    uint8_t key[RSA_SEALED_BYTES_MAX], mac[RSA_SEALED_BYTES_MAX];
    size_t key_len, mac_len;
    const xmlNode *sealed_key = find_path(delivery, key_path);
    if (sealed_key == NULL || private_key.len == 0) return OK;
    const xmlNode *sealed_mac = find_path(delivery, mac_path);
    if (sealed_mac == NULL)
        return refuse(delivery, UNSUPPORTED, "keys without a MAC are not accepted", why);
    TRY(check_method(reading, xml_child(delivery, "MACMethod"), NULL, CPIX_HMAC_SHA512, why));
    TRY(read_cipher(reading, sealed_key, CPIX_RSA_OAEP, key, sizeof key, &key_len, why));
    TRY(read_cipher(reading, sealed_mac, CPIX_RSA_OAEP, mac, sizeof mac, &mac_len, why));
    const outcome opened = document_key_open(private_key, (struct slice){key, key_len},
                                             (struct slice){mac, mac_len}, &reading->document, why);
    reading->has_document = reading->has_document || opened == OK;
    return opened == DENIED ? OK : opened; // it is for another receiver
}

static outcome read_deliveries(struct reading *reading, const xmlNode *root,
                               struct slice private_key, struct why *why)
{
    const xmlNode *list = xml_child(root, "DeliveryDataList");
    size_t count = 0;
    if (list == NULL) return OK;
    for (const xmlNode *at = xml_child(list, "DeliveryData"); at != NULL;
         at = xml_next(at, "DeliveryData")) {
        if (++count > CPIX_DELIVERIES_MAX)
            return refuse(at, TOO_LARGE, "the document is for more than 16 receivers", why);
        TRY(read_certificate(reading, at, why));
        if (!reading->has_document) TRY(open_delivery(reading, at, private_key, why));
    }
    return OK;
}

// --- keys ------------------------------------------------------------------------------------

static outcome read_sealed(struct reading *reading, const xmlNode *secret, const xmlNode *encrypted,
                           uint8_t out[CONTENT_KEY_BYTES], struct why *why)
{
    uint8_t sealed[SEALED_KEY_BYTES], mac[SEALED_MAC_BYTES];
    size_t len = 0;
    if (!reading->has_document)
        return refuse(encrypted, DENIED,
                      "keys are encrypted, and not to the private key that is given", why);
    TRY(read_cipher(reading, encrypted, CPIX_AES256_CBC, sealed, sizeof sealed, &len, why));
    if (len != sizeof sealed) return refuse(encrypted, INVALID, "the key is not of 128 bits", why);
    const xmlNode *value_mac = xml_child(secret, "ValueMAC");
    if (value_mac == NULL)
        return refuse(secret, UNSUPPORTED, "a key without a ValueMAC is not accepted", why);
    TRY(read_bytes(value_mac, mac, sizeof mac, &len, why));
    if (len != sizeof mac) return refuse(value_mac, INVALID, "it is no HMAC-SHA512", why);
    return document_key_unseal(&reading->document, sealed, mac, out, why);
}

static outcome read_secret(struct reading *reading, const xmlNode *node, struct cpix_key *key,
                           struct why *why)
{
    static const char *const path[] = {"Data", "Secret", NULL};
    const xmlNode *secret = find_path(node, path);
    if (secret == NULL) return OK;
    const xmlNode *plain = xml_child(secret, "PlainValue");
    const xmlNode *encrypted = xml_child(secret, "EncryptedValue");
    size_t len = 0;
    if (encrypted != NULL)
        TRY(read_sealed(reading, secret, encrypted, key->key.secret, why));
    else if (plain == NULL)
        return refuse(secret, INVALID, "it has neither PlainValue nor EncryptedValue", why);
    else {
        TRY(read_bytes(plain, key->key.secret, CONTENT_KEY_BYTES, &len, why));
        if (len != CONTENT_KEY_BYTES)
            return refuse(plain, INVALID, "the key is not of 128 bits", why);
    }
    key->has_secret = true;
    return OK;
}

static struct cpix_key *find_key(struct cpix *cpix, const struct key_id *id)
{
    for (size_t i = 0; i < cpix->count; i++)
        if (key_id_equal(&cpix->keys[i].key.id, id)) return &cpix->keys[i];
    return NULL;
}

// "cens" and "cbc1" are not made by anybody.
static outcome read_scheme(struct reading *reading, const xmlNode *node, struct why *why)
{
    const char *word = "";
    struct cpix *cpix = reading->cpix;
    TRY(xml_attribute(node, "commonEncryptionScheme", &reading->arena, &word, why));
    if (word[0] == '\0') return OK;
    for (int i = SCHEME_NONE + 1; i < SCHEME_COUNT; i++) {
        const enum cenc_scheme scheme = (enum cenc_scheme)i;
        if (strcmp(word, cenc_scheme_word(scheme)) != 0) continue;
        if (cpix->scheme != SCHEME_NONE && cpix->scheme != scheme)
            return refuse(node, UNSUPPORTED, "one document asks for cbcs and cenc", why);
        cpix->scheme = scheme;
        return OK;
    }
    return refuse(node, UNSUPPORTED, "its commonEncryptionScheme is neither cbcs nor cenc", why);
}

static outcome read_keys(struct reading *reading, const xmlNode *root, struct why *why)
{
    struct cpix *cpix = reading->cpix;
    const xmlNode *list = xml_child(root, "ContentKeyList");
    const xmlNode *at = list == NULL ? NULL : xml_child(list, "ContentKey");
    if (at == NULL) return fail(why, INVALID, "the CPIX document has no ContentKey");
    for (; at != NULL; at = xml_next(at, "ContentKey")) {
        if (cpix->count == CPIX_KEYS_MAX)
            return refuse(at, TOO_LARGE, "more than 64 keys in one document", why);
        struct cpix_key *key = &cpix->keys[cpix->count];
        struct key_id id;
        TRY(read_id(reading, at, "kid", &id, why));
        if (find_key(cpix, &id) != NULL) return refuse(at, INVALID, "its kid is there twice", why);
        key->key.id = id;
        TRY(read_scheme(reading, at, why));
        TRY(read_secret(reading, at, key, why));
        cpix->count++;
    }
    return OK;
}

// --- systems and rules -----------------------------------------------------------------------

static outcome read_systems(struct reading *reading, const xmlNode *root, struct why *why)
{
    const xmlNode *list = xml_child(root, "DRMSystemList");
    if (list == NULL) return OK;
    for (const xmlNode *at = xml_child(list, "DRMSystem"); at != NULL;
         at = xml_next(at, "DRMSystem")) {
        struct key_id system, id, known;
        TRY(read_id(reading, at, "systemId", &system, why));
        TRY(read_id(reading, at, "kid", &id, why));
        if (find_key(reading->cpix, &id) == NULL)
            return refuse(at, INVALID, "its kid is of no ContentKey", why);
        for (int i = 0; i < DRM_SYSTEM_COUNT; i++)
            if (key_id_parse(slice_of(drm_system_uuid((enum drm_system)i)), &known, NULL) == OK &&
                key_id_equal(&known, &system))
                reading->cpix->systems |= (drm_systems)(1u << i);
    }
    return OK;
}

// Words of SPEKE v2, and what filters say where there is no word.
static outcome class_of_word(const xmlNode *node, const char *word, enum key_class *out,
                             struct why *why)
{
    static const struct {
        const char *word;
        enum key_class class;
    } words[] = {{"ALL", KEY_FOR_ALL}, {"VIDEO", KEY_FOR_ALL}, {"SD", KEY_FOR_SD},
                 {"HD", KEY_FOR_HD},   {"HD1", KEY_FOR_HD},    {"HD2", KEY_FOR_HD},
                 {"UHD", KEY_FOR_UHD}, {"UHD1", KEY_FOR_UHD},  {"UHD2", KEY_FOR_UHD}};
    *out = KEY_FOR_AUDIO;
    if (strchr(word, '+') == NULL && strstr(word, "AUDIO") != NULL) return OK;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) != 0) continue;
        *out = words[i].class;
        return OK;
    }
    return refuse(node, UNSUPPORTED,
                  "its intendedTrackType is none of ALL, VIDEO, AUDIO, SD, HD and UHD", why);
}

static outcome class_of_filters(const xmlNode *node, enum key_class *out, struct why *why)
{
    const xmlNode *video = xml_child(node, "VideoFilter");
    uint64_t min = 0, max = PIXELS_MAX;
    *out = KEY_FOR_ALL;
    if (video == NULL) {
        if (xml_child(node, "AudioFilter") != NULL) *out = KEY_FOR_AUDIO;
        return OK;
    }
    TRY(xml_u64(video, "minPixels", PIXELS_MAX, &min, why));
    TRY(xml_u64(video, "maxPixels", PIXELS_MAX, &max, why));
    if (min > CPIX_HD_PIXELS)
        *out = KEY_FOR_UHD;
    else if (max <= CPIX_SD_PIXELS)
        *out = KEY_FOR_SD;
    else if (max <= CPIX_HD_PIXELS)
        *out = KEY_FOR_HD;
    return OK;
}

static outcome read_rules(struct reading *reading, const xmlNode *root, struct why *why)
{
    const xmlNode *list = xml_child(root, "ContentKeyUsageRuleList");
    bool has_rule[CPIX_KEYS_MAX] = {false};
    if (list == NULL) return OK;
    for (const xmlNode *at = xml_child(list, "ContentKeyUsageRule"); at != NULL;
         at = xml_next(at, "ContentKeyUsageRule")) {
        const char *word = "";
        struct key_id id;
        enum key_class class;
        TRY(read_id(reading, at, "kid", &id, why));
        struct cpix_key *key = find_key(reading->cpix, &id);
        if (key == NULL) return refuse(at, INVALID, "its kid is of no ContentKey", why);
        TRY(xml_attribute(at, "intendedTrackType", &reading->arena, &word, why));
        TRY(word[0] != '\0' ? class_of_word(at, word, &class, why)
                            : class_of_filters(at, &class, why));
        bool *has = &has_rule[key - reading->cpix->keys];
        if (*has && key->class != class)
            return refuse(at, UNSUPPORTED, "one key is for two classes of tracks", why);
        key->class = class;
        *has = true;
    }
    return OK;
}

// --- the whole -------------------------------------------------------------------------------

static outcome read_root(struct reading *reading, const xmlNode *root, struct slice private_key,
                         struct why *why)
{
    const char *content_id = "";
    if (!xml_is(root, "CPIX") || root->ns == NULL ||
        strcmp((const char *)root->ns->href, CPIX_SPACE) != 0)
        return fail(why, INVALID, "this is no CPIX document: its root must be CPIX of " CPIX_SPACE);
    TRY(xml_attribute(root, "contentId", &reading->arena, &content_id, why));
    if (strlen(content_id) >= CPIX_CONTENT_ID_BYTES)
        return refuse(root, TOO_LARGE, "its contentId is longer than 255 bytes", why);
    (void)snprintf(reading->cpix->content_id, CPIX_CONTENT_ID_BYTES, "%s", content_id);
    TRY(read_deliveries(reading, root, private_key, why));
    TRY(read_keys(reading, root, why));
    TRY(read_systems(reading, root, why));
    return read_rules(reading, root, why);
}

outcome cpix_read(struct slice xml, struct slice private_key, struct cpix *out, struct why *why)
{
    struct xml_document *document = NULL;
    if (xml.len > CPIX_BYTES_MAX)
        return fail(why, TOO_LARGE, "the CPIX document has more than %d bytes", CPIX_BYTES_MAX);
    TRY(xml_open(xml, &document, why));
    struct cpix *cpix = calloc(1, sizeof *cpix);
    struct reading reading = {.arena = arena_init(2 * CPIX_BYTES_MAX), .cpix = cpix};
    const outcome result = cpix == NULL ? fail(why, NO_MEMORY, "no memory to read CPIX")
                                        : read_root(&reading, xml_root(document), private_key, why);
    if (result == OK) *out = *cpix;
    if (cpix != NULL) cpix_release(cpix);
    free(cpix);
    document_key_release(&reading.document);
    arena_release(&reading.arena);
    xml_close(&document);
    return result;
}
