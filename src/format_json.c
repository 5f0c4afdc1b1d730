// SPDX-License-Identifier: MIT
#include "format_parts.h"

#include <string.h>

// A JSON string is UTF-8; bytes of a program's name that are not become U+FFFD.
static void json_string(struct text *out, const char *string)
{
    const char *end = string + strlen(string);
    text_add(out, "\"");
    for (const char *p = string; p < end;) {
        uint32_t character;
        size_t length = text_decode(p, end, &character);
        if (length == 0)
            text_add(out, "\\ufffd");
        else if (character < 0x20 || character == 0x7f)
            text_addf(out, "\\u%04x", character);
        else if (character == '"' || character == '\\')
            text_addf(out, "\\%c", (int)character);
        else
            text_add_bytes(out, p, length);
        p += length > 0 ? length : 1;
    }
    text_add(out, "\"");
}

static void json_sizes(struct text *out, const struct stats_step *steps)
{
    const char *comma = "";
    text_add(out, ",\"sizes\":[");
    for (unsigned step = 0; steps && step < SIZE_STEPS; step++) {
        if (steps[step].count == 0)
            continue;
        text_addf(out, "%s[%lu,%lu,%lu]", comma, ul(size_step_end(step)), ul(steps[step].count),
                  ul(steps[step].bytes));
        comma = ",";
    }
    text_add(out, "]");
}

static void json_pool(struct text *out, const struct stats_pool_figures *pool)
{
    text_addf(out, "{\"name\":\"%s\",\"kind\":\"%s\",\"desc\":", pool->name,
              format_kinds[pool->kind]);
    json_string(out, pool->desc);
    text_addf(out, ",\"size\":%lu,\"usable\":%lu,\"stride\":%lu,\"count\":", ul(pool->size),
              ul(pool->usable), ul(pool->stride));
    if (pool->count == COUNT_UNLIMITED)
        text_add(out, "null");
    else
        text_addf(out, "%lu", ul(pool->count));
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        text_addf(out, ",\"%s\":%lu", format_pool_counters[i].name,
                  ul(format_value(pool, &format_pool_counters[i])));
    text_addf(out, ",\"max_at_least\":%lu,\"shadowed\":%s}", ul(pool->max_at_least),
              pool->shadowed ? "true" : "false");
}

void format_json(struct text *out, const struct format_subject *subject)
{
    const struct stats_figures *figures = subject->figures;
    text_addf(out, "{\"schema\":%d,\"program\":", FORMAT_SCHEMA);
    json_string(out, subject->program);
    text_addf(out, ",\"pid\":%lu,\"start\":%lu,\"milliseconds\":%lu,\"state\":\"%s\",\"origin\":",
              ul(subject->process_id), ul(subject->start), ul(subject->milliseconds),
              format_states[subject->state]);
    json_string(out, subject->origin);
    text_addf(out, ",\"mem_alignment\":%lu,\"pools\":[", ul(figures->mem_alignment));
    for (unsigned i = 0; i < figures->pool_count; i++) {
        text_add(out, i == 0 ? "" : ",");
        json_pool(out, &figures->pools[i]);
    }
    text_add(out, "],\"process\":{");
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++)
        text_addf(out, "%s\"%s\":%lu", i == 0 ? "" : ",", format_process_counters[i].name,
                  ul(format_value(figures, &format_process_counters[i])));
    text_add(out, "}");
    json_sizes(out, subject->steps);
    text_add(out, "}\n");
}
