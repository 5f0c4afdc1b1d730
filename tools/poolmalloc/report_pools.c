// SPDX-License-Identifier: MIT
// The report's bars: a row for each pool.
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "table.h"

static double percent(uint64_t part, uint64_t whole)
{
    double p = whole == 0 ? 0 : (double)part * 100 / (double)whole;
    return p > 100 ? 100 : p;
}

static bool was_used(const struct stats_pool_figures *pool)
{
    return pool->allocs > 0 || pool->err > 0;
}

static unsigned unused_pools(const struct stats_figures *figures)
{
    unsigned unused = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        unused += !was_used(&figures->pools[i]);
    return unused;
}

static void row_head(FILE *out, const struct stats_pool_figures *pool)
{
    fputs("<div class=row><span class=name>", out);
    report_text(out, pool->desc[0] ? pool->desc : pool->name);
    fprintf(out, " <small>%" PRIu64 " B</small></span>", pool->size);
}

static void pool_bar(FILE *out, const struct stats_pool_figures *pool)
{
    bool unlimited = pool->count == COUNT_UNLIMITED;
    row_head(out, pool);
    fprintf(out, "<span class=\"bar%s\" title=\"%" PRIu64 " in use, peak %" PRIu64 ", %" PRIu64 "%s\">"
                 "<i class=used style=\"width:%.1f%%\"></i><i class=%s style=\"width:%.1f%%\"></i></span>",
            unlimited ? " open" : "", pool->used, pool->max, pool->avail,
            unlimited ? " made so far, grows" : " chunks", percent(pool->used, pool->avail),
            pool->err ? "\"peak full\"" : "peak", percent(pool->max, pool->avail));
    fprintf(out, "<span class=figures>%" PRIu64 " / <b>", pool->used);
    if (pool->max_at_least < pool->max)
        fprintf(out, "%" PRIu64 "&ndash;", pool->max_at_least);
    fprintf(out, "%" PRIu64 "</b> / %" PRIu64 "%s", pool->max, pool->avail, unlimited ? "+" : "");
    if (pool->err > 0)
        fprintf(out, " <em>empty %s&times;</em>", report_count((double)pool->err));
    fputs("</span></div>\n", out);
}

static void left_out(FILE *out, unsigned unused)
{
    if (unused > 0)
        fprintf(out, "<p class=note>%u pool%s that nothing was asked of %s left out.</p>\n", unused,
                unused == 1 ? "" : "s", unused == 1 ? "is" : "are");
}

void report_pools(FILE *out, const struct report *report)
{
    const struct stats_figures *figures = &report->merged.figures;
    fputs("<section id=pools><h2>How full the pools were</h2>\n<p class=legend><i class=used></i> in use at "
          "the end <i class=peak></i> at the peak <i class=track></i> chunks of the pool "
          "&middot; figures: used / <b>peak</b> / chunks</p>\n<div class=rows>\n", out);
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (was_used(&figures->pools[i]))
            pool_bar(out, &figures->pools[i]);
    fputs("</div>\n", out);
    left_out(out, unused_pools(figures));
    fputs("</section>\n", out);
}

static double waste_of(const struct stats_pool_figures *pool)
{
    double given = (double)pool->allocs * (double)pool->usable;
    return given > (double)pool->requested_bytes ? given - (double)pool->requested_bytes : 0;
}

void report_waste(FILE *out, const struct report *report)
{
    const struct stats_figures *figures = &report->merged.figures;
    double most = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (waste_of(&figures->pools[i]) > most)
            most = waste_of(&figures->pools[i]);
    fputs("<section id=waste><h2>Where memory was wasted</h2>\n<p class=lead>Bytes of the chunks handed out "
          "that nobody asked for, and their part of what the pool handed out.</p>\n<div class=rows>\n", out);
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        if (pool->allocs == 0)
            continue;
        row_head(out, pool);
        fprintf(out, "<span class=bar><i class=lost style=\"width:%.1f%%\"></i></span><span class=figures>"
                     "<b>%s</b> %u%%</span></div>\n",
                most > 0 ? waste_of(pool) * 100 / most : 0, table_bytes(waste_of(pool)),
                format_waste_percent(pool));
    }
    fputs("</div></section>\n", out);
}
