/* SPDX-License-Identifier: MIT */
#error This file must not be used
LWIP_MEMPOOL(SYS_MBOX, 22, 100, "SYS_MBOX")
