/* SPDX-License-Identifier: MIT
 * Macros around the macros, and a file of its own for some of the pools. */
#define POOL_OF(type, count) LWIP_MEMPOOL(type##_pool, count, sizeof(type), #type)
POOL_OF(int, 4)
#include "wrapped.inc"
