"""Ink taken off colored drawings, where nobody has their scans.

A line is what is much darker than its surroundings, whatever these are; solid black is ink, too. Flat colors and
shading become paper. How wide lines are and how dark they must be differs between drawings, and a network that has seen
one choice only would depend on it: `InkStyle.drawn` draws one at random.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

# Of the page's shorter side: half the width of the widest line.
LINE_RADII = (0.006, 0.014)
# Luminance over that of the surroundings: what is darker than the first is ink, what is lighter than the second paper.
INK_RATIOS = (0.3, 0.55)
PAPER_RATIOS = (0.8, 0.95)
# Luminance, 0 to 1, below which an area without color is solid black.
BLACKS = (0.08, 0.25)
# Chroma, as a share of full saturation, up to which dark areas count as black.
BLACK_CHROMA = 0.12
# Share of the drawings that keep some of their shading as grey wash, and how much of it at most.
WASHED = 0.35
STRONGEST_WASH = 0.7
# A wash is smoothed by this share of the shorter side, in pixels of standard deviation.
WASH_BLUR = 0.004


@dataclass(frozen=True)
class InkStyle:
    """How ink is separated from color.

    radius: half the width of the widest line, as a share of the shorter side. ink, paper: luminance relative to the
    surroundings below which all is ink and above which all is paper. black: luminance of solid black. wash: share of
    the drawing's own light and shade that stays, 0 for none.
    """

    radius: float = 0.01
    ink: float = 0.4
    paper: float = 0.88
    black: float = 0.15
    wash: float = 0.0

    @classmethod
    def drawn(cls, rng: Generator) -> InkStyle:
        """A style at random."""
        wash = rng.uniform(0, STRONGEST_WASH) if rng.random() < WASHED else 0.0
        return cls(
            rng.uniform(*LINE_RADII), rng.uniform(*INK_RATIOS), rng.uniform(*PAPER_RATIOS), rng.uniform(*BLACKS), wash
        )


def extracted_ink(coloring: np.ndarray, style: InkStyle | None = None) -> np.ndarray:
    """Make a scan of a colored drawing: (H, W, 3) uint8 RGB → (H, W) uint8, ink 0, paper 255."""
    style = style or InkStyle()
    side = min(coloring.shape[:2])
    luminance = cv2.cvtColor(coloring, cv2.COLOR_RGB2GRAY)
    radius = max(round(style.radius * side), 2)
    surroundings = cv2.dilate(luminance, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    surroundings = cv2.GaussianBlur(surroundings, (0, 0), radius)
    ratio = luminance / np.maximum(surroundings, 12).astype(np.float32)
    scan = np.clip((ratio - style.ink) / (style.paper - style.ink), 0, 1)
    if style.wash:
        shade = cv2.GaussianBlur(luminance, (0, 0), max(WASH_BLUR * side, 0.5)) / np.float32(255)
        scan *= 1 - style.wash + style.wash * shade
    chroma = np.ptp(coloring, axis=2) / np.float32(255)
    light = luminance / np.float32(255)
    black = (light < style.black) & (chroma < BLACK_CHROMA)
    scan = np.where(black, np.minimum(scan, 0.3 * light / style.black), scan)
    return (255 * scan + 0.5).astype(np.uint8)
