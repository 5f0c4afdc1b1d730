# SPDX-License-Identifier: MIT
"""Where and with what was measured: for the head of every result."""
from __future__ import annotations

import datetime
import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PEER_PACKAGES = ["libc6", "libjemalloc2", "libmimalloc2.0", "libtcmalloc-minimal4"]


def output_of(*command: str) -> str:
    """What the command prints; nothing if there is no such command or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "CPU part")):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def package_versions(packages: list[str]) -> dict[str, str]:
    found = {}
    for package in packages:
        version = output_of("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            found[package] = version
    return found


def library_version() -> str:
    state = output_of("git", "-C", str(SOURCE), "describe", "--always", "--dirty")
    return state or "unknown"


def describe(packages: list[str]) -> dict[str, str]:
    versions = package_versions(PEER_PACKAGES + packages)
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shlex.join(sys.argv),
        "machine": f"{processor()}, {os.cpu_count()} processors",
        "kernel": platform.platform(),
        "poolmalloc": library_version(),
        "packages": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)",
    }


def build(directory: Path, targets: list[str]) -> None:
    """Configures the build directory if it is new, and brings the targets up to date."""
    if not (directory / "CMakeCache.txt").exists():
        subprocess.run(["cmake", "-S", str(SOURCE), "-B", str(directory),
                        "-DPOOLMALLOC_TESTS=OFF"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(directory), "--parallel", "--target", *targets],
                   check=True, stdout=subprocess.DEVNULL)
