"""Outlines: smooth and bowed curves that are worked out once, and the edges of bands along them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .curves import Points, bowed, ellipse, points, smooth

Pairs = tuple[tuple[float, float], ...]


@lru_cache(maxsize=2048)
def poly(*pairs: tuple[float, float]) -> Points:
    """The corners as an array (n, 2)."""
    return _frozen(points(*pairs))


@lru_cache(maxsize=2048)
def blob(*pairs: tuple[float, float]) -> Points:
    """A closed smooth outline through the corners."""
    return _frozen(smooth(points(*pairs), steps=4))


@lru_cache(maxsize=2048)
def line(*pairs: tuple[float, float]) -> Points:
    """An open smooth line through the corners."""
    return _frozen(smooth(points(*pairs), closed=False, steps=4))


@lru_cache(maxsize=2048)
def bow(bend: float, *pairs: tuple[float, float]) -> Points:
    """A line with sharp corners whose spans bulge by ``bend`` of their length."""
    return _frozen(bowed(points(*pairs), bend))


@lru_cache(maxsize=4096)
def oval(cx: float, cy: float, rx: float, ry: float) -> Points:
    """An ellipse."""
    return _frozen(ellipse(cx, cy, rx, ry))


@lru_cache(maxsize=512)
def bumps(cx: float, cy: float, rx: float, ry: float, count: int, bend: float = 0.22) -> Points:
    """A closed cloud of ``count`` bumps."""
    angle = np.radians(np.linspace(0, 360, count + 1))
    return _frozen(bowed(np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], 1), bend))


@lru_cache(maxsize=512)
def star(cx: float, cy: float, reach: float, count: int = 5, inner: float = 0.42) -> Points:
    """A star of ``count`` points, one of them up."""
    angle = np.radians(-90 + np.arange(2 * count) * 180 / count)
    radius = np.where(np.arange(2 * count) % 2 == 0, reach, reach * inner)
    return _frozen(np.stack([cx + radius * np.cos(angle), cy + radius * np.sin(angle)], 1))


@lru_cache(maxsize=512)
def hoop(cx: float, cy: float, rx: float, ry: float, rim: float) -> Points:
    """A ring: an ellipse with a hole that leaves a ``rim``."""
    outer, inner = ellipse(cx, cy, rx, ry), ellipse(cx, cy, rx - rim, ry - rim)
    return _frozen(np.concatenate([outer, outer[:1], inner[:1], inner[::-1]]))


def box(x0: float, y0: float, x1: float, y1: float) -> Points:
    """A rectangle."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def mirror(outline: Points) -> Points:
    """The outline on the other side of x = 0, walked the same way round."""
    return outline[::-1] * [-1, 1]


def moved(outline: Points, x: float, y: float) -> Points:
    """The outline, moved by (x, y)."""
    return outline + np.array([x, y])


def _frozen(outline: Points) -> Points:
    outline.setflags(write=False)
    return outline


def ring(outline: Points, width: float) -> Points:
    """A closed band around ``outline`` (n, 2), heavier on the lower right, away from the light."""
    count = len(outline)
    after, before, around, back = _turns(count)
    along = outline[after] - outline[before]
    length = np.sqrt(along[:, 0] ** 2 + along[:, 1] ** 2) + 1e-9
    weight = (1.0 + (0.18 * along[:, 0] - 0.3 * along[:, 1]) / length) * (width / 2)
    normal = np.empty_like(along)
    normal[:, 0], normal[:, 1] = -along[:, 1], along[:, 0]
    normal *= (weight / length)[:, None]
    return np.concatenate([(outline + normal)[around], (outline - normal)[back]])


@lru_cache(maxsize=512)
def _turns(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The next and the last corner of every corner of a closed outline, and all of them once around and back."""
    around = np.r_[0:count, 0]
    return np.r_[1:count, 0], np.r_[count - 1, 0:count - 1], around, around[::-1]


def band(path: Points, widths: np.ndarray) -> Points:
    """The outline (2n, 2) of a band along an open ``path`` (n, 2) with full ``widths`` (n,)."""
    along = np.empty_like(path)
    along[1:-1], along[0], along[-1] = path[2:] - path[:-2], path[1] - path[0], path[-1] - path[-2]
    length = np.sqrt(along[:, 0] ** 2 + along[:, 1] ** 2) + 1e-9
    normal = np.stack([-along[:, 1], along[:, 0]], 1) * (widths / 2 / length)[:, None]
    return np.concatenate([path + normal, (path - normal)[::-1]])


@lru_cache(maxsize=256)
def pressure(count: int, kind: str) -> np.ndarray:
    """A pen's pressure along a stroke of ``count`` points, that thins towards ``both`` ends or the ``end``."""
    t = np.linspace(0, 1, count)
    swell = np.sin(np.pi * t) ** 0.6 if kind == "both" else (1 - t) ** 0.7
    return np.maximum(swell, 0.22)
