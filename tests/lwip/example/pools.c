/* SPDX-License-Identifier: MIT */
/* The one file that is new: where the pools are. */
#include "sys_structs.h"
#define PM_LWIP_DEFINE
#include <poolmalloc_lwip.h>
