// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <pthread.h>

#include "lock.h"

static struct lock lock;
static long counter; // not atomic: the lock protects it

static void *count(void *steps)
{
    for (long i = 0; i < (long)steps; i++) {
        lock_take(&lock);
        counter++;
        lock_drop(&lock);
    }
    return NULL;
}

Test(lock, excludes_and_wakes_every_waiter)
{
    enum { THREADS = 8, STEPS = 50000 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count, (void *)(long)STEPS);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(counter, (long)THREADS * STEPS);
    cr_assert(lock_try(&lock));
}

Test(lock, try_fails_while_held)
{
    lock_take(&lock);
    cr_assert_not(lock_try(&lock));
    lock_drop(&lock);
    cr_assert(lock_try(&lock));
}

Test(lock, depth_says_whether_a_signal_handler_may_have_interrupted_an_owner)
{
    static struct lock other;
    cr_assert_eq(lock_depth, 0);
    lock_take(&lock);
    lock_take(&other);
    cr_assert_eq(lock_depth, 2);
    cr_assert_not(lock_try(&lock));
    cr_assert_eq(lock_depth, 2);
    lock_drop(&other);
    lock_drop(&lock);
    cr_assert_eq(lock_depth, 0);
}

Test(lock, reset_frees_a_lock_whose_owner_is_gone)
{
    lock_take(&lock);
    lock_reset(&lock);
    cr_assert(lock_try(&lock));
}
