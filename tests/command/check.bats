# SPDX-License-Identifier: MIT
# poolmalloc check: mistakes, warnings, the table, and budgets.
load ../helpers

check() {
    "$COMMAND" check "$@"
}

# conf LINE...: a file with these lines.
conf() {
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/my.conf"
    cd "$BATS_TEST_TMPDIR"
}

@test "every bad configuration of the parser's tests: the same mistakes, status 1" {
    cd "$TESTS/conf/bad"
    for file in *.conf; do
        run --separate-stderr -1 check "$file"
        [ -z "$output" ]
        # Columns and lines of the whole file; what the parser's tests expect names it by its path.
        [ "$(wc -l <<<"$stderr")" = "$(wc -l <"${file%.conf}.err")" ]
    done
    run --separate-stderr -1 check size_range.conf
    [ "$stderr" = "size_range.conf:1:13: size: 0 is out of range 1 to 1G
size_range.conf:2:13: size: 1025M is out of range 1 to 1G
size_range.conf:3:13: size: 1073741825 is out of range 1 to 1G" ]
}

@test "a good one is shown as the library understands it" {
    conf "malloc size=100 count=10" "malloc size=4K count=unlimited" "pool BOX size=64 count=22" "on_empty = fail"
    run --separate-stderr check my.conf
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [ "$output" = "my.conf: 2 malloc pools, 1 named; 2.5K of memory
POOL         REQUESTS OF  STRIDE      COUNT  MEMORY
MALLOC_100         0-112     112         10    1.1K
MALLOC_4096     113-4096    4096  unlimited   grows
BOX             pm_alloc      64         22    1.4K
  on_empty = fail" ]
}

@test "presets and standard input" {
    run --separate-stderr check lwip
    [ "$status" = 0 ]
    [[ $output == "lwip: 3 malloc pools"*"semantics = lwip"* ]]
    run --separate-stderr -1 check - <<<"bad"
    [ "$stderr" = "standard input:1:1: unknown statement 'bad' (did you mean 'pbuf'?)" ] \
        || [[ $stderr == "standard input:1:1: unknown statement 'bad'"* ]]
    run --separate-stderr -1 check /no/such/file
    [ "$stderr" = "poolmalloc: /no/such/file: No such file or directory" ]
}

@test "as JSON: what is wrong, what is unwise, what it comes to" {
    command -v python3 >/dev/null || skip "no python3"
    conf "malloc size=64 count=5" "malloc size=32 count=unlimited" "pbuf RX payload=1514 count=16"
    run --separate-stderr -1 check my.conf - --json <<<"malloc size=0 count=1"
    [ -z "$stderr" ]
    python3 - "$output" <<'END'
import json, sys
document = json.loads(sys.argv[1])
mine, bad = document["files"]
assert not document["ok"] and not document["budget"]
assert bad["mistakes"] == ["standard input:1:13: size: 0 is out of range 1 to 1G"] and "pools" not in bad
assert mine["mistakes"] == [] and len(mine["warnings"]) == 1
assert [p["name"] for p in mine["pools"]] == ["MALLOC_64", "MALLOC_32", "RX"]
assert [p["count"] for p in mine["pools"]] == [5, None, 16]
assert [p["bytes"] for p in mine["pools"]] == [320, None, 16 * 1552]
assert [p.get("to") for p in mine["pools"]] == [64, None, None]
assert mine["bytes"] == 320 + 16 * 1552 and mine["options"]["on_empty"] == "fallback"
END
    run --separate-stderr -1 check --json --stats "$DUMP" --max-fallback 2 --max-err 40%
    python3 - "$output" <<'END'
import json, sys
budget = json.loads(sys.argv[1])["budget"]
assert (budget["processes"], budget["requests"]) == (1, 5)
assert [(l["limit"], l["kept"]) for l in budget["limits"]] == [("fallback", False), ("err", True)]
END
}

@test "several files: each is shown, and one bad one makes the status 1" {
    conf "malloc size=0 count=1"
    run --separate-stderr -1 check my.conf lwip
    [[ $output == *"lwip: 3 malloc pools"* ]]
    [ "$stderr" = "my.conf:1:13: size: 0 is out of range 1 to 1G" ]
}

@test "warnings: a pool that never gets a request, none at all; status 0" {
    conf "malloc size=512 count=5" "malloc size=256 count=5"
    run --separate-stderr check my.conf
    [ "$status" = 0 ]
    [ "$stderr" = "my.conf:2: warning: the pool of 256 bytes never gets a request: the one of 512 in line 1 \
takes all of its sizes, and order decides" ]
    [[ $output == *"MALLOC_256         none "* ]]
    conf "try_bigger = yes" "malloc size=512 count=5" "malloc size=256 count=5"
    run --separate-stderr check my.conf
    [[ $stderr == "my.conf:3: warning: the pool of 256 bytes gets only what earlier ones spill: "* ]]
    conf "pool BOX size=64 count=22"
    run --separate-stderr check my.conf
    [ "$stderr" = "my.conf: warning: there is no malloc pool: every request of malloc is oversize" ]
}

@test "memory: more than the machine has, than may be locked, than may be addressed" {
    conf "malloc size=1M count=50000000" "lock_memory = yes"
    run --separate-stderr check my.conf
    [[ $stderr == *"my.conf: warning: the pools have 48T of memory, and this machine has "* ]]
    [[ $stderr == *"my.conf: warning: lock_memory: the pools have 48T, and the limit"* ]] \
        || [ "$(ulimit -l)" = unlimited ]
    conf "malloc size=1M count=5000"
    check my.conf
    run --separate-stderr -1 bash -c "ulimit -v 1000000; '$COMMAND' check my.conf"
    [[ $stderr == "my.conf: the kernel refused the memory of the pools" ]]
    conf "malloc size=64 count=unlimited"
    run --separate-stderr bash -c "ulimit -v 1000000; '$COMMAND' check my.conf"
    [ "$status" = 0 ]
    [[ $stderr == "my.conf:1: warning: under the limit on address space (ulimit -v), an unlimited pool can \
grow to "*" only" ]]
}

# ---- Budgets ----

setup_file() {
    export DUMP=$BATS_FILE_TMPDIR/dump.json
    load ../helpers
    # 5 requests: 2 from the pool, 2 while it was empty, 1 too large.
    POOLMALLOC="malloc size=64 count=2;dump=$DUMP;dump_format=json;stats_dir=$BATS_FILE_TMPDIR/s" \
        LD_PRELOAD=$LIB "$PROGRAMS/requests" m48 m48 m48 m48 m500 >/dev/null
}

@test "budgets that are kept, and that are not" {
    run --separate-stderr check --stats "$DUMP" --max-fallback 3 --max-err 40% --max-waste 25% \
        --max-failed 0 --max-illegal 0 --max-oversize 20%
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [ "$output" = "1 process, 5 requests
ok   fallback: 3 (60.00%), at most 3
ok   failed: 0 (0.00%), at most 0
ok   err: 2 (40.00%), at most 40%
ok   oversize: 1 (20.00%), at most 20%
ok   illegal: 0 (0.00%), at most 0
ok   waste: 25.00%, at most 25%" ]
    run --separate-stderr -1 check --stats "$DUMP" --max-fallback 2 --max-err 39.9% --max-waste 24%
    [ "$output" = "1 process, 5 requests
FAIL fallback: 3 (60.00%), at most 2
FAIL err: 2 (40.00%), at most 39.9%
FAIL waste: 25.00%, at most 24%" ]
}

@test "options may follow the configuration" {
    run --separate-stderr check lwip --stats "$DUMP" --max-fallback 3
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [[ ${lines[0]} == "lwip: 3 malloc pools"* ]]
    [ "${lines[-1]}" = "ok   fallback: 3 (60.00%), at most 3" ]
}

@test "budgets are about all processes together" {
    run --separate-stderr check --stats "$DUMP" --stats "$DUMP" --max-fallback 6
    [ "$status" = 0 ]
    [ "${lines[0]}" = "2 processes, 10 requests" ]
    [ "${lines[1]}" = "ok   fallback: 6 (60.00%), at most 6" ]
}

@test "statistics that cannot be read keep to no budget" {
    run --separate-stderr -1 check --stats /no/such/file --max-err 0
    [ -n "$stderr" ]
    run --separate-stderr -1 check --stats "$DUMP" --stats /no/such/file --max-err 5
}

@test "wrong command lines: status 2" {
    run -2 check
    run -2 check --stats "$DUMP"
    run -2 check --max-err 0 lwip
    for bad in x -1 1x% 101% nan "" 1e3; do
        run -2 check --stats "$DUMP" --max-err "$bad"
    done
    run -2 check --stats "$DUMP" --max-waste 20
}

@test "what is no pools.conf at all is told once, by run as well" {
    cd "$BATS_TEST_TMPDIR"
    POOLMALLOC=stats_dir=$STATS_DIR "$COMMAND" run --profile --output json true 2>/dev/null
    pools keep_stats=yes "$PROGRAMS/requests" m50 >/dev/null
    cp "$STATS_DIR"/*.pmstat binary
    for file in json binary; do
        run --separate-stderr -1 check "$file"
        [ "$stderr" = "$file: that is statistics, and no pools.conf: poolmalloc tune makes one of them" ]
        run --separate-stderr -125 "$COMMAND" run -c "$file" true
        [ "$stderr" = "poolmalloc: -c $file: that is statistics, and no pools.conf: poolmalloc tune makes one of them" ]
    done
    run --separate-stderr -1 check "$PROGRAMS/requests"
    [ "$stderr" = "$PROGRAMS/requests: that is not text, and so no pools.conf" ]
    run --separate-stderr -125 "$COMMAND" run -c "$PROGRAMS/requests" true
    [ "$stderr" = "poolmalloc: -c $PROGRAMS/requests: that is not text, and so no pools.conf" ]
    run --separate-stderr -2 check --stats json --max-err x
    [[ $stderr == "poolmalloc check: --max-err x: must be a number"* ]]
}
