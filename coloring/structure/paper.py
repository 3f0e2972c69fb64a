"""Paper that must stay paper, and gutters."""
from __future__ import annotations

import numpy as np

from coloring.structure.working import LIGHT, WHITE, WorkingPage


def find_paper(page: WorkingPage, gutter: np.ndarray, balloons: np.ndarray) -> np.ndarray:
    """(h, w) bool: light gutters and margins, unless most of them is grey, and all that is in balloons.

    gutter: (h, w) bool. balloons: (h, w), 0 outside of them.
    """
    if not gutter.any() or np.median(page.levels[gutter]) < page.between(WHITE):
        return balloons > 0
    return (gutter & (page.levels >= page.between(LIGHT))) | (balloons > 0)
