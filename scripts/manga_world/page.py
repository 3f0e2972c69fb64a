"""Pages: irregular panels, what happens in them, and the two finished pictures."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from .cast import CAST, FEET, MOODS, POSES, Act, draw_character
from .ink import Pen, Points, Sheet, ribbon
from .lettering import bubble, sound
from .places import FEELINGS, PLACES, Place, Rect

LAYOUTS = ((1, 1), (2, 1), (1, 2), (1, 1, 1), (2, 2), (1, 2, 1), (2, 1, 2), (1, 2, 2), (1, 1, 2), (2, 1, 1))
SHOTS = ("face",) * 3 + ("bust",) * 3 + ("duo",) * 2 + ("full",) * 3 + ("group", "group", "view")
UNITS = 256.0
MARGIN, GUTTER = 7.0, 5.0


def render_page(seed: int, index: int, width: int = 256, height: int = 368) -> tuple[Image.Image,
                                                                                     Image.Image]:
    """Page ``index`` of the world ``seed``: its scan (mode L) and its coloring (mode RGB).

    The same arguments always give the same pictures of ``width`` x ``height`` pixels.
    """
    rng = np.random.default_rng([seed, index])
    factor = 3 if width <= 512 else 2
    size = (width * factor, height * factor)
    scale = size[0] / UNITS
    page = Sheet(size, scale, (0, 0, *size))
    place = PLACES[rng.integers(len(PLACES))]
    cast = [str(name) for name in rng.permutation(CAST)[:3]]
    for number, corners in enumerate(_panels(rng, height * UNITS / width)):
        _draw_panel(page, corners, place, cast[number % 3:] + cast[:number % 3], rng)
    scan, coloring = (layer.resize((width, height), Image.Resampling.BOX) for layer in (page.scan, page.coloring))
    return scan, coloring


def _crossing(row: Points, column: Points) -> Points:
    """Where the row line y = a + b x meets the column line x = c + d y."""
    y = (row[0] + row[1] * column[0]) / (1 - row[1] * column[1])
    return np.array([column[0] + column[1] * y, y])


def _panels(rng: Generator, high: float) -> list[Points]:
    """Panel quadrilaterals (4, 2) in units, clockwise from the upper left, for a page ``high`` units high."""
    counts = LAYOUTS[rng.integers(len(LAYOUTS))]
    shares = np.cumsum(rng.uniform(0.8, 1.3, len(counts)))
    levels = MARGIN + (high - 2 * MARGIN) * np.concatenate([[0], shares / shares[-1]])
    slopes = np.where(rng.random(len(levels)) < 0.5, rng.uniform(-0.1, 0.1, len(levels)), 0)
    slopes[[0, -1]] = 0
    rows = [np.array([level - slope * UNITS / 2, slope]) for level, slope in zip(levels, slopes, strict=True)]
    left, right = np.array([MARGIN, 0.0]), np.array([UNITS - MARGIN, 0.0])
    half, panels = np.array([GUTTER / 2, 0.0]), []
    for top, bottom, count in zip(rows[:-1], rows[1:], counts, strict=True):
        columns = [left, right]
        if count == 2:
            lean = rng.uniform(-0.22, 0.22) if rng.random() < 0.5 else 0.0
            centre = UNITS * rng.uniform(0.4, 0.6) - lean * (top[0] + bottom[0]) / 2
            middle = np.array([centre, lean])
            columns = [left, middle - half, middle + half, right]
        for a, b in zip(columns[::2], columns[1::2], strict=True):
            upper, lower = top + half, bottom - half
            ring = ((upper, a), (upper, b), (lower, b), (lower, a))
            panels.append(np.stack([_crossing(row, column) for row, column in ring]))
    return panels


def _draw_panel(page: Sheet, corners: Points, place: Place, cast: list[str], rng: Generator) -> None:
    """Draw one panel on a sheet of its own, and lay it into the page through its border."""
    rect = (*corners.min(0), *corners.max(0))
    low = np.maximum(np.floor(corners.min(0) * page.scale), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(0) * page.scale), page.size).astype(int)
    sheet = Sheet(page.size, page.scale, (int(low[0]), int(low[1]), int(high[0]), int(high[1])))
    xs, ys = np.sort(corners[:, 0]), np.sort(corners[:, 1])
    inside = (xs[1], ys[1], xs[2], ys[2])
    _draw_scene(sheet, rect, inside, place, cast, rng)
    mask = Image.new("L", sheet.size, 0)
    ImageDraw.Draw(mask).polygon(sheet.to_pixels(corners).ravel().tolist(), fill=255)
    page.scan.paste(sheet.scan, sheet.box, mask)
    page.coloring.paste(sheet.coloring, sheet.box, mask)
    for start, stop in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = (stop - start) / np.hypot(*(stop - start))
        page.ink(ribbon(np.stack([start - along, stop + along]), np.full(2, 2.0)))


def _draw_scene(sheet: Sheet, rect: Rect, inside: Rect, place: Place, cast: list[str],
                rng: Generator) -> None:
    """Fill ``rect`` with a place or a feeling and figures, and keep the letters ``inside`` the border."""
    x0, y0, x1, y1 = rect
    wide, high = x1 - x0, y1 - y0
    shot = str(rng.choice(SHOTS))
    mood = str(rng.choice(MOODS))
    close = shot in ("face", "bust")
    if close and rng.random() < 0.45:
        feelings = FEELINGS[mood]
        feelings[rng.integers(len(feelings))](sheet, rect, rng)
    else:
        place(sheet, rect, rng)
    count = {"duo": 2, "group": 3, "view": 0}.get(shot, 1)
    if count == 3 and wide < 150:
        count = 2
    heads = []
    for slot, who in enumerate(cast[:count]):
        share = (slot + 1) / (count + 1) if count > 1 else rng.uniform(0.36, 0.64)
        size, y = _frame(shot, wide / count ** 0.7, high, rng)
        x = x0 + wide * share
        feeling = mood if slot == 0 else str(rng.choice(MOODS))
        act = Act(feeling, str(rng.choice(POSES)), float(rng.uniform(-1, 1)))
        pen = Pen(sheet, x, y0 + y, size, int(rng.choice([-1, 1])), float(rng.uniform(-0.06, 0.06)))
        draw_character(pen, who, act)
        heads.append((x, y0 + y, size))
    if heads:
        _letter(sheet, inside, heads, mood, rng)


def _frame(shot: str, wide: float, high: float, rng: Generator) -> tuple[float, float]:
    """The size of a head (its radius, units) and its height in the panel, for a kind of shot."""
    if shot == "face":
        size = min(wide * 0.36, high * 0.4) * rng.uniform(0.9, 1.1)
        return size, high * 0.58
    if shot in ("bust", "duo"):
        size = min(wide * 0.24, high * 0.27) * rng.uniform(0.9, 1.05)
        return size, high * rng.uniform(0.5, 0.58)
    size = min(wide * 0.2, high * 0.135) * rng.uniform(0.9, 1.1)
    return size, high * 0.97 - FEET * size


def _letter(sheet: Sheet, rect: Rect, heads: list[tuple[float, float, float]], mood: str,
            rng: Generator) -> None:
    """Put a bubble in an upper corner away from the first head, and sometimes a sound effect."""
    x0, y0, x1, y1 = rect
    wide, high = x1 - x0, y1 - y0
    x, y, size = heads[0]
    side = -1 if x > (x0 + x1) / 2 else 1
    if rng.random() < 0.8:
        room = min(wide * 0.42, 74.0)
        mouth, loud = (x + side * size * 0.6, y + size * 0.3), mood in ("angry", "shock", "laugh")
        bubble(sheet, (x1 if side > 0 else x0, y0), side, room, mouth, loud, rng)
    if rng.random() < 0.3:
        sound(sheet, (x0 if side > 0 else x1, y1), -side, float(min(wide * 0.16, high * 0.22, 24)), rng)
