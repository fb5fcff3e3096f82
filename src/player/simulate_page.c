// SPDX-License-Identifier: Apache-2.0
#include "player/simulate_page.h"

#include <stdarg.h>

enum { PLOT_WIDTH = 640, PLOT_HEIGHT = 300, PLOT_LEFT = 70, PLOT_TOP = 15, TICKS = 5 };

static void note(struct page *page, int result)
{
    if (result < 0) page->is_broken = true;
}

void page_open(struct page *page, const char *element)
{
    note(page, xmlTextWriterStartElement(page->writer, (const xmlChar *)element));
}

void page_close(struct page *page)
{
    note(page, xmlTextWriterEndElement(page->writer));
}

void page_attribute(struct page *page, const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(page,
         xmlTextWriterWriteVFormatAttribute(page->writer, (const xmlChar *)name, format, args));
    va_end(args);
}

void page_text(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(page, xmlTextWriterWriteVFormatString(page->writer, format, args));
    va_end(args);
}

void page_element(struct page *page, const char *element, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(page,
         xmlTextWriterWriteVFormatElement(page->writer, (const xmlChar *)element, format, args));
    va_end(args);
}

// --- plots

static double plot_x(const struct plot *plot, double x)
{
    return PLOT_LEFT + PLOT_WIDTH * (x - plot->x.low) / (plot->x.high - plot->x.low);
}

static double plot_y(const struct plot *plot, double y)
{
    return PLOT_TOP + PLOT_HEIGHT * (1.0 - (y - plot->y.low) / (plot->y.high - plot->y.low));
}

static void line(struct page *page, double x1, double y1, double x2, double y2, const char *colour)
{
    page_open(page, "line");
    page_attribute(page, "x1", "%.1f", x1);
    page_attribute(page, "y1", "%.1f", y1);
    page_attribute(page, "x2", "%.1f", x2);
    page_attribute(page, "y2", "%.1f", y2);
    page_attribute(page, "stroke", "%s", colour);
    page_close(page);
}

static void label(struct page *page, double x, double y, const char *anchor, const char *text)
{
    page_open(page, "text");
    page_attribute(page, "x", "%.1f", x);
    page_attribute(page, "y", "%.1f", y);
    page_attribute(page, "text-anchor", "%s", anchor);
    page_text(page, "%s", text);
    page_close(page);
}

static struct range widened(struct range range)
{
    if (range.high > range.low) return range;
    return (struct range){range.low, range.low + 1.0};
}

static void plot_axes(struct plot *plot, const char *x_caption, const char *y_caption)
{
    struct page *page = plot->page;
    const double bottom = PLOT_TOP + PLOT_HEIGHT;
    for (int i = 0; i <= TICKS; i++) {
        const double share = (double)i / TICKS;
        char text[32];
        const double x = plot->x.low + share * (plot->x.high - plot->x.low);
        const double y = plot->y.low + share * (plot->y.high - plot->y.low);
        line(page, PLOT_LEFT, plot_y(plot, y), PLOT_LEFT + PLOT_WIDTH, plot_y(plot, y), "#e4e4e4");
        (void)snprintf(text, sizeof text, "%.4g", x);
        label(page, plot_x(plot, x), bottom + 16, "middle", text);
        (void)snprintf(text, sizeof text, "%.3g", y);
        label(page, PLOT_LEFT - 6, plot_y(plot, y) + 4, "end", text);
    }
    line(page, PLOT_LEFT, bottom, PLOT_LEFT + PLOT_WIDTH, bottom, "#444");
    line(page, PLOT_LEFT, PLOT_TOP, PLOT_LEFT, bottom, "#444");
    label(page, PLOT_LEFT + PLOT_WIDTH / 2.0, bottom + 34, "middle", x_caption);
    page_open(page, "text");
    page_attribute(page, "transform", "translate(14 %d) rotate(-90)", PLOT_TOP + PLOT_HEIGHT / 2);
    page_attribute(page, "text-anchor", "middle");
    page_text(page, "%s", y_caption);
    page_close(page);
}

struct plot plot_open(struct page *page, struct range x, struct range y, const char *x_caption,
                      const char *y_caption)
{
    struct plot plot = {page, widened(x), widened(y)};
    page_open(page, "svg");
    page_attribute(page, "xmlns", "http://www.w3.org/2000/svg");
    page_attribute(page, "viewBox", "0 0 %d %d", PLOT_LEFT + PLOT_WIDTH + 90, PLOT_HEIGHT + 60);
    page_attribute(page, "role", "img");
    page_attribute(page, "aria-label", "%s against %s", y_caption, x_caption);
    plot_axes(&plot, x_caption, y_caption);
    return plot;
}

void plot_close(struct plot *plot)
{
    page_close(plot->page);
}

const char *plot_colour(size_t number)
{
    // Okabe and Ito's palette, then darker forms of it.
    static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                          "#e69f00", "#56b4e9", "#000000", "#7a6a00",
                                          "#6a3d9a", "#8c564b", "#17807e", "#999999"};
    return colours[number % (sizeof colours / sizeof *colours)];
}

void plot_point(struct plot *plot, double x, double y, struct range interval, const char *name,
                size_t colour)
{
    struct page *page = plot->page;
    const double at_x = plot_x(plot, x), at_y = plot_y(plot, y);
    line(page, at_x, plot_y(plot, interval.low), at_x, plot_y(plot, interval.high),
         plot_colour(colour));
    page_open(page, "circle");
    page_attribute(page, "cx", "%.1f", at_x);
    page_attribute(page, "cy", "%.1f", at_y);
    page_attribute(page, "r", "4");
    page_attribute(page, "fill", "%s", plot_colour(colour));
    page_close(page);
    label(page, at_x + 7, at_y + 4, "start", name);
}

void plot_line(struct plot *plot, const double *x, const double *y, size_t count,
               enum plot_line kind, size_t colour)
{
    struct page *page = plot->page;
    page_open(page, "polyline");
    page_attribute(page, "fill", "none");
    page_attribute(page, "stroke-width", "1.5");
    page_attribute(page, "stroke", "%s", plot_colour(colour));
    note(page, xmlTextWriterStartAttribute(page->writer, (const xmlChar *)"points"));
    for (size_t i = 0; i < count; i++) {
        if (kind == LINE_STEPS && i > 0)
            page_text(page, "%.1f,%.1f ", plot_x(plot, x[i]), plot_y(plot, y[i - 1]));
        page_text(page, "%.1f,%.1f ", plot_x(plot, x[i]), plot_y(plot, y[i]));
    }
    note(page, xmlTextWriterEndAttribute(page->writer));
    page_close(page);
}

void plot_band(struct plot *plot, double from, double to)
{
    struct page *page = plot->page;
    page_open(page, "rect");
    page_attribute(page, "x", "%.1f", plot_x(plot, from));
    page_attribute(page, "width", "%.1f", plot_x(plot, to) - plot_x(plot, from));
    page_attribute(page, "y", "%d", PLOT_TOP);
    page_attribute(page, "height", "%d", PLOT_HEIGHT);
    page_attribute(page, "fill", "#d55e00");
    page_attribute(page, "fill-opacity", "0.25");
    page_close(page);
}

void plot_legend(struct page *page, const char *const *names, size_t count)
{
    page_open(page, "p");
    for (size_t i = 0; i < count; i++) {
        page_open(page, "span");
        page_attribute(page, "style", "color:%s", plot_colour(i));
        page_text(page, "\u25a0 %s  ", names[i]);
        page_close(page);
    }
    page_close(page);
}
