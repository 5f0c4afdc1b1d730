# SPDX-License-Identifier: MIT
"""Runs scenarios of bench_loads and collects the lines that it prints."""
from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from . import allocators
from .allocators import Allocator
from .numbers import median
from .progress import Progress

TIMEOUT_SECONDS = 600
LEAST = "latency-least"  # a scenario whose runs continue each other's figures
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

    def value(self, allocator: str, figure: str = "ns") -> float | None:
        """The median of the rounds; of those that continue each other, the last."""
        values = [s[figure] for s in self.samples.get(allocator, []) if figure in s]
        if values and self.scenario.name == LEAST:
            return values[-1]
        return median(values) if values else None

    def best_peer(self, figure: str = "ns") -> float | None:
        values = [self.value(peer.name, figure) for peer in allocators.PEERS]
        return min((value for value in values if value is not None), default=None)


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


def environment_for(allocator: Allocator, row: Row, build: Path) -> dict[str, str] | None:
    """None: there is no configuration of this kind for the scenario, or no malloc in it."""
    scenario = row.scenario
    if allocator.groups and (scenario.group not in allocator.groups or row.threads > 1):
        return None
    if scenario.group == "reference" and allocator.name != "glibc":
        return None
    if not allocator.is_ours:
        return allocators.variables(allocator, build)
    conf = allocators.conf_of(allocator, scenario.group)
    return allocators.variables(allocator, build, conf) if conf else None


def measure(rows: list[Row], chosen: list[Allocator], build: Path, rounds: int,
            scale: float) -> None:
    """Every row under every allocator, one after the other, again in each round; each round begins
    with another allocator."""
    progress = Progress(rounds * len(rows) * len(chosen))
    with tempfile.TemporaryDirectory() as work:
        for round_number in range(rounds):
            turn = round_number % len(chosen)
            for row in rows:
                for allocator in chosen[turn:] + chosen[:turn]:
                    progress.step(f"round {round_number + 1}, {row.name}, {allocator.name}")
                    environment = environment_for(allocator, row, build)
                    if environment is None:
                        continue
                    arguments = ["--scale", str(scale), "--threads", str(row.threads)]
                    if row.scenario.name == LEAST:
                        arguments += ["--least", f"{work}/{allocator.name}"]
                    sample = run(build, [*arguments, row.scenario.name], environment)
                    row.samples.setdefault(allocator.name, []).append(sample)
    progress.end()
