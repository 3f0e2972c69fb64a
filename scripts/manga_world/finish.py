"""From a picture of part numbers to a scan, a coloring and a label map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image

from .canvas import FIRST, INK, SHADE, Canvas
from .parts import Part, world_parts
from .tone_planes import TonePlanes, tone_planes

BAND = 32
INK_LEVEL = 8
INK_COLOR = (14, 12, 20)


@dataclass(frozen=True)
class Finish:
    """How a page is printed: its ``level``, its ``size`` in pixels, how many drawn pixels make one (``factor``),
    which owners have no tones here (``untoned``; ``bare`` places have none either), the ``shade`` tone of shadows,
    and a generator for the wear of an old scan (None: a clean one).
    """

    level: str
    size: tuple[int, int]
    factor: int
    untoned: set[str]
    bare: bool
    shade: str
    wear: Generator | None


@dataclass(frozen=True)
class _Tables:
    """What every number of a page means, by number (256 entries each).

    ``inks`` and ``shades`` have the bits of the tone planes that ink it, and those of them that are its shadow.
    """

    colors: np.ndarray
    inks: np.ndarray
    shades: np.ndarray
    labels: np.ndarray
    woven: np.ndarray


def finished(canvas: Canvas, finish: Finish) -> tuple[Image.Image, Image.Image, Image.Image]:
    """The scan (mode L), the coloring (RGB) and the label map (I;16) of a drawn page.

    A pixel has a label where all of its drawn pixels belong to one part.
    """
    width, height = finish.size
    planes = tone_planes(*canvas.size, canvas.scale)
    tables = _tables(canvas, finish, planes)
    numbers, plain = np.asarray(canvas.numbers), np.asarray(canvas.plain)
    scan = np.empty((height, width), np.uint8)
    coloring = np.empty((height, width, 3), np.uint8)
    labels = np.empty((height, width), np.uint16)
    for top in range(0, height, BAND):
        rows = slice(top * finish.factor, min(top + BAND, height) * finish.factor)
        inked, kinds = _print(numbers[rows], plain[rows], planes.planes[rows], tables)
        out = slice(top, min(top + BAND, height))
        scan[out] = np.asarray(Image.fromarray(inked).reduce(finish.factor))
        painted = Image.fromarray(kinds)
        painted.putpalette(tables.colors.ravel().tolist())
        coloring[out] = np.asarray(painted.convert("RGB").reduce(finish.factor))
        labels[out] = tables.labels[_agreed(kinds & 127, finish.factor)]
    if finish.wear is not None:
        scan = _worn(scan, finish.wear)
    return Image.fromarray(scan), Image.fromarray(coloring), Image.fromarray(labels)


def _tables(canvas: Canvas, finish: Finish, planes: TonePlanes) -> _Tables:
    parts = world_parts(finish.level)
    colors = np.full((256, 3), 255, np.uint8)
    inks, shades = np.zeros(256, np.uint64), np.zeros(256, np.uint64)
    woven, labels = np.zeros(256, np.uint8), np.zeros(256, np.uint16)
    colors[INK] = INK_COLOR
    for name in list(canvas.parts.names):
        if parts[name].woven:
            canvas.parts[str(parts[name].woven)]
    chosen = {name: _tone(parts[name], finish) for name in canvas.parts.names}
    bits = planes.bits({finish.shade, *chosen.values()})
    for number, name in enumerate(canvas.parts.names, FIRST):
        part = parts[name]
        colors[number], colors[number | SHADE] = part.color, part.shade
        shades[number | SHADE] = bits[finish.shade]
        inks[number], inks[number | SHADE] = bits[chosen[name]], bits[chosen[name]] | bits[finish.shade]
        labels[[number, number | SHADE]] = part.label
        if part.woven:
            weave = canvas.parts[part.woven]
            woven[number], woven[number | SHADE] = weave, weave | SHADE
    return _Tables(colors, inks, shades, labels, woven)


def _tone(part: Part, finish: Finish) -> str:
    """The tone of a part on this page: woven patterns and solid black stay where tones are left away."""
    missing = part.owner in finish.untoned if part.owner else finish.bare
    return "blank" if missing and not part.woven and part.tone != "black" else part.tone


def _print(numbers: np.ndarray, plain: np.ndarray, planes: np.ndarray,
           tables: _Tables) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the scan at drawn size, and the numbers that color them: a woven pattern's inked half has its own."""
    bits = tables.inks[numbers]
    cleared = plain > 0
    if cleared.any():
        bits[cleared] = tables.shades[numbers[cleared]]
    inked = (planes & bits) != 0
    inked |= numbers == INK
    pattern = tables.woven[numbers] > 0 if tables.woven.any() else None
    if pattern is not None and pattern.any():
        here = numbers[pattern]
        numbers = numbers.copy()
        numbers[pattern] = np.where(planes[pattern] & tables.inks[here & 127], tables.woven[here], here)
    return np.where(inked, np.uint8(INK_LEVEL), np.uint8(255)), numbers


def _agreed(kinds: np.ndarray, factor: int) -> np.ndarray:
    """What every block of ``factor`` x ``factor`` pixels holds, 0 where they differ."""
    first = kinds[::factor, ::factor]
    same = np.ones(first.shape, bool)
    for dy in range(factor):
        for dx in range(factor):
            same &= kinds[dy::factor, dx::factor] == first
    return np.where(same, first, 0)


def _worn(scan: np.ndarray, rng: Generator) -> np.ndarray:
    """An old scan: darker and uneven paper, weaker ink, grain."""
    height, width = scan.shape
    paper, ink = rng.uniform(228, 250), rng.uniform(4, 40)
    across, down = rng.uniform(-8, 8), rng.uniform(-8, 8)
    slope = across * np.linspace(-1, 1, width) + down * np.linspace(-1, 1, height)[:, None]
    grain = rng.standard_normal((height, width), dtype=np.float32) * np.float32(rng.uniform(1, 5))
    share = (scan.astype(np.float32) - INK_LEVEL) / (255 - INK_LEVEL)
    return np.clip(ink + share * (paper + slope - ink) + grain, 0, 255).astype(np.uint8)
