// SPDX-License-Identifier: Apache-2.0
//
// Addresses made from DASH templates (ISO/IEC 23009-1 clause 5.3.9.4.4).
//
//     "$RepresentationID$/seg-$Number%05d$.m4s"  ->  "v1/seg-00042.m4s", resolved against the base
#ifndef MEDIA_SEGMENT_ADDRESS_H
#define MEDIA_SEGMENT_ADDRESS_H

#include "media/manifest_reader.h"

// Appends the absolute address. INVALID for an identifier that the standard does not know, a width
// over 20, a lone '$', or what resolves to no URL.
must_check outcome segment_address(const struct segment_template *addressing, const char *template,
                                   uint64_t number, uint64_t time, struct buffer *out,
                                   struct why *why);

#endif
