"""Backgrounds: places with fixed colors and their props, and the backdrops of strong feelings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from .hair import bowed
from .ink import Pen, Points, Sheet, ellipse, points, ribbon, smooth

Rect = tuple[float, float, float, float]
Place = Callable[[Sheet, Rect, Generator], None]


def _block(x0: float, y0: float, x1: float, y1: float) -> Points:
    return points((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _cloud(sheet: Sheet, x: float, y: float, size: float) -> None:
    angle = np.radians(np.linspace(0, 360, 10))
    ring = np.stack([x + size * 1.9 * np.cos(angle), y + size * 0.8 * np.sin(angle)], 1)
    Pen(sheet, 0, 0, 1).shape("cloud", bowed(ring, 0.25), 0)


def _sky(sheet: Sheet, rect: Rect, rng: Generator, bottom: float) -> None:
    x0, y0, x1, _ = rect
    sheet.paint("sky", _block(x0, y0, x1, bottom))
    for _ in range(rng.integers(1, 4)):
        _cloud(sheet, rng.uniform(x0, x1), rng.uniform(y0 + 4, y0 + (bottom - y0) * 0.7), rng.uniform(6, 14))


def _ridge(rng: Generator, rect: Rect, y: float, swing: float, count: int = 6) -> Points:
    """The land below a rolling line at height ``y``."""
    x0, _, x1, y1 = rect
    xs = np.linspace(x0 - 8, x1 + 8, count)
    line = smooth(np.stack([xs, y + rng.uniform(-swing, swing, count)], 1), closed=False)
    return np.concatenate([line, points((x1 + 8, y1 + 8), (x0 - 8, y1 + 8))])


def _boat(pen: Pen) -> None:
    pen.shape("sail", points((-0.08, -1.5), (-0.08, -0.2), (-0.9, -0.2)), 0)
    pen.shape("sail", points((0.1, -1.3), (0.1, -0.2), (0.7, -0.2)), 0)
    pen.shape("boat", points((-1.0, -0.1), (1.0, -0.1), (0.65, 0.35), (-0.7, 0.35)), 0.1)


def _palm(pen: Pen) -> None:
    trunk = smooth(points((0, 0), (0.2, -1.5), (0, -3.0)), closed=False)
    pen.shape("wood", ribbon(trunk, np.linspace(0.5, 0.3, len(trunk))))
    for turn in (-2.9, -2.3, -0.8, -0.2, 0.4, 2.7):
        c, s = np.cos(turn), np.sin(turn)
        frond = points((0, 0), (0.7, -0.3), (1.7, 0.1), (0.7, 0.2)) @ np.array([[c, s], [-s * 0.7, c * 0.7]])
        pen.shape("leaf", smooth(frond + points((0, -3.0))))


def _tree(pen: Pen) -> None:
    pen.shape("wood", points((-0.22, -1.2), (0.22, -1.2), (0.34, 0.1), (-0.34, 0.1)))
    angle = np.radians(np.linspace(0, 360, 10))
    pen.shape("leaf", bowed(np.stack([1.15 * np.cos(angle), -2.0 + 1.15 * np.sin(angle)], 1), 0.25), 0.3)


def _bush(pen: Pen) -> None:
    angle = np.radians(np.linspace(0, 360, 10))
    pen.shape("hill", bowed(np.stack([1.6 * np.cos(angle), 0.9 * np.sin(angle)], 1), 0.25), 0.2)


def _mushroom(pen: Pen) -> None:
    pen.shape("sock", points((-0.3, -0.6), (0.3, -0.6), (0.4, 0.5), (-0.4, 0.5)), 0)
    cap = points((-1.1, -0.4), (-0.7, -1.2), (0, -1.5), (0.7, -1.2), (1.1, -0.4), (0, -0.25))
    pen.shape("petal", smooth(cap), 0.2)
    for x, y in ((-0.45, -0.8), (0.1, -1.1), (0.55, -0.7)):
        pen.shape("paper", ellipse(x, y, 0.17, 0.15), 0, 0)


def _flower(pen: Pen) -> None:
    pen.stroke(points((0, 0), (0.1, -0.6), (0, -1.2)), 1.2)
    for turn in np.radians(range(0, 360, 72)):
        pen.shape("petal", ellipse(0.42 * np.cos(turn), -1.4 + 0.42 * np.sin(turn), 0.32, 0.32), 0, 0.8)
    pen.shape("lamp", ellipse(0, -1.4, 0.26, 0.26), 0, 0.8)


def seaside(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    horizon, shore = y0 + high * rng.uniform(0.32, 0.48), y0 + high * rng.uniform(0.66, 0.78)
    pen = Pen(sheet, 0, 0, 1)
    _sky(sheet, rect, rng, horizon + 1)
    pen.shape("sea", _block(x0 - 5, horizon, x1 + 5, y1 + 5), 0)
    at, size = rng.uniform(x0 + 10, x1 - 10), rng.uniform(7, 11)
    _boat(Pen(sheet, at, horizon + 2, size, int(rng.choice([-1, 1]))))
    pen.shape("sand", _ridge(rng, rect, shore, 4), 0)
    if rng.random() < 0.6:
        flip = int(rng.choice([-1, 1]))
        _palm(Pen(sheet, x0 + 10 if flip > 0 else x1 - 10, y1 - high * 0.1, high * 0.2, flip))


def meadow(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen = Pen(sheet, 0, 0, 1)
    _sky(sheet, rect, rng, y0 + high * 0.75)
    pen.shape("hill", _ridge(rng, rect, y0 + high * 0.46, high * 0.07, 5), 0)
    ground = y0 + high * rng.uniform(0.6, 0.7)
    for x in np.arange(x0 + rng.uniform(0, 25), x1, 34):
        _tree(Pen(sheet, float(x), ground + 3, high * rng.uniform(0.11, 0.16)))
    pen.shape("grass", _ridge(rng, rect, ground, 3), 0)
    for _ in range(rng.integers(2, 6)):
        _flower(Pen(sheet, rng.uniform(x0, x1), rng.uniform(ground + 12, y1), 5.5))


def forest(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    sheet.paint("leaf", _block(x0, y0, x1, y1))
    pen = Pen(sheet, 0, 0, 1)
    for x in np.arange(x0 + rng.uniform(4, 20), x1, 30) + rng.uniform(-5, 5):
        wide = rng.uniform(4, 7)
        pen.shape("wood", points((x - wide, y0 - 3), (x + wide, y0 - 3), (x + wide, y0 + high * 0.7),
                                 (x + wide * 1.8, y0 + high * 0.86), (x - wide * 1.8, y0 + high * 0.86),
                                 (x - wide, y0 + high * 0.7)), 2)
    ground = y0 + high * 0.76
    for _ in range(rng.integers(1, 4)):
        _bush(Pen(sheet, rng.uniform(x0, x1), ground + 3, high * rng.uniform(0.1, 0.14)))
    pen.shape("grass", _ridge(rng, rect, ground, 3), 0)
    for _ in range(rng.integers(2, 5)):
        _mushroom(Pen(sheet, rng.uniform(x0, x1), rng.uniform(ground + 9, y1), rng.uniform(4.5, 6.5)))


def room(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    ground = y0 + high * rng.uniform(0.68, 0.78)
    pen = Pen(sheet, 0, 0, 1)
    sheet.paint("wall", _block(x0, y0, x1, y1))
    _window(sheet, (x0 + (x1 - x0) * rng.uniform(0.05, 0.5), y0 + high * 0.1), min(high * 0.42, 52), rng)
    if x1 - x0 > 90:
        _shelf(sheet, x0 + (x1 - x0) * rng.uniform(0.55, 0.8), y0 + high * 0.28, rng)
    pen.shape("floor", _block(x0 - 5, ground, x1 + 5, y1 + 5), 0)
    depth = y1 - ground
    pen.shape("rug", ellipse((x0 + x1) / 2, ground + depth * 0.6, (x1 - x0) * 0.3, depth * 0.25), 0)


def _window(sheet: Sheet, corner: tuple[float, float], size: float, rng: Generator) -> None:
    x, y = corner
    pen = Pen(sheet, 0, 0, 1)
    pen.shape("frame", _block(x - 3, y - 3, x + size + 3, y + size + 3), 0)
    pen.shape("sky", _block(x, y, x + size, y + size), 0)
    _cloud(sheet, x + size * 0.5, y + size * rng.uniform(0.4, 0.6), size * 0.13)
    pen.shape("frame", _block(x + size / 2 - 1.4, y, x + size / 2 + 1.4, y + size), 0, 0.8)
    for side in (0, 1):
        edge = x - 5 + side * (size + 10)
        inward = 1 - 2 * side
        pen.shape("book.green", points((edge, y - 5), (edge + inward * size * 0.34, y - 5),
                                       (edge + inward * size * 0.12, y + size + 4), (edge, y + size + 5)), 1)


def _shelf(sheet: Sheet, x: float, y: float, rng: Generator) -> None:
    pen = Pen(sheet, 0, 0, 1)
    at = x
    for _ in range(5):
        wide, tall = rng.uniform(5, 7.5), rng.uniform(15, 22)
        pen.shape(f"book.{rng.choice(['red', 'blue', 'green'])}", _block(at, y - tall, at + wide, y), 0)
        at += wide
    pen.shape("frame", _block(x - 4, y, at + 4, y + 4), 0)


def street(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen = Pen(sheet, 0, 0, 1)
    sheet.paint("night", _block(x0, y0, x1, y1))
    pen.shape("moon", ellipse(rng.uniform(x0 + 14, x1 - 14), y0 + high * 0.2, 10, 10), 2)
    ground = y0 + high * rng.uniform(0.76, 0.84)
    x = x0 - rng.uniform(0, 14)
    while x < x1:
        wide, top = rng.uniform(26, 44), y0 + high * rng.uniform(0.3, 0.5)
        pen.shape("brick", _block(x, top, x + wide, ground + 3), 0)
        pen.shape("metal", _block(x - 1, top - 3, x + wide + 1, top), 0, 0.5)
        for row in np.arange(top + 7, ground - 10, 16):
            for column in np.arange(x + 5, x + wide - 8, 12):
                pen.shape("lit", _block(column, row, column + 7, row + 9), 0)
                pen.stroke(_block(column, row + 4.4, column + 7, row + 4.6)[:2], 0.8)
        x += wide + rng.uniform(-2, 9)
    pen.shape("road", _block(x0 - 5, ground, x1 + 5, y1 + 5), 0)
    post = rng.uniform(x0 + 8, x1 - 8)
    pen.shape("metal", _block(post - 1.3, ground - high * 0.4, post + 1.3, ground + 6), 0)
    pen.shape("lamp", ellipse(post, ground - high * 0.42, 5, 6), 0)


def sunset(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    high = y1 - y0
    pen = Pen(sheet, 0, 0, 1)
    horizon = y0 + high * rng.uniform(0.55, 0.66)
    x = rng.uniform(x0 + 20, x1 - 20)
    sheet.paint("dusk", _block(x0, y0, x1, y1))
    far = float(np.hypot(x1 - x0, high))
    for turn in np.radians(np.arange(180, 361, 7.5)):
        ray = np.array([np.cos(turn), np.sin(turn)])
        start = points((x, horizon)) + ray * rng.uniform(24, 34)
        sheet.stroke(np.concatenate([start + ray * far * t for t in (1, 0.5, 0)]), 1.5, "end")
    pen.shape("sun", ellipse(x, horizon, 18, 18), 0)
    pen.shape("dusk.hill", _ridge(rng, rect, horizon - 2, high * 0.06, 5), 0)
    pen.shape("dusk.sea", _block(x0 - 5, horizon + high * 0.12, x1 + 5, y1 + 5), 0)


def burst(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    """Speed lines that run towards the middle."""
    x0, y0, x1, y1 = rect
    sheet.paint("burst", _block(x0, y0, x1, y1))
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    reach = np.array([x1 - x0, y1 - y0]) * 0.75
    for turn in np.radians(np.arange(0, 360, 4) + rng.uniform(-1.5, 1.5, 90)):
        ray = np.array([np.cos(turn), np.sin(turn)]) * reach
        inner = rng.uniform(0.42, 0.66)
        path = np.stack([middle + ray * t for t in (1.1, (1.1 + inner) / 2, inner)])
        sheet.stroke(path, rng.uniform(1, 3), "end")


def dash(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    """Speed lines that run across."""
    x0, y0, x1, y1 = rect
    sheet.paint("burst", _block(x0, y0, x1, y1))
    for y in np.arange(y0, y1, 3.4) + rng.uniform(-1, 1):
        start, stop = rng.uniform(x0 - 30, x0 + 12), rng.uniform(x1 - 40, x1 + 40)
        sheet.stroke(points((start, y), ((start + stop) / 2, y), (stop, y)), rng.uniform(0.7, 1.7), "end")


def dream(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    sheet.paint("dream", _block(x0, y0, x1, y1))
    pen = Pen(sheet, 0, 0, 1)
    for _ in range(9):
        x, y, size = rng.uniform(x0, x1), rng.uniform(y0, y1), rng.uniform(3, 8)
        spark = points((0, -1), (0.18, -0.18), (1, 0), (0.18, 0.18), (0, 1), (-0.18, 0.18),
                       (-1, 0), (-0.18, -0.18))
        pen.shape("paper", spark * size + [x, y], 0, 0.7)


def gloom(sheet: Sheet, rect: Rect, rng: Generator) -> None:
    x0, y0, x1, y1 = rect
    sheet.paint("gloom", _block(x0, y0, x1, y1))
    for x in np.arange(x0, x1, 4.0):
        drop = (y1 - y0) * rng.uniform(0.15, 0.5)
        sheet.stroke(points((x, y0), (x, y0 + drop / 2), (x, y0 + drop)), 1.5, "end")


PLACES: tuple[Place, ...] = (seaside, meadow, forest, room, street, sunset)
FEELINGS: dict[str, tuple[Place, ...]] = {
    "calm": (dream,), "happy": (dream,), "laugh": (dream, dash), "angry": (burst, dash), "shock": (burst,),
    "sad": (gloom,), "wink": (dream,), "smug": (dash,),
}
