// SPDX-License-Identifier: Apache-2.0
//
// What a house does for a device that downloads: its places, its titles, and who may ask.
//
//     POST   /v1/downloads {title_id, licence_device_id}  -> a place, a licence to keep, addresses
//     GET    /v1/downloads/<id>                           -> does it go on? addresses again
//     PUT    /v1/downloads/<id>/started                   when it was first played
//     DELETE /v1/downloads/<id>                           the place is free
//     POST   /v1/sessions                                 a member's token
//
// Blocking; one thread. Outcomes of all: those of the fetch and of house_send(); INVALID when an
// answer is none.
#ifndef PLAYER_HOUSE_DOWNLOAD_H
#define PLAYER_HOUSE_DOWNLOAD_H

#include "player/house.h"

struct house_download {
    char id[65];
    char manifest_url[HOUSE_ADDRESS_BYTES]; // HLS, absolute
    int64_t start_by_ms, ends_ms;
    struct house_playback licence; // not protected: a clear title, or it was given before
};

// `key` names the request: sent again, it gives the same download.
must_check outcome house_download_prepare(struct http_client *client,
                                          const struct house_member *member, const char *title,
                                          const char *licence_device, const char *key,
                                          struct house_download *out, struct why *why);

// NOT_FOUND when it is over, with the house's reason.
must_check outcome house_download_find(struct http_client *client,
                                       const struct house_member *member, const char *id,
                                       struct house_download *out, struct why *why);
must_check outcome house_download_started(struct http_client *client,
                                          const struct house_member *member, const char *id,
                                          int64_t at_ms, struct why *why);
must_check outcome house_download_drop(struct http_client *client,
                                       const struct house_member *member, const char *id,
                                       struct why *why);

// The title's name, and its poster's file ("" without one), into `name` and `poster` of `room`.
must_check outcome house_title(struct http_client *client, const struct house_member *member,
                               const char *title, char *name, char *poster, size_t room,
                               struct why *why);

struct house_credentials {
    const char *login, *password;
    const char *profile; // its name; NULL: the member's first
    const char *pin;     // of the profile; NULL: none
    const char *device;  // a name for people
};
// Signs in and chooses the profile. `token` has room for HOUSE_TOKEN_BYTES.
must_check outcome house_sign_in(struct http_client *client, const char *origin,
                                 const struct house_credentials *credentials, char *token,
                                 struct why *why);
// The next token in place of the member's; its device stays signed in.
must_check outcome house_refresh(struct http_client *client, const struct house_member *member,
                                 char *token, struct why *why);

// Whether the house is closed and does not know the member's session (any more).
must_check outcome house_wants_sign_in(struct http_client *client,
                                       const struct house_member *member, bool *out,
                                       struct why *why);

// Signs this device out. NOT_FOUND or DENIED when the session had ended before.
must_check outcome house_sign_out(struct http_client *client, const struct house_member *member,
                                  struct why *why);

#endif
