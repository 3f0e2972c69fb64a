"""The outlines of panels: four straight sides, or a convex hull."""
from __future__ import annotations

import cv2
import numpy as np

from coloring.structure.cuts import filled_hull

SAMPLES = 48  # places along a side at which the outline is looked at
STRAIGHT = 0.004  # of the page's shorter side: how far the outline may be from a straight side
ALONG = 0.45  # share of the samples that lie on a straight side
LEAN = 0.6  # largest slope of a side against level or upright
EXPLAINED = 0.85  # of the overlap over the union of quadrilateral and piece
EDGE = 0.01  # of the page's shorter side: a piece that ends so near to the edge of the page runs off it
SPARSE = 0.5  # share of its hull: a piece that fills less is lines, of a frame with gaps or of a drawing
DENSE = 0.85  # share of its hull that a piece fills which no gutter runs into
CONVEX = 0.93  # share of its hull: a piece that fills more is a panel, even if it has not four sides
PROTRUDING = 0.015  # of the page's shorter side: thinner things that stick out are no part of the panel


def quadrilateral(piece: np.ndarray, inside: tuple[slice, slice], side: int) -> np.ndarray | None:
    """The panel with four straight sides, (h, w) uint8, that a piece of the page, (h, w) uint8, makes, with what sticks
    out of it; None if it makes none.

    inside: rows and columns of the page; their ends are sides of panels that run off the page. side: the page's shorter
    side, pixels.
    """
    quad = _straight_sides(piece, inside, side)
    if quad is None:
        return None
    hull = filled_hull(piece)
    if piece.sum() < SPARSE * hull.sum():
        return quad if _agrees(quad, hull) else None
    if not _agrees(quad, piece | (hull & quad)):
        return None
    radius = max(round(PROTRUDING * side), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return quad | cv2.morphologyEx(piece, cv2.MORPH_OPEN, kernel)


def is_dense(piece: np.ndarray) -> bool:
    """Whether a piece fills an area, as one does that no gutter runs into; an empty one does not."""
    return bool(piece.any() and piece.sum() >= DENSE * filled_hull(piece).sum())


def convex(piece: np.ndarray) -> np.ndarray | None:
    """The convex hull of a piece that fills nearly all of it, else None."""
    hull = filled_hull(piece)
    return hull if piece.sum() >= CONVEX * hull.sum() else None


def _agrees(quad: np.ndarray, hull: np.ndarray) -> bool:
    return int((quad & hull).sum()) >= EXPLAINED * int((quad | hull).sum())


def _straight_sides(piece: np.ndarray, inside: tuple[slice, slice], side: int) -> np.ndarray | None:
    """The quadrilateral of the straight sides of a piece, filled; None if a side is not straight."""
    x, y, w, h = cv2.boundingRect(piece)
    if not w:
        return None
    crop = piece[y : y + h, x : x + w]
    tolerance, edge = max(STRAIGHT * side, 1.5), EDGE * side
    ends = (y - inside[0].start, inside[0].stop - y - h), (x - inside[1].start, inside[1].stop - x - w)
    lines = []
    for upright in (False, True):
        for last in (False, True):
            line = _side(crop.T if upright else crop, last, tolerance)
            if line is None and ends[upright][last] <= edge:
                line = (float((w if upright else h) - 1) if last else 0.0, 0.0)
            if line is None:
                return None
            lines.append(line)
    top, bottom, left, right = lines
    corners = [_crossing(row, column) for row, column in ((top, left), (top, right), (bottom, right), (bottom, left))]
    quad = np.zeros_like(piece)
    cv2.fillPoly(quad, [np.round(np.add(corners, (x, y))).astype(np.int32)], 1)
    return quad


def _side(piece: np.ndarray, last: bool, tolerance: float) -> tuple[float, float] | None:
    """(a, b) of the straight upper (or lower: `last`) side y = a + b x along most of a piece's outline; None if there
    is none."""
    height, width = piece.shape
    columns = np.unique(np.linspace(0.04 * width, 0.96 * (width - 1), SAMPLES).astype(int))
    strip: np.ndarray = np.asarray(piece[:, columns]).astype(bool)
    there: np.ndarray = np.asarray(strip.any(axis=0))
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
