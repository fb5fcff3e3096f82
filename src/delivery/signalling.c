// SPDX-License-Identifier: Apache-2.0
#include "delivery/signalling.h"

#include "media/dash.h"
#include "media/hls.h"

#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#define PATHWAY "."

// What stands in an attribute of either format as it is.
static bool is_plain(const char *url)
{
    for (const char *at = url; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7f || strchr("\"<>\\^`{|}", *at) != NULL) return false;
    return true;
}

static bool is_absolute(const char *url)
{
    const struct slice text = slice_of(url);
    return slice_starts(text, "https://") || slice_starts(text, "http://");
}

outcome signalling_check(const struct signalling *signalling, struct why *why)
{
    const char *steering = signalling->steering_url, *media = signalling->media_url;
    if (!is_plain(steering) || !(is_absolute(steering) || steering[0] == '/'))
        return fail(why, INVALID,
                    "\"%s\" is no address of a steering service: give https://... or a path",
                    steering);
    if (!is_plain(media) || !is_absolute(media) || slice_ends(slice_of(media), "/"))
        return fail(why, INVALID,
                    "steering needs the address that viewers know this origin by (--media-url), "
                    "such as https://media.example, not \"%s\"",
                    media);
    return OK;
}

bool signalling_has(const char *file)
{
    return strcmp(file, HLS_MULTIVARIANT_FILE) == 0 || strcmp(file, DASH_MANIFEST_FILE) == 0;
}

static outcome put_hls(const struct signalling *signalling, struct slice text, struct buffer *out,
                       struct why *why)
{
    struct slice rest = text, first;
    if (!slice_cut(&rest, '\n', &first) || rest.at == NULL ||
        !slice_is(slice_trim(first), "#EXTM3U"))
        return fail(why, CORRUPT, "this playlist does not begin with #EXTM3U");
    TRY(buffer_put(out, first, why));
    TRY(buffer_format(out, why,
                      "\n#EXT-X-CONTENT-STEERING:SERVER-URI=\"%s\",PATHWAY-ID=\"" PATHWAY "\"\n",
                      signalling->steering_url));
    return buffer_put(out, rest, why);
}

static const xmlChar *xml(const char *text)
{
    return (const xmlChar *)text;
}

static xmlNodePtr new_element(xmlNodePtr root, const char *name, const char *content)
{
    return xmlNewTextChild(root, root->ns, xml(name), xml(content)); // at the end, yet
}

// The first child in front of which a BaseURL may stand.
static xmlNodePtr behind_information(xmlNodePtr root)
{
    xmlNodePtr node = xmlFirstElementChild(root);
    while (node != NULL && xmlStrEqual(node->name, xml("ProgramInformation")))
        node = xmlNextElementSibling(node);
    return node;
}

static bool add_elements(xmlNodePtr root, const struct signalling *signalling, const char *base)
{
    xmlNodePtr place = behind_information(root);
    xmlNodePtr at = new_element(root, "BaseURL", base);
    xmlNodePtr steering = new_element(root, "ContentSteering", signalling->steering_url);
    return place != NULL && at != NULL && steering != NULL &&
           xmlNewProp(at, xml("serviceLocation"), xml(PATHWAY)) != NULL &&
           xmlNewProp(steering, xml("defaultServiceLocation"), xml(PATHWAY)) != NULL &&
           xmlNewProp(steering, xml("queryBeforeStart"), xml("true")) != NULL &&
           xmlAddPrevSibling(place, at) != NULL && xmlAddPrevSibling(place, steering) != NULL;
}

static outcome put_dash(const struct signalling *signalling, const char *folder, struct slice text,
                        struct buffer *out, struct why *why)
{
    char base[2048];
    const int len = snprintf(base, sizeof base, "%s%s", signalling->media_url, folder);
    if (len < 0 || len >= (int)sizeof base || text.len > SIGNALLING_BYTES_MAX)
        return fail(why, TOO_LARGE, "this DASH description is too large to be steered");
    xmlDocPtr document = xmlReadMemory((const char *)text.at, (int)text.len, DASH_MANIFEST_FILE,
                                       NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
    xmlNodePtr root = document == NULL ? NULL : xmlDocGetRootElement(document);
    outcome result = OK;
    xmlChar *written = NULL;
    int size = 0;
    if (root == NULL || !xmlStrEqual(root->name, xml("MPD")) || behind_information(root) == NULL)
        result = fail(why, CORRUPT, "this is no DASH description");
    else if (!add_elements(root, signalling, base))
        result = fail(why, NO_MEMORY, "no memory for a DASH description");
    else
        xmlDocDumpMemory(document, &written, &size);
    if (result == OK && written == NULL)
        result = fail(why, NO_MEMORY, "no memory for a DASH description");
    if (result == OK) result = buffer_put(out, (struct slice){written, (size_t)size}, why);
    xmlFree(written);
    xmlFreeDoc(document);
    return result;
}

outcome signalling_put(const struct signalling *signalling, const char *file, const char *folder,
                       struct slice text, struct buffer *out, struct why *why)
{
    if (strcmp(file, HLS_MULTIVARIANT_FILE) == 0) return put_hls(signalling, text, out, why);
    return put_dash(signalling, folder, text, out, why);
}

const char *signalling_tag(const struct signalling *signalling, char *out)
{
    const char *const texts[] = {signalling->steering_url, "\n", signalling->media_url};
    uint32_t hash = 0x811c9dc5; // FNV-1a
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (const char *at = texts[i]; *at != '\0'; at++)
            hash = (hash ^ (uint8_t)*at) * 0x01000193;
    (void)snprintf(out, SIGNALLING_TAG_BYTES, "%08x", hash);
    return out;
}
