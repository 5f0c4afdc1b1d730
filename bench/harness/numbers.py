# SPDX-License-Identifier: MIT
"""Small arithmetic on samples."""
from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

median = statistics.median


def geometric_mean(values: Iterable[float]) -> float:
    """Not a number for no values."""
    logs = [math.log(value) for value in values if value > 0]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def ratio(value: float | None, base: float | None) -> float:
    return value / base if value is not None and base else math.nan


def half_spread(values: list[float]) -> float:
    """Half the distance of the quartiles, as a part of the median."""
    if len(values) < 2:
        return 0.0
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    return (quartiles[2] - quartiles[0]) / 2 / median(values)
