"""Screentones: the page-wide ink textures that stand for colors in a scan.

Each tone is a function of the page coordinates ``x`` and ``y`` (float arrays of shape (h, w), in units
of 1/256 of the page width) and answers a boolean array: True where there is ink. Tones are anchored
to the page, as an adhesive sheet of screentone is, so neighbouring pieces of one part match up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Grid = np.ndarray
Tone = Callable[[Grid, Grid], Grid]
Motif = Callable[[Grid, Grid], Grid]


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
    "dots_far": _dots(5.2, 0.95), "dots_upright": _lattice(4.2, _circle(1.3, 0), 0),
    "dots_heavy": _dots(2.9, 1.25), "rings": _lattice(5.2, _circle(2.0, 1.15)),
    "squares": _lattice(4.4, _square(1.2), 0),
    "diamonds": _lattice(4.6, _square(1.35)),
    "pluses": _lattice(4.8, _plus(1.8, 0.55), 0), "crosses": _lattice(4.8, _plus(1.8, 0.55)),
    "triangles": _lattice(5.4, _triangle, 0), "wave_soft": _wavy(3.6, 1.0, 0.9),
    "wave_tall": _wavy(3.8, 1.0, 0.9, upright=True),
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
