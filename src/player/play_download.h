// SPDX-License-Identifier: Apache-2.0
//
// A download (player/bundle.h) as something to play: may it be, and that it has been.
#ifndef PLAYER_PLAY_DOWNLOAD_H
#define PLAYER_PLAY_DOWNLOAD_H

#include "player/bundle.h"

#include "base/buffer.h"

// Loads the bundle in `folder`, and its sealed licence into `kept` when it is protected. DENIED
// when it has ended or its time is over, NOT_FOUND while it is not complete. The caller frees
// `*out`.
must_check outcome play_download_open(const char *folder, struct bundle **out, struct buffer *kept,
                                      struct why *why);

// Keeps the moment of the first play: told to the house when the device is next online. A folder
// that cannot be written to plays too.
void play_download_begun(const char *folder, struct bundle *bundle);

#endif
