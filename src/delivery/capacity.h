// SPDX-License-Identifier: Apache-2.0
//
// What a number of viewers takes: egress, processors, boxes, caches, shield, origin, licences,
// positions, and money, worked out from figures that each name their source.
//
//     figures (measured, chosen, assumed, prices)  ->  answers, each with its formula
//
// The formulas below are the code: what is printed beside an answer is what computed it, so paper
// and program cannot differ. An answer may use the figures and the answers before it.
#ifndef DELIVERY_CAPACITY_H
#define DELIVERY_CAPACITY_H

#include "base/slice.h"

#define CAPACITY_KINDS(X)                                                                          \
    X(MEASURED, "measured")                                                                        \
    X(CHOSEN, "chosen")                                                                            \
    X(ASSUMED, "assumed")                                                                          \
    X(PRICE, "price")

#define CAPACITY_KIND_ENUM(name, word) CAPACITY_##name,
enum capacity_kind { CAPACITY_KINDS(CAPACITY_KIND_ENUM) CAPACITY_KIND_COUNT };
#undef CAPACITY_KIND_ENUM

const char *capacity_kind_word(enum capacity_kind kind); // "measured"

// name, value, unit, kind, source
#define CAPACITY_FIGURES(X)                                                                        \
    X(viewers, 5e6, "streams at once", CHOSEN, "--viewers")                                        \
    X(mean_mbps, 6.27, "Mb/s", CHOSEN, "what is watched in bench/cache: ten rungs, 0.4 to 15")     \
    X(segment_s, 2, "s", CHOSEN, "docs/adr/0001: chunks and segments")                             \
    X(session_min, 35, "min", ASSUMED, "mean length of a play")                                    \
    X(premiere_s, 300, "s", ASSUMED, "all viewers start within it, at worst")                      \
    X(plain_gb_per_cpu_s, 58.6, "Gb per CPU-second", MEASURED,                                     \
      "bench/http: 14,652 answers of 500 KB, loopback, sendfile")                                  \
    X(tls_gb_per_cpu_s, 11.8, "Gb per CPU-second", MEASURED,                                       \
      "bench/delivery: TLS 1.3 in user space, 500 KB hits, on a machine under load")               \
    X(checks_per_cpu_s, 691458, "tokens per CPU-second", MEASURED, "bench/access: our token")      \
    X(edge_hit, 0.808, "of bytes", MEASURED, "bench/cache: Zipf 1.0, disk of 21 %, memory 0.2 %")  \
    X(edge_disk, 0.21, "of the catalogue", CHOSEN, "bench/cache: top quarter of titles over 90 %") \
    X(edge_writes, 0.022, "bytes written per byte served", MEASURED, "bench/cache")                \
    X(shield_hit, 0.95, "of bytes", ASSUMED,                                                       \
      "the shield holds the catalogue but for what is new or never asked for")                     \
    X(box_gbps, 400, "Gb/s", CHOSEN, "a server with two 200 Gb/s ports")                           \
    X(box_load, 0.8, "of a box at peak", CHOSEN, "room for a neighbour that dies")                 \
    X(spread, 3, "times", ASSUMED, "boxes stand where viewers are, not where they would fill")     \
    X(titles, 40000, "titles", CHOSEN, "a large service; bench/cache is a tenth of it")            \
    X(title_min, 64, "min", CHOSEN, "bench/cache: 35 % films, the rest episodes")                  \
    X(ladder_mbps, 49.2, "Mb/s", CHOSEN, "bench/cache: all ten rungs together")                    \
    X(slice_mib, 1, "MiB", CHOSEN, "what an edge asks its parent for")                             \
    X(licence_ms, 0.26, "ms of CPU", MEASURED,                                                     \
      "bench/license: 3,900 native licences per CPU-second")                                       \
    X(renewal_s, 600, "s", CHOSEN, "a licence is renewed so often")                                \
    X(position_s, 30, "s", CHOSEN, "a player saves its position so often, and on pause and stop")  \
    X(writes_per_store_s, 16243, "writes/s", MEASURED,                                             \
      "SQLite 3.40, WAL, 1,000 conditional updates per commit, one disk of 229 syncs/s")           \
    X(steering_ttl_s, 300, "s", CHOSEN, "a player asks the steering service so often")             \
    X(cdn_usd_gb, 0.02, "USD/GB", PRICE, "list price of a large contract with a CDN; a guess")     \
    X(peak_to_mean, 2, "times", ASSUMED, "traffic of the peak hour over the mean of the month")    \
    X(s3_usd_gb_month, 0.021, "USD/GB/month", PRICE, "S3 standard, the tier over 500 TB")          \
    X(s3_usd_get, 4e-7, "USD/GET", PRICE, "S3 standard")                                           \
    X(wcu_usd_hour, 0.00065, "USD/h", PRICE, "one DynamoDB write unit, provisioned")

// (a formatter takes a product of names for a pointer)
// clang-format off
// name, unit, formula
#define CAPACITY_ANSWERS(X)                                                                        \
    X(egress_tbps, "Tb/s at peak", viewers * mean_mbps / 1e6)                                      \
    X(segment_requests_s, "requests/s at the edge", viewers * 2 / segment_s)                       \
    X(starts_s, "plays begun per second", viewers / (session_min * 60))                            \
    X(edge_cpus_tls, "busy processors, TLS in user space", egress_tbps * 1e3 / tls_gb_per_cpu_s)   \
    X(edge_cpus_plain, "busy processors, no TLS or TLS in the kernel and the card",                \
      egress_tbps * 1e3 / plain_gb_per_cpu_s)                                                      \
    X(token_cpus, "busy processors for tokens", segment_requests_s / checks_per_cpu_s)             \
    X(boxes_min, "boxes that carry the peak", egress_tbps * 1e3 / (box_gbps * box_load))           \
    X(boxes, "boxes with geography and spares", boxes_min * spread)                                \
    X(cpus_per_box_tls, "busy processors of a full box, TLS in user space",                        \
      box_gbps * box_load / tls_gb_per_cpu_s)                                                      \
    X(catalogue_tb, "TB", titles * title_min * 60 * ladder_mbps / 8 / 1e6)                         \
    X(site_disk_tb, "TB of disk at each site", catalogue_tb * edge_disk)                           \
    X(box_writes_gbps, "Gb/s written by a full box", box_gbps * box_load * edge_writes)            \
    X(shield_gbps, "Gb/s from the shield", egress_tbps * 1e3 * (1 - edge_hit))                     \
    X(shield_boxes, "boxes of the shield", shield_gbps / (box_gbps * box_load))                    \
    X(origin_gbps, "Gb/s from the origin", shield_gbps * (1 - shield_hit))                         \
    X(origin_gets_s, "GET/s at the store", origin_gbps * 1e9 / 8 / (slice_mib * 1048576))          \
    X(licences_s, "licences/s, steady", starts_s + viewers / renewal_s)                            \
    X(licences_peak_s, "licences/s, a premiere", viewers / premiere_s + viewers / renewal_s)       \
    X(licence_cpus, "busy processors, a premiere", licences_peak_s * licence_ms / 1e3)             \
    X(position_writes_s, "writes/s", viewers / position_s + 2 * starts_s)                          \
    X(position_stores, "embedded stores, each its share of members",                               \
      position_writes_s / writes_per_store_s)                                                      \
    X(steering_s, "requests/s to the steering service", viewers / steering_ttl_s)                  \
    X(bytes_month_eb, "EB/month", egress_tbps / peak_to_mean / 8 * 86400 * 30 / 1e6)               \
    X(cdn_usd_month, "USD/month, were all of it a CDN's", bytes_month_eb * 1e9 * cdn_usd_gb)       \
    X(store_usd_month, "USD/month for the catalogue in S3", catalogue_tb * 1e3 * s3_usd_gb_month)  \
    X(gets_usd_month, "USD/month for its GETs",                                                    \
      origin_gets_s / peak_to_mean * 86400 * 30 * s3_usd_get)                                      \
    X(positions_usd_month, "USD/month for positions in DynamoDB, provisioned for the peak",        \
      position_writes_s * wcu_usd_hour * 720)
// clang-format on

#define CAPACITY_COUNT_ONE(...) +1
enum {
    CAPACITY_FIGURE_COUNT = 0 CAPACITY_FIGURES(CAPACITY_COUNT_ONE),
    CAPACITY_ANSWER_COUNT = 0 CAPACITY_ANSWERS(CAPACITY_COUNT_ONE),
};
#undef CAPACITY_COUNT_ONE

struct capacity_figure {
    const char *name;
    double value;
    const char *unit;
    enum capacity_kind kind;
    const char *source;
};

struct capacity_answer {
    const char *name;
    double value;
    const char *unit, *formula;
};

struct capacity {
    struct capacity_figure figures[CAPACITY_FIGURE_COUNT];
    struct capacity_answer answers[CAPACITY_ANSWER_COUNT];
};

// The figures above, and no answers yet.
struct capacity capacity_init(void);

// Sets a figure from "name=value", with `source` (borrowed). INVALID for a name that is none ("did
// you mean"), or a value that is no number above 0.
must_check outcome capacity_set(struct capacity *capacity, const char *text, const char *source,
                                struct why *why);

// Works out all answers.
void capacity_answer(struct capacity *capacity);

#endif
