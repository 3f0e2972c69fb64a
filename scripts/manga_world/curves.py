"""Curves through points.

Coordinates are in units of 1/256 of the page width, x to the right and y down.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

Points = np.ndarray


def points(*pairs: tuple[float, float]) -> Points:
    """An array of shape (n, 2) from n pairs."""
    return np.array(pairs, float)


def smooth(corners: Points, closed: bool = True, steps: int = 6) -> Points:
    """A Catmull-Rom curve through ``corners`` (n, 2), with ``steps`` points for each span."""
    if closed:
        ring = np.concatenate([corners[-1:], corners, corners[:2]])
    else:
        ring = np.concatenate([corners[:1], corners, corners[-1:]])
    p0, p1, p2, p3 = (ring[i:len(ring) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                   + (3 * p1 - p0 - 3 * p2 + p3) * t**3)
    curve = curve.reshape(-1, 2)
    return curve if closed else np.concatenate([curve, corners[-1:]])


def ellipse(cx: float, cy: float, rx: float, ry: float, start: float = 0.0, stop: float = 360.0) -> Points:
    """Points on an ellipse from angle ``start`` to ``stop`` in degrees, clockwise from the right."""
    count = 28 if stop - start >= 360 else 14
    angle = np.radians(np.linspace(start, stop, count, endpoint=stop - start < 360))
    return np.stack([cx + rx * np.cos(angle), cy + ry * np.sin(angle)], 1)


def bowed(corners: Points, bow: float) -> Points:
    """A line through ``corners`` (n, 2) whose spans bulge by ``bow`` of their length, with sharp corners."""
    t = np.linspace(0, 1, 6, endpoint=False)[:, None]
    spans = []
    for start, stop in pairwise(corners):
        across = np.array([stop[1] - start[1], start[0] - stop[0]]) * bow
        spans.append(start + (stop - start) * t + across * 4 * t * (1 - t))
    return np.concatenate([*spans, corners[-1:]])
