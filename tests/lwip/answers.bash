# SPDX-License-Identifier: MIT
# What the tests that replay the traces of this folder share.

# The "lwip" dump of one pool after the other, as the lines of the answers.
counters() {
    local key value line
    while read -r key value; do
        case $key in
            MEM) line="POOL ${value#MALLOC_}" ;;
            avail: | used: | max:) line+=" ${key%:} $value" ;;
            err:) echo "$line err $value" ;;
        esac
    done <"$1"
}

# The alignment and the pools' sizes, as arguments of replay_trace.
geometry() { # conf
    sed -n 's/^mem_alignment = //p; s/^malloc size=\([0-9]*\) .*/\1/p' "$1"
}
