/* SPDX-License-Identifier: MIT */
/* A program for lwIP: system objects from its pools, and blocks of mem_malloc. */
#include "lwip/mem.h"
#include "lwip/memp.h"
#include "lwip/opt.h"
#include "sys_structs.h"
#include <stdio.h>
#include <string.h>

LWIP_MEMPOOL_DECLARE(SESSIONS, 3, 20, "sessions")

static int count(memp_t type)
{
    void *got[100];
    int n = 0;
    while ((got[n] = memp_malloc(type)) != NULL)
        n++;
    for (int i = 0; i < n; i++)
        memp_free(type, got[i]);
    return n;
}

static int count_bytes(mem_size_t size)
{
    void *got[200];
    int n = 0;
    while ((got[n] = mem_malloc(size)) != NULL)
        memset(got[n++], 0x55, size);
    for (int i = 0; i < n; i++)
        mem_free(got[i]);
    return n;
}

int main(void)
{
    struct sys_mbox_struct *mbox = memp_malloc(MEMP_SYS_MBOX);
    struct sys_sem_struct *sem = memp_malloc(MEMP_SYS_SEM);
    memset(mbox, 0, sizeof *mbox);
    memset(sem, 0, sizeof *sem);
    memp_free(MEMP_SYS_MBOX, mbox);
    memp_free(MEMP_SYS_SEM, sem);
    printf("SYS_MBOX %d SYS_SEM %d\n", count(MEMP_SYS_MBOX), count(MEMP_SYS_SEM));
    printf("100 bytes %d, 400 bytes %d, 1000 bytes %d\n", count_bytes(100), count_bytes(400),
           count_bytes(1000));

    char *text = mem_calloc(10, 30);
    printf("zero %d, trimmed in place %d\n", text[0] == 0 && text[299] == 0, mem_trim(text, 5) == text);
    mem_free(text);

    LWIP_MEMPOOL_INIT(SESSIONS);
    void *a = LWIP_MEMPOOL_ALLOC(SESSIONS), *b = LWIP_MEMPOOL_ALLOC(SESSIONS);
    void *c = LWIP_MEMPOOL_ALLOC(SESSIONS);
    printf("sessions %d, then %d\n", a && b && c, LWIP_MEMPOOL_ALLOC(SESSIONS) != NULL);
    LWIP_MEMPOOL_FREE(SESSIONS, b);
    printf("one freed, one got %d\n", LWIP_MEMPOOL_ALLOC(SESSIONS) == b);
    return 0;
}
