# SPDX-License-Identifier: MIT
# Loaded by .bats files that look at statistics: a dump in JSON, and single figures of it.
DUMP=$BATS_TEST_TMPDIR/dump.json

# As pools, with the dump in $DUMP.
counted() {
    local options=$1
    shift
    rm -f "$DUMP"
    pools "dump=$DUMP;dump_format=json;$options" "$@"
}

# figures OBJECT KEY...: their values, in one line. OBJECT is a pool's name (MALLOC_256) or `process`.
figures() {
    local object="\"name\":\"$1\","
    [ "$1" != process ] || object='"oversize":'
    shift
    awk -v object="$object" -v keys="$*" 'BEGIN { RS = "[{}]" }
        index($0, object) == 1 {
            for (n = split(keys, key, " "); i++ < n;) {
                at = index($0, "\"" key[i] "\":")
                printf("%s%s", i > 1 ? " " : "", at ? substr($0, at + length(key[i]) + 3) + 0 : "none")
            }
            print ""
        }' "$DUMP"
}

figure() { # OBJECT KEY
    figures "$1" "$2"
}
