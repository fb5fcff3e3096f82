// SPDX-License-Identifier: Apache-2.0
//
// What plays and downloads are answered with alike (api_playback.c, api_downloads.c).
#ifndef APP_API_PLAY_H
#define APP_API_PLAY_H

#include "app/api.h"
#include "drm/entitlement.h"
#include "playback/play.h"

enum { PLAY_ACCESS_BYTES = ACCESS_TOKEN_BYTES + 2 }; // "/~<token>", or ""

// With keys for signed access: in front of the files of this version, for as long as a play may
// last; "" where files need none. `out` has room for PLAY_ACCESS_BYTES.
must_check outcome play_sign_access(struct call *call, const struct title *title, char *out,
                                    struct why *why);

// {"hls": ..., "dash": ...} of the title behind its access.
json_t *play_manifests_json(const char *access, const struct title *title);

// What the licence service may open for a session until `life_s` from now. The guest of an open
// house has no limits.
struct entitlement play_claims(struct call *call, const struct play_grant *grant,
                               const struct title *title, const char *session, int64_t life_s);

// The problem that says why; PROBLEM_NONE for PLAY_GRANTED.
enum problem play_problem(enum play_refusal refusal);

// Answers with the problem of a refusal; returns an outcome that is not OK.
must_check outcome play_refuse(struct call *call, enum play_refusal refusal, struct why *why);

#endif
