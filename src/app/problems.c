// SPDX-License-Identifier: Apache-2.0
#include "app/problems.h"

#include "license/denial.h"

#include <assert.h>
#include <string.h>

static const struct entry {
    int status;
    const char *code, *title, *story;
} problems[] = {[PROBLEM_NONE] = {0, "", "", ""},
#define PROBLEM_ROW(name, status, code, title, story)                                              \
    [PROBLEM_##name] = {status, code, title, story},
                PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};

// What the outcomes of the whole program mean to whoever called the API.
static const char *const outcome_stories[OUTCOME_COUNT] = {
    [INVALID] = "Something in the request breaks a rule. `errors` points to the field.",
    [DENIED] = "The caller is known and may not do this.",
    [NOT_FOUND] = "There is nothing by that name, or not for this caller.",
    [CONFLICT] = "Something else changed it first: read it again.",
    [TOO_LARGE] = "A limit is exceeded; the detail names it and its reason.",
    [EXHAUSTED] = "Too much at once. Wait as long as `Retry-After` says.",
    [CORRUPT] = "Stored bytes are not what was written. Operators find more in the log.",
    [NO_MEMORY] = "The machine has no memory left for this. Wait as long as `Retry-After` says.",
    [UNSUPPORTED] = "A valid input of a kind that is not handled here, such as another media type.",
    [UNAVAILABLE] = "Something that the service depends on does not answer. Try again.",
    [TIMED_OUT] = "An answer took longer than its deadline. Try again.",
};
static const char *const outcome_titles[OUTCOME_COUNT] = {
#define OUTCOME_TITLE(name, http, exit_status, retry, code, meaning) [name] = meaning,
    OUTCOMES(OUTCOME_TITLE)
#undef OUTCOME_TITLE
};

int problem_status(enum problem problem)
{
    assert(problem > PROBLEM_NONE && problem < PROBLEM_COUNT);
    return problems[problem].status;
}

const char *problem_code(enum problem problem)
{
    assert(problem > PROBLEM_NONE && problem < PROBLEM_COUNT);
    return problems[problem].code;
}

const char *problem_title(enum problem problem)
{
    assert(problem > PROBLEM_NONE && problem < PROBLEM_COUNT);
    return problems[problem].title;
}

static outcome write_entry(const struct entry *entry, struct buffer *out, struct why *why)
{
    return buffer_format(out, why, "## %s\n\nStatus %d: %s.\n\n%s\n", entry->code, entry->status,
                         entry->title, entry->story);
}

static struct entry entry_of(outcome result)
{
    return (struct entry){outcome_http(result), outcome_code(result), outcome_titles[result],
                          outcome_stories[result]};
}

// Of a licence: what it says is what a player shows.
static struct entry entry_of_denial(enum denial denial)
{
    return (struct entry){denial_status(denial), denial_code(denial), "no licence is given",
                          denial_sentence(denial)};
}

outcome problem_page(const char *code, struct buffer *out, struct why *why)
{
    for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++)
        if (strcmp(problems[i].code, code) == 0) return write_entry(&problems[i], out, why);
    for (outcome i = OK + 1; i < OUTCOME_COUNT; i++) {
        const struct entry entry = entry_of(i);
        if (strcmp(entry.code, code) == 0) return write_entry(&entry, out, why);
    }
    for (enum denial i = GRANTED + 1; i < DENIAL_COUNT; i++) {
        const struct entry entry = entry_of_denial(i);
        if (strcmp(entry.code, code) == 0) return write_entry(&entry, out, why);
    }
    return fail(why, NOT_FOUND, "no problem has the code \"%.60s\"", code);
}

outcome problem_pages(struct buffer *out, struct why *why)
{
    TRY(buffer_put_text(out,
                        "# Problems\n\n"
                        "Every error of the API is an `application/problem+json` document (RFC "
                        "9457) whose `type` is\n`/problems/` and one of these codes; the same text "
                        "is served there. `errors`, where it is, points to\nthe fields that are "
                        "wrong (RFC 6901).\n",
                        why));
    for (outcome i = OK + 1; i < OUTCOME_COUNT; i++) {
        const struct entry entry = entry_of(i);
        TRY(buffer_put_text(out, "\n", why));
        TRY(write_entry(&entry, out, why));
    }
    for (size_t i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        TRY(buffer_put_text(out, "\n", why));
        TRY(write_entry(&problems[i], out, why));
    }
    for (enum denial i = GRANTED + 1; i < DENIAL_COUNT; i++) {
        const struct entry entry = entry_of_denial(i);
        TRY(buffer_put_text(out, "\n", why));
        TRY(write_entry(&entry, out, why));
    }
    return OK;
}
