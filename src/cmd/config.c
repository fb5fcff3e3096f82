// SPDX-License-Identifier: Apache-2.0
//
// primrose config: the effective settings and where each came from.
#include "base/json.h"
#include "cmd/verb.h"

#include <stdio.h>

struct config_options {
    bool is_json;
};

static const struct option options[] = {
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print a JSON object instead of lines.",
     .offset = offsetof(struct config_options, is_json)},
};

static int print_json(const struct invocation *call)
{
    autojson *all = json_object();
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_entry *entry = &call->config->entries[i];
        (void)json_object_set_new(all, entry->key,
                                  json_pack("{s:s, s:s, s:s, s:s}", "value", entry->value, "origin",
                                            entry->origin, "unit", entry->unit, "doc", entry->doc));
    }
    if (json_dumpf(all, stdout, JSON_INDENT(2)) != 0) {
        const struct why why = {"the settings could not be printed"};
        return verb_end(call, UNAVAILABLE, &why);
    }
    putchar('\n');
    return 0;
}

static int run(const struct invocation *call)
{
    const struct config_options *chosen = call->options;
    if (chosen->is_json) return print_json(call);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_entry *entry = &call->config->entries[i];
        printf("%-16s %-40s # %s (%s)\n                 %s\n", entry->key, entry->value,
               entry->origin, entry->unit, entry->doc);
    }
    return 0;
}

static const struct example examples[] = {
    {"config", "show every setting, its value and where it came from"},
    {"config --json", "the same for a script"},
};

const struct verb verb_config = {
    .name = "config",
    .stage = STAGE_HOUSE,
    .operands = "",
    .summary = "show the settings and where each came from",
    .story = "Settings have a default, may stand in primrose.ini ($XDG_CONFIG_HOME/primrose or "
             "/etc/primrose, or the file that PRIMROSE_CONFIG names), in the environment "
             "(PRIMROSE_SERVE_LISTEN for serve.listen) and as options; the last of these wins.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct config_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
