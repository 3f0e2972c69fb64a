"""An image as metrics look at it: in CIELAB, and by its edges."""
from __future__ import annotations

from functools import cached_property

import numpy as np
from PIL import Image
from skimage.feature import canny

from util.metrics.color import ciede2000_of_lab, rgb_to_lab

EDGE_SIGMA = 1.0  # pixels; Gaussian of the edge detector
EDGE_LOW, EDGE_HIGH = 0.1, 0.2  # its thresholds: a step in luminance of 8 % of white begins one, 4 % go on with it


class Picture:
    """An RGB image, and what several metrics need of it, computed once when the first of them asks.

    Metrics take it wherever they take an array; so what is measured again and again (truths, scans) is worth keeping.
    The array must not change meanwhile.
    """

    def __init__(self, pixels: np.ndarray) -> None:
        """pixels: (..., 3) uint8 RGB. Raises ValueError for anything else."""
        if pixels.ndim < 1 or pixels.shape[-1] != 3:
            raise ValueError(f"{pixels.shape} should be RGB")
        if pixels.dtype != np.uint8:
            raise ValueError(f"{pixels.dtype} should be uint8")
        self.pixels = pixels
        self._compared: tuple[Picture, np.ndarray] | None = None

    @classmethod
    def of(cls, image: Images) -> Picture:
        return image if isinstance(image, Picture) else cls(image)

    @cached_property
    def lab(self) -> np.ndarray:
        """(3, ...) float32: L*, a*, b*."""
        return rgb_to_lab(self.pixels)

    @cached_property
    def chroma(self) -> np.ndarray:
        """(...) float32: √(a² + b²)."""
        return np.hypot(self.lab[1], self.lab[2])

    @cached_property
    def edges(self) -> np.ndarray:
        """(H, W) bool: where Canny finds edges in the luminance, so a line has two, one at either side.

        Canny, "A computational approach to edge detection", IEEE Transactions on Pattern Analysis and Machine
        Intelligence 8(6), 1986.
        """
        luminance = np.asarray(Image.fromarray(self.pixels).convert("L")) / np.float32(255)
        return canny(luminance, EDGE_SIGMA, EDGE_LOW, EDGE_HIGH)

    def difference(self, other: Picture) -> np.ndarray:
        """CIEDE2000 from another picture of the same size, a pixel each: (...) float32; kept until another is asked
        for."""
        if self._compared is None or self._compared[0] is not other:
            self._compared = other, ciede2000_of_lab(self.lab, other.lab)
        return self._compared[1]


Images = np.ndarray | Picture


def of_one_size(result: Images, other: Images) -> tuple[Picture, Picture]:
    """Two images that can be compared pixel by pixel. Raises ValueError for others: NumPy would stretch unlike shapes
    over each other."""
    shapes = [image.pixels.shape if isinstance(image, Picture) else image.shape for image in (result, other)]
    if shapes[0] != shapes[1] or shapes[0][-1:] != (3,):
        raise ValueError(f"{shapes[0]} and {shapes[1]} should be RGB of one size")
    return Picture.of(result), Picture.of(other)
