// SPDX-License-Identifier: Apache-2.0
#include "cmd/door.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/url.h"
#include "cmd/password.h"
#include "cmd/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { SESSIONS_BYTES_MAX = 256 * 1024, SECRET_BYTES = 260 };

static const int64_t refresh_ms = INT64_C(86400000);

// The file of sessions, read under a lock that lasts until it is released.
struct sessions {
    char path[PATH_MAX];
    int lock;
    json_t *all;
};

static void sessions_release(struct sessions *sessions)
{
    json_release(&sessions->all);
    fd_close(&sessions->lock);
}

#define autosessions __attribute__((cleanup(sessions_release))) struct sessions

static outcome sessions_load(struct sessions *out, struct why *why)
{
    char lock[PATH_MAX];
    autobuffer text = buffer_init(SESSIONS_BYTES_MAX);
    TRY(state_path("sessions.lock", lock, why));
    TRY(state_path("sessions", out->path, why));
    out->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (out->lock >= 0 && flock(out->lock, LOCK_EX) != 0)
        if (errno != EINTR) break;
    if (out->lock < 0) return fail_errno(why, errno, "cannot open %s", lock);
    const outcome found = file_read(out->path, &text, why);
    if (found == NOT_FOUND) {
        out->all = json_object();
        return out->all == NULL ? fail(why, NO_MEMORY, "no memory for sessions") : OK;
    }
    TRY(found);
    TRY(json_parse(buffer_slice(&text), out->path, &out->all, why));
    if (json_is_object(out->all)) return OK;
    return fail(why, CORRUPT, "%s holds no sessions: remove it and sign in again", out->path);
}

static outcome sessions_save(const struct sessions *sessions, struct why *why)
{
    autobuffer text = buffer_init(SESSIONS_BYTES_MAX);
    TRY(json_format(sessions->all, &text, why));
    return file_write_atomic(sessions->path, buffer_slice(&text), 0600, why);
}

static outcome keep(const struct sessions *sessions, const char *origin, const char *login,
                    const char *token, struct why *why)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    json_t *session =
        json_pack("{s:s, s:I, s:s}", "token", token, "at_ms", (json_int_t)now_ms, "login", login);
    if (json_object_set_new(sessions->all, origin, session) != 0)
        return fail(why, NO_MEMORY, "no memory for a session");
    return sessions_save(sessions, why);
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

static outcome read_session(const json_t *json, const char *origin, struct door_session *out,
                            const char **token, struct why *why)
{
    static const char what[] = "a session";
    struct door_session session = {.origin = origin, .login = ""};
    TRY(json_text(json, what, "token", token, why));
    TRY(json_integer_in(json, what, "at_ms", 0, INT64_MAX, &session.at_ms, why));
    TRY(json_text_optional(json, what, "login", &session.login, why));
    *out = session;
    return OK;
}

outcome door_open(struct http_client *client, const char *origin, const struct door_wish *wish,
                  char *token, struct why *why)
{
    autosessions sessions = {.lock = -1};
    struct door_session session;
    const char *kept = "";
    if (wish->login != NULL) { // before the lock: somebody may take his time to type
        TRY(sign_in(client, origin, wish, token, why));
        TRY(sessions_load(&sessions, why));
        return keep(&sessions, origin, wish->login, token, why);
    }
    TRY(sessions_load(&sessions, why));
    token[0] = '\0';
    const json_t *json = json_object_get(sessions.all, origin);
    if (json == NULL) return OK;
    TRY(read_session(json, origin, &session, &kept, why));
    (void)snprintf(token, HOUSE_TOKEN_BYTES, "%s", kept);
    if (clock_wall_ms(clock_system()) - session.at_ms < refresh_ms) return OK;
    const struct house_member member = {origin, kept};
    if (house_refresh(client, &member, token, NULL) != OK) return OK; // as long as the old one goes
    autojson *login = json_string(session.login); // of the entry that is replaced
    if (login == NULL) return fail(why, NO_MEMORY, "no memory for a session");
    return keep(&sessions, origin, json_string_value(login), token, why);
}

outcome door_leave(struct http_client *client, const char *origin, bool *out_is_told,
                   struct why *why)
{
    autosessions sessions = {.lock = -1};
    struct door_session session;
    const char *token = "";
    TRY(sessions_load(&sessions, why));
    const json_t *json = json_object_get(sessions.all, origin);
    if (json == NULL) return fail(why, NOT_FOUND, "nobody is signed in to %s", origin);
    TRY(read_session(json, origin, &session, &token, why));
    const struct house_member member = {origin, token};
    const outcome told = house_sign_out(client, &member, NULL);
    (void)json_object_del(sessions.all, origin);
    TRY(sessions_save(&sessions, why));
    *out_is_told = told == OK || told == DENIED || told == NOT_FOUND; // it had ended before
    return OK;
}

outcome door_origin(const char *address, char *out, struct why *why)
{
    struct url url;
    const bool is_address =
        strncmp(address, "http://", 7) == 0 || strncmp(address, "https://", 8) == 0;
    if (!is_address || url_parse(slice_of(address), &url, NULL) != OK || !url.has_authority)
        return fail(why, INVALID,
                    "\"%.100s\" is no address of a house: write http://127.0.0.1:8080", address);
    const size_t len =
        url.path.at == NULL ? strlen(address) : (size_t)((const char *)url.path.at - address);
    if (len >= HOUSE_ADDRESS_BYTES)
        return fail(why, TOO_LARGE, "the house's address has more than %d bytes",
                    HOUSE_ADDRESS_BYTES - 1);
    (void)snprintf(out, HOUSE_ADDRESS_BYTES, "%.*s", (int)len, address);
    return OK;
}

outcome door_list(void (*show)(void *context, const struct door_session *session), void *context,
                  struct why *why)
{
    autosessions sessions = {.lock = -1};
    struct door_session session;
    const char *origin, *token = "";
    json_t *json;
    void *next;
    TRY(sessions_load(&sessions, why));
    json_object_foreach_safe(sessions.all, next, origin, json)
    {
        TRY(read_session(json, origin, &session, &token, why));
        show(context, &session);
    }
    return OK;
}

outcome door_explain(struct http_client *client, const struct house_member *member, outcome result,
                     struct why *why)
{
    bool wants_sign_in = false;
    const struct why said = *why;
    if (result != DENIED) return result;
    if (house_wants_sign_in(client, member, &wants_sign_in, NULL) != OK || !wants_sign_in)
        return result;
    return fail(why, result,
                "%.200s\nThis house is for its members: sign in once with\n"
                "  primrose signin %.200s --login NAME",
                said.text, member->origin);
}
