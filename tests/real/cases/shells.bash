# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # $ is for the shell under test
# Shells: fork without exec, in every form.

case_bash() {
    uses bash
    status bash "$PROGRAMS/script.bash" "$(pick 3000 50000)"
    status bash -c 'nonexistent-command'
    status bash -c 'kill -TERM $$'
    bash -c 'for i in {1..300}; do x=$(echo $i); done; echo "$x"'
}

case_dash() {
    needs dash # ends by _exit, so it leaves no dump
    dash -c 'i=0; while [ $i -lt 300 ]; do x=$(echo $i); i=$((i + 1)); done; echo "$x"'
    dash -c 'seq 1000 | while read -r a; do echo "$a-$a"; done | cksum'
    status dash -c 'set -e; false; echo not here'
}

case_standard_error_closed() {
    uses ls bash
    bash -c 'ls /usr/include >list 2>&-; cksum <list'
    bash -c 'exec 2>&-; exec >data; echo only this'
    cat data
    bash -c 'exec 2>data2; echo to a file >&2; ls /usr/include >/dev/null'
    cat data2
}

case_limits() {
    uses bash sort
    bash -c 'ulimit -f 100; ls /usr/include | sort | cksum'
    bash -c 'ulimit -n 16; ls /usr/include | sort | cksum'
    bash -c 'ulimit -v 1000000; ls /usr/include | sort | cksum'
    bash -c 'ulimit -v 100000; ls /usr/include | sort -S 1M | cksum'
    bash -c 'ulimit -s 256; ls /usr/include | sort | cksum'
}

case_tmux() {
    uses tmux
    needs /dev/pts/ptmx
    tmux -S "$PWD/socket" -f /dev/null new-session -d -x 80 -y 24 'echo in tmux; exec cat'
    serve tmux -S "$PWD/socket" wait-for end
    within 60 bash -c "tmux -S '$PWD/socket' capture-pane -p | grep -q 'in tmux'"
    tmux -S "$PWD/socket" split-window -d cat
    tmux -S "$PWD/socket" list-panes -F '#{pane_index} #{pane_width}x#{pane_height}'
    tmux -S "$PWD/socket" wait-for -S end
    tmux -S "$PWD/socket" kill-server
}

case_vim() {
    uses vim
    cp "$(lines 10000)" text
    status vim -u NONE -i NONE -n -es -c '%s/line/LINE/g' -c 'g/7$/d' -c 'sort n' -c 'wq' text
    cksum <text
}
