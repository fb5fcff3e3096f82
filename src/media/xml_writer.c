// SPDX-License-Identifier: Apache-2.0
#include "media/xml_writer.h"

#include <stdarg.h>
#include <string.h>

enum { PIECE_BYTES = 512 };

outcome xml_writer_open(struct xml_writer *out, struct why *why)
{
    *out = (struct xml_writer){.bytes = xmlBufferCreate()};
    if (out->bytes != NULL) {
        xmlBufferSetAllocationScheme(out->bytes, XML_BUFFER_ALLOC_DOUBLEIT);
        out->writer = xmlNewTextWriterMemory(out->bytes, 0);
    }
    if (out->writer == NULL) return fail(why, NO_MEMORY, "no memory to write XML");
    out->is_failed = xmlTextWriterStartDocument(out->writer, "1.0", "UTF-8", NULL) < 0;
    return OK;
}

void xml_writer_close(struct xml_writer *xml)
{
    if (xml->writer != NULL) xmlFreeTextWriter(xml->writer);
    if (xml->bytes != NULL) xmlBufferFree(xml->bytes);
    *xml = (struct xml_writer){.bytes = NULL};
}

void xml_writer_start(struct xml_writer *xml, const char *name)
{
    if (xmlTextWriterStartElement(xml->writer, (const xmlChar *)name) < 0) xml->is_failed = true;
}

void xml_writer_end(struct xml_writer *xml)
{
    if (xmlTextWriterEndElement(xml->writer) < 0) xml->is_failed = true;
}

void xml_writer_attribute(struct xml_writer *xml, const char *name, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (xmlTextWriterWriteVFormatAttribute(xml->writer, (const xmlChar *)name, format, values) < 0)
        xml->is_failed = true;
    va_end(values);
}

// Bytes at the front of `text` that XML cannot carry: a control character, U+FFFE or U+FFFF.
static size_t unfit(struct slice text)
{
    const uint8_t byte = text.at[0];
    if (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r') return 1;
    const bool is_noncharacter =
        slice_starts(text, "\xef\xbf\xbe") || slice_starts(text, "\xef\xbf\xbf");
    return is_noncharacter ? 3 : 0;
}

void xml_writer_text(struct xml_writer *xml, struct slice text)
{
    while (text.len > 0) {
        xmlChar piece[PIECE_BYTES];
        size_t len = 0;
        while (text.len > 0 && len + 1 < sizeof piece) {
            const size_t skipped = unfit(text);
            if (skipped == 0) piece[len++] = text.at[0];
            text = slice_part(text, skipped == 0 ? 1 : skipped, text.len);
        }
        piece[len] = '\0';
        if (xmlTextWriterWriteString(xml->writer, piece) < 0) xml->is_failed = true;
    }
}

outcome xml_writer_finish(struct xml_writer *xml, struct buffer *out, struct why *why)
{
    if (xmlTextWriterEndDocument(xml->writer) < 0) xml->is_failed = true;
    xmlFreeTextWriter(xml->writer); // flushes into `bytes`
    xml->writer = NULL;
    if (xml->is_failed) return fail(why, NO_MEMORY, "no memory to write XML");
    return buffer_put(
        out, (struct slice){xmlBufferContent(xml->bytes), (size_t)xmlBufferLength(xml->bytes)},
        why);
}
