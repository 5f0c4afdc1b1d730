/* SPDX-License-Identifier: MIT */
LWIP_MEMPOOL(GOOD, 1, 16, "good")
LWIP_MEMPOOL(SYS_MBOX, 22, sizeof(struct sys_mbox_struct), "SYS_MBOX")
