// SPDX-License-Identifier: MIT
// Limits on statistics: how they are read, summed and judged.
#include <criterion/criterion.h>
#include <string.h>

#include "budget.h"

static struct budget budget;
static struct record record;
static char line[256];

Test(budget, limits_are_numbers_or_per_cent)
{
    static const char *const good[] = {"0", "5", "0.5%", "100%"};
    static const char *const bad[] = {"", "%", "-1", "x", "1x", "101%", "1e3", "nan", "1%%"};
    for (size_t i = 0; i < ARRAY_LENGTH(good); i++)
        cr_expect_null(budget_set(&budget, BUDGET_ERR, good[i]), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        cr_expect_not_null(budget_set(&budget, BUDGET_ERR, bad[i]), "%s", bad[i]);
    cr_expect_not_null(budget_set(&budget, BUDGET_WASTE, "20"), "waste has no number");
}

Test(budget, counts_of_all_records_are_summed)
{
    record.figures.pool_count = 1;
    record.figures.pools[0].allocs = 6;
    record.figures.pools[0].fell_back = 3;
    record.figures.oversize = record.figures.oversize_fell_back = 1;
    budget_add(&budget, &record);
    budget_add(&budget, &record);
    cr_assert_null(budget_set(&budget, BUDGET_FALLBACK, "40%"));
    cr_expect_eq(budget_judge(&budget, BUDGET_FALLBACK, line, sizeof line), BUDGET_KEPT);
    cr_expect_str_eq(line, "fallback: 8 (40.00%), at most 40%");
    cr_assert_null(budget_set(&budget, BUDGET_FALLBACK, "7"));
    cr_expect_eq(budget_judge(&budget, BUDGET_FALLBACK, line, sizeof line), BUDGET_EXCEEDED);
    cr_expect_eq(budget_judge(&budget, BUDGET_ERR, line, sizeof line), BUDGET_UNASKED);
}

Test(budget, no_request_keeps_every_budget)
{
    for (unsigned row = 0; row < BUDGET_ROWS; row++) {
        cr_assert_null(budget_set(&budget, (enum budget_row)row, "0%"));
        cr_expect_eq(budget_judge(&budget, (enum budget_row)row, line, sizeof line), BUDGET_KEPT);
    }
}
