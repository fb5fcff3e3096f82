// SPDX-License-Identifier: Apache-2.0
#include "media/protection_dash.h"

#include <stdio.h>

#define MP4_PROTECTION "urn:mpeg:dash:mp4protection:2011"
#define CENC_SPACE     "urn:mpeg:cenc:2013"
#define MSPR_SPACE     "urn:microsoft:playready"
#define DASHIF_SPACE   "https://dashif.org/CPS"

// libxml2 reports each write; one that fails ends the work with NO_MEMORY.
struct writer {
    xmlTextWriterPtr xml;
    bool is_failed;
};

static const xmlChar *xml_text(const char *text)
{
    return (const xmlChar *)text;
}

static void open_protection(struct writer *writer, const char *scheme, const char *value)
{
    xmlTextWriterPtr xml = writer->xml;
    if (xmlTextWriterStartElement(xml, xml_text("ContentProtection")) < 0 ||
        xmlTextWriterWriteAttribute(xml, xml_text("schemeIdUri"), xml_text(scheme)) < 0 ||
        xmlTextWriterWriteAttribute(xml, xml_text("value"), xml_text(value)) < 0)
        writer->is_failed = true;
}

static void close_protection(struct writer *writer)
{
    if (xmlTextWriterEndElement(writer->xml) < 0) writer->is_failed = true;
}

static void put_child(struct writer *writer, const char *prefix, const char *name,
                      const char *space, const char *text)
{
    if (text == NULL || xmlTextWriterWriteElementNS(writer->xml, xml_text(prefix), xml_text(name),
                                                    xml_text(space), xml_text(text)) < 0)
        writer->is_failed = true;
}

// What each system wants besides its pssh.
static outcome put_extra(struct writer *writer, enum drm_system system,
                         const struct pssh_content *content, struct why *why)
{
    if (system == DRM_CLEARKEY && content->license_url != NULL)
        put_child(writer, "dashif", "Laurl", DASHIF_SPACE, content->license_url);
    if (system != DRM_PLAYREADY) return OK;
    autobuffer object = buffer_init(PLAYREADY_BYTES_MAX);
    autobuffer text = buffer_init(2 * PLAYREADY_BYTES_MAX);
    TRY(playready_object_put(content, &object, why));
    TRY(base64_put(buffer_slice(&object), &text, why));
    put_child(writer, "mspr", "pro", MSPR_SPACE, buffer_text(&text));
    return OK;
}

static outcome put_system(struct writer *writer, enum drm_system system,
                          const struct pssh_content *content, struct why *why)
{
    static const char *const values[] = {
        [DRM_CLEARKEY] = "ClearKey1.0", [DRM_WIDEVINE] = "Widevine", [DRM_PLAYREADY] = "MSPR 2.0"};
    autobuffer box = buffer_init(PLAYREADY_BYTES_MAX + 64);
    autobuffer text = buffer_init(2 * PLAYREADY_BYTES_MAX);
    char scheme[64];
    (void)snprintf(scheme, sizeof scheme, "urn:uuid:%s", drm_system_uuid(system));
    open_protection(writer, scheme, values[system]);
    if (system != DRM_CLEARKEY) { // which takes the key id from default_KID
        TRY(pssh_put(system, content, &box, why));
        TRY(base64_put(buffer_slice(&box), &text, why));
        put_child(writer, "cenc", "pssh", CENC_SPACE, buffer_text(&text));
    }
    TRY(put_extra(writer, system, content, why));
    close_protection(writer);
    return OK;
}

outcome dash_protection_put(xmlTextWriterPtr xml, const struct presentation *presentation,
                            const struct track *track, struct why *why)
{
    const struct track_protection *protection = &track->protection;
    if (protection->scheme == SCHEME_NONE) return OK;
    struct writer writer = {xml, false};
    const struct pssh_content content = {protection->scheme, &protection->key_id, 1,
                                         presentation->license_url};
    char key_id[KEY_ID_TEXT_BYTES];
    open_protection(&writer, MP4_PROTECTION, cenc_scheme_word(protection->scheme));
    if (xmlTextWriterWriteAttributeNS(xml, xml_text("cenc"), xml_text("default_KID"),
                                      xml_text(CENC_SPACE),
                                      xml_text(key_id_format(&protection->key_id, key_id))) < 0)
        writer.is_failed = true;
    close_protection(&writer);
    for (int i = 0; i < DRM_SYSTEM_COUNT; i++) // FairPlay has no descriptor: DASH does not serve it
        if (i != DRM_FAIRPLAY && (presentation->systems >> i & 1u) != 0)
            TRY(put_system(&writer, (enum drm_system)i, &content, why));
    return writer.is_failed ? fail(why, NO_MEMORY, "no memory to write the MPD") : OK;
}
