// SPDX-License-Identifier: Apache-2.0
//
// The settings of a house, from one table: what each means, its default, and where its value came
// from.
//
//     default  <  /etc/primrose/primrose.ini or $XDG_CONFIG_HOME/primrose/primrose.ini  <
//     PRIMROSE_SERVE_LISTEN  <  --listen
//
// The file is INI: [section] and key = value. A key of the table "serve.listen" is `listen` under
// [serve], and PRIMROSE_SERVE_LISTEN in the environment. Values are text here; options
// (base/options.h) give them types and limits.
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/arena.h"

// key, default ("" : made at run time, see config_load), unit or form, what it is
#define CONFIG_KEYS(X)                                                                             \
    X("store.data", "", "folder", "Where titles, tables and queues are kept.")                     \
    X("store.blobs", "", "URL",                                                                    \
      "Where objects are kept: s3://bucket?endpoint=URL; empty: in the data folder.")              \
    X("store.tables", "", "URL",                                                                   \
      "Where tables are kept: dynamodb://table?region=NAME; empty: in the data folder.")           \
    X("store.queue", "", "URL", "Where jobs stand: redis://host:port; empty: in the data folder.") \
    X("store.cache", "", "URL",                                                                    \
      "Where short-lived values are kept: redis://host:port; empty: in memory.")                   \
    X("serve.listen", "127.0.0.1:8080", "address:port", "Where the HTTP service listens.")         \
    X("serve.tls_cert", "", "file", "Certificate and chain (PEM) for HTTPS; empty: plain HTTP.")   \
    X("serve.tls_key", "", "file", "Key of that certificate (PEM).")                               \
    X("serve.access", "open", "open or signed", "Who gets the files of titles.")                   \
    X("serve.access_keys", "", "file", "Keys (a JWK Set) that signed access is checked with.")     \
    X("serve.steering_map", "", "file", "Sites and zones of the role steering; empty: none.")      \
    X("serve.steering_url", "", "URL",                                                             \
      "Where players ask which cache to use; empty: manifests name none.")                         \
    X("serve.media_url", "", "URL", "Where viewers find this origin's files, for steering.")       \
    X("serve.roles", "all", "roles",                                                               \
      "Which roles `serve` runs: all, or a list such as api,origin.")                              \
    X("keys.ring", "", "file or token",                                                            \
      "The key ring: a file, or pkcs11:token=...; empty is keys/ring in the data folder.")         \
    X("license.entitlement_keys", "", "file",                                                      \
      "Keys (PEM) that sign entitlements, or their public halves; empty is "                       \
      "keys/entitlement.pem in the data folder.")                                                  \
    X("license.keys", "", "file",                                                                  \
      "Key (PEM) that signs native licences; empty is keys/licence.pem in the data folder.")       \
    X("license.url", "", "URL", "Where players find the licence role; empty: where the API is.")   \
    X("license.territories", "", "file",                                                           \
      "Map of countries (MaxMind MMDB); empty: no territory is known.")                            \
    X("api.networks", "", "file",                                                                  \
      "Map of providers' networks (MaxMind MMDB with autonomous systems); empty: they have no "    \
      "names.")                                                                                    \
    X("license.unknown_territory", "allow", "word",                                                \
      "Plays that were granted for a territory, asked for from nobody knows where: allow or "      \
      "deny.")                                                                                     \
    X("serve.trusted_proxies", "", "prefixes",                                                     \
      "Proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8, 192.0.2.1.")                 \
    X("license.partners", "", "file",                                                              \
      "Packagers and vendors' licence services (JSON, mode 0600); empty: none.")                   \
    X("license.device_rate", "120", "licences",                                                    \
      "How many licences a device may ask for in a minute; 0: any number.")                        \
    X("license.registration_rate", "100", "devices",                                               \
      "How many devices an address may register in an hour; 0: any number.")                       \
    X("license.browser_class", "hd", "class",                                                      \
      "The highest class of keys that browsers get by ClearKey: audio, sd, hd or uhd.")            \
    X("keys.studio", "", "file or token",                                                          \
      "The key ring that seals masters and unfinished work: a file or pkcs11:...; empty is "       \
      "keys/studio in the data folder, none leaves them clear.")                                   \
    X("studio.drm", "cbcs", "scheme", "How `ingest` encrypts titles: cbcs, cenc or none.")         \
    X("studio.ladder", "mission", "name or file", "The ladder that `ingest` encodes.")             \
    X("studio.per_title", "auto", "auto, on or off",                                               \
      "Whether `ingest` probes a title to choose its rungs: auto from five minutes on.")           \
    X("studio.workers", "0", "processes", "Local workers of `ingest`; 0 is one per processor.")

#define CONFIG_COUNT_ONE(key, value, unit, doc) +1
enum { CONFIG_KEY_COUNT = 0 CONFIG_KEYS(CONFIG_COUNT_ONE) };
#undef CONFIG_COUNT_ONE

enum { CONFIG_VALUE_BYTES = 1024 };

struct config_entry {
    const char *key;
    const char *unit;
    const char *doc;
    char value[CONFIG_VALUE_BYTES];
    char origin[300]; // "default", "/etc/primrose/primrose.ini:4", "PRIMROSE_SERVE_LISTEN"
};

struct config {
    struct config_entry entries[CONFIG_KEY_COUNT];
};

// Fills every entry: defaults (store.data is $XDG_DATA_HOME/primrose, else ~/.local/share/primrose,
// else /var/lib/primrose), then the file, then the environment. `path` NULL: the first of the
// places above that exists, and none is no error. INVALID with file and line for an unknown section
// or key ("did you mean"), a line that is not INI and a value over CONFIG_VALUE_BYTES.
must_check outcome config_load(struct config *out, const char *path, struct why *why);

// The effective value of a key of the table. Borrowed.
const char *config_value(const struct config *config, const char *key);

// "PRIMROSE_SERVE_LISTEN" for "serve.listen" into `out`.
void config_environment_name(const char *key, char *out, size_t out_bytes);

#endif
