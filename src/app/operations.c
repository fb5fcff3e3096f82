// SPDX-License-Identifier: Apache-2.0
#include "app/operations.h"

#include "app/api.h"
#include "app/licences.h"
#include "app/media.h"

#include <string.h>

extern const uint8_t openapi_bytes[];
extern const size_t openapi_bytes_len;

static const struct operation operations[] = {
    {"getLiveness", ROUTE_ON_LOOP, api_live, NULL},
    {"getMedia", ROUTE_ON_LOOP, media_serve, NULL},
    {"getSignedMedia", ROUTE_ON_LOOP, media_serve_signed, NULL},
    {"registerDevice", ROUTE_ON_POOL, api_register_device, NULL},
    {"fetchKeys", ROUTE_ON_POOL, api_key_server, NULL},
    {"answerSpeke", ROUTE_ON_POOL, api_speke, NULL},
    {"requestClearKey", ROUTE_ON_LOOP, api_clearkey, NULL},
    {"requestLicence", ROUTE_ON_POOL, api_native, NULL},
    {"getSteering", ROUTE_ON_LOOP, api_steering, NULL},
    {"requestVendorLicence", ROUTE_ON_POOL, api_vendor_licence, NULL},
    {"getOpenApi", ROUTE_ON_LOOP, api_document, NULL},
    {"getQoe", ROUTE_ON_POOL, api_qoe, NULL},
    {"sendTelemetry", ROUTE_ON_POOL, api_telemetry, NULL},
#define CALL(id, handler)                                                                          \
    {                                                                                              \
        id, ROUTE_ON_POOL, NULL, handler                                                           \
    }
    {"putPosition", ROUTE_ON_LOOP, api_position, NULL},
    CALL("addMember", api_member_add),
    CALL("addProfile", api_profile_add),
    CALL("addToWatchlist", api_watchlist_add),
    CALL("endStream", api_stream_end),
    CALL("forgetTitle", api_history_drop),
    CALL("getPosition", api_position_get),
    CALL("listContinue", api_continue),
    CALL("listHistory", api_history),
    CALL("listOpinions", api_opinions),
    CALL("listStreams", api_streams),
    CALL("listWatchlist", api_watchlist),
    CALL("markUnwatched", api_unwatched),
    CALL("markWatched", api_watched),
    CALL("removeFromWatchlist", api_watchlist_drop),
    CALL("removeOpinion", api_opinion_drop),
    CALL("setOpinion", api_opinion_set),
    CALL("changePassword", api_password),
    CALL("chooseProfile", api_choose_profile),
    CALL("claimHouse", api_house_claim),
    CALL("editMember", api_member_edit),
    CALL("cancelIngest", api_ingest_cancel),
    CALL("editTitleJobs", api_title_jobs_edit),
    CALL("getReport", api_report),
    CALL("getTitleJobs", api_title_jobs),
    CALL("listJobs", api_jobs),
    CALL("retryJob", api_job_retry),
    CALL("editProfile", api_profile_edit),
    CALL("endDevice", api_device_drop),
    CALL("getDownload", api_download),
    CALL("listDownloads", api_downloads),
    CALL("prepareDownload", api_download_prepare),
    CALL("removeDownload", api_download_drop),
    CALL("startDownload", api_download_start),
    CALL("endMemberDevice", api_member_device_drop),
    CALL("getHouse", api_house),
    CALL("getMe", api_me),
    CALL("getMember", api_member),
    CALL("getPlan", api_plan),
    CALL("getProblem", api_problem),
    CALL("getProfile", api_profile),
    CALL("getReadiness", api_ready),
    CALL("browse", api_browse),
    CALL("editSeriesEntry", api_series_edit),
    CALL("editTitleEntry", api_entry_edit),
    CALL("getHome", api_home),
    CALL("getSeriesEntry", api_series_entry),
    CALL("getTitleEntry", api_entry),
    CALL("listEntries", api_entries),
    CALL("listSeriesEntries", api_series_entries),
    CALL("listSeriesEpisodes", api_series_episodes),
    CALL("getPerson", api_person),
    CALL("getSeries", api_series),
    CALL("search", api_search),
    CALL("getTitle", api_title),
    CALL("grantRight", api_right_grant),
    CALL("listDevices", api_devices),
    CALL("listEvents", api_events),
    CALL("listKeys", api_keys),
    CALL("listMemberDevices", api_member_devices),
    CALL("listMemberRights", api_member_rights),
    CALL("listMembers", api_members),
    CALL("listMyRights", api_my_rights),
    CALL("listPlans", api_plans),
    CALL("listProfiles", api_profiles),
    CALL("listTitles", api_titles),
    CALL("makeKey", api_key_add),
    CALL("refreshSession", api_session_refresh),
    CALL("removeProfile", api_profile_drop),
    CALL("revokeKey", api_key_drop),
    CALL("revokeRight", api_right_revoke),
    CALL("savePlan", api_plan_save),
    CALL("signIn", api_sign_in),
    CALL("signOut", api_sign_out),
    CALL("startPlayback", api_playback),
#undef CALL
};

enum { OPERATION_COUNT = sizeof operations / sizeof operations[0] };

static const struct {
    const char *tag;
    unsigned roles; // that serve it
} tags[] = {{"api", ROLE_API},
            {"origin", ROLE_ORIGIN},
            {"license", ROLE_LICENSE},
            {"steering", ROLE_STEERING},
            {"health", ROLE_ALL_OF_THEM}};

struct slice openapi_text(void)
{
    return (struct slice){openapi_bytes, openapi_bytes_len};
}

static bool find_operation(const char *id, size_t *index)
{
    for (*index = 0; *index < OPERATION_COUNT; ++*index)
        if (strcmp(operations[*index].id, id) == 0) return true;
    return false;
}

static bool find_tag(const json_t *operation, unsigned *roles)
{
    const char *tag = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (tag == NULL || strcmp(tags[i].tag, tag) != 0) continue;
        *roles = tags[i].roles;
        return true;
    }
    return false;
}

static bool find_method(const char *name, enum http_method *method)
{
    for (unsigned i = 0; i < METHOD_COUNT; i++) {
        if (!slice_is_nocase(slice_of(name), http_method_word(i))) continue;
        *method = (enum http_method)i;
        return true;
    }
    return false;
}

// What the gate and the frame need to know of a route.
static outcome describe(const json_t *json, const struct operation *operation, const char *method,
                        const char *path, struct arena *arena, struct http_route *route,
                        struct why *why)
{
    struct route_about *about = ARENA_NEW(arena, struct route_about);
    const char *auth = json_string_value(json_object_get(json, "x-auth"));
    route->pattern = arena_copy(arena, slice_of(path));
    if (route->pattern == NULL || about == NULL)
        return fail(why, NO_MEMORY, "no memory for the routes");
    about->operation = operation;
    about->has_body = json_object_get(json, "requestBody") != NULL;
    if (auth == NULL || !auth_class_parse(auth, &about->auth))
        return fail(why, CORRUPT, "openapi.json: %s %s names no auth class in x-auth", method,
                    path);
    route->about = about;
    route->where = operation->where;
    route->handle = operation->handle;
    const bool asks_itself = about->auth == AUTH_PUBLIC || about->auth == AUTH_TOKEN ||
                             operation->where == ROUTE_ON_LOOP;
    if (operation->handle == NULL)
        route->handle = call_on_pool;
    else if (!asks_itself)
        route->handle = call_guarded_on_pool;
    return OK;
}

static outcome add_operation(const char *path, const char *method, const json_t *operation,
                             unsigned roles, bool *seen, struct arena *arena,
                             struct route_table *out, struct why *why)
{
    struct http_route route = {.always = http_cors_lines()};
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    size_t index;
    unsigned served_by;
    if (id == NULL || !find_operation(id, &index) || !find_tag(operation, &served_by) ||
        !find_method(method, &route.method) || seen[index])
        return fail(why, CORRUPT,
                    "openapi.json: %s %s has no operation, tag or method of this program, or one "
                    "that came before",
                    method, path);
    seen[index] = true;
    if ((served_by & roles) == 0) return OK;
    TRY(describe(operation, &operations[index], method, path, arena, &route, why));
    if (out->count == HTTP_ROUTES_MAX)
        return fail(why, CORRUPT, "openapi.json has more than %d operations", HTTP_ROUTES_MAX);
    out->routes[out->count++] = route;
    return OK;
}

outcome operations_route(unsigned roles, struct arena *arena, struct route_table *out,
                         struct why *why)
{
    autojson *document = NULL;
    bool seen[OPERATION_COUNT] = {false};
    TRY(json_parse(openapi_text(), "openapi.json", &document, why));
    out->count = 0;
    const char *path, *method;
    json_t *methods, *operation;
    json_object_foreach(json_object_get(document, "paths"), path, methods)
        json_object_foreach(methods, method, operation)
            TRY(add_operation(path, method, operation, roles, seen, arena, out, why));
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (!seen[i])
            return fail(why, CORRUPT, "openapi.json lacks the operation %s", operations[i].id);
    return OK;
}
