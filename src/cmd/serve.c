// SPDX-License-Identifier: Apache-2.0
//
// primrose serve: the house over HTTP.
#include "app/licences.h"
#include "app/service.h"
#include "base/log.h"
#include "cmd/serve_internal.h"
#include "cmd/store_places.h"
#include "drm/secret.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

enum { URL_BYTES = SUPERVISOR_LINE_BYTES + 16 };

// clang-format off: one option a block reads better than a table of long strings
#define FIELD(name) .offset = offsetof(struct serve_options, name)
static const struct option options[] = {
    {.name = "listen",
     .letter = 'l',
     .kind = OPTION_TEXT,
     .value = "ADDR",
     .config = "serve.listen",
     FIELD(listen),
     .doc = "Address and port to listen on: 127.0.0.1:8080, [::1]:8080, :8080 for every address; "
            "port 0 takes a free one."},
    {.name = "data",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     FIELD(data),
     .doc = "Folder of titles, tables and queues; made where missing."},
    {.name = "roles",
     .letter = 'r',
     .kind = OPTION_TEXT,
     .value = "ROLES",
     .config = "serve.roles",
     FIELD(roles),
     .doc =
         "What to serve: all, or a list of api (the catalogue and playback), origin (the files "
         "of titles), app (the web app), license (licences for players) and steering (which caches "
         "they are to use); or edge alone, a cache in front of other servers."},
    {.name = "tls-cert",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "serve.tls_cert",
     FIELD(tls_cert),
     .doc = "Serve HTTPS (TLS 1.3 and 1.2) with this certificate and its chain, in PEM form. A "
            "renewed file is taken up within a second."},
    {.name = "tls-key",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "serve.tls_key",
     FIELD(tls_key),
     .doc = "The certificate's key, in PEM form."},
    {.name = "ring",
     .kind = OPTION_TEXT,
     .value = "FILE|pkcs11:...",
     .config = "keys.ring",
     FIELD(ring),
     .doc = "Role license: the key ring that opens content keys. Empty: keys/ring in the data "
            "folder, made where missing."},
    {.name = "entitlement-keys",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "license.entitlement_keys",
     FIELD(entitlement_keys),
     .doc = "Roles api and license: keys (PEM) that sign what a play may open; a process of role "
            "license alone needs their public halves only. Empty: keys/entitlement.pem in the data "
            "folder, made where missing."},
    {.name = "licence-keys",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "license.keys",
     FIELD(licence_keys),
     .doc = "Role license: the key (PEM) that signs native licences. Empty: keys/licence.pem in "
            "the data folder, made where missing."},
    {.name = "licence-url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "license.url",
     FIELD(licence_url),
     .doc = "Role api: where players find the role license, when that is another address."},
    {.name = "browser-class",
     .kind = OPTION_TEXT,
     .value = "CLASS",
     .config = "license.browser_class",
     FIELD(browser_class),
     .doc = "Role license: the highest class of keys that browsers get by ClearKey: audio, sd, hd "
            "or uhd."},
    {.name = "access",
     .kind = OPTION_CHOICE,
     .value = "open|signed",
     .config = "serve.access",
     FIELD(access),
     .doc = "Who gets the files of titles: anyone, or whoever brings signed access."},
    {.name = "access-keys",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "serve.access_keys",
     FIELD(access_keys),
     .doc = "The keys that signed access is checked with, a JWK Set; a changed file is taken up "
            "within a second."},
    {.name = "networks",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "api.networks",
     FIELD(networks),
     .doc =
         "Map of autonomous systems (MaxMind MMDB), by which viewers' providers are named in the "
         "quality of experience; without it, by the first bits of their addresses."},
    {.name = "territories",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "license.territories",
     FIELD(territories),
     .doc = "Map of countries (MaxMind MMDB), by which a request's territory is known: licences, "
            "signed "
            "access and steering go by it."},
    {.name = "unknown-territory",
     .kind = OPTION_TEXT,
     .value = "allow|deny",
     .config = "license.unknown_territory",
     FIELD(unknown_territory),
     .doc = "Role license: what becomes of plays that were granted for a territory when nobody "
            "knows where the request comes from."},
    {.name = "partners",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "license.partners",
     FIELD(partners),
     .doc = "Role license: packagers that may fetch keys, and the licence services of Widevine, "
            "PlayReady and FairPlay (JSON, mode 0600)."},
    {.name = "trusted-proxies",
     .kind = OPTION_TEXT,
     .value = "PREFIXES",
     .config = "serve.trusted_proxies",
     FIELD(trusted_proxies),
     .doc = "Proxies in front whose X-Forwarded-For is believed: 10.0.0.0/8, 192.0.2.1. Empty: "
            "none."},
    {.name = "upstream",
     .kind = OPTION_TEXTS,
     .value = "URL",
     FIELD(upstreams),
     .doc = "Role edge: a server whose answers are cached, http://host:port/prefix or "
            "https://host, or a bucket, s3://bucket/prefix?region=R&endpoint=URL, with the "
            "credentials of the environment; several share the files among them and stand in for "
            "each other."},
    {.name = "fallback",
     .kind = OPTION_TEXTS,
     .value = "URL",
     FIELD(fallbacks),
     .doc = "Role edge: a server that is asked when no upstream is well."},
    {.name = "peer",
     .kind = OPTION_TEXTS,
     .value = "URL",
     FIELD(peers),
     .doc = "Role edge: another edge, near, that is asked before upstreams for what --placement "
            "wants; it answers with what it has."},
    {.name = "placement",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .initial = "",
     FIELD(placement),
     .doc = "Role edge: what is to be here before anybody asks, as the verb placement writes it; a "
            "changed file is taken up within a second. Empty: what is asked for."},
    {.name = "tier",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .initial = "edge",
     FIELD(tier),
     .doc = "Role edge, with --placement: the tier of that file whose window, rate and long tail "
            "are this edge's."},
    {.name = "upstream-ca",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .initial = "",
     FIELD(upstream_ca),
     .doc = "Role edge: the certificates (PEM) that vouch for upstreams over HTTPS. Empty: those "
            "that the system trusts."},
    {.name = "probe",
     .kind = OPTION_TEXT,
     .value = "PATH",
     .initial = "",
     FIELD(probe),
     .doc = "Role edge: what each upstream is asked for every two seconds, so that a dead one is "
            "known before a viewer needs it: /.primrose/live of another edge. Empty: nothing."},
    {.name = "access-log",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .initial = "",
     FIELD(access_log),
     .doc = "Role edge: append a JSON line for each answer, with the client's address and what its "
            "player says (CMCD). Empty: none is kept."},
    {.name = "client-rate",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "0",
     .max = 1000000,
     FIELD(client_rate),
     .doc = "Role edge: requests a second that one client (an IPv4 address, an IPv6 /64) may "
            "make, and eight seconds' worth at once; 0: any."},
    {.name = "token-rate",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "0",
     .max = 1000000,
     FIELD(token_rate),
     .doc = "Role edge: the same for whoever brings one token of signed access."},
    {.name = "pace",
     .kind = OPTION_INTEGER,
     .value = "MBITS",
     .initial = "0",
     .max = 1000000,
     FIELD(pace_mbps),
     .doc = "Role edge: what one connection is sent at most, in megabits a second; 0: what the "
            "line takes."},
    {.name = "egress",
     .kind = OPTION_INTEGER,
     .value = "MBITS",
     .initial = "0",
     .max = 10000000,
     FIELD(egress_mbps),
     .doc = "Role edge: what its line carries, in megabits a second. Near that, players that send "
            "CMCD are told (CMSD) to take less; 0: they are not."},
    {.name = "cache-memory",
     .kind = OPTION_INTEGER,
     .value = "MIB",
     .initial = "256",
     .min = 8,
     .max = 1 << 24,
     FIELD(memory_mib),
     .doc = "Role edge: memory of the cache."},
    {.name = "cache-disk",
     .kind = OPTION_INTEGER,
     .value = "MIB",
     .initial = "0",
     .max = INT64_C(1) << 32,
     FIELD(disk_mib),
     .doc = "Role edge: what of the data folder's disk the cache may fill; 0 is memory alone."},
    {.name = "steering-map",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .config = "serve.steering_map",
     FIELD(steering_map),
     .doc = "Role steering: the sites, and the zones of clients they are for; a changed file is "
            "taken up within a second."},
    {.name = "steering-url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "serve.steering_url",
     FIELD(steering_url),
     .doc = "Role origin: where players ask which cache to use; manifests name it. Empty: they do "
            "not ask."},
    {.name = "media-url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .config = "serve.media_url",
     FIELD(media_url),
     .doc = "Role origin, with --steering-url: the address viewers know this origin by, "
            "https://media.example."},
    {.name = "json",
     .kind = OPTION_FLAG,
     FIELD(is_json),
     .doc = "Say where it listens as a JSON line."},
};
#undef FIELD
// clang-format on

static const struct example examples[] = {
    {"serve", "serve the titles of this user's house at http://127.0.0.1:8080"},
    {"serve --listen :80 --data /srv/primrose", "serve a house to the network"},
    {"serve --listen :443 --tls-cert chain.pem --tls-key key.pem", "serve it over HTTPS"},
    {"serve --roles origin --listen 10.0.0.5:8080", "serve the files of titles alone, to edges"},
    {"serve --roles edge --upstream http://10.0.0.5:8080 --listen :80", "cache what it answers"},
    {"serve --roles origin --access signed --access-keys keys.json", "to holders of tokens alone"},
};

// Each open file and connection needs a descriptor; the usual soft limit is for programs that use
// select().
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool serve_is_end_asked(void)
{
    const struct timespec second = {.tv_sec = 1};
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    return sigtimedwait(&ends, NULL, &second) >= 0;
}

// Once a second it looks whether the certificate or the access keys were renewed.
static void wait_for_end(struct service *service)
{
    while (!serve_is_end_asked()) {
        struct why why = {""};
        if (!service_renew(service, &why))
            log_event(LOG_WARNING, "serve.renewal_refused", "why=\"%s\"", why.text);
    }
}

void serve_prepare(void)
{
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    raise_descriptor_limit();
}

// The process that serves; its supervisor hears when it listens.
static outcome run_role(const struct invocation *call, unsigned roles, int ready_fd,
                        struct why *why)
{
    const struct serve_options *chosen = call->options;
    const struct store_places places = store_places_of(call->config, chosen->data);
    serve_prepare();
    if ((roles & (ROLE_API | ROLE_LICENSE)) != 0) secret_guard();
    const struct licence_settings licences = {
        .ring = chosen->ring,
        .entitlement_keys = chosen->entitlement_keys,
        .licence_keys = chosen->licence_keys,
        .url = chosen->licence_url,
        .browser_class = chosen->browser_class,
        .unknown_territory = chosen->unknown_territory,
        .device_rate = config_value(call->config, "license.device_rate"),
        .registration_rate = config_value(call->config, "license.registration_rate"),
        .partners = chosen->partners,
    };
    const struct service_options settings = {
        .data = chosen->data,
        .places = &places,
        .listen = chosen->listen,
        .roles = roles,
        .tls_certificate = chosen->tls_cert,
        .tls_key = chosen->tls_key,
        .licences = &licences,
        .steering_map = chosen->steering_map,
        .steering_url = chosen->steering_url,
        .media_url = chosen->media_url,
        .territories = chosen->territories,
        .networks = chosen->networks,
        .trusted_proxies = chosen->trusted_proxies,
        .access_keys = strcmp(chosen->access, "signed") == 0 ? chosen->access_keys : NULL,
        .clock = clock_system(),
    };
    autoservice *service = NULL;
    TRY(service_open(&settings, &service, why));
    supervisor_report(ready_fd, service_address(service));
    wait_for_end(service);
    return OK;
}

static outcome check_access(const struct serve_options *chosen, struct why *why)
{
    if (strcmp(chosen->access, "signed") != 0 || chosen->access_keys[0] != '\0') return OK;
    return fail(why, INVALID, "signed access needs keys to check it with: give --access-keys FILE");
}

static void say_json(const char *url)
{
    json_t *said = json_pack("{s:s}", "url", url);
    char *text = json_dumps(said, JSON_COMPACT);
    if (text != NULL) puts(text);
    free(text);
    json_decref(said);
}

static void announce(void *context, const char *const *lines)
{
    const struct serve_options *chosen = context;
    char url[URL_BYTES];
    (void)snprintf(url, sizeof url, "%s://%s/", chosen->tls_cert[0] == '\0' ? "http" : "https",
                   lines[0]);
    if (chosen->is_json)
        say_json(url);
    else
        printf("Primrose is at %s (Ctrl-C ends it)\n", url);
    (void)fflush(stdout);
}

// The options that the serving process is given as they are here, however they were set.
static const struct {
    const char *option;
    size_t offset;
} handed_on[] = {
    {"--listen", offsetof(struct serve_options, listen)},
    {"--data", offsetof(struct serve_options, data)},
    {"--roles", offsetof(struct serve_options, roles)},
    {"--tls-cert", offsetof(struct serve_options, tls_cert)},
    {"--tls-key", offsetof(struct serve_options, tls_key)},
    {"--ring", offsetof(struct serve_options, ring)},
    {"--entitlement-keys", offsetof(struct serve_options, entitlement_keys)},
    {"--licence-keys", offsetof(struct serve_options, licence_keys)},
    {"--licence-url", offsetof(struct serve_options, licence_url)},
    {"--browser-class", offsetof(struct serve_options, browser_class)},
    {"--networks", offsetof(struct serve_options, networks)},
    {"--territories", offsetof(struct serve_options, territories)},
    {"--unknown-territory", offsetof(struct serve_options, unknown_territory)},
    {"--partners", offsetof(struct serve_options, partners)},
    {"--trusted-proxies", offsetof(struct serve_options, trusted_proxies)},
    {"--access", offsetof(struct serve_options, access)},
    {"--access-keys", offsetof(struct serve_options, access_keys)},
    {"--steering-map", offsetof(struct serve_options, steering_map)},
    {"--steering-url", offsetof(struct serve_options, steering_url)},
    {"--media-url", offsetof(struct serve_options, media_url)},
};

static_assert(2 * TABLE_COUNT(handed_on) + 3 + 2 * (EDGE_NUMBERS + 5 + 3 * EDGE_UPSTREAMS_MAX) <=
                  SUPERVISOR_ARGS_MAX,
              "a child's options fit");

static void hand_on(const struct serve_options *chosen, struct supervised *child)
{
    size_t at = 2;
    for (size_t i = 0; i < TABLE_COUNT(handed_on); i++) {
        const char *const *value =
            (const char *const *)(const void *)((const char *)chosen + handed_on[i].offset);
        if (strcmp(handed_on[i].option, "--listen") == 0) child->listen_at = at + 1;
        child->argv[at++] = handed_on[i].option;
        child->argv[at++] = *value;
    }
}

static int run(const struct invocation *call)
{
    const struct serve_options *chosen = call->options;
    struct why why = {""};
    unsigned roles = 0;
    if (check_access(chosen, &why) != OK) return verb_misuse(call, &why);
    const outcome parsed = serve_is_edge(chosen) ? serve_edge_check(chosen, &why)
                                                 : service_roles_parse(chosen->roles, &roles, &why);
    if (parsed != OK) return verb_misuse(call, &why);
    const int ready_fd = supervisor_ready_fd();
    if (ready_fd >= 0 && serve_is_edge(chosen))
        return verb_end(call, serve_edge_run(chosen, ready_fd, &why), &why);
    if (ready_fd >= 0) return verb_end(call, run_role(call, roles, ready_fd, &why), &why);

    // All roles of today share one address, and so one process: "http".
    struct supervised children[] = {{.name = "http", .argv = {"primrose", "serve"}}};
    hand_on(chosen, &children[0]);
    char numbers[EDGE_NUMBERS][EDGE_NUMBER_BYTES];
    if (serve_is_edge(chosen)) serve_edge_hand_on(chosen, &children[0], numbers);
    int status = 0;
    struct serve_options context = *chosen;
    const outcome result = supervise(children, TABLE_COUNT(children), clock_system(), announce,
                                     &context, &status, &why);
    return result == OK ? status : verb_end(call, result, &why);
}

const struct verb verb_serve = {
    .name = "serve",
    .stage = STAGE_SCREEN,
    .operands = "",
    .summary = "serve titles, API and web app over HTTP",
    .story = "Serves the titles of a data folder: the web app at /, the API at /v1, described by "
             "/v1/openapi.json, and the files of titles at /media. A supervisor starts the serving "
             "process and starts it again, ever more slowly, should it crash. SIGTERM lets "
             "requests in hand finish, for at most ten seconds.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct serve_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
