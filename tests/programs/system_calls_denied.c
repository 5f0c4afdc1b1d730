// SPDX-License-Identifier: MIT
// system_calls_denied HOW: once started, a filter allows write, futex, madvise, munmap and exit
// only; others kill the process (HOW: kill) or fail (HOW: fail). Finite pools need nothing else;
// an unlimited one that cannot grow any more fails like an empty one.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "expect.h"

#define ALLOW(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void deny(unsigned action)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_write), ALLOW(SYS_futex), ALLOW(SYS_madvise), ALLOW(SYS_munmap), ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, action),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(int argc, char **argv)
{
    static void *chunks;
    int kills = strcmp(argv[1], "kill") == 0;
    free(malloc(64));
    free(malloc(300));
    deny(kills ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM);
    for (int i = 0; i < 3; i++) {
        for (size_t size = 0; size <= 64; size++) {
            char *p = calloc(1, size);
            EXPECT(p && (p = realloc(p, size + 40)) && p[size / 2] == 0);
            free(p);
        }
        if (kills) {
            long n = take_all(64, &chunks);
            give_all(&chunks);
            EXPECT_EQ(n, count_free(64));
        }
    }
    if (!kills)
        for (int n = 0; n < 1000000 && malloc(64); n++)
            ;
    _exit(0);
}
