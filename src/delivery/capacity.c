// SPDX-License-Identifier: Apache-2.0
#include "delivery/capacity.h"

#include "base/suggest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[CAPACITY_KIND_COUNT] = {
#define CAPACITY_KIND_WORD(name, word) [CAPACITY_##name] = word,
    CAPACITY_KINDS(CAPACITY_KIND_WORD)
#undef CAPACITY_KIND_WORD
};

const char *capacity_kind_word(enum capacity_kind kind)
{
    return kind_words[kind];
}

struct capacity capacity_init(void)
{
    static const struct capacity_figure figures[] = {
#define CAPACITY_FIGURE_ROW(name, value, unit, kind, source)                                       \
    {#name, value, unit, CAPACITY_##kind, source},
        CAPACITY_FIGURES(CAPACITY_FIGURE_ROW)
#undef CAPACITY_FIGURE_ROW
    };
    struct capacity capacity = {.answers = {{.name = NULL}}};
    memcpy(capacity.figures, figures, sizeof figures);
    return capacity;
}

static outcome find_figure(struct capacity *capacity, struct slice name,
                           struct capacity_figure **out, struct why *why)
{
    const char *names[CAPACITY_FIGURE_COUNT];
    for (size_t i = 0; i < CAPACITY_FIGURE_COUNT; i++) {
        names[i] = capacity->figures[i].name;
        if (!slice_is(name, names[i])) continue;
        *out = &capacity->figures[i];
        return OK;
    }
    char typed[40];
    (void)snprintf(typed, sizeof typed, "%.*s", SLICE_ARG(slice_part(name, 0, 39)));
    const char *near = suggest(typed, names, CAPACITY_FIGURE_COUNT);
    return fail(why, INVALID, "there is no figure \"%s\"%s%s", typed,
                near == NULL ? "" : ", did you mean ", near == NULL ? "" : near);
}

outcome capacity_set(struct capacity *capacity, const char *text, const char *source,
                     struct why *why)
{
    struct slice rest = slice_of(text), name;
    struct capacity_figure *figure = NULL;
    char *end = NULL;
    if (!slice_cut(&rest, '=', &name) || rest.at == NULL)
        return fail(why, INVALID, "a figure is given as NAME=VALUE");
    TRY(find_figure(capacity, name, &figure, why));
    const double value = strtod((const char *)rest.at, &end);
    if (rest.len == 0 || *end != '\0' || !isfinite(value) || value <= 0)
        return fail(why, INVALID, "%s is a number above 0, not \"%s\"", figure->name,
                    (const char *)rest.at);
    figure->value = value;
    figure->kind = CAPACITY_CHOSEN;
    figure->source = source;
    return OK;
}

void capacity_answer(struct capacity *capacity)
{
    size_t at = 0;
#define CAPACITY_TAKE(name, ...) const double name = capacity->figures[at++].value;
    CAPACITY_FIGURES(CAPACITY_TAKE)
#undef CAPACITY_TAKE
    at = 0;
#define CAPACITY_WORK_OUT(name, unit, formula)                                                     \
    const double name = (formula);                                                                 \
    capacity->answers[at++] = (struct capacity_answer){#name, name, unit, #formula};
    CAPACITY_ANSWERS(CAPACITY_WORK_OUT)
#undef CAPACITY_WORK_OUT
}
