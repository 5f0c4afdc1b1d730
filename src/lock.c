// SPDX-License-Identifier: MIT
#include "lock.h"

#include "os.h"

enum {
    AWAY_MAX = 256, // in units of cpu_relax
    ROUNDS = 10,    // looks before it sleeps
};

TLS unsigned lock_depth;

// Looking at the lock takes its line, and the next holder the pool's lines, away from the processor that
// has them: two threads that took turns would spend their time on that. So a waiter stays away twice as
// long each time, and whoever has the lock gets many critical sections done meanwhile.
void lock_take_slow(struct lock *lock)
{
    for (int round = 0, away = 1; round < ROUNDS; round++) {
        for (int i = 0; i < away; i++)
            cpu_relax();
        if (atomic_load_explicit(&lock->state, memory_order_relaxed) == LOCK_FREE && lock_swap(lock))
            return;
        away = away < AWAY_MAX ? 2 * away : AWAY_MAX;
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
