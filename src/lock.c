// SPDX-License-Identifier: MIT
#include "lock.h"

#include "os.h"

enum { SPINS = 100 }; // about the time that the longest short critical section takes

void lock_take_slow(struct lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE && lock_try(lock))
            return;
        cpu_relax();
    }
    // From here on the lock counts as contended, since others may sleep on it too: taking it with
    // LOCK_CONTENDED costs at most one needless wake-up.
    while (atomic_exchange_explicit(&lock->state, LOCK_CONTENDED, memory_order_acquire) != LOCK_FREE)
        os_futex_wait(&lock->state, LOCK_CONTENDED);
}

void lock_wake_slow(struct lock *lock)
{
    os_futex_wake(&lock->state, 1);
}
