// SPDX-License-Identifier: Apache-2.0
//
// Writing XML through libxml2's writer. The first write that fails is remembered and told at the
// end, so that the code in between reads as the document does.
//
//     autoxmlwriter xml;
//     TRY(xml_writer_open(&xml, why));
//     xml_writer_start(&xml, "p");
//     xml_writer_attribute(&xml, "region", "r%zu", index);
//     xml_writer_text(&xml, text);
//     xml_writer_end(&xml);
//     return xml_writer_finish(&xml, out, why);
#ifndef MEDIA_XML_WRITER_H
#define MEDIA_XML_WRITER_H

#include "base/buffer.h"

#include <libxml/xmlwriter.h>

struct xml_writer {
    xmlBufferPtr bytes;
    xmlTextWriterPtr writer;
    bool is_failed;
};

must_check outcome xml_writer_open(struct xml_writer *out, struct why *why);
void xml_writer_close(struct xml_writer *xml);

#define autoxmlwriter __attribute__((cleanup(xml_writer_close))) struct xml_writer

void xml_writer_start(struct xml_writer *xml, const char *name);
void xml_writer_end(struct xml_writer *xml);
__attribute__((format(printf, 3, 4))) void
xml_writer_attribute(struct xml_writer *xml, const char *name, const char *format, ...);

// Text is UTF-8; characters that XML 1.0 cannot carry (clause 2.2) are left out.
void xml_writer_text(struct xml_writer *xml, struct slice text);

// Ends the document and appends it. NO_MEMORY when any write failed, TOO_LARGE over out's cap.
must_check outcome xml_writer_finish(struct xml_writer *xml, struct buffer *out, struct why *why);

#endif
