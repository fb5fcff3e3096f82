// SPDX-License-Identifier: Apache-2.0
#include "media/xml.h"

#include "base/utf8.h"

#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>

struct xml_document {
    xmlTextReaderPtr reader; // owns the tree as long as it is not moved on
    const xmlNode *root;
    struct why fault; // what libxml2 said first
};

static const xmlChar *xml_name(const char *text)
{
    return (const xmlChar *)text;
}

static void keep_first_fault(void *context, xmlErrorPtr error)
{
    struct why *fault = context;
    if (fault->text[0] != '\0' || error == NULL || error->message == NULL) return;
    const struct slice message = slice_trim(slice_of(error->message));
    const outcome ignored =
        fail(fault, INVALID, "line %d: %.*s", error->line, SLICE_ARG(slice_part(message, 0, 200)));
    (void)ignored;
}

// Size, and encoding, so that libxml2 need not guess at others: what declares one lies.
static outcome check_text(struct slice text, struct why *why)
{
    if (text.len > XML_BYTES_MAX)
        return fail(why, TOO_LARGE, "the XML has %zu bytes: the limit is %d", text.len,
                    XML_BYTES_MAX);
    if (text.len == 0 || utf8_prefix(text) < text.len || memchr(text.at, '\0', text.len) != NULL)
        return fail(why, INVALID, "this is no XML document in UTF-8");
    size_t marks = 0;
    for (size_t i = 0; i < text.len; i++)
        marks += text.at[i] == '<' || text.at[i] == '=';
    if (marks > XML_MARKS_MAX)
        return fail(why, TOO_LARGE, "the XML has %zu tags and attributes: the limit is %d", marks,
                    XML_MARKS_MAX);
    return OK;
}

// Moves to the root element; a document type on the way ends it.
static outcome find_root(struct xml_document *document, struct why *why)
{
    for (;;) {
        const int moved = xmlTextReaderRead(document->reader);
        if (moved != 1)
            return fail(why, INVALID, "this is no XML document%s%s",
                        document->fault.text[0] == '\0' ? "" : ": ", document->fault.text);
        const int type = xmlTextReaderNodeType(document->reader);
        if (type == XML_READER_TYPE_DOCUMENT_TYPE)
            return fail(why, INVALID, "the XML has a document type (DTD), which is not accepted");
        if (type == XML_READER_TYPE_ELEMENT) break;
    }
    document->root = xmlTextReaderExpand(document->reader);
    if (document->root == NULL || document->fault.text[0] != '\0')
        return fail(why, INVALID, "the XML is broken: %s", document->fault.text);
    return OK;
}

outcome xml_open(struct slice text, struct xml_document **out, struct why *why)
{
    TRY(check_text(text, why));
    struct xml_document *document = calloc(1, sizeof *document);
    if (document == NULL) return fail(why, NO_MEMORY, "no memory to read XML");
    document->reader = xmlReaderForMemory((const char *)text.at, (int)text.len, NULL, "UTF-8",
                                          XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                              XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (document->reader == NULL) {
        free(document);
        return fail(why, NO_MEMORY, "no memory to read XML");
    }
    xmlTextReaderSetStructuredErrorHandler(document->reader, keep_first_fault, &document->fault);
    const outcome result = find_root(document, why);
    if (result != OK)
        xml_close(&document);
    else
        *out = document;
    return result;
}

void xml_close(struct xml_document **document)
{
    if (*document == NULL) return;
    xmlFreeTextReader((*document)->reader);
    free(*document);
    *document = NULL;
}

const xmlNode *xml_root(const struct xml_document *document)
{
    return document->root;
}

bool xml_is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrcmp(node->name, xml_name(name)) == 0;
}

static const xmlNode *find(const xmlNode *node, const char *name)
{
    while (node != NULL &&
           (node->type != XML_ELEMENT_NODE || (name != NULL && !xml_is(node, name))))
        node = node->next;
    return node;
}

const xmlNode *xml_child(const xmlNode *parent, const char *name)
{
    return find(parent->children, name);
}

const xmlNode *xml_next(const xmlNode *node, const char *name)
{
    return find(node->next, name);
}

bool xml_has(const xmlNode *node, const char *name)
{
    return xmlHasNsProp(node, xml_name(name), NULL) != NULL;
}

static outcome keep(xmlChar *text, struct arena *arena, const char **out, struct why *why)
{
    if (text == NULL) return fail(why, NO_MEMORY, "no memory to read XML");
    const char *copy = arena_copy(arena, slice_trim(slice_of((const char *)text)));
    xmlFree(text);
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory to read XML");
    *out = copy;
    return OK;
}

outcome xml_attribute(const xmlNode *node, const char *name, struct arena *arena, const char **out,
                      struct why *why)
{
    if (!xml_has(node, name)) return OK;
    return keep(xmlGetNoNsProp(node, xml_name(name)), arena, out, why);
}

outcome xml_text(const xmlNode *node, struct arena *arena, const char **out, struct why *why)
{
    return keep(xmlNodeGetContent(node), arena, out, why);
}

outcome xml_u64(const xmlNode *node, const char *name, uint64_t max, uint64_t *out, struct why *why)
{
    if (!xml_has(node, name)) return OK;
    xmlChar *text = xmlGetNoNsProp(node, xml_name(name));
    if (text == NULL) return fail(why, NO_MEMORY, "no memory to read XML");
    struct why cause = {""};
    uint64_t value = 0;
    const outcome result = slice_u64(slice_trim(slice_of((const char *)text)), max, &value, &cause);
    xmlFree(text);
    if (result != OK)
        return fail(why, result, "line %d: %s/@%s: %s", (int)xmlGetLineNo(node),
                    (const char *)node->name, name, cause.text);
    *out = value;
    return OK;
}
