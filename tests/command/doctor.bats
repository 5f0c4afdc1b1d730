# SPDX-License-Identifier: MIT
# poolmalloc doctor: what it tells of programs, looked at and run.
load ../helpers

doctor() {
    "$COMMAND" doctor "$@"
}

@test "a program that works: what holds, and what to type next" {
    run --separate-stderr doctor "$PROGRAMS/requests"
    [ "$status" = 0 ]
    [ "${lines[0]}" = "$PROGRAMS/requests" ]
    [[ ${lines[1]} == "  ok    it is linked dynamically, for "*", with glibc's /"* ]]
    [ "${lines[2]}" = "  ok    its malloc comes from libc, and so from the pools" ]
    [ "${lines[-1]}" = "It can run on pools. Next: poolmalloc run --profile $PROGRAMS/requests" ]
}

@test "programs that cannot: status 1, and the reason" {
    run --separate-stderr -1 doctor "$PROGRAMS/static_binary"
    [ "${lines[1]}" = "  no    it is linked statically: nothing can be preloaded" ]
    [ "${lines[-1]}" = "It cannot run on pools." ]
    run --separate-stderr -1 doctor "$PROGRAMS/own_malloc"
    [[ $output == *"  no    it brings its own malloc, which the dynamic linker prefers to any preloaded one"* ]]
    run --separate-stderr -1 doctor --run "$PROGRAMS/static_binary" # is not even started
}

# says TEXT: the last doctor's output has a line with it.
says() {
    grep -qF -- "$1" <<<"$output"
}

# built SOURCE [ARGUMENT...]: a program.
built() {
    local source=$1
    shift
    echo "$source" >"$BATS_TEST_TMPDIR/p.c"
    cc -w -o "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/p.c" "$@"
}

@test "plug-ins, own mappings, _exit, exec, streams closed, allocators inside: each has its note" {
    built 'int main(void) { return 0; }'
    run doctor "$BATS_TEST_TMPDIR/p"
    for note in dlopen mmap _exit "other programs" "standard error"; do
        ! says "$note"
    done
    built '#include <dlfcn.h>
    #include <sys/mman.h>
    #include <unistd.h>
    long __fpending(void *);
    int main(void) {
        dlopen("x", 1); mmap(0, 1, 1, 1, 1, 1); __fpending(0); execv("x", 0); _exit(0);
    }'
    run doctor "$BATS_TEST_TMPDIR/p"
    says "it can load plug-ins (dlopen)"
    says "it can map memory by itself (mmap)"
    says "it can leave without its exit handlers (_exit)"
    says "it can start other programs"
    says "it closes standard error before it ends"
    built 'void *je_malloc(int n) { return 0; } int main(void) { return 0; }'
    run -0 doctor "$BATS_TEST_TMPDIR/p"
    says "it contains an allocator under another name"
}

@test "allocators in libraries, and in those that libraries are linked with" {
    cd "$BATS_TEST_TMPDIR"
    library() { # NAME SOURCE [ARGUMENT...]
        echo "$2" | cc -w -shared -fPIC -o "lib$1.so" -x c - -x none "${@:3}" -Wl,-rpath,"$PWD"
    }
    library inside 'void *je_malloc(int n) { return 0; } int inside(void) { return 0; }'
    library middle 'int inside(void); int middle(void) { return inside(); }' ./libinside.so
    built 'int middle(void); int main(void) { return middle(); }' ./libmiddle.so -Wl,-rpath,"$PWD"
    run -0 doctor ./p
    says "  note  libinside.so, which it is linked with, contains an allocator under another name"
    says "  ok    its malloc comes from libc"
    library inside 'void *malloc(unsigned long n) { return 0; } int inside(void) { return 0; }'
    run -0 doctor ./p
    says "  note  it is linked with libinside.so, which becomes the next malloc: pools come first"
}

@test "a program that is linked with poolmalloc is on pools already, and run configures it" {
    for library in libpoolmalloc.a libpoolmalloc.so; do
        built '#include <stdio.h>
        #include <stdlib.h>
        const char *pm_version(void);
        int main(void) { char *volatile p = malloc(9); puts(pm_version()); free(p); return 0; }'             "$BUILD/$library" -pthread -Wl,-u,malloc -Wl,-rpath,"$BUILD"
        run -0 doctor "$BATS_TEST_TMPDIR/p"
        says "  ok    it is linked with poolmalloc, and so on pools already: run -c and -o, POOLMALLOC_CONF and"
        ! says "next malloc"
        ! says "own malloc"
        run --separate-stderr -0 "$COMMAND" run -o "stats_dir=$STATS_DIR" -o "malloc size=48 count=9"             "$BATS_TEST_TMPDIR/p"
        [ "$(grep -c '^  MALLOC_48 ' <<<"$stderr")" = 1 ]
        run -0 doctor --run "$BATS_TEST_TMPDIR/p"
        says "it asked for memory"
    done
    # That without malloc leaves the malloc to be replaced.
    built 'const char *pm_version(void); int main(void) { return !pm_version(); }'         "$BUILD/libpoolmalloc-pools.a" -pthread
    run -0 doctor "$BATS_TEST_TMPDIR/p"
    says "  ok    its malloc comes from libc"
}

@test "languages with heaps of their own" {
    for name in python3.11 node java php8.2; do
        cp "$PROGRAMS/requests" "$BATS_TEST_TMPDIR/$name"
        run -0 doctor "$BATS_TEST_TMPDIR/$name"
        says "of its own" || says "own heap"
    done
    run doctor "$BATS_TEST_TMPDIR/python3.11"
    says "Next: poolmalloc run --profile --python $BATS_TEST_TMPDIR/python3.11"
}

@test "scripts: the interpreter is looked at, through env" {
    printf '#!/usr/bin/env -S requests\n' >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    PATH=$PROGRAMS:$PATH run -0 doctor "$BATS_TEST_TMPDIR/script"
    [ "${lines[0]}" = "$BATS_TEST_TMPDIR/script, run by $PROGRAMS/requests" ]
}

@test "--run: what was asked, what passed by, and that the dump survives" {
    run --separate-stderr doctor --run "$PROGRAMS/requests" m50 m5000 m50000000
    [ "$status" = 0 ]
    [[ $output =~ it\ asked\ for\ memory\ ([0-9]+)\ times,\ and\ the\ pools\ served\ ([0-9]+)\;\ 1\ requests ]]
    [ $((BASH_REMATCH[1] - BASH_REMATCH[2])) = 1 ]
    says "  ok    its dump survived its way to the end"
    [ -z "$stderr" ]
}

@test "--run: of a script that starts others and becomes one, that one counts, and no dump is shown" {
    run --separate-stderr doctor --run bash -c '"$0" m50; echo said >&2; "$0" m50; exec "$0" m50000000' \
        "$PROGRAMS/requests"
    [ "$status" = 0 ]
    [[ $output =~ it\ asked\ for\ memory\ ([0-9]+)\ times.*\;\ 1\ requests ]]
    [ "${BASH_REMATCH[1]}" -lt 20 ] # bash alone asks hundreds of times
    says "  ok    its dump survived its way to the end"
    [ "$stderr" = said ]
}

@test "--run: a program that leaves by _exit, or by a signal, leaves no dump" {
    run --separate-stderr doctor --run sh -c 'echo said >&2; kill -9 $$'
    says "  note  a signal ended it: no dump, but poolmalloc stats finds its statistics"
    [ "$stderr" = said ]
    run --separate-stderr doctor --run bash -c 'exec 2>&-; exec sh -c "exit 0"'
    says "  note  it ended without a dump"
    ! says "exit status"
    run doctor --run sh -c 'exit 5'
    says "  note  it ended with exit status 5"
}

@test "--run: memory that a program maps itself passes by" {
    built '#include <stdio.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <unistd.h>
    static unsigned long looks(void) { /* of the doctor, who pauses between them */
        char path[64], line[256];
        unsigned long n = 0;
        sprintf(path, "/proc/%d/status", getppid());
        FILE *status = fopen(path, "r");
        while (fgets(line, sizeof line, status) && sscanf(line, "voluntary_ctxt_switches: %lu", &n) != 1)
            ;
        fclose(status);
        return n;
    }
    int main(void) {
        char *p = mmap(0, 64 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(p, 1, 64 << 20);
        for (unsigned long end = looks() + 3; looks() < end;) /* so that it is seen */
            usleep(1000);
        return 0;
    }'
    run --separate-stderr doctor --run "$BATS_TEST_TMPDIR/p"
    [[ $output =~ note\ \ of\ at\ most\ (6[4-9])M\ of\ its\ memory,\ about\ (6[4-9])M\ passed ]]
}

@test "no such program: 127; no program at all: 2" {
    run --separate-stderr -127 doctor no_such_program
    [ "$stderr" = "poolmalloc: no_such_program: no such program" ]
    run -2 doctor
}
