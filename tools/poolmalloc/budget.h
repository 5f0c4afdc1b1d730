// SPDX-License-Identifier: MIT
// Limits that statistics must keep to, for continuous integration. Pure.
#ifndef BUDGET_H
#define BUDGET_H

#include "record.h"

enum budget_row {
    BUDGET_FALLBACK,
    BUDGET_FAILED,
    BUDGET_ERR,
    BUDGET_OVERSIZE,
    BUDGET_ILLEGAL,
    BUDGET_WASTE,
    BUDGET_ROWS
};

struct budget {
    struct {
        bool is_set, is_percent;
        double most;
    } limits[BUDGET_ROWS];

    // Summed over all records.
    unsigned processes;
    uint64_t requests;
    uint64_t counts[BUDGET_ROWS]; // not of BUDGET_WASTE
    double given_bytes, asked_bytes;
};

// Sets a limit from text: "5" or "0.5%" of all requests. NULL, or what is wrong with it.
const char *budget_set(struct budget *budget, enum budget_row row, const char *text);
bool budget_is_set(const struct budget *budget); // any of them

void budget_add(struct budget *budget, const struct record *record);

// Whether the sum keeps to a limit, and the line that says so.
enum budget_verdict { BUDGET_UNASKED, BUDGET_KEPT, BUDGET_EXCEEDED };
enum budget_verdict budget_judge(const struct budget *budget, enum budget_row row, char *ret_line,
                                 size_t size);

#endif
