"""Pixels as the random steps of a transform start from them, and scaling that keeps up with training."""
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate, pad

WHITE = 255


@dataclass(frozen=True)
class Picture:
    """pixels: uint8 (C, H, W), in planes or interleaved. size: width and height, in pixels, of the image that they
    show. extent: the width and height of them that show it; the last ones may do so in part only."""

    pixels: torch.Tensor
    size: tuple[int, int]
    extent: tuple[float, float]

    @property
    def scale(self) -> tuple[float, float]:
        """How many pixels, across and down, show one pixel of the image."""
        return self.extent[0] / self.size[0], self.extent[1] / self.size[1]


def from_image(image: Image.Image) -> torch.Tensor:
    """Mode L or RGB → uint8 (1 or 3, H, W), interleaved."""
    pixels = torch.from_numpy(np.array(image))
    return pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1)


def to_image(pixels: torch.Tensor) -> Image.Image:
    """uint8 (1 or 3, H, W) → mode L or RGB."""
    array = pixels[0] if len(pixels) == 1 else pixels.permute(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(array.numpy()))


def scaled(
    pixels: torch.Tensor, size: tuple[int, int], extent: tuple[float, float] | None = None
) -> torch.Tensor:
    """uint8 (C, H, W) at a width and a height, by antialiased bicubic interpolation: as Pillow's, but for rounding.

    extent: the width and height that count, in pixels, where the last ones are only partly of the image.
    """
    height, width = pixels.shape[1:]
    if extent is not None and extent != (width, height):
        factors = (size[1] / extent[1], size[0] / extent[0])
        if (int(height * factors[0]), int(width * factors[1])) == size[::-1]:
            return interpolate(pixels.unsqueeze(0), scale_factor=factors, mode="bicubic", antialias=True).squeeze(0)
    if size == (width, height):
        return pixels
    return interpolate(pixels.unsqueeze(0), size[::-1], mode="bicubic", antialias=True).squeeze(0)


def cut(pixels: torch.Tensor, box: tuple[int, int, int, int]) -> torch.Tensor:
    """A box (left, top, right, bottom) out of (C, H, W); what lies outside is white paper."""
    left, top, right, bottom = box
    height, width = pixels.shape[1:]
    inside = pixels[:, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return inside
    left, top = min(max(-left, 0), right - left), min(max(-top, 0), bottom - top)
    rest = box[2] - box[0] - left - inside.shape[2], box[3] - box[1] - top - inside.shape[1]
    return pad(inside, (left, rest[0], top, rest[1]), value=WHITE)
