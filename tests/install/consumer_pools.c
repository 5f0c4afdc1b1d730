// SPDX-License-Identifier: MIT
// C and C++: pools of every origin in a program that is linked with any of the libraries; prints whether
// malloc and new come from a pool.
#include <poolmalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session {
    char name[40];
    struct session *next;
};

PM_POOL_PROTOTYPE(sessions);
PM_POOL_DECLARE(sessions, 3, sizeof(struct session), "open sessions");

#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

// Takes all chunks, writes every byte of them, and gives them back.
static void drain(pm_pool *pool, size_t count, size_t size)
{
    void *chunks[100];
    for (size_t i = 0; i < count; i++) {
        chunks[i] = pm_alloc(pool);
        EXPECT(chunks[i]);
        memset(chunks[i], 0xa5, size);
    }
    EXPECT(!pm_alloc(pool));
    for (size_t i = 0; i < count; i++)
        pm_free(pool, chunks[i]);
}

int main(void)
{
    pm_pool *mailboxes = pm_pool_find("SYS_MBOX");
    EXPECT(mailboxes && pm_pool_usable_size(mailboxes) == 64);
    drain(mailboxes, 22, 64);

    EXPECT(!PM_POOL_ALLOC(sessions));
    EXPECT(PM_POOL_INIT(sessions) == PM_POOL(sessions));
    drain(PM_POOL(sessions), 3, sizeof(struct session));
    struct session *session = (struct session *)PM_POOL_ALLOC(sessions);
    PM_POOL_FREE(sessions, session);

    pm_pool *created = pm_pool_create("blocks", 5, 1000, NULL, PM_POOL_ON_HEAP);
    EXPECT(created);
    drain(created, 5, 1000);
    EXPECT(pm_pool_destroy(created) == 0);

    void *block = malloc(100);
    printf("malloc: %s\n", pm_pool_of(block) ? "pool" : "other");
    free(block);
    return 0;
}
