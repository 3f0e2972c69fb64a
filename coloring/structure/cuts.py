"""Straight cuts: along gutters through all of a page, and between panels that a balloon or a figure joins."""
from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

WORKING = 200  # pixels of the page's shorter side at which cuts are looked for
SLANTS = np.tan(np.radians(np.arange(-24, 25, 2)))  # of cuts against level or upright
FREE = 0.5  # share of a cut that runs through gutter
FLANKED = 0.6  # share of a cut that has the piece near by on both sides
REACH = 0.05  # of the page's shorter side: what is near by
SMALLEST = 0.04  # share of the piece on either side of a cut
SMALLEST_OF_PAGE = 0.006  # shorter side squared: pieces smaller than that are not cut
MOST_CUTS = 12  # through one piece

CELL_WORKING = 300  # pixels of the page's shorter side at which cells are looked for: gutters are 2 pixels wide
CELL_SLANTS = np.tan(np.radians(sorted(np.arange(-12, 12.1, 0.75), key=abs)))  # of their cuts, the level ones first
CELL_TAKEN = 0.02  # share of a row of a gutter that may not be empty
CELL_GUTTER = 0.08  # of the shorter side: wider bands are empty parts of drawings
CELL_EDGE = 3  # pixels beside a gutter within which its edge lies
CELL_FLANK, CELL_FRAME = 0.35, 0.6  # share of either edge, and of the straighter one, that is taken
CELL_SMALLEST = 0.08  # of the shorter side: length of a cut
MOST_CELLS = 40  # of a page


def split(piece: np.ndarray, side: int) -> list[np.ndarray]:
    """Cut a piece, (h, w) uint8 of 0 and 1, into panels, of the same size. side: of the page, in pixels."""
    parts, done = [piece], []
    for _ in range(MOST_CUTS):
        if not parts:
            break
        part = parts.pop()
        halves = _cut(part, side)
        if halves:
            parts += halves
        else:
            done.append(part)
    return done + parts


def separated(piece: np.ndarray, radius: int, smallest: int) -> list[np.ndarray]:
    """Separate the solid parts of a piece, (h, w) uint8, of `smallest` pixels and more, that bridges of up to twice the
    radius join. What is left falls to the nearest part."""
    kernel = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    opened = cv2.morphologyEx(piece, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_REPLICATE)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4, ltype=cv2.CV_32S)
    large = [number for number in range(1, count) if stats[number, cv2.CC_STAT_AREA] >= smallest]
    if len(large) < 2:
        return [piece]
    seeds = np.isin(regions, large)
    _, nearest = cv2.distanceTransformWithLabels((~seeds).astype(np.uint8), cv2.DIST_L2, 3)
    owner = np.zeros(nearest.max() + 1, np.int32)
    owner[nearest[seeds]] = regions[seeds]
    return [((owner[nearest] == number) & (piece > 0)).astype(np.uint8) for number in large]


def _cut(piece: np.ndarray, side: int) -> list[np.ndarray]:
    """The two parts of the piece beside its best cut; empty if there is none."""
    x, y, w, h = cv2.boundingRect(piece)
    if w * h < 2 * SMALLEST_OF_PAGE * side**2:
        return []
    crop = piece[y : y + h, x : x + w]
    scale = min(WORKING / side, 1)
    size = max(round(w * scale), 1), max(round(h * scale), 1)
    small, small_hull = (cv2.resize(m, size, interpolation=cv2.INTER_NEAREST) for m in (crop, filled_hull(crop)))
    reach = max(round(REACH * side * scale), 2)
    deep = cv2.erode(small_hull, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), borderValue=0)
    if not (deep > small).any():  # no gutter runs in
        return []
    best = (0.0, 0.0, 0.0, False)
    for upright in (False, True):
        turned, turned_hull = (m.T if upright else m for m in (small, small_hull))
        for slant in SLANTS:
            score, at = _best_row(turned, turned_hull, float(slant), reach)
            best = max(best, (score, at, float(slant), upright))
    score, at, slant, upright = best
    if not score:
        return []
    return _halves(crop, (x, y), piece.shape, _Cut(at / scale, slant, upright))


class _Cut(NamedTuple):
    """A straight cut: from row `at` on, by `slant` rows a column; upright: with rows and columns swapped."""

    at: float
    slant: float
    upright: bool


def _halves(mask: np.ndarray, corner: tuple[int, int], shape: tuple[int, ...], cut: _Cut) -> list[np.ndarray]:
    """The two halves of a mask, (h, w) uint8, on both sides of a cut, each laid into zeros of `shape` at x, y."""
    rows, columns = np.indices(mask.shape, np.float32)
    along, across = (rows, columns) if cut.upright else (columns, rows)
    above = across - cut.slant * along < cut.at
    x, y = corner
    height, width = mask.shape
    halves = []
    for half in (above, ~above):
        part = np.zeros(shape, mask.dtype)
        part[y : y + height, x : x + width] = mask * half
        halves.append(part)
    return halves


def _best_row(piece: np.ndarray, hull: np.ndarray, slant: float, reach: int) -> tuple[float, float]:
    """The score of the best cut that rises by `slant` a column, 0 for none, and the row where it begins."""
    level, shift = _leveled(piece, slant)
    level_hull, _ = _leveled(hull, slant)
    chord = level_hull.sum(axis=1).astype(np.float32)
    free = 1 - level.sum(axis=1) / np.maximum(chord, 1)
    area = np.cumsum(level.sum(axis=1).astype(np.float64))
    fits = (area > SMALLEST * area[-1]) & (area < (1 - SMALLEST) * area[-1]) & (free >= FREE) & (chord > 2 * reach)
    if not fits.any():
        return 0.0, 0.0
    window = np.ones((reach, 1), np.uint8)
    above = cv2.dilate(level, window, anchor=(0, reach - 1))
    below = cv2.dilate(level, window, anchor=(0, 0))
    flanks = _row_sums(cv2.bitwise_and(cv2.bitwise_and(above, below), level_hull)) / np.maximum(chord, 1)
    score = np.where(fits & (flanks >= FLANKED), free + 0.5 * flanks, 0)
    row = int(np.argmax(score))
    ties = np.flatnonzero(score >= score[row] - 1e-3)
    row = int(ties[len(ties) // 2]) if score[row] else row
    return float(score[row]), row + 0.5 - shift


def _leveled(mask: np.ndarray, slant: float) -> tuple[np.ndarray, float]:
    """A mask (h, w) sheared so that lines that rise by `slant` a column become rows, 0 beyond it; and by how many rows
    its first column moved down."""
    height, width = mask.shape
    drop = slant * (width - 1)
    shift = max(drop, 0.0)
    matrix = np.array([[1, 0, 0], [-slant, 1, shift]], np.float32)
    size = (width, int(np.ceil(height + abs(drop))))
    return cv2.warpAffine(np.ascontiguousarray(mask), matrix, size, flags=cv2.INTER_NEAREST), shift


def cells(taken: np.ndarray, side: int) -> np.ndarray:
    """Divide a page along the gutters that run straight through all of it, then through all of each half, and so on.

    taken: (h, w) uint8, 1 where there is no empty gutter. side: the page's shorter side, pixels. Gives (h, w) uint16,
    n in the nth cell, from 1.
    """
    scale = min(CELL_WORKING / side, 1)
    height, width = taken.shape
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(taken, size, interpolation=cv2.INTER_NEAREST)
    numbers = np.zeros(small.shape, np.uint16)
    waiting, done = [np.ones_like(small)], 0
    while waiting:
        cell = waiting.pop()
        halves = _gutter_cut(small, cell, CELL_WORKING) if done + len(waiting) < MOST_CELLS else []
        waiting += halves
        if not halves:
            done += 1
            numbers[cell > 0] = done
    return cv2.resize(numbers, (width, height), interpolation=cv2.INTER_NEAREST)


def _gutter_cut(taken: np.ndarray, cell: np.ndarray, side: int) -> list[np.ndarray]:
    """The two halves of a cell, (h, w) uint8, beside the clearest gutter that runs through all of it, or none."""
    x, y, w, h = cv2.boundingRect(cell)
    crop, inside = taken[y : y + h, x : x + w] & cell[y : y + h, x : x + w], cell[y : y + h, x : x + w]
    best = (0.0, 0.0, 0.0, False)
    for upright in (False, True):
        turned, turned_inside = (m.T if upright else m for m in (crop, inside))
        for slant in CELL_SLANTS:
            level, shift = _leveled(turned, float(slant))
            chord = _row_sums(_leveled(turned_inside, float(slant))[0])
            score, row = _clearest_band(_row_sums(level), chord, side)
            best = max(best, (score, row - shift, float(slant), upright))
    score, at, slant, upright = best
    if not score:
        return []
    return _halves(inside, (x, y), cell.shape, _Cut(at, slant, upright))


def _row_sums(mask: np.ndarray) -> np.ndarray:
    return cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]


def _clearest_band(counts: np.ndarray, chord: np.ndarray, side: int) -> tuple[float, float]:
    """The score of the best band of empty rows with straight edges on both sides, 0 for none, and its middle.

    counts: taken pixels in each row. chord: pixels of the cell in each row.
    """
    share = counts / np.maximum(chord, 1)
    empty = (share <= CELL_TAKEN) & (chord > CELL_SMALLEST * side)
    steps = np.diff(np.concatenate([[0], empty.view(np.int8), [0]]))
    best = 0.0, 0.0
    for start, stop in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
        if stop - start > CELL_GUTTER * side or not counts[:start].any() or not counts[stop:].any():
            continue
        above, below = (float(share[part].max(initial=0)) for part in (
            slice(max(start - CELL_EDGE, 0), start), slice(stop, stop + CELL_EDGE)))  # fmt: skip
        if min(above, below) >= CELL_FLANK and max(above, below) >= CELL_FRAME:
            best = max(best, (above + below + float(chord[start:stop].mean()) / len(chord), (start + stop) / 2))
    return best


def filled_hull(mask: np.ndarray) -> np.ndarray:
    """The convex hull of (h, w) uint8, filled with 1."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = np.zeros_like(mask)
    if contours:
        cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(contours)), 1)
    return hull
