"""Letters: small dark marks of similar size, side by side in lines or columns."""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from coloring.structure.working import DARK, LIGHT, WorkingPage

SMALLEST, LARGEST = 0.007, 0.09  # of the shorter side: the longer side of a letter
FILLED = (0.12, 0.93)  # share of its box that a letter inks
LONGEST = 8.0  # by its shorter side: a letter is no longer, but for strokes such as 1 and ー, which are as thin
LIGHT_AROUND = 6  # of the 8 places around a letter at which the page is light
AROUND = 3  # pixels from a letter to these places
LONGEST_WORD = 0.2  # of the shorter side: letters that touch are no longer together
GAP = 0.75  # of the larger letter: the widest gap between letters of a line, and between lines
SIZES = 3.0  # the larger of two letters side by side is at most so many times as large
MOST = 20000  # marks on a page that are looked at; a page of coarse dots has more


@dataclass(frozen=True)
class Marks:
    """The dark marks of a page that may be letters, N of them.

    regions: (h, w) int32, a mark's number, 0 elsewhere. numbers: (N,) those of the marks below. boxes: (N, 4) x, y,
    width, height. areas: (N,) pixels. groups: (N,) the group of marks side by side that each is in.
    """

    regions: np.ndarray
    numbers: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    groups: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """(N,) the longer side of each, pixels."""
        return self.boxes[:, 2:].max(axis=1)

    @property
    def centers(self) -> np.ndarray:
        """(N, 2) x, y."""
        return self.boxes[:, :2] + self.boxes[:, 2:] / 2

    def drawn(self, chosen: np.ndarray) -> np.ndarray:
        """(h, w) bool, the ink of the marks of which (N,) bool `chosen` is true."""
        wanted = np.zeros(int(self.regions.max()) + 1, bool)
        wanted[self.numbers[chosen]] = True
        return wanted[self.regions]


def find_marks(page: WorkingPage) -> Marks:
    """Find the dark marks on light ground that are of the size of letters, and group those that are side by side."""
    dark = (page.levels < page.between(DARK)).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8, ltype=cv2.CV_32S)
    boxes, areas = stats[:, :4], stats[:, cv2.CC_STAT_AREA]
    longer, shorter = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    filled = areas / np.maximum(boxes[:, 2] * boxes[:, 3], 1)
    fits = (longer >= SMALLEST * page.side) & (longer <= LARGEST * page.side) & (longer <= LONGEST * shorter)
    fits &= (filled >= FILLED[0]) & ((filled <= FILLED[1]) | (longer >= 2 * shorter))
    fits[0] = False
    numbers = np.flatnonzero(fits)
    numbers = numbers[_light_around(page, boxes[numbers]) >= LIGHT_AROUND]
    numbers = numbers[~_of_a_line(page, boxes[numbers])][:MOST]
    return Marks(regions, numbers, boxes[numbers], areas[numbers], _grouped(boxes[numbers]))


def _light_around(page: WorkingPage, boxes: np.ndarray) -> np.ndarray:
    """(N,) at how many of the 8 places around boxes (N, 4) the page is light; beyond its edges it is."""
    light = np.pad(page.levels >= page.between(LIGHT), AROUND, constant_values=True)
    left, top = boxes[:, 0], boxes[:, 1]  # of the padded page: AROUND before the box
    right, bottom = left + boxes[:, 2] + 2 * AROUND - 1, top + boxes[:, 3] + 2 * AROUND - 1
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    places = [(left, top), (middle_x, top), (right, top), (left, middle_y), (right, middle_y), (left, bottom),
              (middle_x, bottom), (right, bottom)]  # fmt: skip
    return np.sum([light[y, x] for x, y in places], axis=0)


def _of_a_line(page: WorkingPage, boxes: np.ndarray) -> np.ndarray:
    """(N,) bool: which marks, (N, 4) boxes, are dark places of a long grey line, such as the outline of a balloon."""
    grey = (page.levels < page.between(LIGHT)).astype(np.uint8)
    _, regions, stats, _ = cv2.connectedComponentsWithStats(grey, connectivity=8, ltype=cv2.CV_32S)
    lengths = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    lengths[0] = 0
    x, y, w, h = boxes.T
    owners = np.max([regions[y, x + w // 2], regions[y + h - 1, x + w // 2], regions[y + h // 2, x],
                     regions[y + h // 2, x + w - 1]], axis=0)  # fmt: skip
    return lengths[owners] > LONGEST_WORD * page.side


def _grouped(boxes: np.ndarray) -> np.ndarray:
    """(N,) the group of each of (N, 4) boxes: those of similar size with a narrow gap between are in one."""
    count = len(boxes)
    if count < 2:
        return np.zeros(count, np.int32)
    centers, sizes = boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:].max(axis=1)
    pairs = []
    tree = cKDTree(centers)
    for low in 2.0 ** np.arange(2, 8):  # of marks up to twice that large, with all that may be beside them
        here = np.flatnonzero((sizes >= low) & (sizes < 2 * low))
        if here.size:
            near = cKDTree(centers[here]).sparse_distance_matrix(tree, (2 + GAP) * 2 * low, output_type="coo_matrix")
            pairs.append(np.stack([here[near.row], near.col]))
    one, other = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), int)
    gaps = np.abs(centers[one] - centers[other]) - (boxes[one, 2:] + boxes[other, 2:]) / 2
    larger, smaller = np.maximum(sizes[one], sizes[other]), np.minimum(sizes[one], sizes[other])
    linked = (gaps.max(axis=1) <= GAP * larger) & (larger <= SIZES * smaller)
    graph = coo_matrix((np.ones(linked.sum()), (one[linked], other[linked])), (count, count))
    return connected_components(graph, directed=False)[1]


# Text.
LEAST_LETTERS = 4  # of text outside of balloons
EVEN, SPREAD = 0.65, 1.6  # this share of the ink of a text is in letters of the usual height, or width, by this factor
ALIKE, SAME = 0.5, 0.1  # this share of marks of the same width, height and area, by this share of it, is a pattern
LEAST_ALIKE = 5  # marks, of which patterns are made
SLENDER = 2.7  # the longer side of letters by the shorter, median; strokes of hair are longer
THINNEST, THICKEST = 0.12, 0.66  # share of the boxes of a text that are ink
LETTER_GAP = 0.42  # of the larger letter: the widest gap to the next in a line or column
OVERLAP = 0.3  # of the smaller letter: how much of their height, or width, two letters side by side have in common
NESTED = 0.5  # of the smaller letter, both ways: what overlaps by more lies inside another mark, as a pupil in an eye
IN_LINES = 0.5  # share of letters that have another beside them, by their sizes
FEW, EVEN_FEW = 4, 0.75  # of up to so many letters, two side by side have at least this share of each other's height


def find_text(marks: Marks, elsewhere: np.ndarray) -> np.ndarray:
    """(N,) bool: which marks are text outside of balloons. elsewhere: (N,) bool, marks that may be."""
    chosen = np.zeros(len(marks.numbers), bool)
    order = np.argsort(marks.groups, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(marks.groups[order])) + 1):
        here = group[elsewhere[group]]
        if here.size >= LEAST_LETTERS and is_text(marks.boxes[here], marks.areas[here]):
            chosen[here] = True
    return chosen


def is_text(boxes: np.ndarray, areas: np.ndarray) -> bool:
    """Whether marks, (N, 4) boxes and (N,) areas, look like letters: even in size, unlike in shape, in lines or
    columns."""
    sizes, shorter = boxes[:, 2:].max(axis=1), boxes[:, 2:].min(axis=1)
    if np.median(sizes / shorter) > SLENDER or max(_even(boxes[:, 2], areas), _even(boxes[:, 3], areas)) < EVEN:
        return False
    looks = np.column_stack([boxes[:, 2:], areas])
    same = (np.abs(looks - np.median(looks, axis=0)) <= SAME * np.median(looks, axis=0)).all(axis=1)
    if len(areas) >= LEAST_ALIKE and same.mean() > ALIKE:
        return False
    if not THINNEST <= areas.sum() / (boxes[:, 2] * boxes[:, 3]).sum() <= THICKEST:
        return False
    beside = _beside(boxes)
    if sizes[beside.any(axis=1)].sum() < IN_LINES * sizes.sum():
        return False
    heights = boxes[:, 3]
    even = np.minimum(heights[:, None], heights) >= EVEN_FEW * np.maximum(heights[:, None], heights)
    return len(boxes) > FEW or bool((beside & even).any())


def _even(lengths: np.ndarray, areas: np.ndarray) -> float:
    """The share of the ink of marks, (N,) areas, that is in marks of about the usual width or height, (N,) lengths."""
    order = np.argsort(lengths)
    usual = lengths[order[np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)]]
    return float(areas[(lengths >= usual / SPREAD) & (lengths <= SPREAD * usual)].sum() / areas.sum())


def _beside(boxes: np.ndarray) -> np.ndarray:
    """(N, N) bool: which of (N, 4) boxes of marks are close to each other in a line or a column."""
    sizes = boxes[:, 2:].max(axis=1)
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    apart = np.abs(centers[:, None] - centers[None])
    gaps = apart - (boxes[:, None, 2:] + boxes[None, :, 2:]) / 2
    smaller = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    close = (gaps <= LETTER_GAP * np.maximum(sizes[:, None], sizes)[..., None]).all(axis=-1)
    level = (gaps < -OVERLAP * smaller).any(axis=-1)
    nested = (gaps < -NESTED * smaller).all(axis=-1)
    return close & level & ~nested
