"""More screentones, and all of them of a page at once, a bit each.

As in the demo's tones, coordinates are in units of 1/256 of the page width, and True is ink.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from scripts.manga_world.tones import TONES, Grid, Tone, _any_of, _dots, _inverse, _lines, _noise, _wrap

Motif = Callable[[Grid, Grid], Grid]


def _lattice(period: float, motif: Motif, turn: float = 45.0) -> Tone:
    """A motif (ink where it is True, u and v from the middle of its cell) in every cell of a turned grid."""
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))

    def tone(x: Grid, y: Grid) -> Grid:
        return motif(_wrap(x * c + y * s, period), _wrap(y * c - x * s, period))

    return tone


def _plus(arm: float, half: float) -> Motif:
    return lambda u, v: (np.minimum(abs(u), abs(v)) < half) & (np.maximum(abs(u), abs(v)) < arm)


def _square(half: float) -> Motif:
    return lambda u, v: np.maximum(abs(u), abs(v)) < half


def _circle(outer: float, inner: float) -> Motif:
    return lambda u, v: (np.hypot(u, v) < outer) & (np.hypot(u, v) >= inner)


def _triangle(u: Grid, v: Grid) -> Grid:
    return (abs(u) < (v + 1.4) * 0.6) & (v < 1.3)


def _wavy(period: float, width: float, swing: float, upright: bool = False) -> Tone:
    def tone(x: Grid, y: Grid) -> Grid:
        a, b = (y, x) if upright else (x, y)
        return abs(_wrap(b + swing * np.sin(a * 0.9), period)) < width / 2

    return tone


def _checks(size: float) -> Tone:
    return lambda x, y: (np.floor(x / size) + np.floor(y / size)) % 2 == 0


def _dashes(period: float, length: float, dx: float, dy: float) -> Tone:
    """Broken lines in staggered rows along (dy, -dx)."""
    def tone(x: Grid, y: Grid) -> Grid:
        u, v = x * dx + y * dy, x * dy - y * dx
        row = np.floor(u / period)
        return (abs(_wrap(u - period / 2, period)) < 0.5) & (abs(_wrap(v + row * length, length * 2)) < length * 0.6)

    return tone


def _herringbone(x: Grid, y: Grid) -> Grid:
    side = np.floor(x / 4) % 2 * 2 - 1
    return abs(_wrap(y + side * _wrap(x, 8), 3.2)) < 0.65


def _grains(size: float, radius: float) -> Tone:
    """One dot at a random place in every cell."""
    def tone(x: Grid, y: Grid) -> Grid:
        column, row = np.floor(x / size), np.floor(y / size)
        u = x - (column + 0.25 + 0.5 * _noise(column, row)) * size
        v = y - (row + 0.25 + 0.5 * _noise(row, column + 3)) * size
        return np.hypot(u, v) < radius

    return tone


def _cracks(x: Grid, y: Grid) -> Grid:
    """Rough stone: broken slanting scratches."""
    u, v = x * 0.8 + y * 0.6, x * 0.6 - y * 0.8
    row = np.floor(u / 5)
    return (abs(_wrap(u - 2.5 + np.sin(v * 0.7), 5)) < 0.4) & (np.sin(v / 3.1 + row * 2.2) > 0.35)


def _blocks(x: Grid, y: Grid) -> Grid:
    """Large hewn stones."""
    row = np.floor(y / 9)
    return (y - row * 9 < 0.6) | (abs(_wrap(x + row * 8, 17)) < 0.35)


def _flow(x: Grid, y: Grid) -> Grid:
    """Thick winding streams, as of lava."""
    return abs(_wrap(y + 2.2 * np.sin(x * 0.28) + 1.1 * np.sin(x * 0.71), 6.5)) < 0.9


def _tatami(x: Grid, y: Grid) -> Grid:
    return (abs(_wrap(y, 2.2)) < 0.35) | (abs(_wrap(x, 30)) < 1.0)


def _tiles(x: Grid, y: Grid) -> Grid:
    return (abs(_wrap(x, 10)) < 0.4) | (abs(_wrap(y, 10)) < 0.4)


def _roof(x: Grid, y: Grid) -> Grid:
    row = np.floor(y / 4)
    return (y - row * 4 < 0.5) | (abs(_wrap(x + row * 2.5, 5)) < 0.35)


def _bars(x: Grid, y: Grid) -> Grid:
    return (x % 9) < 4


MORE: dict[str, Tone] = {
    "dots_far": _dots(5.2, 0.95), "dots_upright": _lattice(4.2, _circle(1.3, 0), 0),
    "dots_heavy": _dots(2.9, 1.25), "rings": _lattice(5.2, _circle(2.0, 1.15)), "squares": _lattice(4.4, _square(1.2),
                                                                                                    0),
    "diamonds": _lattice(4.6, _square(1.35)),
    "pluses": _lattice(4.8, _plus(1.8, 0.55), 0), "crosses": _lattice(4.8, _plus(1.8, 0.55)),
    "triangles": _lattice(5.4, _triangle, 0), "wave_soft": _wavy(3.6, 1.0, 0.9), "wave_tall": _wavy(3.8, 1.0, 0.9,
                                                                                                    upright=True),
    "checks": _checks(2.6), "checks_large": _checks(5), "dashes": _dashes(3.2, 3.2, 0, 1),
    "dashes_up": _dashes(3.2, 3.2, 1, 0), "dashes_slant": _dashes(3.2, 3.4, 0.7071, 0.7071),
    "herringbone": _herringbone, "grains": _grains(3.2, 0.75), "grains_fine": _grains(6.5, 0.7),
    "lines_bold": _lines(0, 1, 4.6, 2.2), "upright_bold": _lines(1, 0, 4.6, 2.2), "lines_fine": _lines(0, 1, 2.3, 0.6),
    "hatch_far": _lines(1, 1, 5.2, 1.0), "hatch_steep": _lines(2, 1, 3.0, 1.0), "back_steep": _lines(2, -1, 3.0, 1.0),
    "slope": _lines(1, 2.4, 3.4, 1.2), "grid": _any_of(_lines(1, 0, 4.2, 0.8), _lines(0, 1, 4.2, 0.8)),
    "mesh": _any_of(_lines(1, 1, 2.9, 1.0), _lines(1, -1, 2.9, 1.0)), "holes": _inverse(_dots(4.4, 1.35)),
    "bars": _bars, "cracks": _cracks, "blocks": _blocks, "flow": _flow, "tatami": _tatami, "tiles": _tiles,
    "roof": _roof,
    "shade_dots": _dots(2.6, 0.62), "shade_hatch": _lines(1, 1.3, 2.8, 0.75), "shade_back": _lines(1, -1.1, 2.8, 0.75),
}
ALL: dict[str, Tone] = TONES | MORE


class TonePlanes:
    """Tones of a page as one picture of 64-bit numbers, a bit for each tone.

    The tones of all pages of a size are the same, so one of these serves a whole run. A tone is drawn when a page
    first needs it, if need be in place of the one that was not needed for longest.
    """

    BITS = 64

    def __init__(self, width: int, height: int, scale: float) -> None:
        self.planes = np.zeros((height, width), np.uint64)
        self.scale = scale
        self._bits: dict[str, int] = {}

    def bits(self, names: set[str]) -> dict[str, int]:
        """The number with the bit of every tone in ``names`` (blank has none); they hold until the next call."""
        wanted = sorted(names - {"blank"})
        if len(wanted) > self.BITS:
            raise OverflowError(f"more than {self.BITS} tones on a page")
        for name in wanted:
            bit = self._bits.pop(name, None)
            if bit is None:
                bit = len(self._bits) if len(self._bits) < self.BITS else self._freed(wanted)
                self._draw(name, bit)
            self._bits[name] = bit
        return {"blank": 0} | {name: 1 << self._bits[name] for name in wanted}

    def _freed(self, wanted: list[str]) -> int:
        return self._bits.pop(next(name for name in self._bits if name not in wanted))

    def _draw(self, name: str, bit: int) -> None:
        height, width = self.planes.shape
        x = np.arange(width, dtype=np.float32)[None] / np.float32(self.scale)
        for top in range(0, height, 256):
            rows = self.planes[top:top + 256]
            y = np.arange(top, top + len(rows), dtype=np.float32)[:, None] / np.float32(self.scale)
            inked = ALL[name](*np.broadcast_arrays(x, y))
            rows &= ~(np.uint64(1) << np.uint64(bit))
            rows |= inked.astype(np.uint64) << np.uint64(bit)


@lru_cache(maxsize=2)
def tone_planes(width: int, height: int, scale: float) -> TonePlanes:
    return TonePlanes(width, height, scale)
