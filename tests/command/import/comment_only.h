/* SPDX-License-Identifier: MIT */
/* USER CODE BEGIN
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(20, 256)
LWIP_MALLOC_MEMPOOL_END
*/
extern unsigned char memp_memory_PBUF_POOL_base[] __attribute__((section(".far")));
