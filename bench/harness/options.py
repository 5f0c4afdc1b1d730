# SPDX-License-Identifier: MIT
"""The command line that all scripts of the bench have."""
from __future__ import annotations

import argparse
import fnmatch
from pathlib import Path

from .machine import SOURCE


def parser(description: str | None, only: str = "") -> argparse.ArgumentParser:
    """only: what a PATTERN selects; without it there is nothing to select."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--build", type=Path, default=SOURCE / "build", metavar="DIR",
                       help="build directory (default: build)")
    found.add_argument("--no-build", action="store_true", help="take it as it is")
    found.add_argument("--rounds", type=int, default=5,
                       help="of which the median counts (default: 5)")
    found.add_argument("--output", type=Path, metavar="DIR",
                       help="write samples, tables and pictures there")
    if only:
        found.add_argument("--only", action="append", default=[], metavar="PATTERN",
                           help=f"{only}; may be repeated")
        found.add_argument("--smoke", action="store_true",
                           help="see that everything runs; no figures")
    return found


def add_scale(found: argparse.ArgumentParser) -> None:
    found.add_argument("--scale", type=float, default=1.0, metavar="F",
                       help="this part of each load's operations (default: %(default)s)")


def matches(patterns: list[str], *names: str) -> bool:
    """No pattern matches everything."""
    return not patterns or any(fnmatch.fnmatch(name, p) for p in patterns for name in names)
