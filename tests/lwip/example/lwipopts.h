/* SPDX-License-Identifier: MIT */
/* As a program for lwIP has it: nothing here knows of another library. */
#define MEM_USE_POOLS 1
#define MEMP_USE_CUSTOM_POOLS 1
