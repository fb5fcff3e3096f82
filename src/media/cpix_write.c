// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"
#include "media/cpix.h"
#include "media/cpix_internal.h"
#include "media/cpix_seal.h"
#include "media/protection_hls.h"

#include <libxml/xmlwriter.h>

#include <stdio.h>
#include <string.h>

// libxml2 reports each write; one that fails ends the work with NO_MEMORY.
struct writer {
    xmlTextWriterPtr xml;
    bool is_failed;
};

static const xmlChar *xml_text_of(const char *text)
{
    return (const xmlChar *)text;
}

static void begin(struct writer *writer, const char *name)
{
    if (xmlTextWriterStartElement(writer->xml, xml_text_of(name)) < 0) writer->is_failed = true;
}

static void end(struct writer *writer)
{
    if (xmlTextWriterEndElement(writer->xml) < 0) writer->is_failed = true;
}

static void attribute(struct writer *writer, const char *name, const char *value)
{
    if (xmlTextWriterWriteAttribute(writer->xml, xml_text_of(name), xml_text_of(value)) < 0)
        writer->is_failed = true;
}

// An element with base64 text.
static outcome put_bytes(struct writer *writer, const char *name, struct slice bytes,
                         struct why *why)
{
    autobuffer text = buffer_init(CPIX_BYTES_MAX);
    TRY(base64_format(BASE64_PADDED, bytes, &text, why));
    const char *letters = buffer_text(&text);
    if (letters == NULL ||
        xmlTextWriterWriteElement(writer->xml, xml_text_of(name), xml_text_of(letters)) < 0)
        writer->is_failed = true;
    if (text.at != NULL) explicit_bzero(text.at, text.len); // it may be a key
    return OK;
}

static outcome put_cipher(struct writer *writer, const char *method, struct slice bytes,
                          struct why *why)
{
    begin(writer, "enc:EncryptionMethod");
    attribute(writer, "Algorithm", method);
    end(writer);
    begin(writer, "enc:CipherData");
    TRY(put_bytes(writer, "enc:CipherValue", bytes, why));
    end(writer);
    return OK;
}

// --- to whom ---------------------------------------------------------------------------------

static outcome put_delivery(struct writer *writer, const struct cpix *cpix,
                            struct document_key *key, struct why *why)
{
    autobuffer sealed_key = buffer_init(RSA_SEALED_BYTES_MAX);
    autobuffer sealed_mac = buffer_init(RSA_SEALED_BYTES_MAX);
    const struct slice certificate = {cpix->certificate, cpix->certificate_len};
    TRY(document_key_make(certificate, key, &sealed_key, &sealed_mac, why));
    begin(writer, "cpix:DeliveryDataList");
    begin(writer, "cpix:DeliveryData");
    begin(writer, "cpix:DeliveryKey");
    begin(writer, "ds:X509Data");
    TRY(put_bytes(writer, "ds:X509Certificate", certificate, why));
    end(writer);
    end(writer);
    begin(writer, "cpix:DocumentKey");
    begin(writer, "cpix:Data");
    begin(writer, "pskc:Secret");
    begin(writer, "pskc:EncryptedValue");
    TRY(put_cipher(writer, CPIX_RSA_OAEP, buffer_slice(&sealed_key), why));
    for (int i = 0; i < 4; i++)
        end(writer);
    begin(writer, "cpix:MACMethod");
    attribute(writer, "Algorithm", CPIX_HMAC_SHA512);
    begin(writer, "pskc:MACKey");
    TRY(put_cipher(writer, CPIX_RSA_OAEP, buffer_slice(&sealed_mac), why));
    for (int i = 0; i < 4; i++)
        end(writer);
    return OK;
}

// --- keys ------------------------------------------------------------------------------------

static outcome put_secret(struct writer *writer, const struct cpix_key *key,
                          const struct document_key *document, struct why *why)
{
    uint8_t sealed[SEALED_KEY_BYTES], mac[SEALED_MAC_BYTES];
    begin(writer, "cpix:Data");
    begin(writer, "pskc:Secret");
    if (document == NULL) {
        TRY(put_bytes(writer, "pskc:PlainValue", (struct slice){key->key.secret, CONTENT_KEY_BYTES},
                      why));
    } else {
        TRY(document_key_seal(document, key->key.secret, sealed, mac, why));
        begin(writer, "pskc:EncryptedValue");
        TRY(put_cipher(writer, CPIX_AES256_CBC, (struct slice){sealed, sizeof sealed}, why));
        end(writer);
        TRY(put_bytes(writer, "pskc:ValueMAC", (struct slice){mac, sizeof mac}, why));
    }
    end(writer);
    end(writer);
    return OK;
}

static outcome put_keys(struct writer *writer, const struct cpix *cpix,
                        const struct document_key *document, struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    begin(writer, "cpix:ContentKeyList");
    for (size_t i = 0; i < cpix->count; i++) {
        const struct cpix_key *key = &cpix->keys[i];
        begin(writer, "cpix:ContentKey");
        attribute(writer, "kid", key_id_format(&key->key.id, id));
        if (cpix->scheme != SCHEME_NONE)
            attribute(writer, "commonEncryptionScheme", cenc_scheme_word(cpix->scheme));
        if (key->has_secret) TRY(put_secret(writer, key, document, why));
        end(writer);
    }
    end(writer);
    return OK;
}

// --- signalling ------------------------------------------------------------------------------

// The lines of a media and of the multivariant playlist, as the packager writes them.
static outcome put_playlists(struct writer *writer, const struct cpix *cpix,
                             const struct key_id *id, enum drm_system system, struct why *why)
{
    struct track track = {.protection = {.scheme = cpix->scheme, .key_id = *id}};
    const struct presentation one = {
        .tracks = &track, .track_count = 1, .systems = (drm_systems)(1u << system)};
    for (int i = 0; i < 2; i++) {
        autobuffer lines = buffer_init(CPIX_BYTES_MAX), text = buffer_init(CPIX_BYTES_MAX);
        TRY(i == 0 ? hls_keys_put(&one, &track, 0, &lines, why)
                   : hls_session_keys_put(&one, &lines, why));
        TRY(base64_format(BASE64_PADDED, buffer_slice(&lines), &text, why));
        begin(writer, "cpix:HLSSignalingData");
        attribute(writer, "playlist", i == 0 ? "media" : "multiVariant");
        const char *letters = buffer_text(&text);
        if (letters == NULL || xmlTextWriterWriteString(writer->xml, xml_text_of(letters)) < 0)
            writer->is_failed = true;
        end(writer);
    }
    return OK;
}

static outcome put_system(struct writer *writer, const struct cpix *cpix, const struct key_id *id,
                          enum drm_system system, struct why *why)
{
    const struct pssh_content content = {cpix->scheme, id, 1, NULL};
    char text[KEY_ID_TEXT_BYTES];
    autobuffer box = buffer_init(PLAYREADY_BYTES_MAX + 64);
    begin(writer, "cpix:DRMSystem");
    attribute(writer, "systemId", drm_system_uuid(system));
    attribute(writer, "kid", key_id_format(id, text));
    if (system != DRM_FAIRPLAY) {
        TRY(pssh_put(system, &content, &box, why));
        TRY(put_bytes(writer, "cpix:PSSH", buffer_slice(&box), why));
    }
    TRY(put_playlists(writer, cpix, id, system, why));
    if (system == DRM_PLAYREADY) {
        box.len = 0;
        TRY(playready_object_put(&content, &box, why));
        TRY(put_bytes(writer, "cpix:SmoothStreamingProtectionHeaderData", buffer_slice(&box), why));
    }
    end(writer);
    return OK;
}

static outcome put_systems(struct writer *writer, const struct cpix *cpix, struct why *why)
{
    const drm_systems systems = // FairPlay plays cbcs alone; without a scheme nothing can be said
        cpix->scheme == SCHEME_NONE   ? 0
        : cpix->scheme == SCHEME_CENC ? cpix->systems & (drm_systems) ~(1u << DRM_FAIRPLAY)
                                      : cpix->systems;
    if (systems == 0) return OK;
    begin(writer, "cpix:DRMSystemList");
    for (size_t i = 0; i < cpix->count; i++)
        for (int system = 0; system < DRM_SYSTEM_COUNT; system++)
            if ((systems >> system & 1u) != 0)
                TRY(put_system(writer, cpix, &cpix->keys[i].key.id, (enum drm_system)system, why));
    end(writer);
    return OK;
}

// --- rules -----------------------------------------------------------------------------------

static void put_rules(struct writer *writer, const struct cpix *cpix)
{
    char id[KEY_ID_TEXT_BYTES];
    begin(writer, "cpix:ContentKeyUsageRuleList");
    for (size_t i = 0; i < cpix->count; i++) {
        const struct cpix_rule *rule = &cpix_rules[cpix->keys[i].class];
        begin(writer, "cpix:ContentKeyUsageRule");
        attribute(writer, "kid", key_id_format(&cpix->keys[i].key.id, id));
        attribute(writer, "intendedTrackType", rule->track_type);
        if (rule->filter != NULL) {
            begin(writer, rule->filter);
            if (rule->min_pixels != NULL) attribute(writer, "minPixels", rule->min_pixels);
            if (rule->max_pixels != NULL) attribute(writer, "maxPixels", rule->max_pixels);
            end(writer);
        }
        end(writer);
    }
    end(writer);
}

// --- the whole -------------------------------------------------------------------------------

static void put_root(struct writer *writer, const struct cpix *cpix)
{
    static const char *const spaces[][2] = {
        {"xmlns:cpix", CPIX_SPACE},
        {"xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"},
        {"xmlns:enc", "http://www.w3.org/2001/04/xmlenc#"},
        {"xmlns:pskc", "urn:ietf:params:xml:ns:keyprov:pskc"},
    };
    begin(writer, "cpix:CPIX");
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++)
        attribute(writer, spaces[i][0], spaces[i][1]);
    if (cpix->content_id[0] != '\0') attribute(writer, "contentId", cpix->content_id);
    attribute(writer, "version", "2.3");
}

static outcome put_document(struct writer *writer, const struct cpix *cpix,
                            struct document_key *document, struct why *why)
{
    const bool is_sealed = cpix->certificate_len > 0;
    if (xmlTextWriterStartDocument(writer->xml, NULL, "UTF-8", NULL) < 0) writer->is_failed = true;
    put_root(writer, cpix);
    if (is_sealed) TRY(put_delivery(writer, cpix, document, why));
    TRY(put_keys(writer, cpix, is_sealed ? document : NULL, why));
    TRY(put_systems(writer, cpix, why));
    put_rules(writer, cpix);
    if (xmlTextWriterEndDocument(writer->xml) < 0) writer->is_failed = true;
    return writer->is_failed ? fail(why, NO_MEMORY, "no memory to write CPIX") : OK;
}

static outcome check_keys(const struct cpix *cpix, struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    if (cpix->count == 0) return fail(why, INVALID, "a CPIX document needs a key");
    for (size_t i = 0; i < cpix->count; i++)
        for (size_t k = 0; k < i; k++)
            if (key_id_equal(&cpix->keys[i].key.id, &cpix->keys[k].key.id))
                return fail(why, INVALID, "key %s is there twice",
                            key_id_format(&cpix->keys[i].key.id, id));
    return OK;
}

outcome cpix_write(const struct cpix *cpix, struct buffer *out, struct why *why)
{
    TRY(check_keys(cpix, why));
    xmlBufferPtr text = xmlBufferCreate();
    struct writer writer = {text == NULL ? NULL : xmlNewTextWriterMemory(text, 0), false};
    struct document_key document = {.mac_key_len = 0};
    outcome result = writer.xml == NULL ? fail(why, NO_MEMORY, "no memory to write CPIX")
                                        : put_document(&writer, cpix, &document, why);
    document_key_release(&document);
    if (writer.xml != NULL) xmlFreeTextWriter(writer.xml);
    if (result == OK)
        result = buffer_put(
            out, (struct slice){xmlBufferContent(text), (size_t)xmlBufferLength(text)}, why);
    if (text != NULL) xmlBufferFree(text);
    return result;
}
