"""Hair: for every style a back (behind the body) and a front (over the face).

Local coordinates: the head is about one unit in radius around (0, 0), x to the right, y down.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .ink import Pen, Points, ellipse, points, smooth

Half = Callable[[Pen, str], None]


def mirrored(outline: Points) -> Points:
    """The outline on the other side of the face."""
    return outline[::-1] * [-1, 1]


def bowed(corners: Points, bow: float) -> Points:
    """A line through ``corners`` (n, 2) whose spans bulge by ``bow`` of their length, with sharp corners."""
    t = np.linspace(0, 1, 6, endpoint=False)[:, None]
    spans = []
    for start, stop in pairwise(corners):
        across = np.array([stop[1] - start[1], start[0] - stop[0]]) * bow
        spans.append(start + (stop - start) * t + across * 4 * t * (1 - t))
    return np.concatenate([*spans, corners[-1:]])


def _dome(low: float, wide: float = 1.02, top: float = -1.2) -> Points:
    """The crown from the left temple over the top to the right temple."""
    return smooth(points((-wide, low), (-wide * 1.03, -0.3), (-wide * 0.72, -0.92), (0, top),
                         (wide * 0.72, -0.92), (wide * 1.03, -0.3), (wide, low)), closed=False)


def _cap(tips: Points, low: float, bow: float = 0.08, **dome: float) -> Points:
    """A front of hair: the dome, closed by a fringe through ``tips`` from right to left."""
    return np.concatenate([_dome(low, **dome), bowed(tips, bow)])


def _shine(pen: Pen, part: str, y: float = -0.72, wide: float = 0.5) -> None:
    """A band of light across the crown, jagged below."""
    upper = smooth(points((-wide, y + 0.1), (0, y - 0.06), (wide, y + 0.1)), closed=False)
    lower = points((wide * 0.8, y + 0.3), (wide * 0.55, y + 0.14), (wide * 0.2, y + 0.24), (0, y + 0.1),
                   (-wide * 0.3, y + 0.25), (-wide * 0.55, y + 0.14), (-wide * 0.85, y + 0.3))
    pen.shape(part + ".light", np.concatenate([upper, lower]), 0, 0)


def _strands(pen: Pen, *lines: tuple[tuple[float, float], ...]) -> None:
    for line in lines:
        pen.stroke(smooth(points(*line), closed=False), 0.7)


def _spiky_back(pen: Pen, part: str) -> None:
    pen.shape(part, bowed(points((-0.9, -0.6), (-1.3, 0.1), (-0.95, 0.15), (-1.05, 0.62), (-0.6, 0.5),
                                 (0.6, 0.5), (1.05, 0.62), (0.95, 0.15), (1.3, 0.1), (0.9, -0.6)), 0.05))


def _spiky_front(pen: Pen, part: str) -> None:
    crown = points((-0.92, 0.12), (-1.3, -0.22), (-1.05, -0.42), (-1.36, -0.82), (-0.86, -0.86),
                   (-0.86, -1.4),
                   (-0.38, -1.14), (-0.06, -1.66), (0.22, -1.16), (0.72, -1.5), (0.74, -0.98), (1.3, -0.98),
                   (1.04, -0.5), (1.38, -0.28), (0.92, 0.12))
    fringe = points((0.92, 0.12), (0.74, -0.3), (0.6, 0.02), (0.36, -0.36), (0.12, 0.1), (-0.14, -0.34),
                    (-0.42, 0.04), (-0.58, -0.34), (-0.82, 0.0), (-0.92, 0.12))
    pen.shape(part, np.concatenate([bowed(crown, -0.07), bowed(fringe, -0.06)]))
    _shine(pen, part, -0.74, 0.62)
    pen.shape("ren.extra", np.concatenate([
        smooth(points((-0.93, -0.36), (0, -0.56), (0.93, -0.36)), closed=False),
        smooth(points((0.92, -0.18), (0, -0.36), (-0.92, -0.18)), closed=False)]), 0.06)


def _tails_back(pen: Pen, part: str) -> None:
    tail = smooth(points((0.85, -0.75), (1.45, -0.85), (1.9, -0.2), (1.86, 0.7), (1.5, 1.5), (1.62, 1.95),
                         (1.2, 1.7), (1.06, 1.1), (1.2, 0.4), (1.1, -0.2)))
    for side in (tail, mirrored(tail)):
        pen.shape(part, side)
    for flip in (1, -1):
        _strands(pen, ((flip * 1.2, -0.55), (flip * 1.55, 0.1), (flip * 1.5, 0.8), (flip * 1.35, 1.4)),
                 ((flip * 1.4, -0.6), (flip * 1.74, 0.1), (flip * 1.66, 0.8)))
    pen.shape(part, ellipse(0, -0.1, 1.0, 1.02), 0)


def _tails_front(pen: Pen, part: str) -> None:
    tips = points((1.02, 0.5), (0.8, 0.5), (0.74, -0.16), (0.5, 0.06), (0.3, -0.26), (0.02, 0.08),
                  (-0.26, -0.22), (-0.5, 0.06), (-0.74, -0.16), (-0.8, 0.5), (-1.02, 0.5))
    pen.shape(part, _cap(tips, 0.5, 0.07))
    _shine(pen, part)
    _strands(pen, ((0.05, -1.15), (0.2, -0.8), (0.28, -0.3)), ((-0.1, -1.1), (-0.4, -0.8), (-0.5, -0.35)))
    for flip in (1, -1):
        for up in (-1, 1):
            pen.shape("mika.extra", smooth(points((flip * 0.98, -0.78), (flip * 1.04, -0.78 + up * 0.42),
                                                  (flip * 1.36, -0.78 + up * 0.36))), 0.08)
        pen.shape("mika.extra", ellipse(flip * 1.0, -0.78, 0.13, 0.13), 0)


def _bob_back(pen: Pen, part: str) -> None:
    pen.shape(part, smooth(points((0, -1.15), (0.8, -0.85), (1.14, 0), (1.28, 0.75), (0.95, 1.05), (0, 0.95),
                                  (-0.95, 1.05), (-1.28, 0.75), (-1.14, 0), (-0.8, -0.85))))


def _bob_front(pen: Pen, part: str) -> None:
    tips = points((1.24, 0.8), (0.98, 0.98), (0.8, 0.7), (0.84, -0.06), (0.4, -0.12), (0.36, -0.22),
                  (0.3, -0.12), (-0.3, -0.12), (-0.36, -0.22), (-0.42, -0.12), (-0.84, -0.06), (-0.8, 0.7),
                  (-0.98, 0.98), (-1.24, 0.8))
    pen.shape(part, _cap(tips, 0.3, 0.03, wide=1.1))
    _shine(pen, part, -0.66, 0.6)
    _strands(pen, ((0.0, -1.15), (0.5, -0.9), (0.62, -0.2)), ((0, -1.15), (-0.5, -0.9), (-0.64, -0.2)),
             ((0, -1.1), (0.16, -0.7), (0.18, -0.2)), ((0, -1.1), (-0.16, -0.7), (-0.18, -0.2)),
             ((0.9, -0.6), (1.04, 0.0), (1.04, 0.8)), ((-0.9, -0.6), (-1.04, 0.0), (-1.04, 0.8)),
             ((0.88, 0.2), (0.92, 0.5), (0.9, 0.85)), ((-0.88, 0.2), (-0.92, 0.5), (-0.9, 0.85)))
    for turn in np.radians(range(0, 360, 72)):
        petal = ellipse(0.8 + 0.17 * np.cos(turn), -0.7 + 0.17 * np.sin(turn), 0.14, 0.14)
        pen.shape("hana.extra", petal, 0, 0.8)
    pen.shape("lamp", ellipse(0.8, -0.7, 0.11, 0.11), 0, 0.7)


def _bumps(cx: float, cy: float, rx: float, ry: float, start: float, stop: float, count: int) -> Points:
    """A cloud-like arc of ``count`` bumps between two angles in degrees."""
    angle = np.radians(np.linspace(start, stop, count + 1))
    return bowed(np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], 1), 0.22)


def _curly_back(pen: Pen, part: str) -> None:
    pen.shape(part, _bumps(0, 0.02, 1.14, 0.86, 0, 360, 11))


def _curly_front(pen: Pen, part: str) -> None:
    crown = _bumps(0, -0.26, 1.2, 1.12, 168, 372, 10)
    fringe = bowed(points(crown[-1], (0.8, 0.06), (0.62, -0.28), (0.24, -0.38), (-0.2, -0.36), (-0.62, -0.28),
                          (-0.8, 0.06), crown[0]), 0.2)
    pen.shape(part, np.concatenate([crown, fringe]))


def _long_back(pen: Pen, part: str) -> None:
    pen.shape(part, np.concatenate([
        smooth(points((-1.22, 2.3), (-1.3, 1.2), (-1.12, -0.2), (-0.75, -0.95), (0, -1.2), (0.75, -0.95),
                      (1.12, -0.2), (1.3, 1.2), (1.22, 2.3)), closed=False),
        points((0.9, 2.1), (0.7, 2.4), (0.35, 2.1), (0, 2.42), (-0.35, 2.1), (-0.7, 2.4), (-0.9, 2.1))]))


def _long_front(pen: Pen, part: str) -> None:
    tips = points((1.02, 1.15), (0.82, 0.9), (0.84, 0.1), (0.6, -0.22), (0.18, -0.74), (-0.1, -0.36),
                  (-0.5, 0.0), (-0.84, 0.08), (-0.82, 0.9), (-1.02, 1.15))
    pen.shape(part, _cap(tips, 0.6, -0.07, wide=1.04))
    _shine(pen, part, -0.84, 0.55)
    _strands(pen, ((0.16, -1.15), (0.18, -0.95), (0.18, -0.74)), ((0.2, -1.0), (0.7, -0.6), (0.86, 0.0)),
             ((0.16, -1.0), (-0.4, -0.7), (-0.8, -0.1)))
    angle = np.radians(np.arange(-90, 270, 36))
    reach = np.where(np.arange(10) % 2 == 0, 0.25, 0.11)
    pen.shape("yuki.extra", np.stack([-0.72 + reach * np.cos(angle), -0.52 + reach * np.sin(angle)], 1), 0)


def _cat_back(pen: Pen, part: str) -> None:
    pen.shape(part, bowed(points((-0.9, -0.5), (-1.2, 0.5), (-1.42, 0.86), (-0.95, 0.84), (-0.72, 1.08),
                                 (-0.4, 0.8), (0.4, 0.8), (0.72, 1.08), (0.95, 0.84), (1.42, 0.86),
                                 (1.2, 0.5), (0.9, -0.5)), -0.06))
    ear = bowed(points((0.2, -1.0), (0.86, -1.72), (1.04, -0.6)), -0.08)
    inner = points((0.44, -1.0), (0.8, -1.42), (0.9, -0.8))
    for outer, lining in ((ear, inner), (mirrored(ear), mirrored(inner))):
        pen.shape(part, outer)
        pen.shape("dream", lining, 0, 0.7)


def _cat_front(pen: Pen, part: str) -> None:
    tips = points((1.08, 0.62), (0.84, 0.42), (0.8, -0.1), (0.62, 0.02), (0.46, -0.3), (0.2, 0.12),
                  (0.06, -0.3),
                  (-0.2, 0.12), (-0.46, -0.3), (-0.62, 0.02), (-0.8, -0.1), (-0.84, 0.42), (-1.08, 0.62))
    pen.shape(part, _cap(tips, 0.4, -0.06))
    _shine(pen, part, -0.76, 0.55)
    _strands(pen, ((0, -1.16), (0.1, -0.8), (0.06, -0.35)), ((0.05, -1.1), (0.4, -0.8), (0.46, -0.36)))


STYLES: dict[str, tuple[Half, Half]] = {
    "ren": (_spiky_back, _spiky_front),
    "mika": (_tails_back, _tails_front),
    "hana": (_bob_back, _bob_front),
    "taro": (_curly_back, _curly_front),
    "yuki": (_long_back, _long_front),
    "kuro": (_cat_back, _cat_front),
}
