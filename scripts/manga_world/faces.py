"""Heads and faces that turn, with eight moods."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .canvas import Pen
from .curves import Points, smooth
from .people import Person
from .shapes import blob, line, oval, poly

MOODS = ("calm", "happy", "laugh", "angry", "shock", "sad", "wink", "smug")
_AHEAD = poly((0, -1.0), (0.55, -0.84), (0.84, -0.3), (0.84, 0.2), (0.7, 0.56), (0.36, 0.84), (0, 0.94), (-0.36, 0.84),
              (-0.7, 0.56), (-0.84, 0.2), (-0.84, -0.3), (-0.55, -0.84))
_ASIDE = poly((0, -1.0), (0.55, -0.84), (0.84, -0.35), (0.8, 0.06), (0.99, 0.4), (0.78, 0.6), (0.62, 0.93), (0.1, 0.86),
              (-0.45, 0.56), (-0.8, 0.2), (-0.9, -0.3), (-0.55, -0.84))


@lru_cache(maxsize=256)
def head_outline(turn: float) -> Points:
    """The outline of a head turned to the right by ``turn`` radians (0 to 1.25)."""
    share = min(np.sin(turn) / np.sin(1.2), 1.0) ** 1.4
    return smooth(_AHEAD * (1 - share) + _ASIDE * share, steps=4)


def across(x: float, z: float, turn: float) -> float:
    """Where a point ``x`` to the side and ``z`` in front of the head's axis is seen when the head turns."""
    return float(x * np.cos(turn) + z * np.sin(turn))


def draw_face(pen: Pen, person: Person, mood: str, turn: float) -> None:
    """Ears, head, eyes, brows, nose and mouth."""
    skin = f"{person.name}.skin"
    long_ears = "long_ears" in person.wears
    ear = blob((-0.8, 0.4), (-0.95, 0.1), (-1.7, -0.35), (-0.85, -0.05)) if long_ears else (
        oval(-0.86, 0.18, 0.14, 0.2))
    if turn < 0.5:
        pen.shape(skin, ear * [-1, 1] + [across(0.86, 0, turn) - 0.86, 0])
    if turn < 0.4:
        pen.shape(skin, ear)
    pen.shape(skin, head_outline(turn), 0.1)
    if turn >= 0.4:
        pen.shape(skin, (ear * [0.8, 1] + [across(-0.86, 0, turn) + 0.69, 0]), 0, 0.8)
    for side in (1, -1):
        wide = float(np.cos(turn + side * 0.42)) / 0.92
        if wide > 0.15:
            x = across(side * 0.4, 0.62, turn)
            if not (side > 0 and "eyepatch" in person.wears):
                _eye(pen, person, mood, side, x, min(wide, 1.0))
            _brow(pen, mood, side, x, min(wide, 1.0))
    if turn < 0.9:
        x = across(0, 0.4 if turn > 0.3 else 0.25, turn)
        pen.stroke(poly((x, 0.42), (x + 0.05, 0.48), (x - 0.03, 0.5)), 0.8)
    _mouth(pen, mood, across(0, 0.62, turn), max(0.5, float(np.cos(turn * 0.8))))


def _eye(pen: Pen, person: Person, mood: str, side: int, x: float, wide: float) -> None:
    def spot(cx: float, cy: float, rx: float, ry: float) -> Points:
        return oval(0, 0, 1, 1) * [rx * wide, ry] + [x + cx * wide, cy]

    if mood in ("happy", "laugh") or (mood == "wink" and side > 0):
        rise = -0.2 if mood != "laugh" else -0.14
        pen.stroke(line((-0.22, 0.24), (0, 0.24 + rise), (0.22, 0.24)) * [wide, 1] + [x, 0], 2.2)
        return
    tall = {"shock": 0.36, "smug": 0.2, "angry": 0.25, "sad": 0.26}.get(mood, 0.31)
    pen.shape("white", spot(0, 0.2, 0.22, tall), 0, 0.7)
    if mood == "shock":
        pen.shape(f"{person.name}.eye", spot(0, 0.2, 0.11, 0.14), 0, 1.0)
        pen.ink(spot(0, 0.2, 0.04, 0.05))
    else:
        pen.shape(f"{person.name}.eye", spot(0, 0.22, 0.175, tall * 0.94), 0, 0.9)
        pen.ink(spot(0, 0.14, 0.1, tall * 0.42))
        pen.shape("white", spot(-0.06, 0.2 - tall * 0.42, 0.07, tall * 0.27), 0, 0)
    lid = line((-side * 0.2, 0.2 - tall * 0.62), (0, 0.19 - tall), (side * 0.2, 0.2 - tall * 0.7), (side * 0.29, 0.16))
    pen.stroke(lid * [wide, 1] + [x, 0], 2.4)
    if mood == "sad":
        pen.shape("tear", blob((0.1, 0.44), (0.2, 0.66), (0.02, 0.68)) * [side, 1] + [x, 0], 0, 0.7)


def _brow(pen: Pen, mood: str, side: int, x: float, wide: float) -> None:
    inner, outer = {"angry": (-0.08, -0.3), "sad": (-0.34, -0.16), "shock": (-0.4, -0.38),
                    "smug": (-0.12, -0.24)}.get(mood, (-0.24, -0.26))
    brow = line((-side * 0.2, inner), (side * 0.05, (inner + outer) / 2 - 0.05), (side * 0.24, outer))
    pen.stroke(brow * [wide, 1] + [x, 0], 1.5)


def _mouth(pen: Pen, mood: str, x: float, wide: float) -> None:
    def at(outline: Points) -> Points:
        return outline * [wide, 1] + [x, 0]

    if mood in ("laugh", "happy", "wink"):
        half = 0.27 if mood == "laugh" else 0.18
        pen.shape("mouth", at(poly(*((half * np.cos(a), 0.58 + half * 0.95 * np.sin(a)) for a in np.linspace(0, np.pi,
                                                                                                             10)))))
        if mood == "laugh":
            pen.shape("tongue", at(oval(0, 0.58 + half * 0.66, half * 0.55, half * 0.26)), 0, 0.5)
    elif mood == "shock":
        pen.shape("mouth", at(oval(0, 0.68, 0.11, 0.14)))
    elif mood == "angry":
        pen.shape("white", at(poly((-0.2, 0.74), (-0.12, 0.6), (0.14, 0.58), (0.22, 0.74))))
        pen.stroke(at(poly((-0.17, 0.67), (0.02, 0.67), (0.18, 0.66))), 0.6)
    else:
        dip = {"sad": -0.08, "smug": 0.06}.get(mood, 0.08)
        lift = 0.08 if mood == "smug" else 0.0
        pen.stroke(at(line((-0.16, 0.66), (0, 0.66 + dip), (0.18, 0.66 - lift))), 1.2)
