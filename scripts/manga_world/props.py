"""Props: things in hand, and things that stand or fly about. All have colors of their own.

Things in hand are drawn around the palm at the origin, for a head of radius one; things that stand have their foot
at the origin and are about two units high.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Pen
from .shapes import band, blob, bow, box, bumps, line, moved, oval, poly, star

Prop = Callable[[Pen], None]


def _sword(pen: Pen) -> None:
    pen.shape("steel", poly((-0.1, -0.25), (-0.1, -1.9), (0.02, -2.2), (0.14, -1.9), (0.14, -0.25)))
    pen.stroke(line((0.02, -0.3), (0.02, -1.1), (0.02, -1.9)), 0.6)
    pen.shape("brass", box(-0.34, -0.3, 0.38, -0.16))
    pen.shape("leather", box(-0.08, -0.16, 0.12, 0.3))


def _umbrella(pen: Pen) -> None:
    pen.stroke(line((0, 0.4), (0, -0.8), (0, -1.7)), 1.6, "even")
    pen.shape("umbrella", bow(0.1, (-1.5, -1.2), (-1.0, -2.0), (0, -2.4), (1.0, -2.0), (1.5, -1.2), (0.75, -1.3),
                              (0, -1.2),
                              (-0.75, -1.3), (-1.5, -1.2)), 0.08)
    for x in (-0.75, 0, 0.75):
        pen.stroke(line((x, -1.26), (x * 0.7, -1.9), (0, -2.38)), 0.7)


def _cup(pen: Pen) -> None:
    pen.shape("porcelain", blob((0.3, -0.3), (0.62, -0.32), (0.62, 0.06), (0.3, 0.06)))
    pen.shape("porcelain", poly((-0.36, -0.5), (0.36, -0.5), (0.26, 0.2), (-0.26, 0.2)), 0.06)
    pen.shape("tea", oval(0, -0.5, 0.34, 0.1), 0, 0.8)


def _book(pen: Pen) -> None:
    pen.shape("book", poly((-0.5, -0.7), (0.45, -0.8), (0.55, 0.3), (-0.42, 0.4)), 0.08)
    pen.shape("white", poly((-0.42, 0.4), (0.55, 0.3), (0.58, 0.4), (-0.38, 0.52)), 0, 0.7)
    pen.stroke(line((-0.34, -0.66), (-0.3, -0.1), (-0.26, 0.36)), 0.8, "even")


def _apple(pen: Pen) -> None:
    pen.shape("apple", blob((0, -0.45), (0.4, -0.6), (0.55, -0.1), (0.25, 0.35), (-0.25, 0.35), (-0.55, -0.1),
                            (-0.4, -0.6)), 0.08)
    pen.stroke(line((0, -0.45), (0.04, -0.65), (0.14, -0.8)), 1.4, "even")
    pen.shape("leaf", blob((0.1, -0.65), (0.4, -0.85), (0.5, -0.7), (0.3, -0.58)), 0, 0.7)


def _torch(pen: Pen) -> None:
    pen.shape("wood", poly((-0.1, -0.7), (0.12, -0.7), (0.08, 0.7), (-0.06, 0.7)))
    flame(pen.moved(0, -0.65, 0.62))


def flame(pen: Pen) -> None:
    pen.shape("fire", bow(0.12, (-0.6, 0.1), (-0.7, -0.6), (-0.4, -1.1), (-0.25, -0.8), (0, -1.8), (0.3, -0.9),
                          (0.5, -1.2),
                          (0.7, -0.5), (0.6, 0.1), (-0.6, 0.1)))
    pen.shape("fire.core", blob((-0.3, 0.0), (-0.32, -0.4), (0, -0.95), (0.32, -0.4), (0.3, 0.0)), 0, 0.8)


def _ball(pen: Pen) -> None:
    pen.shape("ball", oval(0, -0.1, 0.6, 0.6), 0.1)
    pen.stroke(line((-0.58, -0.2), (0, 0.06), (0.58, -0.2)), 1.0, "even")
    pen.stroke(line((-0.1, -0.7), (0.1, -0.1), (-0.1, 0.48)), 1.0, "even")


def _bouquet(pen: Pen) -> None:
    pen.shape("leaf", poly((-0.5, -0.7), (0.5, -0.7), (0.1, 0.4), (-0.1, 0.4)))
    for x, y in ((-0.4, -0.8), (0.4, -0.8), (0.0, -1.1), (0, -0.65)):
        pen.shape("petal", bumps(x, y, 0.27, 0.27, 5, 0.5), 0, 0.8)
        pen.shape("pollen", oval(x, y, 0.1, 0.1), 0, 0.7)


def _staff(pen: Pen) -> None:
    pen.shape("wood", poly((-0.08, -1.6), (0.1, -1.6), (0.1, 1.7), (-0.08, 1.7)))
    pen.shape("crystal", poly((0, -2.5), (0.36, -2.0), (0.2, -1.5), (-0.2, -1.5), (-0.36, -2.0)), 0.06)
    pen.stroke(poly((0, -2.5), (0.05, -2.0), (0, -1.5)), 0.7)


def _barrel(pen: Pen) -> None:
    pen.shape("wood", blob((-0.7, 0), (-0.9, -1.0), (-0.7, -1.9), (0.7, -1.9), (0.9, -1.0), (0.7, 0)), 0.15)
    for y in (-0.5, -1.4):
        pen.shape("steel", band(line((-0.86, y), (0, y + 0.12), (0.86, y)), np.full(9, 0.2)))


def _crate(pen: Pen) -> None:
    pen.shape("crate", box(-0.9, -1.7, 0.9, 0), 0.12)
    pen.stroke(box(-0.7, -1.5, 0.7, -0.2)[[0, 1, 2, 3, 0]], 1.0, "even")
    pen.stroke(poly((-0.7, -1.5), (0, -0.85), (0.7, -0.2)), 1.0, "even")


def _pot(pen: Pen) -> None:
    for x in (-0.6, 0, 0.6):
        pen.shape("leaf", blob((0, -0.8), (x - 0.2, -1.5), (x * 1.4, -2.2), (x + 0.2, -1.4)), 0.06)
    pen.shape("clay", poly((-0.6, -0.9), (0.6, -0.9), (0.42, 0), (-0.42, 0)), 0.1)
    pen.shape("clay", box(-0.7, -1.05, 0.7, -0.8))


def _cat(pen: Pen) -> None:
    pen.shape("cat", band(line((0.5, -0.2), (1.1, -0.5), (1.0, -1.3)), np.full(9, 0.24)))
    pen.shape("cat", blob((-0.5, 0), (-0.45, -0.7), (0, -1.1), (0.5, -0.7), (0.6, 0)), 0.08)
    pen.shape("cat", blob((-0.62, -1.2), (-0.5, -1.95), (-0.2, -1.66), (0.2, -1.66), (0.5, -1.95), (0.62, -1.2),
                          (0, -0.8)), 0.06)
    for x in (-0.22, 0.22):
        pen.ink(oval(x, -1.28, 0.07, 0.12))
        pen.stroke(poly((x * 2, -1.08), (x * 3.2, -1.1), (x * 4, -1.04)), 0.6)
    pen.stroke(line((-0.1, -1.08), (0, -1.02), (0.1, -1.08)), 0.9)


def _rock(pen: Pen) -> None:
    pen.shape("rock", poly((-1.2, 0), (-0.9, -0.8), (-0.2, -1.3), (0.5, -1.1), (1.1, -0.5), (1.3, 0)), 0.2)
    pen.stroke(poly((-0.2, -1.2), (0.0, -0.7), (-0.2, -0.4)), 0.9)


def _lantern(pen: Pen) -> None:
    pen.shape("steel", box(-0.12, -1.0, 0.12, 0))
    pen.shape("glow", blob((-0.5, -1.1), (-0.6, -1.7), (-0.4, -2.2), (0.4, -2.2), (0.6, -1.7), (0.5, -1.1)))
    for y in (-1.4, -1.7, -2.0):
        pen.stroke(line((-0.56, y), (0, y + 0.08), (0.56, y)), 0.6, "even")
    pen.shape("steel", box(-0.4, -2.36, 0.4, -2.16))


def _sign(pen: Pen) -> None:
    pen.shape("wood", box(-0.1, -1.2, 0.1, 0))
    pen.shape("crate", poly((-0.9, -1.9), (0.8, -1.9), (1.2, -1.5), (0.8, -1.1), (-0.9, -1.1)), 0.06)
    pen.stroke(line((-0.6, -1.6), (0, -1.64), (0.6, -1.6)), 1.2)
    pen.stroke(line((-0.6, -1.35), (0, -1.37), (0.4, -1.35)), 1.2)


def _flowers(pen: Pen) -> None:
    for x, y in ((-0.8, -1.0), (0, -1.5), (0.8, -0.9)):
        pen.stroke(line((x * 0.4, 0), (x * 0.9, y * 0.5), (x, y)), 1.4, "even")
        pen.shape("petal", bumps(x, y, 0.42, 0.42, 5, 0.5))
        pen.shape("pollen", oval(x, y, 0.16, 0.16), 0, 0.8)


def _mushrooms(pen: Pen) -> None:
    pen.shape("cream", poly((-0.25, -0.8), (0.25, -0.8), (0.36, 0), (-0.36, 0)))
    pen.shape("toadstool", blob((-1.0, -0.7), (-0.7, -1.4), (0, -1.7), (0.7, -1.4), (1.0, -0.7), (0, -0.55)), 0.12)
    for x, y in ((-0.4, -1.1), (0.1, -1.4), (0.5, -1.0)):
        pen.shape("white", oval(x, y, 0.15, 0.13), 0, 0.6)


def _campfire(pen: Pen) -> None:
    flame(pen.moved(0, -0.3, 1.1))
    for flip in (1, -1):
        pen.shape("wood", poly((-1.0, -0.3), (0.9, -0.02), (0.85, 0.2), (-1.05, -0.05)) * [flip, 1])


def _blood(pen: Pen) -> None:
    pen.shape("blood", bow(0.3, (-1.3, 0), (-0.7, -0.3), (0, -0.2), (0.6, -0.34), (1.4, 0), (0.7, 0.3), (0, 0.22),
                           (-0.8, 0.3),
                           (-1.3, 0)), 0, 0.8)
    for x, y in ((-1.6, -0.3), (1.7, 0.2), (1.1, -0.5)):
        pen.shape("blood", oval(x, y, 0.15, 0.1), 0, 0.7)


def _skull(pen: Pen) -> None:
    pen.shape("bone", blob((0, -1.4), (0.7, -1.1), (0.7, -0.5), (0.4, -0.3), (0.36, 0), (-0.36, 0), (-0.4, -0.3),
                           (-0.7, -0.5),
                           (-0.7, -1.1)), 0.08)
    for x in (-0.28, 0.28):
        pen.ink(oval(x, -0.7, 0.17, 0.2))


def _balloon(pen: Pen) -> None:
    pen.stroke(line((0, 0), (0.1, -0.6), (0, -1.1)), 0.8, "even")
    pen.shape("balloon", blob((0, -1.0), (0.6, -1.5), (0.5, -2.3), (0, -2.5), (-0.5, -2.3), (-0.6, -1.5)), 0.1)


def _gems(pen: Pen) -> None:
    for x, size in ((-0.7, 0.7), (0.0, 1.1), (0.7, 0.6)):
        pen.shape("crystal", poly((x - 0.3, 0), (x - 0.34, -size), (x, -size * 1.8), (x + 0.34, -size), (x + 0.3, 0)),
                  0.1)
        pen.stroke(poly((x, -size * 1.7), (x + 0.04, -size), (x, -0.1)), 0.7)


def bird(pen: Pen) -> None:
    """A gull in the air."""
    pen.shape("white", bow(0.2, (-1.5, -0.5), (-0.5, -0.5), (0, 0), (0.5, -0.5), (1.5, -0.5), (0.4, -0.1), (0, 0.3),
                           (-0.4, -0.1),
                           (-1.5, -0.5)), 0, 0.8)


def cloud(pen: Pen) -> None:
    pen.shape("cloud", bumps(0, 0, 1.9, 0.8, 9, 0.25), 0.1)


def tree(pen: Pen) -> None:
    pen.shape("wood", poly((-0.22, -1.2), (0.22, -1.2), (0.34, 0.1), (-0.34, 0.1)))
    pen.shape("leaf", bumps(0, -2.0, 1.15, 1.15, 9, 0.25), 0.25)


def pine(pen: Pen, snowy: bool) -> None:
    pen.shape("wood", box(-0.15, -0.5, 0.15, 0.1))
    for y, half in ((-0.4, 0.95), (-1.2, 0.75), (-2.0, 0.5)):
        pen.shape("pine", poly((-half, y), (0, y - 1.2), (half, y)), 0.12)
        if snowy:
            pen.shape("snow", poly((-half * 0.45, y - 0.65), (0, y - 1.2), (half * 0.45, y - 0.65), (0, y - 0.5)), 0,
                      0.8)


def palm(pen: Pen) -> None:
    pen.shape("wood", band(line((0, 0), (0.2, -1.5), (0, -3.0)), np.linspace(0.5, 0.3, 9)))
    for turn in (-2.9, -2.3, -0.8, -0.2, 0.4, 2.7):
        c, s = np.cos(turn), np.sin(turn)
        frond = blob((0, 0), (0.7, -0.3), (1.7, 0.1), (0.7, 0.2)) @ np.array([[c, s], [-s * 0.7, c * 0.7]])
        pen.shape("leaf", moved(frond, 0, -3.0))


def cactus(pen: Pen) -> None:
    stem, right = line((0, 0), (0, -1.2), (0, -2.4)), line((0, -0.8), (0.7, -0.9), (0.8, -1.7))
    left = line((0, -1.1), (-0.7, -1.2), (-0.8, -1.9))
    for path in (stem, right, left):
        pen.shape("cactus", band(path, np.full(len(path), 0.42)))
    pen.shape("petal", star(0, -2.5, 0.3), 0, 0.7)


HELD: dict[str, Prop] = {
    "sword": _sword, "umbrella": _umbrella, "cup": _cup, "book": _book, "apple": _apple, "torch": _torch, "ball": _ball,
    "bouquet": _bouquet, "staff": _staff,
}  # fmt: skip
STANDING: dict[str, Prop] = {
    "barrel": _barrel, "crate": _crate, "pot": _pot, "cat": _cat, "rock": _rock, "lantern": _lantern, "sign": _sign,
    "flowers": _flowers, "mushrooms": _mushrooms, "campfire": _campfire, "blood": _blood, "skull": _skull,
    "balloon": _balloon, "gems": _gems,
}  # fmt: skip
