// SPDX-License-Identifier: Apache-2.0
#include "account/plan.h"

#include "account/event.h"

#include <stdio.h>
#include <string.h>

static const char plan_table[] = "plan";
static const char plan_partition[] = "all";

static const char *const class_words[] = {"sd", "hd", "uhd"};

static const struct record_member plan_members[] = {
    RECORD_TEXT(struct plan, id),
    RECORD_TEXT(struct plan, name),
    RECORD_U32(struct plan, streams),
    RECORD_U32(struct plan, streams_per_title),
    RECORD_U32(struct plan, downloads),
    RECORD_BOOL(struct plan, has_catalogue),
    RECORD_WORD(struct plan, highest, class_words),
};
static const struct record plan_record = RECORD("a plan", plan_members);

// What every house starts with: the limits that large services have.
static const struct plan house_plan = {
    .id = "house",
    .name = "House",
    .streams = 3,
    .streams_per_title = 2,
    .highest = PICTURE_UHD,
    .downloads = 25,
    .has_catalogue = true,
};

const char *picture_class_word(enum picture_class class)
{
    return class_words[class];
}

outcome plan_check(const struct plan *plan, struct why *why)
{
    if (!id_is_valid(plan->id)) return fail(why, INVALID, "id is no id of a plan");
    if (plan->name[0] == '\0') return fail(why, INVALID, "name is empty");
    if (plan->streams < 1 || plan->streams > PLAN_STREAMS_MAX)
        return fail(why, INVALID, "streams is %u, allowed are 1 to %d", plan->streams,
                    PLAN_STREAMS_MAX);
    if (plan->streams_per_title < 1 || plan->streams_per_title > plan->streams)
        return fail(why, INVALID, "streams_per_title is %u, allowed are 1 to streams",
                    plan->streams_per_title);
    if (plan->downloads > PLAN_DOWNLOADS_MAX)
        return fail(why, INVALID, "downloads is %u, allowed are 0 to %d", plan->downloads,
                    PLAN_DOWNLOADS_MAX);
    return OK;
}

outcome plan_load(const struct accounts *accounts, const char *id, struct plan *out,
                  struct why *why)
{
    struct plan plan = {.version = 0};
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no plan by that id");
    outcome got = row_get(accounts->tables, (struct row_key){plan_table, plan_partition, id},
                          &plan_record, &plan, &plan.version, why);
    if (got == NOT_FOUND && strcmp(id, house_plan.id) == 0) {
        plan = house_plan;
        got = OK;
    }
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no plan %s", id);
    TRY(got);
    *out = plan;
    return OK;
}

outcome plan_list(const struct accounts *accounts, struct plan *out, size_t *out_count,
                  struct why *why)
{
    autoarena arena = arena_init(PLANS_MAX * 4096);
    struct row_page rows;
    TRY(row_list(accounts->tables, (struct row_key){plan_table, plan_partition, ""}, NULL,
                 PLANS_MAX - 1, &plan_record, sizeof *out, &arena, &rows, why));
    const struct plan *plans = rows.items;
    size_t count = 0;
    bool has_house = false;
    for (size_t i = 0; i < rows.count; i++) {
        out[count] = plans[i];
        out[count++].version = rows.versions[i];
        has_house = has_house || strcmp(plans[i].id, house_plan.id) == 0;
    }
    if (!has_house) out[count++] = house_plan;
    *out_count = count;
    return OK;
}

outcome plan_save(const struct accounts *accounts, struct deed deed, struct plan *plan,
                  struct why *why)
{
    char detail[120];
    struct plan all[PLANS_MAX];
    size_t count;
    TRY(plan_check(plan, why));
    TRY(plan_list(accounts, all, &count, why));
    if (plan->version == 0 && count >= PLANS_MAX - 1)
        return fail(why, TOO_LARGE, "a house has at most %d plans", PLANS_MAX);
    (void)snprintf(detail, sizeof detail, "streams=%u per_title=%u highest=%s downloads=%u",
                   plan->streams, plan->streams_per_title, class_words[plan->highest],
                   plan->downloads);
    TRY(event_write(accounts, deed, "plan.saved", plan->id, detail, why));
    const struct row_terms terms = {.condition = plan->version == 0 ? TABLE_ABSENT : TABLE_VERSION,
                                    .version = plan->version};
    return row_put(accounts->tables, (struct row_key){plan_table, plan_partition, plan->id},
                   &plan_record, plan, terms, &plan->version, why);
}
