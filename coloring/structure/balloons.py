"""Balloons and captions: light areas, closed but for narrow gaps, that hold lettering and hardly anything else.

The light of the page, with the marks that may be letters filled in, is narrowed until gaps in outlines close. Each area
that is left is a balloon if its marks look like text and its shape like a balloon. It then grows back to its outline.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coloring.structure.lettering import FEW, Marks, is_text
from coloring.structure.working import LIGHT, WorkingPage

GAPS = 0.005  # of the shorter side: half the width of gaps in outlines
SMALLEST = 0.0006  # of the page's area
LARGEST = 0.2  # of the page's area
RIM = 5  # pixels: a mark with its grey rim is dilated by a square of that
BRIGHTER = 0.9  # of the way from ink to white: how light balloons are on a page with much light grey
GREY_SHARE = 0.08  # of the page that is between light and BRIGHTER, from which it has much light grey
LETTERS = 2  # at least
SOLID = 0.74  # share of its convex hull that a balloon fills; joined ones and those with tails fill less than others
OTHER_INK = 0.1  # share of a balloon that is dark but no letters, at most
TEXT_FILLS = 0.05, 0.72  # share of a balloon that the hull of its text covers; patterns reach up to the outline
INKED = 0.015, 0.4  # share of a balloon that is the ink of its letters
DENSE, DENSE_FEW = 0.24, 0.45  # share of the hull of its text that the boxes of many letters, and of few, fill
PADDING, AT_OUTLINE = 0.25, 0.4  # of a letter: this share of letters may be nearer to the outline, patterns reach it
CENTERED = 0.22  # of the balloon's width and height: how far the middle of the text may be from its own


@dataclass(frozen=True)
class Balloons:
    """numbers: (h, w) uint16, n in the nth balloon. letters: (N,) bool, the marks that are letters in balloons."""

    numbers: np.ndarray
    letters: np.ndarray


def find_balloons(page: WorkingPage, marks: Marks) -> Balloons:
    """Find the balloons and captions of a page, numbered from 1."""
    numbers = np.zeros(page.levels.shape, np.uint16)
    letters = np.zeros(len(marks.numbers), bool)
    if page.is_blank or not letters.size:
        return Balloons(numbers, letters)
    shares = [LIGHT]
    between = (page.levels >= page.between(LIGHT)) & (page.levels < page.between(BRIGHTER))
    if between.mean() > GREY_SHARE:
        shares = [BRIGHTER, LIGHT]
    for share in shares:
        _add_balloons(page, marks, (page.levels >= page.between(share)).astype(np.uint8), numbers, letters)
    return Balloons(numbers, letters)


def _add_balloons(
    page: WorkingPage, marks: Marks, light: np.ndarray, numbers: np.ndarray, letters: np.ndarray
) -> None:
    """Number the balloons in (h, w) uint8 `light`, where there are none yet, and mark their letters."""
    body = light | cv2.dilate(marks.drawn(~letters).astype(np.uint8), np.ones((RIM, RIM), np.uint8))
    body[numbers > 0] = 0
    radius = page.length(GAPS)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    core = cv2.erode(body, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=4, ltype=cv2.CV_32S)
    columns, rows = np.minimum(marks.centers.astype(int), (page.width - 1, page.height - 1)).T
    owners = np.where(letters, 0, regions[rows, columns])
    order = np.argsort(owners, kind="stable")
    owned = np.split(order, np.flatnonzero(np.diff(owners[order])) + 1)
    for here in owned:
        owner = int(owners[here[0]])
        if not owner or here.size < LETTERS:
            continue
        if not SMALLEST * page.levels.size <= stats[owner, cv2.CC_STAT_AREA] <= LARGEST * page.levels.size:
            continue
        box = _around(stats[owner, :4], 2 * radius + 2, page.levels.shape)
        area = _grown_back((regions[box] == owner).astype(np.uint8), body[box], kernel)
        if _is_balloon(page, marks, here, area, box):
            inside = (area > 0) & (numbers[box] == 0)
            numbers[box][inside] = numbers.max() + 1
            letters[here] = True


def _around(box: np.ndarray, margin: int, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of (x, y, width, height) with a margin, as far as they lie on the page."""
    x, y, w, h = (int(value) for value in box)
    return (slice(max(y - margin, 0), min(y + h + margin, shape[0])),
            slice(max(x - margin, 0), min(x + w + margin, shape[1])))  # fmt: skip


def _grown_back(core: np.ndarray, body: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The area, (h, w) uint8, that a narrowed one came from, its holes filled."""
    area = cv2.dilate(core, kernel) & body
    area = cv2.dilate(area, np.ones((3, 3), np.uint8)) & body
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(area)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled


def _is_balloon(
    page: WorkingPage, marks: Marks, here: np.ndarray, area: np.ndarray, box: tuple[slice, slice]
) -> bool:
    """Whether an area, (h, w) uint8 in a `box` of the page, with the marks `here` looks like a balloon."""
    size = int(area.sum())
    contours, _ = cv2.findContours(area, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(contours)))
    if size < SOLID * hull or size > LARGEST * page.levels.size:
        return False
    boxes, areas = marks.boxes[here], marks.areas[here]
    if not is_text(boxes, areas) or not INKED[0] <= areas.sum() / size <= INKED[1]:
        return False
    grey = (page.levels[box] < page.between(LIGHT)) & (area > 0)
    letters = np.isin(marks.regions[box], marks.numbers[here]).astype(np.uint8)
    if (grey & (cv2.dilate(letters, np.ones((RIM, RIM), np.uint8)) == 0)).sum() > OTHER_INK * size:
        return False
    block = boxes[_main_group(marks.groups[here], boxes)]
    corners = np.concatenate([block[:, :2] + block[:, 2:] * side for side in ((0, 0), (1, 0), (0, 1), (1, 1))])
    text = cv2.contourArea(cv2.convexHull(corners.astype(np.int32)))
    dense = DENSE if len(block) > FEW else DENSE_FEW
    if not TEXT_FILLS[0] * size <= text <= TEXT_FILLS[1] * size or (block[:, 2] * block[:, 3]).sum() < dense * text:
        return False
    if _at_the_outline(boxes, area, box) > AT_OUTLINE:
        return False
    x, y, w, h = cv2.boundingRect(area)
    middle = np.array([box[1].start + x + w / 2, box[0].start + y + h / 2])
    return bool((np.abs((corners.min(axis=0) + corners.max(axis=0)) / 2 - middle) <= CENTERED * np.array([w, h])).all())


def _at_the_outline(boxes: np.ndarray, area: np.ndarray, box: tuple[slice, slice]) -> float:
    """The share of letters, (N, 4) boxes, that reach up to the outline of an area, (h, w) uint8 in a `box`."""
    distance = np.pad(cv2.distanceTransform(np.pad(area, 1), cv2.DIST_L2, 3), 1)
    ends = [(boxes[:, :2] + (boxes[:, 2:] - 1) * side) - (box[1].start, box[0].start) + 2
            for side in ((0, 0), (1, 0), (0, 1), (1, 1))]  # fmt: skip
    ends = [np.clip(end, 0, (distance.shape[1] - 1, distance.shape[0] - 1)).astype(int) for end in ends]
    nearest = np.min([distance[end[:, 1], end[:, 0]] for end in ends], axis=0)
    return float((nearest < PADDING * boxes[:, 2:].max(axis=1)).mean())


def _main_group(groups: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """(N,) bool: the marks of the group, (N,), whose boxes cover most."""
    names, of_name = np.unique(groups, return_inverse=True)
    return groups == names[int(np.argmax(np.bincount(of_name, boxes[:, 2] * boxes[:, 3])))]
