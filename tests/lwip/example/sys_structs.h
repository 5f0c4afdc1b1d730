/* SPDX-License-Identifier: MIT */
/* The program's own types. */
#ifndef SYS_STRUCTS_H
#define SYS_STRUCTS_H
struct sys_mbox_struct {
    int first, last;
    void *messages[30];
};
struct sys_sem_struct {
    unsigned count;
};
#endif
