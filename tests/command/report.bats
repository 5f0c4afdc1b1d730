# SPDX-License-Identifier: MIT
# poolmalloc report: the page, as a browser renders it.
load ../helpers
COMMAND=$BUILD/poolmalloc

measure() { # OPTIONS
    pools "dump=$BATS_TEST_TMPDIR/a.json;dump_format=json;$1" \
        "$PROGRAMS/requests" quiet '*40' m20 m50 '*10' m100 m200 '*3' m1000 m5000 >/dev/null
}

# The document after its scripts ran, in dom.
render() {
    timeout 200 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$BATS_TEST_TMPDIR/profile" --dump-dom "file://$PWD/report.html" >dom 2>browser.log
}

count() { # PATTERN
    grep -oE -- "$1" dom | wc -l
}

@test "the page says what to do, and a browser shows all of it" {
    command -v chromium >/dev/null || skip "no chromium"
    cd "$BATS_TEST_TMPDIR"
    measure "malloc size=64 count=5;malloc size=256 count=unlimited"
    [ "$("$COMMAND" report a.json)" = "report.html: open it in a browser" ]
    render
    grep -q '<h1>MALLOC_64 was empty 75 times: 76.4% of all requests went to the next malloc</h1>' dom
    [ "$(count '<section')" -eq 6 ]
    [ "$(count '<div class="row">')" -eq 4 ] # two pools, twice
    grep -q 'title="5 in use, peak 5, 5 chunks"' dom
    grep -q '<b>5</b> / 5 <em>empty 75×</em>' dom
    [ "$(count '<rect class="bin"')" -eq 6 ] # six sizes
    [ "$(count '<line class="now"')" -eq 2 ]
    grep -q '<title>up to 32 bytes: 40 requests</title>' dom
    [ "$(count '<circle class="dot( chosen)?"')" -eq 12 ] # six choices in two curves
    "$COMMAND" tune a.json | grep '^malloc' >lines
    [ "$(sed -n '/<pre id="conf">/,/<\/pre>/p' dom | grep '^malloc')" = "$(cat lines)" ]
    grep -q '<button type="button" id="copy">Copy</button>' dom # no longer hidden: the script ran
}

@test "without a browser: written once, never overwritten unless --force" {
    cd "$BATS_TEST_TMPDIR"
    measure ""
    "$COMMAND" report a.json -o page.html
    run --separate-stderr "$COMMAND" report a.json -o page.html
    [ "$status" -eq 1 ]
    [ "$stderr" = "poolmalloc: page.html is there already: --force overwrites it" ]
    "$COMMAND" report a.json -o page.html --force
    "$COMMAND" report a.json -o - | cmp - page.html
    # The wishes of tune.
    "$COMMAND" report a.json -o - --pools 2 --margin 50 --largest 256 >page.html
    "$COMMAND" tune a.json --pools 2 --margin 50 --largest 256 | grep '^malloc' >lines
    [ "$(wc -l <lines)" -eq 2 ]
    [ "$(sed -n '/<pre id=conf>/,/<\/pre>/p' page.html | grep '^malloc')" = "$(cat lines)" ]
    grep -q 'The marked number was asked for\.' page.html
    run "$COMMAND" report
    [ "$status" -eq 2 ]
    run --separate-stderr "$COMMAND" report none
    [ "$status" -eq 1 ]
    [ "$stderr" = "poolmalloc: none: No such file or directory" ]
}
