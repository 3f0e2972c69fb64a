"""A layer of a page, and what a stack of layers shows."""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np


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
    page = np.full((height, width, 3), 255, np.uint8)
    for layer in layers:
        color = layer.pixels[..., None] if layer.pixels.ndim == 2 else layer.pixels[..., :3]
        multiplied = layer.blend == "multiply"
        blended = _divided(page.astype(np.uint16) * color) if multiplied else np.broadcast_to(color, page.shape)
        if layer.pixels.ndim == 3 and layer.pixels.shape[2] == 4:
            alpha = layer.pixels[..., 3:].astype(np.uint16)
            page = _divided(blended * alpha + page * (255 - alpha)).astype(np.uint8)
        else:
            page = blended.astype(np.uint8)
    return page


def _divided(products: np.ndarray) -> np.ndarray:
    """Products of two levels of 0 to 255, divided by 255 and rounded; uint16."""
    return (products + 127) // 255
