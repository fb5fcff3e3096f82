// SPDX-License-Identifier: Apache-2.0
//
// The profiles of a household.
#include "app/api.h"

#include <stdio.h>
#include <string.h>

struct profile_input {
    struct profile profile;
    char pin[PROFILE_PIN_DIGITS_MAX + 1];
};

#define PROFILE_FIELD(member, of_kind, least, most)                                                \
    INPUT_FIELD(struct profile_input, profile.member, #member, of_kind, INPUT_OPTIONAL, least, most)

static const char no_pin[] = "-"; // what stands in `pin` until it is sent

static const struct input_field profile_fields[] = {
    PROFILE_FIELD(name, INPUT_TEXT, 1, 0),
    PROFILE_FIELD(is_child, INPUT_BOOL, 0, 0),
    PROFILE_FIELD(maturity_age, INPUT_U32, 0, PROFILE_MATURITY_ANY),
    PROFILE_FIELD(language, INPUT_TEXT, 0, 0),
    PROFILE_FIELD(audio_language, INPUT_TEXT, 0, 0),
    PROFILE_FIELD(text_language, INPUT_TEXT, 0, 0),
    PROFILE_FIELD(wants_description, INPUT_BOOL, 0, 0),
    PROFILE_FIELD(caption_style, INPUT_OBJECT, 0, 0),
    PROFILE_FIELD(hides_history, INPUT_BOOL, 0, 0),
    INPUT_FIELD(struct profile_input, pin, "pin", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

json_t *api_profile_json(const struct profile *profile)
{
    json_t *style = profile->caption_style[0] == '\0' ? json_null()
                                                      : json_loads(profile->caption_style, 0, NULL);
    return json_pack("{s:s, s:s, s:b, s:i, s:b, s:s, s:s, s:s, s:b, s:o, s:b}", "id", profile->id,
                     "name", profile->name, "is_child", profile->is_child, "maturity_age",
                     (int)profile->maturity_age, "has_pin", profile->pin[0] != '\0', "language",
                     profile->language, "audio_language", profile->audio_language, "text_language",
                     profile->text_language, "wants_description", profile->wants_description,
                     "caption_style", style == NULL ? json_null() : style, "hides_history",
                     profile->hides_history);
}

static outcome read_profile(struct call *call, struct profile_input *input, struct why *why)
{
    (void)snprintf(input->pin, sizeof input->pin, "%s", no_pin);
    TRY(call_read(call, profile_fields, INPUT_COUNT(profile_fields), input, why));
    if (strcmp(input->pin, no_pin) == 0) return OK;
    const outcome set = profile_set_pin(call->accounts, &input->profile, input->pin, why);
    if (set == INVALID) (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/pin");
    return set;
}

// A children's device does not change what children may see.
static outcome refuse_children(struct call *call, struct why *why)
{
    if (!call->caller.is_child) return OK;
    return call_refuse(call, PROBLEM_NOT_ALLOWED, why,
                       "profiles are kept from a profile that is not a child's");
}

outcome api_profiles(struct call *call, struct why *why)
{
    struct profile profiles[PROFILES_MAX];
    size_t count;
    TRY(profile_list(call->accounts, call->caller.id, profiles, &count, why));
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(items, api_profile_json(&profiles[i]));
    return call_reply_page(call, items, "", why);
}

outcome api_profile_add(struct call *call, struct why *why)
{
    struct profile_input input = {.profile = {.maturity_age = PROFILE_MATURITY_ANY}};
    TRY(refuse_children(call, why));
    if (json_is_true(json_object_get(call->body, "is_child")))
        input.profile.maturity_age = PROFILE_MATURITY_KIDS;
    TRY(read_profile(call, &input, why));
    call_id(call, "profile", input.profile.id);
    TRY(profile_add(call->accounts, call_deed(call), call->caller.id, &input.profile, why));
    return call_reply_version(call, 201, api_profile_json(&input.profile), input.profile.version,
                              why);
}

outcome api_profile(struct call *call, struct why *why)
{
    struct profile profile;
    TRY(profile_load(call->accounts, call->caller.id, call->exchange->params[0], &profile, why));
    return call_reply_version(call, 200, api_profile_json(&profile), profile.version, why);
}

outcome api_profile_edit(struct call *call, struct why *why)
{
    struct profile_input input;
    TRY(refuse_children(call, why));
    TRY(profile_load(call->accounts, call->caller.id, call->exchange->params[0], &input.profile,
                     why));
    TRY(call_match(call, input.profile.version, why));
    TRY(read_profile(call, &input, why));
    TRY(profile_save(call->accounts, call_deed(call), call->caller.id, &input.profile, why));
    if (call->credential.at != NULL) gate_forget(&call->service->door, call->credential);
    return call_reply_version(call, 200, api_profile_json(&input.profile), input.profile.version,
                              why);
}

outcome api_profile_drop(struct call *call, struct why *why)
{
    TRY(refuse_children(call, why));
    TRY(profile_drop(call->accounts, call_deed(call), call->caller.id, call->exchange->params[0],
                     why));
    if (call->credential.at != NULL) gate_forget(&call->service->door, call->credential);
    return call_reply_empty(call);
}
