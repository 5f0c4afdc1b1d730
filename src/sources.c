// SPDX-License-Identifier: MIT
#include "sources.h"

#include <errno.h>
#include <string.h>

#include "message.h"
#include "os.h"
#include "text.h"

#ifndef CONF_SYSTEM_PATH
#define CONF_SYSTEM_PATH "/etc/poolmalloc/pools.conf"
#endif
#ifndef CONF_PRESET_DIR
#define CONF_PRESET_DIR "/usr/share/poolmalloc/presets"
#endif

enum { CONF_TEXT_MAX = 256 * 1024, PATH_BYTES = 1024, PAGE_MAX = 64 * 1024 };

static void report(void *context, const char *mistake)
{
    (void)context;
    message("%s", mistake);
}

// Merges a file under the name it is to have in messages. Mistakes; a missing file is -1.
static int merge_file(struct conf *conf, const char *path, const char *name)
{
    static char room[CONF_TEXT_MAX + PAGE_MAX] FAR; // only what is read is ever touched, and given back
    char *text = (char *)align_up((uintptr_t)room, PAGE_MAX);
    ssize_t length = os_read_file(path, text, CONF_TEXT_MAX);
    if (length == -ENOENT)
        return -1;
    if (length < 0) {
        message("%s: %s", path, os_error_text(length));
        return 1;
    }
    unsigned mistakes = conf_merge(conf, name, text, (size_t)length, false, report, NULL);
    os_purge(text, CONF_TEXT_MAX);
    return (int)mistakes;
}

// A preset is NAME.conf in the folder presets beside this library, as a build has it, or in the
// installed one. -1: there is none of that name.
static int merge_preset(struct conf *conf, const char *name)
{
    char path[PATH_BYTES];
    struct text text;
    const char *library = os_own_file();
    const char *slash = library ? strrchr(library, '/') : NULL;
    text_init(&text, path, sizeof path);
    if (slash)
        text_add_bytes(&text, library, (size_t)(slash + 1 - library));
    text_addf(&text, "presets/%s.conf", name);
    int mistakes = text.truncated ? -1 : merge_file(conf, path, name);
    if (mistakes >= 0)
        return mistakes;
    text_init(&text, path, sizeof path);
    text_addf(&text, CONF_PRESET_DIR "/%s.conf", name);
    return text.truncated ? -1 : merge_file(conf, path, name);
}

// A name without a slash is a preset's, if there is one; anything else is a path.
static unsigned merge_named(struct conf *conf, const char *name)
{
    int mistakes = strchr(name, '/') ? -1 : merge_preset(conf, name);
    if (mistakes < 0)
        mistakes = merge_file(conf, name, name);
    if (mistakes >= 0)
        return (unsigned)mistakes;
    message("POOLMALLOC_CONF: %s: %s", name,
            strchr(name, '/') ? "no such file" : "neither a preset nor a file");
    return 1;
}

unsigned sources_read(struct conf *conf)
{
    conf_init(conf);
    int mistakes = merge_file(conf, CONF_SYSTEM_PATH, CONF_SYSTEM_PATH);
    unsigned sum = mistakes > 0 ? (unsigned)mistakes : 0;
    const char *name = os_is_secure() ? NULL : os_environment("POOLMALLOC_CONF");
    if (name && name[0])
        sum += merge_named(conf, name);
    const char *options = os_is_secure() ? NULL : os_environment("POOLMALLOC");
    if (options)
        sum += conf_merge(conf, "POOLMALLOC", options, strlen(options), true, report, NULL);
    return sum + conf_finish(conf, report, NULL);
}

bool sources_serve(const struct conf *conf, const char *program)
{
    for (const char *p = conf->programs.text;; p++) {
        const char *start = p;
        while (*p && *p != ',')
            p++;
        if (text_matches(start, (size_t)(p - start), program))
            return true;
        if (!*p)
            return false;
    }
}
