// SPDX-License-Identifier: MIT
// The report's drawings, as inline SVG: the histogram of requested sizes and the choice of tune.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report.h"
#include "table.h"
#include "tune_write.h"

// Histogram

enum { WIDTH = 960, LEFT = 52, RIGHT = 16, TOP = 54, BOTTOM = 34, HEIGHT = 320, BINS_PER_OCTAVE = 8,
       BINS = 48 * BINS_PER_OCTAVE };

struct histogram { // sizes of bin i reach from 2^(i/8) on; the first one takes all below 16
    double count[BINS];
    unsigned first, last;
    double highest;
};

static double bin_of(double size)
{
    return size <= 1 ? 0 : log2(size) * BINS_PER_OCTAVE;
}

// A step belongs to the bin where its largest size is.
static void fill(const struct report *report, struct histogram *histogram)
{
    histogram->first = BINS;
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        double count = (double)report->data.steps[step].count;
        unsigned bin = (unsigned)bin_of((double)max_u64(size_step_end(step), SIZE_STEP) - 0.5);
        if (count == 0)
            continue;
        bin = (unsigned)min_u64(bin, BINS - 1);
        histogram->count[bin] += count;
        histogram->first = (unsigned)min_u64(histogram->first, bin);
        histogram->last = (unsigned)max_u64(histogram->last, bin);
        if (histogram->count[bin] > histogram->highest)
            histogram->highest = histogram->count[bin];
    }
}

static double x_of(const struct histogram *histogram, double size)
{
    double from = histogram->first, to = histogram->last + 1.0;
    return LEFT + (bin_of(size) - from) / (to - from) * (WIDTH - LEFT - RIGHT);
}

// Logarithmic: one request is as high as a tenth of ten.
static double y_of(const struct histogram *histogram, double count)
{
    double part = log10(count * 2) / log10(histogram->highest * 2);
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
}

static void draw_axes(FILE *out, const struct histogram *histogram)
{
    for (double count = 1; count <= histogram->highest; count *= 10) {
        double y = y_of(histogram, count);
        fprintf(out, "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f />"
                     "<text class=tick x=%d y=%.1f text-anchor=end>%s</text>\n",
                LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, report_count(count));
    }
    for (double size = 16; size < pow(2, (histogram->last + 1.0) / BINS_PER_OCTAVE); size *= 4)
        if (x_of(histogram, size) >= LEFT - 1)
            fprintf(out, "<text class=tick x=%.1f y=%d text-anchor=middle>%s</text>\n",
                    x_of(histogram, size), HEIGHT - BOTTOM + 18, tune_size((uint64_t)size));
}

static void draw_bars(FILE *out, const struct histogram *histogram)
{
    double width = (WIDTH - LEFT - RIGHT) / (histogram->last - histogram->first + 1.0);
    for (unsigned bin = histogram->first; bin <= histogram->last; bin++) {
        double count = histogram->count[bin], y = y_of(histogram, count);
        if (count == 0)
            continue;
        fprintf(out, "<rect class=bin x=%.1f y=%.1f width=%.1f height=%.1f rx=1><title>up to %.0f bytes: "
                     "%.0f requests</title></rect>\n",
                LEFT + (bin - histogram->first) * width + 0.5, y, width - 1, HEIGHT - BOTTOM - y,
                floor(pow(2, (bin + 1.0) / BINS_PER_OCTAVE)), count);
    }
}

// A pool's upper end, with its size where the one before is far enough to leave room.
static void draw_boundary(FILE *out, const struct histogram *histogram, const char *class, uint64_t size,
                          int label_y, double *last_label)
{
    double x = x_of(histogram, (double)size);
    if (x < LEFT || x > WIDTH - RIGHT + 1)
        return;
    fprintf(out, "<line class=%s x1=%.1f x2=%.1f y1=%d y2=%d><title>pool of %" PRIu64 " bytes</title></line>\n",
            class, x, x, TOP - 14, HEIGHT - BOTTOM, size);
    if (x - *last_label < 34)
        return;
    *last_label = x;
    fprintf(out, "<text class=\"tick %s\" x=%.1f y=%d text-anchor=middle>%s</text>\n", class, x,
            label_y, tune_size(size));
}

void report_histogram(FILE *out, const struct report *report)
{
    struct histogram histogram = {0};
    const struct tune_plan *plan = &report->plans[report->chosen - 1];
    double last_now = -99, last_new = -99;
    fill(report, &histogram);
    fprintf(out, "<section id=sizes><h2>What sizes were asked for</h2>\n<p class=legend><i class=bin></i> "
                 "requests (logarithmic) <i class=now></i> ends of the measured pools <i class=new></i> ends "
                 "of the proposed pools</p>\n<div class=chart><svg viewBox=\"0 0 %d %d\" role=img "
                 "aria-label=\"Histogram of requested sizes\">\n", WIDTH, HEIGHT);
    draw_axes(out, &histogram);
    draw_bars(out, &histogram);
    for (unsigned i = 0; i < report->merged.figures.pool_count; i++)
        if (report->merged.figures.pools[i].kind == POOL_MALLOC)
            draw_boundary(out, &histogram, "now", report->merged.figures.pools[i].usable, 14, &last_now);
    for (unsigned i = 0; i < plan->count; i++)
        draw_boundary(out, &histogram, "new", plan->classes[i].size, 32, &last_new);
    fprintf(out, "<line class=axis x1=%d x2=%d y1=%d y2=%d />\n</svg></div></section>\n", LEFT,
            WIDTH - RIGHT, HEIGHT - BOTTOM, HEIGHT - BOTTOM);
}

// Choice

enum { CURVE_WIDTH = 460, CURVE_HEIGHT = 220, CURVE_LEFT = 48, CURVE_TOP = 30, CURVE_BOTTOM = 30,
       CURVE_RIGHT = 24 };

struct curve {
    const char *title;
    double value[TUNE_TABLE];
    unsigned count, chosen;
    double lowest, highest;
    bool is_bytes; // logarithmic then: one pool for all sizes can take a hundred times as much as three
};

static const char *label(const struct curve *curve, double value)
{
    static char text[2][32];
    static unsigned next;
    char *at = text[next++ % 2];
    snprintf(at, sizeof *text, "%.*f%%", value < 10 && value > 0 ? 1 : 0, value);
    return curve->is_bytes ? table_bytes(value) : at;
}

static double curve_x(const struct curve *curve, unsigned i)
{
    unsigned steps = curve->count > 1 ? curve->count - 1 : 1;
    return CURVE_LEFT + (double)i / steps * (CURVE_WIDTH - CURVE_LEFT - CURVE_RIGHT);
}

static double curve_y(const struct curve *curve, double value)
{
    double room = CURVE_HEIGHT - CURVE_TOP - CURVE_BOTTOM, part = 0;
    if (curve->is_bytes && curve->highest > curve->lowest)
        part = log(value / curve->lowest) / log(curve->highest / curve->lowest);
    else if (!curve->is_bytes && curve->highest > 0)
        part = value / curve->highest;
    return CURVE_HEIGHT - CURVE_BOTTOM - part * room;
}

static void draw_curve(FILE *out, const struct curve *curve)
{
    fprintf(out, "<figure><figcaption>%s</figcaption><svg viewBox=\"0 0 %d %d\" role=img aria-label=\"%s by "
                 "number of pools\">\n", curve->title, CURVE_WIDTH, CURVE_HEIGHT, curve->title);
    for (unsigned part = 0; part <= 2; part++) {
        double value = curve->is_bytes ? curve->lowest * pow(curve->highest / curve->lowest, part / 2.0)
                                       : curve->highest * part / 2;
        double y = curve_y(curve, value);
        fprintf(out, "<line class=grid x1=%d x2=%d y1=%.1f y2=%.1f /><text class=tick x=%d y=%.1f "
                     "text-anchor=end>%s</text>\n", CURVE_LEFT, CURVE_WIDTH - CURVE_RIGHT, y, y,
                CURVE_LEFT - 8, y + 4, label(curve, value));
    }
    fputs("<polyline class=curve points=\"", out);
    for (unsigned i = 0; i < curve->count; i++)
        fprintf(out, "%.1f,%.1f ", curve_x(curve, i), curve_y(curve, curve->value[i]));
    fputs("\" />\n", out);
    for (unsigned i = 0; i < curve->count; i++) {
        bool chosen = i + 1 == curve->chosen;
        double x = curve_x(curve, i), y = curve_y(curve, curve->value[i]);
        fprintf(out, "<circle class=\"%s\" cx=%.1f cy=%.1f r=%d><title>%u pools: %s</title></circle>\n",
                chosen ? "dot chosen" : "dot", x, y, chosen ? 6 : 4, i + 1, label(curve, curve->value[i]));
        if (chosen)
            fprintf(out, "<text class=chosen x=%.1f y=%.1f text-anchor=%s>%s</text>\n", x, y - 12,
                    i + 2 > curve->count ? "end" : "middle", label(curve, curve->value[i]));
        if (i % 3 == 0 || chosen)
            fprintf(out, "<text class=\"tick%s\" x=%.1f y=%d text-anchor=middle>%u</text>\n",
                    chosen ? " chosen" : "", x, CURVE_HEIGHT - 10, i + 1);
    }
    fputs("</svg></figure>\n", out);
}

static void choice_table(FILE *out, const struct report *report, unsigned count)
{
    fputs("<details><summary>The same as a table</summary><div class=chart><table><tr><th>Pools<th>Reserved"
          "<th>Waste<th>Served<th>Left to the next malloc</tr>\n", out);
    for (unsigned k = 0; k < max_u64(count, report->chosen); k++) {
        const struct tune_plan *plan = &report->plans[k];
        if (k >= count && k + 1 != report->chosen)
            continue;
        fprintf(out, "<tr%s><td>%u<td>%s%s<td>%.1f%%<td>%" PRIu64 "<td>%" PRIu64 "</tr>\n",
                k + 1 == report->chosen ? " class=chosen" : "", k + 1, table_bytes((double)plan->reserved),
                plan->at_peak ? "+" : "", tune_waste(plan), plan->served, plan->beyond);
    }
    fputs("</table></div></details>\n", out);
}

void report_choice(FILE *out, const struct report *report)
{
    struct curve waste = {.title = "Waste", .chosen = report->chosen};
    struct curve bytes = {.title = "Memory reserved (logarithmic)", .chosen = report->chosen,
                          .is_bytes = true, .lowest = HUGE_VAL};
    unsigned count = 0;
    for (; count < TUNE_TABLE && report->plans[count].count == count + 1; count++) {
        waste.value[count] = tune_waste(&report->plans[count]);
        bytes.value[count] = (double)(report->plans[count].reserved + report->plans[count].at_peak);
        waste.highest = fmax(waste.highest, waste.value[count]);
        bytes.highest = fmax(bytes.highest, bytes.value[count]);
        bytes.lowest = fmin(bytes.lowest, fmax(bytes.value[count], 1) * 0.9);
    }
    waste.count = bytes.count = count;
    fputs("<section id=choice><h2>How many pools to have</h2>\n<p class=lead>With the best chunk sizes for "
          "each number of pools. The marked number ", out);
    fputs(report->is_number_asked ? "was asked for"
          : report->data.asks ? "has all chunk sizes that the program was measured on"
                              : "is where one more would save less than 1%", out);
    fputs(".</p>\n<div class=curves>\n", out);
    draw_curve(out, &waste);
    draw_curve(out, &bytes);
    fputs("</div>\n", out);
    choice_table(out, report, count);
    fputs("</section>\n", out);
}
