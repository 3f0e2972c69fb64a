"""Places and the backdrops of strong feelings. Every part of them has a fixed color.

A place is a function of a canvas, the rectangle to fill (x0, y0, x1, y1 in units) and a generator.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from .canvas import Canvas, Pen
from .curves import Points, points, smooth
from .props import bird, cactus, cloud, flame, palm, pine, tree
from .shapes import blob, box, bumps, moved, oval, poly, star

Rect = tuple[float, float, float, float]
Place = Callable[[Canvas, Rect, Generator], None]


def _ridge(rng: Generator, rect: Rect, y: float, swing: float, count: int = 6, sharp: bool = False) -> Points:
    """The land below a rolling or jagged line at height ``y``."""
    x0, _, x1, y1 = rect
    corners = np.stack([np.linspace(x0 - 8, x1 + 8, count), y + rng.uniform(-swing, swing, count)], 1)
    edge = corners if sharp else smooth(corners, closed=False, steps=5)
    return np.concatenate([edge, points((x1 + 8, y1 + 8), (x0 - 8, y1 + 8))])


def _inside(rng: Generator, rect: Rect, inset: float) -> float:
    """A random x that keeps ``inset`` units, or a third of a narrow panel, from its sides."""
    inset = min(inset, (rect[2] - rect[0]) / 3)
    return float(rng.uniform(rect[0] + inset, rect[2] - inset))


def _fill(canvas: Canvas, part: str, rect: Rect) -> None:
    canvas.paint(part, box(*rect))


def _sky(canvas: Canvas, rect: Rect, rng: Generator, bottom: float, clouds: int = 3) -> None:
    x0, y0, x1, _ = rect
    _fill(canvas, "sky", (x0, y0, x1, bottom))
    for _ in range(rng.integers(1, clouds + 1)):
        cloud(Pen(canvas, rng.uniform(x0, x1), y0 + (bottom - y0) * rng.uniform(0.1, 0.7), rng.uniform(6, 14)))
    if rng.random() < 0.4:
        bird(Pen(canvas, rng.uniform(x0, x1), rng.uniform(y0, y0 + (bottom - y0) * 0.6), 6))


def _land(canvas: Canvas, part: str, outline: Points) -> None:
    Pen(canvas).shape(part, outline)


def _seaside(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    horizon, shore = y0 + high * rng.uniform(0.32, 0.48), y0 + high * rng.uniform(0.66, 0.8)
    _sky(canvas, rect, rng, horizon + 1)
    _land(canvas, "sea", box(x0 - 5, horizon, x1 + 5, y1 + 5))
    boat = Pen(canvas, _inside(rng, rect, 10), horizon + 2, rng.uniform(7, 11), int(rng.choice([-1, 1])))
    boat.shape("sail", poly((-0.08, -1.5), (-0.08, -0.2), (-0.9, -0.2)))
    boat.shape("sail", poly((0.1, -1.3), (0.1, -0.2), (0.7, -0.2)))
    boat.shape("boat", poly((-1.0, -0.1), (1.0, -0.1), (0.65, 0.35), (-0.7, 0.35)))
    _land(canvas, "sand", _ridge(rng, rect, shore, 4))
    if rng.random() < 0.6:
        flip = int(rng.choice([-1, 1]))
        palm(Pen(canvas, x0 + 12 if flip > 0 else x1 - 12, y1 - high * 0.1, high * 0.2, flip))


def _meadow(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    _sky(canvas, rect, rng, y0 + high * 0.75)
    _land(canvas, "hill", _ridge(rng, rect, y0 + high * 0.46, high * 0.07, 5))
    ground = y0 + high * rng.uniform(0.6, 0.7)
    for x in np.arange(x0 + rng.uniform(0, 25), x1, 38):
        tree(Pen(canvas, float(x), ground + 3, high * rng.uniform(0.11, 0.16)))
    _land(canvas, "grass", _ridge(rng, rect, ground, 3))


def _forest(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    _fill(canvas, "leaf", rect)
    for x in np.arange(x0 + rng.uniform(4, 20), x1, 34) + rng.uniform(-5, 5):
        wide = rng.uniform(4, 7)
        _land(canvas, "wood", points((x - wide, y0 - 3), (x + wide, y0 - 3), (x + wide, y0 + high * 0.7),
                                     (x + wide * 1.8, y0 + high * 0.86), (x - wide * 1.8, y0 + high * 0.86),
                                     (x - wide, y0 + high * 0.7)))
    ground = y0 + high * 0.76
    for _ in range(rng.integers(1, 4)):
        Pen(canvas, rng.uniform(x0, x1), ground + 3, high * rng.uniform(0.1, 0.14)).shape("hill", bumps(0, 0, 1.6, 0.9,
                                                                                                        9, 0.25))
    _land(canvas, "grass", _ridge(rng, rect, ground, 3))


def _room(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    ground = y0 + high * rng.uniform(0.68, 0.78)
    _fill(canvas, "wall", rect)
    pen, size = Pen(canvas), min(high * 0.42, 52)
    x, y = x0 + (x1 - x0) * rng.uniform(0.05, 0.5), y0 + high * 0.1
    pen.shape("frame", box(x - 3, y - 3, x + size + 3, y + size + 3))
    pen.shape("sky", box(x, y, x + size, y + size))
    pen.shape("frame", box(x + size / 2 - 1.4, y, x + size / 2 + 1.4, y + size), 0, 0.8)
    for side in (0, 1):
        edge, inward = x - 5 + side * (size + 10), 1 - 2 * side
        pen.shape("curtain", points((edge, y - 5), (edge + inward * size * 0.34, y - 5), (edge + inward * size * 0.12,
                                                                                          y + size + 4),
                                    (edge, y + size + 5)))
    at, y = x1 - rng.uniform(20, 45), y0 + high * 0.3
    for _ in range(4):
        wide, tall = rng.uniform(5, 7.5), rng.uniform(15, 22)
        pen.shape(str(rng.choice(["book", "apple", "curtain"])), box(at, y - tall, at + wide, y))
        at += wide
    pen.shape("frame", box(at - 36, y, at + 4, y + 4))
    _land(canvas, "floor", box(x0 - 5, ground, x1 + 5, y1 + 5))
    pen.shape("rug", oval(0, 0, 1, 1) * [(x1 - x0) * 0.3, (y1 - ground) * 0.25] + [(x0 + x1) / 2,
                                                                                   ground + (y1 - ground) * 0.6])


def _town(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen = Pen(canvas)
    _fill(canvas, "night", rect)
    pen.shape("moon", moved(oval(0, 0, 10, 10), _inside(rng, rect, 14), y0 + high * 0.2))
    ground = y0 + high * rng.uniform(0.76, 0.84)
    x = x0 - rng.uniform(0, 14)
    while x < x1:
        wide, top = rng.uniform(26, 44), y0 + high * rng.uniform(0.3, 0.5)
        pen.shape("brick", box(x, top, x + wide, ground + 3))
        pen.shape("roof", points((x - 3, top), (x + wide * 0.2, top - 12), (x + wide * 0.8, top - 12), (x + wide + 3,
                                                                                                        top)))
        for row in np.arange(top + 7, ground - 10, 18):
            for column in np.arange(x + 5, x + wide - 8, 13):
                pen.shape("glow", box(column, row, column + 7, row + 10))
        x += wide + rng.uniform(-2, 9)
    _land(canvas, "road", box(x0 - 5, ground, x1 + 5, y1 + 5))


def _sunset(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    horizon, x = y0 + high * rng.uniform(0.5, 0.62), _inside(rng, rect, 20)
    _fill(canvas, "evening", rect)
    for turn in np.radians(np.arange(180, 361, 9)):
        ray = np.array([np.cos(turn), np.sin(turn)])
        start = points((x, horizon)) + ray * rng.uniform(24, 34)
        canvas.stroke(np.concatenate([start + ray * (x1 - x0) * t for t in (1, 0.5, 0)]), 1.4, "end")
    Pen(canvas).shape("sun", moved(oval(0, 0, 18, 18), x, horizon))
    _land(canvas, "evening.hill", _ridge(rng, rect, horizon - 2, high * 0.06, 5))
    _land(canvas, "evening.sea", box(x0 - 5, horizon + high * 0.12, x1 + 5, y1 + 5))


def _volcano(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen, x, base = Pen(canvas), _inside(rng, rect, 30), y0 + high * 0.75
    _fill(canvas, "ash", rect)
    for dx, dy, size in ((0, 0.08, 13), (12, 0.02, 10), (-13, 0.03, 11)):
        Pen(canvas, x + dx, y0 + high * dy, size).shape("smoke", bumps(0, 0, 1.5, 1.0, 9, 0.25))
    top = y0 + high * 0.24
    pen.shape("rock", points((x - 11, top), (x + 11, top), (x + high * 0.42, base), (x - high * 0.42, base)))
    pen.shape("lava", points((x - 10, top), (x + 10, top), (x + 6, top + high * 0.12), (x + 12, top + high * 0.3),
                             (x + 3, top + high * 0.2),
                             (x - 6, top + high * 0.34), (x - 4, top + high * 0.1)))
    _land(canvas, "lava", _ridge(rng, rect, base - 4, 3))
    _land(canvas, "rock", _ridge(rng, rect, y0 + high * 0.86, 5, 7, sharp=True))
    flame(Pen(canvas, rng.uniform(x0, x1), base + high * 0.1, high * 0.07))


def _snowfield(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    _fill(canvas, "winter", rect)
    _land(canvas, "ice", _ridge(rng, rect, y0 + high * 0.36, high * 0.12, 6, sharp=True))
    ground = y0 + high * rng.uniform(0.6, 0.7)
    for x in np.arange(x0 + rng.uniform(0, 20), x1, 36):
        pine(Pen(canvas, float(x), ground + 3, high * rng.uniform(0.09, 0.13)), True)
    _land(canvas, "snow", _ridge(rng, rect, ground, 5))
    for _ in range(14):
        canvas.paint("snow", moved(oval(0, 0, 1.5, 1.5), rng.uniform(x0, x1), rng.uniform(y0, ground)))


def _castle(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen, ground = Pen(canvas), y0 + high * 0.74
    _fill(canvas, "stone", rect)
    for x in np.arange(x0 + rng.uniform(6, 26), x1, 62):
        pen.shape("banner", points((x, y0 + high * 0.08), (x + 18, y0 + high * 0.08), (x + 18, y0 + high * 0.5),
                                   (x + 9, y0 + high * 0.43),
                                   (x, y0 + high * 0.5)))
        pen.shape("brass", moved(star(0, 0, 6), x + 9, y0 + high * 0.22), 0, 0.8)
        pen.shape("night", moved(blob((-7, 10), (-7, -6), (0, -13), (7, -6), (7, 10)), x + 36, y0 + high * 0.3))
    _land(canvas, "marble", box(x0 - 5, ground, x1 + 5, y1 + 5))
    middle = (x0 + x1) / 2
    pen.shape("carpet", points((middle - 16, ground), (middle + 16, ground), (middle + 40, y1 + 5), (middle - 40,
                                                                                                     y1 + 5)))


def _desert(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen, horizon = Pen(canvas), y0 + high * 0.6
    _fill(canvas, "haze", rect)
    pen.shape("sun", moved(oval(0, 0, 11, 11), _inside(rng, rect, 14), y0 + high * 0.18))
    for _ in range(rng.integers(1, 3)):
        x, size = rng.uniform(x0, x1), high * rng.uniform(0.16, 0.28)
        pen.shape("pyramid", points((x - size, horizon + 4), (x, horizon - size), (x + size, horizon + 4)))
        pen.shadow(points((x + size * 0.25, horizon + 4), (x, horizon - size), (x + size, horizon + 4)), "pyramid")
    _land(canvas, "sand", _ridge(rng, rect, horizon, high * 0.05, 5))
    for _ in range(rng.integers(1, 4)):
        cactus(Pen(canvas, rng.uniform(x0, x1), y1 - (y1 - horizon) * rng.uniform(0, 0.8), high * rng.uniform(0.06,
                                                                                                              0.1)))


def _shrine(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    ground = y0 + high * 0.74
    _sky(canvas, rect, rng, ground, 2)
    for x in np.arange(x0 + rng.uniform(0, 20), x1, 40):
        pine(Pen(canvas, float(x), ground, high * rng.uniform(0.12, 0.16)), False)
    for _ in range(2):
        Pen(canvas, rng.uniform(x0, x1), y0 + high * 0.3, high * 0.1).shape("blossom", bumps(0, 0, 2, 1.2, 11, 0.3))
    _land(canvas, "gravel", _ridge(rng, rect, ground, 2))
    gate = Pen(canvas, (x0 + x1) / 2 + rng.uniform(-20, 20), ground + 4, high * 0.3)
    for side in (-1, 1):
        gate.shape("torii", box(side * 0.7 - 0.09, -1.9, side * 0.7 + 0.09, 0.1))
    gate.shape("torii", box(-1.0, -1.5, 1.0, -1.36))
    gate.shape("torii", poly((-1.3, -2.1), (0, -2.0), (1.3, -2.1), (1.2, -1.85), (0, -1.78), (-1.2, -1.85)))


def _cave(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    _fill(canvas, "cavern", rect)
    pen = Pen(canvas)
    for x in np.arange(x0, x1, 16) + rng.uniform(-4, 4):
        drop = high * rng.uniform(0.1, 0.34)
        pen.shape("rock", points((x - 8, y0 - 4), (x + 8, y0 - 4), (x + 2, y0 + drop), (x - 1, y0 + drop)))
    for _ in range(rng.integers(2, 5)):
        x, y, size = rng.uniform(x0, x1), y0 + high * 0.78, high * rng.uniform(0.08, 0.16)
        for lean in (-0.5, 0.1, 0.6):
            pen.shape("crystal", points((x - size * 0.2, y), (x + lean * size, y - size * 1.6), (x + size * 0.3, y)))
    _land(canvas, "pool", _ridge(rng, rect, y0 + high * 0.76, 2))
    _land(canvas, "rock", _ridge(rng, rect, y0 + high * 0.9, 4, 8, sharp=True))


def _kitchen(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen, bench = Pen(canvas), y0 + high * 0.58
    _fill(canvas, "tile", rect)
    x = x0 + rng.uniform(-20, 10)
    while x < x1:
        pen.shape("cupboard", box(x, y0 + high * 0.06, x + 34, y0 + high * 0.3))
        pen.ink(oval(x + 29, y0 + high * 0.22, 1.4, 1.4))
        pen.shape("steel", moved(poly((-8, -10), (-8, 0), (8, 0), (8, -10)), x + 20, bench))
        pen.shape("steel", moved(poly((-9, -10), (-2, -13), (2, -13), (9, -10)), x + 20, bench))
        x += rng.uniform(38, 60)
    pen.shape("wood", box(x0 - 5, bench, x1 + 5, bench + 5))
    for x in np.arange(x0 - 10, x1, 30):
        pen.shape("cupboard", box(x, bench + 5, x + 30, y1 - high * 0.12))
    _land(canvas, "marble", box(x0 - 5, y1 - high * 0.12, x1 + 5, y1 + 5))


def _burst(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    """Speed lines that run towards the middle."""
    x0, y0, x1, y1 = rect
    _fill(canvas, "burst", rect)
    middle, half = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), np.array([x1 - x0, y1 - y0]) * 0.75
    for turn in np.radians(np.arange(0, 360, 6) + rng.uniform(-2, 2, 60)):
        ray = np.array([np.cos(turn), np.sin(turn)]) * half
        inner = rng.uniform(0.42, 0.66)
        canvas.stroke(np.stack([middle + ray * t for t in (1.1, (1.1 + inner) / 2, inner)]), rng.uniform(1, 3.4), "end")


def _dash(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    """Speed lines that run across, on blank paper."""
    x0, y0, x1, y1 = rect
    for y in np.arange(y0, y1, 4.0) + rng.uniform(-1.2, 1.2):
        start, stop = rng.uniform(x0 - 30, x0 + 12), rng.uniform(x1 - 60, x1 + 40)
        canvas.stroke(points((start, y), ((start + stop) / 2, y), (stop, y)), rng.uniform(0.7, 1.9), "end")


def _dream(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    _fill(canvas, "dream", rect)
    for _ in range(9):
        Pen(canvas, rng.uniform(x0, x1), rng.uniform(y0, y1), rng.uniform(3, 8)).shape("white", star(0, 0, 1, 4, 0.25),
                                                                                       0, 0.7)


def _gloom(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    _fill(canvas, "gloom", rect)
    for x in np.arange(x0, x1, 5.0):
        drop = (y1 - y0) * rng.uniform(0.15, 0.5)
        canvas.stroke(points((x, y0), (x, y0 + drop / 2), (x, y0 + drop)), 1.5, "end")


def _blaze(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    _fill(canvas, "ash", rect)
    for x in np.arange(x0, x1 + 15, 22):
        flame(Pen(canvas, float(x), y1 + 2, (y1 - y0) * rng.uniform(0.28, 0.42)))


def _blank(canvas: Canvas, rect: Rect, rng: Generator) -> None:
    """Paper, as most panels of a manga have it behind a talking head."""


PLACES: dict[str, Place] = {"seaside": _seaside, "meadow": _meadow, "forest": _forest, "room": _room, "town": _town,
                            "sunset": _sunset,
                            "volcano": _volcano, "snowfield": _snowfield, "castle": _castle, "desert": _desert,
                            "shrine": _shrine,
                            "cave": _cave, "kitchen": _kitchen}
FEELINGS: dict[str, tuple[Place, ...]] = {
    "calm": (_dream, _blank), "happy": (_dream,), "laugh": (_dream, _dash), "angry": (_burst, _blaze), "shock": (_burst,
                                                                                                                 ),
    "sad": (_gloom,), "wink": (_dream, _blank), "smug": (_dash, _blaze),
}
