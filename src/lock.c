// SPDX-License-Identifier: MIT
#include "lock.h"

#include "os.h"

enum {
    SPINS = 100, // about the time that the longest short critical section takes
    YIELDS = 20, // in each the owner may run, if it is another thread
};

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

bool lock_take_within(struct lock *lock)
{
    for (int i = 0; i < SPINS + YIELDS; i++) {
        if (lock_try(lock))
            return true;
        if (i < SPINS)
            cpu_relax();
        else
            os_yield();
    }
    return false;
}

void lock_wake_slow(struct lock *lock)
{
    os_futex_wake(&lock->state, 1);
}
