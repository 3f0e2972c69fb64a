"""The cast: six characters with faces, clothes and poses.

Local coordinates: the head is about one unit in radius around (0, 0); the feet are at y = FEET.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .hair import STYLES
from .ink import Pen, ellipse, points, ribbon, smooth

CAST = tuple(STYLES)
SKIRTS = ("mika", "hana", "yuki")
MOODS = ("calm", "happy", "laugh", "angry", "shock", "sad", "wink", "smug")
POSES = ("down", "wave", "hips", "point", "cheer", "think")
FEET = 4.15

HEAD = smooth(points((0, -1.0), (0.55, -0.84), (0.84, -0.3), (0.84, 0.2), (0.7, 0.56), (0.36, 0.84),
                     (0, 0.94), (-0.36, 0.84), (-0.7, 0.56), (-0.84, 0.2), (-0.84, -0.3), (-0.55, -0.84)))
ARMS = {
    "rest": ((0.56, 1.3), (0.86, 1.85), (0.84, 2.4)),
    "up": ((0.56, 1.32), (1.15, 1.3), (1.4, 0.55)),
    "hip": ((0.56, 1.3), (1.2, 1.8), (0.66, 2.2)),
    "out": ((0.56, 1.32), (1.15, 1.42), (1.75, 1.2)),
    "chin": ((0.56, 1.34), (0.95, 1.9), (0.42, 1.25)),
}
POSE_ARMS = {"down": ("rest", "rest"), "wave": ("rest", "up"), "hips": ("hip", "hip"),
             "point": ("hip", "out"), "cheer": ("up", "up"), "think": ("rest", "chin")}


@dataclass(frozen=True)
class Act:
    """What a character does in one panel: an expression, a pose, and where the face turns (-1 to 1)."""

    mood: str
    pose: str
    look: float


def draw_character(pen: Pen, who: str, act: Act) -> None:
    """Draw ``who`` from head to feet, with the head's centre at the pen's origin."""
    for layer in (replace(pen, halo=pen.line * 1.1 + 0.5), pen):
        _draw_figure(layer, who, act)


def _draw_figure(pen: Pen, who: str, act: Act) -> None:
    back, front = STYLES[who]
    head = pen.turned(pen.tilt + act.look * 0.08)
    back(head, f"{who}.hair")
    _legs(pen, who)
    _torso(pen, who)
    left, right = POSE_ARMS[act.pose]
    front_arms = [(right, 1)] if right == "chin" else []
    for arm, side in ((left, -1), (right, 1)):
        if (arm, side) not in front_arms:
            _arm(pen, who, ARMS[arm], side)
    _collar(pen, who)
    _face(head, who, act)
    front(head, f"{who}.hair")
    if who == "taro":
        _glasses(head, act.look)
    for arm, side in front_arms:
        _arm(pen, who, ARMS[arm], side)


def _legs(pen: Pen, who: str) -> None:
    skirt = who in SKIRTS
    for side in (-1, 1):
        leg = smooth(points((side * 0.08, 2.5), (side * 0.5, 2.5), (side * 0.46, 3.3), (side * 0.42, 3.95),
                            (side * 0.14, 3.95), (side * 0.1, 3.3)))
        pen.shape("skin" if skirt else f"{who}.bottom", leg)
        if skirt:
            sock = points((side * 0.12, 3.45), (side * 0.47, 3.45), (side * 0.43, 3.98), (side * 0.14, 3.98))
            pen.shape("sock", sock)
        pen.shape("shoe", smooth(points((side * 0.08, 3.86), (side * 0.42, 3.82), (side * 0.62, 4.06),
                                        (side * 0.5, FEET), (side * 0.1, FEET))))


def _torso(pen: Pen, who: str) -> None:
    pen.shape("skin.shadow", points((-0.24, 0.7), (0.24, 0.7), (0.26, 1.25), (-0.26, 1.25)), 0)
    body = smooth(points((-0.24, 1.08), (0.24, 1.08), (0.62, 1.22), (0.66, 1.6), (0.54, 2.1), (0.6, 2.5),
                         (-0.6, 2.5), (-0.54, 2.1), (-0.66, 1.6), (-0.62, 1.22)))
    pen.shape(f"{who}.top", body)
    if who in SKIRTS:
        hem = points((-0.5, 2.15), (0.5, 2.15), (0.98, 3.0), (0.5, 3.1), (0, 3.12), (-0.5, 3.1), (-0.98, 3.0))
        pen.shape(f"{who}.bottom", hem)
        for x in (-0.5, -0.17, 0.17, 0.5):
            pen.stroke(points((x * 0.8, 2.3), (x * 1.1, 2.7), (x * 1.3, 3.08)), 0.8)
    else:
        pen.shape(f"{who}.bottom", points((-0.58, 2.36), (0.58, 2.36), (0.56, 2.9), (0.1, 2.95), (0, 2.75),
                                          (-0.1, 2.95), (-0.56, 2.9)))


def _arm(pen: Pen, who: str, joints: tuple[tuple[float, float], ...], side: int) -> None:
    """A sleeve along shoulder, elbow and wrist, with a mitten of a hand."""
    path = smooth(points(*joints) * [side, 1], closed=False)
    wrist = path[-1]
    ahead = (wrist - path[-3]) / np.hypot(*(wrist - path[-3]))
    palm = wrist + ahead * 0.14
    across = np.array([-ahead[1], ahead[0]])
    thumb = smooth(np.stack([palm - across * side * 0.1, palm - across * side * 0.28 + ahead * 0.1,
                             palm - across * side * 0.1 + ahead * 0.12]))
    pen.shape("skin", thumb, 0)
    pen.shape("skin", ellipse(palm[0], palm[1], 0.19, 0.2), 0.06)
    pen.shape(f"{who}.top", ribbon(path, np.linspace(0.42, 0.36, len(path))), 0.08)


def _collar(pen: Pen, who: str) -> None:
    """What tells the clothes apart: collars, scarves, emblems."""
    if who == "mika":
        flap = points((-0.1, 1.06), (-0.5, 1.1), (-0.62, 1.5), (0, 1.72), (0.62, 1.5), (0.5, 1.1),
                      (0.1, 1.06), (0, 1.4))
        pen.shape("mika.bottom", flap, 0.05)
        for side in (-1, 1):
            pen.shape("mika.extra", points((0, 1.6), (side * 0.36, 1.44), (side * 0.34, 1.86)), 0.05)
    elif who == "ren":
        pen.shape("ren.extra", smooth(points((-0.5, 1.02), (0, 1.16), (0.5, 1.02), (0.54, 1.24), (0, 1.44),
                                             (-0.54, 1.24))), 0.08)
        pen.shape("ren.extra", points((0.12, 1.36), (0.4, 1.3), (0.46, 1.95), (0.14, 1.98)), 0.08)
    elif who == "hana":
        for side in (-1, 1):
            lapel = points((0, 1.14), (side * 0.4, 1.06), (side * 0.44, 1.34), (side * 0.12, 1.4))
            pen.shape("paper", smooth(lapel), 0)
    elif who == "taro":
        pen.shape("skin.shadow", ellipse(0, 1.1, 0.3, 0.12, 0, 180), 0)
    elif who == "yuki":
        necklace = points((-0.4, 1.06), (0, 1.18), (0.4, 1.06), (0.4, 1.2), (0, 1.34), (-0.4, 1.2))
        pen.shape("yuki.extra", smooth(necklace), 0)
    else:
        pen.shape("kuro.extra", ellipse(0, 1.32, 0.17, 0.17), 0.05)
        pen.stroke(points((-0.14, 1.32), (0, 1.34), (0.14, 1.32)), 0.8)


def _face(pen: Pen, who: str, act: Act) -> None:
    for side in (-1, 1):
        pen.shape("skin", ellipse(side * 0.86, 0.18, 0.14, 0.2), 0)
    pen.shape("skin", HEAD, 0.1)
    shift = act.look * 0.13
    for side in (-1, 1):
        pen.shape("skin.blush", ellipse(side * 0.52 + shift, 0.5, 0.16, 0.08), 0, 0)
        _eye(pen, who, act.mood, side, side * 0.4 + shift)
        _brow(pen, act.mood, side, side * 0.4 + shift)
    pen.stroke(points((shift * 1.4, 0.42), (shift * 1.4 + 0.04, 0.47), (shift * 1.4 - 0.02, 0.48)), 0.8)
    _mouth(pen, act.mood, shift * 1.2)


def _eye(pen: Pen, who: str, mood: str, side: int, x: float) -> None:
    closed = mood in ("happy", "laugh") or (mood == "wink" and side > 0)
    if closed:
        bow = -0.2 if mood != "laugh" else -0.14
        pen.stroke(smooth(points((x - 0.22, 0.24), (x, 0.24 + bow), (x + 0.22, 0.24)), closed=False), 2.2)
        return
    tall = {"shock": 0.36, "smug": 0.2, "angry": 0.25, "sad": 0.26}.get(mood, 0.31)
    pen.shape("eye.white", ellipse(x, 0.2, 0.22, tall), 0, 0.7)
    if mood == "shock":
        pen.ink(ellipse(x, 0.2, 0.07, 0.09))
    else:
        pen.shape(f"{who}.eye", ellipse(x, 0.22, 0.165, tall * 0.92), 0, 1.0)
        pen.ink(ellipse(x, 0.16, 0.15, tall * 0.58))
        pen.shape("eye.white", ellipse(x - 0.06, 0.2 - tall * 0.42, 0.075, tall * 0.3), 0, 0)
        pen.shape("eye.white", ellipse(x + 0.07, 0.2 + tall * 0.45, 0.04, 0.04), 0, 0)
    lid = smooth(points((x - side * 0.2, 0.2 - tall * 0.62), (x, 0.19 - tall), (x + side * 0.2,
                                                                                0.2 - tall * 0.7),
                        (x + side * 0.29, 0.16)), closed=False)
    pen.stroke(lid, 2.4)
    if mood == "sad":
        tear = points((x + side * 0.1, 0.44), (x + side * 0.2, 0.62), (x + side * 0.02, 0.64))
        pen.shape("tear", smooth(tear), 0, 0.7)


def _brow(pen: Pen, mood: str, side: int, x: float) -> None:
    inner, outer = {"angry": (-0.08, -0.3), "sad": (-0.34, -0.16), "shock": (-0.4, -0.38),
                    "smug": (-0.12, -0.24)}.get(mood, (-0.24, -0.26))
    pen.stroke(smooth(points((x - side * 0.2, inner), (x + side * 0.05, (inner + outer) / 2 - 0.05),
                             (x + side * 0.24, outer)), closed=False), 1.5)


def _mouth(pen: Pen, mood: str, x: float) -> None:
    if mood in ("laugh", "happy", "wink"):
        wide = 0.27 if mood == "laugh" else 0.18
        bottom = ellipse(x, 0.58, wide, wide * 0.95, 0, 180)
        pen.shape("mouth", bottom, 0)
        pen.shape("tongue", ellipse(x, 0.58 + wide * 0.7, wide * 0.55, wide * 0.3), 0, 0.5)
    elif mood == "shock":
        pen.shape("mouth", ellipse(x, 0.68, 0.11, 0.14), 0)
    elif mood == "angry":
        pen.shape("mouth", points((x - 0.2, 0.74), (x - 0.12, 0.6), (x + 0.14, 0.58), (x + 0.22, 0.74)), 0)
    else:
        dip = {"sad": -0.08, "smug": 0.06}.get(mood, 0.08)
        lift = 0.08 if mood == "smug" else 0.0
        line = points((x - 0.16, 0.66), (x, 0.66 + dip), (x + 0.18, 0.66 - lift))
        pen.stroke(smooth(line, closed=False), 1.2)


def _glasses(pen: Pen, look: float) -> None:
    """Round rims: rings of ink, so that the eyes stay visible."""
    for side in (-1, 1):
        x = side * 0.4 + look * 0.13
        ring = ellipse(x, 0.2, 0.36, 0.38)
        pen.ink(np.concatenate([ring, ring[:1], ellipse(x, 0.2, 0.31, 0.33)[::-1], ring[:1]]))
    pen.stroke(points((look * 0.13 - 0.06, 0.14), (look * 0.13, 0.12), (look * 0.13 + 0.06, 0.14)), 1.4)
