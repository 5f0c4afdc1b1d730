# SPDX-License-Identifier: MIT
"""Tables for people (aligned), for programs (TSV, JSON) and for README.md (Markdown)."""
from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Cell = str | float | int | None


@dataclass
class Table:
    title: str
    head: list[str]
    lines: list[list[Cell]]


def text_of(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "-"
    if isinstance(cell, float):
        return f"{cell:.2f}" if cell < 1000 else f"{cell:.0f}"
    return str(cell)


def print_head(facts: dict[str, str], missing: list[str]) -> None:
    width = max(map(len, facts))
    for name, value in facts.items():
        print(f"{name.ljust(width)}  {value}")
    print(*missing, sep="\n", end="\n" if missing else "", flush=True)


def print_table(table: Table) -> None:
    """First column to the left, the others to the right."""
    texts = [table.head] + [[text_of(cell) for cell in line] for line in table.lines]
    widths = [max(len(line[i]) for line in texts) for i in range(len(table.head))]
    print(f"\n{table.title}")
    for line in texts:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def print_tables(tables: dict[str, Table], note: str = "") -> None:
    """The targets come last, after the note."""
    for name, table in tables.items():
        if name == "targets":
            print(note)
        print_table(table)


def markdown(table: Table) -> str:
    rule = ["---"] + ["---:"] * (len(table.head) - 1)
    lines = [table.head, rule, *[[text_of(cell) for cell in line] for line in table.lines]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_tsv(path: Path, table: Table) -> None:
    rows = [table.head] + [["" if cell is None else str(cell) for cell in line]
                           for line in table.lines]
    path.write_text("".join("\t".join(row) + "\n" for row in rows))


def write_json(path: Path, facts: dict[str, str], tables: dict[str, Table],
               samples: list[dict[str, Any]]) -> None:
    """What was not measured, which is not a number here, is null there."""
    def plain(value: Any) -> Any:
        if isinstance(value, float) and math.isnan(value):
            return None
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value
    content = {"schema": 1, "about": facts, "samples": samples,
               "tables": {name: asdict(table) for name, table in tables.items()}}
    path.write_text(json.dumps(plain(content), indent=1) + "\n")


def read_json(path: Path) -> tuple[dict[str, str], dict[str, Table]]:
    content = json.loads(path.read_text())
    return content["about"], {n: Table(**table) for n, table in content["tables"].items()}


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


def targets_table(targets: list[Target]) -> Table:
    return Table("Targets", ["at most", "measured", "limit", "", "worst row"],
                 [target.line() for target in targets])
