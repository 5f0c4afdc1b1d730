// SPDX-License-Identifier: MIT
#include "route.h"

#include <string.h>

void route_add(struct route *route, uint64_t usable, uint64_t alignment)
{
    route->usable[route->pools] = usable;
    route->alignment[route->pools] = alignment;
    route->pools++;
}

// A pool is first for exactly the sizes above what all earlier pools reach.
void route_finish(struct route *route)
{
    memset(route->table, ROUTE_NONE, sizeof route->table);
    uint64_t reach = 0; // the largest size that the pools so far take
    unsigned next = 0;  // the first step that leads to none of them, not even in part
    for (unsigned i = 0; i < route->pools; i++) {
        if (i > 0 && route->usable[i] <= reach)
            continue;
        reach = route->usable[i];
        unsigned end = size_step(reach);
        unsigned whole = size_step_end(end) == reach ? end : end - 1; // the last that fits wholly
        if (whole + 1 > next) {
            memset(route->table + next, (int)i, whole + 1 - next);
            next = whole + 1;
        }
        if (end > whole && next == end)
            route->table[next++] = ROUTE_SPLIT;
    }
}

unsigned route_find(const struct route *route, uint64_t size, uint64_t alignment, unsigned from)
{
    for (unsigned i = from; i < route->pools; i++)
        if (size <= route->usable[i] && alignment <= route->alignment[i])
            return i;
    return ROUTE_NONE;
}

bool route_is_shadowed(const struct route *route, unsigned pool)
{
    return route_find(route, route->usable[pool], 1, 0) != pool;
}
