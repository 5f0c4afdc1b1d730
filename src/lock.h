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

// Locks that this thread holds, is about to take, or has just dropped: a signal handler that finds it other
// than 0 may have interrupted an owner.
extern TLS unsigned lock_depth;

void lock_take_slow(struct lock *lock); // counts nothing
void lock_wake_slow(struct lock *lock);

INLINE void lock_count(unsigned more)
{
    atomic_signal_fence(memory_order_seq_cst);
    lock_depth += more;
    atomic_signal_fence(memory_order_seq_cst);
}

INLINE bool lock_swap(struct lock *lock)
{
    uint32_t expected = LOCK_FREE;
    return atomic_compare_exchange_strong_explicit(&lock->state, &expected, LOCK_HELD,
                                                   memory_order_acquire, memory_order_relaxed);
}

INLINE bool lock_try(struct lock *lock)
{
    lock_count(1);
    bool taken = lock_swap(lock);
    if (!taken)
        lock_count(-1U);
    return taken;
}

INLINE void lock_take(struct lock *lock)
{
    lock_count(1);
    if (unlikely(!lock_swap(lock)))
        lock_take_slow(lock);
}

INLINE void lock_drop(struct lock *lock)
{
    // Release: pairs with the acquire of whoever takes the lock next.
    uint32_t was = atomic_exchange_explicit(&lock->state, LOCK_FREE, memory_order_release);
    lock_count(-1U);
    if (unlikely(was == LOCK_CONTENDED))
        lock_wake_slow(lock);
}

// For the only thread of a forked child, where the owner may not exist.
INLINE void lock_reset(struct lock *lock)
{
    atomic_store_explicit(&lock->state, LOCK_FREE, memory_order_relaxed);
}

#endif
