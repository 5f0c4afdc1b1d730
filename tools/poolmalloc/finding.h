// SPDX-License-Identifier: MIT
// What a probe means for a program on pools: whether it can work, and what passes the pools by.
#ifndef FINDING_H
#define FINDING_H

#include "probe.h"

enum finding_level { FINDING_GOOD, FINDING_NOTE, FINDING_BAD };

// Called with each finding, a sentence without a full stop; BAD: cannot work.
typedef void finding_each(void *context, enum finding_level level, const char *text);

// `machine` is the library's own (EM_...).
void finding_all(const struct probe *probe, unsigned machine, finding_each *each, void *context);

// The first reason why the program cannot work; false: there is none.
bool finding_refusal(const struct probe *probe, unsigned machine, char *ret_text, size_t size);

#endif
