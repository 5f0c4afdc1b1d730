// SPDX-License-Identifier: MIT
// share_exactly SECONDS: three threads that together never hold more chunks than the pool has,
// and often all of them. So no request may fail, whoever has the free ones cached.
#include <pthread.h>
#include <time.h>
#include "expect.h"

enum { SIZE = 64, THREADS = 3 };
static long share;
static time_t end;

static void *hold(void *seed)
{
    void *held[1000];
    unsigned random = (unsigned)(long)seed;
    for (long n = 0, i = 0; i % 1000 || time(NULL) < end; i++) {
        long want = rand_r(&random) % (share + 1);
        for (; n < want; n++)
            EXPECT(held[n] = malloc(SIZE));
        for (; n > want; n--)
            free(held[n - 1]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    share = count_free(SIZE) / THREADS;
    EXPECT(share > 0 && share <= 1000);
    end = time(NULL) + atoi(argv[1]);
    for (long i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&thread[i], NULL, hold, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
