"""From an image on disk to a tensor: scaling, cropping, flipping, augmentation, by a draw that the sides of a pair
share."""
import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor, inf, sqrt
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps

from data.augmentation import NO_EFFECTS, UNCHANGED, Augmentation, Box, Effects, blur, cut, erase, to_source, warp
from util.option_types import page_size

RESIZE_OR_CROP = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "random_part", "none")
# Those that give squares of the crop size, whatever the image.
SQUARES = ("resize_and_crop", "crop", "scale_width_and_crop", "random_part")
# What a training mode means for a page that must come out whole.
WHOLE_PAGE = {
    "resize_and_crop": "resize", "crop": "none", "scale_width_and_crop": "scale_width", "random_part": "scale_short",
}  # fmt: skip


# A strip is seen as large as a page of this proportion would be, longer side to shorter.
LONGEST_PAGE = 2.0
# A sliver would become a strip.
MOST_ENLARGED = 16.0


@dataclass(frozen=True)
class Draw:
    """Where to crop, as fractions of the free way from the left and from the top, whether to mirror, which part of
    the short side to take (random_part), and what else is done to the image."""

    x: float = 0.5
    y: float = 0.5
    flip: bool = False
    part: float = 1.0
    effects: Effects = NO_EFFECTS


@dataclass(frozen=True)
class Transform:
    """How images become tensors.

    resize_or_crop: one of RESIZE_OR_CROP, or `resize` (straight to crop_size × crop_size), or `scale_short` (the short
    side to crop_size, proportions kept). load_size: side (resize) or width (scale_width) that images are scaled to, in
    pixels. crop_size: side of the square that is cut out, in pixels. flip: mirror every other image.
    """

    resize_or_crop: str
    load_size: int
    crop_size: int
    flip: bool
    augmentation: Augmentation = UNCHANGED

    @classmethod
    def from_options(cls, opt: argparse.Namespace) -> "Transform":
        """What the options of a training ask for, or of a test, where pages come whole."""
        if not opt.isTrain:
            return cls.whole_page(opt.resize_or_crop, opt.loadSize, opt.fineSize)
        augmentation = Augmentation.from_options(opt)
        return cls(opt.resize_or_crop, opt.loadSize, opt.fineSize, not opt.no_flip, augmentation)

    @classmethod
    def whole_page(cls, resize_or_crop: str, load_size: int, crop_size: int) -> "Transform":
        """The counterpart without randomness: every page whole, at the size that training saw."""
        return cls(WHOLE_PAGE.get(resize_or_crop, resize_or_crop), load_size, crop_size, flip=False)

    def for_size(self, crop_size: int) -> "Transform":
        """The same transform for results of another size: everything scaled."""
        if crop_size == self.crop_size:
            return self
        return replace(self, load_size=round(self.load_size * crop_size / self.crop_size), crop_size=crop_size)

    def draw(self, rng: np.random.Generator) -> Draw:
        """The random choices for one image or one pair; always takes the same numbers from `rng`."""
        x, y, coin = rng.random(3)
        flip = self.flip and coin < 0.5
        # Runs without augmentation take no more numbers than they ever did.
        if self.resize_or_crop != "random_part" and not self.augmentation.active:
            return Draw(x, y, flip)
        return Draw(x, y, flip, rng.uniform(*self.augmentation.crop_part), self.augmentation.draw(rng))

    def __call__(self, image: Image.Image, draw: Draw) -> torch.Tensor:
        """Mode L or RGB, any size → float32 (1 or 3, H, W) in [-1, 1]."""
        effects = draw.effects
        pixels = to_tensor(self._warped(image, draw) if effects.angle or effects.corners else self._plain(image, draw))
        if effects.blur:
            pixels = blur(pixels, *effects.blur)
        return erase(pixels, effects.erased) if effects.erased else pixels

    def _plain(self, image: Image.Image, draw: Draw) -> Image.Image:
        """The view of an image that is neither turned nor tilted."""
        if self.resize_or_crop == "random_part":
            image = _scaled_part(image, self._random_part(image.size, draw), self.crop_size)
        else:
            size = self._scaled(image.size)
            image = image if size == image.size else image.resize(size, Image.Resampling.BICUBIC)
            image = cut(image, self._window(size, draw))
        return ImageOps.mirror(image) if draw.flip else image

    def _warped(self, image: Image.Image, draw: Draw) -> Image.Image:
        """The view of an image, turned and tilted, with all its scaling in one interpolation."""
        if self.resize_or_crop == "random_part":
            box, size = self._random_part(image.size, draw), (self.crop_size, self.crop_size)
        else:
            scaled = self._scaled(image.size)
            left, top, right, bottom = self._window(scaled, draw)
            across, down = image.width / scaled[0], image.height / scaled[1]
            box, size = (left * across, top * down, right * across, bottom * down), (right - left, bottom - top)
        return warp(image, to_source(box, size, draw.flip, draw.effects), size)

    def _scaled(self, size: tuple[int, int]) -> tuple[int, int]:
        """The size that an image of `size` is scaled to before it is cropped."""
        width, height = size
        if self.resize_or_crop.startswith("scale_width"):
            return self.load_size, max(1, round(height * self.load_size / width))
        if self.resize_or_crop == "scale_short":
            short = min(size)
            return max(1, round(width * self.crop_size / short)), max(1, round(height * self.crop_size / short))
        if self.resize_or_crop == "resize_and_crop":
            return self.load_size, self.load_size
        if self.resize_or_crop == "resize":
            return self.crop_size, self.crop_size
        return size

    def _window(self, size: tuple[int, int], draw: Draw) -> tuple[int, int, int, int]:
        """What is cut out of a scaled image, in its pixels; an image smaller than that lies in the middle."""
        if self.resize_or_crop not in SQUARES:
            return 0, 0, *size
        left, top = (_start(*way, self.crop_size) for way in zip(size, (draw.x, draw.y), strict=True))
        return left, top, left + self.crop_size, top + self.crop_size

    def _random_part(self, size: tuple[int, int], draw: Draw) -> Box:
        """The square that `random_part` takes, in pixels of the image, which has paper around it where it is extreme.

        A part of the short side of a banner would be a sliver of it.
        """
        width, height = (max(side, max(size) / self.augmentation.max_aspect) for side in size)
        side = draw.part * min(width, height)
        left = draw.x * (width - side) - (width - size[0]) / 2
        top = draw.y * (height - side) - (height - size[1]) / 2
        return left, top, left + side, top + side


@dataclass(frozen=True)
class PageScale:
    """How large whole pages are shown to a network: as large as it knows them from its training.

    resize_or_crop, load_size, crop_size, crop_part: those of the training. page_size: 0 for the scale that follows
    from these; else the shorter side in pixels, or infinity for pages as they are.
    """

    resize_or_crop: str
    load_size: int
    crop_size: int
    crop_part: tuple[float, float] = (0.5, 1.0)
    page_size: float = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "PageScale":
        """From the options of a training, or of test.py, as far as they are known."""
        part = options.get("crop_part") or (0.5, 1.0)
        size = options.get("page_size", 0)
        return cls(
            options.get("resize_or_crop", "resize_and_crop"), options.get("loadSize", 286),
            options.get("fineSize", 256), (part[0], part[1]), page_size(size) if isinstance(size, str) else size,
        )  # fmt: skip

    def size(self, page: tuple[int, int]) -> tuple[int, int]:
        """Width and height, in pixels, at which a page of some width and height is shown: its proportions are kept."""
        factor = self._factor(*page)
        width, height = (max(1, round(side * min(factor, MOST_ENLARGED))) for side in page)
        return width, height

    def _factor(self, width: int, height: int) -> float:
        short, long = sorted((width, height))
        if self.page_size:
            return 1 if self.page_size == inf else self.page_size / short
        if self.resize_or_crop == "resize_and_crop":
            # Training squeezes the page into a square: the same number of pixels, in the page's own proportions.
            return self.load_size / sqrt(short * min(long, LONGEST_PAGE * short))
        if self.resize_or_crop.startswith("scale_width"):
            return self.load_size / width
        if self.resize_or_crop == "random_part":
            return 2 * self.crop_size / sum(self.crop_part) / short
        return 1


def to_tensor(image: Image.Image) -> torch.Tensor:
    """Mode L or RGB → float32 (1 or 3, H, W), 0 → -1 and 255 → 1."""
    pixels = torch.from_numpy(np.array(image, dtype=np.float32))
    pixels = pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1)
    return (pixels / 127.5 - 1).contiguous()


def _start(length: int, fraction: float, side: int) -> int:
    """Where a window of `side` pixels starts on a length, `fraction` of the free way along."""
    return -((side - length) // 2) if length < side else min(length - side, int(fraction * (length - side + 1)))


def _scaled_part(image: Image.Image, box: Box, side: int) -> Image.Image:
    """A box of an image, white paper where it reaches beyond, as a square of `side` pixels."""
    left, top = floor(box[0]), floor(box[1])
    image = cut(image, (left, top, ceil(box[2]), ceil(box[3])))
    inside = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return image.resize((side, side), Image.Resampling.BICUBIC, inside, reducing_gap=2.0)
