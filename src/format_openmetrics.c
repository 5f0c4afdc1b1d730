// SPDX-License-Identifier: MIT
// What both OpenMetrics' parsers and Prometheus's older text format read alike: node_exporter's
// textfile collector knows only the latter. They differ in one point, whether the TYPE of a counter
// names it with or without "_total": so totals have no TYPE line, which both take as "unknown".
#include "format_parts.h"

static void metric_header(struct text *out, const char *prefix, const struct format_counter *counter)
{
    const char *suffix = counter->kind == FORMAT_total ? "_total" : "";
    if (counter->kind != FORMAT_total)
        text_addf(out, "# TYPE poolmalloc_%s%s gauge\n", prefix, counter->name);
    text_addf(out, "# HELP poolmalloc_%s%s%s %s\n", prefix, counter->name, suffix, counter->help);
}

static void label_value(struct text *out, const char *string)
{
    for (const char *p = string; *p; p++) {
        if (*p == '"' || *p == '\\')
            text_add(out, "\\");
        if (*p == '\n')
            text_add(out, "\\n");
        else
            text_add_bytes(out, p, 1);
    }
}

// pool: its index in the figures, -1 for a counter of the process. The index is a label too, because
// pools of the same size have the same name.
static void metric(struct text *out, const struct format_counter *counter,
                   const struct format_subject *subject, int pool)
{
    text_addf(out, "poolmalloc_%s%s%s{program=\"", pool < 0 ? "" : "pool_", counter->name,
              counter->kind == FORMAT_total ? "_total" : "");
    label_value(out, subject->program);
    text_addf(out, "\",pid=\"%lu\"", ul(subject->process_id));
    if (pool < 0) {
        text_addf(out, "} %lu\n", ul(format_value(subject->figures, counter)));
        return;
    }
    text_add(out, ",pool=\"");
    label_value(out, subject->figures->pools[pool].name);
    text_addf(out, "\",index=\"%d\"} %lu\n", pool,
              ul(format_value(&subject->figures->pools[pool], counter)));
}

void format_openmetrics(struct text *out, const struct format_subject *subjects, unsigned count)
{
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++) {
        metric_header(out, "pool_", &format_pool_counters[i]);
        for (unsigned s = 0; s < count; s++)
            for (unsigned pool = 0; pool < subjects[s].figures->pool_count; pool++)
                metric(out, &format_pool_counters[i], &subjects[s], (int)pool);
    }
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++) {
        metric_header(out, "", &format_process_counters[i]);
        for (unsigned s = 0; s < count; s++)
            metric(out, &format_process_counters[i], &subjects[s], -1);
    }
    text_add(out, "# EOF\n");
}
