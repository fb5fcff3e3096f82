// SPDX-License-Identifier: Apache-2.0
#include "player/play_house.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { SAFE_BUFFER_US = 5 * 1000000, LATE_BEATS = 2 };

struct play_house {
    const struct house_member *member;
    struct http_client *client;
    struct house_play play;
    bool is_dash;
    int64_t told_us; // monotonic; of the last report
};

static bool is_page(const char *url)
{
    char origin[HOUSE_ADDRESS_BYTES], title[DEVICE_TITLE_BYTES];
    if (house_of(url, origin, title, NULL) != OK) return false;
    return strncmp(url + strlen(origin), "/media/", 7) != 0;
}

static bool has_ending(const char *text, const char *ending)
{
    const size_t len = strlen(text), ending_len = strlen(ending);
    return len >= ending_len && strcmp(text + len - ending_len, ending) == 0;
}

outcome play_house_open(const char *url, const struct house_member *member, struct play_house **out,
                        struct why *why)
{
    char origin[HOUSE_ADDRESS_BYTES], title[DEVICE_TITLE_BYTES];
    if (member == NULL || (member->token[0] == '\0' && !is_page(url))) return OK;
    TRY(house_of(url, origin, title, why));
    struct play_house *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory for a play");
    made->member = member;
    made->is_dash = has_ending(url, ".mpd");
    made->told_us = clock_us(clock_system());
    outcome result = http_client_open(&made->client, why);
    if (result == OK) result = house_play_begin(made->client, member, title, &made->play, why);
    if (result != OK) {
        http_client_close(&made->client);
        free(made);
        return result;
    }
    *out = made;
    return OK;
}

const char *play_house_manifest(const struct play_house *house, const char *url)
{
    if (house == NULL) return url;
    return house->is_dash ? house->play.dash_url : house->play.hls_url;
}

const struct house_playback *play_house_licence(const struct play_house *house)
{
    return house == NULL ? NULL : &house->play.licence;
}

int64_t play_house_resume_us(const struct play_house *house)
{
    return house == NULL ? 0 : house->play.resume_ms * 1000;
}

static outcome tell(struct play_house *house, const struct playout *playout, struct why *why)
{
    house->told_us = clock_us(clock_system());
    return house_play_report(house->client, house->member, &house->play,
                             playout->position_us / 1000, why);
}

outcome play_house_look(struct play_house *house, const struct playout *playout, struct why *why)
{
    if (house == NULL || playout->state == PLAYOUT_WAITING) return OK;
    struct why said = {""};
    const int64_t since_ms = (clock_us(clock_system()) - house->told_us) / 1000;
    const bool is_safe = playout_buffer_us(playout) >= SAFE_BUFFER_US;
    const bool is_late = since_ms >= LATE_BEATS * house->play.heartbeat_ms;
    if (since_ms < house->play.heartbeat_ms || (!is_safe && !is_late)) return OK;
    if (tell(house, playout, &said) != NOT_FOUND) return OK;
    return fail(why, NOT_FOUND, "%s", said.text);
}

void play_house_close(struct play_house **house, const struct playout *playout)
{
    if (*house == NULL) return;
    // That nobody hears of the end costs a stream its lease, and the play nothing.
    if (playout->state != PLAYOUT_WAITING) (void)!tell(*house, playout, NULL);
    (void)!house_play_end((*house)->client, (*house)->member, &(*house)->play, NULL);
    http_client_close(&(*house)->client);
    free(*house);
    *house = NULL;
}
