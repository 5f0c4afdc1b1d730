# SPDX-License-Identifier: MIT

case_python() {
    uses /usr/bin/python3
    /usr/bin/python3 "$PROGRAMS/mix.py" "$(pick 50 1000)"
}

case_python_malloc() {
    uses /usr/bin/python3
    PYTHONMALLOC=malloc /usr/bin/python3 "$PROGRAMS/mix.py" "$(pick 50 1000)"
    PYTHONMALLOC=malloc_debug /usr/bin/python3 "$PROGRAMS/mix.py" 10
}

case_python_processes() {
    uses /usr/bin/python3
    /usr/bin/python3 "$PROGRAMS/processes.py"
    PYTHONMALLOC=malloc /usr/bin/python3 "$PROGRAMS/processes.py"
}

full_python_tests() { # its own tests, where they are installed
    uses /usr/bin/python3
    if ! /usr/bin/python3 -c 'import test.test_list' 2>/dev/null; then
        echo 'python3 test suite' >"$NOTES/missing"
        exit 77
    fi
    PYTHONMALLOC=malloc /usr/bin/python3 -m test -q test_list test_dict test_json test_re |
        without_numbers
}

case_perl() {
    uses perl
    perl "$PROGRAMS/mix.pl"
}

case_lua() {
    uses lua5.4
    lua5.4 "$PROGRAMS/mix.lua"
}

case_node() {
    uses node
    node "$PROGRAMS/mix.js"
    status node -e 'throw new Error("x")' 2>/dev/null
}

case_java() {
    uses java
    java -version
    java -Xshare:auto -Xmx64m -XX:+UseSerialGC -version
}

case_javac() {
    needs javac
    uses java
    javac -J-Xmx256m -d . "$PROGRAMS/Hello.java"
    java -Xmx128m Hello
}

case_jq() {
    uses jq
    jq -nc '[range(5000) | {id: ., name: "n\(.)", list: [range(. % 10)]}]' >rows.json
    jq -r 'map(select(.id % 7 == 0)) | group_by(.list | length) | map({n: length, s: (map(.id) | add)})' rows.json
    status jq . <<<'{"a": [1, 2'
}
