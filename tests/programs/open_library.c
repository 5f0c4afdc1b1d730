// SPDX-License-Identifier: MIT
// open_library LIBRARY: opens and closes it at run time, with blocks from before and after; ends
// well.
#include <dlfcn.h>
#include <pthread.h>
#include "expect.h"

static void *use(void *unused)
{
    for (int i = 0; i < 100; i++)
        free(malloc((size_t)i * 20));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *before = malloc(100);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
    EXPECT(library);
    void *after = malloc(100);
    free(before);
    EXPECT(pthread_create(&thread, NULL, use, NULL) == 0);
    pthread_join(thread, NULL);
    dlclose(library);
    free(after);
    use(NULL);
    return 0;
}
