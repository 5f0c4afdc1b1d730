// SPDX-License-Identifier: MIT
// The optimum against one found by trying every division.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tune.h"

enum { MOST = 8 };

static uint64_t cost(const uint64_t *size, const uint64_t *weight, const unsigned *last, unsigned k)
{
    uint64_t sum = 0;
    for (unsigned c = 0, i = 0; c < k; c++)
        for (; i <= last[c]; i++)
            sum += weight[i] * size[last[c]];
    return sum;
}

// The least cost of the sizes from `from` on in at most k classes: every first class is tried.
static uint64_t least(const uint64_t *size, const uint64_t *weight, unsigned from, unsigned n, unsigned k)
{
    if (from == n)
        return 0;
    if (k == 0)
        return UINT64_MAX;
    uint64_t best = UINT64_MAX, requests = 0;
    for (unsigned end = from; end < n; end++) {
        requests += weight[end];
        uint64_t rest = least(size, weight, end + 1, n, k - 1);
        if (rest != UINT64_MAX && requests * size[end] + rest < best)
            best = requests * size[end] + rest;
    }
    return best;
}

static void check(const uint64_t *size, const uint64_t *weight, unsigned n)
{
    unsigned last[MOST * MOST];
    tune_split(size, weight, n, MOST, last);
    for (unsigned k = 1; k <= MOST && k <= n; k++) {
        const unsigned *of_k = last + (k - 1) * MOST;
        for (unsigned c = 1; c < k; c++)
            cr_assert_gt(of_k[c], of_k[c - 1]);
        cr_assert_eq(of_k[k - 1], n - 1);
        cr_assert_eq(cost(size, weight, of_k, k), least(size, weight, 0, n, k), "%u of %u", k, n);
    }
}

Test(tune_split, is_the_optimum_that_exhaustive_search_finds)
{
    srand(1);
    for (unsigned round = 0; round < 400; round++) {
        uint64_t size[10], weight[10];
        unsigned n = 1 + (unsigned)rand() % 10;
        for (unsigned i = 0; i < n; i++) {
            size[i] = (i ? size[i - 1] : 0) + 16 * (1 + (unsigned)rand() % (round % 2 ? 3 : 60));
            weight[i] = 1 + (unsigned)rand() % (round % 3 ? 4 : 10000);
        }
        check(size, weight, n);
    }
}

Test(tune_split, one_class_is_the_largest_size_and_each_size_can_have_its_own)
{
    static const uint64_t size[] = {16, 32, 4096}, weight[] = {1, 1000000, 1};
    unsigned last[9];
    tune_split(size, weight, 3, 3, last);
    cr_assert_eq(last[0], 2);
    cr_assert(last[3] == 1 && last[4] == 2); // 32 and 4096
    cr_assert(last[6] == 0 && last[7] == 1 && last[8] == 2);
}

Test(tune_split, sums_do_not_overflow)
{
    static const uint64_t size[] = {16, UINT64_C(1) << 30},
                          weight[] = {UINT64_C(1) << 60, UINT64_C(1) << 60};
    unsigned last[4];
    tune_split(size, weight, 2, 2, last);
    cr_assert(last[0] == 1 && last[2] == 0 && last[3] == 1);
}
