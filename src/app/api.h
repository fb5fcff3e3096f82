// SPDX-License-Identifier: Apache-2.0
//
// The operations of /v1 and of health, as app/openapi.json describes them. Those with a call run in
// its frame (app/call.h), on the worker pool; the others answer on the loop.
#ifndef APP_API_H
#define APP_API_H

#include "account/plan.h"
#include "app/call.h"
#include "catalog/title.h"

http_handler api_live, api_document, api_qoe, api_telemetry;
call_handler api_ready, api_problem;

// The house, sessions, oneself (api_session.c).
call_handler api_house, api_house_claim, api_sign_in, api_session_refresh, api_sign_out,
    api_choose_profile, api_me, api_password, api_devices, api_device_drop;

// Profiles (api_profiles.c).
call_handler api_profiles, api_profile_add, api_profile, api_profile_edit, api_profile_drop;

// Members, by those who keep them (api_members.c).
call_handler api_members, api_member_add, api_member, api_member_edit, api_my_rights,
    api_member_rights, api_right_grant, api_right_revoke, api_member_devices,
    api_member_device_drop;

// What the studio works on (api_jobs.c).
call_handler api_jobs, api_title_jobs, api_title_jobs_edit, api_job_retry, api_ingest_cancel,
    api_report;

// Plans, keys, the log (api_house.c).
call_handler api_plans, api_plan, api_plan_save, api_keys, api_key_add, api_key_drop, api_events;

// The catalogue (api_titles.c) and plays (api_playback.c).
call_handler api_titles, api_title, api_series, api_playback, api_streams, api_stream_end;

// What is kept on devices (api_downloads.c).
call_handler api_downloads, api_download_prepare, api_download, api_download_start,
    api_download_drop;

// Search, rows, genres, people (api_discovery.c).
call_handler api_search, api_home, api_browse, api_person;

// The catalogue, by those who keep it (api_catalogue.c).
call_handler api_entries, api_entry, api_entry_edit, api_series_entry, api_series_edit,
    api_series_entries, api_series_episodes;

// Where profiles are (api_positions.c), and their lists (api_lists.c).
http_handler api_position;
call_handler api_position_get, api_continue, api_history, api_history_drop, api_watched,
    api_unwatched, api_watchlist, api_watchlist_add, api_watchlist_drop, api_opinions,
    api_opinion_set, api_opinion_drop;

// A title that is there for the caller; NOT_FOUND, or refused with the problem that says why.
must_check outcome api_title_load(struct call *call, const char *id, struct title *out,
                                  struct why *why);

// The session has ended: its next report is judged by the store.
void api_positions_forget(const struct accounts *accounts, const char *member, const char *session);

// Answers 200 with `json` (which stays the caller's) and a weak validator of its bytes, so that an
// app that asks again is told "not modified".
void api_reply_json(struct http_exchange *exchange, const json_t *json, const char *cache_control);

// The reference under which a file of a title's version is served: "/media/<id>/<version>/<file>".
json_t *api_media_reference(const struct title *title, const char *file);

json_t *api_profile_json(const struct profile *profile);
json_t *api_plan_json(const struct plan *plan);
must_check outcome api_reply_devices(struct call *call, const char *member_id, struct why *why);

#endif
