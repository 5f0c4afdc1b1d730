# SPDX-License-Identifier: MIT
# mallinfo, malloc_info, malloc_stats, malloc_trim and mallopt tell of the pools and of the next malloc.
load ../helpers

attribute() { # of pool MALLOC_64 in $output
    sed -n 's/.*<pool name="MALLOC_64"[^>]* '"$1"'="\([0-9]*\)".*/\1/p' <<<"$output"
}

@test "malloc_info is well-formed XML with every pool's counters" {
    local cache
    for cache in off auto 4096; do
        run --separate-stderr pools "thread_cache=$cache;malloc size=64 count=100;malloc size=99 count=8" \
            "$PROGRAMS/info_xml"
        [ "$status" -eq 0 ]
        [ "$stderr" = 22 ] # EINVAL
        if command -v xmllint >/dev/null; then
            xmllint --noout - <<<"$output"
        fi
        [ "$(head -1 <<<"$output")" = '<malloc version="1">' ]
        [ "$(grep -c '<pool ' <<<"$output")" -eq 2 ]
        [ "$(attribute avail) $(attribute allocs) $(attribute frees) $(attribute used)" = "100 5 3 2" ]
        [ "$(attribute err) $(attribute illegal) $(attribute requested_bytes)" = "0 0 260" ]
        [ "$(attribute max)" -eq 5 ]
        system=$(sed -n 's/.*<system type="current" size="\([0-9]*\)".*/\1/p' <<<"$output")
        [ "$system" -ge 100000 ]
    done
}

@test "mallinfo and mallinfo2 add the pools' bytes to the next malloc's" {
    run pools "malloc size=64 count=100" "$PROGRAMS/info_numbers"
    [ "${lines[0]}" = "10 chunks: used +640, agrees 1" ]
    [ "${lines[1]}" = "4 freed: used -256, agrees 1" ]
    [[ ${lines[2]} =~ ^"a megabyte: used +10"[45][0-9]+", agrees 1"$ ]]
    [ "${lines[3]}" = "${lines[2]/a megabyte: used +/freed: used -}" ]
    [ "${lines[4]}" = "mallopt 1, malloc_trim 1" ]
}

@test "malloc_stats writes the pools' table and what the next malloc writes" {
    run --separate-stderr pools "malloc size=64 count=100" "$PROGRAMS/info_stats"
    [ "$status" -eq 0 ]
    [[ $stderr =~ ^"poolmalloc: info_stats, pid " ]]
    row=$(grep MALLOC_64 <<<"$stderr")
    read -r -a column < <(grep -w allocs <<<"$stderr")
    read -r -a cell <<<"$row"
    for i in "${!column[@]}"; do
        case ${column[i]} in
            avail) [ "${cell[i]}" = 100 ] ;;
            used | frees) [ "${cell[i]}" = 1 ] ;;
            allocs | max) [ "${cell[i]}" = 2 ] ;;
        esac
    done
    [[ $stderr == *"Arena 0:"* ]]
}

@test "a program that the pools don't serve sees the next malloc's answers alone" {
    run --separate-stderr pools "programs=another" "$PROGRAMS/info_xml"
    [ "$status" -eq 0 ]
    [[ $output != *"<pool "* ]]
    run --separate-stderr pools "programs=another" "$PROGRAMS/info_stats"
    [[ $stderr == "Arena 0:"* ]]
    run pools "programs=another" "$PROGRAMS/info_numbers"
    [[ ${lines[0]} =~ ^"10 chunks: used +".*", agrees 1"$ ]]
}
