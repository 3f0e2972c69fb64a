"""Paper that must stay paper, and gutters."""
from __future__ import annotations

import numpy as np

from coloring.structure.working import LIGHT, WorkingPage


def find_paper(page: WorkingPage, gutter: np.ndarray, balloons: np.ndarray) -> np.ndarray:
    """(h, w) bool: light gutters and margins, and all that is in balloons.

    gutter: (h, w) bool. balloons: (h, w), 0 outside of them.
    """
    return (gutter & (page.levels >= page.between(LIGHT))) | (balloons > 0)
