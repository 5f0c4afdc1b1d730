// SPDX-License-Identifier: MIT
// loads: runs one scenario under whatever malloc is preloaded, and prints one line about it.
#include "bench.h"

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

// name, group, threads, prepare, run, finish, operations, size, live, help
static const struct scenario scenarios[] = {
    {"pair-16", "pairs", "1 2", NULL, run_pairs, NULL, 10000000, 16, 1, "malloc, free"},
    {"pair-64", "pairs", "1 2 8", NULL, run_pairs, NULL, 10000000, 64, 1, "the same"},
    {"pair-256", "pairs", "1 2", NULL, run_pairs, NULL, 10000000, 256, 1, "the same"},
    {"pair-1024", "pairs", "1 2", NULL, run_pairs, NULL, 10000000, 1024, 1, "the same"},
    {"pair-8192", "pairs", "1 2", NULL, run_pairs, NULL, 10000000, 8192, 1, "the same"},
    {"pair-65536", "pairs", "1 2", NULL, run_pairs, NULL, 3000000, 65536, 1, "the same"},
    {"lifo-100", "batches", "1 2", prepare_blocks, run_lifo, NULL, 10000000, 64, 100,
     "batches of 64 bytes, freed from the last to the first"},
    {"lifo-10000", "batches", "1 2", prepare_blocks, run_lifo, NULL, 10000000, 64, 10000,
     "the same, larger batches"},
    {"fifo-10000", "batches", "1 2", prepare_blocks, run_fifo, NULL, 10000000, 64, 10000,
     "freed from the first to the last"},
    {"shuffled-10000", "batches", "1 2", prepare_shuffled, run_shuffled, NULL, 10000000, 64, 10000,
     "freed in random order"},
    {"random-1000", "random", "1 2 8", prepare_live, run_random, NULL, 10000000, 1024, 1000,
     "random sizes, replaced at random among 1,000 live blocks of each thread"},
    {"random-100000", "random", "1 2", prepare_live, run_random, NULL, 5000000, 1024, 100000,
     "the same among 100,000"},
    {"random-1000000", "random", "1 2", prepare_live, run_random, NULL, 3000000, 1024, 1000000,
     "the same among 1,000,000"},
    {"build-100000", "random", "1 2", prepare_blocks, run_build, NULL, 1000000, 1024, 100000,
     "100,000 blocks of random sizes, then all freed in order, again and again"},
    {"mix", "mix", "1 2 8", prepare_live, run_mix, NULL, 5000000, 1024, 2000,
     "malloc, calloc and realloc, sizes to 16 KiB, 2,000 live blocks of each thread"},
    {"large", "large", "1 2", prepare_large, run_large, NULL, 300000, 1024, 1000,
     "one block in a hundred has 100 KiB to 1 MiB"},
    {"realloc-small", "realloc", "1 2", prepare_blocks, run_realloc, NULL, 3000000, 4096, 100,
     "100 arrays that grow by halves to 4 KiB; an operation is a realloc"},
    {"realloc-large", "realloc", "1 2", prepare_blocks, run_realloc, NULL, 10000, 4 << 20, 4,
     "4 arrays that grow by halves to 4 MiB"},
    {"calloc-64", "calloc", "1 2", prepare_blocks, run_calloc, NULL, 10000000, 64, 100,
     "calloc in batches of 100"},
    {"calloc-4096", "calloc", "1 2", prepare_blocks, run_calloc, NULL, 500000, 4096, 100,
     "the same"},
    {"aligned-64", "aligned", "1 2", prepare_blocks, run_aligned, NULL, 10000000, 64, 100,
     "aligned_alloc in batches of 100"},
    {"aligned-4096", "aligned", "1 2", prepare_blocks, run_aligned, NULL, 500000, 4096, 100,
     "the same"},
    {"producer-consumer", "random", "2 8", NULL, run_producer_consumer, NULL, 3000000, 1024, 1024,
     "one thread allocates, another frees"},
    {"server", "random", "2 8", prepare_server, run_server, NULL, 5000000, 1024, 1000,
     "sets of blocks go from thread to thread, threads come and go"},
    {"churn", "random", "1 2", prepare_blocks, run_churn, NULL, 3000, 1024, 100,
     "an operation is a thread that allocates 100 blocks; half of them outlive it"},
    {"empty", "empty", "1 2 8", prepare_held, run_empty, NULL, 10000000, 64, 64,
     "pairs of 64 bytes while the pool of 64, if there is one of 50 chunks, is empty"},
    {"fight", "fight", "1 2 8", NULL, run_fight, finish_fight, 10000000, 64, 16,
     "a pool of 32 chunks; each thread wants up to 16; an operation is a request"},
    {"fight-mutex", "reference", "1 2 8", prepare_fight_mutex, run_fight_mutex, NULL, 10000000, 64,
     16, "the same with an array under one mutex, no malloc"},
    {"latency", "latency", "1 2", prepare_latency, run_latency, finish_latency, 1000000, 2048,
     20000, "single calls among 20,000 live blocks after warm-up"},
    {"latency-cold", "latency", "1", prepare_latency_cold, run_latency_touch, finish_latency,
     500000, 2048, 20000, "the same from the first call on; malloc's first write belongs to it"},
};

enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

static const struct scenario *scenario;
static struct worker workers[THREADS_MAX];
const char *lowest_file;
static pthread_barrier_t start_line;
static _Atomic size_t own_bytes; // what own_memory gave out

// The end of the line, printed when all is measured: reports must not allocate.
static char extras[2048];

void report_number(const char *name, double value)
{
    size_t used = strlen(extras);
    snprintf(extras + used, sizeof extras - used, " %s=%.4g", name, value);
}

void *own_memory(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                   -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    own_bytes += bytes;
    return p;
}

double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

static void *work(void *argument)
{
    struct worker *self = argument;
    if (scenario->prepare)
        scenario->prepare(self);
    if (self->threads > 1)
        pthread_barrier_wait(&start_line);
    self->started_ns = now_ns(); // its first call has page faults of its own
    long faults = page_faults();
    scenario->run(self);
    self->ended_ns = now_ns();
    self->faults = page_faults() - faults;
    return NULL;
}

// One thread is the process's first: many allocators are faster before there is a second.
static void run_all(unsigned threads)
{
    pthread_t ids[THREADS_MAX];
    if (threads == 1) {
        work(&workers[0]);
        return;
    }
    pthread_barrier_init(&start_line, NULL, threads);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0)
            abort();
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

// From the first start to the last end.
static double elapsed_ns(unsigned threads)
{
    double started = workers[0].started_ns, ended = workers[0].ended_ns;
    for (unsigned i = 1; i < threads; i++) {
        started = workers[i].started_ns < started ? workers[i].started_ns : started;
        ended = workers[i].ended_ns > ended ? workers[i].ended_ns : ended;
    }
    return ended - started;
}

// VmHWM of /proc/self/status, without what own_memory gave out.
static long peak_kib(void)
{
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *line = strstr(text, "VmHWM:");
    return line ? strtol(line + strlen("VmHWM:"), NULL, 10) - (long)(own_bytes >> 10) : 0;
}

struct options {
    double scale;
    unsigned threads;
    size_t size, live; // 0: as the scenario says
};

static void set_up_workers(const struct options *o)
{
    double operations = (double)scenario->operations * o->scale / o->threads;
    for (unsigned i = 0; i < o->threads; i++) {
        struct worker *w = &workers[i];
        w->index = i;
        w->threads = o->threads;
        w->operations = operations < 1 ? 1 : (uint64_t)operations;
        w->size = o->size ? o->size : scenario->size;
        w->live = o->live ? o->live : scenario->live;
        if (!o->live && w->live > w->operations) // a short run has no time to set up more
            w->live = w->operations;
        w->random = i + 1;
    }
}

static void measure(const struct options *o)
{
    uint64_t failed = 0;
    long faults = 0;
    set_up_workers(o);
    run_all(o->threads);
    uint64_t operations = workers[0].operations * o->threads;
    double ns = elapsed_ns(o->threads);
    long peak = peak_kib();
    for (unsigned i = 0; i < o->threads; i++) {
        failed += workers[i].failed;
        faults += workers[i].faults;
    }
    if (scenario->finish)
        scenario->finish(workers);
    printf("scenario=%s threads=%u operations=%llu ns=%.3f peak_kib=%ld faults=%ld failed=%llu%s\n",
           scenario->name, o->threads, (unsigned long long)operations, ns / (double)operations,
           peak, faults, (unsigned long long)failed, extras);
}

static void list(void)
{
    for (unsigned i = 0; i < SCENARIOS; i++)
        printf("%s\t%s\t%s\t%s\n", scenarios[i].name, scenarios[i].group, scenarios[i].threads,
               scenarios[i].help);
}

static int usage(FILE *to)
{
    fputs("usage: loads [OPTION...] SCENARIO\n"
          "Runs one scenario and prints a line: nanoseconds per operation of all threads together\n"
          "(elapsed time / operations), peak resident memory, page faults, failed requests.\n\n"
          "  --threads N  default: the first number that the scenario lists\n"
          "  --scale F    this part of the operations (default: 1)\n"
          "  --size N     bytes of a block, or the largest\n"
          "  --live N     blocks that each thread holds\n"
          "  --lowest F   latency: keep the lowest time of each call in this file, over all runs\n"
          "               that name it, and report those too (one thread)\n"
          "  --list       scenarios: name, group, numbers of threads, what it does\n"
          "  --help       this text\n",
          to);
    return to == stdout ? 0 : 2;
}

static bool find_scenario(const char *name)
{
    for (unsigned i = 0; i < SCENARIOS; i++)
        if (strcmp(name, scenarios[i].name) == 0)
            scenario = &scenarios[i];
    return scenario != NULL;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"threads", required_argument, NULL, 't'}, {"scale", required_argument, NULL, 'f'},
        {"size", required_argument, NULL, 's'},    {"live", required_argument, NULL, 'l'},
        {"lowest", required_argument, NULL, 'o'},  {"list", no_argument, NULL, 'L'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    struct options o = {.scale = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 't': o.threads = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'f': o.scale = strtod(optarg, NULL); break;
        case 's': o.size = strtoul(optarg, NULL, 10); break;
        case 'l': o.live = strtoul(optarg, NULL, 10); break;
        case 'o': lowest_file = optarg; break;
        case 'L': list(); return 0;
        case 'h': return usage(stdout);
        default: return usage(stderr);
        }
    }
    if (optind + 1 != argc)
        return usage(stderr);
    if (!find_scenario(argv[optind])) {
        fprintf(stderr, "loads: no scenario %s; --list tells which there are\n", argv[optind]);
        return 2;
    }
    if (o.threads == 0)
        o.threads = (unsigned)strtoul(scenario->threads, NULL, 10);
    if (o.threads == 0 || o.threads > THREADS_MAX) {
        fprintf(stderr, "loads: threads: 1 to %d\n", THREADS_MAX);
        return 2;
    }
    measure(&o);
    return 0;
}
