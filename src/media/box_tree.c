// SPDX-License-Identifier: Apache-2.0
#include "media/box_tree.h"

#include "media/box.h"
#include "media/box_fields.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct tree {
    int fd;
    uint64_t file_bytes;
    size_t boxes;
};

// The box without its children. NULL without memory.
static json_t *describe(const struct box *box)
{
    char type[BOX_TYPE_TEXT_BYTES];
    const struct box_kind *kind = box_kind_of(box->type);
    json_t *out = json_pack("{s:s, s:I, s:I}", "type", box_type_text(box->type, type), "offset",
                            (json_int_t)box->offset, "size", (json_int_t)box->size);
    if (out != NULL && kind != NULL)
        (void)json_object_set_new(out, "meaning", json_string(kind->meaning));
    return out;
}

static outcome count_box(struct tree *tree, struct why *why)
{
    if (++tree->boxes > BOX_TREE_BOXES_MAX)
        return fail(why, TOO_LARGE, "the file has more than %d boxes", BOX_TREE_BOXES_MAX);
    return OK;
}

static outcome add_loaded(struct tree *tree, json_t *list, const struct box *box, size_t depth,
                          struct why *why);

// Children of a loaded box. A damaged one ends its list and is told in the parent.
static outcome add_children(struct tree *tree, json_t *parent, const struct box *box, size_t depth,
                            struct why *why)
{
    struct box_walk walk = box_children(box);
    if (!box_walk_has(&walk)) return OK;
    json_t *list = json_array();
    if (list == NULL || json_object_set_new(parent, "boxes", list) != 0)
        return fail(why, NO_MEMORY, "no memory for the tree of boxes");
    while (box_walk_has(&walk)) {
        struct box child;
        struct why fault = {""};
        if (box_next(&walk, &child, &fault) != OK) {
            (void)json_object_set_new(parent, "fault", json_string(fault.text));
            return OK;
        }
        TRY(add_loaded(tree, list, &child, depth, why));
    }
    return OK;
}

static outcome add_loaded(struct tree *tree, json_t *list, const struct box *box, size_t depth,
                          struct why *why)
{
    TRY(count_box(tree, why));
    json_t *node = describe(box);
    if (node == NULL || json_array_append_new(list, node) != 0)
        return fail(why, NO_MEMORY, "no memory for the tree of boxes");
    json_t *fields = box_fields(box);
    if (fields != NULL) (void)json_object_set_new(node, "fields", fields);
    if (depth >= BOX_DEPTH_MAX) {
        (void)json_object_set_new(node, "fault", json_string("boxes are nested too deep"));
        return OK;
    }
    return add_children(tree, node, box, depth + 1, why);
}

static bool is_payload(uint32_t type)
{
    return type == BOX_TYPE('m', 'd', 'a', 't') || type == BOX_TYPE('f', 'r', 'e', 'e') ||
           type == BOX_TYPE('s', 'k', 'i', 'p') || type == BOX_TYPE('w', 'i', 'd', 'e') ||
           type == BOX_TYPE('i', 'd', 'a', 't');
}

static outcome add_top(struct tree *tree, json_t *list, const struct box *box, struct why *why)
{
    struct box loaded;
    autobuffer bytes = buffer_init(BOX_TREE_LOAD_BYTES_MAX);
    if (box_kind_of(box->type) == NULL || is_payload(box->type) ||
        box->size > BOX_TREE_LOAD_BYTES_MAX) {
        TRY(count_box(tree, why));
        json_t *node = describe(box);
        if (node == NULL || json_array_append_new(list, node) != 0)
            return fail(why, NO_MEMORY, "no memory for the tree of boxes");
        if (!is_payload(box->type) && box->size > BOX_TREE_LOAD_BYTES_MAX)
            (void)json_object_set_new(node, "fault", json_string("too large to be read"));
        return OK;
    }
    TRY(box_load(tree->fd, box, &bytes, &loaded, why));
    return add_loaded(tree, list, &loaded, 1, why);
}

static outcome add_all(struct tree *tree, json_t *root, json_t *list, struct why *why)
{
    for (uint64_t at = 0; at < tree->file_bytes;) {
        struct box box;
        struct why fault = {""};
        if (box_read(tree->fd, tree->file_bytes, at, &box, &fault) != OK) {
            if (at == 0)
                return fail(why, UNSUPPORTED, "this is no ISO base media file: %s", fault.text);
            (void)json_object_set_new(root, "fault", json_string(fault.text));
            return OK;
        }
        char type[BOX_TYPE_TEXT_BYTES];
        if (at == 0 && box_kind_of(box.type) == NULL)
            return fail(why, UNSUPPORTED, "this is no ISO base media file: it begins with \"%s\"",
                        box_type_text(box.type, type));
        TRY(add_top(tree, list, &box, why));
        at += box.size;
    }
    return OK;
}

outcome box_tree(const char *path, json_t **out, struct why *why)
{
    struct stat facts;
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &facts) != 0) return fail_errno(why, errno, "cannot open %s", path);
    if (facts.st_size == 0)
        return fail(why, UNSUPPORTED, "%s is no ISO base media file: it is empty", path);
    struct tree tree = {.fd = fd, .file_bytes = (uint64_t)facts.st_size};
    autojson *list = json_array();
    autojson *root =
        json_pack("{s:s%, s:I}", "file", path, strlen(path), "size", (json_int_t)facts.st_size);
    if (list == NULL || root == NULL)
        return fail(why, NO_MEMORY, "no memory for the tree of boxes");
    TRY(add_all(&tree, root, list, why));
    if (json_object_set(root, "boxes", list) != 0)
        return fail(why, NO_MEMORY, "no memory for the tree of boxes");
    *out = json_incref(root);
    return OK;
}
