// SPDX-License-Identifier: MIT
// ../programs/replay_trace.c through mem_malloc, mem_calloc and mem_free.
#define PM_LWIP_DEFINE
#include <malloc.h>
#include <poolmalloc_lwip.h>

#define malloc mem_malloc
#define calloc mem_calloc
#define free mem_free
#define malloc_usable_size(block) pm_pool_usable_size(pm_pool_of(block))
#include "../programs/replay_trace.c"
