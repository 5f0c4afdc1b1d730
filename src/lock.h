// SPDX-License-Identifier: MIT
// A mutual exclusion lock in one word; all zero is unlocked. Not recursive. Waiters spin briefly,
// then sleep on a futex. Lock order, always taken in this direction:
//   runtime (threads come and go, fork)  ->  pools, by rising index
#ifndef LOCK_H
#define LOCK_H

#include "base.h"

struct lock {
    _Atomic uint32_t state; // enum lock_state
};

enum lock_state { LOCK_FREE, LOCK_HELD, LOCK_CONTENDED };

void lock_take_slow(struct lock *lock);
void lock_wake_slow(struct lock *lock);

// For who may be a signal handler that interrupted the lock's owner. False: it was not to be had in a
// time that is long for everybody else.
bool lock_take_within(struct lock *lock);

INLINE bool lock_try(struct lock *lock)
{
    uint32_t expected = LOCK_FREE;
    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, LOCK_HELD,
                                                   memory_order_acquire, memory_order_relaxed);
}

INLINE void lock_take(struct lock *lock)
{
    if (unlikely(!lock_try(lock)))
        lock_take_slow(lock);
}

INLINE void lock_drop(struct lock *lock)
{
    // Release: pairs with the acquire of whoever takes the lock next.
    uint32_t was = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);
    if (unlikely(was == LOCK_CONTENDED))
        lock_wake_slow(lock);
}

// For the only thread of a forked child, where the owner may not exist.
INLINE void lock_reset(struct lock *lock)
{
    atomic_store_explicit(&lock->state, LOCK_FREE, memory_order_relaxed);
}

#endif
