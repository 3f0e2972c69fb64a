"""Straight cuts through panels that a balloon or a figure joins."""
from __future__ import annotations

import cv2
import numpy as np

WORKING = 200  # pixels of the page's shorter side at which cuts are looked for
SLANTS = np.tan(np.radians(np.arange(-24, 25, 2)))  # of cuts against level or upright
NEARLY_CONVEX = 0.93  # share of its convex hull: pieces that fill more are one panel
FREE = 0.5  # share of a cut that runs through gutter
FLANKED = 0.6  # share of a cut that has the piece near by on both sides
REACH = 0.05  # of the page's shorter side: what is near by
SMALLEST = 0.04  # share of the piece on either side of a cut
SMALLEST_OF_PAGE = 0.006  # shorter side squared: pieces smaller than that are not cut
MOST_CUTS = 12  # through one piece


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


def _cut(piece: np.ndarray, side: int) -> list[np.ndarray]:
    """The two parts of the piece beside its best cut; empty if there is none."""
    x, y, w, h = cv2.boundingRect(piece)
    if w * h < 2 * SMALLEST_OF_PAGE * side**2:
        return []
    crop = piece[y : y + h, x : x + w]
    hull = filled_hull(crop)
    if crop.sum() >= NEARLY_CONVEX * hull.sum():
        return []
    scale = min(WORKING / side, 1)
    size = max(round(w * scale), 1), max(round(h * scale), 1)
    small, small_hull = (cv2.resize(m, size, interpolation=cv2.INTER_NEAREST) for m in (crop, hull))
    reach = max(round(REACH * side * scale), 2)
    best = (0.0, 0.0, 0.0, False)
    for upright in (False, True):
        turned, turned_hull = (m.T if upright else m for m in (small, small_hull))
        for slant in SLANTS:
            score, at = _best_row(turned, turned_hull, float(slant), reach)
            best = max(best, (score, at, float(slant), upright))
    score, at, slant, upright = best
    if not score:
        return []
    rows, columns = np.indices(crop.shape, np.float32)
    along, across = (rows, columns) if upright else (columns, rows)
    above = across * scale - slant * along * scale < at
    halves = []
    for half in (above, ~above):
        part = np.zeros_like(piece)
        part[y : y + h, x : x + w] = crop * half
        halves.append(part)
    return halves


def _best_row(piece: np.ndarray, hull: np.ndarray, slant: float, reach: int) -> tuple[float, float]:
    """The score of the best cut that rises by `slant` a column, 0 for none, and the row where it begins."""
    height, width = piece.shape
    drop = slant * (width - 1)
    shift = max(drop, 0.0)
    tall = int(np.ceil(height + abs(drop)))
    matrix = np.array([[1, 0, 0], [-slant, 1, shift]], np.float32)
    level, level_hull = (
        cv2.warpAffine(np.ascontiguousarray(m), matrix, (width, tall), flags=cv2.INTER_NEAREST)
        for m in (piece, hull)
    )  # fmt: skip
    chord = level_hull.sum(axis=1).astype(np.float32)
    free = 1 - level.sum(axis=1) / np.maximum(chord, 1)
    area = np.cumsum(level.sum(axis=1).astype(np.float64))
    fits = (area > SMALLEST * area[-1]) & (area < (1 - SMALLEST) * area[-1]) & (free >= FREE) & (chord > 2 * reach)
    if not fits.any():
        return 0.0, 0.0
    window = np.ones((reach, 1), np.uint8)
    above = cv2.dilate(level, window, anchor=(0, reach - 1))
    below = cv2.dilate(level, window, anchor=(0, 0))
    flanks = (above & below & level_hull).sum(axis=1) / np.maximum(chord, 1)
    score = np.where(fits & (flanks >= FLANKED), free + 0.5 * flanks, 0)
    row = int(np.argmax(score))
    ties = np.flatnonzero(score >= score[row] - 1e-3)
    row = int(ties[len(ties) // 2]) if score[row] else row
    return float(score[row]), row + 0.5 - shift


def filled_hull(mask: np.ndarray) -> np.ndarray:
    """The convex hull of (h, w) uint8, filled with 1."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = np.zeros_like(mask)
    if contours:
        cv2.fillConvexPoly(hull, cv2.convexHull(np.concatenate(contours)), 1)
    return hull
