// SPDX-License-Identifier: MIT
// dlsym and dlopen of what there is not, whose error messages are allocated; in a second thread
// too.
#include <dlfcn.h>
#include <pthread.h>
#include "expect.h"

static void *look(void *unused)
{
    for (int i = 0; i < 100; i++) {
        EXPECT(!dlsym(RTLD_DEFAULT, "no_such_symbol"));
        EXPECT(strstr(dlerror(), "no_such_symbol"));
        EXPECT(!dlsym(RTLD_NEXT, "no_such_symbol"));
        EXPECT(!dlopen("no_such_library.so", RTLD_NOW));
    }
    return unused;
}

int main(void)
{
    pthread_t thread;
    look(NULL);
    EXPECT(pthread_create(&thread, NULL, look, NULL) == 0);
    pthread_join(thread, NULL);
    return 0;
}
