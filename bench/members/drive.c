// SPDX-License-Identifier: Apache-2.0
//
// Plays a crowd of members against a house and measures each kind of request.
//
//     drive PORT MEMBERS TITLES          MEMBERS as house.c wrote it; titles are film-0 ...
//
// Reads phases from standard input, a line each, and prints a JSON object for each:
//
//     SECONDS STREAM...                  STREAM: kind:rate:connections
//
// A kind is one of the table below, or "evening", which draws kinds by their weights. Rate 0: as
// fast as the connections allow; else an open loop: requests fall due at that pace whatever the
// answers take, and waiting counts as latency.
//
// A member has up to three streams. Who asks for a fourth is refused (409, "limit"), takes the
// oldest over, and the stream that was taken over then reports once and hears that it is over
// (410). An answer that its kind does not expect is counted by its status and problem.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 256,
    STREAMS_MAX = 8,
    ANSWER_BYTES = 1024 * 1024,
    REQUEST_BYTES = 2048,
    SAMPLES_MAX = 1000000,
    MEMBER_STREAMS = 3, // of the plan "house"
    ID_BYTES = 64,
    FAULTS_MAX = 32,
};

static void give_up(const char *what)
{
    fprintf(stderr, "drive: %s: %s\n", what, errno == 0 ? "cannot go on" : strerror(errno));
    exit(1);
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t state = 88172645463325252U; // xorshift64: the same evening in every run

static uint64_t draw(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

// --- members ----------------------------------------------------------------------------------

enum kind {
    HOME,
    BROWSE,
    SEARCH,
    TITLE,
    ME,
    PLAY,
    LIMIT,
    TAKE_OVER,
    OVER,
    REPORT,
    RESUME,
    CONTINUE,
    STOP,
    SIGN_IN,
    KINDS
};

struct play {
    char session[ID_BYTES];
    unsigned title;
};

struct member {
    char login[ID_BYTES], token[ID_BYTES], profile[ID_BYTES];
    struct play plays[MEMBER_STREAMS], ended; // ended: taken over, not reported yet
    size_t play_count;
    unsigned asked_title;
    bool is_busy, is_refused;
};

static struct member *members; // those with a token first
static size_t member_count, all_count, next_member, next_signing;
static unsigned titles;

static void read_members(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t room = 0;
    struct member one = {.is_busy = false};
    if (file == NULL) give_up(path);
    while (fscanf(file, "%63s %63s %63s", one.login, one.token, one.profile) == 3) {
        if (all_count == room) {
            room = room == 0 ? 1024 : 2 * room;
            members = reallocarray(members, room, sizeof *members);
            if (members == NULL) give_up("members");
        }
        member_count += one.token[0] != '-';
        members[all_count++] = one;
    }
    (void)fclose(file);
}

// --- requests ---------------------------------------------------------------------------------

struct ask {
    const char *method;
    char path[200], body[400];
};

typedef void writer(struct member *member, struct ask *ask);

static void write_home(struct member *member, struct ask *ask)
{
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/home");
}

static void write_browse(struct member *member, struct ask *ask)
{
    static const char *const genres[] = {"Drama", "Comedy", "Crime", "War"};
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/browse?genre=%s", genres[draw(4)]);
}

static void write_search(struct member *member, struct ask *ask)
{
    static const char *const typed[] = {"quiet", "lant",       "harb", "the",   "golden%20ri",
                                        "film",  "person%20n", "mou",  "islnd", "w"};
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/search?q=%s", typed[draw(10)]);
}

static void write_title(struct member *member, struct ask *ask)
{
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/titles/film-%u", (unsigned)draw(titles));
}

static void write_me(struct member *member, struct ask *ask)
{
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/me");
}

static void write_play(struct member *member, struct ask *ask)
{
    ask->method = "POST";
    member->asked_title = (unsigned)draw(titles);
    for (size_t i = 0; i < member->play_count; i++) // never one of its own: two of a title are many
        if (member->plays[i].title == member->asked_title)
            member->asked_title = (member->asked_title + 7) % titles;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/playback");
    (void)snprintf(ask->body, sizeof ask->body, "{\"title_id\":\"film-%u\"}", member->asked_title);
}

static void write_take_over(struct member *member, struct ask *ask)
{
    write_play(member, ask);
    (void)snprintf(ask->body, sizeof ask->body, "{\"title_id\":\"film-%u\",\"take_over\":\"%s\"}",
                   member->asked_title, member->plays[0].session);
}

static void write_report_of(const struct play *play, struct ask *ask)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    ask->method = "POST";
    (void)snprintf(ask->path, sizeof ask->path, "/v1/positions");
    (void)snprintf(ask->body, sizeof ask->body,
                   "{\"title_id\":\"film-%u\",\"position_ms\":%u,\"duration_ms\":5400000,"
                   "\"at_ms\":%lld,\"session_id\":\"%s\",\"event\":\"heartbeat\"}",
                   play->title, (unsigned)draw(5000000),
                   (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, play->session);
}

static void write_report(struct member *member, struct ask *ask)
{
    write_report_of(&member->plays[draw(member->play_count)], ask);
}

static void write_over(struct member *member, struct ask *ask)
{
    write_report_of(&member->ended, ask);
}

static void write_resume(struct member *member, struct ask *ask)
{
    (void)snprintf(ask->path, sizeof ask->path, "/v1/positions/film-%u",
                   member->plays[draw(member->play_count)].title);
}

static void write_continue(struct member *member, struct ask *ask)
{
    (void)member;
    (void)snprintf(ask->path, sizeof ask->path, "/v1/continue");
}

static void write_stop(struct member *member, struct ask *ask)
{
    ask->method = "DELETE";
    (void)snprintf(ask->path, sizeof ask->path, "/v1/streams/%s",
                   member->plays[member->play_count - 1].session);
}

static void write_sign_in(struct member *member, struct ask *ask)
{
    ask->method = "POST";
    (void)snprintf(ask->path, sizeof ask->path, "/v1/sessions");
    (void)snprintf(ask->body, sizeof ask->body,
                   "{\"login\":\"%s\",\"password\":\"password of %s\",\"device_name\":\"Bench\"}",
                   member->login, strchr(member->login, '-') + 1);
}

// What kinds are like. `weight`: of a hundred requests of an evening; limits, taking over and what
// follows come of themselves.
static const struct {
    const char *name;
    writer *write;
    unsigned weight;
    int expected, also; // statuses
    bool needs_play;
} kinds[KINDS] = {
    [HOME] = {"home", write_home, 12, 200, 0, false},
    [BROWSE] = {"browse", write_browse, 3, 200, 0, false},
    [SEARCH] = {"search", write_search, 15, 200, 0, false},
    [TITLE] = {"title", write_title, 12, 200, 0, false},
    [ME] = {"me", write_me, 3, 200, 0, false},
    [PLAY] = {"play", write_play, 8, 200, 0, false},
    [LIMIT] = {"limit", write_play, 0, 409, 0, false},
    [TAKE_OVER] = {"take-over", write_take_over, 0, 200, 0, true},
    [OVER] = {"over", write_over, 0, 410, 0, false},
    [REPORT] = {"report", write_report, 38, 200, 0, true},
    [RESUME] = {"resume", write_resume, 3, 200, 404, true}, // 404: no report of it came yet
    [CONTINUE] = {"continue", write_continue, 4, 200, 0, false},
    [STOP] = {"stop", write_stop, 2, 204, 0, true},
    [SIGN_IN] = {"sign-in", write_sign_in, 0, 201, 0, false},
};

// What the member does when `wanted` is asked of him: the next step of the story that he is in.
static enum kind settle(const struct member *member, enum kind wanted, bool is_evening)
{
    const bool is_full = member->play_count == MEMBER_STREAMS;
    if (wanted == SIGN_IN) return wanted;
    if (member->ended.session[0] != '\0') return OVER;
    if (member->is_refused && is_full) return TAKE_OVER;
    if (wanted == PLAY && is_full) return is_evening ? LIMIT : STOP;
    return kinds[wanted].needs_play && member->play_count == 0 ? PLAY : wanted;
}

static enum kind draw_kind(void)
{
    uint64_t at = draw(100);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        if (at < kinds[kind].weight) return kind;
        at -= kinds[kind].weight;
    }
    return HOME;
}

// --- answers ----------------------------------------------------------------------------------

static uint32_t *samples_us[KINDS];
static size_t sample_counts[KINDS];

static struct fault {
    char what[120];
    size_t count;
} faults[FAULTS_MAX];
static size_t fault_count;

static void copy_to_quote(char *out, size_t room, const char *from)
{
    (void)snprintf(out, room, "%.*s", (int)strcspn(from, "\""), from);
}

static void note_fault(enum kind kind, int status, const char *answer)
{
    static const char type[] = "/problems/";
    char what[sizeof faults[0].what], code[60] = "";
    const char *problem = strstr(answer, type);
    if (problem != NULL) copy_to_quote(code, sizeof code, problem + sizeof type - 1);
    (void)snprintf(what, sizeof what, "%s %d %s", kinds[kind].name, status, code);
    size_t i = 0;
    while (i < fault_count && strcmp(faults[i].what, what) != 0)
        i++;
    if (i == FAULTS_MAX) return;
    if (i == fault_count) {
        memcpy(faults[fault_count++].what, what, sizeof what);
        faults[i].count = 0;
    }
    faults[i].count++;
}

static void begin_play(struct member *member, const char *answer)
{
    static const char key[] = "\"session_id\":\"";
    const char *found = strstr(answer, key);
    if (found == NULL) give_up("a play without a session");
    struct play *play = &member->plays[member->play_count++];
    copy_to_quote(play->session, sizeof play->session, found + sizeof key - 1);
    play->title = member->asked_title;
}

static void drop_first(struct member *member)
{
    member->play_count--;
    memmove(&member->plays[0], &member->plays[1], member->play_count * sizeof member->plays[0]);
}

static void take_answer(struct member *member, enum kind kind, int status, const char *answer)
{
    member->is_busy = false;
    if (status != kinds[kind].expected && status != kinds[kind].also) {
        note_fault(kind, status, answer);
        return;
    }
    if (kind == PLAY) begin_play(member, answer);
    if (kind == LIMIT) member->is_refused = true;
    if (kind == OVER) member->ended.session[0] = '\0';
    if (kind == STOP) member->play_count--;
    if (kind != TAKE_OVER) return;
    member->ended = member->plays[0];
    member->is_refused = false;
    drop_first(member);
    begin_play(member, answer);
}

// --- connections ------------------------------------------------------------------------------

struct connection {
    struct member *member; // NULL: free
    enum kind kind;
    double due_s;
    size_t len;
    char *answer;
};

static struct connection connections[CONNECTIONS_MAX];
static struct pollfd polls[CONNECTIONS_MAX];
static size_t connection_count;

static void open_connection(unsigned port)
{
    struct connection *one = &connections[connection_count];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        give_up("cannot connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *one = (struct connection){.answer = malloc(ANSWER_BYTES)};
    if (one->answer == NULL) give_up("no memory");
    polls[connection_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void close_connections(void)
{
    for (size_t i = 0; i < connection_count; i++) {
        (void)close(polls[i].fd);
        free(connections[i].answer);
    }
    connection_count = 0;
}

// The whole answer's length, 0 while its head is not complete.
static size_t answer_bytes(const struct connection *one)
{
    const char *end = memmem(one->answer, one->len, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    const size_t head = (size_t)(end - one->answer) + 4;
    const char *field = memmem(one->answer, head, "Content-Length: ", 16);
    return head + (field == NULL ? 0 : strtoul(field + 16, NULL, 10)); // 204 has none
}

static void receive(size_t i)
{
    struct connection *one = &connections[i];
    const ssize_t got = recv(polls[i].fd, one->answer + one->len, ANSWER_BYTES - 1 - one->len, 0);
    if (got <= 0) give_up("the house closed a connection");
    one->len += (size_t)got;
    const size_t whole = answer_bytes(one);
    if (whole == 0 || one->len < whole) return;
    one->answer[one->len] = '\0';
    const double took_s = now_s() - one->due_s;
    if (sample_counts[one->kind] < SAMPLES_MAX)
        samples_us[one->kind][sample_counts[one->kind]++] = (uint32_t)(took_s * 1e6);
    take_answer(one->member, one->kind, (int)strtol(one->answer + 9, NULL, 10), one->answer);
    one->member = NULL;
    one->len = 0;
}

// --- phases -----------------------------------------------------------------------------------

struct stream {
    char kind[24];
    double rate, due_s;
    size_t first, count; // connections
};

static bool is_evening(const struct stream *stream)
{
    return strcmp(stream->kind, "evening") == 0;
}

static enum kind kind_of(const struct stream *stream)
{
    if (is_evening(stream)) return draw_kind();
    for (enum kind kind = 0; kind < KINDS; kind++)
        if (strcmp(kinds[kind].name, stream->kind) == 0) return kind;
    errno = 0;
    give_up(stream->kind);
    return HOME;
}

// Who comes next: of an evening some are busier than others, else all in turn.
static struct member *next_of(const struct stream *stream, enum kind kind)
{
    const double u = (double)draw(1U << 30) / (double)(1U << 30);
    if (kind == SIGN_IN)
        return &members[member_count + next_signing++ % (all_count - member_count)];
    const size_t busy = (size_t)(u * u * u * u * (double)member_count);
    struct member *member = &members[is_evening(stream) ? busy : next_member++ % member_count];
    while (member->is_busy)
        member = &members[(size_t)(member - members + 1) % member_count];
    return member;
}

static void send_next(const struct stream *stream, size_t i, double due_s)
{
    char text[REQUEST_BYTES], token[ID_BYTES + 32] = "";
    struct ask ask = {.method = "GET"};
    struct connection *one = &connections[i];
    const enum kind wanted = kind_of(stream);
    struct member *member = next_of(stream, wanted);
    one->member = member;
    one->kind = settle(member, wanted, is_evening(stream));
    one->due_s = due_s;
    member->is_busy = true;
    kinds[one->kind].write(member, &ask);
    if (one->kind != SIGN_IN)
        (void)snprintf(token, sizeof token, "Authorization: Bearer %s\r\n", member->token);
    const int len =
        snprintf(text, sizeof text,
                 "%s %s HTTP/1.1\r\nHost: bench\r\n%s%sContent-Length: %zu\r\n\r\n%s", ask.method,
                 ask.path, token, ask.body[0] == '\0' ? "" : "Content-Type: application/json\r\n",
                 strlen(ask.body), ask.body);
    if (send(polls[i].fd, text, (size_t)len, MSG_NOSIGNAL) != len) give_up("cannot send");
}

static void send_due(struct stream *stream, double now)
{
    const bool is_open = stream->rate > 0;
    for (size_t i = stream->first; i < stream->first + stream->count; i++) {
        if (is_open && stream->due_s > now) return;
        if (connections[i].member != NULL) continue;
        send_next(stream, i, is_open ? stream->due_s : now);
        if (is_open) stream->due_s += 1 / stream->rate;
    }
}

static bool is_any_busy(void)
{
    for (size_t i = 0; i < connection_count; i++)
        if (connections[i].member != NULL) return true;
    return false;
}

static double run_phase(struct stream *streams, size_t count, double seconds)
{
    const double start = now_s();
    for (size_t i = 0; i < count; i++)
        streams[i].due_s = start;
    for (double now = start; now < start + seconds || is_any_busy(); now = now_s()) {
        for (size_t i = 0; i < count && now < start + seconds; i++)
            send_due(&streams[i], now);
        if (poll(polls, connection_count, 1) <= 0) continue;
        for (size_t i = 0; i < connection_count; i++)
            if ((polls[i].revents & (POLLIN | POLLHUP)) != 0) receive(i);
    }
    return now_s() - start;
}

static int compare(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void report(double seconds)
{
    const char *comma = "";
    printf("{\"seconds\":%.3f,\"kinds\":{", seconds);
    for (enum kind kind = 0; kind < KINDS; kind++) {
        const size_t count = sample_counts[kind];
        uint32_t *const all = samples_us[kind];
        if (count == 0) continue;
        qsort(all, count, sizeof *all, compare);
        printf("%s\"%s\":{\"count\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}", comma,
               kinds[kind].name, count, all[(count - 1) / 2], all[(count - 1) * 99 / 100],
               all[count - 1]);
        comma = ",";
        sample_counts[kind] = 0;
    }
    printf("},\"unexpected\":{");
    for (size_t i = 0; i < fault_count; i++)
        printf("%s\"%s\":%zu", i == 0 ? "" : ",", faults[i].what, faults[i].count);
    printf("}}\n");
    (void)fflush(stdout);
    fault_count = 0;
}

static void follow(char *line, unsigned port)
{
    struct stream streams[STREAMS_MAX];
    size_t count = 0;
    char *rest = line, *word;
    const double seconds = strtod(line, &rest);
    while (count < STREAMS_MAX && (word = strsep(&rest, " \n")) != NULL) {
        if (word[0] == '\0') continue;
        struct stream *stream = &streams[count++];
        *stream = (struct stream){.first = connection_count};
        if (sscanf(word, "%23[^:]:%lf:%zu", stream->kind, &stream->rate, &stream->count) != 3 ||
            connection_count + stream->count > CONNECTIONS_MAX)
            give_up(word);
        for (size_t i = 0; i < stream->count; i++)
            open_connection(port);
    }
    report(run_phase(streams, count, seconds));
    close_connections();
}

int main(int argc, char **argv)
{
    char line[500];
    if (argc != 4) return 2;
    read_members(argv[2]);
    titles = (unsigned)strtoul(argv[3], NULL, 10);
    if (member_count == 0 || all_count == member_count || titles < 8) return 2;
    for (size_t i = 0; i < KINDS; i++)
        if ((samples_us[i] = malloc(SAMPLES_MAX * sizeof *samples_us[i])) == NULL) return 1;
    while (fgets(line, sizeof line, stdin) != NULL)
        follow(line, (unsigned)strtoul(argv[1], NULL, 10));
    return 0;
}
