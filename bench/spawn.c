// SPDX-License-Identifier: MIT
// spawn COUNT [NAME=VALUE...] PROGRAM [ARGUMENT...]: runs the program COUNT times, one run after
// the other, in this environment and the variables given, its standard output thrown away. Prints
// what one run takes from start to end (median, mean), its processor time, and the peak resident
// memory of its largest process. The variables are not those of spawn itself.
//
// It is a small program because the memory of whoever starts a program counts as the program's own
// in ru_maxrss: under Python all small programs would be equally large.
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static posix_spawn_file_actions_t actions;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double start_once(char **arguments, char **environment)
{
    pid_t pid;
    int status;
    double began = now_us();
    if (posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environment) != 0
        || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "spawn: %s failed\n", arguments[0]);
        exit(1);
    }
    return now_us() - began;
}

// The variables, then the environment of this process.
static char **make_environment(char **variables, size_t count)
{
    size_t inherited = 0;
    while (environ[inherited])
        inherited++;
    char **all = calloc(count + inherited + 1, sizeof *all);
    if (!all)
        exit(1);
    memcpy(all, variables, count * sizeof *all);
    memcpy(all + count, environ, inherited * sizeof *all);
    return all;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double us(struct timeval t)
{
    return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static void report(double *times, size_t count)
{
    struct rusage usage;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += times[i];
    qsort(times, count, sizeof *times, by_value);
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("median_us=%.1f mean_us=%.1f user_us=%.1f system_us=%.1f peak_kib=%ld\n",
           times[count / 2], sum / (double)count, us(usage.ru_utime) / (double)count,
           us(usage.ru_stime) / (double)count, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    int first = 2;
    while (first < argc && strchr(argv[first], '='))
        first++;
    double *times = calloc(count ? count : 1, sizeof *times);
    if (count == 0 || first >= argc || !times) {
        fputs("usage: spawn COUNT [NAME=VALUE...] PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    char **environment = make_environment(argv + 2, (size_t)first - 2);
    for (size_t i = 0; i < count; i++)
        times[i] = start_once(argv + first, environment);
    report(times, count);
    return 0;
}
