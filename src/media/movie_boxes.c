// SPDX-License-Identifier: Apache-2.0
#include "media/movie_boxes.h"

void put_unity_matrix(struct box_writer *writer)
{
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (size_t i = 0; i < 9; i++)
        put_u32(writer, unity[i]);
}

void put_own_data(struct box_writer *writer)
{
    enum { SELF_CONTAINED = 1 };
    box_begin(writer, BOX_TYPE('d', 'i', 'n', 'f'));
    full_box_begin(writer, BOX_TYPE('d', 'r', 'e', 'f'), 0, 0);
    put_u32(writer, 1);
    full_box_begin(writer, BOX_TYPE('u', 'r', 'l', ' '), 0, SELF_CONTAINED);
    box_end(writer);
    box_end(writer);
    box_end(writer);
}
