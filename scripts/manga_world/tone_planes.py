"""All screentones of a page at once, a bit each."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .tones import TONES


class TonePlanes:
    """Tones of a page as one picture of 64-bit numbers, a bit for each tone.

    The tones of all pages of a size are the same, so one of these serves a whole run. A tone is drawn when a page
    first needs it.
    """

    def __init__(self, width: int, height: int, scale: float) -> None:
        self.planes = np.zeros((height, width), np.uint64)
        self.scale = scale
        self._bits: dict[str, int] = {}

    def bits(self, names: set[str]) -> dict[str, int]:
        """The number with the bit of every tone in ``names``; blank has none."""
        for name in sorted(names - {"blank", *self._bits}):
            self._draw(name, len(self._bits))
            self._bits[name] = len(self._bits)
        return {name: 0 if name == "blank" else 1 << self._bits[name] for name in names | {"blank"}}

    def _draw(self, name: str, bit: int) -> None:
        height, width = self.planes.shape
        x = np.arange(width, dtype=np.float32)[None] / np.float32(self.scale)
        for top in range(0, height, 256):
            rows = self.planes[top:top + 256]
            y = np.arange(top, top + len(rows), dtype=np.float32)[:, None] / np.float32(self.scale)
            inked = TONES[name](*np.broadcast_arrays(x, y))
            rows |= inked.astype(np.uint64) << np.uint64(bit)


@lru_cache(maxsize=2)
def tone_planes(width: int, height: int, scale: float) -> TonePlanes:
    return TonePlanes(width, height, scale)
