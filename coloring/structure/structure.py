"""The structure of a page: panels, balloons, lettering, paper.

Everything is looked for in a working copy of bounded size (`working.py`); the maps are enlarged to the page's own size,
where the edges of lettering and paper follow its own ink.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coloring.regions.sums import sums_by_label
from coloring.structure.balloons import find_balloons
from coloring.structure.lettering import find_marks, find_text
from coloring.structure.panels import find_panels
from coloring.structure.paper import find_paper
from coloring.structure.working import DARK, LIGHT, enlarged, working_page

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels of the page


@dataclass(frozen=True)
class PageStructure:
    """What is where on a page, as maps of the page's size.

    panels: (H, W) uint16, n inside the nth panel, from 1, from top to bottom and from right to left within a row; 0 in
    gutters and margins. balloons: (H, W) uint16, n inside the nth balloon or caption with its lettering, up to its
    outline; 0 elsewhere. lettering: (H, W) bool, ink of letters in balloons and elsewhere. paper: (H, W) bool, light
    gutters and margins and the balloons: what must stay paper. gutter: (H, W) bool, what is empty outside of panels, of
    whatever color.
    """

    panels: np.ndarray
    balloons: np.ndarray
    lettering: np.ndarray
    paper: np.ndarray
    gutter: np.ndarray

    @property
    def panel_extent(self) -> float:
        """The root of the area of the median panel, in pixels; 0 where there are none."""
        areas = sums_by_label(self.panels, int(self.panels.max(initial=0)) + 1)[1:]
        return float(np.median(areas[areas > 0])) ** 0.5 if areas.any() else 0.0

    @property
    def panel_boxes(self) -> list[Box]:
        """The box around each panel, in the order of their numbers."""
        return _boxes(self.panels)

    @property
    def balloon_boxes(self) -> list[Box]:
        """The box around each balloon, in the order of their numbers."""
        return _boxes(self.balloons)


def find_structure(page: np.ndarray) -> PageStructure:
    """Find panels, balloons, lettering and paper of a page, (H, W) uint8 luminance of a scan at its own size.

    Raises ValueError if the page is no such array.
    """
    if page.ndim != 2 or page.dtype != np.uint8 or not page.size:
        raise ValueError(f"page {page.shape} {page.dtype} must be (H, W) uint8 luminance, not empty")
    working = working_page(page)
    marks = find_marks(working)
    balloons = find_balloons(working, marks)
    text = find_text(marks, ~balloons.letters)
    dark = working.levels < working.between(DARK)
    lettering = marks.drawn(balloons.letters | text) | (dark & (balloons.numbers > 0))
    panels = find_panels(working, lettering)
    paper = find_paper(working, panels.gutter, balloons.numbers)
    shape = page.shape
    letters, paper, gutter = (
        enlarged(cv2.dilate(map_.astype(np.uint8), np.ones((size, size), np.uint8)), shape) > 0
        for map_, size in ((lettering, 3), (paper, 1), (panels.gutter, 1))
    )  # fmt: skip
    letters &= page < working.between((DARK + LIGHT) / 2)
    return PageStructure(enlarged(panels.numbers, shape), enlarged(balloons.numbers, shape), letters, paper, gutter)


def _boxes(numbers: np.ndarray) -> list[Box]:
    boxes = []
    for number in range(1, int(numbers.max(initial=0)) + 1):
        ys, xs = np.nonzero(numbers == number)
        boxes.append((int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1))
    return boxes
