// SPDX-License-Identifier: Apache-2.0
//
// The PlayReady Object with a WRMHEADER of version 4.3 (PlayReady Header Specification).
//
//     | size, 32 bits LE | records = 1, 16 LE | type = 1, 16 LE | bytes, 16 LE | XML as UTF-16LE |
//
// Key ids stand there as GUIDs: the first three fields little-endian, then base64.
#include "drm/pssh.h"

#include <libxml/xmlwriter.h>

#include <string.h>

static outcome guid_text(const struct key_id *id, struct buffer *out, struct why *why)
{
    static const uint8_t order[KEY_ID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t guid[KEY_ID_BYTES];
    for (size_t i = 0; i < KEY_ID_BYTES; i++)
        guid[i] = id->bytes[order[i]];
    out->len = 0;
    TRY(base64_put((struct slice){guid, sizeof guid}, out, why));
    return buffer_text(out) == NULL ? fail(why, NO_MEMORY, "no memory for a PlayReady header") : OK;
}

// libxml2 reports each write; one that fails ends the work with NO_MEMORY.
struct writer {
    xmlTextWriterPtr xml;
    bool is_failed;
};

static void open_element(struct writer *writer, const char *name)
{
    if (xmlTextWriterStartElement(writer->xml, (const xmlChar *)name) < 0) writer->is_failed = true;
}

static void close_element(struct writer *writer)
{
    if (xmlTextWriterEndElement(writer->xml) < 0) writer->is_failed = true;
}

static void put_attribute(struct writer *writer, const char *name, const char *value)
{
    if (xmlTextWriterWriteAttribute(writer->xml, (const xmlChar *)name, (const xmlChar *)value) < 0)
        writer->is_failed = true;
}

static outcome put_header(struct writer *writer, const struct pssh_content *content,
                          struct why *why)
{
    autobuffer guid = buffer_init(64);
    open_element(writer, "WRMHEADER");
    put_attribute(writer, "xmlns", "http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader");
    put_attribute(writer, "version", "4.3.0.0");
    open_element(writer, "DATA");
    open_element(writer, "PROTECTINFO");
    open_element(writer, "KIDS");
    for (size_t i = 0; i < content->key_count; i++) {
        TRY(guid_text(&content->key_ids[i], &guid, why));
        open_element(writer, "KID");
        put_attribute(writer, "ALGID", content->scheme == SCHEME_CBCS ? "AESCBC" : "AESCTR");
        put_attribute(writer, "VALUE", (const char *)guid.at);
        close_element(writer);
    }
    close_element(writer);
    close_element(writer);
    if (content->license_url != NULL &&
        xmlTextWriterWriteElement(writer->xml, (const xmlChar *)"LA_URL",
                                  (const xmlChar *)content->license_url) < 0)
        writer->is_failed = true;
    close_element(writer);
    close_element(writer);
    return OK;
}

// The text as UTF-16LE. libxml2 writes UTF-8, which it has checked.
static outcome put_utf16(struct slice utf8, struct buffer *out, struct why *why)
{
    for (size_t i = 0; i < utf8.len;) {
        const uint8_t lead = utf8.at[i];
        const size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);
        if (more >= utf8.len - i) return fail(why, INVALID, "a licence URL is no UTF-8");
        for (size_t k = 1; k <= more; k++)
            point = point << 6 | (utf8.at[i + k] & 0x3fu);
        i += 1 + more;
        const uint32_t high = point >= 0x10000 ? 0xd800 + ((point - 0x10000) >> 10) : 0;
        const uint32_t low = point >= 0x10000 ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point;
        if (high != 0) TRY(buffer_put_u16be(out, (uint16_t)(high << 8 | high >> 8), why));
        TRY(buffer_put_u16be(out, (uint16_t)((low & 0xff) << 8 | low >> 8), why));
    }
    return OK;
}

static outcome put_u16le(uint32_t value, struct buffer *out, struct why *why)
{
    return buffer_put_u16be(out, (uint16_t)((value & 0xff) << 8 | (value >> 8 & 0xff)), why);
}

static outcome put_object(struct slice xml, struct buffer *out, struct why *why)
{
    enum { HEAD = 10, RECORD_HEAD = 4, RIGHTS_HEADER = 1 };
    autobuffer text = buffer_init(PLAYREADY_BYTES_MAX);
    TRY(put_utf16(xml, &text, why));
    const uint32_t size = (uint32_t)(HEAD + text.len);
    TRY(put_u16le(size & 0xffff, out, why));
    TRY(put_u16le(size >> 16, out, why));
    TRY(put_u16le(1, out, why));
    TRY(put_u16le(RIGHTS_HEADER, out, why));
    TRY(put_u16le((uint32_t)text.len, out, why));
    return buffer_put(out, buffer_slice(&text), why);
}

outcome playready_object_put(const struct pssh_content *content, struct buffer *out,
                             struct why *why)
{
    xmlBufferPtr text = xmlBufferCreate();
    struct writer writer = {text == NULL ? NULL : xmlNewTextWriterMemory(text, 0), false};
    outcome result = OK;
    if (writer.xml == NULL) {
        result = fail(why, NO_MEMORY, "no memory for a PlayReady header");
    } else {
        result = put_header(&writer, content, why);
        xmlFreeTextWriter(writer.xml); // flushes into `text`
        if (result == OK && writer.is_failed)
            result = fail(why, NO_MEMORY, "no memory for a PlayReady header");
    }
    const size_t before = out->len;
    if (result == OK) {
        const struct slice xml = {xmlBufferContent(text), (size_t)xmlBufferLength(text)};
        result = put_object(xml, out, why);
    }
    if (result != OK) out->len = before;
    if (text != NULL) xmlBufferFree(text);
    return result;
}
