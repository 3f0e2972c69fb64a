"""Metrics that know what is drawn where: label maps name the part (someone's hair, a sky) that each pixel shows.

A label map is (H, W), whole numbers: 0 for nothing (ink, paper, lettering), n for the data set's part n.
"""
from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, find_objects
from skimage.measure import label as label_regions

from util.metrics.color import ciede2000_of_lab
from util.metrics.picture import Images, Picture, of_one_size

LEAST_PIXELS = 16  # of a part, or of one of its regions: fewer tell no color
STAINED = 3.0  # CIELAB chroma above which paper looks stained
BORDER = 8  # pixels from another part: how far bleeding is looked for, across the ink between both
CLEARLY = 20.0  # in the plane of a* and b*: colors that differ by less, from another or from grey, are not told apart


def part_color_error(result: Images, truth: Images, labels: np.ndarray) -> float:
    """CIEDE2000 between the mean color (CIELAB) of a part's pixels and their true mean color, averaged over the parts
    of the page, large and small alike; nan if there is none of 16 pixels or more.

    Defined here, on CIEDE2000: Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Research and
    Application 30(1), 2005.
    """
    result, truth = of_one_size(result, truth)
    _check(labels, truth)
    known, true_colors = _mean_colors(truth, labels)
    _, colors = _mean_colors(result, labels)
    return float(ciede2000_of_lab(colors, true_colors)[known].mean()) if known.any() else math.nan


def patchiness(result: Images, truth: Images, labels: np.ndarray) -> float:
    """How much more the colors within a part vary than they truly do, in the plane of a* and b*: the square root of
    the variance (of a* plus of b*) of its pixels beyond that of the truth, averaged over the parts of the page by their
    areas; nan if there is none of 16 pixels or more.

    0 for the true coloring, and for any that varies no more within its parts: an uncolored page, too, so that it tells
    something only beside part_color_error. Defined here; CIELAB: CIE 15, "Colorimetry".
    """
    result, truth = of_one_size(result, truth)
    _check(labels, truth)
    known, (variance, true_variance) = _known(labels), (_variances(image, labels) for image in (result, truth))
    areas = np.bincount(labels.ravel())[known]
    beyond = np.sqrt(np.maximum(variance - true_variance, 0))[known]
    return float((areas * beyond).sum() / areas.sum()) if known.any() else math.nan


def stained_paper(result: Images, paper: np.ndarray) -> float:
    """The share of the pixels that must stay paper whose CIELAB chroma is above 3, from 0 to 1; nan if there is none.

    paper: (H, W) whole numbers, 1 in gutters, margins and balloons, 0 elsewhere.
    """
    result = Picture.of(result)
    _check(paper, result)
    return float((result.chroma[paper > 0] > STAINED).mean()) if (paper > 0).any() else math.nan


def bleeding(result: Images, truth: Images, labels: np.ndarray) -> float:
    """The share of a page's border pixels that have taken the neighbor's color, from 0 to 1; nan without borders.

    A border pixel belongs to a part and has another one within 8 pixels; the nearest such pixel tells the neighbor.
    Counted are borders to neighbors whose true mean color is vivid (chroma 20 or more) and differs clearly (by 20 or
    more). A pixel has taken the neighbor's color if it is nearer to it than half the way from there to its own true
    color, and than half the way to grey. Pixels whose true color is so near already do not count. All of this is in
    the plane of a* and b*, for shadows are no bleeding. So grey or a third color is none either, but a part that is
    wholly painted as its neighbor is: part_color_error tells that apart.

    Defined here for known parts; of bleeding as a fault to be looked for along edges: Kim, Lee, Park, Choi, Seo and
    Choo, "Deep edge-aware interactive colorization against color-bleeding effects", ICCV 2021.
    """
    result, truth = of_one_size(result, truth)
    _check(labels, truth)
    known, true_colors = _mean_colors(truth, labels)
    where, own, neighbor = _borders(np.where(known[labels], labels, 0))
    wanted = true_colors[1:, neighbor]
    gap, vivid = np.hypot(*(wanted - true_colors[1:, own])), np.hypot(*wanted)
    counts = (gap >= CLEARLY) & (vivid >= CLEARLY)
    where, wanted, reach = where[counts], wanted[:, counts], np.minimum(gap, vivid)[counts] / 2
    taken, truly = (np.hypot(*(image.lab[1:].reshape(2, -1)[:, where] - wanted)) < reach for image in (result, truth))
    return float(taken[~truly].mean()) if (~truly).any() else math.nan


def _borders(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels with another part near by: their places in the flattened map, their parts, those of their neighbors."""
    width = labels.shape[1]
    places, own, others = [np.empty(0, int)], [np.empty(0, int)], [np.empty(0, int)]
    for part, box in enumerate(find_objects(labels.astype(np.int32)), start=1):
        if box is None:
            continue
        top, left = (max(0, side.start - BORDER) for side in box)
        crop = labels[top : box[0].stop + BORDER, left : box[1].stop + BORDER]
        foreign = (crop != 0) & (crop != part)
        if not foreign.any():
            continue
        distance, (rows, columns) = distance_transform_edt(~foreign, return_indices=True)
        y, x = np.nonzero((crop == part) & (distance <= BORDER))
        places.append((y + top) * width + x + left)
        own.append(np.full(y.size, part))
        others.append(crop[rows[y, x], columns[y, x]].astype(int))
    return np.concatenate(places), np.concatenate(own), np.concatenate(others)


def _mean_colors(image: Picture, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each label 0…n: whether it is a part with pixels enough, (n + 1,), and its mean color, (3, n + 1)."""
    flat = labels.ravel()
    sums = np.stack([np.bincount(flat, plane.ravel()) for plane in image.lab])
    return _known(labels), sums / np.maximum(np.bincount(flat), 1)


def _known(labels: np.ndarray) -> np.ndarray:
    """Of each label 0…n: whether it is a part with pixels enough, (n + 1,)."""
    known = np.bincount(labels.ravel()) >= LEAST_PIXELS
    known[0] = False
    return known


def _variances(image: Picture, labels: np.ndarray) -> np.ndarray:
    """Of each label 0…n: the variance of a* plus that of b*, (n + 1,)."""
    flat = labels.ravel()
    _, means = _mean_colors(image, labels)
    squares = sum(np.square(plane.ravel() - mean[flat]) for plane, mean in zip(image.lab[1:], means[1:], strict=True))
    return np.bincount(flat, squares) / np.maximum(np.bincount(flat), 1)


def _check(labels: np.ndarray, image: Picture) -> None:
    if labels.shape != image.pixels.shape[:2] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels {labels.shape} {labels.dtype} should be whole numbers, a pixel each")


@dataclass(frozen=True)
class Occurrences:
    """Where parts occur on one page: of each connected region of 16 pixels or more (K of them) its part, its area in
    pixels, and its mean color in CIELAB, (3, K)."""

    parts: np.ndarray
    areas: np.ndarray
    colors: np.ndarray


def occurrences(result: Images, labels: np.ndarray, parts: Collection[int] | None = None) -> Occurrences:
    """What character_consistency needs of a page. parts: those that count; None: all."""
    result = Picture.of(result)
    _check(labels, result)
    if parts is not None:
        labels = np.where(np.isin(labels, list(parts)), labels, 0)
    regions = label_regions(labels, background=0, connectivity=2)
    known, colors = _mean_colors(result, regions)
    of_region = np.zeros(known.size, int)
    of_region[regions.ravel()] = labels.ravel()
    return Occurrences(of_region[known], np.bincount(regions.ravel())[known], colors[:, known])


class Consistency:
    """Character consistency of a set of pages: how far the color of an occurrence of a part is from the part's overall
    mean color, in CIEDE2000: the mean over the part's pixels, then over the parts that occur twice or more. 0: a part
    has one color wherever it occurs; what light and shadow do is part of it, so the truth's own figure is the aim.

    An occurrence is a connected region, in whatever panel and page. Defined here, on CIEDE2000 as part_color_error.
    """

    def __init__(self, pages: list[Occurrences]) -> None:
        """pages: one at least."""
        self.page = np.repeat(np.arange(len(pages)), [page.parts.size for page in pages])
        self.areas = np.concatenate([page.areas for page in pages])
        self.colors = np.concatenate([page.colors for page in pages], axis=1)
        _, self.part = np.unique(np.concatenate([page.parts for page in pages]), return_inverse=True)
        self.is_of = np.eye(self.part.max(initial=-1) + 1)[self.part]  # (occurrences, parts)

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        """The figure of sets in which each page stands so many times: (R, pages) → (R,), nan where no part occurs
        twice."""
        drawn = counts[:, self.page]
        weights = drawn * self.areas
        totals = np.maximum(weights @ self.is_of, 1e-9)
        means = np.stack([(weights * plane) @ self.is_of / totals for plane in self.colors])
        distances = ciede2000_of_lab(self.colors[:, None], means[:, :, self.part])
        spread = (weights * distances) @ self.is_of / totals
        several = (drawn > 0).astype(float) @ self.is_of >= 2
        found = several.sum(1)
        return np.where(found, (spread * several).sum(1) / np.maximum(found, 1), math.nan)


def character_consistency(pages: list[Occurrences]) -> float:
    """Consistency of pages that count once each; nan if no part occurs twice."""
    return float(Consistency(pages)(np.ones((1, len(pages))))[0])
