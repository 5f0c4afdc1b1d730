# SPDX-License-Identifier: MIT
# The Debian package: what is in it, that it works from where it is unpacked, for any user.
load helpers

setup_file() {
    command -v dpkg-deb >/dev/null && command -v scdoc >/dev/null || return 0
    DEB=$("$BATS_TEST_DIRNAME/../tools/package" "$BATS_FILE_TMPDIR/build" | tail -n 1)
    export DEB ROOT=$BATS_FILE_TMPDIR/root
    dpkg-deb -x "$DEB" "$ROOT"
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$ROOT"
}

setup() {
    [ -n "$DEB" ] || skip "no dpkg-deb, or no scdoc"
}

field() {
    dpkg-deb -f "$DEB" "$1"
}

@test "name, version and dependencies" {
    [ "$(field Package)" = poolmalloc ]
    [ "$(field Version)" = "$(sed -n 's/#define PM_VERSION "\(.*\)"/\1/p' "$TESTS/../include/poolmalloc.h")-1" ]
    for library in libc6 libelf1 libjansson4 libsimdjson14 libsmartcols1; do
        [[ $(field Depends) == *"$library "* ]]
    done
}

@test "library, command, header, presets, completion and every manual page; nothing in /etc" {
    cd "$ROOT"
    triplet=$(basename "$(dirname usr/lib/*/libpoolmalloc.so)")
    for file in usr/bin/poolmalloc "usr/lib/$triplet/libpoolmalloc.so" usr/include/poolmalloc.h \
        usr/share/poolmalloc/presets/general.conf usr/share/bash-completion/completions/poolmalloc \
        usr/share/man/man1/poolmalloc.1.gz usr/share/man/man3/libpoolmalloc.3.gz \
        usr/share/man/man5/pools.conf.5.gz usr/share/man/man7/libpoolmalloc.7.gz \
        usr/share/doc/poolmalloc/copyright usr/share/doc/poolmalloc/changelog.Debian.gz; do
        [ -s "$file" ]
    done
    for verb in $(usr/bin/poolmalloc --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
        [ -s "usr/share/man/man1/poolmalloc-$verb.1.gz" ]
    done
    [ "$(ls)" = usr ]
}

@test "it works where it was unpacked, for another user than root" {
    as_user=()
    [ "$(id -u)" != 0 ] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    run --separate-stderr env -i PATH="$PATH" "${as_user[@]}" "$ROOT/usr/bin/poolmalloc" run -c general \
        perl -e 'print "works\n"'
    [ "$status" = 0 ]
    [ "$output" = works ]
    [[ $stderr == "poolmalloc: perl, pid "*"/usr/share/poolmalloc/presets/general.conf"* ]]
}

@test "a preset is found by its name from the library alone, as installed" {
    [[ $(strings -a "$ROOT"/usr/lib/*/libpoolmalloc.so) == */usr/share/poolmalloc/presets/%s.conf* ]]
    [[ $(strings -a "$ROOT"/usr/lib/*/libpoolmalloc.so) == */etc/poolmalloc/pools.conf* ]]
}

@test "lintian finds no error" {
    command -v lintian >/dev/null || skip "no lintian"
    run lintian --allow-root --fail-on error "$DEB"
    echo "$output"
    [ "$status" = 0 ]
}
