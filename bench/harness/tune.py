# SPDX-License-Identifier: MIT
"""A pools.conf made for a program, from the sizes that it asked for when it was run once."""
from __future__ import annotations

import json
from pathlib import Path

from .machine import SOURCE

POOLS_AT_MOST = 48
EXACT_UP_TO = 1024  # above, the sizes of the general preset are what is chosen from
LARGEST = 4 << 20


def general_sizes() -> list[int]:
    text = (SOURCE / "tools" / "presets" / "general.conf").read_text()
    return [int(line.split("size=")[1].split()[0]) for line in text.splitlines()
            if line.startswith("malloc")]


def requests_by_size(dumps: list[Path]) -> dict[int, int]:
    """How often each candidate size was the smallest that fits, over all processes."""
    candidates = list(range(16, EXACT_UP_TO + 1, 16))
    candidates += [size for size in general_sizes() if size > EXACT_UP_TO]
    counts: dict[int, int] = {}
    for dump in dumps:
        for size, count, _ in json.loads(dump.read_text())["sizes"]:
            fitting = next((c for c in candidates if c >= size), None)
            if fitting:
                counts[fitting] = counts.get(fitting, 0) + count
    return counts


def choose_sizes(counts: dict[int, int], at_most: int) -> list[int]:
    """Leaves out the size whose requests lose least by going to the next larger one, until few
    enough are left. The largest stays."""
    left = sorted(counts.items())
    while len(left) > at_most:
        losses = [count * (left[i + 1][0] - size) for i, (size, count) in enumerate(left[:-1])]
        i = losses.index(min(losses))
        _, moved = left.pop(i)
        left[i] = (left[i][0], left[i][1] + moved)
    return [size for size, _ in left]


def write_conf(dumps: list[Path], path: Path) -> None:
    counts = requests_by_size(dumps) | {LARGEST: 0}
    sizes = choose_sizes(counts, POOLS_AT_MOST)
    path.write_text("".join(f"malloc size={size} count=unlimited\n" for size in sizes))
