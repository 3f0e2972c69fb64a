"""The outline of a panel: four straight sides where these explain the piece, else its convex hull."""
from __future__ import annotations

import cv2
import numpy as np

from coloring.structure.cuts import filled_hull

SAMPLES = 48  # places along a side at which the outline is looked at
STRAIGHT = 0.004  # of the page's shorter side: how far the outline may be from a straight side
ALONG = 0.45  # share of the samples that lie on a straight side
LEAN = 0.6  # largest slope of a side against level or upright
EXPLAINED = 0.85  # of the overlap over the union of quadrilateral and piece
SPARSE = 0.5  # share of its hull: a piece that fills less is lines, of a frame with gaps or of a drawing
CONVEX = 0.93  # share of its hull: a piece that fills more is a panel, even if it has not four sides
PROTRUDING = 0.015  # of the page's shorter side: thinner things that stick out are no part of the panel


def outline(piece: np.ndarray, side: int) -> np.ndarray | None:
    """The panel, (h, w) uint8, that a piece of the page (h, w) uint8 makes; None if it is no panel but a drawing.

    side: the page's shorter side, pixels.
    """
    hull = filled_hull(piece)
    filled = piece.sum() / max(int(hull.sum()), 1)
    quad = _quadrilateral(piece, side)
    if quad is not None:
        within = int((quad & piece).sum())
        if filled < SPARSE:
            return quad if _agrees(quad, hull) else None
        if within >= EXPLAINED * int((quad | piece).sum()):
            radius = max(round(PROTRUDING * side), 1)
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
            return quad | cv2.morphologyEx(piece, cv2.MORPH_OPEN, kernel)
    return hull if filled >= CONVEX else None


def _agrees(quad: np.ndarray, hull: np.ndarray) -> bool:
    return int((quad & hull).sum()) >= EXPLAINED * int((quad | hull).sum())


def _quadrilateral(piece: np.ndarray, side: int) -> np.ndarray | None:
    """The quadrilateral of the straight sides of a piece, filled; None if a side is not straight."""
    x, y, w, h = cv2.boundingRect(piece)
    crop = piece[y : y + h, x : x + w]
    tolerance = max(STRAIGHT * side, 1.5)
    lines = []
    for upright in (False, True):
        for last in (False, True):
            line = _side(crop.T if upright else crop, last, tolerance)
            if line is None:
                return None
            lines.append(line)
    top, bottom, left, right = lines
    corners = [_crossing(row, column) for row, column in ((top, left), (top, right), (bottom, right), (bottom, left))]
    quad = np.zeros_like(piece)
    cv2.fillPoly(quad, [np.round(np.array(corners) + (x, y)).astype(np.int32)], 1)
    return quad


def _side(piece: np.ndarray, last: bool, tolerance: float) -> tuple[float, float] | None:
    """(a, b) of the straight upper (or lower: `last`) side y = a + b x along most of a piece's outline; None if there
    is none."""
    height, width = piece.shape
    columns = np.unique(np.linspace(0.04 * width, 0.96 * (width - 1), SAMPLES).astype(int))
    strip = piece[:, columns] > 0
    there = strip.any(axis=0)
    rows = np.where(there, height - 1 - strip[::-1].argmax(axis=0) if last else strip.argmax(axis=0), -(10**6))
    ys, xs = rows.astype(float), columns.astype(float)
    first, second = np.triu_indices(len(xs), k=max(len(xs) // 6, 1))
    slopes = (ys[second] - ys[first]) / (xs[second] - xs[first])
    starts = ys[first] - slopes * xs[first]
    usable = there[first] & there[second] & (np.abs(slopes) <= LEAN)
    if not usable.any():
        return None
    slopes, starts = slopes[usable], starts[usable]
    on_line = np.abs(starts[:, None] + slopes[:, None] * xs - ys) <= tolerance
    counts = on_line.sum(axis=1)
    best = int(np.argmax(counts))
    if counts[best] < ALONG * len(xs):
        return None
    slope, start = np.polyfit(xs[on_line[best]], ys[on_line[best]], 1)
    return float(start), float(slope)


def _crossing(row: tuple[float, float], column: tuple[float, float]) -> tuple[float, float]:
    """Where y = a + b x meets x = c + d y."""
    y = (row[0] + row[1] * column[0]) / (1 - row[1] * column[1])
    return column[0] + column[1] * y, y
