// SPDX-License-Identifier: Apache-2.0
//
// A MaxMind database (MMDB), mapped: what libmaxminddb says, in our outcomes and addresses.
#ifndef NET_MMDB_H
#define NET_MMDB_H

#include "net/address.h"

#include <maxminddb.h>

// `what` is what the file maps, for the sentence: "territories". UNAVAILABLE and its kin when it
// cannot be opened, INVALID when it is no such file. MMDB_close() ends it.
must_check outcome mmdb_open(const char *path, const char *what, MMDB_s *out, struct why *why);

// The entry of an address. False: it has none, or it is no address of 4 or 16 bytes.
bool mmdb_find(const MMDB_s *mmdb, const struct address *address, MMDB_entry_s *out);

#endif
