"""What a network says about each region: a distribution over colors, and how light it is.

A network paints pixel by pixel at a working size far below the page's. A region gathers what was said about all of its
pixels. Pixels near lines say less, for there the network paints lines and their blurred surroundings.
"""
from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from PIL import Image
from scipy import sparse
from scipy.ndimage import minimum_filter

from coloring.painting import Choices, Painting
from util.lines import painted_ink

# Labels are looked up at this many places along the side of a working pixel: regions may be narrower than one.
PLACES = 2
# A painting of more pixels is shrunk before it is asked: regions have enough of them, and memory has not.
MOST_PIXELS = 150_000
# Weight of pixels that are all ink, for regions that have no other.
LEAST_TRUST = 1e-4
# The share of light below which what a network painted is not divided by it: black says nothing of the color under it.
LEAST_LIGHT = 0.05
# Levels of red, green and blue of the palette that stands for the colors of networks without one.
LEVELS = 6


@dataclass(frozen=True)
class Votes:
    """What is said about each of n regions.

    shares: (n, K) ≥ 0, sums of 1, over the colors of `palette`, (K, 3) RGB in [0, 1]. mean: (n, 3) RGB in [0, 1], the
    mean color without ink. weights: (n,) > 0, for how many working pixels without ink each region speaks. clear: (n,) 0
    to 1, how free of ink its pixels are.
    """

    shares: np.ndarray
    palette: np.ndarray
    mean: np.ndarray
    weights: np.ndarray
    clear: np.ndarray


@dataclass(frozen=True)
class PaintedColors:
    """A painting without its ink: colors (h, w, 3) float32 RGB in [0, 1], and trust in them, (h, w) float32 > 0."""

    colors: np.ndarray
    trust: np.ndarray


def without_ink(coloring: np.ndarray, ink: np.ndarray) -> PaintedColors:
    """Take off a coloring, (h, w, 3) uint8, what it shows of the page's ink, (H, W) uint8 share of light, 255 for all.

    A coloring of more than MOST_PIXELS is shrunk to that.
    """
    coloring = _shrunk(coloring)
    small_ink = np.asarray(Image.fromarray(ink).resize(coloring.shape[1::-1], Image.Resampling.BOX)) / np.float32(255)
    light = 1 - painted_ink(coloring, small_ink) * (1 - small_ink)
    colors = coloring / np.maximum(255 * light, 255 * LEAST_LIGHT)[..., None].astype(np.float32)
    colors /= np.maximum(colors.max(axis=2, keepdims=True), 1)
    trust = np.square(small_ink * minimum_filter(small_ink, 3)) + np.float32(LEAST_TRUST)
    return PaintedColors(colors, trust)


def cast_votes(painting: Painting, painted: PaintedColors, labels: np.ndarray, count: int) -> Votes:
    """Gather what a painting says about each of `count` regions of a label map, (H, W) int32 of the page's size.

    painted: the painting's colors without ink.
    """
    height, width = painted.trust.shape
    region = _sampled(labels, height, width)
    pixels = np.arange(height * width).reshape(height, width)
    pixel = pixels.repeat(PLACES, axis=0).repeat(PLACES, axis=1).ravel()
    trust = painted.trust.ravel()[pixel]
    weights = np.bincount(region, trust, count)
    if painting.choices is None:
        palette, index = _nearest_levels(painted.colors)
        shares = np.bincount(region * len(palette) + index[pixel], trust, count * len(palette)).reshape(count, -1)
    else:
        palette = painting.choices.palette
        cell = _cells(height, width, painting.coloring.shape[0] / height, painting.choices)[pixel]
        said = painting.choices.shares.reshape(-1, len(palette)).astype(np.float32)
        shares = sparse.csr_matrix((trust, (region, cell)), (count, len(said))) @ said
    # Regions that no place falls into are said nothing about: they count as white, and as next to nothing.
    colors = painted.colors.reshape(-1, 3)[pixel]
    sums = np.stack([np.bincount(region, trust * colors[:, channel], count) for channel in range(3)], axis=1)
    silent = weights == 0
    mean = np.where(silent[:, None], 1, sums / np.maximum(weights, LEAST_TRUST)[:, None])
    shares[silent, np.argmin(((1 - palette) ** 2).sum(axis=1))] = 1
    shares = shares / shares.sum(axis=1, keepdims=True)
    clear = weights / np.maximum(np.bincount(region, minlength=count), 1)
    return Votes(shares, palette, mean, np.maximum(weights, LEAST_TRUST), clear)


def _sampled(labels: np.ndarray, height: int, width: int) -> np.ndarray:
    """The labels at PLACES × PLACES places of each working pixel, row by row."""
    rows, columns = (
        ((np.arange(PLACES * new) + 0.5) * old / (PLACES * new)).astype(int)
        for old, new in zip(labels.shape, (height, width), strict=True)
    )
    return labels[rows[:, None], columns].ravel()


def _cells(height: int, width: int, shrunk: float, choices: Choices) -> np.ndarray:
    """The cell that each working pixel lies in, row by row; shrunk: how many pixels of the painting it is wide."""
    rows, columns = choices.shares.shape[:2]
    row, column = (
        np.minimum((np.arange(size) + 0.5) * shrunk // choices.scale, cells - 1).astype(int)
        for size, cells in ((height, rows), (width, columns))
    )
    return (row[:, None] * columns + column).ravel()


def _nearest_levels(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A lattice of colors, (K, 3) float32 RGB, and which of them is the nearest of each of (h, w, 3), row by row."""
    levels = np.linspace(0, 1, LEVELS, dtype=np.float32)
    palette = np.array(list(product(levels, repeat=3)), np.float32)
    steps = np.rint(colors * (LEVELS - 1)).astype(np.int64)
    return palette, ((steps[..., 0] * LEVELS + steps[..., 1]) * LEVELS + steps[..., 2]).ravel()


def _shrunk(coloring: np.ndarray) -> np.ndarray:
    """A coloring (h, w, 3) uint8 of at most MOST_PIXELS, its proportions kept."""
    height, width = coloring.shape[:2]
    factor = (MOST_PIXELS / (height * width)) ** 0.5
    if factor >= 1:
        return coloring
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return np.asarray(Image.fromarray(coloring).resize(size, Image.Resampling.BOX))
