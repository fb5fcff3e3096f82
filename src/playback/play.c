// SPDX-License-Identifier: Apache-2.0
#include "playback/play.h"

#include "account/standing.h"
#include "account/stream.h"
#include "catalog/rating.h"

#include <stdio.h>

struct viewer play_viewer(const struct caller *caller, int64_t now_ms)
{
    const bool is_keeper = caller->profile[0] == '\0' && (caller->rights & MAY_KEEP_CATALOGUE) != 0;
    return (struct viewer){
        .age = is_keeper ? RATING_AGE_ANY : caller->maturity_age,
        .territory =
            caller->kind == CALLER_MEMBER && !is_keeper ? caller->territory : VIEWER_ANYWHERE,
        .now_ms = is_keeper ? VIEWER_ANY_TIME : now_ms,
    };
}

outcome play_judge(const struct accounts *accounts, const struct caller *caller,
                   const struct title *title, enum play_refusal *refusal, struct play_grant *out,
                   struct why *why)
{
    static const enum play_refusal refusals[OFFER_COUNT] = {[OFFER_MATURITY] = PLAY_MATURITY,
                                                            [OFFER_TERRITORY] = PLAY_TERRITORY,
                                                            [OFFER_WINDOW] = PLAY_NOT_AVAILABLE};
    struct play_grant grant = {.is_limited = caller->kind == CALLER_MEMBER};
    TRY(plan_load(accounts, caller->plan, &grant.plan, why));
    if (grant.is_limited)
        TRY(right_find(accounts, caller->id, title->id, &grant.has_right, &grant.right, why));
    const struct viewer viewer = play_viewer(caller, clock_wall_ms(accounts->clock));
    *refusal = refusals[offer_judge(title, &viewer)];
    if (!grant.plan.has_catalogue && !grant.has_right) *refusal = PLAY_NOT_ENTITLED;
    if (*refusal == PLAY_GRANTED) *out = grant;
    return OK;
}

outcome play_take_stream(const struct accounts *accounts, const struct caller *caller,
                         const struct plan *plan, const struct play_stream *wish,
                         enum play_refusal *refusal, struct why *why)
{
    const int64_t now_ms = clock_wall_ms(accounts->clock);
    const bool takes_over = wish->take_over[0] != '\0';
    const struct stream stream = {caller->id, wish->session, wish->title, caller->device,
                                  wish->take_over};
    const struct stream_limits limits = {plan->streams, plan->streams_per_title};
    enum stream_begun begun;
    if (takes_over && !id_is_valid(wish->take_over))
        return fail(why, NOT_FOUND, "there is no such session");
    TRY(stream_begin(accounts->tables, &stream, &limits, now_ms, &begun, why));
    *refusal = begun == STREAM_BEGUN ? PLAY_GRANTED : PLAY_STREAM_LIMIT;
    if (*refusal != PLAY_GRANTED || !takes_over) return OK;
    return standing_revoke(accounts->tables, caller->id, STANDING_SESSION, wish->take_over, now_ms,
                           why);
}

outcome play_beat(const struct accounts *accounts, const char *member, const char *session,
                  struct why *why)
{
    if (!id_is_valid(session)) return fail(why, NOT_FOUND, "there is no such session");
    return stream_keep(accounts->tables, member, session, clock_wall_ms(accounts->clock), why);
}

outcome play_end(const struct accounts *accounts, const char *member, const char *session,
                 struct why *why)
{
    const int64_t now_ms = clock_wall_ms(accounts->clock);
    if (!id_is_valid(session)) return fail(why, NOT_FOUND, "there is no such session");
    TRY(stream_end(accounts->tables, member, session, now_ms, why));
    return standing_revoke(accounts->tables, member, STANDING_SESSION, session, now_ms, why);
}
