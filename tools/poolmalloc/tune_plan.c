// SPDX-License-Identifier: MIT
// Pools of given sizes, and how many chunks each needs: bounds from what was measured.
#include <stdlib.h>
#include <string.h>

#include "tune.h"

static uint64_t requests_between(const struct tune_layout *layout, unsigned first, unsigned last)
{
    uint64_t sum = 0;
    for (unsigned step = first; step <= last && step < SIZE_STEPS; step++)
        sum += layout->most[step];
    return sum;
}

static void doubt(struct tune_class *class, enum tune_doubt doubt, const char *pool)
{
    if (class->doubts == 0 && pool)
        memcpy(class->in, pool, sizeof class->in);
    class->doubts |= doubt;
}

// What one measured pool says about a class: it had at most `max` of the class's chunks, plus those that
// it could not serve, and never more than were requested, if smaller, for blocks may have grown in their chunks.
static void bound_by_pool(const struct tune_layout *layout, const struct tune_measured *pool,
                          struct tune_class *class, uint64_t *at_most, unsigned *parts)
{
    unsigned first = (unsigned)max_u64(class->first, pool->first);
    unsigned last = (unsigned)min_u64(class->last, pool->last);
    if (pool->first > pool->last || first > last)
        return;
    uint64_t requests = requests_between(layout, first, last);
    uint64_t others = requests_between(layout, pool->first, pool->last) - requests;
    uint64_t ever = requests > 0 ? requests_between(layout, pool->first, last) : 0;
    uint64_t need = min_u64(pool->max + pool->missed, ever + pool->inherited);
    if (need == 0)
        return;
    *at_most += need;
    ++*parts;
    if (pool->missed > 0)
        doubt(class, TUNE_EMPTY, pool->name);
    if (others > 0)
        doubt(class, TUNE_TOGETHER, pool->name);
    else if (pool->at_least < pool->max)
        doubt(class, TUNE_THREADS, pool->name);
    if (others == 0)
        class->at_least = max_u64(class->at_least, pool->at_least);
}

static void bound_by_layout(const struct tune_layout *layout, struct tune_class *class)
{
    uint64_t at_most = 0;
    unsigned parts = 0, reach = 0;
    for (unsigned i = 0; i < layout->pool_count; i++) {
        bound_by_pool(layout, &layout->pools[i], class, &at_most, &parts);
        if (layout->pools[i].first <= layout->pools[i].last)
            reach = layout->pools[i].last + 1;
    }
    if (parts > 1)
        doubt(class, TUNE_APART, NULL);
    uint64_t outside =
        requests_between(layout, (unsigned)max_u64(class->first, reach), class->last);
    if (outside > 0)
        doubt(class, TUNE_OUTSIDE, NULL);
    class->at_most = max_u64(class->at_most, at_most + outside);
}

// At least one more where there is a margin.
uint64_t tune_with_margin(uint64_t chunks, unsigned margin)
{
    double more = (double)chunks * margin / 100;
    uint64_t count = chunks + (uint64_t)more + (more > (double)(uint64_t)more);
    return min_u64(max_u64(count, 1), UINT32_MAX);
}

// A pool of few small chunks takes a page all the same: with a margin, as many as fill it. More threads than
// were measured have chunks of their own then, and do not share cache lines.
static uint64_t count_for(const struct tune_class *class, const struct tune_wishes *wishes)
{
    uint64_t count = tune_with_margin(class->at_most, wishes->margin);
    return wishes->margin > 0 ? max_u64(count, TUNE_PAGE / class->size) : count;
}

static void fill_class(const struct tune_data *data, const struct tune_wishes *wishes,
                       unsigned first, unsigned last, struct tune_class *class)
{
    *class = (struct tune_class){.first = first, .last = last};
    class->size = align_up(size_step_end(last) ? size_step_end(last) : 1,
                           max_u64(ALIGN_MIN, data->mem_alignment));
    for (unsigned step = first; step <= last; step++) {
        class->requests += data->steps[step].count;
        class->bytes += data->steps[step].bytes;
    }
    for (unsigned i = 0; i < data->layout_count; i++)
        bound_by_layout(&data->layouts[i], class);
    class->at_least = min_u64(class->at_least, class->at_most);
    class->count = class->size <= wishes->unlimited_to ? COUNT_UNLIMITED : count_for(class, wishes);
}

// Some blocks of the class were in chunks of another size, while a program asked for it.
static bool answers_otherwise(const struct tune_data *data, const struct tune_class *class)
{
    for (unsigned i = 0; i < data->layout_count; i++) {
        const struct tune_layout *layout = &data->layouts[i];
        for (unsigned p = 0; layout->asks && p < layout->pool_count; p++) {
            const struct tune_measured *pool = &layout->pools[p];
            unsigned first = (unsigned)max_u64(class->first, pool->first);
            unsigned last = (unsigned)min_u64(class->last, pool->last);
            if (pool->usable != class->size && requests_between(layout, first, last) > 0)
                return true;
        }
    }
    return false;
}

// Sizes that can be a pool's, ascending.
struct sizes {
    unsigned count;
    unsigned step[SIZE_STEPS];   // the last one that the chunks serve
    uint64_t chunk[SIZE_STEPS];  // bytes
    uint64_t weight[SIZE_STEPS]; // requests that no smaller chunks serve
    bool measured[SIZE_STEPS];   // a measured pool's, by measured_end
};

static void fill_plan(const struct tune_data *data, const struct tune_wishes *wishes,
                      const struct sizes *sizes, const unsigned *last, unsigned count,
                      struct tune_plan *plan)
{
    plan->count = count;
    for (unsigned c = 0; c < count; c++) {
        struct tune_class *class = &plan->classes[c];
        unsigned first = c == 0 ? 0 : sizes->step[last[c - 1]] + 1;
        fill_class(data, wishes, first, sizes->step[last[c]], class);
        plan->answers_otherwise |= answers_otherwise(data, class);
        plan->handed_out += (double)class->requests * (double)class->size;
        plan->asked += (double)class->bytes;
        plan->served += class->requests;
        if (class->count == COUNT_UNLIMITED)
            plan->at_peak += class->at_most * class->size;
        else
            plan->reserved += class->count * class->size;
    }
    for (unsigned step = 0; step < SIZE_STEPS; step++)
        plan->beyond += data->steps[step].count;
    plan->beyond -= plan->served;
}

// Sizes above SIZE_FINE_MAX between two powers of two stay together: what a large chunk has beyond the request
// is pages that nobody touches, and one pool for all of them takes fewer chunks than one for each.
static bool is_one_octave(unsigned step, unsigned next)
{
    return step >= SIZE_FINE_STEPS && (step - SIZE_FINE_STEPS) / 4 == (next - SIZE_FINE_STEPS) / 4;
}

// The last step of the measured pool that the step leads to; the nearest of several. SIZE_STEPS: there is
// none, or it does not matter. It does where a program asks malloc_usable_size, and of large blocks, which
// often have grown in their chunks without a request.
static unsigned measured_end(const struct tune_data *data, unsigned step)
{
    unsigned end = SIZE_STEPS;
    for (unsigned i = 0; i < data->layout_count; i++) {
        const struct tune_layout *layout = &data->layouts[i];
        unsigned p = 0;
        while (p < layout->pool_count
               && (layout->pools[p].first > layout->pools[p].last || layout->pools[p].last < step))
            p++;
        if (p < layout->pool_count && (layout->asks || is_one_octave(step, layout->pools[p].last)))
            end = (unsigned)min_u64(end, layout->pools[p].last);
    }
    return end;
}

static void add_size(const struct tune_data *data, unsigned step, struct sizes *sizes)
{
    unsigned end = measured_end(data, step), n = sizes->count;
    bool measured = end < SIZE_STEPS;
    end = measured ? end : step;
    uint64_t chunk =
        align_up(max_u64(size_step_end(end), 1), max_u64(ALIGN_MIN, data->mem_alignment));
    bool same = n > 0 && (sizes->chunk[n - 1] == chunk // steps within one alignment
                          || (!measured && !sizes->measured[n - 1]
                              && is_one_octave(sizes->step[n - 1], step)));
    n += !same;
    sizes->step[n - 1] = end;
    sizes->chunk[n - 1] = chunk;
    sizes->weight[n - 1] = (same ? sizes->weight[n - 1] : 0) + data->steps[step].count;
    sizes->measured[n - 1] = measured;
    sizes->count = n;
}

void tune_plans(const struct tune_data *data, const struct tune_wishes *wishes, unsigned most,
                struct tune_plan *ret_plans)
{
    static struct sizes sizes;
    static unsigned last[TUNE_POOLS_MAX * TUNE_POOLS_MAX];
    sizes.count = 0;
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        if (data->steps[step].count == 0)
            continue;
        if (sizes.count > 0 && step <= sizes.step[sizes.count - 1])
            sizes.weight[sizes.count - 1] += data->steps[step].count;
        else if (size_step_end(step) <= wishes->largest)
            add_size(data, step, &sizes);
    }
    memset(ret_plans, 0, most * sizeof *ret_plans);
    tune_split(sizes.chunk, sizes.weight, sizes.count, most, last);
    for (unsigned k = 1; k <= most; k++) {
        unsigned count = (unsigned)min_u64(k, sizes.count);
        fill_plan(data, wishes, &sizes, last + (size_t)(count ? count - 1 : 0) * most, count,
                  &ret_plans[k - 1]);
    }
}

double tune_waste(const struct tune_plan *plan)
{
    return plan->asked >= plan->handed_out
               ? 0 : (plan->handed_out - plan->asked) * 100 / plan->handed_out;
}

unsigned tune_choose(const struct tune_plan *plans, unsigned count)
{
    unsigned chosen = 1;
    while (chosen < count
           && ((plans[chosen - 1].answers_otherwise && plans[chosen].count > chosen)
               || tune_waste(&plans[chosen - 1]) - tune_waste(&plans[chosen]) >= 1))
        chosen++;
    return chosen;
}
