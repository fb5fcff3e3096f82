// SPDX-License-Identifier: Apache-2.0
#include "account/caller.h"

#include "account/api_key.h"

#include <stdio.h>
#include <string.h>

struct caller caller_guest(void)
{
    return (struct caller){
        .kind = CALLER_GUEST,
        .id = CALLER_GUEST_ID,
        .device = CALLER_GUEST_ID,
        .profile = CALLER_GUEST_ID,
        .plan = "house",
        .maturity_age = PROFILE_MATURITY_ANY,
    };
}

static outcome identify_key(const struct accounts *accounts, struct slice credential,
                            struct caller *out, struct why *why)
{
    struct api_key key;
    struct caller caller = {.kind = CALLER_KEY};
    TRY(api_key_find(accounts, credential, &key, why));
    (void)snprintf(caller.id, sizeof caller.id, "%s", key.id);
    caller.rights = member_role_rights(key.role);
    *out = caller;
    return OK;
}

// A profile that was removed is none: the device must choose again.
static outcome add_profile(const struct accounts *accounts, const struct session *session,
                           struct caller *caller, struct why *why)
{
    struct profile profile;
    if (session->device.profile[0] == '\0') return OK;
    const outcome got =
        profile_load(accounts, session->member.id, session->device.profile, &profile, why);
    if (got == NOT_FOUND) return OK;
    TRY(got);
    (void)snprintf(caller->profile, sizeof caller->profile, "%s", profile.id);
    caller->maturity_age = profile.maturity_age;
    caller->is_child = profile.is_child;
    caller->hides_history = profile.hides_history;
    if (profile.is_child) caller->rights = 0; // a parent's device in a child's hands
    return OK;
}

outcome caller_identify(const struct accounts *accounts, struct slice credential,
                        struct caller *out, struct why *why)
{
    struct session session;
    struct caller caller = {.kind = CALLER_MEMBER};
    if (slice_starts(credential, API_KEY_PREFIX))
        return identify_key(accounts, credential, out, why);
    TRY(session_find(accounts, credential, &session, why));
    (void)snprintf(caller.id, sizeof caller.id, "%s", session.member.id);
    (void)snprintf(caller.device, sizeof caller.device, "%s", session.device.id);
    (void)snprintf(caller.plan, sizeof caller.plan, "%s", session.member.plan);
    (void)snprintf(caller.territory, sizeof caller.territory, "%s", session.member.territory);
    caller.rights = member_role_rights(session.member.role);
    TRY(add_profile(accounts, &session, &caller, why));
    *out = caller;
    return OK;
}
