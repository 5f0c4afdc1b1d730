/* SPDX-License-Identifier: MIT */
struct message {
    int kind;
};
LWIP_MEMPOOL(MESSAGE, 3, sizeof(struct message), "messages")
