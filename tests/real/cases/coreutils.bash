# SPDX-License-Identifier: MIT
# shellcheck disable=SC2012,SC2016 # ls is under test; $ is for awk
# Small tools: many short processes, and some that hold a lot.

case_ls() {
    uses ls
    ls -lR /usr/include | cksum
    ls -l --color=always /usr/bin | cksum
    status ls /nonexistent
}

case_find() {
    uses find xargs
    find /usr/include -name '*.h' -printf '%p %s %m\n' | sort | cksum
    find /usr/include -name 'std*.h' -print0 | xargs -0 -n 20 -P 2 cat | wc -c
    find "$SOURCE/tests/real" -type f -exec basename {} \; | sort | cksum
}

case_sort() {
    uses sort
    local text
    text=$(lines "$(pick 100000 1000000)")
    sort "$text" | cksum
    sort --parallel=4 -S 8M -k 5 "$text" | cksum
    sort -n -u -r "$text" | cksum
    sort --compress-program=gzip -S 4M -R --random-source="$text" "$text" | sort | cksum
}

case_grep() {
    uses grep
    grep -rn 'unsigned' /usr/include --include='std*' | sort | cksum
    grep -rcE '(int|long) [a-z_]+\(.*\)' /usr/include/linux | sort | cksum
    status grep -rP '(?<=foo)bar{3,}' /usr/include/linux
    grep -c -F -f <(seq 1000 1100) "$(lines 100000)"
}

case_tar() {
    uses tar gzip
    tar --sort=name -cf one.tar -C /usr/include linux
    tar -tvf one.tar | cksum
    mkdir out
    tar -xf one.tar -C out
    diff -r /usr/include/linux out/linux
    tar -czf - -C out linux | tar -xzO | cksum
}

case_compressors() {
    uses xz gzip bzip2
    local text
    text=$(lines 100000)
    gzip -9n <"$text" | cksum
    gzip -c "$text" | gzip -dc | cksum
    bzip2 -c "$text" | bzip2 -dc | cksum
    xz -T2 --block-size=1MiB -1 -c "$text" | xz -T2 -dc | cksum
    status gzip -dc "$text"
}

case_zstd() {
    uses zstd
    local text
    text=$(lines 100000)
    zstd -q -c "$text" | zstd -q -dc | cksum
    zstd -q -T2 -19 -c <(head -n 20000 "$text") | zstd -q -dc | cksum
    zstd -q --train "$SOURCE"/src/*.c -o dictionary --maxdict=16384 2>/dev/null
    zstd -q -D dictionary -c "$SOURCE/CMakeLists.txt" | zstd -q -D dictionary -dc | cksum
}

case_text() {
    uses sed diff join split tac factor bc
    local text
    text=$(lines 100000)
    head -n 20000 "$text" | sed -E 's/([a-z]+) ([0-9]+)/\2 \1/g; /7$/d' | cksum
    status diff <(head -n 3000 "$text") <(sed -n '2,3000{/9/d;p}' "$text") | cksum
    join <(sort -u -k1,1 "$text") <(seq 100000 120000 | sort) | cksum
    split -l 10000 "$text" part. && cat part.* | tac | cksum
    seq 1000000000000000 1000000000000200 | factor | cksum
    echo 'scale = 300; 4 * a(1); 2 ^ 2000' | bc -l | cksum
}

case_awk() {
    uses gawk mawk
    local text program='{ n[$1 % 1000] += NR; s = s substr($0, 1, 2) } END { for (i = 0; i < 1000; i++) print n[i]; print length(s) }'
    text=$(lines 100000)
    gawk "$program" "$text" | cksum
    mawk "$program" "$text" | cksum
    gawk 'BEGIN { while (("ls " "/usr/include" | getline line) > 0) a[++n] = line; asort(a); print n, a[1] }'
    gawk -M 'BEGIN { print 2 ^ 500 }'
}

case_system() {
    needs ps
    uses id date stat df getconf locale
    id -u
    date -d '2024-02-29 12:00 + 1 year'
    TZ=Europe/Berlin date -d @1700000000
    stat -c '%n %s %F' /usr/include/stdio.h
    df --output=target / | tail -n 1
    getconf PAGESIZE
    locale | cksum
    ps -o comm= -p $$
}

case_dpkg() { # C++ with much memory before main
    uses dpkg-query apt-config
    dpkg-query -W -f '${Package} ${Version}\n' | cksum
    apt-config dump | cksum
}
