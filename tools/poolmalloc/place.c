// SPDX-License-Identifier: MIT
#include "place.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

// Appends `rest` to the directory of the running command. False: too long.
static bool beside_command(const char *rest, char ret_path[PATH_MAX])
{
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    if (length <= 0)
        return false;
    own[length] = '\0';
    *strrchr(own, '/') = '\0';
    return snprintf(ret_path, PATH_MAX, "%s/%s", own, rest) < PATH_MAX;
}

bool place_library(char ret_path[PATH_MAX])
{
    static const char *const places[] = {"libpoolmalloc.so", PLACE_LIBRARY};
    char path[PATH_MAX];
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
        if (beside_command(places[i], path) && realpath(path, ret_path))
            return true;
    return false;
}

const char *place_preset_folder(unsigned index)
{
    static const char *const places[] = {"presets", PLACE_PRESETS};
    static char path[PATH_MAX];
    if (index < ARRAY_LENGTH(places) && beside_command(places[index], path))
        return path;
    return NULL;
}

bool place_conf(const char *name, char ret_path[PATH_MAX])
{
    const char *folder;
    for (unsigned i = 0; !strchr(name, '/') && (folder = place_preset_folder(i)); i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s.conf", folder, name) < PATH_MAX
            && realpath(path, ret_path))
            return true;
    }
    return realpath(name, ret_path) != NULL;
}

static bool is_in(const char *folder, const char *name, char ret_path[PATH_MAX])
{
    struct text path;
    text_init(&path, ret_path, PATH_MAX);
    text_addf(&path, "%s/%s", folder, name);
    return !path.truncated && access(ret_path, R_OK) == 0;
}

// Looks for a library where the dynamic linker does, but for its cache.
static bool find_library(const char *name, char ret_path[PATH_MAX])
{
    Dl_serinfo size, *info = NULL;
    void *self = dlopen(NULL, RTLD_LAZY);
    bool found = false;
    if (self && dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0 && (info = malloc(size.dls_size))) {
        *info = size;
        unsigned count = dlinfo(self, RTLD_DI_SERINFO, info) == 0 ? info->dls_cnt : 0;
        for (unsigned i = 0; i < count && !found; i++)
            found = is_in(info->dls_serpath[i].dls_name, name, ret_path);
    }
    free(info);
    return found || is_in("/usr/local/lib", name, ret_path);
}

const char *place_next(const char *name, char ret_path[PATH_MAX])
{
    static const struct {
        const char *name, *library, *package;
    } known[] = {
        {"jemalloc", "libjemalloc.so.2", "libjemalloc2"},
        {"mimalloc", "libmimalloc.so.2", "libmimalloc2.0"},
        {"tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"},
    };
    static char problem[256];
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        if (find_library(known[i].library, ret_path))
            return NULL;
        snprintf(problem, sizeof problem, "%s is not installed (Debian's package: %s)",
                 known[i].library, known[i].package);
        return problem;
    }
    if (!strchr(name, '/'))
        return "jemalloc, mimalloc, tcmalloc, or a path with a slash";
    return realpath(name, ret_path) ? NULL : "there is no such file";
}
