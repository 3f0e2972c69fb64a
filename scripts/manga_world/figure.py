"""A whole character: pose, view and mood put together from hair, clothes, face and accessories."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from .accessories import BEHIND, FACE, HEAD, NECK
from .canvas import Canvas, Pen
from .clothes import FEET, draw_arm, draw_bottom, draw_cape, draw_legs, draw_top
from .faces import MOODS, draw_face
from .hairstyles import FRONTS, draw_back, draw_behind, draw_front
from .people import BY_NAME, Person
from .props import HELD
from .shapes import line, oval

ARMS = {
    "rest": line((0.56, 1.3), (0.86, 1.85), (0.84, 2.4)),
    "up": line((0.56, 1.32), (1.15, 1.3), (1.4, 0.55)),
    "hip": line((0.56, 1.3), (1.2, 1.8), (0.66, 2.2)),
    "out": line((0.56, 1.32), (1.15, 1.42), (1.75, 1.2)),
    "chin": line((0.56, 1.34), (0.95, 1.9), (0.42, 1.25)),
    "fold": line((0.56, 1.32), (0.9, 1.95), (0.0, 1.95)),
}
POSES = {"down": ("rest", "rest"), "wave": ("rest", "up"), "hips": ("hip", "hip"), "point": ("hip", "out"),
         "cheer": ("up", "up"), "think": ("rest", "chin"), "run": ("fold", "out"), "shy": ("fold", "fold")}
IN_FRONT = ("chin", "fold")


@dataclass(frozen=True)
class Act:
    """What a character does in one panel. ``turn`` is in radians; from ``behind`` there is no face."""

    mood: str = "calm"
    pose: str = "down"
    turn: float = 0.0
    behind: bool = False
    held: str | None = None
    stride: float = 0.0


def chosen_act(rng: Generator, mood: str, hard: bool, behind: bool = True) -> Act:
    """A random act: front views at the easy level; all views, from ``behind`` if allowed, and props at the hard one."""
    pose = str(rng.choice(list(POSES)))
    if not hard:
        return Act(mood, pose, float(rng.choice([0.0, 0.0, 0.15, 0.3])))
    view, held = rng.random(), None
    turn = 0.0 if view < 0.3 else float(rng.uniform(0.2, 0.7)) if view < 0.65 else float(rng.uniform(0.95, 1.2))
    if rng.random() < 0.5 and pose in ("wave", "point", "cheer"):
        held = str(rng.choice(list(HELD)))
    return Act(mood, pose, round(turn, 1), behind and rng.random() < 0.15, held,
               float(rng.choice([0.0, 0.0, 0.25, 0.5])))


def body_height(name: str) -> float:
    """How many head radii the feet are below the middle of the head."""
    return BY_NAME[name].build[1] * (FEET - 1.0) + 1.0


def draw_character(canvas: Canvas, pen: Pen, name: str, act: Act) -> None:
    """Draw ``name`` on a layer of its own with the head's centre at the pen's origin, and lay it on the canvas."""
    layer = canvas.layer()
    _draw(replace(pen, canvas=layer), BY_NAME[name], act)
    canvas.lay(layer, pen.line * 1.3)


def _draw(pen: Pen, person: Person, act: Act) -> None:
    who, hair = person.name, f"{person.name}.hair"
    back, front, _ = person.hair
    slim = 1.0 - 0.25 * float(np.sin(act.turn))
    wide, high = person.build
    # Bodies hang from the neck at y = 1, so that taller ones only reach further down.
    neck = pen.y + pen.size * (1.0 - high) * float(np.cos(pen.tilt))
    body = replace(pen, y=neck, stretch=(wide * slim, high))
    if act.behind:
        _draw_behind(pen, body, person, act)
        return
    draw_back(pen, back, hair, act.turn)
    draw_cape(body, person)
    draw_legs(body, person, act.stride)
    if person.top[0] in ("tunic", "poncho"):
        draw_bottom(body, person)
    arms = list(zip(POSES[act.pose], (-1, 1), strict=True))
    if act.turn > 0.6:
        _arm(body, person, act, *arms.pop(1))
    draw_top(body, person, False)
    if person.top[0] not in ("tunic", "poncho"):
        draw_bottom(body, person)
    for arm, side in arms:
        if arm not in IN_FRONT:
            _arm(body, person, act, arm, side)
    for wear in person.wears:
        if wear in NECK:
            NECK[wear](body if wear == "belt" else pen, who, act.turn)
    draw_face(pen, person, act.mood, act.turn)
    if front in FRONTS and "straw_hat" not in person.wears:
        _hair_shadow(pen, person, act.turn)
    for wear in person.wears:
        if wear in FACE:
            FACE[wear](pen, who, act.turn)
    if front in FRONTS:
        draw_front(pen, front, hair, act.turn)
    draw_back(pen, back, hair, act.turn, near=True)
    for wear in person.wears:
        if wear in HEAD:
            HEAD[wear](pen, who, act.turn)
    for arm, side in arms:
        if arm in IN_FRONT:
            _arm(body, person, act, arm, side)


def _draw_behind(pen: Pen, body: Pen, person: Person, act: Act) -> None:
    draw_legs(body, person, act.stride)
    for arm, side in zip(POSES[act.pose], (-1, 1), strict=True):
        if arm in IN_FRONT:
            _arm(body, person, act, arm, side)
    draw_bottom(body, person)
    draw_top(body, person, True)
    for arm, side in zip(POSES[act.pose], (-1, 1), strict=True):
        if arm not in IN_FRONT:
            _arm(body, person, act, arm, side)
    draw_cape(body, person)
    pen.shape(f"{person.name}.skin", oval(0, 0, 0.9, 0.95))
    for wear in person.wears:
        if wear in NECK and wear in BEHIND:
            NECK[wear](pen, person.name, 0.0)
    if person.hair[1] in FRONTS:
        draw_behind(pen, person.hair[0], person.hair[1], f"{person.name}.hair")
    for wear in person.wears:
        if wear in HEAD and wear in BEHIND:
            HEAD[wear](pen, person.name, 0.0)


def _arm(body: Pen, person: Person, act: Act, arm: str, side: int) -> None:
    path = ARMS[arm] * [side, 1]
    holds = act.held if side > 0 else None
    if holds:
        at = path[-1] + (path[-1] - path[-3]) * 0.5
        HELD[holds](body.moved(float(at[0]), float(at[1])))
    draw_arm(body, person, path, side, holds is not None)


def _hair_shadow(pen: Pen, person: Person, turn: float) -> None:
    """What the fringe throws on the forehead."""
    shift = 0.2 * float(np.sin(turn))
    pen.shadow(oval(shift, -0.5, 0.86, 0.46), f"{person.name}.skin")


def chosen_mood(rng: Generator) -> str:
    return str(rng.choice(MOODS))
