/* SPDX-License-Identifier: MIT */
#define REGISTER (*(volatile unsigned *)0x1000)
LWIP_MEMPOOL(SYS_MBOX, REGISTER, 100, "SYS_MBOX")
