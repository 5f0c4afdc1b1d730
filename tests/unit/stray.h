// SPDX-License-Identifier: MIT
// Shared by the tests of overflow_check and poison: findings are counted, and nothing else is said.
#ifndef STRAY_H
#define STRAY_H

#include "core.h"

#define OPTIONS "on_corruption=ignore; on_empty=fail; on_oversize=fail; "
#define POOLS "malloc size=16 count=20; malloc size=48 count=20; malloc size=100 count=20; " \
              "malloc size=512 count=20; malloc size=1512 count=20; malloc size=8K count=20"

static inline uint64_t corrupt(void)
{
    uint64_t sum = 0;
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
        sum += count_read(&stats_file->blocks[0].pools[i].corrupt);
    return sum;
}

static uint64_t expected; // findings so far

static inline void expect(uint64_t more, const char *when, size_t size, long offset)
{
    expected += more;
    cr_assert_eq(corrupt(), expected, "%s, %lu bytes, offset %ld", when, (unsigned long)size, offset);
}

#endif
