"""What a generator paints of a page, before it is brought to the size of the page."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Choices:
    """A distribution over the colors of a palette for each cell of a painting.

    shares: (rows, columns, K) float, ≥ 0, sums of 1. palette: (K, 3) float32 RGB in [0, 1]. scale: pixels of the
    painting along the side of a cell.
    """

    shares: np.ndarray
    palette: np.ndarray
    scale: int


@dataclass(frozen=True)
class Painting:
    """What a generator makes of a page at the working size.

    coloring: (h, w, 3) uint8 RGB, or (h, w) where the generator makes scans. choices: what else each place could be;
    None where the generator does not know.
    """

    coloring: np.ndarray
    choices: Choices | None = None
