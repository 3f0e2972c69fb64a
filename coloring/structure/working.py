"""The working copy of a page: of bounded size, with its levels of paper and ink."""
from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 720  # pixels of the shorter side: letters of 1 % of the width are 7 pixels high, a page takes 0.1 s
LARGEST_ENLARGEMENT = 3.0  # of small pages: more shows nothing new
LONGEST = 3  # of the longer side, by the shorter: webtoon strips are worked on at a smaller scale beyond that
WHITE_SHARE = 0.02  # of the pixels are lighter than what counts as white: balloons cover more
INK_SHARE = 0.01  # of the pixels are darker than what counts as black
LEAST_RANGE = 40  # levels between ink and white: a page with less is blank
LIGHT = 0.78  # of the way from ink to white: paper, however grainy and uneven, is lighter; lines and tones are not
WHITE = 0.83  # of the way from ink to white: gutters whose usual level is below that are grey
DARK = 0.5  # of the way from ink to white: letters and frames are darker
BAR = 0.06  # of the page's side: how far in black bars at the edges of a scan may reach
BAR_DARK = 0.97  # share of dark pixels in each row of a bar
FRINGE = 1.5  # pixels of the page: the soft rim of a bar


@dataclass(frozen=True)
class WorkingPage:
    """A page at working size.

    levels: (h, w) uint8 luminance, smoothed by a pixel. white, ink: the levels of white paper and of black.
    inside: rows and columns without black bars at the edges of the scan.
    """

    levels: np.ndarray
    white: float
    ink: float
    inside: tuple[slice, slice]

    @property
    def height(self) -> int:
        return self.levels.shape[0]

    @property
    def width(self) -> int:
        return self.levels.shape[1]

    @property
    def all(self) -> tuple[slice, slice]:
        """All rows and columns."""
        return slice(0, self.height), slice(0, self.width)

    @property
    def side(self) -> int:
        """The shorter side, pixels; lengths are given as shares of it."""
        return min(self.levels.shape)

    @property
    def is_blank(self) -> bool:
        return self.white - self.ink < LEAST_RANGE

    def between(self, share: float) -> float:
        """The level that is `share` of the way from ink to white."""
        return self.ink + share * (self.white - self.ink)

    def length(self, share: float) -> int:
        """A share of the shorter side in whole pixels, at least 1."""
        return max(round(share * self.side), 1)


def working_page(page: np.ndarray) -> WorkingPage:
    """Scale a page, (H, W) uint8 luminance, to working size and find its levels."""
    height, width = page.shape
    scale = min(SIDE / min(height, width), LONGEST * SIDE / max(height, width), LARGEST_ENLARGEMENT)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    levels = page if size == (width, height) else cv2.resize(page, size, interpolation=how)
    levels = cv2.GaussianBlur(levels, (3, 3), 0.6)
    shares = np.cumsum(np.bincount(levels.ravel(), minlength=256)) / levels.size
    ink, white = (float(np.searchsorted(shares, share)) for share in (INK_SHARE, 1 - WHITE_SHARE))
    fringe = math.ceil(1 + FRINGE * max(scale, 1))
    return WorkingPage(levels, white, ink, _without_bars(levels < ink + DARK * (white - ink), fringe))


def _without_bars(dark: np.ndarray, fringe: int) -> tuple[slice, slice]:
    """Rows and columns of (h, w) bool without black bars at the edges and their soft rims, `fringe` pixels wide. A row
    that is dark from end to end is a bar even if light rows lie beyond it, as around a scan that was laid on white."""
    rows, columns = (
        slice(_bar(shares, fringe), len(shares) - _bar(shares[::-1], fringe))
        for shares in (dark.mean(axis=1), dark.mean(axis=0))
    )  # fmt: skip
    return rows, columns


def _bar(shares: np.ndarray, fringe: int) -> int:
    """The number of rows at the start up to the last that is dark from end to end, by the share of dark in each, and
    its rim."""
    reach = max(math.ceil(BAR * len(shares)), 1)
    found = np.flatnonzero(shares[:reach] > BAR_DARK)
    return int(found[-1]) + 1 + fringe if found.size else 0


def enlarged(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A map (h, w) of uint8 or uint16 at the size of the page, (H, W), by nearest neighbors."""
    return image if image.shape == shape else cv2.resize(image, shape[::-1], interpolation=cv2.INTER_NEAREST)
