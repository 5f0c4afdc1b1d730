// SPDX-License-Identifier: MIT
// One HTML page about what was measured: what to do, how the pools did, what fits better. It needs no
// network and no other file; its text and figures stand in it without scripts.
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "tune.h"

struct report {
    struct record merged; // all processes as one, for what is shown of the pools
    struct tune_data data;
    struct tune_wishes wishes;
    struct tune_plan plans[TUNE_POOLS_MAX]; // TUNE_TABLE of them, or up to the chosen one
    unsigned chosen; // of the plans: a number of pools
    bool is_number_asked; // by the user
};

enum report_verdict { REPORT_FAILS, REPORT_EMPTY, REPORT_WASTE, REPORT_FITS,
                      REPORT_MEASURED }; // without a limit: what matters is the proposal

// What the figures come to, with a sentence each on what happened and what to do.
enum report_verdict report_judge(const struct report *report, char *happened, char *todo, size_t size);

// The whole page.
void report_write(FILE *out, const struct report *report);

// Parts of it.
void report_pools(FILE *out, const struct report *report);     // used, peak and capacity of each
void report_waste(FILE *out, const struct report *report);     // of each
void report_histogram(FILE *out, const struct report *report); // of requested sizes, and the pools
void report_choice(FILE *out, const struct report *report);    // waste and memory by number of pools

// Text with what has a meaning in HTML written as entities.
void report_text(FILE *out, const char *text);

// 1234567 as "1.2M", of thousands; one of a few buffers.
const char *report_count(double count);

extern const char report_css[], report_js[];

#endif
