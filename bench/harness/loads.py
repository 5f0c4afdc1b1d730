# SPDX-License-Identifier: MIT
"""Runs scenarios of bench_loads and collects the lines that it prints."""
from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import allocators, tune
from .allocators import PEERS, TUNED, Allocator
from .numbers import half_spread, median
from .progress import Progress

TIMEOUT_SECONDS = 600
Sample = dict[str, float]


@dataclass(frozen=True)
class Scenario:
    name: str
    group: str
    threads: tuple[int, ...]
    help: str


@dataclass
class Row:
    """One scenario with one number of threads, under every allocator."""
    scenario: Scenario
    threads: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.scenario.name}/{self.threads}"

    def has(self, allocator: str) -> bool:
        return bool(self.samples.get(allocator))

    def values(self, allocator: str, figure: str) -> list[float]:
        return [s[figure] for s in self.samples.get(allocator, []) if figure in s]

    def value(self, allocator: str, figure: str = "ns") -> float | None:
        """The median of the rounds."""
        values = self.values(allocator, figure)
        if figure.startswith("lowest_"):  # of all rounds until then: the last is the result
            return values[-1] if values else None
        return median(values) if values else None

    def best_peer(self, figure: str = "ns") -> float | None:
        values = [self.value(peer.name, figure) for peer in PEERS]
        return min((value for value in values if value is not None), default=None)

    def noise(self) -> float:
        """Half the distance of the quartiles of all rounds, as a part of the median: the median of
        this over the mallocs."""
        return median([half_spread(self.values(name, "ns")) for name in self.samples])


def list_scenarios(program: Path) -> list[Scenario]:
    lines = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout
    scenarios = []
    for line in lines.splitlines():
        name, group, threads, help_text = line.split("\t")
        scenarios.append(Scenario(name, group, tuple(map(int, threads.split())), help_text))
    return scenarios


def parse(line: str) -> Sample:
    pairs = (word.split("=", 1) for word in line.split())
    return {name: float(value) for name, value in pairs if name != "scenario"}


def run(build: Path, arguments: list[str], environment: dict[str, str]) -> Sample:
    """One run of bench_loads. A run that fails ends everything: a bench must not hide a crash."""
    command = [str(build / "bench" / "bench_loads"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS,
                          env=allocators.clean_environment() | environment, check=False)
    if done.returncode != 0 or not done.stdout:
        shown = " ".join(f"{name}={value}" for name, value in environment.items())
        raise SystemExit(f"\n{shown} {' '.join(command)}: status {done.returncode}\n{done.stderr}")
    return parse(done.stdout)


def takes(allocator: Allocator, row: Row) -> bool:
    """Whether the row is run under this malloc."""
    if row.scenario.group == "reference":  # there is no malloc in it
        return allocator.name == "glibc"
    if allocator.groups and row.scenario.group not in allocator.groups:
        return False
    at_most = allocator.threads_at_most
    return at_most == 0 or row.threads <= at_most \
        or (allocator.conf == TUNED and bool(allocators.conf_by_hand(row.scenario.group)))


def arguments_of(row: Row, scale: float) -> list[str]:
    return ["--scale", str(scale), "--threads", str(row.threads), row.scenario.name]


def make_conf(row: Row, build: Path, scale: float, work: Path) -> Path:
    """The configuration for the row: its group's by hand, or the tuner's from a run of it."""
    by_hand = allocators.conf_by_hand(row.scenario.group)
    if by_hand:
        return by_hand
    conf = work / f"{row.scenario.name}-{row.threads}.conf"
    command = [str(build / "bench" / "bench_loads"), *arguments_of(row, scale)]
    tune.make_conf(build, command, conf)
    return conf


def measure(rows: list[Row], chosen: list[Allocator], build: Path, rounds: int, scale: float,
            work: Path) -> None:
    """Every row under every allocator, one after the other, again in each round; each round begins
    with another allocator. work: a folder for configurations and such."""
    runs = [[(row, a) for a in chosen if takes(a, row)] for row in rows]
    tuned = [row for row, cells in zip(rows, runs) if any(a.conf == TUNED for _, a in cells)]
    progress = Progress(len(tuned) + rounds * sum(map(len, runs)))
    confs = {}
    for row in tuned:
        progress.step(f"a configuration for {row.name}")
        confs[row.name] = make_conf(row, build, scale, work)
    for round_number in range(rounds):
        for cells in runs:
            turn = round_number % len(cells) if cells else 0
            for row, allocator in cells[turn:] + cells[:turn]:
                progress.step(f"round {round_number + 1}, {row.name}, {allocator.name}")
                arguments = arguments_of(row, scale)
                if row.scenario.group == "latency" and row.threads == 1:
                    lowest = work / f"{row.scenario.name}-{allocator.name}.lowest"
                    arguments = ["--lowest", str(lowest), *arguments]
                environment = allocators.variables(allocator, build, confs.get(row.name))
                sample = run(build, arguments, environment)
                row.samples.setdefault(allocator.name, []).append(sample)
    progress.end()
