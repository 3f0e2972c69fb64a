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

from coloring.structure.cuts import cells, split
from coloring.structure.outlines import outline
from coloring.structure.working import DARK, LIGHT, WorkingPage

EDGE = 0.01  # of the shorter side: width of the ring along the edges of the page whose level tells that of gutters
LIGHT_EDGE = 0.12  # share of light pixels in that ring from which gutters are light
PAPER_SHARE = 0.05  # of the light pixels in that ring are darker than what counts as paper, however uneven it is
PAPER_MARGIN = 8  # levels: paper in the middle of the page may be darker by that
SAME_LEVEL = 22  # levels: how far a grey or black gutter may be from its mean
SMALLEST_PANEL = 0.006  # of the page's area
NARROWEST_PANEL = 0.03  # of the shorter side
BESIDE = 0.01  # of the shorter side: ink that is so near to a panel sticks out of it
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
    free = _gutter_level(page)
    gutter = _reached(page, free)
    masks = _framed(page, gutter, lettering)
    masks += _drawings(page, free, gutter, lettering, masks)
    if not masks:
        masks = [np.ones(page.levels.shape, np.uint8)]
    numbers = np.zeros(page.levels.shape, np.uint16)
    for number, mask in reversed(list(enumerate(_in_reading_order(masks), start=1))):
        numbers[mask > 0] = number
    return Panels(numbers, gutter & (numbers == 0))


def _gutter_level(page: WorkingPage) -> np.ndarray:
    """(h, w) uint8, 1 where the page has the level of its gutters."""
    light_level = page.between(LIGHT)
    rows, columns = page.inside
    width = page.length(EDGE)
    ring = np.zeros(page.levels.shape, bool)
    ring[page.inside] = True
    ring[rows.start + width : rows.stop - width, columns.start + width : columns.stop - width] = False
    edge = page.levels[ring]
    paper = edge[edge >= light_level]
    if paper.size >= LIGHT_EDGE * edge.size:
        darkest = max(float(np.quantile(paper, PAPER_SHARE)) - PAPER_MARGIN, light_level)
        return (page.levels >= darkest).astype(np.uint8)
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
    page: WorkingPage, free: np.ndarray, gutter: np.ndarray, lettering: np.ndarray, masks: list[np.ndarray]
) -> list[np.ndarray]:
    """The masks of drawings without frames, or with broken ones: rectangles around the ink outside of `masks`."""
    taken = np.zeros(page.levels.shape, np.uint8)
    for mask in masks:
        taken |= mask
    near = _grown(taken, page.length(BESIDE))
    left = ~gutter & ~lettering & (near == 0)
    left[: page.inside[0].start] = left[page.inside[0].stop :] = False
    left[:, : page.inside[1].start] = left[:, page.inside[1].stop :] = False
    if not any(_is_drawing(page, box) for box in _boxes(_grown(left.astype(np.uint8), page.length(DRAWING_REACH)))):
        return []
    cell = cells(taken | (1 - free), page.side)
    cell[: page.inside[0].start] = cell[page.inside[0].stop :] = 0
    cell[:, : page.inside[1].start] = cell[:, page.inside[1].stop :] = 0
    found: list[np.ndarray] = []
    for number in np.unique(cell[left & (cell > 0)]):
        inside = cell == number
        within = (left & inside).astype(np.uint8)
        joined = within if not (inside & (taken > 0)).any() else _grown(within, page.length(DRAWING_REACH)) & inside
        groups = [cv2.boundingRect(within)] if joined is within else _boxes(joined)
        for x, y, w, h in groups:
            if not _is_drawing(page, (x, y, w, h)):
                continue
            mask = np.zeros(page.levels.shape, np.uint8)
            mask[y : y + h, x : x + w] = 1
            mask &= inside & (near == 0)
            if mask.sum() >= SMALLEST_PANEL * page.levels.size:
                found.append(mask)
    if not masks and len(found) == 1:
        return []
    return found


def _grown(mask: np.ndarray, radius: int) -> np.ndarray:
    """(h, w) uint8 dilated by a square of `radius` pixels."""
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))


def _boxes(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) of the connected pieces of (h, w) uint8."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h, _ in stats[1:]]


def _is_drawing(page: WorkingPage, box: tuple[int, int, int, int]) -> bool:
    """Whether a group of ink is large enough for a drawing."""
    return box[2] >= DRAWING_WIDTH * page.width and box[3] >= DRAWING_HEIGHT * page.height


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
