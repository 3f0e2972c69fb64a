"""Accessories: what a character wears on head and neck, by the moment when it is drawn.

``NECK`` lies on the body and under the head, ``FACE`` on the skin and under the hair, ``HEAD`` on the hair and ``HATS``
on top of all. Every function takes the pen, the name of the person, and the turn of the head in radians. What is
in ``BEHIND`` can be seen from behind, too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Pen
from .curves import Points
from .faces import across
from .shapes import band, blob, bow, bumps, hoop, line, moved, oval, poly, star

Wear = Callable[[Pen, str, float], None]


def _sides(outline: Points, x: float, turn: float) -> list[Points]:
    """An outline at (``x``, 0) on both sides of the head, without the side that a turned head hides."""
    near = outline * [-1, 1] + [across(-x, 0, turn), 0]
    return [near] if turn > 0.6 else [moved(outline, across(x, 0, turn), 0), near]


def _bows(pen: Pen, who: str, turn: float) -> None:
    for up in (-1, 1):
        for wing in _sides(blob((0.0, -0.78), (0.06, -0.78 + up * 0.42), (0.4, -0.78 + up * 0.36)), 0.95, turn):
            pen.shape(f"{who}.accent", wing, 0.05)
    for knot in _sides(oval(0, -0.78, 0.14, 0.14), 0.98, turn):
        pen.shape(f"{who}.accent", knot)


def _beard(pen: Pen, who: str, turn: float) -> None:
    shift = across(0, 0.35, turn)
    pen.shape(f"{who}.hair", bow(0.1, (-0.84, 0.1), (-0.66, 0.42), (-0.3, 0.5), (0.3, 0.5), (0.66, 0.42), (0.84, 0.1),
                                 (0.8, 0.7),
                                 (0.5, 1.15), (0.2, 1.1), (0, 1.35), (-0.2, 1.1), (-0.5, 1.15), (-0.8, 0.7),
                                 (-0.84, 0.1))
              * [1 - 0.2 * np.sin(turn), 1] + [shift * 0.5, 0], 0.06)
    pen.shape("mouth", oval(shift, 0.7, 0.16, 0.07), 0, 0.8)


def _mustache(pen: Pen, who: str, turn: float) -> None:
    x = across(0, 0.62, turn)
    pen.shape(f"{who}.hair", blob((0, 0.5), (0.3, 0.46), (0.62, 0.3), (0.5, 0.62), (0.2, 0.68), (0, 0.6), (-0.2, 0.68),
                                  (-0.5, 0.62), (-0.62, 0.3), (-0.3, 0.46)) * [np.cos(turn * 0.7), 1] + [x, 0])


def _marks(*strokes: Points) -> Wear:
    def draw(pen: Pen, who: str, turn: float) -> None:
        for stroke in strokes:
            pen.stroke(stroke * [np.cos(turn), 1] + [across(0, 0.6, turn), 0], 1.0)

    return draw


def _freckles(pen: Pen, who: str, turn: float) -> None:
    for side in (-1, 1):
        for x, y in ((0.42, 0.52), (0.54, 0.56), (0.48, 0.62)):
            if turn < 0.6 or side < 0:
                pen.ink(oval(across(side * x, 0.5, turn), y, 0.035, 0.035))


def _cheeks(pen: Pen, who: str, turn: float) -> None:
    for side in (-1, 1):
        if turn < 0.6 or side < 0:
            x = across(side * 0.52, 0.5, turn)
            pen.stroke(oval(x, 0.54, 0.13, 0.1)[:26], 0.7, "even")


def _glasses(pen: Pen, who: str, turn: float) -> None:
    for side in (-1, 1):
        wide = float(np.cos(turn + side * 0.42)) / 0.92
        if wide > 0.15:
            x = across(side * 0.4, 0.66, turn)
            pen.ink(hoop(0, 0.2, 0.36, 0.38, 0.06) * [wide, 1] + [x, 0])
    x = across(0, 0.7, turn)
    pen.stroke(poly((x - 0.06, 0.14), (x, 0.12), (x + 0.06, 0.14)), 1.4, "even")


def _monocle(pen: Pen, who: str, turn: float) -> None:
    x = across(-0.4, 0.66, turn)
    pen.ink(moved(hoop(0, 0.2, 0.36, 0.38, 0.07), x, 0))
    pen.stroke(line((x - 0.3, 0.4), (x - 0.36, 0.8), (x - 0.1, 1.3)), 0.8, "even")


def _eyepatch(pen: Pen, who: str, turn: float) -> None:
    if turn < 0.8:
        x = across(0.4, 0.66, turn)
        pen.ink(blob((x - 0.26, 0.0), (x + 0.26, 0.0), (x + 0.22, 0.4), (x, 0.5), (x - 0.22, 0.4)))
    pen.stroke(line((-0.86, -0.3), (-0.1, -0.22), (0.8, 0.02)), 1.6, "even")


def _mask(pen: Pen, who: str, turn: float) -> None:
    x = across(0, 0.16, turn)
    pen.shape(f"{who}.accent", blob((-0.84, 0.26), (0, 0.36), (0.84, 0.26), (0.7, 0.62), (0.36, 0.9), (0, 1.0),
                                    (-0.36, 0.9),
                                    (-0.7, 0.62)) * [1 - 0.1 * np.sin(turn), 1] + [x, 0], 0.06)
    pen.stroke(line((x - 0.5, 0.56), (x, 0.64), (x + 0.5, 0.56)), 0.8)


def _choker(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", poly((-0.26, 0.94), (0.26, 0.94), (0.26, 1.08), (-0.26, 1.08)))


def _scarf(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", blob((-0.54, 0.98), (0, 1.12), (0.54, 0.98), (0.58, 1.24), (0, 1.46), (-0.58, 1.24)),
              0.06)
    pen.shape(f"{who}.accent", bow(-0.1, (-0.3, 1.2), (-0.9, 1.4), (-1.7, 1.2), (-1.9, 1.6), (-1.0, 1.75), (-0.3, 1.4),
                                   (-0.3, 1.2)), 0.08)


def _bell(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", poly((-0.3, 0.98), (0.3, 0.98), (0.3, 1.12), (-0.3, 1.12)))
    pen.shape("brass", oval(0, 1.24, 0.17, 0.17), 0.05)
    pen.stroke(line((-0.15, 1.24), (0, 1.27), (0.15, 1.24)), 0.8, "even")


def _belt(pen: Pen, who: str, turn: float) -> None:
    pen.shape("brass", poly((-0.14, 2.16), (0.14, 2.16), (0.14, 2.4), (-0.14, 2.4)))


def _gold_collar(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", blob((-0.34, 0.98), (0, 1.08), (0.34, 0.98), (0.66, 1.3), (0.3, 1.58), (0, 1.64),
                                    (-0.3, 1.58),
                                    (-0.66, 1.3)), 0.06)
    for x in (-0.4, -0.14, 0.14, 0.4):
        pen.stroke(line((x * 0.8, 1.16), (x, 1.34), (x * 1.15, 1.5)), 0.8)


def _headphones(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", band(line((-1.1, 0.1), (-1.05, -0.8), (0, -1.36), (1.05, -0.8), (1.1, 0.1)),
                                    np.full(17, 0.16)))
    for cup in _sides(blob((-0.14, -0.2), (0.2, -0.12), (0.2, 0.5), (-0.14, 0.56)), 1.04, turn):
        pen.shape(f"{who}.accent", cup, 0.06)


def _clips(pen: Pen, who: str, turn: float) -> None:
    for y in (-0.5, -0.28):
        x = across(-0.66, 0.6, turn)
        pen.shape(f"{who}.accent", poly((x - 0.26, y - 0.02), (x + 0.2, y - 0.14), (x + 0.22, y), (x - 0.24, y + 0.12)),
                  0, 0.8)


def _hairpin(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", poly((-0.7, -1.42), (0.62, -1.2), (0.62, -1.1), (-0.7, -1.32)), 0, 0.8)
    pen.shape(f"{who}.accent", bumps(-0.74, -1.38, 0.2, 0.2, 5, 0.5), 0, 0.8)


def _leaf_crown(pen: Pen, who: str, turn: float) -> None:
    for number, x in enumerate(np.linspace(-0.9, 0.9, 7)):
        y = -0.5 - 0.32 * float(np.cos(x * 1.4))
        leaf = blob((0, -0.26), (0.14, 0), (0, 0.24), (-0.14, 0))
        tilt = 0.7 * (-1) ** number
        turned = leaf @ np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
        pen.shape(f"{who}.emblem", moved(turned, x, y), 0, 0.8)


def _brim_hat(pen: Pen, who: str, turn: float) -> None:
    pen.shape("straw", blob((-1.9, -0.52), (-1.0, -0.86), (0, -0.92), (1.0, -0.86), (1.9, -0.52), (1.0, -0.42),
                            (0, -0.36),
                            (-1.0, -0.42)), 0.08)
    pen.shape("straw", blob((-0.95, -0.72), (-0.9, -1.3), (0, -1.6), (0.9, -1.3), (0.95, -0.72), (0, -0.6)), 0.08)
    pen.shape(f"{who}.bottom", bow(-0.04, (-0.95, -0.94), (0, -0.86), (0.95, -0.94), (0.95, -0.7), (0, -0.58),
                                   (-0.95, -0.7),
                                   (-0.95, -0.94)))


def _headband(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", bow(0.06, (-1.05, -0.34), (0, -0.5), (1.05, -0.34), (1.04, -0.14), (0, -0.28),
                                   (-1.04, -0.14),
                                   (-1.05, -0.34)))
    for drop in (0.1, 0.45):
        pen.shape(f"{who}.accent", poly((-1.0, -0.32), (-1.7, -0.3 + drop), (-1.62, -0.06 + drop), (-1.0, -0.16)))


def _halo(pen: Pen, who: str, turn: float) -> None:
    pen.ring("halo", oval(0, -1.6, 0.85, 0.26), oval(0, -1.6, 0.64, 0.12), 0.9)


def _bun_covers(pen: Pen, who: str, turn: float) -> None:
    for cover in _sides(blob((-0.34, -1.0), (0.06, -1.46), (0.44, -1.16), (0.42, -0.84), (0.0, -0.7)), 0.8, turn):
        pen.shape(f"{who}.accent", cover, 0.05)


def _horns(pen: Pen, who: str, turn: float) -> None:
    for horn in _sides(blob((-0.22, -0.96), (0.0, -1.3), (0.02, -1.8), (0.36, -1.3), (0.3, -0.8)), 0.5, turn):
        pen.shape(f"{who}.accent", horn, 0.06)


def _tiara(pen: Pen, who: str, turn: float) -> None:
    pen.shape("brass", poly((-0.6, -0.88), (-0.66, -1.36), (-0.34, -1.12), (0, -1.6), (0.34, -1.12), (0.66, -1.36),
                            (0.6, -0.88),
                            (0, -0.98)), 0.05)
    pen.shape(f"{who}.emblem", oval(0, -1.14, 0.1, 0.12), 0, 0.8)


def _earrings(pen: Pen, who: str, turn: float) -> None:
    for earring in _sides(hoop(0, 0.55, 0.16, 0.18, 0.08), 0.86, turn):
        pen.shape(f"{who}.accent", earring, 0, 0.6)


def _bandage(pen: Pen, who: str, turn: float) -> None:
    x = across(0, 0.75, turn)
    pen.shape("white", poly((x - 0.24, 0.36), (x + 0.24, 0.32), (x + 0.25, 0.46), (x - 0.23, 0.5)), 0, 0.9)


def _low_ribbon(pen: Pen, who: str, turn: float) -> None:
    for side in _sides(blob((-0.16, 0.66), (0.18, 0.66), (0.2, 0.9), (-0.16, 0.9)), 0.92, turn):
        pen.shape(f"{who}.accent", side)


def _antennae(pen: Pen, who: str, turn: float) -> None:
    for x in (-0.35, 0.35):
        pen.stroke(line((x, -1.1), (x * 1.3, -1.5), (x * 2.2, -1.85)), 1.6, "even")
        pen.shape(f"{who}.emblem", oval(x * 2.2, -1.88, 0.17, 0.17))


def _cat_ears(pen: Pen, who: str, turn: float) -> None:
    for ear in _sides(bow(-0.08, (-0.36, -0.98), (0.3, -1.72), (0.46, -0.6), (-0.36, -0.98)), 0.55, turn):
        pen.shape(f"{who}.hair", ear)
    for lining in _sides(poly((-0.12, -1.0), (0.24, -1.42), (0.32, -0.82)), 0.55, turn):
        pen.shape(f"{who}.accent", lining, 0, 0.7)


def _goggles(pen: Pen, who: str, turn: float) -> None:
    pen.shape("leather", bow(0.06, (-1.06, -0.44), (0, -0.62), (1.06, -0.44), (1.04, -0.26), (0, -0.42), (-1.04, -0.26),
                             (-1.06, -0.44)))
    for side in (-1, 1):
        pen.shape(f"{who}.accent", oval(across(side * 0.36, 0.7, turn), -0.54, 0.3, 0.25), 0, 1.3)


def _cap(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", blob((-1.12, -0.42), (-1.08, -0.95), (-0.6, -1.4), (0, -1.5), (0.6, -1.4), (1.08, -0.95),
                                    (1.12, -0.42), (0, -0.62)), 0.08)
    shift = across(0, 0.5, turn)
    pen.shape(f"{who}.top", blob((-0.8 + shift, -0.58), (0 + shift, -0.82), (0.8 + shift, -0.58), (0.9 + shift, -0.38),
                                 (shift, -0.46), (-0.9 + shift, -0.38)))
    pen.stroke(line((0, -1.48), (shift * 0.5, -1.1), (shift, -0.8)), 0.9)


def _feather(pen: Pen, who: str, turn: float) -> None:
    pen.shape("leather", bow(0.06, (-1.05, -0.4), (0, -0.56), (1.05, -0.4), (1.04, -0.26), (0, -0.42), (-1.04, -0.26),
                             (-1.05, -0.4)))
    pen.shape(f"{who}.accent", blob((-0.7, -0.5), (-0.95, -1.1), (-0.86, -1.8), (-0.5, -1.3), (-0.5, -0.7)))
    pen.stroke(line((-0.66, -0.6), (-0.74, -1.1), (-0.84, -1.6)), 0.8)


def _tricorn(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.top", bow(0.1, (-1.5, -0.5), (-1.0, -1.15), (-0.5, -1.4), (0, -1.75), (0.5, -1.4), (1.0, -1.15),
                                (1.5, -0.5),
                                (0, -0.8), (-1.5, -0.5)), 0.08)
    pen.shape(f"{who}.emblem", star(across(0, 0.6, turn), -1.08, 0.26), 0, 0.8)
    pen.shape(f"{who}.accent", bow(0.08, (-1.46, -0.52), (0, -0.84), (1.46, -0.52), (1.4, -0.4), (0, -0.68),
                                   (-1.4, -0.4),
                                   (-1.46, -0.52)), 0, 0.8)


def _headdress(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", bow(0.05, (-1.14, -0.5), (0, -0.72), (1.14, -0.5), (1.12, -0.3), (0, -0.52),
                                   (-1.12, -0.3),
                                   (-1.14, -0.5)))
    jewel = blob((-0.14, -0.6), (-0.2, -0.95), (0, -1.2), (0.2, -0.95), (0.14, -0.6))
    pen.shape(f"{who}.emblem", moved(jewel, across(0, 0.6, turn), 0))


def _circlet(pen: Pen, who: str, turn: float) -> None:
    pen.shape(f"{who}.accent", bow(-0.05, (-1.0, -0.56), (0, -0.4), (1.0, -0.56), (1.0, -0.46), (0, -0.28),
                                   (-1.0, -0.46),
                                   (-1.0, -0.56)), 0, 0.8)
    jewel = poly((0, -0.52), (0.13, -0.34), (0, -0.16), (-0.13, -0.34))
    pen.shape(f"{who}.top", moved(jewel, across(0, 0.7, turn), 0), 0, 0.8)


NECK: dict[str, Wear] = {"choker": _choker, "scarf": _scarf, "bell": _bell, "belt": _belt, "collar_gold": _gold_collar}
FACE: dict[str, Wear] = {
    "beard": _beard, "mustache": _mustache, "freckles": _freckles, "cheeks": _cheeks, "glasses": _glasses,
    "monocle": _monocle,
    "eyepatch": _eyepatch, "mask": _mask, "earrings": _earrings, "bandage": _bandage,
    "scar": _marks(line((-0.62, -0.2), (-0.5, 0.2), (-0.54, 0.62)), line((-0.62, 0.3), (-0.52, 0.32), (-0.42, 0.3))),
    "wrinkles": _marks(line((-0.62, 0.46), (-0.5, 0.54), (-0.4, 0.52)), line((0.62, 0.46), (0.5, 0.54), (0.4, 0.52)),
                       line((-0.34, 0.56), (-0.4, 0.68), (-0.36, 0.78)), line((0.34, 0.56), (0.4, 0.68), (0.36, 0.78))),
}
HEAD: dict[str, Wear] = {
    "hair_bows": _bows, "clips": _clips, "hairpin": _hairpin, "leaf_crown": _leaf_crown, "headband": _headband,
    "halo": _halo,
    "bun_covers": _bun_covers, "horns": _horns, "tiara": _tiara, "ribbon_low": _low_ribbon, "antennae": _antennae,
    "cat_ears": _cat_ears, "goggles": _goggles, "feather": _feather, "headdress": _headdress, "circlet": _circlet,
    "headphones": _headphones, "cap": _cap, "tricorn": _tricorn, "straw_hat": _brim_hat,
}
BEHIND = set(HEAD) - {"clips", "tiara", "leaf_crown"} | {"scarf", "belt"}
