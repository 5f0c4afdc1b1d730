// SPDX-License-Identifier: MIT
// Statistics as text, in the formats of dump_format. The counters' names, order and help come from
// counters.def alone. Pure: figures in, text out.
#ifndef FORMAT_H
#define FORMAT_H

#include "stats_read.h"
#include "text.h"

enum { FORMAT_SCHEMA = 1 }; // of the JSON form; grows when a reader of the last one would err

// What became of the process.
enum format_state { FORMAT_RUNNING, FORMAT_ENDED, FORMAT_DIED };
extern const char *const format_states[3]; // "running", "ended", "died": killed, or exec'd over

// What a dump tells of one process.
struct format_subject {
    const char *program;
    const char *origin; // where the configuration came from
    uint64_t process_id;
    uint64_t start;        // seconds since 1970
    uint64_t milliseconds; // since the start; 0 if it died and nobody knows when
    enum format_state state;
    const struct stats_figures *figures;
    const struct stats_step *steps; // the histogram's SIZE_STEPS; may be NULL
};

extern const char *const format_kinds[POOL_STATIC + 1]; // by enum pool_kind: "malloc", "pool", ...

// Appends the dump in the given enum dump_format.
void format_dump(struct text *out, enum dump_format format, const struct format_subject *subject);

// OpenMetrics of several processes: a metric's samples of all of them stand together.
void format_openmetrics(struct text *out, const struct format_subject *subjects, unsigned count);

// One for each row of counters.def, for whoever lists them.
enum format_kind { FORMAT_capacity, FORMAT_gauge, FORMAT_peak, FORMAT_total };
struct format_counter {
    const char *name;
    const char *help;
    enum format_kind kind;
    size_t offset; // in struct stats_pool_figures, or stats_figures
};
enum {
#define POOL_COUNTER(name, kind, help) +1
    FORMAT_POOL_COUNTERS = 0
#include "counters.def"
    ,
#define PROCESS_COUNTER(name, kind, help) +1
    FORMAT_PROCESS_COUNTERS = 0
#include "counters.def"
};
extern const struct format_counter format_pool_counters[FORMAT_POOL_COUNTERS];
extern const struct format_counter format_process_counters[FORMAT_PROCESS_COUNTERS];

// The counter's value in the structure that its offset is about.
uint64_t format_value(const void *figures, const struct format_counter *counter);

// Bytes of served chunks that nobody asked for, in per cent.
unsigned format_waste_percent(const struct stats_pool_figures *pool);

#endif
