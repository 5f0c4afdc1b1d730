// SPDX-License-Identifier: MIT
// deepbind PLUGIN WHAT: opens it with RTLD_DEEPBIND. WHAT `own`: blocks that the plug-in frees
// itself, or hands to the program, which grows and frees them. `ours`: the plug-in frees a block
// of the program's.
#include <dlfcn.h>
#include "expect.h"

int main(int argc, char **argv)
{
    void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
    EXPECT(plugin);
    void *(*plugin_malloc)(size_t) = dlsym(plugin, "plugin_malloc");
    void (*plugin_free)(void *) = dlsym(plugin, "plugin_free");
    if (strcmp(argv[2], "ours") == 0) {
        plugin_free(malloc(100));
        return 0;
    }
    for (int i = 0; i < 100; i++) {
        plugin_free(plugin_malloc(100));
        char *p = plugin_malloc(100);
        strcpy(p, "content");
        EXPECT(p = realloc(p, 200));
        EXPECT(strcmp(p, "content") == 0);
        free(p);
        free(plugin_malloc(50));
    }
    return 0;
}
