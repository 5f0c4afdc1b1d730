// SPDX-License-Identifier: MIT
// What fixed_bugs.c runs on. lwIP would reject the guard, and give mem_malloc the pool INSIDE.
#ifndef LWIPPOOLS_H
#define LWIPPOOLS_H

LWIP_MEMPOOL(FIRST, 4, 40, "before malloc pools")

LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(5, 100)
LWIP_MEMPOOL(INSIDE, 3, 5000, "between START and END")
LWIP_MALLOC_MEMPOOL(4, 512)
LWIP_MALLOC_MEMPOOL(3, 1512)
LWIP_MALLOC_MEMPOOL_END

LWIP_PBUF_MEMPOOL(RX, 6, 300, "packets")
LWIP_MEMPOOL(AFTER, 2, 80000, "behind malloc pools, and larger")

#endif
