// SPDX-License-Identifier: Apache-2.0
//
// primrose capacity: what a number of viewers takes.
#include "delivery/capacity.h"

#include "base/json.h"
#include "cmd/verb.h"

#include <stdio.h>

struct capacity_options {
    const char *viewers;
    struct option_texts set;
    bool is_json;
};

// clang-format off: one option a block reads better than a table of long strings
static const struct option options[] = {
    {.name = "viewers",
     .letter = 'n',
     .kind = OPTION_TEXT,
     .value = "N",
     .initial = "5000000",
     .offset = offsetof(struct capacity_options, viewers),
     .doc = "Streams at once, at the peak."},
    {.name = "set",
     .kind = OPTION_TEXTS,
     .value = "NAME=VALUE",
     .offset = offsetof(struct capacity_options, set),
     .doc = "Another value for a figure; may be given again."},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct capacity_options, is_json),
     .doc = "Print a JSON object instead of lines."},
};
// clang-format on

static const struct example examples[] = {
    {"capacity --viewers 5000000", "what five million streams at once take"},
    {"capacity --viewers 20000 --set box_gbps=25", "a smaller house with smaller boxes"},
};

static outcome take_options(const struct capacity_options *chosen, struct capacity *capacity,
                            struct why *why)
{
    char text[64];
    (void)snprintf(text, sizeof text, "viewers=%s", chosen->viewers);
    TRY(capacity_set(capacity, text, "--viewers", why));
    for (size_t i = 0; i < chosen->set.count; i++)
        TRY(capacity_set(capacity, chosen->set.items[i], "--set", why));
    return OK;
}

static int print_json(const struct invocation *call, const struct capacity *capacity)
{
    autojson *all = json_pack("{s:{}, s:{}}", "figures", "answers");
    for (size_t i = 0; i < CAPACITY_FIGURE_COUNT; i++) {
        const struct capacity_figure *figure = &capacity->figures[i];
        (void)json_object_set_new(json_object_get(all, "figures"), figure->name,
                                  json_pack("{s:f, s:s, s:s, s:s}", "value", figure->value, "unit",
                                            figure->unit, "kind", capacity_kind_word(figure->kind),
                                            "source", figure->source));
    }
    for (size_t i = 0; i < CAPACITY_ANSWER_COUNT; i++) {
        const struct capacity_answer *answer = &capacity->answers[i];
        (void)json_object_set_new(json_object_get(all, "answers"), answer->name,
                                  json_pack("{s:f, s:s, s:s}", "value", answer->value, "unit",
                                            answer->unit, "formula", answer->formula));
    }
    if (json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0)
        return verb_end(call, UNAVAILABLE, &(struct why){"the answers could not be printed"});
    putchar('\n');
    return 0;
}

static void print_lines(const struct capacity *capacity)
{
    printf("Figures\n");
    for (size_t i = 0; i < CAPACITY_FIGURE_COUNT; i++) {
        const struct capacity_figure *figure = &capacity->figures[i];
        printf("  %-20s %12.6g %s\n%36s%s: %s\n", figure->name, figure->value, figure->unit, "",
               capacity_kind_word(figure->kind), figure->source);
    }
    printf("\nAnswers\n");
    for (size_t i = 0; i < CAPACITY_ANSWER_COUNT; i++) {
        const struct capacity_answer *answer = &capacity->answers[i];
        printf("  %-20s %12.6g %s\n%36s= %s\n", answer->name, answer->value, answer->unit, "",
               answer->formula);
    }
}

static int run(const struct invocation *call)
{
    const struct capacity_options *chosen = call->options;
    struct capacity capacity = capacity_init();
    struct why why = {""};
    if (take_options(chosen, &capacity, &why) != OK) return verb_misuse(call, &why);
    capacity_answer(&capacity);
    if (chosen->is_json) return print_json(call, &capacity);
    print_lines(&capacity);
    return 0;
}

const struct verb verb_capacity = {
    .name = "capacity",
    .stage = STAGE_HOUSE,
    .operands = "",
    .summary = "work out what a number of viewers takes",
    .story = "Works out egress, processors, boxes, caches, shield, origin, licences, positions and "
             "cost from figures that were measured, chosen or assumed. Each figure is printed with "
             "its source, each answer with its formula.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct capacity_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
