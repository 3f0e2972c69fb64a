"""A layer of a page, and what a stack of layers shows."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

STRIP_PIXELS = 1 << 20  # are combined at a time


@dataclass(frozen=True)
class Layer:
    """One layer of a page, of the page's size.

    pixels: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA, uint8; alpha is not premultiplied. blend: how the layer is
    combined with those below it.
    """

    name: str
    pixels: np.ndarray
    blend: Literal["normal", "multiply"] = "normal"


def flatten(layers: Sequence[Layer]) -> np.ndarray:
    """Combine layers, the lowest one first, over white: (H, W, 3) uint8 RGB.

    Rounds to 8 bits after every layer, as painting programs do.
    """
    height, width = layers[0].pixels.shape[:2]
    page = np.empty((height, width, 3), np.uint8)
    rows = max(STRIP_PIXELS // max(width, 1), 1)
    for top in range(0, height, rows):
        strip = slice(top, top + rows)
        page[strip] = _flattened([Layer(layer.name, layer.pixels[strip], layer.blend) for layer in layers])
    return page


def _flattened(layers: Sequence[Layer]) -> np.ndarray:
    """What some rows of layers show: (rows, W, 3) uint8."""
    page = np.full((*layers[0].pixels.shape[:2], 3), 255, np.uint8)
    for layer in layers:
        pixels = layer.pixels
        color = cv2.merge([pixels] * 3) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])
        blended = cv2.multiply(page, color, scale=1 / 255) if layer.blend == "multiply" else color
        page = _over(blended, page, pixels[..., 3]) if pixels.shape[2:] == (4,) else blended
    return page


def _over(above: np.ndarray, below: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay (H, W, 3) uint8 over another, by an opacity (H, W) uint8 of 0 to 255."""
    page = cv2.copyTo(above, (alpha == 255).view(np.uint8), below.copy())
    between = np.nonzero(((alpha > 0) & (alpha < 255)).ravel())[0]
    if len(between):
        rows = page.reshape(-1, 3)
        share = alpha.ravel()[between, None].astype(np.uint16)
        upper, lower = above.reshape(-1, 3)[between], below.reshape(-1, 3)[between]
        rows[between] = (upper * share + lower * (255 - share) + 127) // 255
    return page
