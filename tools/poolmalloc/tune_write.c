// SPDX-License-Identifier: MIT
#include "tune_write.h"

#include <inttypes.h>
#include <string.h>

#include "pools_named.h"
#include "table.h"

const char *tune_size(uint64_t bytes)
{
    static char buffers[4][24];
    static unsigned next;
    char *buffer = buffers[next++ % ARRAY_LENGTH(buffers)];
    const char *unit = "";
    for (const char *u = "KMG"; *u && bytes >= 1024 && bytes % 1024 == 0; u++) {
        bytes /= 1024;
        unit = u;
    }
    snprintf(buffer, sizeof *buffers, "%" PRIu64 "%.1s", bytes, unit);
    return buffer;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole == 0 ? 0 : (double)part * 100 / (double)whole;
}

// "perl, measured in 3 processes"
static void write_subject(FILE *out, const struct tune_data *data)
{
    fprintf(out, "%s, measured in %" PRIu64 " process%s",
            data->program[0] ? data->program : "several programs", data->processes,
            data->processes == 1 ? "" : "es");
}

void tune_write_table(FILE *out, const char *prefix, const struct tune_plan *plans, unsigned count,
                      unsigned chosen)
{
    fprintf(out, "%s  pools  reserved  waste    served  fall back\n", prefix);
    for (unsigned k = 1; k <= max_u64(count, chosen); k++) {
        const struct tune_plan *plan = &plans[k - 1];
        if (k > count && k != chosen)
            continue;
        uint64_t all = plan->served + plan->beyond;
        if (plan->count < k)
            break; // there are no more sizes
        fprintf(out, "%s%c %5u  %7s%c  %4.1f%%  %7.3f%%  %" PRIu64 "\n", prefix,
                k == chosen ? '>' : ' ', k, table_bytes((double)plan->reserved),
                plan->at_peak ? '+' : ' ', tune_waste(plan), percent(plan->served, all), plan->beyond);
    }
}

static const char *lower_end(const struct tune_class *class)
{
    return tune_size(class->first == 0 ? 0 : size_step_end(class->first - 1) + 1);
}

static void explain_class(FILE *out, const struct tune_class *class, const struct tune_wishes *wishes)
{
    uint64_t given = class->requests * class->size;
    fprintf(out, "# %s to %s bytes: %" PRIu64 " requests of %" PRIu64 " bytes on average, so %.0f%% of "
                 "each chunk is used.\n",
            lower_end(class), tune_size(class->size), class->requests,
            class->requests ? class->bytes / class->requests : 0, percent(class->bytes, given));
    if (class->doubts == 0)
        fprintf(out, "# %" PRIu64 " in use at once, measured exactly", class->at_most);
    else if (class->at_least > 0)
        fprintf(out, "# between %" PRIu64 " and %" PRIu64 " in use at once", class->at_least,
                class->at_most);
    else
        fprintf(out, "# at most %" PRIu64 " in use at once", class->at_most);
    if (class->count == COUNT_UNLIMITED)
        fprintf(out, "; unlimited as asked.\n");
    else
        fprintf(out, "; %u%% more in reserve%s.\n", wishes->margin,
                class->count > tune_with_margin(class->at_most, wishes->margin) ? ", and what fills a page" : "");
    if (class->doubts & TUNE_EMPTY)
        fprintf(out, "# %s was empty at times: what it lacked counts as if it had been in use at once.\n",
                class->in);
    if (class->doubts & TUNE_TOGETHER)
        fprintf(out, "# Measured together with other sizes in %s, whose peak may have been theirs.\n",
                class->in);
    if (class->doubts & TUNE_APART)
        fprintf(out, "# Measured in several pools, whose peaks may have come at different times.\n");
    if (class->doubts & TUNE_OUTSIDE)
        fprintf(out, "# Some were served by the next malloc, which counts no peaks: as if never freed.\n");
    if (class->doubts & TUNE_THREADS)
        fprintf(out, "# What threads had cached cannot be told from what they used.\n");
}

// Named pools are declared anew, because a file that declares any pool replaces all others.
static void write_named(FILE *out, const struct tune_data *data, const struct tune_wishes *wishes)
{
    for (unsigned i = 0; i < data->named_count; i++) {
        const struct tune_named *named = &data->named[i];
        // Of packet buffers the statistics have the size with its header.
        uint64_t header = align_up(PBUF_HEADER_BYTES, data->mem_alignment);
        if (named->kind == POOL_PBUF)
            fprintf(out, "pbuf %s payload=%" PRIu64, named->name, named->size - min_u64(named->size, header));
        else
            fprintf(out, "pool %s size=%s", named->name, tune_size(named->size));
        fprintf(out, " count=%" PRIu64, tune_with_margin(named->max, wishes->margin));
        if (named->desc[0])
            fprintf(out, " desc=\"%s\"", named->desc);
        fputc('\n', out);
    }
}

static void write_amount(FILE *out, const struct tune_plan *plan)
{
    if (plan->reserved > 0 || !plan->at_peak)
        fprintf(out, "%s reserved", table_bytes((double)plan->reserved));
    if (plan->at_peak)
        fprintf(out, "%sat most %s in unlimited ones", plan->reserved > 0 ? ", " : "",
                table_bytes((double)plan->at_peak));
}

void tune_write_conf(FILE *out, const struct tune_data *data, const struct tune_wishes *wishes,
                     const struct tune_plan *plan, bool explain)
{
    fprintf(out, "# pools.conf for ");
    write_subject(out, data);
    fprintf(out, ", made by poolmalloc tune.\n# %u pool%s, ", plan->count, plan->count == 1 ? "" : "s");
    write_amount(out, plan);
    fprintf(out, ", %.1f%% waste; %" PRIu64 " requests served, %" PRIu64 " larger than %s are not.\n",
            tune_waste(plan), plan->served, plan->beyond, tune_size(wishes->largest));
    if (data->asks && !plan->answers_otherwise)
        fprintf(out, "# The program asks malloc_usable_size: chunk sizes are those that it was measured on.\n");
    if (data->mem_alignment != ALIGN_MIN)
        fprintf(out, "mem_alignment = %" PRIu64 "\n", data->mem_alignment);
    for (unsigned i = 0; i < plan->count; i++) {
        const struct tune_class *class = &plan->classes[i];
        char size[32], count[32];
        if (explain)
            fputc('\n', out);
        if (explain)
            explain_class(out, class, wishes);
        snprintf(size, sizeof size, "size=%s", tune_size(class->size));
        if (class->count == COUNT_UNLIMITED)
            snprintf(count, sizeof count, "count=unlimited");
        else
            snprintf(count, sizeof count, "count=%" PRIu64, class->count);
        fprintf(out, "malloc %-12s %s\n", size, count);
    }
    write_named(out, data, wishes);
}

// Measured with more pools than the plan has: hardly any run would tell more but one on these very pools.
static bool is_measured_finely(const struct tune_data *data, const struct tune_plan *plan)
{
    for (unsigned i = 0; i < data->layout_count; i++)
        if (data->layouts[i].pool_count <= plan->count)
            return false;
    return true;
}

void tune_write_doubts(FILE *out, const char *prefix, const struct tune_data *data,
                       const struct tune_plan *plan)
{
    unsigned all = 0;
    for (unsigned i = 0; i < plan->count; i++)
        all |= plan->classes[i].doubts;
    const char *program = data->program[0] ? data->program : "PROGRAM";
    if (data->running > 0)
        fprintf(out, "%s%" PRIu64 " of the processes still ran: their peaks may be ahead of them.\n",
                prefix, data->running);
    bool is_fine = !(all & TUNE_EMPTY) && is_measured_finely(data, plan);
    if (all & (TUNE_EMPTY | TUNE_TOGETHER | TUNE_OUTSIDE) && !is_fine)
        fprintf(out, "%sSome counts are only upper bounds, because %s; "
                     "poolmalloc run --profile %s measures each size by itself.\n",
                prefix, all & TUNE_EMPTY ? "pools were empty"
                        : all & TUNE_TOGETHER ? "sizes were measured together"
                                              : "the next malloc served some requests", program);
    else if (all & (TUNE_TOGETHER | TUNE_APART))
        fprintf(out, "%sSome counts are upper bounds, from peaks of other pools than these: a run on these "
                     "very pools, poolmalloc run -c FILE %s, measures what they need.\n",
                prefix, program);
    if (plan->answers_otherwise)
        fprintf(out, "%sThe program asks malloc_usable_size, and these pools answer otherwise than those that it was "
                     "measured on: it may make other requests then, more of them than counted.\n", prefix);
    if (all & TUNE_THREADS)
        fprintf(out, "%sPeaks are blurred by thread caches: -o thread_cache=off measures exactly.\n",
                prefix);
    if (data->processes > 1)
        fprintf(out, "%sEach process has pools of its own: counts are the most that any one of the %"
                     PRIu64 " needed.\n", prefix, data->processes);
}
