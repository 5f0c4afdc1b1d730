// SPDX-License-Identifier: MIT
// The main thread leaves by pthread_exit with chunks in its cache; the other one finds them all,
// and its end is the process's.
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64 };
static long had;

static void *outlive(void *main_thread)
{
    EXPECT(pthread_join(*(pthread_t *)main_thread, NULL) == 0);
    EXPECT_EQ(count_free(SIZE), had);
    return NULL;
}

static void *leave(void *unused) // the first pthread_exit loads a library, which stays
{
    pthread_exit(unused);
}

int main(void)
{
    static pthread_t self;
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, leave, NULL) == 0);
    pthread_join(thread, NULL);
    void *p[8];
    self = pthread_self();
    EXPECT(pthread_create(&thread, NULL, outlive, &self) == 0);
    had = count_free(SIZE);
    for (int i = 0; i < 8; i++)
        p[i] = malloc(SIZE);
    for (int i = 0; i < 8; i++)
        free(p[i]);
    pthread_exit(NULL);
}
