// SPDX-License-Identifier: Apache-2.0
//
// ContentProtection descriptors of DASH (ISO/IEC 23009-1 clause 5.8.4.1, ISO/IEC 23001-7 clause 11,
// DASH-IF IOP part 6), one for the scheme and one per system.
//
//     mp4protection:2011   value cbcs or cenc, cenc:default_KID
//     urn:uuid:<system>    cenc:pssh; PlayReady also mspr:pro; ClearKey dashif:Laurl alone
#ifndef MEDIA_PROTECTION_DASH_H
#define MEDIA_PROTECTION_DASH_H

#include "media/presentation.h"

#include <libxml/xmlwriter.h>

// Puts the descriptors of an encrypted track into the element that is open; nothing for a clear
// one.
must_check outcome dash_protection_put(xmlTextWriterPtr xml,
                                       const struct presentation *presentation,
                                       const struct track *track, struct why *why);

#endif
