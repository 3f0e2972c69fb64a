"""Colors that distinguish the regions of a page."""
from collections import defaultdict
from colorsys import hsv_to_rgb

import numpy as np

HUES = 12
# Row 0 for no region; 30 degrees between hues, every other one darker, so that no two look alike.
COLORS = np.array(
    [(255, 255, 255)]
    + [[255 * part for part in hsv_to_rgb(n / HUES, *((0.35, 1.0), (0.6, 0.85))[n % 2])] for n in range(HUES)]
).round()
SIDE = 300  # pixels of the longer side, about, at which neighbors are looked for
REACH = 3  # pixels at that size across which regions are neighbors: lines lie between them


def region_colors(regions: np.ndarray) -> np.ndarray:
    """Choose a row of COLORS for each number of a label map (H, W): (highest number + 1,) uint8.

    Numbers from 1 are regions, and neighbors get different colors; 0 is no region. The same map gives the same colors.
    """
    count = int(regions.max(initial=0)) + 1
    neighbors = _neighbors(regions, count)
    draws = np.random.default_rng(0).integers(2**32, size=count).tolist()
    chosen = [0] * count
    for region in range(1, count):
        free = _free({chosen[other] for other in neighbors.get(region, ())})
        chosen[region] = free[draws[region] % len(free)]
    return np.array(chosen, np.uint8)


def _free(taken: set[int]) -> list[int]:
    """The colors for a region whose neighbors have some already: of other hues, not even similar ones if possible."""
    everything = range(1, HUES + 1)
    similar = {(color - 1 + shift) % HUES + 1 for color in taken - {0} for shift in (-1, 0, 1)}
    different = [color for color in everything if color not in similar]
    return different or [color for color in everything if color not in taken] or list(everything)


def _neighbors(regions: np.ndarray, count: int) -> defaultdict[int, set[int]]:
    """Find the regions that lie next to each region, with at most a line between them."""
    step = max(1, round(max(regions.shape) / SIDE))
    small = regions[step // 2 :: step, step // 2 :: step].astype(np.int64)
    shifted = [(small[:-reach], small[reach:]) for reach in range(1, REACH + 1)]
    shifted += [(small[:, :-reach], small[:, reach:]) for reach in range(1, REACH + 1)]
    pairs = []
    for first, second in shifted:
        differ = (first != second) & (first > 0) & (second > 0)
        pairs.append(first[differ] * count + second[differ])
    neighbors: defaultdict[int, set[int]] = defaultdict(set)
    for pair in np.unique(np.concatenate(pairs)).tolist():
        one, other = divmod(pair, count)
        neighbors[one].add(other)
        neighbors[other].add(one)
    return neighbors
