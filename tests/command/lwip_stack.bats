# SPDX-License-Identifier: MIT
# Debian's lwIP, each of whose allocations is a malloc, on pools: measured on pools that grow, then on
# exactly the pools that it needed, then on one chunk fewer.
load ../helpers

setup() {
    export STATS_DIR=$BATS_TEST_TMPDIR/stats
    cd "$BATS_TEST_TMPDIR"
    unset CC POOLMALLOC POOLMALLOC_CONF
}

echo_on() { # configuration, dump; more options
    rm -f "$2"
    POOLMALLOC_CONF=$1 pools "dump=$PWD/$2;$3" "$BUILD/tests/lwip/lwip_echo"
}

# The pools that the program needs, by measuring it: strict.conf.
size_pools() {
    echo_on general run.json "dump_format=json;thread_cache=off" >/dev/null
    "$BUILD/poolmalloc" export lwip run.json -o lwippools.h
    "$BUILD/poolmalloc" import lwip lwippools.h -D MEM_ALIGNMENT=16 -o strict.conf
}

# One line a pool of a dump in lwIP's format: name, avail, used, max, err.
counters() {
    awk '$1 == "MEM" { name = $2 } $1 ~ /:$/ { line = line " " $2 } $1 == "err:" { print name line; line = "" }' "$1"
}

echoed="TCP: 196608 bytes echoed, 4 of 4 connections complete
UDP: 192 of 192 datagrams echoed, 116496 bytes"

@test "each run asks for the same" {
    echo_on general first "dump_format=lwip;thread_cache=off" >output
    [ "$(cat output)" = "$echoed" ]
    echo_on general second "dump_format=lwip;thread_cache=off" >output
    cmp first second
}

@test "by lwIP's strict rules, with exactly the pools that it was measured to need, nothing fails" {
    size_pools
    grep -qx 'semantics = lwip' strict.conf
    echo_on ./strict.conf strict "dump_format=lwip" >output
    [ "$(cat output)" = "$echoed" ]
    counters strict >figures
    [ "$(wc -l <figures)" -gt 20 ]
    # Every pool is as large as its high-water mark, and was never empty.
    [ -z "$(awk '$2 != $4 || $5 != 0' figures)" ]
    echo_on ./strict.conf strict.json "dump_format=json" >output
    grep -q '"oversize":0,' strict.json
}

@test "with one chunk fewer in its fullest pool, lwIP is out of memory there, and says so" {
    size_pools
    fullest=$(awk '/^malloc/ { split($3, count, "="); if (count[2] > most) { most = count[2]; name = $2 } }
                   END { print name }' strict.conf)
    awk -v fullest="$fullest" '$2 == fullest { split($3, count, "="); $3 = "count=" count[2] - 1 } { print }' \
        strict.conf >short.conf
    [ "$(diff strict.conf short.conf | grep -c '^>')" = 1 ]
    run echo_on ./short.conf short "dump_format=lwip"
    [ "$status" = 1 ]
    [[ $output == *"lwIP was out of memory "[1-9]* ]]
    # Only that pool was asked while it was empty.
    [ "$(counters short | awk '$5 > 0 { print $1 }')" = "MALLOC_${fullest#size=}" ]
}

@test "with one chunk fewer in any pool, its statistics say so" {
    size_pools
    local size count
    while read -r size count; do
        sed "s/^malloc size=$size  *count=$count /malloc size=$size count=$((count - 1)) /" strict.conf >short.conf
        echo_on ./short.conf short "dump_format=lwip" >output || true
        counters short | awk -v pool="MALLOC_$size" '$1 == pool && $5 > 0 { found = 1 } END { exit !found }'
    done < <(sed -nE 's/^malloc size=([0-9]+) +count=([0-9]+) .*/\1 \2/p' strict.conf | awk '$2 > 1')
}

@test "lwIP's own header of its own pools is imported, without a warning" {
    for header in opt memp raw udp altcp ip4_frag netbuf api etharp igmp timeouts netdb dns ip6_frag mld6 \
        priv/tcp_priv priv/tcpip_priv priv/api_msg priv/nd6_priv; do
        echo "#include \"lwip/$header.h\""
    done >types.inc
    echo '#include "netif/ppp/ppp_opts.h"' >>types.inc
    local include
    include=$(pkg-config --variable=includedir lwip)
    "$BUILD/poolmalloc" import lwip -I "$include" -I . -D MEMP_USE_CUSTOM_POOLS=0 -include types.inc \
        "$include/lwip/priv/memp_std.h" -o own.conf 2>warnings
    [ ! -s warnings ]
    [ "$(grep -c '^p' own.conf)" -gt 15 ]
    grep -q '^pool   TCP_PCB size=[0-9]* count=5 .*count MEMP_NUM_TCP_PCB$' own.conf
    grep -q '^pbuf   PBUF_POOL payload=[0-9]* count=16 ' own.conf
    there=$(sed -E 's/ *#.*//; s/ +/ /g; /^p/!d' own.conf)
    "$BUILD/poolmalloc" export lwip ./own.conf -o own.h
    [ "$("$BUILD/poolmalloc" import lwip own.h | sed -E 's/ *#.*//; s/ +/ /g; /^p/!d')" = "$there" ]
}

@test "README.md shows what its commands give" {
    local readme=$TESTS/../README.md
    sed -n "/^cat >grow.conf/,/^END/p" "$readme" >commands
    . ./commands
    grep -qF 'poolmalloc run -c grow.conf -o dump=echo.json -o dump_format=json' "$readme"
    echo_on ./grow.conf echo.json "dump_format=json" >output
    [ "$(cat output)" = "$echoed" ]
    "$BUILD/poolmalloc" export lwip --margin=10 --alignment=4 echo.json -o lwippools.h
    sed -n '/^\/\* lwippools.h, by/,/^LWIP_MALLOC_MEMPOOL_END/p' "$readme" | diff - lwippools.h
    "$BUILD/poolmalloc" import lwip -D MEM_ALIGNMENT=4 lwippools.h -o strict.conf
    sed 's/count=110 /count=99 /' strict.conf >short.conf
    ! echo_on ./short.conf short "dump_format=lwip" >output
    sed -n '/^TCP: 164976/,/^lwIP was/p' "$readme" | diff - output
}
