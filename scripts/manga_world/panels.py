"""How a page is cut into panels."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from .curves import Points
from .shapes import band

UNITS = 256.0
MARGIN, GUTTER = 7.0, 5.0
FRAME = 2.0  # width of a panel's frame in units


def panels(rng: Generator, high: float, layouts: tuple[tuple[int, ...], ...]) -> list[Points]:
    """Panel quadrilaterals (4, 2) in units, clockwise from the upper left, on a page ``high`` units high.

    A layout has the number of panels of every row. Lines between rows and columns may lean.
    """
    counts = layouts[rng.integers(len(layouts))]
    shares = np.cumsum(rng.uniform(0.8, 1.3, len(counts)))
    levels = MARGIN + (high - 2 * MARGIN) * np.concatenate([[0], shares / shares[-1]])
    slopes = np.where(rng.random(len(levels)) < 0.5, rng.uniform(-0.1, 0.1, len(levels)), 0)
    slopes[[0, -1]] = 0
    rows = [np.array([level - slope * UNITS / 2, slope]) for level, slope in zip(levels, slopes, strict=True)]
    half, found = np.array([GUTTER / 2, 0.0]), []
    for top, bottom, count in zip(rows[:-1], rows[1:], counts, strict=True):
        columns = [np.array([MARGIN, 0.0])]
        for cut in range(1, count):
            lean = rng.uniform(-0.16, 0.16) if rng.random() < 0.5 else 0.0
            at = MARGIN + (UNITS - 2 * MARGIN) * (cut / count + rng.uniform(-0.08, 0.08) / count * 2)
            middle = np.array([at - lean * (top[0] + bottom[0]) / 2, lean])
            columns += [middle - half, middle + half]
        columns.append(np.array([UNITS - MARGIN, 0.0]))
        for left, right in zip(columns[::2], columns[1::2], strict=True):
            upper, lower = top + half, bottom - half
            found.append(np.stack([_crossing(*pair) for pair in ((upper, left), (upper, right), (lower, right),
                                                                 (lower, left))]))
    return found


def frame(corners: Points) -> list[Points]:
    """The four bands of ink around a panel (4, 2), each a polygon."""
    sides = []
    for start, stop in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = (stop - start) / np.hypot(*(stop - start))
        sides.append(band(np.stack([start - along, stop + along]), np.full(2, FRAME)))
    return sides


def reading_order(quads: list[Points]) -> list[int]:
    """The number of each panel of ``panels`` in reading order, from 1: rows downwards, from right to left in a row."""
    lefts = np.array([corners[0, 0] for corners in quads])
    rows = np.split(np.arange(len(quads)), np.flatnonzero(np.diff(lefts) <= 0) + 1)
    order = np.concatenate([row[::-1] for row in rows])
    return (np.argsort(order) + 1).tolist()


def _crossing(row: Points, column: Points) -> Points:
    """Where the row line y = a + b x meets the column line x = c + d y."""
    y = (row[0] + row[1] * column[0]) / (1 - row[1] * column[1])
    return np.array([column[0] + column[1] * y, y])
