// SPDX-License-Identifier: MIT
// Requested sizes in steps: one for 0 bytes, one for each further 16 bytes up to 64 KiB, then four an
// octave. The routing table has an entry for each step, the histogram of requests a pair of counters.
#ifndef SIZE_STEP_H
#define SIZE_STEP_H

#include "base.h"

enum {
    SIZE_STEP = 16,
    SIZE_FINE_MAX = 65536,
    SIZE_FINE_STEPS = SIZE_FINE_MAX / SIZE_STEP + 1,
    SIZE_OCTAVES = 48 - 16,
    SIZE_STEPS = SIZE_FINE_STEPS + SIZE_OCTAVES * 4,
};

// The step of a size up to SIZE_FINE_MAX.
INLINE size_t size_step_fine(size_t size)
{
    return (size + SIZE_STEP - 1) / SIZE_STEP;
}

// The step of any size: the smallest whose end is at least that; the last takes all beyond.
INLINE unsigned size_step(size_t size)
{
    if (size <= SIZE_FINE_MAX)
        return (unsigned)size_step_fine(size);
    unsigned octave = log2_floor(size - 1);
    unsigned quarter = (unsigned)((size - 1) >> (octave - 2)) & 3;
    unsigned step = SIZE_FINE_STEPS + (octave - 16) * 4 + quarter;
    return step < SIZE_STEPS ? step : SIZE_STEPS - 1;
}

// The largest size of a step.
INLINE uint64_t size_step_end(unsigned step)
{
    if (step < SIZE_FINE_STEPS)
        return (uint64_t)step * SIZE_STEP;
    unsigned octave = 16 + (step - SIZE_FINE_STEPS) / 4;
    unsigned quarter = (step - SIZE_FINE_STEPS) % 4;
    return (1ULL << octave) + (((uint64_t)quarter + 1) << (octave - 2));
}

#endif
