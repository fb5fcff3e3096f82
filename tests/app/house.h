// SPDX-License-Identifier: Apache-2.0
//
// A house in a folder of its own with two published titles and a running service, and a client.
//
//     the-lamplighter   version 3f9c: playlists, a track of HOUSE_TRACK_BYTES, captions, a sheet
//     zebra             version 1: nothing but its record; no year, rating, poster or storyboard
#ifndef TESTS_APP_HOUSE_H
#define TESTS_APP_HOUSE_H

#include "app/service.h"
#include "net/http_client.h"

enum { HOUSE_TRACK_BYTES = 100000 };

struct house {
    char data[64];
    struct service *service;
    struct http_client *client;
    struct buffer body;          // of the last answer, with a NUL behind it
    struct http_fetched fetched; // of the last answer
};

void house_open(struct house *house, unsigned roles);
void house_open_signed(struct house *house, unsigned roles, const char *access_keys);
void house_open_steering(struct house *house, unsigned roles, const char *steering_map);
// With content steering in its manifests (delivery/signalling.h).
void house_open_signalling(struct house *house, unsigned roles, const char *steering_url,
                           const char *media_url);
void house_close(struct house *house);

// Asks and returns the status. `fields` as in http_fetch; `body` NULL: none.
int house_ask(struct house *house, const char *method, const char *path, const char *const *fields,
              const char *body);
int house_get(struct house *house, const char *path);

// Makes a member with the role ("ada", password "correct horse battery", id member_example), signs
// a device in (device_example) and lets it act as profile_example; an operator closes the house.
// The token of it goes into `out` of SECRET_TOKEN_BYTES. May be called again: all is as new then.
void house_sign_in(struct house *house, enum member_role role, char *out);

// Asks with a bearer token and a JSON body (NULL: none).
int house_ask_as(struct house *house, const char *token, const char *method, const char *path,
                 const char *body);

// The last answer's body as JSON, or a failed test; the caller's to release.
json_t *house_json(struct house *house);

// The last answer's field, as text that lasts until the next call; "" when it is not there.
const char *house_field(const struct house *house, const char *name);

#endif
