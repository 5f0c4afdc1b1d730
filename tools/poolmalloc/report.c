// SPDX-License-Identifier: MIT
// The page's frame, its headline, and the proposal.
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "table.h"
#include "tune_write.h"

void report_text(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++)
        switch (*p) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*p, out);
        }
}

const char *report_count(double count)
{
    static char buffers[8][16];
    static unsigned next;
    static const char units[] = "\0KMGTP";
    char *buffer = buffers[next++ % ARRAY_LENGTH(buffers)];
    unsigned unit = 0;
    while (count >= 999.5 && unit < sizeof units - 2) {
        count /= 1000;
        unit++;
    }
    snprintf(buffer, sizeof *buffers, count < 9.95 && unit > 0 ? "%.1f%.1s" : "%.0f%.1s", count,
             units + unit);
    return buffer;
}

struct totals {
    double served, fell_back, failed, empty; // requests; of these by the next malloc; NULL; empty pools
    double reserved;                         // bytes of all chunks
    const struct stats_pool_figures *emptiest;
};

static struct totals sum_up(const struct stats_figures *figures)
{
    struct totals totals = {.fell_back = (double)figures->oversize_fell_back,
                            .failed = (double)figures->oversize_failed};
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        totals.served += (double)pool->allocs;
        totals.fell_back += (double)pool->fell_back;
        totals.failed += (double)pool->failed;
        totals.empty += (double)pool->err;
        totals.reserved += (double)pool->avail * (double)pool->stride;
        if (pool->err > 0 && (!totals.emptiest || pool->err > totals.emptiest->err))
            totals.emptiest = pool;
    }
    return totals;
}

static double percent(double part, double whole)
{
    return whole <= 0 ? 0 : part * 100 / whole;
}

// Such as run --profile makes: the pools that were there are not meant to stay.
static bool is_measurement(const struct stats_figures *figures)
{
    unsigned unlimited = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (figures->pools[i].kind == POOL_MALLOC) {
            if (figures->pools[i].count != COUNT_UNLIMITED)
                return false;
            unlimited++;
        }
    return unlimited > 0;
}

enum report_verdict report_judge(const struct report *report, char *happened, char *todo, size_t size)
{
    struct totals totals = sum_up(&report->merged.figures);
    double all = totals.served + totals.fell_back + totals.failed;
    double waste = print_waste(&report->merged.figures);
    const struct tune_plan *plan = &report->plans[report->chosen - 1];
    snprintf(todo, size, "Use the %u pools below: %.0f%% waste, %s reserved.", plan->count,
             tune_waste(plan), table_bytes((double)plan->reserved));
    if (totals.failed > 0) {
        snprintf(happened, size, "%s request%s got no memory%s%s", report_count(totals.failed),
                 totals.failed == 1 ? "" : "s", totals.emptiest ? ", most of all from " : "",
                 totals.emptiest ? totals.emptiest->name : "");
        return REPORT_FAILS;
    }
    if (totals.emptiest) {
        snprintf(happened, size, "%s was empty %s times: %.1f%% of all requests went to the next malloc",
                 totals.emptiest->name, report_count((double)totals.emptiest->err),
                 percent(totals.fell_back, all));
        return REPORT_EMPTY;
    }
    if (is_measurement(&report->merged.figures)) {
        double part = percent((double)plan->served, (double)(plan->served + plan->beyond));
        snprintf(happened, size, "%u pool%s of %sB would serve %.4g%% of the requests: copy %s",
                 plan->count, plan->count == 1 ? "" : "s", table_bytes((double)plan->reserved),
                 floor(part * 100) / 100, // 100% are all
                 plan->count == 1 ? "it" : "them");
        snprintf(todo, size, "They are just below, with %.0f%% waste; how the program was measured follows.",
                 tune_waste(plan));
        return REPORT_MEASURED;
    }
    if (waste > tune_waste(plan) + 10) {
        snprintf(happened, size, "No pool was ever empty, but %.0f%% of the memory handed out was not "
                 "asked for", waste);
        return REPORT_WASTE;
    }
    snprintf(happened, size, "These pools fit: none was ever empty, and %.0f%% waste is near the best "
             "that pools can do", waste);
    snprintf(todo, size, "Keep them; what the measurement proposes is below, to compare.");
    return REPORT_FITS;
}

static void tile(FILE *out, const char *label, const char *value, const char *note)
{
    fprintf(out, "<div class=tile><span class=label>%s</span><strong>%s</strong><span>%s</span></div>\n",
            label, value, note);
}

static void write_tiles(FILE *out, const struct report *report)
{
    const struct tune_plan *plan = &report->plans[report->chosen - 1];
    struct totals totals = sum_up(&report->merged.figures);
    double all = totals.served + totals.fell_back + totals.failed;
    char value[64], note[128];
    fputs("<section class=tiles>\n", out);
    snprintf(value, sizeof value, "%.1f%%", percent(totals.served, all));
    snprintf(note, sizeof note, "of %s requests", report_count(all));
    tile(out, "Served from pools", value, note);
    snprintf(note, sizeof note, "%s requests fell back, %s failed", report_count(totals.fell_back),
             report_count(totals.failed));
    tile(out, "Pool was empty", report_count(totals.empty), note);
    snprintf(value, sizeof value, "%.0f%%", print_waste(&report->merged.figures));
    snprintf(note, sizeof note, "%.0f%% with the proposal", tune_waste(plan));
    tile(out, "Waste", value, note);
    snprintf(note, sizeof note, "%s at the peak; proposal: %s", table_bytes(print_max_bytes(&report->merged.figures)),
             table_bytes((double)(plan->reserved + plan->at_peak)));
    tile(out, "Memory of the pools", table_bytes(totals.reserved), note);
    fputs("</section>\n", out);
}

// The pools.conf and the doubts, as the text that tune writes.
static void write_captured(FILE *out, const struct report *report, bool doubts)
{
    char *text = NULL;
    size_t length;
    const struct tune_plan *plan = &report->plans[report->chosen - 1];
    FILE *captured = open_memstream(&text, &length);
    if (!captured)
        return;
    if (doubts)
        tune_write_doubts(captured, "", &report->data, plan);
    else
        tune_write_conf(captured, &report->data, &report->wishes, plan, false);
    fclose(captured);
    for (char *line = text, *end; doubts && *line; line = end + 1) {
        end = strchrnul(line, '\n');
        bool last = !*end;
        *end = '\0';
        fputs("<p class=note>", out);
        report_text(out, line);
        fputs("</p>\n", out);
        if (last)
            break;
    }
    if (!doubts)
        report_text(out, text);
    free(text);
}

static void write_proposal(FILE *out, const struct report *report)
{
    const char *program = report->data.program[0] ? report->data.program : "PROGRAM";
    fputs("<section><h2>The pools.conf to use</h2>\n<div class=code><button type=button id=copy hidden>Copy"
          "</button><pre id=conf>", out);
    write_captured(out, report, false);
    fputs("</pre></div>\n", out);
    write_captured(out, report, true);
    fputs("<p>Save it as <code>pools.conf</code>, then: <code>poolmalloc run -c pools.conf ", out);
    report_text(out, program);
    fputs("</code></p></section>\n", out);
}

static enum report_verdict write_headline(FILE *out, const struct report *report)
{
    static const char *const classes[] = {"bad", "warn", "warn", "good", "good"};
    static const char *const marks[] = {"Too small", "Too small", "Room to save", "Good fit", "Measured"};
    char happened[256], todo[256];
    enum report_verdict verdict = report_judge(report, happened, todo, sizeof happened);
    fprintf(out, "<header><p class=subject>poolmalloc report &middot; ");
    report_text(out, report->merged.program);
    fprintf(out, ", %" PRIu64 " process%s, %s</p>\n", report->data.processes,
            report->data.processes == 1 ? "" : "es", table_time(report->merged.milliseconds));
    fprintf(out, "<p class=\"badge %s\">%s</p>\n<h1>", classes[verdict], marks[verdict]);
    report_text(out, happened);
    fputs("</h1>\n<p class=todo>", out);
    report_text(out, todo);
    fputs("</p>\n<p class=subject>", out);
    report_text(out, record_short_origin(&report->merged));
    fputs("</p></header>\n", out);
    return verdict;
}

void report_write(FILE *out, const struct report *report)
{
    fputs("<!DOCTYPE html>\n<html lang=en>\n<head><meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=color-scheme content=\"light dark\">\n<title>poolmalloc report: ", out);
    report_text(out, report->merged.program);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body><main>\n", report_css);
    bool measured = write_headline(out, report) == REPORT_MEASURED;
    if (measured)
        write_proposal(out, report);
    write_tiles(out, report);
    report_pools(out, report);
    report_histogram(out, report);
    report_waste(out, report);
    report_choice(out, report);
    if (!measured)
        write_proposal(out, report);
    fprintf(out, "<footer>Made by poolmalloc report.</footer>\n</main>\n<script>\n%s</script>\n</body>\n"
                 "</html>\n", report_js);
}
