// SPDX-License-Identifier: Apache-2.0
//
// What stands in every movie header alike, fragmented (init_segment.h) or not (picture_file.h).
#ifndef MEDIA_MOVIE_BOXES_H
#define MEDIA_MOVIE_BOXES_H

#include "media/box_writer.h"

// The nine numbers of a picture that is shown as it is. ISO/IEC 14496-12 clause 8.2.2.
void put_unity_matrix(struct box_writer *writer);

// `dinf`: the samples are in this very file. Clause 8.7.1.
void put_own_data(struct box_writer *writer);

#endif
