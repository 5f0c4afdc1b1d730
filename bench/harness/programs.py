# SPDX-License-Identifier: MIT
"""Real programs, and how much work each is given. Their inputs are made from bench/programs."""
from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .machine import SOURCE

INPUTS = SOURCE / "bench" / "programs"
AMOUNT = "@N@"


@dataclass(frozen=True)
class Program:
    name: str
    package: str
    command: list[str]            # {work}: the folder of the inputs; {input}: the input
    amount: int                   # of work, put for AMOUNT in the input
    smoke: int                    # the same where only whether it runs is asked
    input: str = ""               # file of INPUTS
    stdin: bool = False           # is the input
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path, int], None] | None = None
    drive: Callable[[Path, int], float] | None = None  # works a server, ends it; the seconds

    def is_installed(self) -> bool:
        return shutil.which(self.command[0]) is not None

    def set_up(self, work: Path, smoke: bool) -> None:
        amount = self.smoke if smoke else self.amount
        if self.input:
            text = (INPUTS / self.input).read_text().replace(AMOUNT, str(amount))
            (work / self.input).write_text(text)
        if self.prepare:
            self.prepare(work, amount)

    def arguments(self, work: Path) -> list[str]:
        return [word.format(work=work, input=work / self.input) for word in self.command]


def make_repository(work: Path, commits: int) -> None:
    """A history of `commits` changes to 100 files, by git fast-import."""
    repository = work / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    stream = []
    for i in range(commits):
        text = "".join(f"line {n} of {i * 7919 % (n + 13)}\n" for n in range(60 + i % 40))
        message = f"change {i}"
        stream.append(f"commit refs/heads/master\ncommitter A <a@b> {1000000000 + i} +0000\n"
                      f"data {len(message)}\n{message}\n"
                      f"M 644 inline dir{i % 10}/file{i % 100}\ndata {len(text)}\n{text}\n")
    subprocess.run(["git", "-C", str(repository), "fast-import", "--quiet"], check=True,
                   input="".join(stream), text=True)


def redis_client(work: Path, *arguments: str, program: str = "redis-cli") -> str:
    return subprocess.run([program, "-s", str(work / "redis.sock"), *arguments], text=True,
                          capture_output=True, check=False).stdout


def drive_redis(work: Path, requests: int) -> float:
    """Fills the server with values of three sizes, under many keys, and asks for them again."""
    while "PONG" not in redis_client(work, "ping"):
        time.sleep(0.01)
    began = time.monotonic()
    for size in (16, 200, 2000):
        redis_client(work, "-q", "-t", "set,get,lpush,hset", "-n", str(requests), "-r", "100000",
                     "-d", str(size), "-P", "16", program="redis-benchmark")
    elapsed = time.monotonic() - began
    redis_client(work, "shutdown", "nosave")
    return elapsed


PROGRAMS = [
    Program("sqlite3", "sqlite3", ["sqlite3", ":memory:"], 150000, 300, "load.sql", stdin=True),
    Program("python3", "python3", ["/usr/bin/python3", "{input}"], 40000, 50, "load.py",
            environment={"PYTHONMALLOC": "malloc"}),
    Program("redis-server", "redis-server",
            ["redis-server", "--port", "0", "--unixsocket", "{work}/redis.sock", "--save", "",
             "--daemonize", "no"], 40000, 100, drive=drive_redis),
    Program("g++", "g++", ["g++", "-std=c++17", "-O1", "-c", "-o", "/dev/null", "{input}"], 1, 0,
            "load.cc"),
    Program("git-log", "git", ["git", "-C", "{work}/repository", "log", "-p", "--stat"], 3000, 20,
            prepare=make_repository),
    Program("git-repack", "git", ["git", "-C", "{work}/repository", "repack", "-adfq"], 3000, 20,
            prepare=make_repository),
    Program("lua", "lua5.4", ["lua5.4", "{input}"], 100, 1, "load.lua"),
    Program("perl", "perl", ["perl", "{input}"], 100000, 100, "load.pl"),
    Program("z3", "z3", ["z3", "{input}"], 65521 * 64951, 15, "load.smt2"),
    Program("ghostscript", "ghostscript",
            ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=png16m", "-r72",
             "-sOutputFile=/dev/null", "{input}"], 20, 1, "load.ps"),
]
