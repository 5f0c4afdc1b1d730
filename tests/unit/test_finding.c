// SPDX-License-Identifier: MIT
// What a probe means: which programs are refused, and LD_PRELOAD of those that are not.
#include <criterion/criterion.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "launch.h"

static struct probe probe;
static char text[2 * PATH_MAX];

static void make_good(void)
{
    memset(&probe, 0, sizeof probe);
    probe.is_elf = true;
    probe.bits = 64;
    probe.machine = EM_X86_64;
    strcpy(probe.loader, "/lib64/ld-linux-x86-64.so.2");
}

TestSuite(finding, .init = make_good);

static bool is_refused(const char *because)
{
    return finding_refusal(&probe, EM_X86_64, text, sizeof text) && strstr(text, because);
}

Test(finding, a_dynamic_program_with_libcs_malloc_is_not_refused)
{
    probe.signs = 1 << SIGN_DLOPEN | 1 << SIGN_MMAP | 1 << SIGN_LEAVES_AT_ONCE | 1 << SIGN_INNER_ALLOCATOR;
    strcpy(probe.allocator, "libjemalloc.so.2");
    cr_expect_not(finding_refusal(&probe, EM_X86_64, text, sizeof text));
}

Test(finding, a_file_that_cannot_be_read_is_not_refused)
{
    probe.is_elf = false;
    cr_expect_not(finding_refusal(&probe, EM_X86_64, text, sizeof text));
}

Test(finding, each_thing_that_cannot_work_is_refused)
{
    probe.bits = 32;
    cr_expect(is_refused("32-bit"));
    make_good();
    probe.machine = EM_AARCH64;
    cr_expect(is_refused("it is for aarch64"));
    make_good();
    probe.loader[0] = '\0';
    cr_expect(is_refused("statically"));
    make_good();
    strcpy(probe.loader, "/lib/ld-musl-x86_64.so.1");
    cr_expect(is_refused("musl"));
    make_good();
    probe.is_secure = true;
    cr_expect(is_refused("more rights"));
    make_good();
    probe.sanitizer = "AddressSanitizer";
    cr_expect(is_refused("AddressSanitizer"));
    make_good();
    probe.signs = 1 << SIGN_OWN_MALLOC;
    cr_expect(is_refused("its own malloc"));
}

Test(finding, preload_has_the_pools_first_then_the_next_malloc_then_what_was_there)
{
    static const struct {
        const char *next, *before, *expected;
    } cases[] = {{NULL, NULL, "/l"}, {NULL, "", "/l"}, {"/n", NULL, "/l:/n"}, {NULL, "b c", "/l:b c"},
                 {"/n", "b", "/l:/n:b"}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *list = launch_preload("/l", cases[i].next, cases[i].before);
        cr_expect_str_eq(list, cases[i].expected);
        free(list);
    }
}
