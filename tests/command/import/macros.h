/* SPDX-License-Identifier: MIT
 * Macros for counts and sizes, with a continued line and arguments; braces for C++. */
#ifdef __cplusplus
extern "C" {
#endif
#define SEGMENT \
    1460
#define FULL_SEGMENT 1600
#define SHARE(n) ((n) * \
                  3 / 2)
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(SHARE(20), 64)
LWIP_MALLOC_MEMPOOL(2*2, 0x80)
LWIP_MALLOC_MEMPOOL(SHARE(SEGMENT) > 1000 ? 7 : 9, 1024u)
LWIP_MALLOC_MEMPOOL(4 << 1, FULL_SEGMENT)
LWIP_MALLOC_MEMPOOL(1, 16384)
LWIP_MALLOC_MEMPOOL_END
#ifdef __cplusplus
}
#endif
