"""From an image on disk to a tensor: scaling, cropping, flipping, by a draw that the sides of a pair share."""
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps

RESIZE_OR_CROP = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "none")
# What a training mode means for a page that must come out whole.
WHOLE_PAGE = {"resize_and_crop": "resize", "crop": "none", "scale_width_and_crop": "scale_width"}


@dataclass(frozen=True)
class Draw:
    """Where to crop, as fractions of the free way from the left and from the top, and whether to mirror."""

    x: float = 0.5
    y: float = 0.5
    flip: bool = False


@dataclass(frozen=True)
class Transform:
    """How images become tensors.

    resize_or_crop: one of RESIZE_OR_CROP, or `resize` (straight to crop_size × crop_size).
    load_size: side (resize) or width (scale_width) that images are scaled to, in pixels.
    crop_size: side of the square that is cut out, in pixels. flip: mirror every other image.
    """

    resize_or_crop: str
    load_size: int
    crop_size: int
    flip: bool

    @classmethod
    def whole_page(cls, resize_or_crop: str, load_size: int, crop_size: int) -> "Transform":
        """The counterpart without randomness: every page whole, at the size that training saw."""
        return cls(WHOLE_PAGE.get(resize_or_crop, resize_or_crop), load_size, crop_size, flip=False)

    def draw(self, rng: np.random.Generator) -> Draw:
        """The random choices for one image or one pair; always takes the same numbers from `rng`."""
        x, y, coin = rng.random(3)
        return Draw(x, y, self.flip and coin < 0.5)

    def __call__(self, image: Image.Image, draw: Draw) -> torch.Tensor:
        """Mode L or RGB, any size → float32 (1 or 3, H, W) in [-1, 1]."""
        image = self._scale(image)
        if self.resize_or_crop.endswith("crop"):
            image = _crop(image, self.crop_size, draw)
        if draw.flip:
            image = ImageOps.mirror(image)
        return to_tensor(image)

    def _scale(self, image: Image.Image) -> Image.Image:
        width, height = image.size
        if self.resize_or_crop.startswith("scale_width"):
            size = (self.load_size, max(1, round(height * self.load_size / width)))
        elif self.resize_or_crop == "resize_and_crop":
            size = (self.load_size, self.load_size)
        elif self.resize_or_crop == "resize":
            size = (self.crop_size, self.crop_size)
        else:
            return image
        return image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)


def to_tensor(image: Image.Image) -> torch.Tensor:
    """Mode L or RGB → float32 (1 or 3, H, W), 0 → -1 and 255 → 1."""
    pixels = torch.from_numpy(np.array(image, dtype=np.float32))
    pixels = pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1)
    return (pixels / 127.5 - 1).contiguous()


def _crop(image: Image.Image, side: int, draw: Draw) -> Image.Image:
    """A square of `side` pixels; what the image lacks in width or height is white paper around it."""
    width, height = image.size
    if width < side or height < side:
        paper = Image.new(image.mode, (max(width, side), max(height, side)), "white")
        paper.paste(image, ((paper.width - width) // 2, (paper.height - height) // 2))
        image, (width, height) = paper, paper.size
    left = min(width - side, int(draw.x * (width - side + 1)))
    top = min(height - side, int(draw.y * (height - side + 1)))
    return image.crop((left, top, left + side, top + side))
