"""Walls: the pixels that separate regions, and the page without its screentones."""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

# Lengths are shares of the page's shorter side, unless a pixel is named; levels are of 0 to 255.

# Tones. The longest distance between dots or lines that is taken for a tone; wider patterns are drawings.
LONGEST_PITCH = 0.012
# Levels by which a dot must differ from its surroundings.
TONE_CONTRAST = 8
# Changes between dark and light, for each pixel of a row, above which both directions show a tone; a pattern of the
# longest pitch has 2 in each pitch.
LEAST_CHANGES = 1.25
# The same for both directions together: hatching changes in one of them only.
LEAST_CHANGES_TOGETHER = 4.0
# A tone is smoothed by this share of its pitch (standard deviation), which leaves 4 % of its contrast.
SMOOTHING = 0.4
# Pitches, in pixels, up to which tones are smoothed alike.
PITCHES = (3.0, 4.2, 6.0, 8.5, 12.0, 17.0)

# Lines. Half the width of the widest line; what is wider is a fill.
LINE_RADIUS = 0.006
# Level over that of the paper around, below which a pixel is a line; in tones, whose grain remains, it must be darker.
LINE_LEVEL = 0.80
LINE_LEVEL_IN_TONES = 0.75
# Level below which all is ink.
BLACK = 60
# Strokes that are no longer than this enclose nothing.
SPECK = 0.008

# White line art on black is inverted: of an area, this share is darker than PAPER_LEVEL, and of the light rest no more
# than that is wider than a line.
PAPER_LEVEL = 128
INVERTED_DARK = 0.6
INVERTED_WIDE = 0.3

# Where a tone ends without a line, its edge separates. Levels that the smoothed page changes by across EDGE_WIDTH.
EDGE_STEP = 40
EDGE_WIDTH = 0.006

# Gaps in lines are closed up to twice this, by which line width: sketchy bold lines leave wider gaps than fine ones.
GAP_FOR_LINE = 1.6
LEAST_GAP = 0.0045
MOST_GAP = 0.010


@dataclass(frozen=True)
class Walls:
    """What separates regions, at the working size.

    blocked: (H, W) bool. ink: (H, W) uint8, how dark a pixel is beside the paper around it, 255 for black. smooth:
    (H, W) uint8, the page without tones. gap: half the width in pixels of the widest gap to close.
    """

    blocked: np.ndarray
    ink: np.ndarray
    smooth: np.ndarray
    gap: float


def find_walls(page: np.ndarray, areas: np.ndarray) -> Walls:
    """Find the walls of a page, (H, W) uint8, and of the borders of areas, (H, W) uint16."""
    side = min(page.shape)
    radius = max(2, round(LINE_RADIUS * side))
    page = with_dark_lines(page, areas, radius)
    pitch = tone_pitch(page)
    smooth = without_tones(page, pitch)
    paper = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    # 255 · level over paper, in integers.
    light = cv2.divide(smooth, np.maximum(paper, 1), scale=255)
    toned = pitch > 0
    blocked = (light < np.where(toned, 255 * LINE_LEVEL_IN_TONES, 255 * LINE_LEVEL)) | (smooth < BLACK)
    blocked = _without_specks(blocked, max(3, round(SPECK * side)))
    gap = np.clip(GAP_FOR_LINE * _line_width(blocked, radius), LEAST_GAP * side, MOST_GAP * side)
    if toned.any():
        blocked |= _edges_of_tones(smooth, toned)
    blocked |= _borders(areas)
    ink = np.where(smooth < BLACK, 255, 255 - light).astype(np.uint8)
    return Walls(blocked, ink, smooth, float(gap))


def with_dark_lines(page: np.ndarray, areas: np.ndarray, radius: int) -> np.ndarray:
    """A page, (H, W) uint8, in which areas, (H, W) uint16, of white lines on black are inverted.

    radius: half the width of the widest line, in pixels.
    """
    light = (page >= PAPER_LEVEL).astype(np.uint8)
    wide = cv2.morphologyEx(light, cv2.MORPH_OPEN, disc(radius))
    few = np.s_[::4, ::4]  # pixels that tell the shares
    numbers = areas[few].ravel()
    pixels, lights, wides = (
        np.bincount(numbers, mask[few].ravel(), int(areas.max()) + 1) for mask in (np.ones_like(light), light, wide)
    )
    inverted = (pixels - lights > INVERTED_DARK * pixels) & (wides < INVERTED_WIDE * lights)
    return np.where(inverted[areas], 255 - page, page) if inverted.any() else page


def tone_pitch(page: np.ndarray) -> np.ndarray:
    """The distance between the dots or lines of the screentone at each pixel of (H, W) uint8: (H, W) float32 pixels, 0
    where there is no tone.

    A tone changes between dark and light at every dot, line art only at its lines.
    """
    longest = max(4.0, LONGEST_PITCH * min(page.shape))
    mean = cv2.GaussianBlur(page, (0, 0), longest / 2.5)
    darker, lighter = (cv2.subtract(*pair) > TONE_CONTRAST for pair in ((mean, page), (page, mean)))
    sign = lighter.astype(np.int8) - darker.astype(np.int8)
    window = round(1.6 * longest) | 1
    both = _changes(sign), np.ascontiguousarray(_changes(sign.T).T)
    across, down = (cv2.boxFilter(changes, cv2.CV_32F, (window, window)) for changes in both)
    least = LEAST_CHANGES / longest
    toned = ((across > least) & (down > least)) | (across + down > LEAST_CHANGES_TOGETHER / longest)
    toned = cv2.morphologyEx(toned.astype(np.uint8), cv2.MORPH_OPEN, disc(0.6 * longest)).astype(bool)
    density = np.maximum(np.maximum(across, down), least)
    return np.where(toned, np.minimum(2 / density, longest), 0).astype(np.float32)


def _changes(sign: np.ndarray) -> np.ndarray:
    """Where the sign (H, W) int8 changes to the right, at once or over one pixel of 0: (H, W) uint8, 0 or 1."""
    changes = np.zeros(sign.shape, np.uint8)
    changes[:, :-1] = sign[:, :-1] * sign[:, 1:] < 0
    changes[:, :-2] |= (sign[:, 1:-1] == 0) & (sign[:, :-2] * sign[:, 2:] < 0)
    return changes


def without_tones(page: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """A page, (H, W) uint8, with its tones of some pitch, (H, W) in pixels, smoothed to their mean level."""
    smooth = page.copy()
    finer = 0.0
    for coarsest in PITCHES:
        alike = (pitch > finer) & (pitch <= coarsest)
        if alike.any():
            smooth[alike] = cv2.GaussianBlur(page, (0, 0), SMOOTHING * coarsest)[alike]
        finer = coarsest
    return smooth


def _without_specks(blocked: np.ndarray, longest: int) -> np.ndarray:
    """Walls (H, W) bool without strokes that lie in a square of `longest` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(blocked.astype(np.uint8), connectivity=8)
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    kept = extent > longest
    kept[0] = False
    return kept[labels]


def _line_width(blocked: np.ndarray, radius: int) -> float:
    """The mean width in pixels of the lines among walls (H, W) bool; wider ink than 2 · radius + 1 does not count."""
    ink = blocked.astype(np.uint8)
    lines = cv2.subtract(ink, cv2.morphologyEx(ink, cv2.MORPH_OPEN, disc(radius)))
    inner = cv2.erode(lines, np.ones((3, 3), np.uint8))
    rim = int(lines.sum()) - int(inner.sum())
    return 2 * float(lines.sum()) / rim if rim else 0.0


def _edges_of_tones(smooth: np.ndarray, toned: np.ndarray) -> np.ndarray:
    """Where the smoothed page, (H, W) uint8, changes abruptly beside a tone, (H, W) bool: (H, W) bool."""
    width = max(3, round(EDGE_WIDTH * min(smooth.shape))) | 1
    blurred = cv2.GaussianBlur(smooth, (0, 0), width / 3)
    steps = cv2.morphologyEx(blurred, cv2.MORPH_GRADIENT, np.ones((width, width), np.uint8))
    near = cv2.dilate(toned.astype(np.uint8), disc(width // 2)).astype(bool)
    return (steps > EDGE_STEP) & near


def _borders(areas: np.ndarray) -> np.ndarray:
    """The pixels of (H, W) areas to the right of which, or below which, another area lies: (H, W) bool."""
    borders = np.zeros(areas.shape, bool)
    borders[:, :-1] = areas[:, :-1] != areas[:, 1:]
    borders[:-1] |= areas[:-1] != areas[1:]
    return borders


def disc(radius: float) -> np.ndarray:
    """A round structuring element of this radius in pixels, (2 · r + 1, 2 · r + 1) uint8."""
    whole = max(round(radius), 0)
    y, x = np.ogrid[-whole : whole + 1, -whole : whole + 1]
    return (x * x + y * y <= whole * whole + 0.5).astype(np.uint8)
