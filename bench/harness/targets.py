# SPDX-License-Identifier: MIT
"""What bench/compare measures against: each numeric target, for the rows that it is about."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from .allocators import PEERS
from .loads import Row
from .numbers import geometric_mean, ratio
from .report import Target

# Rows of these groups have targets of their own and are in no mean: what they do is not what a
# general-purpose malloc does, or their time is mostly that of the clock.
SPECIAL_GROUPS = {"empty", "fight", "reference", "latency"}
FIGHT_CHUNKS = 32  # as in fight.c
Measure = Callable[[Row], float]


class Named(Protocol):
    """What a target can be about."""
    @property
    def name(self) -> str: ...
    def noise(self) -> float: ...


Measured = TypeVar("Measured", bound=Named)


def general_rows(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.scenario.group not in SPECIAL_GROUPS]


def rows_of(rows: Iterable[Row], name: str) -> list[Row]:
    return [row for row in rows if row.scenario.name == name]


def worst(text: str, rows: Iterable[Measured], measure: Callable[[Measured], float],
          limit: float) -> Target:
    """The row with the highest measure, which is not a number where it cannot be had."""
    values = [(value, row) for row in rows if not math.isnan(value := measure(row))]
    value, row = max(values, key=lambda pair: pair[0], default=(None, None))
    where = f"{row.name}, noise {100 * row.noise():.0f} %" if row else ""
    return Target(text, value, limit, where)


def to_best_peer(allocator: str, figure: str = "ns") -> Measure:
    return lambda row: ratio(row.value(allocator, figure), row.best_peer(figure))


def to_glibc(allocator: str, figure: str = "ns") -> Measure:
    return lambda row: ratio(row.value(allocator, figure), row.value("glibc", figure))


def mean_of(allocator: str, rows: list[Row], figure: str = "ns") -> float:
    return geometric_mean(value for row in rows if (value := row.value(allocator, figure)))


def mean_to_best_peer(allocator: str, rows: list[Row]) -> float:
    """The geometric mean against the best of the peers' geometric means, over the same rows."""
    served = [row for row in rows if row.has(allocator)]
    peers = [mean_of(peer.name, served) for peer in PEERS]
    return ratio(mean_of(allocator, served),
                 min((mean for mean in peers if not math.isnan(mean)), default=None))


def mean_to_glibc(allocator: str, rows: list[Row], figure: str) -> float:
    ratios = map(to_glibc(allocator, figure), rows)
    return geometric_mean(value for value in ratios if not math.isnan(value))


def speed(rows: list[Row], allocator: str) -> list[Target]:
    one = [row for row in general_rows(rows) if row.threads == 1]
    more = [row for row in general_rows(rows) if row.threads > 1]
    return [
        worst(f"{allocator}, one thread: time / best peer, each row", one,
              to_best_peer(allocator), 1.05),
        Target(f"{allocator}, one thread: geometric mean / best peer's",
               mean_to_best_peer(allocator, one), 0.85),
        worst(f"{allocator}, more threads: time / best peer, each row", more,
              to_best_peer(allocator), 1.05),
        Target(f"{allocator}, more threads: geometric mean / best peer's",
               mean_to_best_peer(allocator, more), 0.80),
    ]


def above_floor(rows: list[Row], allocator: str) -> list[Target]:
    """What a malloc itself takes: a pair that does next to nothing takes more than half of glibc's
    time, for the loop and two calls. Only where memory is in the cache: elsewhere its layout counts."""
    def measure(row: Row) -> float:
        floor, own, glibc = (row.value(name) for name in ("floor", allocator, "glibc"))
        return ratio(own - floor, glibc - floor) if floor and own and glibc else math.nan
    steady = [row for row in rows if row.threads == 1 and row.scenario.group in ("pairs", "batches")]
    return [worst(f"{allocator}, one thread, pairs and batches: time above the floor's / glibc's "
                  "above it", steady, measure, 0.5)]


def memory(rows: list[Row], allocator: str) -> list[Target]:
    return [
        Target(f"{allocator}: geometric mean of peak memory / glibc",
               mean_to_glibc(allocator, rows, "peak_kib"), 1.0),
        worst(f"{allocator}: peak memory / glibc, each row", rows,
              to_glibc(allocator, "peak_kib"), 1.1),
    ]


def latency(rows: list[Row], allocator: str) -> list[Target]:
    """Of one thread, each call at its lowest: without the machine's interrupts."""
    warm = [row for row in rows_of(rows, "latency") if row.threads == 1]
    return [
        worst(f"{allocator}: p99.9 of single calls / best peer", warm,
              to_best_peer(allocator, "lowest_p99.9"), 1.0),
        worst(f"{allocator}: p99.999 of single calls / best peer", warm,
              to_best_peer(allocator, "lowest_p99.999"), 0.25),
    ]


def fallback(rows: list[Row]) -> list[Target]:
    shipped = general_rows(rows)
    return [
        worst("tuned: empty pool with fallback, time / glibc", rows_of(rows, "empty"),
              to_glibc("tuned"), 1.10),
        Target("shipped: geometric mean of time / glibc",
               mean_to_glibc("shipped", shipped, "ns"), 1.05),
        worst("shipped: time / glibc, each row", shipped, to_glibc("shipped"), 1.05),
    ]


def fight(rows: list[Row]) -> list[Target]:
    """Half as fast as the mutex: with as many threads that fight for it, and at the best that it ever
    is, which is when nobody does."""
    mutex = {row.threads: value for row in rows_of(rows, "fight-mutex")
             if (value := row.value("glibc"))}
    best = min(mutex.values(), default=None)
    return [worst("strict: fight / one mutex around an array, as many threads", rows_of(rows, "fight"),
                  lambda row: ratio(row.value("strict"), mutex.get(row.threads)), 2.0),
            worst("strict: fight / one mutex around an array, uncontended", rows_of(rows, "fight"),
                  lambda row: ratio(row.value("strict"), best), 2.0),
            exactness(rows)]


def exactness(rows: list[Row]) -> Target:
    """All rounds count, not their median: one chunk too few, once, is a fault."""
    def off_by(row: Row) -> float:
        left = [sample["left"] for sample in row.samples.get("strict", [])]
        return max((abs(n - FIGHT_CHUNKS) for n in left), default=math.nan)
    return worst("strict: chunks missing or too many after a fight", rows_of(rows, "fight"),
                 off_by, 0)


def faults(rows: list[Row]) -> list[Target]:
    return [worst("prefaulted: page faults while it ran", rows_of(rows, "latency"),
                  lambda row: math.nan if (n := row.value("prefaulted", "faults")) is None else n,
                  0)]


def all_targets(rows: list[Row]) -> list[Target]:
    targets: list[Target] = []
    targets += above_floor(rows, "general")
    for allocator in ("general", "tuned"):
        targets += speed(rows, allocator) + memory(rows, allocator) + latency(rows, allocator)
    targets += latency(rows, "prefaulted")
    return targets + faults(rows) + fallback(rows) + fight(rows)
