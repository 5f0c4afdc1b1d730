# SPDX-License-Identifier: MIT
"""Pictures by gnuplot, as SVG: panels of dots or of curves, side by side. They have a ground of
their own, so that they can be read on a dark page, too."""
from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .report import Cell

COLOURS = {"glibc": "#7f7f7f", "jemalloc": "#e69f00", "mimalloc": "#56b4e9", "tcmalloc": "#009e73",
           "general": "#d55e00", "tuned": "#0000b2", "prefaulted": "#cc79a7"}
OTHERS = ["#000000", "#d55e00", "#0000b2", "#009e73"]
STYLE = """set encoding utf8
set output "{file}"
set terminal svg size {width},{height} font "sans-serif,12" background "white"
set border 3 lc rgb "#555555"
set tics nomirror out textcolor rgb "#333333"
set datafile missing "?"
set key outside top center horizontal samplen 1 noenhanced
set multiplot layout 1,{panels}
"""


@dataclass
class Panel:
    title: str
    x_label: str
    names: list[str]         # of the values of each line
    lines: list[list[Cell]]  # a label or an x, then the values
    y_label: str = ""


def draw(pictures: Callable[[], None]) -> None:
    if shutil.which("gnuplot"):
        pictures()
    else:
        print("no gnuplot: no pictures")


def is_missing(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def data(panel: Panel) -> str:
    """A block of data for gnuplot."""
    def shown(cell: Cell) -> str:
        if is_missing(cell):
            return "?"
        return f'"{cell}"' if isinstance(cell, str) else f"{cell:.4g}"
    text = "\n".join(" ".join(map(shown, line)) for line in panel.lines)
    return f"$data << END\n{text}\nEND\n"


def drawn(panel: Panel) -> list[tuple[int, str]]:
    """The names that have a value, each with its number among all."""
    return [(i, name) for i, name in enumerate(panel.names)
            if not all(is_missing(line[i + 1]) for line in panel.lines)]


def colour(name: str, names: list[str]) -> str:
    return COLOURS.get(name) or OTHERS[names.index(name) % len(OTHERS)]


def plot(path: Path, panels: list[Panel], height: int, commands: Callable[[Panel], str]) -> None:
    """Panels without a value are left out: gnuplot gives up on those."""
    panels = [panel for panel in panels if drawn(panel)]
    if not panels:
        return
    text = STYLE.format(file=path.name, width=480 * len(panels), height=height, panels=len(panels))
    for panel in panels:
        text += f'set title "{panel.title}" noenhanced\nset xlabel "{panel.x_label}" noenhanced\n'
        text += data(panel) + commands(panel)
    subprocess.run(["gnuplot"], input=text, text=True, check=True, cwd=path.parent)
    path.write_text(squeezed(path.read_text()))


# What gnuplot writes though it is empty, the default, or the same for all.
SUPERFLUOUS = [
    (r"rgb\( *(\d+), *(\d+), *(\d+)\)",
     lambda match: "#%02x%02x%02x" % tuple(map(int, match.groups()))),
    (r"<title>[Gg]nuplot.*</title>|<desc>.*</desc>|<!--.*?-->", ""),
    (r' stroke-linecap="butt"| stroke-linejoin="miter"| class="gridline"', ""),
    (r"<path [^>]*d='M[\d.,]+ *'/>", ""),  # goes nowhere
    (r' font-family="sans-serif" font-size="12.00" ', ""),
    (r'<g id="gnuplot_canvas"', '<g id="gnuplot_canvas" font-family="sans-serif" font-size="12"'),
    (r"\s*\n\s*", "\n"),
    (r"<g [^>]*>\s*</g>\n*", ""),
    (r"<g [^>]*>\s*</g>\n*", ""),  # around those
    (r"<g [^>]*>\n(<g transform[^>]*>\n<text>.*</text>\n</g>)\n</g>", r"\1"),
]


def squeezed(svg: str) -> str:
    """The same picture in half as many bytes."""
    for pattern, instead in SUPERFLUOUS:
        svg = re.sub(pattern, instead, svg)
    return svg


def dots(path: Path, panels: list[Panel]) -> None:
    """A row of dots for each line, over a logarithmic axis where 1 is marked."""
    def commands(panel: Panel) -> str:
        series = ", ".join(
            f"$data using {i + 2}:0:ytic(1) with points pt {7 if i < 3 else 5} ps 0.6 "
            f'lc rgb "{colour(name, panel.names)}" title "{name}"' for i, name in drawn(panel))
        return f"""set logscale x
unset mxtics
set xtics ({", ".join(f"{10.0 ** i * n:g}" for i in range(-4, 4) for n in (1, 3))})
set yrange [{len(panel.lines) - 0.5}:-0.5]
set ytics noenhanced scale 0
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#7f7f7f"
plot {series}
"""
    plot(path, panels, 110 + 17 * max(len(panel.lines) for panel in panels), commands)


def curves(path: Path, panels: list[Panel], axes: str = "x") -> None:
    """A curve for each name over the first value of each line. axes: which are logarithmic."""
    def commands(panel: Panel) -> str:
        series = ", ".join(
            f"$data using 1:{i + 2} with linespoints pt 7 ps 0.4 lw 2 "
            f'lc rgb "{colour(name, panel.names)}" title "{name}"' for i, name in drawn(panel))
        y_range = "" if "y" in axes else "set yrange [0:*]\n"
        return f"""set logscale {axes}
unset mxtics
unset mytics
set format {axes} "%.0s%c"
set grid lc rgb "#e8e8e8"
set ylabel "{panel.y_label}" noenhanced
{y_range}plot {series}
"""
    plot(path, panels, 420, commands)
