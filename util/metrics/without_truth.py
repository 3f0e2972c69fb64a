"""What a coloring tells by itself, or beside its scan."""
import math

import numpy as np
from scipy.ndimage import binary_dilation

from util.metrics.picture import Images, Picture, of_one_size


def edge_recall(result: Images, scan: Images) -> float:
    """How many of the scan's edge pixels have one of the result's at most one pixel away (8 neighbors): 1 for all, 0
    for none; nan if the scan has no edge. What the result has beyond them does not count.

    Edges are Canny's in luminance (Canny, "A computational approach to edge detection", IEEE Transactions on Pattern
    Analysis and Machine Intelligence 8(6), 1986); counted within a pixel as boundaries are matched in Martin, Fowlkes
    and Malik, "Learning to detect natural image boundaries", the same journal 26(5), 2004.
    """
    result, scan = of_one_size(result, scan)
    wanted = scan.edges
    return float(binary_dilation(result.edges, np.ones((3, 3)))[wanted].mean()) if wanted.any() else math.nan


def colorfulness(result: Images) -> float:
    """How colorful people find an image: 0 for grey, about 15 for slightly, 33 for moderately, 59 for quite and 109
    for extremely colorful photos. √(σ_rg² + σ_yb²) + 0.3 √(μ_rg² + μ_yb²) of rg = R − G and yb = (R + G)/2 − B.

    Hasler and Süsstrunk, "Measuring colorfulness in natural images", Human Vision and Electronic Imaging VIII, 2003.
    """
    red, green, blue = np.moveaxis(Picture.of(result).pixels, -1, 0).astype(np.float32)
    opponents = red - green, (red + green) / 2 - blue
    spread = math.hypot(*(float(plane.std(dtype=np.float64)) for plane in opponents))
    return spread + 0.3 * math.hypot(*(float(plane.mean(dtype=np.float64)) for plane in opponents))
