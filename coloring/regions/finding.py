"""The regions of a page, from line art to label map.

1. Walls (`walls.py`): what separates regions. Lines of any weight and solid black do, screentones and hatching do not.
2. Seeds (`seeds.py`): trapped balls of falling radius fill the space between walls. A ball cannot pass a gap that is
   narrower than itself, so gaps in lines close (Zhang, Chen, Zhang, Hu and Martin, "Vectorizing cartoon animations",
   IEEE Transactions on Visualization and Computer Graphics 15(4), 2009).
3. Growth: seeds grow over the rest of the space between walls, then over the walls, and meet in the middle of lines.
4. Merging (`merging.py`): parts of one region that only a narrow place holds apart are joined, and what is too small to
   be colored on its own joins the neighbor that it has the longest border with.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from coloring.regions.merging import Contacts, contacts_of, merged
from coloring.regions.seeds import trapped_balls
from coloring.regions.sums import sums_by_label
from coloring.regions.walls import Walls, find_walls

# Pixels of the shorter side at which regions are looked for: smaller pages are enlarged, for their lines are hardly
# wider than a pixel; more than the second would take time and memory and show no further regions.
LEAST_SIDE = 640
MOST_SIDE = 800
# A strip is not enlarged or kept beyond this many pixels.
MOST_PIXELS = 2_500_000


@dataclass(frozen=True)
class Regions:
    """The regions of a page.

    labels: (H, W) int32 of the page's size, 0 to count - 1; every pixel belongs to a region, also those of ink. areas:
    (count,) int32, the area map's number that each region lies in. sizes: (count,) pixels of the page. contacts: which
    regions border on each other, and how.
    """

    labels: np.ndarray
    areas: np.ndarray
    sizes: np.ndarray
    contacts: Contacts

    @property
    def count(self) -> int:
        """The number of regions."""
        return len(self.sizes)


def find_regions(page: np.ndarray, areas: np.ndarray | None = None) -> Regions:
    """Find the regions of a page.

    page: (H, W) uint8 luminance. areas: (H, W) unsigned integers below 2¹⁶, such as the numbers of panels and balloons;
    no region lies in two areas. Raises ValueError for other arrays.
    """
    if page.ndim != 2 or page.dtype != np.uint8 or not page.size:
        raise ValueError(f"page must be (H, W) uint8 with at least one pixel, but it is {page.shape} {page.dtype}")
    if areas is None:
        areas = np.zeros(page.shape, np.uint16)
    if areas.shape != page.shape:
        raise ValueError(f"areas {areas.shape} must have the size of the page, {page.shape}")
    size = _working_size(page.shape)
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA if size[0] < page.shape[1] else cv2.INTER_CUBIC)
    small_areas = cv2.resize(areas.astype(np.uint16), size, interpolation=cv2.INTER_NEAREST)
    labels, contacts, region_areas = _find(small, small_areas)
    full = _resized(labels, page.shape)
    return Regions(full, region_areas, sums_by_label(full, len(region_areas)), contacts)


def _working_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """The width and height at which the regions of a page of this height and width are looked for."""
    height, width = shape[:2]
    side = min(height, width)
    scale = np.clip(side, LEAST_SIDE, MOST_SIDE) / side
    scale = min(scale, (MOST_PIXELS / (height * width)) ** 0.5)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _find(page: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, Contacts, np.ndarray]:
    """Label map, contacts and areas of the regions, at the working size."""
    walls = find_walls(page, areas)
    seeds, roominess = trapped_balls(walls.blocked, walls.gap)
    grown = _grown(seeds, walls)
    pieces, piece_areas = _cut_at_areas(grown, areas)
    contacts = contacts_of(pieces, walls, roominess)
    side = min(page.shape)
    return merged(pieces, piece_areas, contacts, roominess, side)


def _grown(seeds: np.ndarray, walls: Walls) -> np.ndarray:
    """Let seeds (H, W) int32, 0 for none, grow over all pixels: first over what no wall blocks, the even places first,
    then over the walls, in whose middle they meet."""
    labels = seeds.copy()
    if not labels.any():
        return np.zeros_like(labels)
    cv2.watershed(cv2.merge([walls.smooth, walls.smooth, walls.smooth]), labels)
    rest = walls.blocked | (labels <= 0)  # a watershed leaves borders of -1, and the rim of the image
    if rest.all():
        rest = seeds == 0
    _, nearest = cv2.distanceTransformWithLabels(
        rest.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    found = np.zeros(nearest.max() + 1, np.int32)
    found[nearest[~rest]] = labels[~rest]
    labels[rest] = found[nearest[rest]]
    return labels


def _cut_at_areas(labels: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a label map where it crosses from one area to another: the new map, from 0, and the area of each label."""
    numbers, compact = _compacted(areas)
    keys = labels * len(numbers) + compact
    pieces, labels_of_pieces = _compacted(keys)
    return labels_of_pieces, numbers[pieces % len(numbers)]


def _compacted(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that occur in an array, ascending, and the array with their places among these, int32."""
    occurs = np.zeros(int(numbers.max()) + 1, bool)
    occurs[numbers] = True
    found = np.nonzero(occurs)[0].astype(np.int32)
    return found, (np.cumsum(occurs, dtype=np.int32) - 1)[numbers]


def _resized(labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A label map at another height and width, each pixel with the label at its middle."""
    rows, columns = (
        np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
        for old, new in zip(labels.shape, shape, strict=True)
    )
    return labels[rows[:, None], columns]
