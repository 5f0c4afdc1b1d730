// SPDX-License-Identifier: MIT
// Its constructor looks up a symbol that there is not, for whose message dlsym allocates, before
// anyone has called malloc; and again later, in every order with malloc and free.
#include <dlfcn.h>
#include <stdlib.h>

__attribute__((constructor)) static void start(void)
{
    for (int i = 0; i < 100; i++) {
        dlsym(RTLD_DEFAULT, "no_such_symbol");
        if (i % 3 == 0 && !dlerror())
            abort();
        free(malloc(100));
    }
}
