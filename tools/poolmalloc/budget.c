// SPDX-License-Identifier: MIT
#include "budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[BUDGET_ROWS] = {
    [BUDGET_FALLBACK] = "fallback", [BUDGET_FAILED] = "failed",   [BUDGET_ERR] = "err",
    [BUDGET_OVERSIZE] = "oversize", [BUDGET_ILLEGAL] = "illegal", [BUDGET_WASTE] = "waste",
};

const char *budget_set(struct budget *budget, enum budget_row row, const char *text)
{
    char *end;
    double most = strtod(text, &end);
    bool is_percent = strcmp(end, "%") == 0;
    if (end == text || text[strspn(text, "0123456789.%")] || (*end && !is_percent))
        return "must be a number, or per cent as 1%";
    if (row == BUDGET_WASTE && !is_percent)
        return "waste is in per cent, as 20%";
    if (is_percent && most > 100)
        return "must be at most 100%";
    budget->limits[row].is_set = true;
    budget->limits[row].is_percent = is_percent;
    budget->limits[row].most = most;
    return NULL;
}

bool budget_is_set(const struct budget *budget)
{
    for (unsigned row = 0; row < BUDGET_ROWS; row++)
        if (budget->limits[row].is_set)
            return true;
    return false;
}

void budget_add(struct budget *budget, const struct record *record)
{
    const struct stats_figures *figures = &record->figures;
    budget->processes++;
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        budget->requests += pool->allocs + pool->failed + pool->fell_back;
        budget->counts[BUDGET_FALLBACK] += pool->fell_back;
        budget->counts[BUDGET_FAILED] += pool->failed;
        budget->counts[BUDGET_ERR] += pool->err;
        budget->counts[BUDGET_ILLEGAL] += pool->illegal;
        budget->given_bytes += (double)pool->allocs * (double)pool->usable;
        budget->asked_bytes += (double)pool->requested_bytes;
    }
    budget->requests += figures->oversize;
    budget->counts[BUDGET_OVERSIZE] += figures->oversize;
    budget->counts[BUDGET_FALLBACK] += figures->oversize_fell_back;
    budget->counts[BUDGET_FAILED] += figures->oversize_failed;
}

static double percent(double part, double whole)
{
    return whole > 0 && part > 0 ? part * 100 / whole : 0;
}

enum budget_verdict budget_judge(const struct budget *budget, enum budget_row row, char *ret_line,
                                 size_t size)
{
    bool is_percent = budget->limits[row].is_percent;
    double most = budget->limits[row].most, is;
    if (!budget->limits[row].is_set)
        return BUDGET_UNASKED;
    if (row == BUDGET_WASTE) {
        is = percent(budget->given_bytes - budget->asked_bytes, budget->given_bytes);
        snprintf(ret_line, size, "%s: %.2f%%, at most %g%%", names[row], is, most);
    } else {
        double part = percent((double)budget->counts[row], (double)budget->requests);
        is = is_percent ? part : (double)budget->counts[row];
        snprintf(ret_line, size, "%s: %llu (%.2f%%), at most %g%s", names[row],
                 (unsigned long long)budget->counts[row], part, most, is_percent ? "%" : "");
    }
    return is <= most ? BUDGET_KEPT : BUDGET_EXCEEDED;
}
