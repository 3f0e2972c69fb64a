"""Hair as data: pieces behind the head, and crowns with fringes that turn with it.

Local coordinates: the head is about one unit in radius around (0, 0), x to the right, y down. A head turned by
``turn`` radians looks to the right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .canvas import Pen
from .curves import Points, bowed, points, smooth
from .shapes import Pairs, blob, bow, bumps, line, mirror, oval, poly

RADIUS = 1.04


@dataclass(frozen=True)
class Piece:
    """A piece of hair behind the head; ``at`` is where it hangs, x to the right and z towards the face.

    A ``hole``, where there is one, has as many corners as the outline.
    """

    outline: Points
    at: tuple[float, float] = (0.0, 0.0)
    strands: tuple[Points, ...] = ()
    hole: Points | None = None

    def shift(self, turn: float) -> float:
        """How far the piece moves to the right when the head turns."""
        x, z = self.at
        return x * float(np.cos(turn)) + z * float(np.sin(turn)) - x

    def draw(self, pen: Pen, part: str, turn: float) -> None:
        moved = np.array([self.shift(turn), 0.0])
        if self.hole is None:
            pen.shape(part, self.outline + moved, 0.1)
        else:
            pen.ring(part, self.outline + moved, self.hole + moved)
        for strand in self.strands:
            pen.stroke(strand + moved, 0.7)


@dataclass(frozen=True)
class Front:
    """A crown from the left temple over the top to the right one, and a fringe through ``tips`` back to the left."""

    crown: Points
    tips: Pairs
    bend: float = 0.05
    shine: tuple[float, float] | None = (-0.72, 0.52)
    strands: tuple[Points, ...] = ()


def _both(outline: Points, at: tuple[float, float], *strands: Points) -> tuple[Piece, Piece]:
    """A piece on the right, and its mirror image."""
    return (Piece(outline, at, strands), Piece(mirror(outline), (-at[0], at[1]), tuple(s * [-1, 1] for s in strands)))


def _dome(low: float, wide: float = 1.04, top: float = -1.2) -> Points:
    return smooth(points((-wide, low), (-wide * 1.03, -0.3), (-wide * 0.72, -0.92), (0, top),
                         (wide * 0.72, -0.92), (wide * 1.03, -0.3), (wide, low)), closed=False, steps=4)


_CROP = blob((0, -1.1), (0.8, -0.8), (1.0, -0.1), (0.86, 0.42), (0.5, 0.66), (-0.5, 0.66), (-0.86, 0.42), (-1.0, -0.1),
             (-0.8, -0.8))
_CAP = Piece(oval(0, -0.1, 1.02, 1.02))
_BRAID = np.concatenate([bow(-0.3, (0.84, 0.55), (0.8, 0.95), (0.82, 1.35), (0.84, 1.75), (0.9, 2.1), (0.96, 2.45)),
                         bow(-0.3, (1.16, 2.45), (1.24, 2.1), (1.26, 1.75), (1.26, 1.35), (1.24, 0.95), (1.14, 0.55))])
_DRILL = np.concatenate([bow(0.16, (1.1, 0.1), (1.5, 0.45), (1.46, 0.85), (1.4, 1.2), (1.28, 1.5), (1.1, 1.8)),
                         bow(0.16, (1.1, 1.8), (0.98, 1.45), (0.88, 1.1), (0.84, 0.7), (0.86, 0.3), (1.1, 0.1))])
_TWIN = blob((0.85, -0.75), (1.45, -0.85), (1.9, -0.2), (1.86, 0.7), (1.5, 1.5), (1.62, 1.95), (1.2, 1.7), (1.06, 1.1),
             (1.2, 0.4), (1.1, -0.2))
_WAVY = bow(0.2, (-0.9, -0.8), (-1.28, -0.2), (-1.22, 0.4), (-1.42, 1.0), (-1.3, 1.6), (-1.46, 2.2), (-0.9, 2.4),
            (-0.4, 2.2), (0, 2.4), (0.4, 2.2), (0.9, 2.4), (1.46, 2.2), (1.3, 1.6), (1.42, 1.0), (1.22, 0.4),
            (1.28, -0.2), (0.9, -0.8))
_MANE = bow(-0.06, (-0.7, -1.3), (-1.2, -1.5), (-1.2, -1.0), (-1.8, -0.8), (-1.45, -0.3), (-2.0, 0.2), (-1.5, 0.4),
            (-1.9, 1.1), (-1.3, 1.0), (-1.4, 1.7), (-0.8, 1.3), (-0.5, 1.6), (0, 1.3), (0.5, 1.6), (0.8, 1.3),
            (1.4, 1.7),
            (1.3, 1.0), (1.9, 1.1), (1.5, 0.4), (2.0, 0.2), (1.45, -0.3), (1.8, -0.8), (1.2, -1.0), (1.2, -1.5),
            (0.7, -1.3))
_FALL = poly((0, -1.2), (0.75, -0.98), (1.1, -0.3), (1.22, 0.8), (1.3, 2.0), (1.26, 2.75), (-1.26, 2.75), (-1.3, 2.0),
             (-1.22, 0.8), (-1.1, -0.3), (-0.75, -0.98))

BACKS: dict[str, tuple[Piece, ...]] = {
    "crop": (Piece(_CROP),),
    "spiky": (Piece(bow(0.05, (-0.9, -0.6), (-1.3, 0.1), (-0.95, 0.15), (-1.05, 0.62), (-0.6, 0.5), (0.6, 0.5),
                        (1.05, 0.62), (0.95, 0.15), (1.3, 0.1), (0.9, -0.6)), (0, -0.2)),),
    "twintails": (_CAP, *_both(_TWIN, (1.0, -0.1), line((1.2, -0.55), (1.55, 0.1), (1.5, 0.8), (1.35, 1.4)))),
    "bob": (Piece(blob((0, -1.15), (0.8, -0.85), (1.14, 0), (1.28, 0.75), (0.95, 1.05), (0, 0.95), (-0.95, 1.05),
                       (-1.28, 0.75), (-1.14, 0), (-0.8, -0.85)), (0, -0.1)),),
    "afro": (Piece(bumps(0, -0.2, 1.5, 1.36, 15), (0, -0.3)),),
    "curly": (Piece(bumps(0, 0.02, 1.16, 0.9, 11), (0, -0.2)),),
    "long": (Piece(np.concatenate([line((-1.22, 2.3), (-1.3, 1.2), (-1.12, -0.2), (-0.75, -0.95), (0, -1.2),
                                        (0.75, -0.95), (1.12, -0.2), (1.3, 1.2), (1.22, 2.3)),
                                   poly((0.9, 2.1), (0.7, 2.4), (0.35, 2.1), (0, 2.42), (-0.35, 2.1), (-0.7, 2.4),
                                        (-0.9, 2.1))]), (0, -0.35)),),
    "flip": (Piece(bow(-0.06, (-0.9, -0.5), (-1.2, 0.5), (-1.5, 0.86), (-0.95, 0.84), (-0.72, 1.08), (-0.4, 0.8),
                       (0.4, 0.8), (0.72, 1.08), (0.95, 0.84), (1.5, 0.86), (1.2, 0.5), (0.9, -0.5)), (0, -0.2)),),
    "ponytail": (Piece(_CROP), Piece(blob((0.1, -1.15), (0.9, -1.75), (1.7, -1.35), (1.95, -0.3), (1.7, 0.9),
                                          (1.95, 1.5),
                                          (1.3, 1.2), (1.25, 0.3), (1.3, -0.6), (0.8, -0.9)), (0.3, -1.2),
                                     (line((0.9, -1.3), (1.5, -0.9), (1.62, 0.0), (1.5, 0.9)),))),
    "buns": (Piece(_CROP), *_both(oval(0.82, -1.0, 0.46, 0.46), (0.82, -0.1), line((0.6, -1.1), (0.85, -1.2),
                                                                                   (1.05, -1.0)))),
    "loops": (Piece(_CROP), Piece(oval(1.1, -0.5, 0.55, 0.75), (1.0, -0.1), (), oval(1.1, -0.5, 0.25, 0.45)),
              Piece(oval(-1.1, -0.5, 0.55, 0.75), (-1.0, -0.1), (), oval(-1.1, -0.5, 0.25, 0.45))),
    "braids": (_CAP, *_both(_BRAID, (0.9, 0.1))),
    "drills": (_CAP, *_both(_DRILL, (1.0, 0.0), line((0.9, 0.5), (1.2, 0.66), (1.46, 0.56)),
                            line((0.92, 0.95), (1.2, 1.1), (1.42, 0.98)), line((1.02, 1.4), (1.2, 1.46),
                                                                               (1.34, 1.36)))),
    "shaggy": (Piece(bow(-0.05, (-0.9, -0.7), (-1.2, 0.0), (-1.4, 0.5), (-1.02, 0.5), (-1.2, 1.1), (-0.8, 0.95),
                         (-0.75, 1.5), (-0.35, 1.1), (0, 1.55), (0.35, 1.1), (0.75, 1.5), (0.8, 0.95), (1.2, 1.1),
                         (1.02, 0.5), (1.4, 0.5), (1.2, 0.0), (0.9, -0.7)), (0, -0.25)),),
    "topknot": (Piece(_CROP), Piece(blob((-0.16, -1.1), (0.16, -1.1), (0.34, -1.5), (0.2, -1.95), (-0.2, -1.95),
                                         (-0.34, -1.5)), (0, -0.3))),
    "sheet": (Piece(_FALL, (0, -0.3), (line((-0.9, 1.0), (-0.95, 1.8), (-0.9, 2.6)), line((0.9, 1.0), (0.95, 1.8),
                                                                                          (0.9, 2.6)))),),
    "windy": (Piece(bow(-0.05, (0.9, -0.6), (0.95, 0.5), (0.3, 0.8), (-0.7, 1.1), (-1.5, 1.5), (-1.3, 1.0), (-2.1, 1.1),
                        (-1.6, 0.6), (-2.3, 0.3), (-1.5, 0.1), (-1.7, -0.5), (-0.9, -0.7)), (0, -0.3)),),
    "side_tail": (Piece(_CROP), Piece(blob((0.5, 0.4), (1.0, 0.45), (1.35, 1.0), (1.2, 1.8), (1.3, 2.5), (0.9, 2.2),
                                           (0.75, 1.4), (0.7, 0.9)), (0.7, 0.0), (line((0.9, 0.8), (1.05, 1.4),
                                                                                       (1.05, 2.0)),))),
    "wavy": (Piece(_WAVY, (0, -0.35)),),
    "mane": (Piece(_MANE, (0, -0.25)),),
    "bald": (),
}

_SPIKES = bow(-0.07, (-0.94, 0.12), (-1.3, -0.22), (-1.05, -0.42), (-1.36, -0.82), (-0.86, -0.86), (-0.86, -1.4),
              (-0.38, -1.14), (-0.06, -1.66), (0.22, -1.16), (0.72, -1.5), (0.74, -0.98), (1.3, -0.98), (1.04, -0.5),
              (1.38, -0.28), (0.94, 0.12))
_TUFTED = np.concatenate([_dome(0.1)[:9], bow(-0.1, (-0.5, -1.06), (-0.3, -1.5), (-0.02, -1.14), (0.16, -1.62),
                                              (0.38, -1.1)), _dome(0.1)[17:]])
_CREST = np.concatenate([line((-0.98, 0.2), (-0.96, -0.4), (-0.6, -0.88)),
                         bow(-0.08, (-0.42, -1.0), (-0.5, -1.7), (-0.2, -1.4), (0, -2.0), (0.2, -1.4), (0.5, -1.7),
                             (0.42, -1.0)), line((0.6, -0.88), (0.96, -0.4), (0.98, 0.2))])
_ARC = np.radians(np.linspace(168, 372, 11))
_CURLY = bowed(np.stack([1.2 * np.cos(_ARC), -0.26 + 1.12 * np.sin(_ARC)], 1), 0.22)
_PART = (line((0.0, -1.15), (0.5, -0.9), (0.62, -0.3)), line((0, -1.15), (-0.5, -0.9), (-0.64, -0.3)))

FRONTS: dict[str, Front] = {
    "spikes": Front(_SPIKES, ((0.94, 0.12), (0.74, -0.3), (0.6, 0.02), (0.36, -0.36), (0.12, 0.1), (-0.14, -0.34),
                              (-0.42, 0.04), (-0.58, -0.34), (-0.82, 0.0), (-0.94, 0.12)), -0.06, (-0.74, 0.6)),
    "locks": Front(_dome(0.5), ((1.04, 0.5), (0.8, 0.5), (0.74, -0.16), (0.5, 0.06), (0.3, -0.26), (0.02, 0.08),
                                (-0.26, -0.22), (-0.5, 0.06), (-0.74, -0.16), (-0.8, 0.5), (-1.04, 0.5)), 0.07,
                   strands=(line((0.05, -1.15), (0.2, -0.8), (0.28, -0.3)), line((-0.1, -1.1), (-0.4, -0.8),
                                                                                 (-0.5, -0.35)))),
    "straight": Front(_dome(0.3, 1.1), ((1.1, 0.8), (0.98, 0.98), (0.82, 0.7), (0.84, -0.06), (0.4, -0.12),
                                        (0.36, -0.22), (0.3, -0.12), (-0.3, -0.12), (-0.36, -0.22), (-0.42, -0.12),
                                        (-0.84, -0.06), (-0.82, 0.7), (-0.98, 0.98), (-1.1, 0.8)), 0.03, (-0.66, 0.6),
                      (*_PART, line((0, -1.1), (0.16, -0.7), (0.18, -0.2)), line((0, -1.1), (-0.16, -0.7),
                                                                                 (-0.18, -0.2)))),
    "curls": Front(_CURLY, ((1.17, -0.02), (0.8, 0.06), (0.62, -0.28), (0.24, -0.38), (-0.2, -0.36), (-0.62, -0.28),
                            (-0.8, 0.06), (-1.17, -0.02)), 0.2, None),
    "curtains": Front(_dome(0.6), ((1.04, 1.15), (0.82, 0.9), (0.84, 0.1), (0.6, -0.22), (0.14, -0.78), (-0.1, -0.36),
                                   (-0.5, 0.0), (-0.84, 0.08), (-0.82, 0.9), (-1.04, 1.15)), -0.07, (-0.84, 0.5),
                      (line((0.16, -1.15), (0.18, -0.95), (0.14, -0.78)), line((0.2, -1.0), (0.7, -0.6), (0.86, 0.0)))),
    "strands": Front(_dome(0.4), ((1.04, 0.62), (0.84, 0.42), (0.8, -0.1), (0.62, 0.02), (0.46, -0.3), (0.2, 0.12),
                                  (0.06, -0.3), (-0.2, 0.12), (-0.46, -0.3), (-0.62, 0.02), (-0.8, -0.1), (-0.84, 0.42),
                                  (-1.04, 0.62)), -0.06, (-0.76, 0.55), (line((0, -1.16), (0.1, -0.8), (0.06, -0.35)),
                                                                         )),
    "swept": Front(_dome(0.2), ((1.04, 0.3), (0.84, 0.1), (0.7, -0.1), (0.5, 0.06), (0.3, -0.02), (-0.1, -0.2),
                                (-0.5, -0.5), (-0.72, -0.62), (-0.84, -0.1), (-0.92, 0.2), (-1.04, 0.3)), -0.1,
                   (-0.8, 0.5),
                   (line((-0.7, -0.72), (-0.2, -0.7), (0.5, -0.15)), line((-0.5, -0.95), (0.2, -0.8), (0.76, -0.3)))),
    "tuft": Front(_TUFTED, ((1.04, 0.14), (0.86, -0.1), (0.6, -0.34), (0.4, -0.1), (0.2, -0.4), (-0.05, -0.1),
                            (-0.3, -0.42),
                            (-0.55, -0.1), (-0.86, -0.16), (-1.04, 0.14)), -0.05, (-0.7, 0.5)),
    "short": Front(_dome(0.0, 1.0, -1.12), ((1.0, 0.1), (0.84, 0.08), (0.8, -0.3), (0.62, -0.56), (0.3, -0.62),
                                            (0, -0.58),
                                            (-0.3, -0.62), (-0.62, -0.56), (-0.8, -0.3), (-0.84, 0.08), (-1.0, 0.1)),
                   0.03,
                   (-0.9, 0.36)),
    "slick": Front(_dome(0.1, 1.02, -1.18), ((1.02, 0.3), (0.84, 0.26), (0.8, -0.36), (0.5, -0.72), (0, -0.5),
                                             (-0.5, -0.72),
                                             (-0.8, -0.36), (-0.84, 0.26), (-1.02, 0.3)), 0.08, (-1.0, 0.3),
                   (line((-0.3, -0.6), (-0.4, -0.9), (-0.3, -1.1)), line((0.3, -0.6), (0.4, -0.9), (0.3, -1.1)))),
    "veil": Front(_dome(0.6), ((1.04, 0.9), (0.86, 1.1), (0.6, 0.8), (0.3, 0.62), (0.12, 0.3), (-0.1, -0.2),
                               (-0.36, -0.64),
                               (-0.6, -0.2), (-0.84, 0.1), (-0.86, 0.5), (-1.04, 0.6)), 0.08, (-0.82, 0.5),
                  (line((-0.36, -0.95), (0.2, -0.6), (0.4, 0.2)), line((-0.2, -1.1), (0.5, -0.7), (0.74, 0.3)))),
    "bowl": Front(_dome(0.0, 1.12, -1.24), ((1.12, 0.0), (1.0, 0.14), (0.5, -0.02), (0, -0.06), (-0.5, -0.02),
                                            (-1.0, 0.14),
                                            (-1.12, 0.0)), 0.03, (-0.76, 0.66)),
    "crest": Front(_CREST, ((0.98, 0.2), (0.86, -0.2), (0.66, -0.6), (0.3, -0.78), (0, -0.5), (-0.3, -0.78),
                            (-0.66, -0.6),
                            (-0.86, -0.2), (-0.98, 0.2)), -0.04, None),
    "bun_part": Front(_dome(0.1), ((1.04, 0.2), (0.88, 0.0), (0.8, -0.4), (0.3, -0.52), (0, -0.86), (-0.3, -0.52),
                                   (-0.8, -0.4), (-0.88, 0.0), (-1.04, 0.2)), 0.12, (-0.96, 0.3),
                      (line((0, -1.2), (0.02, -1.0), (0, -0.86)),)),
    "teeth": Front(_dome(0.1), ((1.04, 0.1), (0.9, 0.24), (0.76, -0.22), (0.55, 0.0), (0.38, -0.34), (0.16, -0.04),
                                (0, -0.36),
                                (-0.16, -0.04), (-0.38, -0.34), (-0.55, 0.0), (-0.76, -0.22), (-0.9, 0.24),
                                (-1.04, 0.1)), 0.0, (-0.74, 0.6)),
    "long_locks": Front(_dome(0.8), ((1.04, 1.7), (0.9, 1.9), (0.72, 1.5), (0.84, 0.2), (0.66, -0.2), (0.3, 0.0),
                                     (0, -0.44),
                                     (-0.3, 0.0), (-0.66, -0.2), (-0.84, 0.2), (-0.72, 1.5), (-0.9, 1.9), (-1.04, 1.7)),
                        0.05,
                        (-0.72, 0.5), (line((0, -1.15), (0.02, -0.8), (0, -0.5)), line((0.95, 0.3), (0.92, 0.9),
                                                                                       (0.9, 1.5)),
                                       line((-0.95, 0.3), (-0.92, 0.9), (-0.9, 1.5)))),
}


@lru_cache(maxsize=4096)
def front_outline(name: str, turn: float) -> Points:
    """The outline of a front on a head turned by ``turn`` radians (0 or more, less than a quarter turn and a bit)."""
    front = FRONTS[name]
    if turn < 0.02:
        return np.concatenate([front.crown, bowed(points(*front.tips), front.bend)])
    angle = np.arcsin(np.clip([x / RADIUS for x, _ in front.tips], -1, 1)) + turn
    shown = angle <= np.pi / 2
    tips = np.stack([RADIUS * np.sin(angle), [y for _, y in front.tips]], 1)[shown]
    crown = front.crown
    first = min(float(tips[0, 1]), -0.1)
    tips = np.concatenate([[(0.96, first)], tips])
    right = (crown[:, 0] > 0) & (crown[:, 1] > first)
    return np.concatenate([crown[~right], bowed(tips, front.bend), crown[:1]])


def draw_back(pen: Pen, name: str, part: str, turn: float, near: bool = False) -> None:
    """The pieces behind the head; with ``near``, the ones that a turned head brings to the front instead."""
    for piece in BACKS[name]:
        comes_near = turn > 0.7 and piece.at[0] < 0
        if comes_near != near:
            continue
        piece.draw(pen, part, turn)


def draw_front(pen: Pen, name: str, part: str, turn: float) -> None:
    """The crown and fringe, with its shine and strands."""
    front = FRONTS[name]
    pen.shape(part, front_outline(name, turn), 0.1)
    if front.shine:
        y, wide = front.shine
        pen.shape(part + ".light", _shine(y, wide) * [np.cos(turn * 0.6), 1] + [0.3 * np.sin(turn), 0], 0, 0)
    if turn < 0.3:
        for strand in front.strands:
            pen.stroke(strand, 0.7)


def draw_behind(pen: Pen, back: str, front: str, part: str) -> None:
    """The head seen from behind: the crown closed over the nape, and the pieces that hang from it."""
    crown = FRONTS[front].crown
    nape = bow(0.06, (1.0, 0.3), (0.72, 0.72), (0.45, 0.62), (0.2, 0.8), (0, 0.66), (-0.2, 0.8), (-0.45, 0.62),
               (-0.72, 0.72), (-1.0, 0.3))
    for piece in BACKS[back]:
        piece.draw(pen, part, 0.0)
    pen.shape(part, np.concatenate([crown, nape]), 0.1)
    for x in (-0.5, -0.15, 0.2, 0.55):
        pen.stroke(line((x * 0.3, -0.85), (x * 1.1, -0.3), (x * 1.15, 0.35)), 0.7)


@lru_cache(maxsize=64)
def _shine(y: float, wide: float) -> Points:
    """A band of light across the crown, jagged below."""
    return np.concatenate([
        line((-wide, y + 0.1), (0, y - 0.06), (wide, y + 0.1)),
        poly((wide * 0.8, y + 0.3), (wide * 0.55, y + 0.14), (wide * 0.2, y + 0.24), (0, y + 0.1),
             (-wide * 0.3, y + 0.25), (-wide * 0.55, y + 0.14), (-wide * 0.85, y + 0.3))])
