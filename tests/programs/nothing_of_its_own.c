// SPDX-License-Identifier: MIT
// After some work, and a double free (run with on_invalid_free=warn), there are one thread, no signal
// handler and no blocked signal: the library brings none, and its messages leave none behind.
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include "expect.h"

static void *work(void *unused)
{
    for (int i = 0; i < 1000; i++)
        free(malloc((size_t)i));
    return unused;
}

int main(void)
{
    pthread_t thread;
    work(NULL);
    EXPECT(pthread_create(&thread, NULL, work, NULL) == 0);
    pthread_join(thread, NULL);
    void *volatile freed = malloc(60);
    free(freed);
    free(freed);
    int threads = 0;
    DIR *tasks = opendir("/proc/self/task");
    EXPECT(tasks);
    for (struct dirent *entry; (entry = readdir(tasks));)
        threads += entry->d_name[0] != '.';
    closedir(tasks);
    EXPECT_EQ(threads, 1);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        EXPECT(sigaction(number, NULL, &action) == 0);
        EXPECT(action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN);
        sigset_t blocked;
        EXPECT(sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && !sigismember(&blocked, number));
    }
    return 0;
}
