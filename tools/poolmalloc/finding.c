// SPDX-License-Identifier: MIT
#include "finding.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct findings {
    finding_each *each;
    void *context;
    bool is_bad;
};

static void PRINTF(3, 4)
    find(struct findings *findings, enum finding_level level, const char *format, ...)
{
    char text[2 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    findings->is_bad |= level == FINDING_BAD;
    findings->each(findings->context, level, text);
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_386: return "i386";
    case EM_AARCH64: return "aarch64";
    case EM_ARM: return "arm";
    case EM_RISCV: return "riscv";
    default: return "another machine";
    }
}

// Whether the dynamic linker will load the library at all.
static void find_loading(const struct probe *probe, unsigned machine, struct findings *findings)
{
    if (!probe->is_elf)
        find(findings, FINDING_NOTE, "it cannot be read, so nothing is known of it");
    else if (probe->bits == 32)
        find(findings, FINDING_BAD, "it is a 32-bit program (%s), and libpoolmalloc.so is for 64-bit %s",
             machine_name(probe->machine), machine_name(machine));
    else if (probe->machine != machine)
        find(findings, FINDING_BAD, "it is for %s, and libpoolmalloc.so for %s",
             machine_name(probe->machine), machine_name(machine));
    else if (!probe->loader[0])
        find(findings, FINDING_BAD, "it is linked statically: nothing can be preloaded%s",
             probe->language == LANGUAGE_GO ? ", and Go has a heap of its own" : "");
    else if (strstr(probe->loader, "ld-musl"))
        find(findings, FINDING_BAD, "it is linked with musl (%s), and libpoolmalloc.so needs glibc",
             probe->loader);
    else
        find(findings, FINDING_GOOD, "it is linked dynamically, for %s, with glibc's %s",
             machine_name(probe->machine), probe->loader);
    if (probe->is_secure)
        find(findings, FINDING_BAD,
             "it runs with more rights than you have (set-user-ID, set-group-ID or capabilities): the "
             "dynamic linker ignores LD_PRELOAD then");
}

// Whether its calls of malloc reach the library.
static void find_malloc(const struct probe *probe, struct findings *findings)
{
    if (probe->sanitizer)
        find(findings, FINDING_BAD, "it is built with %s, whose malloc must be the first",
             probe->sanitizer);
    else if (probe_is_on_pools(probe))
        find(findings, FINDING_GOOD,
             "it is linked with poolmalloc, and so on pools already: run -c and -o, POOLMALLOC_CONF and "
             "POOLMALLOC configure it");
    else if (probe_has(probe, SIGN_OWN_MALLOC))
        find(findings, FINDING_BAD,
             "it brings its own malloc, which the dynamic linker prefers to any preloaded one");
    else if (probe->allocator[0])
        find(findings, FINDING_NOTE,
             "it is linked with %s, which becomes the next malloc: pools come first", probe->allocator);
    else
        find(findings, FINDING_GOOD, "its malloc comes from libc, and so from the pools");
    if (probe_has(probe, SIGN_INNER_ALLOCATOR))
        find(findings, FINDING_NOTE,
             "it contains an allocator under another name (jemalloc, mimalloc, tcmalloc or rpmalloc): "
             "what that serves passes the pools by");
    if (probe->inner[0])
        find(findings, FINDING_NOTE,
             "%s, which it is linked with, contains an allocator under another name: what that serves "
             "passes the pools by", probe->inner);
    if (probe_has(probe, SIGN_RUST_ALLOCATOR))
        find(findings, FINDING_NOTE,
             "it is a Rust program with a #[global_allocator]: only if that one calls malloc are the "
             "pools asked");
}

static void find_language(const struct probe *probe, struct findings *findings)
{
    static const char *const notes[] = {
        [LANGUAGE_PYTHON] = "Python keeps blocks of up to 512 bytes in arenas of its own: run --python "
                            "(PYTHONMALLOC=malloc) sends them to the pools",
        [LANGUAGE_NODE] = "Node's JavaScript objects are in V8's own heap: the pools see its C++ side",
        [LANGUAGE_JAVA] = "Java's objects are in the virtual machine's own heap: the pools see its native "
                          "side",
        [LANGUAGE_PHP] = "PHP keeps blocks in a heap of its own: USE_ZEND_ALLOC=0 in the environment "
                         "sends them to the pools",
        [LANGUAGE_GO] = "Go's objects are in a heap of its own: the pools see what C code in it (cgo) "
                        "asks for",
        [LANGUAGE_RUST] = "Rust asks malloc, and realloc where vectors grow",
    };
    if (probe->language != LANGUAGE_OTHER)
        find(findings, FINDING_NOTE, "%s", notes[probe->language]);
    if (probe_has(probe, SIGN_MMAP) || probe_has(probe, SIGN_BRK))
        find(findings, FINDING_NOTE,
             "it can map memory by itself (%s), which passes the pools by; doctor --run measures how much",
             probe_has(probe, SIGN_MMAP) ? "mmap" : "sbrk");
    if (probe_has(probe, SIGN_DLOPEN))
        find(findings, FINDING_NOTE,
             "it can load plug-ins (dlopen): one that is loaded with RTLD_DEEPBIND and frees what others "
             "allocated would hand chunks to libc");
}

// Whether the dump will be written when it ends.
static void find_end(const struct probe *probe, struct findings *findings)
{
    if (probe_has(probe, SIGN_LEAVES_AT_ONCE))
        find(findings, FINDING_NOTE,
             "it can leave without its exit handlers (_exit): no dump then, but poolmalloc stats still "
             "finds its statistics");
    if (probe_has(probe, SIGN_CLOSES_STREAMS))
        find(findings, FINDING_GOOD,
             "it closes standard error before it ends: the dump has a duplicate to go to");
    if (probe_has(probe, SIGN_EXEC))
        find(findings, FINDING_NOTE,
             "it can start other programs: run tells of them in one line, of each with --all-processes, and "
             "of none with --follow no");
}

void finding_all(const struct probe *probe, unsigned machine, finding_each *each, void *context)
{
    struct findings findings = {.each = each, .context = context};
    find_loading(probe, machine, &findings);
    if (!probe->is_elf || (findings.is_bad && !probe->loader[0]))
        return;
    find_malloc(probe, &findings);
    if (findings.is_bad)
        return;
    find_language(probe, &findings);
    find_end(probe, &findings);
}

struct refusal {
    char *text;
    size_t size;
    bool found;
};

static void keep_bad(void *context, enum finding_level level, const char *text)
{
    struct refusal *refusal = context;
    if (level != FINDING_BAD || refusal->found)
        return;
    snprintf(refusal->text, refusal->size, "%s", text);
    refusal->found = true;
}

bool finding_refusal(const struct probe *probe, unsigned machine, char *ret_text, size_t size)
{
    struct refusal refusal = {.text = ret_text, .size = size};
    finding_all(probe, machine, keep_bad, &refusal);
    return refusal.found;
}
