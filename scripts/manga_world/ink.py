"""Ink and paint: a sheet with a scan layer and a coloring layer that are drawn together.

Coordinates are in units of 1/256 of the page width, x to the right and y down. Every filled region
goes through :meth:`Sheet.paint_mask`, which knows the region's part by name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from .parts import PARTS, Part
from .tones import tone_sheet

Points = np.ndarray
Box = tuple[int, int, int, int]
INK_LEVEL = 8
INK_COLOR = (14, 12, 20)


def points(*pairs: tuple[float, float]) -> Points:
    """An array of shape (n, 2) from n pairs."""
    return np.array(pairs, float)


def smooth(corners: Points, closed: bool = True, steps: int = 6) -> Points:
    """A Catmull-Rom curve through ``corners`` (n, 2), with ``steps`` points for each span."""
    if closed:
        ring = np.concatenate([corners[-1:], corners, corners[:2]])
    else:
        ring = np.concatenate([corners[:1], corners, corners[-1:]])
    p0, p1, p2, p3 = (ring[i:len(ring) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                   + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, corners[-1:]])


def ellipse(cx: float, cy: float, rx: float, ry: float, start: float = 0.0, stop: float = 360.0) -> Points:
    """Points on an ellipse from angle ``start`` to ``stop`` in degrees, clockwise from the right."""
    count = 28 if stop - start >= 360 else 14
    angle = np.radians(np.linspace(start, stop, count, endpoint=stop - start < 360))
    return np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], 1)


def ribbon(path: Points, widths: np.ndarray) -> Points:
    """The outline (2n, 2) of a band along ``path`` (n, 2) with full ``widths`` (n,)."""
    tangent = np.gradient(path, axis=0)
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-6)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1) / length * (widths / 2)[:, None]
    return np.concatenate([path + normal, (path - normal)[::-1]])


def taper(count: int, width: float, kind: str = "both") -> np.ndarray:
    """Pen pressure along a stroke: widths (count,) that thin towards ``both`` ends or the ``end``."""
    t = np.linspace(0, 1, count)
    swell = np.sin(np.pi * t) ** 0.6 if kind == "both" else (1 - t) ** 0.7
    return width * np.maximum(swell, 0.22)


class Sheet:
    """A rectangle of a page, on both layers, at ``scale`` pixels for a unit."""

    def __init__(self, page_size: tuple[int, int], scale: float, box: Box) -> None:
        self.page_size, self.scale, self.box = page_size, scale, box
        self.size = (box[2] - box[0], box[3] - box[1])
        self.scan = Image.new("L", self.size, 255)
        self.coloring = Image.new("RGB", self.size, (255, 255, 255))
        self._pens = (ImageDraw.Draw(self.scan), ImageDraw.Draw(self.coloring))

    def to_pixels(self, outline: Points) -> Points:
        """Page units to this sheet's pixels."""
        return outline * self.scale - self.box[:2]

    def paint(self, part: str, outline: Points, shade: float = 0.0) -> None:
        """Fill the polygon ``outline`` (n, 2) with a part; ``shade`` is the depth of its cel shadow."""
        pixels = self.to_pixels(outline)
        low = np.maximum(np.floor(pixels.min(0)), 0).astype(int)
        high = np.minimum(np.ceil(pixels.max(0)) + 1, self.size).astype(int)
        if (high <= low).any():
            return
        local = pixels - low
        mask = Image.new("L", tuple(high - low), 0)
        ImageDraw.Draw(mask).polygon(local.ravel().tolist(), fill=255)
        shadow = None
        if shade:
            shadow = mask.copy()
            lit = local - shade * self.scale * np.array([0.75, 1.0])
            ImageDraw.Draw(shadow).polygon(lit.ravel().tolist(), fill=0)
        self.paint_mask(part, mask, (int(low[0]), int(low[1])), shadow)

    def paint_mask(self, part: str, mask: Image.Image, corner: tuple[int, int],
                   shadow: Image.Image | None = None) -> None:
        """Paint a part where ``mask`` (mode L) is set, with its upper left ``corner`` in pixels.

        This is the only place where a region reaches the layers.
        """
        look = PARTS[part]
        box = (*corner, corner[0] + mask.width, corner[1] + mask.height)
        tone = self._tone(look, box)
        self.scan.paste(tone, box, mask)
        self.coloring.paste(_colors(look, tone), box, mask)
        if shadow is not None:
            self.coloring.paste(look.shade, box, shadow)
            if look.pattern:
                woven = Image.eval(tone, lambda level: 255 - level)
                dark = Part(look.pattern).shade
                inked = Image.composite(woven, Image.new("L", woven.size, 0), shadow)
                self.coloring.paste(dark, box, inked)

    def _tone(self, look: Part, box: Box) -> Image.Image:
        """The part's tone under ``box`` (this sheet's pixels), anchored to the page."""
        sheet = tone_sheet(look.tone, *self.page_size, self.scale)
        left, top = self.box[:2]
        return sheet.crop((box[0] + left, box[1] + top, box[2] + left, box[3] + top))

    def ink(self, outline: Points) -> None:
        """Fill a polygon with ink on both layers."""
        flat = self.to_pixels(outline).ravel().tolist()
        self._pens[0].polygon(flat, fill=INK_LEVEL)
        self._pens[1].polygon(flat, fill=INK_COLOR)

    def stroke(self, path: Points, width: float, kind: str = "both") -> None:
        """An open pen stroke that thins out as :func:`taper` says."""
        self.ink(ribbon(path, taper(len(path), width, kind)))

    def halo(self, outline: Points, width: float) -> None:
        """Clear the scan in and ``width`` units around a polygon, so a figure stands out from the tones."""
        pixels = self.to_pixels(outline)
        flat = np.concatenate([pixels, pixels[:2]]).ravel().tolist()
        self._pens[0].polygon(flat, fill=255)
        self._pens[0].line(flat, fill=255, width=max(round(2 * width * self.scale), 1), joint="curve")

    def contour(self, outline: Points, width: float) -> None:
        """A closed pen line, heavier on the lower right, away from the light."""
        closed = np.concatenate([outline, outline[:2]])
        turn = np.gradient(closed, axis=0)
        weight = 1.0 + 0.35 * np.sin(np.arctan2(turn[:, 1], turn[:, 0]) + 2.6)
        self.ink(ribbon(closed, width * weight))


def _colors(look: Part, tone: Image.Image) -> Image.Image:
    """The coloring of a region of the tone's size, before shading, mode RGB."""
    if look.fade:
        ramp = Image.linear_gradient("L").resize(tone.size)
        return Image.composite(Image.new("RGB", tone.size, look.fade),
                               Image.new("RGB", tone.size, look.color), ramp)
    flat = Image.new("RGB", tone.size, look.color)
    if look.pattern:
        return Image.composite(flat, Image.new("RGB", tone.size, look.pattern), tone)
    return flat


@dataclass(frozen=True)
class Pen:
    """A sheet seen through a place, size, mirror and tilt: what a figure draws with.

    ``size`` is the number of units for one local unit; ``flip`` is -1 for a mirror image. A pen with a
    ``halo`` does not draw: it only clears the scan that many units around every shape.
    """

    sheet: Sheet
    x: float
    y: float
    size: float
    flip: int = 1
    tilt: float = 0.0
    halo: float = 0.0

    def _place(self, local: Points) -> Points:
        turned = local * [self.flip, 1]
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        return turned @ np.array([[c, s], [-s, c]]) * self.size + [self.x, self.y]

    @property
    def line(self) -> float:
        """The width of an outline, in page units."""
        return float(np.clip(self.size * 0.05, 0.75, 1.9))

    def turned(self, tilt: float) -> Pen:
        """The same pen, tilted by ``tilt`` radians about its origin."""
        return replace(self, tilt=tilt)

    def shape(self, part: str, outline: Points, shade: float = 0.12, weight: float = 1.0) -> None:
        """A painted region with an outline; ``weight`` 0 leaves the outline away."""
        placed = self._place(outline)
        if self.halo:
            self.sheet.halo(placed, self.halo)
            return
        self.sheet.paint(part, placed, shade * self.size)
        if weight:
            self.sheet.contour(placed, self.line * weight)

    def stroke(self, path: Points, weight: float = 1.0, kind: str = "both") -> None:
        """An ink stroke; ``weight`` in outline widths."""
        if not self.halo:
            self.sheet.stroke(self._place(path), self.line * weight, kind)

    def ink(self, outline: Points) -> None:
        """A region of solid ink."""
        if not self.halo:
            self.sheet.ink(self._place(outline))
