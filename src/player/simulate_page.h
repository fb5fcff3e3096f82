// SPDX-License-Identifier: Apache-2.0
//
// Writing a page and its drawings: libxml2's writer with the faults gathered in one place, and
// plots as inline SVG.
//
//     (0,0)
//       +---- title -----------------+
//       |  y max ^                   |     a plot's area is 640 x 300 units;
//       |        |   *   *           |     values are mapped linearly into it
//       |  y min +----------> x max  |
//       +----------------------------+
#ifndef PLAYER_SIMULATE_PAGE_H
#define PLAYER_SIMULATE_PAGE_H

#include "base/outcome.h"

#include <libxml/xmlwriter.h>
#include <stdbool.h>
#include <stddef.h>

struct page {
    xmlTextWriterPtr writer;
    bool is_broken; // a call of the writer failed: memory, always
};

void page_open(struct page *page, const char *element);
void page_close(struct page *page); // the element opened last
__attribute__((format(printf, 3, 4))) void page_attribute(struct page *page, const char *name,
                                                          const char *format, ...);
__attribute__((format(printf, 2, 3))) void page_text(struct page *page, const char *format, ...);
// An element with nothing but text in it.
__attribute__((format(printf, 3, 4))) void page_element(struct page *page, const char *element,
                                                        const char *format, ...);

struct range {
    double low, high;
};

struct plot {
    struct page *page;
    struct range x, y;
};

// Opens an <svg> with axes, five labels along each, and captions. Ranges of no width are widened.
struct plot plot_open(struct page *page, struct range x, struct range y, const char *x_caption,
                      const char *y_caption);
void plot_close(struct plot *plot);

// Colours by number, told apart also by those who see few.
const char *plot_colour(size_t number);

// A point with a vertical interval and a name beside it.
void plot_point(struct plot *plot, double x, double y, struct range interval, const char *name,
                size_t colour);
// A line through `count` points; `steps`: drawn as a staircase.
enum plot_line { LINE_STRAIGHT, LINE_STEPS };
void plot_line(struct plot *plot, const double *x, const double *y, size_t count,
               enum plot_line kind, size_t colour);
// A band over the whole height, from one x to another.
void plot_band(struct plot *plot, double from, double to);
// The names that go with colours 0, 1, ...
void plot_legend(struct page *page, const char *const *names, size_t count);

#endif
