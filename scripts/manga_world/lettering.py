"""Speech bubbles with text, and sound effects, drawn into the picture of part numbers."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from .canvas import WHITE, Canvas
from .curves import Points, bowed, ellipse
from .shapes import ring

OUTLINE = 2.6  # width of a balloon's outline in units

LINES = (
    "HEY!", "WAIT\nFOR ME", "WHAT?!", "LOOK\nUP THERE", "I KNEW\nIT...", "LET'S GO!", "NO WAY!", "OH...",
    "IT'S YOU", "COME ON", "REALLY?", "HOME\nAGAIN", "SO WARM", "AH HA!", "DON'T\nMOVE", "TO THE\nSEA!",
    "I MISSED\nYOU", "GOOD\nNIGHT", "WHO IS\nTHERE?", "RUN!", "THANK\nYOU", "NOT YET", "ONE MORE\nTIME",
    "IS THAT\nMINE?",
)
SOUNDS = ("BAM", "ZOOM", "WHAM", "CRASH", "DOKI", "GASP", "POW", "SWISH", "BOOM")


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _outline(centre: Points, half: Points, loud: bool, rng: Generator) -> Points:
    if not loud:
        return ellipse(*centre, *half)
    angle = np.linspace(0, 2 * np.pi, 23)
    reach = np.where(np.arange(23) % 2 == 0, 1.28, 1.0) * rng.uniform(0.95, 1.08, 23)
    reach[-1] = reach[0]
    return bowed(centre + half * np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None], 0.05)


def bubble(canvas: Canvas, corner: tuple[float, float], side: int, room: float, mouth: tuple[float, float], loud: bool,
           rng: Generator) -> None:
    """A bubble in the left (``side`` -1) or right (1) ``corner``, at most about ``room`` units wide.

    Its tail points towards ``mouth``.
    """
    text = str(rng.choice(LINES))
    rows = text.split("\n")
    longest = max(map(len, rows))
    letter = float(np.clip(room / (longest * 0.85 + 1.6), 4.6, 9.5))
    half = np.array([longest * letter * 0.36 + letter * 0.9, len(rows) * letter * 0.62 + letter * 0.8])
    middle = np.array(corner) + half * (1.3 if loud else 1.0) * [-side, 1] + [-3 * side, 3]
    towards = np.array(mouth) - middle
    distance = max(float(np.hypot(*towards)), 1e-6)
    towards = towards / distance
    body = _outline(middle, half, loud, rng)
    across = np.array([-towards[1], towards[0]]) * letter * 0.5
    edge = towards * half * 0.8
    tail = np.stack([middle + edge + across, middle + edge + towards * min(letter * 1.7, distance * 0.6),
                     middle + edge - across])
    canvas.parts.balloons += 1
    for outline in (body, tail):
        canvas.contour(outline, OUTLINE)
        canvas.fill_balloon(0, ring(outline, OUTLINE))
    for outline in (body, tail):
        canvas.fill(WHITE, outline)
        canvas.fill_balloon(canvas.parts.balloons, outline)
    canvas.write(text, (float(middle[0]), float(middle[1])), _font(max(int(letter * canvas.scale), 6)),
                 canvas.scale * letter * 0.025)


def sound(canvas: Canvas, corner: tuple[float, float], side: int, letter: float, rng: Generator) -> None:
    """A tilted sound effect, ``letter`` units high, in the lower left (``side`` -1) or right ``corner``."""
    text = str(rng.choice(SOUNDS))
    font = _font(max(int(letter * canvas.scale), 6))
    border = max(int(letter * canvas.scale * 0.07), 1)
    tilt = float(rng.uniform(-22, 22))
    wide, high = int(font.getlength(text)) + border * 10, int(letter * canvas.scale * 1.5) + border * 10
    x, y = canvas.to_pixels(np.array(corner))
    for part, stroke in (("white", border * 3), ("sfx.edge", border * 2), ("sfx", border)):
        mask = Image.new("L", (wide, high), 0)
        pen = ImageDraw.Draw(mask)
        pen.fontmode = "1"
        pen.text((wide / 2, high / 2), text, 255, font, anchor="mm", stroke_width=stroke)
        mask = mask.rotate(tilt, Image.Resampling.NEAREST, expand=True)
        place = (int(x) - (mask.width if side > 0 else 0), int(y) - mask.height)
        canvas.numbers.paste(canvas.parts[part], place, mask)
        canvas.balloons.paste(0, place, mask)
