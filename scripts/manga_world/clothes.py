"""Bodies and clothes: cuts of tops and bottoms, drawn around the shoulders at y = 1.1 and the hips at y = 2.45.

Local coordinates: the head's centre is the origin and its radius about one unit; x to the right, y down. The
pen's ``stretch`` makes bodies broad or tall, and narrows them when they turn.
"""

from __future__ import annotations

import numpy as np

from .canvas import Pen
from .curves import Points
from .emblems import EMBLEMS
from .people import Person
from .shapes import band, blob, bow, line, mirror, oval, poly

FEET = 4.15
SHORT, BARE, WIDE = {"tee", "jersey", "sailor", "qipao"}, {"tank", "vest", "toga", "gi"}, {"kimono", "miko", "robe",
                                                                                           "cloak"}
LONG_COATS = {"coat", "labcoat", "robe", "pirate"}

_BODY = blob((-0.24, 1.08), (0.24, 1.08), (0.62, 1.22), (0.66, 1.6), (0.54, 2.1), (0.6, 2.5), (-0.6, 2.5), (-0.54, 2.1),
             (-0.66, 1.6), (-0.62, 1.22))
_LEG = blob((0.08, 2.5), (0.52, 2.5), (0.46, 3.3), (0.42, 3.95), (0.14, 3.95), (0.1, 3.3))
_WIDE_LEG = poly((0.04, 2.4), (0.62, 2.4), (0.86, 3.86), (0.04, 3.9))
_SHOE = blob((0.08, 3.86), (0.42, 3.82), (0.62, 4.06), (0.5, FEET), (0.1, FEET))
_BOOT = poly((0.08, 3.5), (0.48, 3.5), (0.46, 3.84), (0.64, 4.06), (0.52, FEET), (0.1, FEET))
_SKIRT = poly((-0.5, 2.15), (0.5, 2.15), (0.98, 3.0), (0.5, 3.1), (0, 3.12), (-0.5, 3.1), (-0.98, 3.0))
_LONG_SKIRT = blob((-0.5, 2.1), (0.5, 2.1), (0.85, 2.9), (1.1, 3.75), (0.5, 3.92), (-0.5, 3.92), (-1.1, 3.75),
                   (-0.85, 2.9))
_HIPS = poly((-0.58, 2.36), (0.58, 2.36), (0.56, 2.9), (0.1, 2.95), (0, 2.75), (-0.1, 2.95), (-0.56, 2.9))
_TAIL = poly((-0.58, 2.2), (0.58, 2.2), (0.86, 3.4), (0.2, 3.5), (0.0, 2.5), (-0.2, 3.5), (-0.86, 3.4))
_ROBE = poly((-0.58, 2.2), (0.58, 2.2), (0.9, 3.8), (-0.9, 3.8))
_CLOAK = blob((-0.3, 1.0), (0.3, 1.0), (0.9, 1.5), (1.2, 2.6), (1.3, 3.5), (0, 3.7), (-1.3, 3.5), (-1.2, 2.6),
              (-0.9, 1.5))
_PONCHO = bow(0.03, (-0.3, 1.02), (0.3, 1.02), (1.15, 2.3), (0.6, 2.45), (0, 2.75), (-0.6, 2.45), (-1.15, 2.3),
              (-0.3, 1.02))


def draw_cape(pen: Pen, person: Person) -> None:
    """What hangs behind the body."""
    if person.top[0] in ("cape", "cloak"):
        pen.shape(f"{person.name}.top", _CLOAK, 0.1)


def draw_legs(pen: Pen, person: Person, stride: float) -> None:
    """Legs, bottoms and shoes; ``stride`` swings the legs apart."""
    who, cut = person.name, person.bottom[0]
    boots = cut == "pants" and person.top[0] in ("armor", "pirate", "jacket", "cape", "tunic")
    for side in (-1, 1):
        def leg(outline: Points, side: int = side) -> Points:
            swing = np.maximum(outline[:, 1:] - 2.4, 0) * [stride * side, 0]
            return (outline if side > 0 else mirror(outline)) + (swing if side > 0 else swing[::-1])

        skin = cut in ("skirt", "shorts")
        if cut == "hakama":
            pen.shape(f"{who}.shoes", leg(_SHOE))
            pen.shape(f"{who}.bottom", leg(_WIDE_LEG), 0.1)
            for x in (0.25, 0.5):
                pen.stroke(leg(line((x, 2.8), (x * 1.15, 3.3), (x * 1.3, 3.8))), 0.8)
            continue
        if cut in ("long_skirt", "robe_skirt"):
            pen.shape(f"{who}.shoes", leg(_SHOE))
            continue
        pen.shape(f"{who}.skin" if skin else f"{who}.bottom", leg(_LEG), 0 if skin else 0.1)
        if skin and person.top[0] in ("sailor", "blazer", "sweater"):
            pen.shape("white", leg(poly((0.12, 3.5), (0.47, 3.5), (0.43, 3.98), (0.14, 3.98))))
        pen.shape(f"{who}.shoes", leg(_BOOT if boots else _SHOE))


def draw_bottom(pen: Pen, person: Person) -> None:
    """The part of the bottom that covers the hips."""
    who, cut = person.name, person.bottom[0]
    if cut == "skirt":
        pen.shape(f"{who}.bottom", _SKIRT, 0.1)
        if person.top[0] == "qipao":
            pen.stroke(line((0.5, 2.4), (0.6, 2.8), (0.62, 3.08)), 1.2)
        else:
            for x in (-0.5, -0.17, 0.17, 0.5):
                pen.stroke(line((x * 0.8, 2.3), (x * 1.1, 2.7), (x * 1.3, 3.08)), 0.8)
    elif cut == "long_skirt":
        pen.shape(f"{who}.bottom", _LONG_SKIRT, 0.12)
        for x in (-0.4, 0.1, 0.5):
            pen.stroke(line((x * 0.8, 2.5), (x * 1.2, 3.2), (x * 1.7, 3.85)), 0.8)
    elif cut == "robe_skirt":
        pen.shape(f"{who}.bottom", _ROBE, 0.12)
        pen.stroke(line((0, 2.4), (0.05, 3.1), (0, 3.75)), 0.9)
    elif cut == "shorts":
        for side in (1, -1):
            leg = poly((0.0, 2.4), (0.6, 2.4), (0.64, 3.1), (0.06, 3.14))
            pen.shape(f"{who}.bottom", leg if side > 0 else mirror(leg), 0.08)
    elif cut == "pants":
        pen.shape(f"{who}.bottom", _HIPS, 0.06)


def draw_top(pen: Pen, person: Person, behind: bool) -> None:
    """The torso in its cut, with collar, trimmings and the emblem unless seen from ``behind``."""
    who, cut = person.name, person.top[0]
    top, accent = f"{who}.top", f"{who}.accent"
    pen.shape(f"{who}.skin", poly((-0.22, 0.6), (0.22, 0.6), (0.26, 1.25), (-0.26, 1.25)))
    pen.shadow(poly((-0.24, 0.8), (0.24, 0.8), (0.24, 1.06), (-0.24, 1.14)))
    base = {"cape": accent, "cloak": f"{who}.bottom"}.get(cut,
                                                          f"{who}.woven" if person.weave and cut != "poncho" else top)
    if cut in LONG_COATS:
        pen.shape(top, _TAIL, 0.1)
    pen.shape(base, _BODY, 0.12)
    if not behind:
        _DETAILS.get(cut, _plain)(pen, top, accent, who)
    elif cut in ("hoodie", "raincoat"):
        pen.shape(top, blob((-0.5, 1.0), (0.5, 1.0), (0.36, 1.7), (-0.36, 1.7)), 0.1)
    elif cut == "sailor":
        pen.shape(f"{who}.bottom", poly((-0.55, 1.06), (0.55, 1.06), (0.5, 1.75), (-0.5, 1.75)))
    if cut == "poncho":
        pen.shape(f"{who}.woven", _PONCHO, 0.1)
        pen.shape(accent, blob((-0.36, 0.98), (0.36, 0.98), (0.4, 1.2), (0, 1.32), (-0.4, 1.2)))
    if not behind:
        _emblem(pen, person)


def _emblem(pen: Pen, person: Person) -> None:
    shape = person.emblem[0]
    x, y, size = {"armor": (0, 1.72, 0.3), "poncho": (0, 2.05, 0.3), "overalls": (0, 1.86, 0.22), "suit": (0.34, 1.55,
                                                                                                           0.17),
                  "tee": (0, 1.72, 0.36), "jersey": (0, 1.75, 0.36), "hoodie": (0, 1.7, 0.3), "sweater": (0, 1.75,
                                                                                                          0.34),
                  "tank": (0, 1.75, 0.32), "turtleneck": (0, 1.8, 0.3), "bodysuit": (0, 1.7, 0.32), "raincoat": (0.0,
                                                                                                                 1.8,
                                                                                                                 0.28),
                  "gown": (0, 1.55, 0.2), "qipao": (-0.1, 1.75, 0.3), "cape": (0, 1.62, 0.26), "cloak": (0, 1.75, 0.27),
                  "dress": (0, 1.72, 0.24), "toga": (0.18, 1.86, 0.25)}.get(person.top[0], (0.33, 1.62, 0.23))
    for number, outline in enumerate(EMBLEMS[shape]):
        part = f"{person.name}.emblem" if number == 0 or shape in ("tomoe", "paw", "anchor") else f"{person.name}.top"
        pen.shape(part, outline * size + [x, y], 0, 0.7)


def draw_arm(pen: Pen, person: Person, path: Points, side: int, held: bool = False) -> Points:
    """A sleeve along a smooth ``path`` from shoulder to wrist, and a hand. Gives the hand's place (2,)."""
    who, cut = person.name, person.top[0]
    ahead = path[-1] - path[-3]
    ahead = ahead / np.hypot(*ahead)
    palm = path[-1] + ahead * 0.14
    thickness = np.linspace(0.42, 0.78 if cut in WIDE else 0.36, len(path))
    across = np.array([-ahead[1], ahead[0]])
    hand = f"{who}.accent" if "gloves" in person.wears else f"{who}.skin"
    if not held:
        thumb = np.stack([palm - across * side * 0.04, palm - across * side * 0.2,
                          palm - across * side * 0.26 + ahead * 0.14,
                          palm - across * side * 0.12 + ahead * 0.16])
        pen.shape(hand, thumb, 0, 0.8)
    pen.shape(hand, oval(0, 0, 0.19, 0.2) + palm)
    sleeve = {"cape": f"{who}.accent", "cloak": f"{who}.bottom"}.get(
        cut, f"{who}.woven" if person.weave and cut != "poncho" else f"{who}.top")
    if cut in SHORT or cut in BARE:
        pen.shape(f"{who}.skin", band(path, thickness * 0.8), 0.06)
        if cut in SHORT:
            pen.shape(sleeve, band(path[:len(path) // 2 + 1], thickness[:len(path) // 2 + 1] * 1.15), 0.06)
        if "wristbands" in person.wears:
            pen.shape(f"{who}.accent", band(path[-3:], np.full(3, 0.4)))
    else:
        pen.shape(sleeve, band(path, thickness), 0.08)
        if cut in ("blazer", "pirate", "labcoat", "hoodie"):
            pen.shape(f"{who}.accent" if cut != "labcoat" else sleeve, band(path[-3:], thickness[-3:] * 1.1))
    if cut == "armor":
        pen.shape(f"{who}.top", oval(0, 0, 0.4, 0.34) + path[1] - [0, 0.05], 0.1)
        pen.shape(f"{who}.accent", band(path[-4:], np.full(4, 0.44)))
    return palm


def _plain(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(accent, blob((-0.3, 1.04), (0, 1.16), (0.3, 1.04), (0.32, 1.16), (0, 1.3), (-0.32, 1.16)))


def _sailor(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.bottom", poly((-0.1, 1.06), (-0.5, 1.1), (-0.62, 1.5), (0, 1.72), (0.62, 1.5), (0.5, 1.1),
                                    (0.1, 1.06),
                                    (0, 1.4)))
    for side in (-1, 1):
        pen.shape(accent, poly((0, 1.6), (side * 0.36, 1.44), (side * 0.34, 1.86)))


def _armor(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(accent, poly((-0.6, 2.16), (0.6, 2.16), (0.6, 2.4), (-0.6, 2.4)))
    pen.stroke(line((-0.56, 2.0), (0, 2.12), (0.56, 2.0)), 1.0)
    pen.shape(top, blob((-0.36, 0.98), (0.36, 0.98), (0.42, 1.24), (0, 1.34), (-0.42, 1.24)))


def _wrapped(pen: Pen, top: str, accent: str, who: str) -> None:
    """A kimono's crossed collar and its sash."""
    pen.shape(f"{who}.skin", poly((-0.2, 1.05), (0.2, 1.05), (0, 1.45)), 0, 0)
    for side in (-1, 1):
        pen.shape(accent, poly((side * 0.22, 1.0), (side * 0.4, 1.06), (side * -0.1, 1.76), (side * -0.22, 1.6)))
    pen.shape(accent, poly((-0.6, 2.06), (0.6, 2.06), (0.6, 2.42), (-0.6, 2.42)))
    pen.stroke(line((-0.6, 2.24), (0, 2.26), (0.6, 2.24)), 0.7)


def _gi(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.skin", poly((-0.24, 1.05), (0.24, 1.05), (0, 1.6)), 0, 0.9)
    pen.stroke(line((0, 1.6), (0.1, 1.9), (0.14, 2.2)), 1.0)
    pen.shape(accent, poly((-0.6, 2.2), (0.6, 2.2), (0.6, 2.42), (-0.6, 2.42)))
    for side in (-1, 1):
        pen.shape(accent, poly((0, 2.3), (side * 0.1, 2.3), (side * 0.26, 2.8), (side * 0.06, 2.84)))


def _lapels(pen: Pen, top: str, accent: str, who: str) -> None:
    """A jacket's lapels over a white shirt, and a tie."""
    pen.shape("white", poly((-0.26, 1.06), (0.26, 1.06), (0.04, 1.95), (-0.04, 1.95)))
    pen.shape(accent, poly((-0.08, 1.12), (0.08, 1.12), (0.11, 1.7), (0, 1.88), (-0.11, 1.7)))
    for side in (-1, 1):
        pen.shape(top, poly((side * 0.2, 1.02), (side * 0.46, 1.12), (side * 0.42, 1.45), (side * 0.04, 1.95)))
    pen.stroke(line((0, 1.95), (0.02, 2.2), (0, 2.48)), 1.0)


def _hood(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(top, blob((-0.56, 0.86), (-0.3, 1.2), (0, 1.34), (0.3, 1.2), (0.56, 0.86), (0.7, 1.2), (0.3, 1.5),
                        (0, 1.44),
                        (-0.3, 1.5), (-0.7, 1.2)))
    pen.stroke(line((-0.12, 1.4), (-0.14, 1.6), (-0.12, 1.78)), 1.2, "even")
    pen.stroke(line((0.12, 1.4), (0.14, 1.6), (0.12, 1.78)), 1.2, "even")
    pen.shape(top, poly((-0.34, 2.08), (0.34, 2.08), (0.46, 2.42), (-0.46, 2.42)))


def _dress(pen: Pen, top: str, accent: str, who: str) -> None:
    for side in (-1, 1):
        pen.shape(accent, blob((side * 0.02, 1.14), (side * 0.4, 1.04), (side * 0.46, 1.34), (side * 0.12, 1.4)))
    pen.shape(accent, poly((-0.56, 2.08), (0.56, 2.08), (0.58, 2.26), (-0.58, 2.26)))


def _overalls(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(top, poly((-0.38, 1.56), (0.38, 1.56), (0.56, 2.2), (0.6, 2.5), (-0.6, 2.5), (-0.56, 2.2)), 0.06)
    for side in (-1, 1):
        pen.shape(top, poly((side * 0.24, 1.66), (side * 0.38, 1.64), (side * 0.42, 1.12), (side * 0.3, 1.1)))


def _open(pen: Pen, top: str, accent: str, who: str) -> None:
    """An open coat over a shirt in the accent color."""
    pen.shape(accent, poly((-0.18, 1.06), (0.18, 1.06), (0.16, 2.48), (-0.16, 2.48)))
    for side in (-1, 1):
        pen.shape(top, poly((side * 0.18, 0.98), (side * 0.46, 1.08), (side * 0.5, 1.4), (side * 0.18, 1.7)))


def _tank(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.skin", blob((-0.22, 1.04), (0.22, 1.04), (0.24, 1.3), (0, 1.46), (-0.24, 1.3)), 0, 0.8)
    for side in (-1, 1):
        pen.shape(f"{who}.skin", blob((side * 0.42, 1.12), (side * 0.7, 1.2), (side * 0.7, 1.7), (side * 0.5, 1.6)), 0,
                  0.8)
    pen.shape(accent, poly((-0.56, 2.3), (0.56, 2.3), (0.58, 2.44), (-0.58, 2.44)))


def _vest(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.skin", poly((-0.2, 1.05), (0.2, 1.05), (0.14, 2.46), (-0.14, 2.46)), 0, 0.9)
    for y in (1.35, 1.7, 2.05):
        for side in (-1, 1):
            pen.shape(accent, poly((side * 0.55, y), (side * 0.62, y - 0.14), (side * 0.7, y)), 0, 0.7)
    pen.shape(accent, poly((-0.58, 2.3), (0.58, 2.3), (0.58, 2.46), (-0.58, 2.46)))


def _robe(pen: Pen, top: str, accent: str, who: str) -> None:
    for side in (-1, 1):
        pen.shape(accent, poly((side * 0.16, 1.04), (side * 0.36, 1.08), (side * 0.28, 2.48), (side * 0.12, 2.48)))


def _qipao(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(top, poly((-0.22, 0.92), (0.22, 0.92), (0.28, 1.14), (-0.28, 1.14)))
    pen.shape(accent, band(line((0.0, 1.14), (0.3, 1.3), (0.62, 1.4)), np.full(9, 0.1)))
    pen.shape(accent, oval(0.14, 1.22, 0.08, 0.08), 0, 0.7)


def _cape(pen: Pen, top: str, accent: str, who: str) -> None:
    for side in (-1, 1):
        pen.shape(top, bow(0.08, (side * 0.24, 1.1), (side * 0.86, 0.7), (side * 0.95, 1.5), (side * 0.36, 1.5),
                           (side * 0.24, 1.1)), 0.05)


def _gown(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.skin", blob((-0.4, 1.1), (0, 1.02), (0.4, 1.1), (0.3, 1.3), (0, 1.36), (-0.3, 1.3)), 0, 0.8)
    pen.shape(accent, bow(0.2, (-0.6, 2.2), (-0.3, 2.05), (0, 2.2), (0.3, 2.05), (0.6, 2.2), (0.6, 2.4), (-0.6, 2.4),
                          (-0.6, 2.2)))


def _bodysuit(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(accent, poly((-0.3, 0.95), (0.3, 0.95), (0.34, 1.2), (-0.34, 1.2)))
    for side in (-1, 1):
        pen.shape(accent, poly((side * 0.4, 1.14), (side * 0.56, 1.2), (side * 0.5, 2.48), (side * 0.36, 2.48)))


def _tunic(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(top, poly((-0.56, 2.3), (0.56, 2.3), (0.72, 2.9), (0.36, 2.75), (0, 2.95), (-0.36, 2.75), (-0.72, 2.9)),
              0.06)
    pen.shape(accent, poly((-0.58, 2.18), (0.58, 2.18), (0.6, 2.38), (-0.6, 2.38)))
    pen.stroke(line((0, 1.1), (0.02, 1.3), (0, 1.5)), 1.2)


def _toga(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(f"{who}.skin", poly((-0.3, 1.08), (0.2, 1.08), (-0.62, 1.75), (-0.66, 1.3)), 0, 0.8)
    pen.shape(accent, poly((0.24, 1.06), (0.44, 1.1), (-0.56, 2.1), (-0.6, 1.86)))


def _turtleneck(pen: Pen, top: str, accent: str, who: str) -> None:
    pen.shape(top, poly((-0.3, 0.84), (0.3, 0.84), (0.34, 1.2), (-0.34, 1.2)))
    pen.shape(accent, poly((-0.6, 1.36), (-0.46, 1.2), (0.6, 2.2), (0.58, 2.42)))


_DETAILS = {
    "sailor": _sailor, "armor": _armor, "kimono": _wrapped, "miko": _wrapped, "gi": _gi, "blazer": _lapels,
    "suit": _lapels,
    "hoodie": _hood, "raincoat": _hood, "dress": _dress, "overalls": _overalls, "coat": _open, "labcoat": _open,
    "jacket": _open, "pirate": _open, "tank": _tank, "vest": _vest, "robe": _robe, "qipao": _qipao, "cape": _cape,
    "cloak": _cape, "gown": _gown, "bodysuit": _bodysuit, "tunic": _tunic, "toga": _toga, "turtleneck": _turtleneck,
}
