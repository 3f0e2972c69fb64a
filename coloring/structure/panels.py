"""Panels: what frames, gutters and margins enclose, or where drawings without frames are.

1. Gutter is what of the level of the page's edges can be reached from there. Frames stop it; where they have gaps or
   are missing, it runs into panels, which the next steps put right.
2. What is left falls into connected pieces. A piece that is nearly convex is a panel. Others are several panels that a
   balloon or a figure bridges, and are cut where a straight gutter runs through most of them (`cuts.py`).
3. A panel is the quadrilateral that its four sides make, each a straight line along most of the piece's outline
   (`outlines.py`), together with what sticks out of it.
4. Ink that is in no panel and is no lettering is a drawing without a frame: it gets the rectangle around it.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coloring.structure.cuts import split
from coloring.structure.outlines import outline
from coloring.structure.working import DARK, LIGHT, WorkingPage

EDGE = 0.01  # of the shorter side: width of the ring along the edges of the page whose level tells that of gutters
LIGHT_EDGE = 0.12  # share of light pixels in that ring from which gutters are light
SAME_LEVEL = 22  # levels: how far a grey or black gutter may be from its mean
SMALLEST_PANEL = 0.006  # of the page's area
NARROWEST_PANEL = 0.03  # of the shorter side
NEARLY_CONVEX = 0.93  # share of its convex hull that a panel fills; less are several panels, or a drawing
OVERLAP = 0.6  # share of a piece within the outline of another panel from which it is part of that
DRAWING_REACH = 0.03  # of the shorter side: parts of a drawing without a frame lie no farther apart
DRAWING_WIDTH, DRAWING_HEIGHT = 0.15, 0.07  # of the page: smaller groups of ink beside panels are marks, page numbers
ROW_OVERLAP = 0.5  # share of the lower of two panels' heights that they have in common, to be in one row


@dataclass(frozen=True)
class Panels:
    """numbers: (h, w) uint16, n inside the nth panel in reading order. gutter: (h, w) bool, what is empty outside."""

    numbers: np.ndarray
    gutter: np.ndarray


def find_panels(page: WorkingPage, lettering: np.ndarray) -> Panels:
    """Find the panels of a page. lettering: (h, w) bool, ink of letters."""
    if page.is_blank:
        return Panels(np.zeros(page.levels.shape, np.uint16), np.ones(page.levels.shape, bool))
    gutter = _reached(page, _gutter_level(page))
    masks = _framed(page, gutter, lettering)
    masks += _drawings(page, gutter, lettering, masks)
    if not masks:
        masks = [np.ones(page.levels.shape, np.uint8)]
    numbers = np.zeros(page.levels.shape, np.uint16)
    for number, mask in reversed(list(enumerate(_in_reading_order(masks), start=1))):
        numbers[mask > 0] = number
    return Panels(numbers, gutter & (numbers == 0))


def _gutter_level(page: WorkingPage) -> np.ndarray:
    """(h, w) uint8, 1 where the page has the level of its gutters."""
    light = page.levels >= page.between(LIGHT)
    rows, columns = page.inside
    width = page.length(EDGE)
    ring = np.zeros(page.levels.shape, bool)
    ring[page.inside] = True
    ring[rows.start + width : rows.stop - width, columns.start + width : columns.stop - width] = False
    if light[ring].mean() >= LIGHT_EDGE:
        return light.astype(np.uint8)
    smooth = cv2.blur(page.levels, (5, 5))
    counts = np.convolve(np.bincount(smooth[ring], minlength=256), np.ones(9), "same")
    return (np.abs(smooth.astype(np.int16) - int(np.argmax(counts))) <= SAME_LEVEL).astype(np.uint8)


def _reached(page: WorkingPage, free: np.ndarray) -> np.ndarray:
    """(h, w) bool: what of (h, w) uint8 `free` can be reached from the edges through openings of 3 pixels."""
    core = cv2.erode(free, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    outside = np.ones(page.levels.shape, np.uint8)
    outside[page.inside] = 0
    core |= outside
    _, regions = cv2.connectedComponents(core, connectivity=4, ltype=cv2.CV_32S)
    rows, columns = page.inside
    edges = np.concatenate([
        regions[[max(rows.start - 1, 0), rows.start, rows.stop - 1, min(rows.stop, page.height - 1)]].ravel(),
        regions[:, [max(columns.start - 1, 0), columns.start, columns.stop - 1, min(columns.stop, page.width - 1)]]
        .ravel(),
    ])  # fmt: skip
    found = np.zeros(regions.max() + 1, bool)
    found[edges] = True
    found[0] = False
    near = cv2.dilate(found[regions].astype(np.uint8), np.ones((3, 3), np.uint8))
    return (near & (free | outside)) > 0


def _framed(page: WorkingPage, gutter: np.ndarray, lettering: np.ndarray) -> list[np.ndarray]:
    """The masks, (h, w) uint8, of panels that fill an area: framed, or dark up to their edges."""
    solid = (~gutter).astype(np.uint8)
    count, regions, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8, ltype=cv2.CV_32S)
    candidates: list[np.ndarray] = []
    for number in np.argsort(-stats[1:, cv2.CC_STAT_WIDTH] * stats[1:, cv2.CC_STAT_HEIGHT]) + 1:
        x, y, w, h, area = stats[number]
        if min(w, h) < page.length(NARROWEST_PANEL) or w * h < SMALLEST_PANEL * page.levels.size:
            continue
        piece = (regions[y : y + h, x : x + w] == number).astype(np.uint8)
        if (lettering[y : y + h, x : x + w] & (piece > 0)).sum() > 0.5 * area:
            continue
        for part in split(piece, page.side):
            mask = np.zeros(page.levels.shape, np.uint8)
            mask[y : y + h, x : x + w] = part
            candidates.append(mask)
    masks: list[np.ndarray] = []
    for mask in sorted(candidates, key=_filled_area, reverse=True):
        panel = outline(mask, page.side)
        if panel is None or panel.sum() < SMALLEST_PANEL * page.levels.size:
            continue
        area = int(panel.sum())
        if any(int((panel & other).sum()) > OVERLAP * area for other in masks):
            continue
        masks.append(panel)
    return masks


def _filled_area(mask: np.ndarray) -> int:
    return int(mask.sum())


def _drawings(
    page: WorkingPage, gutter: np.ndarray, lettering: np.ndarray, masks: list[np.ndarray]
) -> list[np.ndarray]:
    """The masks of drawings without frames: rectangles around ink outside of `masks`."""
    taken = np.zeros(page.levels.shape, np.uint8)
    for mask in masks:
        taken |= mask
    inside = np.zeros(page.levels.shape, bool)
    inside[page.inside] = True
    margin = page.length(NARROWEST_PANEL / 3)
    near = cv2.dilate(taken, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
    left = ~gutter & ~lettering & (near == 0) & inside
    reach = 2 * page.length(DRAWING_REACH) + 1
    joined = cv2.dilate(left.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, regions = cv2.connectedComponents(joined, connectivity=8, ltype=cv2.CV_32S)
    found = []
    for number in range(1, count):
        ys, xs = np.nonzero((regions == number) & left)
        top, bottom, start, stop = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
        if stop - start < DRAWING_WIDTH * page.width or bottom - top < DRAWING_HEIGHT * page.height:
            continue
        mask = np.zeros(page.levels.shape, np.uint8)
        mask[top:bottom, start:stop] = 1
        mask &= ~near & 1
        if mask.sum() >= SMALLEST_PANEL * page.levels.size:
            found.append(mask)
            near = near | mask
    return found


def _in_reading_order(masks: list[np.ndarray]) -> list[np.ndarray]:
    """Rows from top to bottom, from right to left within a row."""
    boxes = [cv2.boundingRect(mask) for mask in masks]
    return [masks[index] for index in reading_order(boxes)]


def reading_order(boxes: list[tuple[int, int, int, int]]) -> list[int]:
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


def _before(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    """Whether `one` is read before `other`: it is beside it on the right, or above it."""
    x1, y1, w1, h1 = one
    x2, y2, w2, h2 = other
    if min(y1 + h1, y2 + h2) - max(y1, y2) > ROW_OVERLAP * min(h1, h2):
        return x1 + w1 / 2 > x2 + w2 / 2
    return y1 + h1 / 2 < y2 + h2 / 2 and min(x1 + w1, x2 + w2) > max(x1, x2)
