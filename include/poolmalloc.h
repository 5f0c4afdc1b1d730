// SPDX-License-Identifier: MIT
// What programs that know libpoolmalloc may ask it. C and C++. No other header of the project is
// public, and a program needs none to run on pools: preloading the library is enough.
#ifndef POOLMALLOC_H
#define POOLMALLOC_H

#define PM_VERSION_MAJOR 0
#define PM_VERSION_MINOR 1
#define PM_VERSION_PATCH 0
#define PM_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

// The version of the library that is loaded, "MAJOR.MINOR.PATCH". It differs from PM_VERSION, which
// is the header's, when a program runs with another release than it was compiled with. Never NULL;
// any thread; does not allocate.
const char *pm_version(void);

#ifdef __cplusplus
}
#endif

#endif
