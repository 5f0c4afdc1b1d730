# SPDX-License-Identifier: MIT
"""The mallocs that are compared, and how a program is run under each."""
from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from .machine import SOURCE

LIBRARY_DIRS = [Path(f"/{prefix}/{triplet}") for prefix in ("usr/lib", "usr/local/lib", "lib")
                for triplet in ("x86_64-linux-gnu", "aarch64-linux-gnu", "")]
OURS = "libpoolmalloc.so"
FLOOR = "libbench_floor.so"
TUNED = "tuned"


@dataclass(frozen=True)
class Allocator:
    name: str
    preload: tuple[str, ...] = ()  # names of libraries; OURS is that of the build directory
    conf: str = ""                 # pools.conf below the source; TUNED: one made for what is run
    options: str = ""              # further statements of pools.conf
    help: str = ""
    groups: tuple[str, ...] = ()   # of scenarios; empty: all of them
    threads_at_most: int = 0       # where the configuration is not by hand; 0: any number. With
                                   # more, runs differ in the chunks that they need

    @property
    def is_ours(self) -> bool:
        return OURS in self.preload


PEERS = [
    Allocator("glibc", help="the C library's own"),
    Allocator("jemalloc", ("libjemalloc.so.2",)),
    Allocator("mimalloc", ("libmimalloc.so.2",)),
    Allocator("tcmalloc", ("libtcmalloc_minimal.so.4",)),
]
GENERAL = Allocator("general", (OURS,), "tools/presets/general.conf",
                    help="poolmalloc, preset general")
VARIANTS = [
    GENERAL,
    Allocator("tuned", (OURS,), TUNED, help="poolmalloc, on what poolmalloc tune made of a run"),
    Allocator("prefaulted", (OURS,), TUNED, "prefault=yes", groups=("latency",),
              help="the same, all memory touched at the start"),
    Allocator("strict", (OURS,), TUNED, "semantics=lwip", threads_at_most=1,
              help="as tuned, under lwIP's rules"),
    Allocator("shipped", (OURS,), "pools.conf", help="poolmalloc, shipped file: mostly fallback"),
    Allocator("over-jemalloc", (OURS, "libjemalloc.so.2"), "pools.conf",
              help="the same with jemalloc as next malloc"),
]
REFERENCES = [
    Allocator("floor", (FLOOR,), groups=("pairs", "batches", "random"), threads_at_most=1,
              help="free lists without checks: what no malloc can save"),
]
ALL = PEERS + REFERENCES + VARIANTS


def conf_by_hand(group: str) -> Path | None:
    """The configuration of these scenarios where it is part of what they measure."""
    path = SOURCE / "bench" / "conf" / f"{group}.conf"
    return path if path.is_file() else None


def find_library(name: str, build: Path) -> Path | None:
    if name == OURS:
        return build / OURS
    if name == FLOOR:
        return build / "bench" / FLOOR
    return next((d / name for d in LIBRARY_DIRS if (d / name).exists()), None)


def missing_libraries(allocator: Allocator, build: Path) -> list[str]:
    return [name for name in allocator.preload if not find_library(name, build)]


def variables(allocator: Allocator, build: Path, tuned: Path | None = None,
              options: str = "") -> dict[str, str]:
    """What the environment of a program under this malloc has in addition. tuned: the
    configuration made for it."""
    found = [str(find_library(name, build)) for name in allocator.preload]
    result = {"LD_PRELOAD": ":".join(found)} if found else {}
    if allocator.is_ours:
        conf = tuned if allocator.conf == TUNED else SOURCE / allocator.conf
        statements = ["dump=off", allocator.options, options]
        result |= {"POOLMALLOC_CONF": str(conf), "POOLMALLOC": ";".join(filter(None, statements))}
    return result


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that concerns a malloc."""
    prefixes = ("LD_PRELOAD", "POOLMALLOC", "MALLOC_", "GLIBC_TUNABLES", "MIMALLOC_", "TCMALLOC_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def choose(names: list[str], build: Path) -> tuple[list[Allocator], list[str]]:
    """The allocators of these names (none: all) that are installed; a line for each that isn't."""
    known = {allocator.name: allocator for allocator in ALL}
    for name in names:
        if name not in known:
            raise SystemExit(f"no allocator {name}; there are: {', '.join(known)}")
    chosen, missing = [], []
    for allocator in ([known[name] for name in names] or ALL):
        absent = missing_libraries(allocator, build)
        if absent:
            missing.append(f"{allocator.name} is left out: no {' and no '.join(absent)}")
        else:
            chosen.append(allocator)
    return chosen, missing
