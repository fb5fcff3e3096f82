// SPDX-License-Identifier: Apache-2.0
#include "base/config.h"

#include "base/file.h"
#include "base/suggest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *key;
    const char *value;
    const char *unit;
    const char *doc;
} table[CONFIG_KEY_COUNT] = {
#define CONFIG_ROW(key, value, unit, doc) {key, value, unit, doc},
    CONFIG_KEYS(CONFIG_ROW)
#undef CONFIG_ROW
};

static struct config_entry *entry_of(struct config *config, const char *key)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        if (strcmp(config->entries[i].key, key) == 0) return &config->entries[i];
    return NULL;
}

void config_environment_name(const char *key, char *out, size_t out_bytes)
{
    (void)snprintf(out, out_bytes, "PRIMROSE_%s", key);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
}

static outcome set_entry(struct config_entry *entry, const char *value, const char *origin,
                         struct why *why)
{
    if (strlen(value) >= sizeof entry->value)
        return fail(why, INVALID, "%s: the value of %s is longer than %zu bytes", origin,
                    entry->key, sizeof entry->value - 1);
    (void)snprintf(entry->value, sizeof entry->value, "%s", value);
    (void)snprintf(entry->origin, sizeof entry->origin, "%s", origin);
    return OK;
}

static void set_data_default(struct config_entry *entry)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (xdg != NULL && xdg[0] == '/')
        (void)snprintf(entry->value, sizeof entry->value, "%s/primrose", xdg);
    else if (home != NULL && home[0] == '/')
        (void)snprintf(entry->value, sizeof entry->value, "%s/.local/share/primrose", home);
    else
        (void)snprintf(entry->value, sizeof entry->value, "/var/lib/primrose");
}

struct reading {
    struct config *config;
    const char *path;
    FILE *file;
    int line; // of the one read last: Debian's inih does not tell its handler
    struct why why;
    outcome result;
};

static char *read_line(char *out, int out_bytes, void *context)
{
    struct reading *reading = context;
    reading->line++;
    return fgets(out, out_bytes, reading->file);
}

static int take_line(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    char key[128], origin[300];
    (void)snprintf(key, sizeof key, "%s.%s", section, name);
    (void)snprintf(origin, sizeof origin, "%s:%d", reading->path, reading->line);

    struct config_entry *entry = entry_of(reading->config, key);
    if (entry != NULL) {
        reading->result = set_entry(entry, value, origin, &reading->why);
        return reading->result == OK;
    }
    const char *keys[CONFIG_KEY_COUNT];
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        keys[i] = table[i].key;
    const char *near = suggest(key, keys, CONFIG_KEY_COUNT);
    reading->result = fail(&reading->why, INVALID, "%s: there is no setting \"%s\" in [%s]%s%s%s",
                           origin, name, section, near == NULL ? "" : "; did you mean ",
                           near == NULL ? "" : near, near == NULL ? "" : "?");
    return 0;
}

static outcome read_file(struct config *config, const char *path, struct why *why)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) return fail_errno(why, errno, "cannot read the settings in %s", path);
    struct reading reading = {.config = config, .path = path, .file = file, .result = OK};
    const int line = ini_parse_stream(read_line, &reading, take_line, &reading);
    (void)fclose(file);
    if (reading.result != OK) return fail(why, reading.result, "%s", reading.why.text);
    if (line < 0) return fail(why, NO_MEMORY, "no memory to read the settings in %s", path);
    if (line > 0)
        return fail(why, INVALID, "%s:%d: this is neither [section] nor key = value", path, line);
    return OK;
}

static outcome read_first_file(struct config *config, struct why *why)
{
    char path[PATH_MAX];
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    path[0] = '\0';
    if (xdg != NULL && xdg[0] == '/')
        (void)snprintf(path, sizeof path, "%s/primrose/primrose.ini", xdg);
    else if (home != NULL && home[0] == '/')
        (void)snprintf(path, sizeof path, "%s/.config/primrose/primrose.ini", home);
    if (path[0] != '\0' && path_exists(path)) return read_file(config, path, why);
    if (path_exists("/etc/primrose/primrose.ini"))
        return read_file(config, "/etc/primrose/primrose.ini", why);
    return OK;
}

outcome config_load(struct config *out, const char *path, struct why *why)
{
    struct config config;
    memset(&config, 0, sizeof config);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        struct config_entry *entry = &config.entries[i];
        entry->key = table[i].key;
        entry->unit = table[i].unit;
        entry->doc = table[i].doc;
        TRY(set_entry(entry, table[i].value, "default", why));
    }
    set_data_default(entry_of(&config, "store.data"));
    TRY(path != NULL ? read_file(&config, path, why) : read_first_file(&config, why));
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        char name[128];
        config_environment_name(table[i].key, name, sizeof name);
        const char *value = getenv(name);
        if (value != NULL) TRY(set_entry(&config.entries[i], value, name, why));
    }
    *out = config;
    return OK;
}

const char *config_value(const struct config *config, const char *key)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
        if (strcmp(config->entries[i].key, key) == 0) return config->entries[i].value;
    assert(0 && "code asks only for keys of the table");
    return NULL;
}
