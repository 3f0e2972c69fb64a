"""A picture of part numbers: everything is drawn once, and scan, coloring and labels are read off at the end.

Coordinates are in units of 1/256 of the page width, x to the right and y down. Pixels are supersampled.
A pixel holds 0 (blank paper), ``INK``, ``WHITE`` (paper that covers), or the number of a part on this page;
``SHADE`` is added where the part lies in shadow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .curves import Points
from .shapes import band, pressure, ring

Box = tuple[int, int, int, int]
INK, WHITE, FIRST = 1, 2, 3
SHADE = 128


class Numbers:
    """The parts on one page by name, and the number (``FIRST`` to 127) that each has in its pictures.

    ``balloons`` counts the speech balloons drawn so far.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.balloons = 0
        self._numbers = {"ink": INK, "white": WHITE}

    def __getitem__(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = FIRST + len(self.names)
            self.names.append(name)
            if number >= SHADE:
                raise OverflowError(f"more than {SHADE - FIRST} parts on a page")
        return number


class Canvas:
    """A rectangle ``box`` of a page, in pixels, at ``scale`` pixels for a unit.

    ``numbers`` holds the part of every pixel (mode L), ``plain`` is 255 where tones are cleared away around
    figures, ``balloons`` is n inside the nth speech balloon of the page, lettering included. ``shading`` says
    whether shapes throw cel shadows.
    """

    def __init__(self, parts: Numbers, scale: float, box: Box, shading: bool = True) -> None:
        self.parts, self.scale, self.box, self.shading = parts, scale, box, shading
        self.size = (box[2] - box[0], box[3] - box[1])
        self.numbers = Image.new("L", self.size, 0)
        self.plain = Image.new("L", self.size, 0)
        self.balloons = Image.new("L", self.size, 0)
        self._draw = ImageDraw.Draw(self.numbers)

    def layer(self) -> Canvas:
        """An empty canvas of the same place, to be laid over this one."""
        return Canvas(self.parts, self.scale, self.box, self.shading)

    def to_pixels(self, outline: Points) -> Points:
        return outline * self.scale - self.box[:2]

    def fill(self, number: int, outline: Points) -> None:
        """Fill a polygon (n, 2) with a number."""
        self._draw.polygon((outline * self.scale - self.box[:2]).ravel().tolist(), fill=number)

    def fill_balloon(self, number: int, outline: Points) -> None:
        """Record a polygon as the inside of balloon ``number``; 0: as outside of every balloon."""
        ImageDraw.Draw(self.balloons).polygon(self.to_pixels(outline).ravel().tolist(), fill=number)

    def paint(self, part: str, outline: Points, shade: float = 0.0) -> None:
        """Fill a polygon with a part; ``shade`` is the depth of its cel shadow in units."""
        number = self.parts[part]
        if not (shade and self.shading) or shade * self.scale < 1.5:
            self.fill(number, outline)
            return
        pixels = self.to_pixels(outline)
        low = np.maximum(np.floor(pixels.min(0)), 0).astype(int)
        high = np.minimum(np.ceil(pixels.max(0)) + 1, self.size).astype(int)
        if (high <= low).any():
            return
        self.fill(number, outline)
        mask, lit = (Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])), 0) for _ in range(2))
        local = pixels - low
        ImageDraw.Draw(mask).polygon(local.ravel().tolist(), fill=255)
        ImageDraw.Draw(lit).polygon((local - shade * self.scale * np.array([0.75, 1.0])).ravel().tolist(), fill=255)
        self.numbers.paste(number | SHADE, (int(low[0]), int(low[1])), ImageChops.subtract(mask, lit))

    def shadow(self, outline: Points, within: str | None = None) -> None:
        """Put what lies under a polygon into shadow, or only the parts named ``within``."""
        pixels = self.to_pixels(outline)
        low = np.maximum(np.floor(pixels.min(0)), 0).astype(int)
        high = np.minimum(np.ceil(pixels.max(0)) + 1, self.size).astype(int)
        if (high <= low).any():
            return
        place = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        mask = Image.new("L", (place[2] - place[0], place[3] - place[1]), 0)
        ImageDraw.Draw(mask).polygon((pixels - low).ravel().tolist(), fill=255)
        under = self.numbers.crop(place)
        only = None if within is None else self.parts[within]
        dark = [n | SHADE if n >= FIRST and only in (None, n) else n for n in range(SHADE)]
        self.numbers.paste(under.point(dark + list(range(SHADE, 256))), place, mask)

    def contour(self, outline: Points, width: float) -> None:
        """A closed pen line."""
        self.fill(INK, ring(outline, width))

    def stroke(self, path: Points, width: float, kind: str = "both") -> None:
        """An open pen stroke (n >= 2 points) that thins towards ``both`` ends, towards its ``end``, or not."""
        widths = np.full(len(path), width) if kind == "even" else width * pressure(len(path), kind)
        self.fill(INK, band(path, widths))

    def lay(self, over: Canvas, halo: float) -> None:
        """Lay a layer over this canvas and clear the tones ``halo`` units around it."""
        found = over.numbers.getbbox()
        if not found:
            return
        reach = round(halo * self.scale)
        place = (max(found[0] - reach, 0), max(found[1] - reach, 0),
                 min(found[2] + reach, self.size[0]), min(found[3] + reach, self.size[1]))
        cut = over.numbers.crop(place)
        mask = cut.point(_SET)
        if reach:
            around = mask.filter(ImageFilter.BoxBlur(reach)).point(_SET)
            self.plain.paste(255, place, around)
        self.plain.paste(0, place, mask)
        self.numbers.paste(cut, place, mask)

    def write(self, text: str, middle: tuple[float, float], font: object, bold: float = 0.0) -> None:
        """Centred lines of text in ink, without soft edges."""
        pen = ImageDraw.Draw(self.numbers)
        pen.fontmode = "1"
        x, y = self.to_pixels(np.array(middle))
        pen.multiline_text((x, y), text, INK, font, anchor="mm", align="center", spacing=2,  # type: ignore[arg-type]
                           stroke_width=bold)


_SET = [0] + [255] * 255


@dataclass(frozen=True)
class Pen:
    """A canvas seen through a place, size, mirror and tilt: what a figure or a prop draws with.

    ``size`` is the number of units for one local unit, ``stretch`` scales local x and y before that; ``flip``
    is -1 for a mirror image. ``tilt`` is in radians.
    """

    canvas: Canvas
    x: float = 0.0
    y: float = 0.0
    size: float = 1.0
    flip: int = 1
    tilt: float = 0.0
    stretch: tuple[float, float] = (1.0, 1.0)

    def place(self, local: Points) -> Points:
        """Local coordinates to page units."""
        a, b, c, d = _matrix(self.flip, self.tilt, self.size, self.stretch)
        x, y = local[:, 0], local[:, 1]
        placed = np.empty_like(local)
        placed[:, 0] = x * a + y * b + self.x
        placed[:, 1] = x * c + y * d + self.y
        return placed

    @property
    def line(self) -> float:
        """The width of an outline, in units."""
        return min(max(self.size * 0.05, 0.7), 1.9)

    def moved(self, x: float, y: float, size: float = 1.0, tilt: float = 0.0) -> Pen:
        """A pen at the local point (x, y), ``size`` times as large, turned further by ``tilt``."""
        at = self.place(np.array([[x, y]]))[0]
        return replace(self, x=float(at[0]), y=float(at[1]), size=self.size * size, tilt=self.tilt + tilt,
                       stretch=(1.0, 1.0))

    def shape(self, part: str, outline: Points, shade: float = 0.0, weight: float = 1.0) -> None:
        """A painted region with an outline; ``weight`` 0 leaves the outline away."""
        placed = self.place(outline)
        self.canvas.paint(part, placed, shade * self.size)
        if weight:
            self.canvas.contour(placed, self.line * weight)

    def ring(self, part: str, outer: Points, inner: Points, weight: float = 1.0) -> None:
        """A painted region between two closed outlines of as many corners each, with outlines."""
        pair = [self.place(outline) for outline in (outer, inner)]
        self.canvas.paint(part, np.concatenate([pair[0], pair[0][:1], pair[1][:1], pair[1][::-1]]))
        for placed in pair:
            self.canvas.contour(placed, self.line * weight)

    def stroke(self, path: Points, weight: float = 1.0, kind: str = "both") -> None:
        """An ink stroke; ``weight`` in outline widths."""
        self.canvas.stroke(self.place(path), self.line * weight, kind)

    def ink(self, outline: Points) -> None:
        """A region of solid ink."""
        self.canvas.fill(INK, self.place(outline))

    def shadow(self, outline: Points, within: str | None = None) -> None:
        """A region in shadow, where shapes are shaded at all."""
        if self.canvas.shading:
            self.canvas.shadow(self.place(outline), within)


@lru_cache(maxsize=1024)
def _matrix(flip: int, tilt: float, size: float, stretch: tuple[float, float]) -> tuple[float, float, float, float]:
    c, s = float(np.cos(tilt)) * size, float(np.sin(tilt)) * size
    wide, high = flip * stretch[0], stretch[1]
    return c * wide, -s * high, s * wide, c * high
