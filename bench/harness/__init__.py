# SPDX-License-Identifier: MIT
"""What bench/compare, bench/real and bench/curves share."""
