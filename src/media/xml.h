// SPDX-License-Identifier: Apache-2.0
//
// Other people's XML as a tree: libxml2 with all that could reach outside or blow up shut off. No
// document type, so no entities but the five; no network; UTF-8 whatever it declares; capped in
// bytes, in markup and in depth.
#ifndef MEDIA_XML_H
#define MEDIA_XML_H

#include "base/arena.h"

#include <libxml/tree.h>

enum {
    XML_BYTES_MAX = 8 * 1024 * 1024,
    XML_MARKS_MAX = 500000, // '<' and '=': bounds nodes and attributes, and so the tree's memory
};

struct xml_document;

// Parses a whole document. INVALID with line and reason; TOO_LARGE over the caps above.
must_check outcome xml_open(struct slice text, struct xml_document **out, struct why *why);
void xml_close(struct xml_document **document); // tolerates NULL

const xmlNode *xml_root(const struct xml_document *document); // lives until xml_close()

// Element names without namespace prefix.
bool xml_is(const xmlNode *node, const char *name);

// The first child element of that name (NULL: any), and the next one after `node`; NULL at the end.
const xmlNode *xml_child(const xmlNode *parent, const char *name);
const xmlNode *xml_next(const xmlNode *node, const char *name);

// An attribute without namespace, copied to the arena; `*out` is left alone when it is absent.
// NO_MEMORY.
must_check outcome xml_attribute(const xmlNode *node, const char *name, struct arena *arena,
                                 const char **out, struct why *why);
bool xml_has(const xmlNode *node, const char *name);

// The text inside an element, trimmed, copied to the arena.
must_check outcome xml_text(const xmlNode *node, struct arena *arena, const char **out,
                            struct why *why);

// An attribute as a number up to `max`; left alone when absent. INVALID with the element's line.
must_check outcome xml_u64(const xmlNode *node, const char *name, uint64_t max, uint64_t *out,
                           struct why *why);

#endif
