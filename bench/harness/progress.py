# SPDX-License-Identifier: MIT
"""One line on a terminal that says how far a measurement is; nothing elsewhere."""
from __future__ import annotations

import sys
import time


class Progress:
    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.began = time.monotonic()
        self.visible = sys.stderr.isatty()

    def step(self, what: str) -> None:
        """`what` begins now."""
        if self.visible:
            elapsed = time.monotonic() - self.began
            left = elapsed / self.done * (self.total - self.done) if self.done else 0
            line = f"{self.done}/{self.total}, {left:.0f} s left: {what}"
            print(f"\r\033[K{line[:100]}", end="", file=sys.stderr, flush=True)
        self.done += 1

    def end(self) -> None:
        if self.visible:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
