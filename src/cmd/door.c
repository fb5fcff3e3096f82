// SPDX-License-Identifier: Apache-2.0
#include "cmd/door.h"

#include "base/clock.h"
#include "base/file.h"
#include "cmd/password.h"
#include "cmd/state.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SESSIONS_BYTES_MAX = 256 * 1024, SECRET_BYTES = 260 };

static const int64_t refresh_ms = INT64_C(7) * 86400000;

static outcome load(char path[PATH_MAX], json_t **out, struct why *why)
{
    autobuffer text = buffer_init(SESSIONS_BYTES_MAX);
    TRY(state_path("sessions", path, why));
    const outcome found = file_read(path, &text, why);
    if (found == NOT_FOUND) *out = json_object();
    if (found == NOT_FOUND) return OK;
    TRY(found);
    return json_parse(buffer_slice(&text), path, out, why);
}

static outcome save(const char *path, json_t *sessions, const char *origin, const char *token,
                    struct why *why)
{
    autobuffer text = buffer_init(SESSIONS_BYTES_MAX);
    json_t *session =
        json_pack("{s:s, s:I}", "token", token, "at_ms", (json_int_t)clock_wall_ms(clock_system()));
    if (json_object_set_new(sessions, origin, session) != 0)
        return fail(why, NO_MEMORY, "no memory for a session");
    TRY(json_format(sessions, &text, why));
    return file_write_atomic(path, buffer_slice(&text), 0600, why);
}

static outcome sign_in(struct http_client *client, const char *origin, const struct door_wish *wish,
                       char *token, struct why *why)
{
    char password[SECRET_BYTES], pin[SECRET_BYTES], name[256] = "";
    (void)gethostname(name, sizeof name - 1);
    TRY(password_read("Password: ", password, sizeof password, why));
    if (wish->asks_pin) TRY(password_read("PIN: ", pin, sizeof pin, why));
    const struct house_credentials credentials = {wish->login, password, wish->profile,
                                                  wish->asks_pin ? pin : NULL,
                                                  name[0] == '\0' ? "primrose" : name};
    const outcome result = house_sign_in(client, origin, &credentials, token, why);
    explicit_bzero(password, sizeof password);
    explicit_bzero(pin, sizeof pin);
    return result;
}

outcome door_open(struct http_client *client, const char *origin, const struct door_wish *wish,
                  char *token, struct why *why)
{
    char path[PATH_MAX];
    const char *kept = "";
    int64_t at_ms = 0;
    autojson *sessions = NULL;
    TRY(load(path, &sessions, why));
    if (wish->login != NULL) {
        TRY(sign_in(client, origin, wish, token, why));
        return save(path, sessions, origin, token, why);
    }
    token[0] = '\0';
    const json_t *session = json_object_get(sessions, origin);
    if (session == NULL) return OK;
    TRY(json_text(session, "a session", "token", &kept, why));
    TRY(json_integer_in(session, "a session", "at_ms", 0, INT64_MAX, &at_ms, why));
    (void)snprintf(token, HOUSE_TOKEN_BYTES, "%s", kept);
    if (clock_wall_ms(clock_system()) - at_ms < refresh_ms) return OK;
    const struct house_member member = {origin, kept};
    if (house_refresh(client, &member, token, NULL) != OK) return OK; // as long as the old one goes
    return save(path, sessions, origin, token, why);
}
