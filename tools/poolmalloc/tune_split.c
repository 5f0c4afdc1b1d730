// SPDX-License-Identifier: MIT
// The exact optimum by dynamic programming: best[k][j], the least cost of the first j sizes in k
// classes, is the least over i of best[k - 1][i] + cost(i, j), where the last class takes the sizes
// from i on. cost(i, j) = size[j - 1] * (sum of weights from i to j) keeps the quadrangle inequality,
// so the best i never falls while j grows: divide and conquer over j needs n log n costs for each k
// (Galil and Park: Dynamic programming with convexity, concavity and sparsity, 1992).
#include <stdlib.h>

#include "tune.h"
#include "verb.h"

typedef unsigned __int128 cost; // 2^60 requests of 2^48 bytes

struct split {
    const uint64_t *size;
    cost *total;  // of weights: of the first j
    cost *before; // best[k - 1], of the first j sizes
    cost *best;   // best[k]
    unsigned *from; // the i of best[k]
};

// best[k] of [low, high], whose i are in [from, to].
static void solve(struct split *split, unsigned low, unsigned high, unsigned from, unsigned to)
{
    if (low > high)
        return;
    unsigned j = low + (high - low) / 2, found = from;
    cost least = ~(cost)0;
    for (unsigned i = from; i <= to && i < j; i++) {
        cost c = split->before[i] + split->size[j - 1] * (split->total[j] - split->total[i]);
        if (c < least) {
            least = c;
            found = i;
        }
    }
    split->best[j] = least;
    split->from[j] = found;
    if (j > low)
        solve(split, low, j - 1, from, found);
    solve(split, j + 1, high, found, to);
}

static void *must(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (memory)
        return memory;
    verb_complain("out of memory");
    exit(VERB_FAILED);
}

// Follows the choices back from all n sizes in k classes.
static void trace(unsigned *const *from, unsigned n, unsigned k, unsigned *ret_last)
{
    for (unsigned end = n; k > 0; k--) {
        ret_last[k - 1] = end - 1;
        end = from[k - 1][end];
    }
}

void tune_split(const uint64_t *size, const uint64_t *weight, unsigned n, unsigned most,
                unsigned *ret_last)
{
    struct split split = {.size = size};
    unsigned *from[TUNE_POOLS_MAX];
    split.total = must(n + 1, sizeof(cost));
    split.before = must(n + 1, sizeof(cost));
    split.best = must(n + 1, sizeof(cost));
    for (unsigned j = 1; j <= n; j++)
        split.total[j] = split.total[j - 1] + weight[j - 1];
    for (unsigned k = 1; k <= most && k <= n; k++) {
        split.from = from[k - 1] = must(n + 1, sizeof **from);
        // One class begins at 0; k classes need k - 1 sizes before the last.
        solve(&split, k, n, k - 1, k == 1 ? 0 : n - 1);
        trace(from, n, k, ret_last + (size_t)(k - 1) * most);
        cost *swap = split.before;
        split.before = split.best;
        split.best = swap;
    }
    for (unsigned k = 1; k <= most && k <= n; k++)
        free(from[k - 1]);
    free(split.total);
    free(split.before);
    free(split.best);
}
