; SPDX-License-Identifier: MIT
; The two factors of a product, both above 1, by bit-vector arithmetic.
(set-logic QF_BV)
(declare-const a (_ BitVec 64))
(declare-const b (_ BitVec 64))
(assert (= (bvmul a b) (_ bv@N@ 64)))
(assert (bvugt a (_ bv1 64)))
(assert (bvugt b a))
(assert (bvult b (_ bv16777216 64)))
(check-sat)
