// SPDX-License-Identifier: MIT
// thread_ends THREADS ATTRIBUTE: that many threads, one after another and four at a time, fill
// their caches, keep a chunk each and end (ATTRIBUTE: joined or detached). Then exactly the
// others are free.
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64, CACHED = 10, AT_A_TIME = 4 };

static void *fill_cache(void *ret_kept)
{
    void *p[CACHED];
    for (int i = 0; i < CACHED; i++)
        EXPECT(p[i] = malloc(SIZE));
    for (int i = 1; i < CACHED; i++)
        free(p[i]);
    *(void **)ret_kept = p[0];
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[AT_A_TIME];
    void *kept[AT_A_TIME];
    pthread_attr_t detached;
    int detach = strcmp(argv[2], "detached") == 0;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    long had = count_free(SIZE);
    for (int n = atoi(argv[1]); n > 0; n -= AT_A_TIME) {
        memset(kept, 0, sizeof kept);
        for (int i = 0; i < AT_A_TIME; i++)
            EXPECT(pthread_create(&thread[i], detach ? &detached : NULL, fill_cache, &kept[i]) == 0);
        for (int i = 0; i < AT_A_TIME; i++)
            while (detach ? !*(void *volatile *)&kept[i] : pthread_join(thread[i], NULL) != 0)
                usleep(100);
        if (n <= AT_A_TIME || n == atoi(argv[1]))
            EXPECT_EQ(count_free(SIZE), had - AT_A_TIME);
        for (int i = 0; i < AT_A_TIME; i++)
            free(kept[i]);
    }
    EXPECT_EQ(count_free(SIZE), had);
    return 0;
}
