// SPDX-License-Identifier: MIT
// C and C++: prints the pools that lwippools.h declares, a line each: number, name and size of a chunk,
// number of chunks, description.
#define PM_LWIP_DEFINE
#include <poolmalloc_lwip.h>

int main()
{
    for (memp_t type = 0; type != MEMP_MAX; type++) {
        struct pm_stats stats = {};
        stats.bytes = sizeof stats;
        pm_pool *pool = pm_lwip_pool(type);
        if (pool && pm_pool_stats(pool, &stats) == 0)
            printf("%u %s %lu %lu %s\n", type, stats.name, (unsigned long)stats.size,
                   (unsigned long)stats.avail, stats.desc);
        else
            printf("%u none\n", type);
    }
    return 0;
}
