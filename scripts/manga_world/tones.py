"""Screentones: the page-wide ink textures that stand for colors in a scan.

Each tone is a function of the page coordinates ``x`` and ``y`` (float arrays of shape (h, w), in units
of 1/256 of the page width) and answers a boolean array: True where there is ink. Tones are anchored
to the page, as an adhesive sheet of screentone is, so neighbouring pieces of one part match up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

Grid = np.ndarray
Tone = Callable[[Grid, Grid], Grid]


def _wrap(value: Grid, period: float) -> Grid:
    """Distance to the nearest multiple of ``period`` along one axis, signed, in units."""
    return (value + period / 2) % period - period / 2


def _noise(a: Grid, b: Grid) -> Grid:
    """A fixed pseudo-random number in [0, 1) for every pair of integers."""
    return np.modf(np.abs(np.sin(a * 12.9898 + b * 78.233) * 4375.85))[0]


def _blank(x: Grid, y: Grid) -> Grid:
    return np.zeros(x.shape, bool)


def _black(x: Grid, y: Grid) -> Grid:
    return np.ones(x.shape, bool)


def _dots(period: float, radius: float) -> Tone:
    """Round dots on a grid turned by 45 degrees."""

    def tone(x: Grid, y: Grid) -> Grid:
        u, v = (x + y) * 0.7071, (x - y) * 0.7071
        return np.hypot(_wrap(u, period), _wrap(v, period)) < radius

    return tone


def _lines(dx: float, dy: float, period: float, width: float) -> Tone:
    """Parallel lines across the direction (dx, dy)."""
    norm = float(np.hypot(dx, dy))

    def tone(x: Grid, y: Grid) -> Grid:
        return np.abs(_wrap((x * dx + y * dy) / norm, period)) < width / 2

    return tone


def _any_of(*tones: Tone) -> Tone:
    def tone(x: Grid, y: Grid) -> Grid:
        return np.logical_or.reduce([each(x, y) for each in tones])

    return tone


def _inverse(inner: Tone) -> Tone:
    return lambda x, y: ~inner(x, y)


def _sky(x: Grid, y: Grid) -> Grid:
    """Long broken horizontal strokes, far apart."""
    row = np.floor(y / 6)
    return (np.abs(_wrap(y - 3, 6)) < 0.42) & (np.sin(x / 9 + row * 2.4) > -0.45)


def _waves(x: Grid, y: Grid) -> Grid:
    """Rolling broken wave lines."""
    rolled = y + 1.5 * np.sin(x * 0.52)
    row = np.floor(rolled / 5.5)
    return (np.abs(_wrap(rolled - 2.75, 5.5)) < 0.65) & (np.sin(x / 8 + row * 2.1) > -0.6)


def _glitter(x: Grid, y: Grid) -> Grid:
    """Short flat dashes in staggered rows: low light on water."""
    row = np.floor(y / 3.6)
    u, v = _wrap(x + row * 4.1 + 2 * np.sin(row * 3), 9), _wrap(y - 1.8, 3.6)
    return np.abs(v) < 0.85 * (1 - (np.abs(u) / 3.4) ** 2)


def _zigzag(x: Grid, y: Grid) -> Grid:
    """Pointed waves, like paving laid in a herringbone."""
    return np.abs(_wrap(y + np.abs(_wrap(x, 7)), 4)) < 0.8


def _tufts(wide: float, high: float) -> Tone:
    """Staggered V-shaped blades of grass, one in each cell of ``wide`` by ``high`` units."""

    def tone(x: Grid, y: Grid) -> Grid:
        row = np.floor(y / high)
        shifted = x + row * wide * 0.5 + 2 * np.sin(row * 5)
        u, v = _wrap(shifted, wide), y - row * high
        blade = np.abs(np.abs(u) - (high * 0.8 - v) * 0.38) < 0.55
        return blade & (v > high * 0.15) & (v < high * 0.8)

    return tone


def _leaves(x: Grid, y: Grid) -> Grid:
    """Overlapping scallops, the usual sign for foliage."""
    row = np.floor(y / 5)
    u, v = _wrap(x + row * 4, 8), y - row * 5
    return (np.abs(np.hypot(u, v) - 3.9) < 0.5) & (np.sin(x / 13 + row * 1.7) > -0.75)


def _planks(x: Grid, y: Grid) -> Grid:
    """Upright boards with two grain lines each."""
    board = np.floor(x / 16)
    u = x - board * 16
    sway = 1.2 * np.sin(y / 7 + board * 1.9)
    seam = u < 0.7
    grain = (np.abs(u - 6 - sway) < 0.3) | (np.abs(u - 11 - sway) < 0.3)
    return seam | (grain & (np.sin(y / 11 + board * 3 + u) > 0.1))


def _floorboards(x: Grid, y: Grid) -> Grid:
    """Lying boards with staggered joints."""
    row = np.floor(y / 7)
    v = y - row * 7
    joint = np.abs(_wrap(x + row * 17, 40)) < 0.4
    grain = (np.abs(v - 3.5 - 0.6 * np.sin(x / 8 + row)) < 0.3) & (np.sin(x / 10 + row * 2) > 0)
    return (v < 0.65) | joint | grain


def _bark(x: Grid, y: Grid) -> Grid:
    """Wavering broken upright strokes."""
    swayed = x + 1.1 * np.sin(y / 4.3)
    column = np.floor(swayed / 4)
    return (np.abs(_wrap(swayed - 2, 4)) < 0.5) & (np.sin(y / 5 + column * 2.3) > -0.35)


def _bricks(x: Grid, y: Grid) -> Grid:
    row = np.floor(y / 4.5)
    return (y - row * 4.5 < 0.55) | (np.abs(_wrap(x + row * 4.5, 9)) < 0.3)


def _stipple(x: Grid, y: Grid) -> Grid:
    """Loose grains of sand: one dot at a random place in every cell."""
    size = 4.5
    column, row = np.floor(x / size), np.floor(y / size)
    u = x - (column + 0.2 + 0.6 * _noise(column, row)) * size
    v = y - (row + 0.2 + 0.6 * _noise(row, column + 9)) * size
    return np.hypot(u, v) < 0.72


def _night(x: Grid, y: Grid) -> Grid:
    """Dense crossing hatches with a few star-shaped holes."""
    hatch = _any_of(_lines(1, 1, 2.6, 1.25), _lines(1, -1.3, 3.4, 1.0))(x, y)
    size = 22.0
    column, row = np.floor(x / size), np.floor(y / size)
    u = np.abs(x - (column + 0.2 + 0.6 * _noise(column, row)) * size)
    v = np.abs(y - (row + 0.2 + 0.6 * _noise(row, column + 5)) * size)
    return hatch & (np.sqrt(u) + np.sqrt(v) > 1.75)


def _scribble(x: Grid, y: Grid) -> Grid:
    """Small curls, for frizzy hair."""
    row = np.floor(y / 4.4)
    u, v = _wrap(x + row * 2.2, 4.4), y - row * 4.4 - 2.2
    return np.abs(np.hypot(u, v) - 1.55) < 0.55


def _plaid(x: Grid, y: Grid) -> Grid:
    wide = (np.abs(_wrap(x, 7)) < 1.3) | (np.abs(_wrap(y, 7)) < 1.3)
    return wide & ~((np.abs(_wrap(x, 7)) < 0.45) | (np.abs(_wrap(y, 7)) < 0.45))


TONES: dict[str, Tone] = {
    "blank": _blank,
    "black": _black,
    "dots_dense": _dots(3.3, 1.2),
    "dots_light": _dots(3.6, 0.72),
    "dots_coarse": _dots(6.2, 1.5),
    "lines_flat": _lines(0, 1, 3.0, 1.1),
    "lines_upright": _lines(1, 0, 2.8, 0.85),
    "hatch": _lines(1, 1, 3.2, 1.1),
    "hatch_back": _lines(1, -1, 3.2, 0.7),
    "hatch_heavy": _lines(1, -1, 3.2, 1.8),
    "cross": _any_of(_lines(1, 1, 3.6, 0.9), _lines(1, -1, 3.6, 0.9)),
    "stripes": _lines(0, 1, 7.0, 3.5),
    "polka": _inverse(_dots(5.6, 1.35)),
    "plaid": _plaid,
    "scribble": _scribble,
    "sky": _sky,
    "waves": _waves,
    "glitter": _glitter,
    "zigzag": _zigzag,
    "tufts": _tufts(9, 7),
    "tufts_far": _tufts(14, 10),
    "leaves": _leaves,
    "planks": _planks,
    "floorboards": _floorboards,
    "bark": _bark,
    "bricks": _bricks,
    "stipple": _stipple,
    "night": _night,
}


@lru_cache(maxsize=32)
def tone_sheet(name: str, width: int, height: int, pixels_per_unit: float) -> Image.Image:
    """The tone ``name`` for a whole page, mode L, ``width`` x ``height`` pixels: 0 ink, 255 paper."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / np.float32(pixels_per_unit)
    return Image.fromarray(np.where(TONES[name](x, y), 0, 255).astype(np.uint8))
