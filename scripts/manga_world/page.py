"""Pages: panels, what happens in them, and the three finished pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .canvas import INK, Canvas, Numbers, Pen
from .curves import Points
from .figure import body_height, chosen_act, chosen_mood, draw_character
from .finish import Finish, finished
from .lettering import bubble, sound
from .panels import frame, panels
from .people import PEOPLE
from .props import STANDING
from .scenery import FEELINGS, PLACES, Place, Rect
from .shapes import oval
from .structure import panel_map, text_map

UNITS = 256.0


@dataclass(frozen=True)
class Level:
    """What a level asks for. ``shots`` are (kind, weight); chances are per panel, ``toned`` per character and page."""

    layouts: tuple[tuple[int, ...], ...]
    shots: tuple[tuple[str, float], ...]
    cast: tuple[int, int]
    shadows: bool
    close_backdrop: float
    bubbles: tuple[float, ...]
    sounds: float
    props: float
    toned: float
    bare_places: float
    worn_scans: float


EASY = Level(layouts=((1,), (1, 1), (1, 1), (1, 2), (2, 1)),
             shots=(("face", 0.3), ("bust", 0.4), ("duo", 0.2), ("full", 0.1)), cast=(2, 3), shadows=False,
             close_backdrop=0.3, bubbles=(0.5,), sounds=0.1, props=0.15, toned=1.0, bare_places=0.0, worn_scans=0.0)
HARD = Level(layouts=((1, 2, 1), (2, 1, 2), (2, 2), (1, 2, 2), (2, 2, 1), (2, 2, 2), (1, 3, 2), (3, 1, 2), (2, 3, 1),
                      (2, 1, 3),
                      (1, 2, 3), (1, 1, 2)),
             shots=(("face", 0.12), ("crop", 0.13), ("bust", 0.14), ("duo", 0.16), ("full", 0.15), ("group", 0.2),
                    ("crowd", 0.1)),
             cast=(4, 6), shadows=True, close_backdrop=0.45, bubbles=(0.85, 0.4), sounds=0.3, props=0.5, toned=0.75,
             bare_places=0.3, worn_scans=0.4)
RULES = {"easy": EASY, "hard": HARD}


def render_page(seed: int, index: int, width: int, height: int,
                level: str = "hard") -> tuple[Image.Image, Image.Image, Image.Image]:
    """Page ``index`` of the world ``seed``: scan (mode L), coloring (RGB), label map (I;16) of that size.

    The same arguments always give the same pictures. ``level`` is easy or hard.
    """
    canvas, finish, _ = _drawn_page(seed, index, width, height, level)
    return finished(canvas, finish)


def render_page_and_structure(seed: int, index: int, width: int, height: int,
                              level: str = "hard") -> tuple[Image.Image, ...]:
    """The pictures of ``render_page``, then the page's panel map and text map (I;16, see ``structure.py``)."""
    canvas, finish, quads = _drawn_page(seed, index, width, height, level)
    return (*finished(canvas, finish), panel_map(canvas, quads, finish.factor), text_map(canvas, finish.factor))


def _drawn_page(seed: int, index: int, width: int, height: int, level: str) -> tuple[Canvas, Finish, list[Points]]:
    """A page before it is printed: its canvas, how to print it, the quadrilaterals of its panels."""
    rules = RULES[level]
    rng = np.random.default_rng([seed, index, list(RULES).index(level) + 1])
    factor = 3 if width <= 512 else 2
    size = (width * factor, height * factor)
    canvas = Canvas(Numbers(), size[0] / UNITS, (0, 0, *size), rules.shadows)
    place = str(rng.choice(list(PLACES)))
    names = [person.name for person in PEOPLE]
    cast = [str(name) for name in rng.permutation(names)[:rng.integers(rules.cast[0], rules.cast[1] + 1)]]
    quads = panels(rng, height * UNITS / width, rules.layouts)
    for number, corners in enumerate(quads):
        if number and rng.random() < 0.15 and level == "hard" and number == len(quads) // 2:
            place = str(rng.choice(list(PLACES)))
        turn = (2 * number) % len(cast)
        _draw_panel(canvas, corners, PLACES[place], cast[turn:] + cast[:turn], rules, rng)
    untoned = {name for name in cast if rng.random() >= rules.toned}
    return canvas, Finish(level, (width, height), factor, untoned, rng.random() < rules.bare_places,
                          str(rng.choice(["shade_dots", "shade_hatch", "shade_back"])),
                          rng if rng.random() < rules.worn_scans else None), quads


def _draw_panel(page: Canvas, corners: Points, place: Place, cast: list[str], rules: Level, rng: Generator) -> None:
    """Draw one panel on a canvas of its own, and lay it into the page through its border."""
    rect = (*corners.min(0), *corners.max(0))
    low = np.maximum(np.floor(corners.min(0) * page.scale), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(0) * page.scale), page.size).astype(int)
    panel = Canvas(page.parts, page.scale, (int(low[0]), int(low[1]), int(high[0]), int(high[1])), page.shading)
    xs, ys = np.sort(corners[:, 0]), np.sort(corners[:, 1])
    _draw_scene(panel, rect, (xs[1], ys[1], xs[2], ys[2]), place, cast, rules, rng)
    mask = Image.new("L", panel.size, 0)
    ImageDraw.Draw(mask).polygon(panel.to_pixels(corners).ravel().tolist(), fill=255)
    page.numbers.paste(panel.numbers, panel.box, mask)
    page.plain.paste(panel.plain, panel.box, mask)
    page.balloons.paste(panel.balloons, panel.box, mask)
    for side in frame(corners):
        page.fill(INK, side)
        page.fill_balloon(0, side)


def _draw_scene(panel: Canvas, rect: Rect, inside: Rect, place: Place, cast: list[str], rules: Level,
                rng: Generator) -> None:
    """Fill ``rect`` with a place or a feeling, figures and props, and keep the letters ``inside`` the border."""
    x0, y0, x1, y1 = rect
    wide, high = x1 - x0, y1 - y0
    kinds, weights = zip(*rules.shots, strict=True)
    shot = str(rng.choice(kinds, p=np.array(weights) / sum(weights)))
    mood = chosen_mood(rng)
    count = {"duo": 2, "group": 3, "crowd": 5}.get(shot, 1)
    count = min(count, max(1, round(wide / 38)), len(cast))
    backdrop = FEELINGS[mood][rng.integers(len(FEELINGS[mood]))]
    (backdrop if count <= 2 and rng.random() < rules.close_backdrop else place)(panel, rect, rng)
    if rng.random() < rules.props and shot not in ("face", "crop"):
        _stand(panel, (x0 + wide * rng.uniform(0.05, 0.95), y0 + high * rng.uniform(0.86, 0.95)),
               high * rng.uniform(0.06, 0.12), rng)
    heads = []
    hard = rules.shadows
    order = rng.permutation(count)
    for slot in range(count):
        name = cast[slot]
        spot = (order[slot] + 1) / (count + 1) if count > 1 else rng.uniform(0.3, 0.7)
        size, y = _frame(shot, wide / count ** 0.62, high, name, rng)
        pen = Pen(panel, x0 + wide * spot, y0 + y, size, int(rng.choice([-1, 1])),
                  round(float(rng.uniform(-0.08, 0.08)), 2))
        act = chosen_act(rng, mood if slot == 0 else chosen_mood(rng), hard, shot not in ("crop", "face"))
        if shot in ("full", "group", "crowd"):
            _ground_shadow(panel, pen, name)
        draw_character(panel, pen, name, act)
        heads.append((pen.x, pen.y, size))
    if hard and rng.random() < 0.2:
        lean = wide * rng.uniform(-0.3, 0.3)
        panel.shadow(np.array([(x0 + wide * 0.7, y0), (x1, y0), (x1, y1), (x0 + wide * 0.7 + lean, y1)]))
    if rng.random() < rules.props * 0.5:
        size = min(wide * 0.12, high * rng.uniform(0.1, 0.16))
        _stand(panel, (x0 + wide * rng.choice([0.12, 0.88]), y1 + high * 0.02), size, rng)
    _letter(panel, inside, heads, mood, rules, rng)


def _stand(panel: Canvas, foot: tuple[float, float], size: float, rng: Generator) -> None:
    """A prop in front of what is there already."""
    layer = panel.layer()
    STANDING[str(rng.choice(list(STANDING)))](Pen(layer, *foot, size, int(rng.choice([-1, 1]))))
    panel.lay(layer, 1.2)


def _ground_shadow(panel: Canvas, pen: Pen, name: str) -> None:
    foot = pen.y + pen.size * (body_height(name) - 0.05)
    if panel.shading:
        panel.shadow(oval(0, 0, 1, 1) * [pen.size * 1.5, pen.size * 0.3] + [pen.x + pen.size * 0.4, foot])


def _frame(shot: str, wide: float, high: float, name: str, rng: Generator) -> tuple[float, float]:
    """The size of a head (its radius, units) and its height in the panel, for a kind of shot."""
    if shot == "crop":
        size = min(wide, high) * rng.uniform(0.45, 0.7)
        return size, high * rng.uniform(0.25, 0.75)
    if shot == "face":
        size = min(wide * 0.34, high * 0.36) * rng.uniform(0.9, 1.1)
        return size, high * 0.58
    if shot in ("bust", "duo"):
        size = min(wide * 0.24, high * 0.25) * rng.uniform(0.9, 1.05)
        return size, high * rng.uniform(0.5, 0.58)
    feet = body_height(name)
    size = min(wide * 0.24, high * (0.86 if shot == "full" else 0.74) / (feet + 1.2)) * rng.uniform(0.8, 1.1)
    return size, high * rng.uniform(0.95, 1.0) - feet * size


def _letter(panel: Canvas, rect: Rect, heads: list[tuple[float, float, float]], mood: str, rules: Level,
            rng: Generator) -> None:
    """Bubbles in the upper corners, the first away from the first head, and sometimes a sound effect below."""
    x0, y0, x1, y1 = rect
    wide, high = x1 - x0, y1 - y0
    first = -1 if heads[0][0] > (x0 + x1) / 2 else 1
    loud = mood in ("angry", "shock", "laugh")
    for side, chance in zip((first, -first), rules.bubbles, strict=False):
        if rng.random() < chance and wide > (46 if side == first else 84):
            speaker = heads[0] if side == first else heads[-1]
            mouth = (speaker[0] + side * speaker[2] * 0.6, speaker[1] + speaker[2] * 0.3)
            bubble(panel, (x1 if side > 0 else x0, y0), side, min(wide * 0.38, 74.0), mouth, loud, rng)
    if rng.random() < rules.sounds:
        sound(panel, (x0 if first > 0 else x1, y1), -first, float(min(wide * 0.16, high * 0.22, 24)), rng)
