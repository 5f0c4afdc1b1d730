/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#pragma once
LWIP_MEMPOOL(SYS_MBOX, 22, sizeof(size_t), "SYS_MBOX")
