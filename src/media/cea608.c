// SPDX-License-Identifier: Apache-2.0
#include "media/cea608.h"

#include "base/utf8.h"
#include "media/cea608_letters.h"
#include "media/cue_class.h"

#include <string.h>

enum {
    SAFE = 1000, // the safe area starts here, in hundredths of a percent
    CELL_WIDTH = 250,
    SAFE_SIZE = 8000,
    CENTER_SLACK = 2, // columns that a centred row may be off
};

static const uint32_t colours[] = {
    0, 0x00ff00ff, 0x0000ffff, 0x00ffffff, 0xff0000ff, 0xffff00ff, 0xff00ffff, 0x000000ff,
};

enum { COLOUR_COUNT = sizeof colours / sizeof colours[0], COLOUR_BLACK = COLOUR_COUNT - 1 };

struct cea608 cea608_init(struct cue_builder *builder, uint8_t channel)
{
    return (struct cea608){.builder = builder,
                           .channel = channel,
                           .base_row = CEA608_ROWS - 1,
                           .row = CEA608_ROWS - 1,
                           .roll_rows = 2};
}

// --- from a screen to cues -------------------------------------------------------------------

struct row_span {
    int first, last; // columns with something in them; first > last: empty
};

static bool is_seen(const struct cea608_cell *cell)
{
    return cell->letter != 0 && cell->letter != ' ';
}

static struct row_span row_span(const struct cea608_screen *screen, int row)
{
    struct row_span span = {CEA608_COLUMNS, -1};
    for (int column = 0; column < CEA608_COLUMNS; column++) {
        if (!is_seen(&screen->cells[row][column])) continue;
        if (span.first == CEA608_COLUMNS) span.first = column;
        span.last = column;
    }
    return span;
}

// Rows [from, to): one box. Centred when every row is, else from its leftmost column on.
static struct cue_place place_of(const struct cea608_screen *screen, int from, int to)
{
    int left = CEA608_COLUMNS;
    bool is_centred = true;
    for (int row = from; row < to; row++) {
        const struct row_span span = row_span(screen, row);
        const int slack = span.first - (CEA608_COLUMNS - 1 - span.last);
        is_centred = is_centred && slack >= -CENTER_SLACK && slack <= CENTER_SLACK;
        if (span.first < left) left = span.first;
    }
    const int top = SAFE + from * SAFE_SIZE / CEA608_ROWS;
    const int bottom = SAFE + to * SAFE_SIZE / CEA608_ROWS;
    const bool is_low = from + to > CEA608_ROWS;
    return (struct cue_place){
        .is_given = true,
        .x = (uint16_t)(SAFE + (is_centred ? 0 : left * CELL_WIDTH)),
        .width = (uint16_t)(SAFE_SIZE - (is_centred ? 0 : left * CELL_WIDTH)),
        .y = (uint16_t)(is_low ? SAFE : top),
        .height = (uint16_t)(is_low ? bottom - SAFE : SAFE + SAFE_SIZE - top),
        .anchor = is_low ? ANCHOR_BOTTOM : ANCHOR_TOP,
        .align = is_centred ? ALIGN_CENTER : ALIGN_LEFT,
        .font_height = SAFE_SIZE / CEA608_ROWS,
    };
}

static outcome put_row(struct cue_writer *writer, const struct cea608_cell *cells, struct why *why)
{
    for (int column = 0; column < CEA608_COLUMNS; column++) {
        const struct cea608_cell *cell = &cells[column];
        const struct cue_style style = {
            .colour = colours[cell->colour],
            .is_italic = cell->is_italic,
            .is_underlined = cell->is_underlined,
        };
        uint8_t bytes[UTF8_BYTES_MAX];
        const size_t len = utf8_put(cell->letter == 0 ? ' ' : cell->letter, bytes);
        TRY(cue_writer_text(writer, &style, (struct slice){bytes, len}, SPACE_COLLAPSE, why));
    }
    return cue_writer_break(writer, why);
}

static outcome add_rows(struct cea608 *decoder, int from, int to, int64_t end_ms, struct why *why)
{
    const struct cea608_screen *screen = &decoder->screens[decoder->displayed];
    autobuffer text = buffer_init(CUE_TEXT_BYTES_MAX); // 480 cells and their tags
    struct cue_writer writer = cue_writer_init(&text);
    for (int row = from; row < to; row++)
        TRY(put_row(&writer, screen->cells[row], why));
    TRY(cue_writer_finish(&writer, why));
    const char *kept = arena_copy(decoder->builder->arena, buffer_slice(&text));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for captions");
    return cues_add(decoder->builder,
                    (struct cue){.start_ms = decoder->shown_ms,
                                 .end_ms = end_ms,
                                 .place = place_of(screen, from, to),
                                 .text = {(const uint8_t *)kept, text.len}},
                    why);
}

// The displayed screen as it is ends at `ms`: cues of what was on it, one per block of rows.
static outcome flush(struct cea608 *decoder, int64_t ms, struct why *why)
{
    const struct cea608_screen *screen = &decoder->screens[decoder->displayed];
    if (ms > decoder->shown_ms) {
        int from = -1;
        for (int row = 0; row <= CEA608_ROWS; row++) {
            const bool has_text = row < CEA608_ROWS && row_span(screen, row).last >= 0;
            if (has_text && from < 0) from = row;
            if (has_text || from < 0) continue;
            TRY(add_rows(decoder, from, row, ms, why));
            from = -1;
        }
    }
    decoder->shown_ms = ms;
    return OK;
}

static bool is_empty(const struct cea608_screen *screen)
{
    for (int row = 0; row < CEA608_ROWS; row++)
        if (row_span(screen, row).last >= 0) return false;
    return true;
}

// --- writing to a screen ---------------------------------------------------------------------

// The screen that characters go to in the present mode.
static struct cea608_screen *target(struct cea608 *decoder)
{
    return &decoder->screens[decoder->mode == CEA608_POP_ON ? !decoder->displayed
                                                            : decoder->displayed];
}

static bool is_captioning(const struct cea608 *decoder)
{
    return decoder->mode != CEA608_NONE && decoder->mode != CEA608_TEXT;
}

static void put_letter(struct cea608 *decoder, uint16_t letter, int64_t ms)
{
    if (!is_captioning(decoder)) return;
    struct cea608_screen *screen = target(decoder);
    if (decoder->mode != CEA608_POP_ON && is_empty(screen)) decoder->shown_ms = ms;
    struct cea608_cell *cell = &screen->cells[decoder->row][decoder->column];
    *cell = decoder->pen;
    cell->letter = letter;
    if (decoder->column < CEA608_COLUMNS - 1) decoder->column++;
}

static void erase(struct cea608_screen *screen)
{
    memset(screen, 0, sizeof *screen);
}

static void backspace(struct cea608 *decoder)
{
    if (!is_captioning(decoder) || decoder->column == 0) return;
    decoder->column--;
    target(decoder)->cells[decoder->row][decoder->column] = (struct cea608_cell){0};
}

static void erase_to_end(struct cea608 *decoder)
{
    if (!is_captioning(decoder)) return;
    for (int column = decoder->column; column < CEA608_COLUMNS; column++)
        target(decoder)->cells[decoder->row][column] = (struct cea608_cell){0};
}

static outcome set_roll_up(struct cea608 *decoder, uint8_t rows, int64_t ms, struct why *why)
{
    if (decoder->mode != CEA608_ROLL_UP) {
        TRY(flush(decoder, ms, why));
        erase(&decoder->screens[0]);
        erase(&decoder->screens[1]);
        decoder->base_row = CEA608_ROWS - 1;
        decoder->row = decoder->base_row;
        decoder->column = 0;
        decoder->pen = (struct cea608_cell){0};
    }
    decoder->mode = CEA608_ROLL_UP;
    decoder->roll_rows = rows;
    return OK;
}

static int window_top(const struct cea608 *decoder)
{
    const int top = decoder->base_row - decoder->roll_rows + 1;
    return top < 0 ? 0 : top;
}

static outcome carriage_return(struct cea608 *decoder, int64_t ms, struct why *why)
{
    if (decoder->mode != CEA608_ROLL_UP) return OK;
    TRY(flush(decoder, ms, why));
    struct cea608_screen *screen = &decoder->screens[decoder->displayed];
    const int top = window_top(decoder);
    for (int row = top; row < decoder->base_row; row++)
        memcpy(screen->cells[row], screen->cells[row + 1], sizeof screen->cells[row]);
    memset(screen->cells[decoder->base_row], 0, sizeof screen->cells[0]);
    decoder->column = 0;
    decoder->pen = (struct cea608_cell){0};
    return OK;
}

// Roll-up: the window follows its base row, with what is in it.
static outcome move_base(struct cea608 *decoder, uint8_t row, int64_t ms, struct why *why)
{
    if (row == decoder->base_row) return OK;
    TRY(flush(decoder, ms, why));
    struct cea608_screen *screen = &decoder->screens[decoder->displayed];
    struct cea608_screen moved;
    erase(&moved);
    for (int i = 0; i < decoder->roll_rows; i++) {
        const int from = decoder->base_row - i;
        const int to = row - i;
        if (from >= 0 && to >= 0)
            memcpy(moved.cells[to], screen->cells[from], sizeof moved.cells[0]);
    }
    *screen = moved;
    decoder->base_row = row;
    return OK;
}

// --- control codes ---------------------------------------------------------------------------

static outcome preamble(struct cea608 *decoder, uint8_t first, uint8_t second, int64_t ms,
                        struct why *why)
{
    // The row, by the first byte's last three bits; the second row of a pair by bit 5 of the other.
    static const uint8_t rows[8] = {10, 0, 2, 11, 13, 4, 6, 8};
    const uint8_t low = first & 7;
    uint8_t row = rows[low];
    if ((second & 0x20) != 0 && low != 0) row++;
    const uint8_t look = second & 0x1f;
    if (decoder->mode == CEA608_ROLL_UP) TRY(move_base(decoder, row, ms, why));
    decoder->row = row;
    decoder->column = look >= 0x10 ? (uint8_t)((look & 0x0e) * 2) : 0;
    decoder->pen = (struct cea608_cell){.is_underlined = (look & 1) != 0};
    if (look < 0x0e) decoder->pen.colour = look >> 1;
    decoder->pen.is_italic = look == 0x0e || look == 0x0f;
    return OK;
}

static void mid_row(struct cea608 *decoder, uint8_t second, int64_t ms)
{
    const uint8_t look = second & 0x0f;
    put_letter(decoder, ' ', ms); // the code takes a cell
    decoder->pen.is_underlined = (look & 1) != 0;
    decoder->pen.is_italic = look >= 0x0e;
    if (look < 0x0e) decoder->pen.colour = look >> 1;
}

static outcome resume_paint_on(struct cea608 *decoder, int64_t ms, struct why *why)
{
    TRY(flush(decoder, ms, why));
    decoder->mode = CEA608_PAINT_ON;
    return OK;
}

static outcome end_of_caption(struct cea608 *decoder, int64_t ms, struct why *why)
{
    TRY(flush(decoder, ms, why));
    decoder->displayed = !decoder->displayed;
    decoder->mode = CEA608_POP_ON;
    return OK;
}

static outcome command(struct cea608 *decoder, uint8_t second, int64_t ms, struct why *why)
{
    switch (second) {
    case 0x20: decoder->mode = CEA608_POP_ON; return OK;
    case 0x21: backspace(decoder); return OK;
    case 0x24: erase_to_end(decoder); return OK;
    case 0x25:
    case 0x26:
    case 0x27: return set_roll_up(decoder, second - 0x23, ms, why);
    case 0x29: return resume_paint_on(decoder, ms, why);
    case 0x2a:
    case 0x2b: decoder->mode = CEA608_TEXT; return OK;
    case 0x2c:
        TRY(flush(decoder, ms, why));
        erase(&decoder->screens[decoder->displayed]);
        return OK;
    case 0x2d: return carriage_return(decoder, ms, why);
    case 0x2e: erase(&decoder->screens[!decoder->displayed]); return OK;
    case 0x2f: return end_of_caption(decoder, ms, why);
    default: return OK; // alarms and flashing
    }
}

static outcome control(struct cea608 *decoder, uint8_t first, uint8_t second, int64_t ms,
                       struct why *why)
{
    first &= 0xf7; // the channel was looked at
    if (second >= 0x40) return preamble(decoder, first, second, ms, why);
    if ((first == 0x14 || first == 0x15) && second >= 0x20 && second <= 0x2f)
        return command(decoder, second, ms, why);
    if (first == 0x11 && second >= 0x20 && second <= 0x2f) mid_row(decoder, second, ms);
    if (first == 0x11 && second >= 0x30) put_letter(decoder, cea608_special(second), ms);
    if ((first == 0x12 || first == 0x13) && second >= 0x20) {
        backspace(decoder); // it replaces the plain letter that older decoders show
        put_letter(decoder, cea608_extended(first, second), ms);
    }
    if (first == 0x17 && second >= 0x21 && second <= 0x23) {
        const int column = decoder->column + (second - 0x20);
        decoder->column = (uint8_t)(column < CEA608_COLUMNS ? column : CEA608_COLUMNS - 1);
    }
    if (first == 0x17 && second >= 0x2e) {
        decoder->pen.colour = COLOUR_BLACK;
        decoder->pen.is_underlined = second == 0x2f;
    }
    return OK;
}

outcome cea608_pair(struct cea608 *decoder, uint8_t first, uint8_t second, int64_t ms,
                    struct why *why)
{
    first &= 0x7f;
    second &= 0x7f;
    if (first == 0 && second == 0) return OK;
    decoder->last_ms = ms;
    if (first > 0 && first < 0x10) { // data packets of field 2 go until 0x0f or a control code
        decoder->is_xds = first != 0x0f;
        return OK;
    }
    if (first >= 0x10 && first < 0x20) {
        const uint16_t code = (uint16_t)(first << 8 | second);
        const bool is_repeated = code == decoder->last_control;
        decoder->last_control = is_repeated ? 0 : code;
        decoder->is_xds = false;
        decoder->active_channel = (first >> 3) & 1;
        if (is_repeated || decoder->active_channel != decoder->channel) return OK;
        return control(decoder, first, second, ms, why);
    }
    decoder->last_control = 0;
    if (decoder->is_xds || decoder->active_channel != decoder->channel) return OK;
    if (first >= 0x20) put_letter(decoder, cea608_basic(first), ms);
    if (second >= 0x20) put_letter(decoder, cea608_basic(second), ms);
    return OK;
}

outcome cea608_finish(struct cea608 *decoder, int64_t end_ms, struct why *why)
{
    const int64_t stale_ms = decoder->last_ms + CEA608_STALE_MS;
    return flush(decoder, end_ms < stale_ms ? end_ms : stale_ms, why);
}
