"""The colored page, put together from layers: paper, flats, colors, shading, ink, lettering.

    page = (paper under flats under colors) × shading × ink × lettering

1. The ink is the page's own, at full size (`util/lines.py`).
2. Panels, balloons and lettering are found (`coloring/structure`); paper outside of panels and in balloons stays.
3. Regions are found (`coloring/regions`), and each gets one color (`coloring/flats`).
4. Large regions that are painted in greys, as scenery without closed lines, keep the network's colors, smoothed.
5. What the page itself shows of light and shade below its ink, as a grey wash, shades the flats.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from PIL import Image

from coloring.colored_page import ColoredPage
from coloring.flats import RegionColors, cast_votes, decide_colors
from coloring.flats.votes import PaintedColors, without_ink
from coloring.layers import Layer, flatten
from coloring.painting import Painting
from coloring.regions import Regions, find_regions, sums_by_label
from coloring.structure import PageStructure, find_structure
from util.lines import lay_lines, separate_ink

FLATS = ("auto", "on", "off")

# Regions whose extent (the root of their share of the page) is below the first are flat, above the second they may be
# painted, as far as the page itself is: this mean darkness of the paper below the ink, 0 to 1, is a wash.
PAINTED_EXTENTS = 0.15, 0.40
PAINTED_WASH = 0.08
# A region is left as paper only if the page is light there: mean levels below the ink, 0 to 1, below and above which it
# is not or is.
PAPER_LEVELS = 0.75, 0.88
# Standard deviation by which painted colors are smoothed, in pixels of the working size: finer is noise of networks.
SMOOTHING = 3.0
# Levels of the paper below the ink of a region, as quantiles: of the level that the region's color is shown at.
SHADE_QUANTILE = 0.9
SHADE_LEVELS = 32  # steps of the histogram that it is read from
# Shades are smoothed by this share of the page's shorter side (standard deviation), below which they are grain.
SHADE_BLUR = 0.002
# How far panels may reach beyond their frames, as a share of the page's shorter side, and the level of frames, of 255.
FRAME_RIM = 0.003
FRAME_BLACK = 96
# How far balloons are kept into their outlines, as a share of the shorter side: soft edges would be fringed with color.
OUTLINE_RIM = 0.002
# Balloons are numbered from here on in the map of areas that no region leaves.
BALLOONS = 1 << 15


@dataclass(frozen=True)
class _Parts:
    """What a page is taken apart into: ink and paper, (H, W) uint8, and what is where."""

    luminance: np.ndarray
    ink: np.ndarray
    paper: np.ndarray
    structure: PageStructure
    regions: Regions

    @cached_property
    def kept(self) -> np.ndarray:
        """(H, W) bool, the pixels that stay as they are: paper, balloons, lettering, and all outside of panels."""
        found = self.structure
        rim = _square(max(1, round(OUTLINE_RIM * min(found.balloons.shape))))
        balloons = cv2.dilate((found.balloons > 0).view(np.uint8), rim) > 0
        outside = found.paper | found.gutter | balloons | found.lettering | (found.panels == 0)
        return outside | _beyond_frames(self.luminance, found.panels)


def compose(
    page: Image.Image, painting: Painting, flats: str = "auto", structure: PageStructure | None = None
) -> ColoredPage:
    """Color a page, mode L or RGB, with a painting of it: the colored page at its own size, with its layers.

    flats: one of FLATS; auto: regions get one color each but for large painted ones, on: all get one color, off: none.
    structure: that of the page; None: it is looked for.
    """
    luminance = np.asarray(page.convert("L"))
    parts = _take_apart(luminance, structure or find_structure(luminance))
    painted = without_ink(painting.coloring, parts.ink)
    votes = cast_votes(painting, painted, parts.regions.labels, parts.regions.count)
    light = _mean_levels(parts.paper, parts.regions) / 255
    darkest, lightest = PAPER_LEVELS
    may_be_paper = np.clip((light - darkest) / (lightest - darkest), 0, 1)
    colors = decide_colors(votes, parts.regions.contacts, parts.regions.sizes, may_be_paper)
    share = _painted_share(light, colors, parts.regions.sizes / luminance.size, flats)
    smooth = lay_lines(luminance, painting.coloring, inked=False) if flats == "off" else _smoothed(painted, page.size)
    layers = _layers(parts, smooth, colors, share)
    return ColoredPage(Image.fromarray(flatten(layers)), layers, parts.regions.labels)


def with_paper(coloring: Image.Image, page: Image.Image, structure: PageStructure) -> Image.Image:
    """A coloring, RGB, with the paper of its page, mode L or RGB of the same size, left as it is."""
    return Image.composite(page.convert("L").convert("RGB"), coloring, Image.fromarray(structure.paper))


def _take_apart(luminance: np.ndarray, structure: PageStructure) -> _Parts:
    areas = np.where(structure.balloons > 0, np.uint16(BALLOONS) + structure.balloons, structure.panels)
    drawing = np.where(structure.lettering, np.uint8(255), luminance)  # letters enclose no regions
    return _Parts(luminance, *separate_ink(luminance), structure, find_regions(drawing, areas))


def _beyond_frames(luminance: np.ndarray, panels: np.ndarray) -> np.ndarray:
    """Where panels, (H, W) numbers, reach a little beyond their frames: light pixels at their borders beside black."""
    window = _square(max(1, round(FRAME_RIM * min(panels.shape))))
    inner = cv2.erode((panels > 0).view(np.uint8), window, borderType=cv2.BORDER_REPLICATE) > 0
    return (panels > 0) & ~inner & (luminance > FRAME_BLACK) & (cv2.erode(luminance, window) < FRAME_BLACK)


def _square(reach: int) -> np.ndarray:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _mean_levels(levels: np.ndarray, regions: Regions) -> np.ndarray:
    """The mean of (H, W) uint8 levels over each of n regions: (n,) float."""
    return sums_by_label(regions.labels, regions.count, levels) / np.maximum(regions.sizes, 1)


def _painted_share(light: np.ndarray, colors: RegionColors, sizes: np.ndarray, flats: str) -> np.ndarray:
    """How far each region keeps the colors of the network instead of one flat color: (n,) float, 0 to 1.

    light: (n,) mean levels below the ink, 0 to 1. sizes: (n,) shares of the page.
    """
    if flats != "auto":
        return np.full(len(light), float(flats == "off"))
    small, large = PAINTED_EXTENTS
    extent = np.clip((np.sqrt(sizes) - small) / (large - small), 0, 1)
    washed = np.clip((1 - light) / PAINTED_WASH, 0, 1)
    return np.where(colors.paper, 0, extent * washed)


def _layers(parts: _Parts, smooth: np.ndarray, colors: RegionColors, share: np.ndarray) -> tuple[Layer, ...]:
    """The layers of a page, from the lowest; smooth: the network's colors, (H, W, 3) uint8; share: how far each region
    keeps these, (n,) 0 to 1."""
    labels, kept = parts.regions.labels, parts.kept
    shading = _shading(parts, share)
    layers = [Layer("paper", np.full(parts.ink.shape, 255, np.uint8))]
    if (share < 1).any():
        # Outside of panels there are gutters, and the outer halves of frames.
        opaque = np.where(colors.paper | (parts.regions.areas == 0), 0, 255).astype(np.uint8)
        flats = np.concatenate([_unshaded(colors.colors, shading, parts.regions), opaque[:, None]], axis=1)[labels]
        flats[kept, 3] = 0
        layers.append(Layer("flats", flats))
    if (share > 0).any():
        opacity = np.rint(255 * share).astype(np.uint8)[labels]
        opacity[kept] = 0
        layers.append(Layer("colors", np.dstack([smooth, opacity])))
    layers.append(Layer("shading", shading, "multiply"))
    # Where nothing is colored, the ink is the page itself.
    ink = np.where(kept, parts.luminance, parts.ink)
    lettering = np.where(parts.structure.lettering, ink, np.uint8(255))
    ink[parts.structure.lettering] = 255
    return *layers, Layer("ink", ink, "multiply"), Layer("lettering", lettering, "multiply")


def _smoothed(painted: PaintedColors, size: tuple[int, int]) -> np.ndarray:
    """The painted colors, smoothed where they are trusted, at a width and height: (H, W, 3) uint8."""
    weighted = cv2.GaussianBlur(painted.colors * painted.trust[..., None], (0, 0), SMOOTHING)
    smooth = weighted / cv2.GaussianBlur(painted.trust, (0, 0), SMOOTHING)[..., None]
    levels = np.rint(255 * smooth).clip(0, 255).astype(np.uint8)
    return cv2.resize(levels, size, interpolation=cv2.INTER_CUBIC)


def _shading(parts: _Parts, share: np.ndarray) -> np.ndarray:
    """How dark the paper below the ink is beside the lightest of its region: (H, W) uint8, 255 without shade.

    share: how far each region is painted, for painted colors have their shades already.
    """
    labels, count = parts.regions.labels, parts.regions.count
    sigma = max(SHADE_BLUR * min(parts.paper.shape), 0.5)
    paper = cv2.GaussianBlur(parts.paper, (0, 0), sigma)
    step = 256 // SHADE_LEVELS
    histogram = sums_by_label(labels * SHADE_LEVELS + paper // step, count * SHADE_LEVELS)
    below = np.cumsum(histogram.reshape(count, SHADE_LEVELS), axis=1)
    level = (below < SHADE_QUANTILE * below[:, -1:]).sum(axis=1)
    reference = np.minimum((level + 1) * step - 1, 255).astype(np.uint8)
    shading = cv2.divide(paper, reference[labels], scale=255)
    if share.any():
        flat = np.rint(255 * (1 - share)).astype(np.uint8)[labels]
        shading = 255 - cv2.multiply(255 - shading, flat, scale=1 / 255)
    shading[parts.kept] = 255
    return shading


def _unshaded(colors: np.ndarray, shading: np.ndarray, regions: Regions) -> np.ndarray:
    """The colors of regions, (n, 3) uint8, as light as they must be to look the same on the whole below the shading."""
    lighter = colors * (255 / np.maximum(_mean_levels(shading, regions), 1))[:, None]
    lighter *= 255 / np.maximum(lighter.max(axis=1, keepdims=True), 255)
    return np.rint(lighter).astype(np.uint8)
