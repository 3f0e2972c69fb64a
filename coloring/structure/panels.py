"""Panels: what frames, gutters and margins enclose, or where drawings without frames are.

1. Gutter is what of the level of the page's edges can be reached from there (`gutters.py`). Frames stop it; where they
   have gaps or are missing, it runs into panels, which the next steps put right.
2. What is left falls into connected pieces. A dense piece with four straight sides is a panel, together with what
   sticks out of it (`outlines.py`).
3. Where ink is left over, gutters that run straight through all of the page, then through all of each half, and so on,
   divide it into cells (`cuts.py`). The ink of a cell is one panel with four sides, or several that a balloon or a
   figure joins, which are cut along the gutters between them, or a drawing without a frame: it gets the rectangle
   around it.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from coloring.structure.cuts import cells, separated, split
from coloring.structure.gutters import at_gutter_level, reached
from coloring.structure.outlines import convex, is_dense, quadrilateral
from coloring.structure.working import WorkingPage

SMALLEST_PANEL = 0.006  # of the page's area
NARROWEST_PANEL = 0.03  # of the shorter side
BRIDGE = 0.006  # of the shorter side: half the width of things that join two panels over a narrow gutter
SMALLEST_PART = 0.02  # share of the ink: smaller pieces do not make panels
EXPLAINED = 0.85  # share of the ink that panels with straight sides cover, if they are no mistake
BESIDE = 0.01  # of the shorter side: ink that is so near to a panel sticks out of it
ALONE = 0.9  # share of a drawing's ink in one piece from which this piece is a panel of its own shape
WHOLE_PAGE = 0.9  # of the page's area: a page with one smaller drawing and no frame is one panel
DRAWING_REACH = 0.03  # of the shorter side: parts of a drawing without a frame lie no farther apart
DRAWING_WIDTH, DRAWING_HEIGHT = 0.15, 0.07  # of the page: smaller groups of ink beside panels are marks, page numbers
ROW_OVERLAP = 0.5  # share of the lower of two panels' heights that they have in common, to be in one row


class Box(NamedTuple):
    """A rectangle in working pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Panels:
    """numbers: (h, w) uint16, n inside the nth panel in reading order. gutter: (h, w) bool, what is empty outside."""

    numbers: np.ndarray
    gutter: np.ndarray


@dataclass(frozen=True)
class _Division:
    """A page by its gutters. free: (h, w) uint8, 1 at the level of gutters. gutter: (h, w) bool, what of that can be
    reached. pieces: what lies between, (h, w) uint8 each. closed: the panels with four straight sides among them."""

    page: WorkingPage
    free: np.ndarray
    gutter: np.ndarray
    pieces: list[np.ndarray]
    closed: list[np.ndarray]


def find_panels(page: WorkingPage, lettering: np.ndarray) -> Panels:
    """Find the panels of a page. lettering: (h, w) bool, ink of letters."""
    if page.is_blank:
        return Panels(np.zeros(page.levels.shape, np.uint16), np.ones(page.levels.shape, bool))
    division = _divide(page, lettering)
    if page.inside != page.all and len(division.closed) < 2:
        black = _divide(replace(page, inside=page.all), lettering)  # what look like bars may be margins of a black page
        division = black if len(black.closed) > 1 else division
    gutter = division.gutter
    masks = division.closed + _open(division, lettering) or [np.ones(page.levels.shape, np.uint8)]
    numbers = np.zeros(page.levels.shape, np.uint16)
    for number, mask in reversed(list(enumerate(_in_reading_order(masks), start=1))):
        numbers[mask > 0] = number
    return Panels(numbers, gutter & (numbers == 0))


def _divide(page: WorkingPage, lettering: np.ndarray) -> _Division:
    free = at_gutter_level(page)
    gutter = reached(page, free)
    pieces = _pieces(page, gutter, lettering)
    return _Division(page, free, gutter, pieces, _closed(page, pieces))


def _pieces(page: WorkingPage, gutter: np.ndarray, lettering: np.ndarray) -> list[np.ndarray]:
    """The connected pieces, (h, w) uint8 each, of what is no gutter, without those that are small or lettering."""
    solid = (~gutter).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8, ltype=cv2.CV_32S)
    pieces = []
    for number, (x, y, w, h, area) in enumerate(stats):
        if not number or min(w, h) < page.length(NARROWEST_PANEL) or w * h < SMALLEST_PANEL * page.levels.size:
            continue
        piece = np.zeros(page.levels.shape, np.uint8)
        piece[y : y + h, x : x + w] = regions[y : y + h, x : x + w] == number
        if lettering[piece > 0].sum() <= area / 2:
            pieces.append(piece)
    return pieces


def _closed(page: WorkingPage, pieces: list[np.ndarray]) -> list[np.ndarray]:
    """The masks, (h, w) uint8, of panels with four straight sides that no gutter runs into."""
    masks: list[np.ndarray] = []
    for piece in pieces:
        parts = separated(piece, page.length(BRIDGE), round(SMALLEST_PANEL * page.levels.size))
        cut = [half for part in parts for half in split(part, page.side)]
        for group in (cut, parts, [piece]):
            panels = [quadrilateral(part, page.inside, page.side) for part in group if is_dense(part)]
            found = [panel for panel in panels if panel is not None]
            if found and len(found) == len(group):
                masks += found
                break
    return masks


def _open(division: _Division, lettering: np.ndarray) -> list[np.ndarray]:
    """The masks, (h, w) uint8, of all panels that are not closed: joined, with broken frames or without any."""
    page, masks, pieces = division.page, division.closed, division.pieces
    taken = np.zeros(page.levels.shape, np.uint8)
    for mask in masks:
        taken |= mask
    near = _grown(taken, page.length(BESIDE))
    inside = np.zeros(page.levels.shape, np.uint8)
    inside[page.inside] = 1
    left = (~(division.gutter | lettering) & (near == 0)).astype(np.uint8) & inside
    if not any(_is_drawing(page, box) for box in _boxes(_grown(left, page.length(DRAWING_REACH)))):
        return []
    numbers = cells(taken | (1 - division.free), page.side) * inside
    found: list[np.ndarray] = []
    for number in np.unique(numbers[left > 0]):
        cell = (numbers == number).astype(np.uint8)
        ink, room = left & cell, cell & (near == 0)
        beside_others = bool((cell & taken).any())
        groups = [Box(*cv2.boundingRect(ink))]
        if beside_others:
            groups = _boxes(_grown(ink, page.length(DRAWING_REACH)) & room)
        for group in groups:
            if _is_drawing(page, group):
                box = np.zeros_like(cell)
                box[group.y : group.y + group.height, group.x : group.x + group.width] = 1
                found += _open_panels(page, ink & box, room & box, pieces)
    whole = sum(int(mask.sum()) for mask in found) >= WHOLE_PAGE * page.levels.size
    return [] if not masks and len(found) == 1 and not whole else found


def _open_panels(page: WorkingPage, ink: np.ndarray, box: np.ndarray, pieces: list[np.ndarray]) -> list[np.ndarray]:
    """The panels in a part of the page, (h, w) uint8 `box`, that is as large as its ink, (h, w) uint8."""
    total = int(ink.sum())
    here = [piece & ink for piece in pieces if (piece & ink).sum() > SMALLEST_PART * total]
    one = quadrilateral(max(here, key=np.sum), page.inside, page.side) if here else None
    if one is not None and (one & ink).sum() >= EXPLAINED * total:
        return [one & box]
    parts = [quadrilateral(part, page.inside, page.side) for piece in here for part in split(piece, page.side)]
    several = [part & box for part in parts if part is not None]
    if several and (np.maximum.reduce(several) & ink).sum() >= EXPLAINED * total:
        return several
    hulls = [convex(piece) for piece in here if piece.sum() >= ALONE * total]
    return [hull & box for hull in hulls if hull is not None] or [box]


def _grown(mask: np.ndarray, radius: int) -> np.ndarray:
    """(h, w) uint8 dilated by a square of `radius` pixels."""
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))


def _boxes(mask: np.ndarray) -> list[Box]:
    """(x, y, width, height) of the connected pieces of (h, w) uint8."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return [Box(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[1:]]


def _is_drawing(page: WorkingPage, box: Box) -> bool:
    """Whether a group of ink is large enough for a drawing."""
    return box[2] >= DRAWING_WIDTH * page.width and box[3] >= DRAWING_HEIGHT * page.height


def _in_reading_order(masks: list[np.ndarray]) -> list[np.ndarray]:
    """Rows from top to bottom, from right to left within a row."""
    boxes = [Box(*cv2.boundingRect(mask)) for mask in masks]
    return [masks[index] for index in reading_order(boxes)]


def reading_order(boxes: list[Box]) -> list[int]:
    """Indices of (x, y, width, height) boxes: top to bottom, right to left within a row.

    Boxes are in one row if they share half of the lower one's height with one that is in it; a box to the right of
    which others are stacked comes after all of these.
    """
    left = set(range(len(boxes)))
    order: list[int] = []
    while left:
        free = [index for index in left if not any(_before(boxes[other], boxes[index]) for other in left - {index})]
        first = min(free or left, key=lambda index: (boxes[index][1], -boxes[index][0]))
        order.append(first)
        left.remove(first)
    return order


def _before(one: Box, other: Box) -> bool:
    """Whether `one` is read before `other`: it is beside it on the right, or above it."""
    x1, y1, w1, h1 = one
    x2, y2, w2, h2 = other
    if min(y1 + h1, y2 + h2) - max(y1, y2) > ROW_OVERLAP * min(h1, h2):
        return x1 + w1 / 2 > x2 + w2 / 2
    return y1 + h1 / 2 < y2 + h2 / 2 and min(x1 + w1, x2 + w2) > max(x1, x2)
