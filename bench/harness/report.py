# SPDX-License-Identifier: MIT
"""Tables for people (aligned), and for programs (TSV, JSON)."""
from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

Cell = str | float | int | None


def text_of(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, float):
        return f"{cell:.2f}" if cell < 1000 else f"{cell:.0f}"
    return str(cell)


def print_table(title: str, head: list[str], lines: list[list[Cell]]) -> None:
    """First column to the left, the others to the right."""
    texts = [head] + [[text_of(cell) for cell in line] for line in lines]
    widths = [max(len(line[i]) for line in texts) for i in range(len(head))]
    print(f"\n{title}")
    for line in texts:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def write_tsv(path: Path, head: list[str], lines: list[list[Cell]]) -> None:
    rows = [head] + [["" if cell is None else str(cell) for cell in line] for line in lines]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def print_head(facts: dict[str, str]) -> None:
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name.ljust(width)}  {value}")


class Target:
    """A figure that is to be at most `limit`; None: it was not measured."""

    def __init__(self, text: str, value: float | None, limit: float, where: str = "") -> None:
        self.text = text
        self.value = None if value is None or math.isnan(value) else value
        self.limit = limit
        self.where = where

    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "met" if self.value <= self.limit else "missed"

    def line(self) -> list[Cell]:
        return [self.text, self.value, self.limit, self.verdict(), self.where]


def print_targets(targets: list[Target]) -> None:
    print_table("Targets", ["at most", "measured", "limit", "", "worst row"],
                [target.line() for target in targets])
