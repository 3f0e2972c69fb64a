"""The true structure of a drawn page: where its panels, speech balloons and letters are."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from util.label_maps import LETTERING

from .canvas import INK, Canvas
from .curves import Points
from .panels import frame, reading_order


def panel_map(canvas: Canvas, quads: list[Points], factor: int) -> Image.Image:
    """(I;16) n inside the nth panel in reading order, its frame included; 0 in gutters and margins.

    ``factor`` drawn pixels make one, of which the middle one counts.
    """
    panels = Image.new("L", canvas.size, 0)
    pen = ImageDraw.Draw(panels)
    for corners, number in zip(quads, reading_order(quads), strict=True):
        for outline in (corners, *frame(corners)):
            pen.polygon(canvas.to_pixels(outline).ravel().tolist(), fill=number)
    return Image.fromarray(_middles(np.asarray(panels), factor))


def text_map(canvas: Canvas, factor: int) -> Image.Image:
    """(I;16) n inside the nth speech balloon, up to its outline, plus ``LETTERING`` where there is ink of letters.

    The ink of sound effects, their filled outlines included, is ``LETTERING``. Everything else is 0.
    """
    numbers, balloons = (_middles(np.asarray(image), factor) for image in (canvas.numbers, canvas.balloons))
    ink = (balloons > 0) & (numbers == INK)
    for part in ("sfx", "sfx.edge"):
        if part in canvas.parts.names:
            ink |= numbers == canvas.parts[part]
    return Image.fromarray(balloons + np.where(ink, np.uint16(LETTERING), np.uint16(0)))


def _middles(drawn: np.ndarray, factor: int) -> np.ndarray:
    """The middle pixel of every block of ``factor`` x ``factor``: (H, W) uint8 to (h, w) uint16."""
    return drawn[factor // 2 :: factor, factor // 2 :: factor].astype(np.uint16)
