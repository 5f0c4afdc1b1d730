# SPDX-License-Identifier: MIT
# The manual pages that the build makes.
load ../helpers

setup() {
    command -v scdoc >/dev/null || skip "no scdoc"
    command -v man >/dev/null || skip "no man"
}

page() { # section name
    MANWIDTH=200 man -l "$BUILD/share/man/man$1/$2.$1" 2>&1 | col -b
}

@test "every verb has a page, with all of its options" {
    for verb in $("$COMMAND" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
        text=$(page 1 "poolmalloc-$verb")
        [[ $text == *"poolmalloc-$verb - "* ]]
        for option in $("$COMMAND" "$verb" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--.*'); do
            grep -qE -- "^ +(-., )?$option" <<<"$text"
        done
        page 1 poolmalloc | grep -qF "poolmalloc-$verb(1)"
    done
}

@test "options and statistics are in the pages, every row of the .def files" {
    for option in $(sed -nE 's/^OPTION\((\w+),.*/\1/p' "$TESTS/../src/options.def"); do
        page 5 pools.conf | grep -qE "^ +$option = "
    done
    for counter in $(sed -nE 's/^(POOL|PROCESS)_COUNTER\((\w+),.*/\2/p' "$TESTS/../src/counters.def"); do
        page 7 libpoolmalloc | grep -qE "^ +$counter \("
    done
}

@test "functions of poolmalloc.h are in libpoolmalloc(3)" {
    text=$(page 3 libpoolmalloc)
    for function in $(grep -oE '\bpm_[a-z_]+\(' "$TESTS/../include/poolmalloc.h" | sort -u); do
        [[ $text == *"$function"* ]]
    done
}

@test "man finds nothing wrong with any of them" {
    for file in "$BUILD"/share/man/man?/*; do
        [ -z "$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$file" \
            2>&1 >/dev/null)" ]
    done
}

@test "no page shows scdoc's own marks of bold and underlined words" {
    for file in "$BUILD"/share/man/man?/*.[1-9]; do
        [ -z "$(MANWIDTH=200 man -l "$file" 2>&1 | col -b | grep -E '\*[[:alnum:]-]+\*|_[A-Z]+_([^A-Z_]|$)')" ]
    done
}
