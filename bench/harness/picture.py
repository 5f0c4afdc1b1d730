# SPDX-License-Identifier: MIT
"""Pictures by gnuplot, as SVG: bars and curves. The data file stays beside the picture."""
from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

COLOURS = ["#7f7f7f", "#e69f00", "#56b4e9", "#009e73", "#d55e00", "#0072b2", "#cc79a7", "#b0a000",
           "#000000"]
STYLE = """set encoding utf8
set border 3 lc rgb "#555555"
set tics nomirror out textcolor rgb "#333333"
set grid ytics lc rgb "#dddddd" lw 1
set key outside top center horizontal samplen 1.5
set title "{title}" noenhanced
set ylabel "{y_label}" noenhanced
"""


def is_available() -> bool:
    return shutil.which("gnuplot") is not None


def plot(commands: str, path: Path) -> None:
    subprocess.run(["gnuplot"], input=commands, text=True, check=True, cwd=path.parent)


def write_data(path: Path, lines: list[list[object]]) -> None:
    def shown(cell: object) -> str:
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return "?"
        return f'"{cell}"' if isinstance(cell, str) else str(cell)
    path.write_text("".join(" ".join(map(shown, line)) + "\n" for line in lines))


def bars(path: Path, title: str, y_label: str, names: list[str],
         lines: list[list[object]]) -> None:
    """A group of bars for each line: its label, then one value for each name."""
    write_data(path.with_suffix(".dat"), [list(["row", *names]), *lines])
    width = max(700, 90 + 11 * len(lines) * (len(names) + 1))
    series = ", ".join(
        f'"{path.stem}.dat" using {i + 2}:xtic(1) title columnheader lc rgb "{COLOURS[i % 9]}"'
        for i in range(len(names)))
    plot(STYLE.format(title=title, y_label=y_label) + f"""
set terminal svg size {width},480 font "sans-serif,12" background "white"
set output "{path.name}"
set datafile missing "?"
set style data histograms
set style histogram cluster gap 1
set style fill solid 1 noborder
set xtics rotate by -40 noenhanced scale 0
set yrange [0:2.5]  # a few rows would flatten all others
set arrow from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#333333" dt 2
plot {series}
""", path)


def curves(path: Path, title: str, labels: tuple[str, str], names: list[str],
           lines: list[list[object]], axes: str = "x") -> None:
    """A curve for each name over the first value of each line. axes: which are logarithmic."""
    write_data(path.with_suffix(".dat"), [list(["x", *names]), *lines])
    series = ", ".join(
        f'"{path.stem}.dat" using 1:{i + 2} with linespoints pt 7 ps 0.5 lw 2 '
        f'lc rgb "{COLOURS[i % 9]}" title columnheader' for i in range(len(names)))
    logarithmic = f"set logscale {axes}\n" if axes else ""
    y_range = "" if "y" in axes else "set yrange [0:*]\n"
    plot(STYLE.format(title=title, y_label=labels[1]) + f"""
set terminal svg size 800,480 font "sans-serif,12" background "white"
set output "{path.name}"
set datafile missing "?"
set xlabel "{labels[0]}" noenhanced
{logarithmic}{y_range}plot {series}
""", path)
