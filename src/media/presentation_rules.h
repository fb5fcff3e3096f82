// SPDX-License-Identifier: Apache-2.0
//
// What the two manifest writers share, so that HLS and DASH cannot disagree: which presentations
// can be described at all, which tracks belong together, and what a member reads in the menu.
//
//     tracks           v-1080p v-480p | a-en a-en-51 | a-de | a-en-ad | t-en | t-en-sdh
//     switching sets   ------1------- | --2-- ---3-- | --4- | ---5--- | --6- | ---7----
//     choices                         | -----A------ | --B- | ---C--- | --D- | ---E----
//
// A player switches inside a switching set without being heard or seen (ISO/IEC 23000-19
// clause 7.3.4); a member picks a choice, and the player picks the set inside it that the device
// can decode.
#ifndef MEDIA_PRESENTATION_RULES_H
#define MEDIA_PRESENTATION_RULES_H

#include "media/presentation.h"

#include "base/buffer.h"

// INVALID, naming the track and the rule, unless both manifests can be written: at least one video
// or audio track; unique names; file names of letters, digits, '.', '_' and '-' (they are written
// without escaping); per kind the facts that the standards demand; segments inside the file, with a
// positive duration and, for video, a key picture inside them.
must_check outcome presentation_check(const struct presentation *presentation, struct why *why);

// Same kind, codec family (video: the four-character code; audio: the whole codec string), video
// range, channels and choice: one DASH AdaptationSet, one column of HLS audio groups.
bool tracks_are_switchable(const struct track *a, const struct track *b);

// Same kind, language, role and label.
bool tracks_are_one_choice(const struct track *a, const struct track *b);

// What the menu says: the track's label, or one made of language and role ("Deutsch", "English
// [Audio Description]", "English [CC]"). `out` has room for LABEL_BYTES.
void track_label(const struct track *track, char *out);

struct picture_size {
    uint32_t width;
    uint32_t height;
};

// The picture as it is shown, in square pixels: the width stretched by the sample aspect ratio, the
// height kept.
struct picture_size track_display_size(const struct track *track);

// Where segment `index` lies on the presentation timeline, in the track's ticks: priming and what
// is cut off at the end are not presented, so the spans of a track add up to `track->duration`.
// Start of the next segment is the end of this one.
uint64_t segment_presented_at(const struct track *track, uint64_t media_ticks);

enum { SHEET_FILE_BYTES = FILE_NAME_BYTES + 16 };

// "storyboard-%d.jpg" with `word` in place of "%d". `out` has room for SHEET_FILE_BYTES.
void sheet_file(const struct track *track, const char *word, char *out);

#endif
