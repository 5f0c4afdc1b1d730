// SPDX-License-Identifier: MIT
// See probe_elf.c. Only probe.c uses it.
#ifndef PROBE_ELF_H
#define PROBE_ELF_H

#include "probe.h"

// Fills in what an open file says of itself as ELF; leaves it be where it is none, or damaged.
void probe_elf(int fd, struct probe *probe);

#endif
