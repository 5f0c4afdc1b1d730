# SPDX-License-Identifier: MIT
# Our own: what threads and the C++ library do with memory. Compiled once, without the library.

compile() { # COMMAND... PATH
    "${@:1:$#-1}" -o "${!#}"
}

case_threads() {
    needs gcc
    local program
    program=$(data threads compile gcc -O2 -pthread "$PROGRAMS/threads.c")
    uses "$program"
    "$program"
}

case_cxx() {
    needs g++
    local program
    program=$(data library compile g++ -O1 -pthread "$PROGRAMS/library.cc")
    uses "$program"
    "$program"
}

case_z3() {
    uses z3
    z3 -in <<'TEXT'
(declare-const x Int)
(declare-const y Int)
(declare-fun f (Int) Int)
(assert (and (> x 3) (< y 50) (= (* x y) 221) (> (f x) (f y)) (= (f 17) 5)))
(check-sat)
(eval (+ x y))
(reset)
(declare-const a (_ BitVec 20))
(declare-const b (_ BitVec 20))
(assert (= (bvmul a b) #x5A5A5))
(assert (bvugt a #x00001))
(assert (bvugt b a))
(check-sat)
TEXT
}

case_gs() {
    uses gs
    gs -q -dNOPAUSE -dBATCH -sDEVICE=ppmraw -r40 -sOutputFile=- - <<'TEXT' | cksum
/Helvetica findfont 30 scalefont setfont 100 100 moveto (pools) show
0 1 200 { dup 3 mul 50 moveto 2 mul 700 lineto stroke } for showpage
TEXT
}

case_stress_ng() {
    uses stress-ng
    stress-ng --quiet --temp-path . --malloc 2 --malloc-ops "$(pick 2000 200000)" --verify
    stress-ng --quiet --temp-path . --malloc 2 --malloc-ops "$(pick 2000 200000)" --malloc-thresh 4K --malloc-pthreads 2
    stress-ng --quiet --temp-path . --fork 2 --fork-ops "$(pick 300 10000)" --vm 1 --vm-bytes 8M --vm-ops 50
}

case_gpg() {
    uses gpg
    echo secret | gpg --batch --quiet --pinentry-mode loopback --passphrase x -c -o text.gpg
    gpg --batch --quiet --pinentry-mode loopback --passphrase x -d text.gpg
    gpgconf --kill all
}

case_openssl() {
    uses openssl
    openssl speed -seconds 1 -bytes 1024 -multi 2 sha256 2>&1 | without_numbers | tail -n 1
    openssl dgst -sha512 /usr/include/stdio.h
    openssl ecparam -name prime256v1 -genkey -noout -out key
    openssl req -x509 -new -key key -subj /CN=localhost -days 2 -out certificate
    openssl x509 -in certificate -noout -subject
    openssl dgst -sha256 -sign key -out signature certificate
    openssl dgst -sha256 -verify <(openssl ec -in key -pubout 2>/dev/null) -signature signature certificate
    openssl prime -generate -bits 256 | wc -l
}

case_ssh_keygen() {
    uses ssh-keygen
    ssh-keygen -q -t ed25519 -N '' -C comment -f key
    ssh-keygen -q -t rsa -b 1024 -N '' -C comment -f key2
    ssh-keygen -lf key | sed 's/SHA256:[^ ]*/HASH/'
    echo "me $(cat key.pub)" >signers
    echo text | ssh-keygen -Y sign -f key -n file 2>/dev/null >signature
    echo text | ssh-keygen -Y verify -f signers -I me -n file -s signature | sed 's/SHA256:[^ ]*/HASH/'
}
