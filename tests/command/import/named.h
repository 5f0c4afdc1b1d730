/* SPDX-License-Identifier: MIT
 * Named pools alone: counts with defaults, types in guards of their own, no blanks, several lines.
 * import: -I . -D CLIENTS=4 */
#include <types.inc>
#include "types.inc"
#ifndef CONTEXTS
#define CONTEXTS 1
#endif
#ifndef CLIENTS
#define CLIENTS 2
#endif
#define EXTRA 16
#ifndef NAMED_H_TYPES
#define NAMED_H_TYPES
typedef struct context {
    struct context *next;
    char name[24];
} context_t;
typedef struct { short port; } endpoint_t;
#endif
#if CLIENTS > 2
#ifdef UNKNOWN
LWIP_MEMPOOL(NOT_THIS, 1, 1, "never")
#else
LWIP_MEMPOOL(CLIENT,CLIENTS,sizeof(context_t)+EXTRA,"clients")
#endif
#endif
LWIP_MEMPOOL(CONTEXT, CONTEXTS, sizeof(context_t), "contexts")
LWIP_MEMPOOL(ENDPOINT, (2U),
             sizeof(endpoint_t) + sizeof(size_t),
             "end"
             "points")
  LWIP_PBUF_MEMPOOL ( RX_POOL , 2 * CLIENTS , 1514 , "received" ) LWIP_MEMPOOL(LAST, sizeof(void *) * 2, 4, "last")
