/* SPDX-License-Identifier: MIT
 * Two blocks, of which one is taken; #elif within it; CRLF; no newline at the end: größer.
 * import: -D CPU=2 -D SMALL=1 */
#if defined SMALL && SMALL > 0u
LWIP_MALLOC_MEMPOOL_START // No header guards
LWIP_MALLOC_MEMPOOL(10, 192)  // 136 + 56 = 192 (größer ist besser)
#if CPU == 1
LWIP_MALLOC_MEMPOOL(8, 632)
#elif defined(CPU)
//LWIP_MALLOC_MEMPOOL(80, 632)
LWIP_MALLOC_MEMPOOL(4, 632)   //200
#else
#error no CPU
#endif
LWIP_MALLOC_MEMPOOL(2, 1540) /* LWIP_MALLOC_MEMPOOL(2, 
 1552) */ LWIP_MALLOC_MEMPOOL(1, 1560) LWIP_MALLOC_MEMPOOL(1,
 1792)
LWIP_MALLOC_MEMPOOL_END
#else
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(1, 32768)
LWIP_MALLOC_MEMPOOL_END
#endif