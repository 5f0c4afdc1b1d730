# SPDX-License-Identifier: MIT
"""A pools.conf made for a program, as users do: poolmalloc run --profile, poolmalloc tune."""
from __future__ import annotations

import subprocess
from pathlib import Path

from .allocators import clean_environment

# The finest choice of sizes; chunks to spare, because threads meet in another way each time.
CHOICE = ["--pools", "48", "--largest", "4M", "--margin", "100"]


def profiled(build: Path, statistics: Path, command: list[str]) -> list[str]:
    """The command that runs `command` and leaves its statistics in the file."""
    return [str(build / "poolmalloc"), "run", "--profile", f"--output={statistics}", *command]


def write_conf(build: Path, statistics: Path, conf: Path) -> None:
    """The pools.conf that fits the statistics."""
    check([str(build / "poolmalloc"), "tune", *CHOICE, f"--output={conf}", str(statistics)])


def make_conf(build: Path, command: list[str], conf: Path) -> None:
    """Runs the command once, and writes the pools.conf that fits it."""
    statistics = conf.with_suffix(".pmstat")
    check(profiled(build, statistics, command))
    write_conf(build, statistics, conf)


def check(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          env=clean_environment())
    if done.returncode != 0:
        raise SystemExit(f"\n{' '.join(command)}: status {done.returncode}\n{done.stderr}")
