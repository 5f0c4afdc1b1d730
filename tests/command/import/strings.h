/* SPDX-License-Identifier: MIT */
LWIP_MEMPOOL(QUOTES, 1, 8, "with \"quotes\" ) /* and \\ \t (")
LWIP_MEMPOOL(CHARACTER, ')' == 41 ? 3 : 4, 8, "größer")
