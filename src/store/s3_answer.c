// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answer.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>

// No document type is loaded and nothing is fetched; a document type at all is refused.
static outcome document_open(struct slice xml, xmlDocPtr *out, struct why *why)
{
    xmlDocPtr document = xml.len > S3_ANSWER_BYTES_MAX
                             ? NULL
                             : xmlReadMemory((const char *)xml.at, (int)xml.len, "s3.xml", NULL,
                                             XML_PARSE_NONET | XML_PARSE_NOERROR |
                                                 XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS);
    if (document == NULL || document->intSubset != NULL || xmlDocGetRootElement(document) == NULL) {
        xmlFreeDoc(document);
        return fail(why, CORRUPT,
                    "the object store answers with %zu bytes that are no XML: "
                    "\"%.*s\"",
                    xml.len, SLICE_ARG(slice_part(xml, 0, 80)));
    }
    *out = document;
    return OK;
}

static void document_close(xmlDocPtr *document)
{
    if (*document != NULL) xmlFreeDoc(*document);
}

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static outcome text_of(const xmlNode *node, struct arena *arena, const char **out, struct why *why)
{
    xmlChar *content = xmlNodeGetContent(node);
    const char *text = content == NULL ? NULL : arena_copy(arena, slice_of((const char *)content));
    xmlFree(content);
    if (text == NULL) return fail(why, NO_MEMORY, "no memory for an answer of the object store");
    *out = text;
    return OK;
}

static const xmlNode *next_in_order(const xmlNode *node)
{
    if (node->children != NULL) return node->children;
    while (node != NULL && node->next == NULL)
        node = node->parent;
    return node == NULL ? NULL : node->next;
}

outcome s3_element_find(struct slice xml, const char *name, struct arena *arena, const char **out,
                        struct why *why)
{
    __attribute__((cleanup(document_close))) xmlDocPtr document = NULL;
    TRY(document_open(xml, &document, why));
    for (const xmlNode *node = xmlDocGetRootElement(document); node != NULL;
         node = next_in_order(node))
        if (is_named(node, name)) return text_of(node, arena, out, why);
    return fail(why, NOT_FOUND, "the object store's answer has no %s", name);
}

static outcome add_key(const xmlNode *contents, struct arena *arena, struct s3_page *page,
                       struct why *why)
{
    for (const xmlNode *node = contents->children; node != NULL; node = node->next) {
        if (!is_named(node, "Key")) continue;
        if (page->count == S3_PAGE_KEYS_MAX)
            return fail(why, CORRUPT, "the object store lists more than %d keys on a page",
                        S3_PAGE_KEYS_MAX);
        return text_of(node, arena, &page->keys[page->count++], why);
    }
    return fail(why, CORRUPT, "the object store lists an object without a key");
}

outcome s3_page_parse(struct slice xml, struct arena *arena, struct s3_page *out, struct why *why)
{
    __attribute__((cleanup(document_close))) xmlDocPtr document = NULL;
    const char *is_truncated = "false", *next = NULL;
    TRY(document_open(xml, &document, why));
    const xmlNode *root = xmlDocGetRootElement(document);
    if (!is_named(root, "ListBucketResult"))
        return fail(why, CORRUPT, "the object store answers a listing with <%s>",
                    (const char *)root->name);
    out->count = 0;
    for (const xmlNode *node = root->children; node != NULL; node = node->next) {
        if (is_named(node, "Contents")) TRY(add_key(node, arena, out, why));
        if (is_named(node, "IsTruncated")) TRY(text_of(node, arena, &is_truncated, why));
        if (is_named(node, "NextContinuationToken")) TRY(text_of(node, arena, &next, why));
    }
    const bool has_more = strcmp(is_truncated, "true") == 0;
    if (has_more && next == NULL)
        return fail(why, CORRUPT, "the object store cuts a listing and does not say where");
    out->next = has_more ? next : NULL;
    return OK;
}

static const xmlChar *xml_of(const char *text)
{
    return (const xmlChar *)text;
}

// Each call gives the bytes it wrote, or -1.
static bool write_parts(xmlTextWriterPtr writer, const char *const *etags, size_t count)
{
    bool is_fine = xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL) >= 0 &&
                   xmlTextWriterStartElement(writer, xml_of("CompleteMultipartUpload")) >= 0;
    for (size_t i = 0; i < count && is_fine; i++)
        is_fine =
            xmlTextWriterStartElement(writer, xml_of("Part")) >= 0 &&
            xmlTextWriterWriteFormatElement(writer, xml_of("PartNumber"), "%zu", i + 1) >= 0 &&
            xmlTextWriterWriteElement(writer, xml_of("ETag"), xml_of(etags[i])) >= 0 &&
            xmlTextWriterEndElement(writer) >= 0;
    return is_fine && xmlTextWriterEndDocument(writer) >= 0;
}

outcome s3_parts_format(const char *const *etags, size_t count, struct buffer *out, struct why *why)
{
    xmlBufferPtr text = xmlBufferCreate();
    xmlTextWriterPtr writer = text == NULL ? NULL : xmlNewTextWriterMemory(text, 0);
    const bool is_made = writer != NULL && write_parts(writer, etags, count);
    if (writer != NULL) xmlFreeTextWriter(writer);
    const outcome result =
        !is_made ? fail(why, NO_MEMORY, "no memory to complete an upload")
                 : buffer_put(out, slice_of((const char *)xmlBufferContent(text)), why);
    if (text != NULL) xmlBufferFree(text);
    return result;
}
