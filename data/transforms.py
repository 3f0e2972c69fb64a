"""From an image on disk to a tensor: scaling, cropping, flipping, augmentation, by a draw that the sides of a pair
share."""
import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, inf, sqrt
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from PIL import Image

from data.augmentation import FINER, NO_EFFECTS, UNCHANGED, Augmentation, Box, Effects, blur, erase, to_source, warp
from data.image_folder import read_reduced
from data.picture import Picture, cut, from_image, scaled, to_image
from util.option_types import page_size

RESIZE_OR_CROP = ("resize_and_crop", "crop", "scale_width", "scale_width_and_crop", "random_part", "none")
# Those that give squares of the crop size, whatever the image.
SQUARES = ("resize_and_crop", "crop", "scale_width_and_crop", "random_part")
# What a training mode means for a page that must come out whole.
WHOLE_PAGE = {
    "resize_and_crop": "resize", "crop": "none", "scale_width_and_crop": "scale_width", "random_part": "scale_short",
}  # fmt: skip

# An image may be decoded smaller if it has so many pixels, across and down, to one of the result then: that differs no
# more from the result of the whole image than bicubic interpolation does from Lanczos (benchmarks/loader.md).
DENSE = 1.7
# What is turned, or cut into parts of any size, is kept with so many pixels to one of the result, at least: another
# interpolation follows. With SPARE times these, across and down, it is scaled down before it is kept.
ROOM, SPARE = FINER, 1.5

# A strip is seen as large as a page of this proportion would be, longer side to shorter.
LONGEST_PAGE = 2.0
# A page is shown no larger than so many panels side by side.
MOST_OF_PANELS = 2.0

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
        """Mode L or RGB, any size → uint8 (1 or 3, H, W)."""
        return self.finish(self.prepare(image, image.size), draw)

    def read(self, path: Path | str, channels: int, source: BinaryIO | None = None) -> Picture:
        """The picture of an image file, decoded no larger than it is needed. Raises BadImage if it can't be read.

        source: what was in the file, where that is not on the disk.
        """
        return self.prepare(*read_reduced(path, channels, self.enough, source))

    def prepare(self, image: Image.Image, size: tuple[int, int], reduced: int = 1) -> Picture:
        """What the random steps start from: all is done that is the same in every epoch.

        image: mode L or RGB. size: its width and height in pixels before it was `reduced` so many times.
        """
        pixels = from_image(image)
        extent = (size[0] / reduced, size[1] / reduced)
        wanted = self._kept(size)
        if not self._once and min(extent[0] / wanted[0], extent[1] / wanted[1]) < SPARE:
            return Picture(pixels, size, extent)
        whole = ceil(wanted[0]), ceil(wanted[1])
        return Picture(scaled(pixels, whole, extent), size, whole)

    @property
    def preparation(self) -> str:
        """What `prepare` depends on besides the image."""
        varied = self.augmentation
        parts = (varied.crop_part[0], varied.max_aspect) if self.resize_or_crop == "random_part" else ()
        return repr((self.resize_or_crop, self.load_size, self.crop_size, varied.turns, varied.perspective, *parts))

    def enough(self, size: tuple[int, int]) -> tuple[float, float]:
        """At which width and height an image of `size` may be decoded, because more would not be seen."""
        if self.resize_or_crop in ("crop", "none"):
            return size
        kept = self._kept(size)
        dense = DENSE if self._once or self.augmentation.turns else DENSE / ROOM
        return min(size[0], dense * kept[0]), min(size[1], dense * kept[1])

    @property
    def _once(self) -> bool:
        """Whether images are scaled once for all, before anything is left to chance."""
        return not self.augmentation.turns and self.resize_or_crop != "random_part"

    def _kept(self, size: tuple[int, int]) -> tuple[float, float]:
        """With how many pixels, across and down, an image of `size` is kept at least, if it has so many."""
        if self._once or self.resize_or_crop in ("crop", "none"):
            return self._scaled(size)
        width, height = map(float, self._scaled(size))
        if self.resize_or_crop == "random_part":
            zoom = self.crop_size / (self.augmentation.crop_part[0] * min(self._with_paper(size)))
            width, height = zoom * size[0], zoom * size[1]
        room = ROOM / (1 - self.augmentation.perspective / 2) if self.augmentation.turns else ROOM
        return min(size[0], room * width), min(size[1], room * height)

    def finish(self, picture: Picture, draw: Draw) -> torch.Tensor:
        """Cut out, mirrored and varied as drawn: uint8 (1 or 3, H, W)."""
        effects = draw.effects
        turned = effects.angle or effects.corners
        pixels = self._turned(picture, draw) if turned else self._straight(picture, draw)
        if effects.blur:
            pixels = blur(pixels, *effects.blur)
        return erase(pixels.clone(), effects.erased) if effects.erased else pixels

    def _straight(self, picture: Picture, draw: Draw) -> torch.Tensor:
        """The view of a picture that is neither turned nor tilted."""
        pixels = picture.pixels
        if self.resize_or_crop == "random_part":
            left, top, right, bottom = self._part_of(picture, draw)
            x, y, across, down = map(round, (left, top, right - left, bottom - top))
            part = cut(pixels, (x, y, x + max(1, across), y + max(1, down)))
            pixels = scaled(part, (self.crop_size, self.crop_size))
        else:
            size = self._scaled(picture.size)
            pixels = cut(scaled(pixels, size, picture.extent), self._window(size, draw))
        return (pixels.flip(-1) if draw.flip else pixels).contiguous()

    def _turned(self, picture: Picture, draw: Draw) -> torch.Tensor:
        """The view of a picture, turned and tilted, with the scaling that is left in the same interpolation."""
        if self.resize_or_crop == "random_part":
            box, size = self._part_of(picture, draw), (self.crop_size, self.crop_size)
        else:
            whole = self._scaled(picture.size)
            left, top, right, bottom = self._window(whole, draw)
            across, down = picture.extent[0] / whole[0], picture.extent[1] / whole[1]
            box, size = (left * across, top * down, right * across, bottom * down), (right - left, bottom - top)
        turned = warp(to_image(picture.pixels), to_source(box, size, draw.flip, draw.effects), size)
        return from_image(turned).contiguous()

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

    def _part_of(self, picture: Picture, draw: Draw) -> Box:
        """The square that `random_part` takes, in pixels of a picture, which has paper around it where it is extreme.

        A part of the short side of a banner would be a sliver of it.
        """
        width, height = self._with_paper(picture.size)
        side = draw.part * min(width, height)
        left = draw.x * (width - side) - (width - picture.size[0]) / 2
        top = draw.y * (height - side) - (height - picture.size[1]) / 2
        across, down = picture.scale
        return left * across, top * down, (left + side) * across, (top + side) * down

    def _with_paper(self, size: tuple[int, int]) -> tuple[float, float]:
        """Width and height of an image of `size`, with paper around it where it is extreme."""
        least = max(size) / self.augmentation.max_aspect
        return max(size[0], least), max(size[1], least)


@dataclass(frozen=True)
class PageScale:
    """How large whole pages are shown to a network: as large as it knows them from its training.

    resize_or_crop, load_size, crop_size, crop_part: those of the training. page_size: 0 for the scale that follows
    from these; else the shorter side in pixels, or infinity for pages as they are. panel_size: 0, or the extent in
    pixels that a panel is shown at: the root of the area of a page's median panel. Counts unless there is a page_size.
    """

    resize_or_crop: str
    load_size: int
    crop_size: int
    crop_part: tuple[float, float] = (0.5, 1.0)
    page_size: float = 0
    panel_size: float = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "PageScale":
        """From the options of a training, or of test.py, as far as they are known."""
        part = options.get("crop_part") or (0.5, 1.0)
        size = options.get("page_size", 0)
        return cls(
            options.get("resize_or_crop", "resize_and_crop"), options.get("loadSize", 286),
            options.get("fineSize", 256), (part[0], part[1]), page_size(size) if isinstance(size, str) else size,
            options.get("panel_size", 0),
        )  # fmt: skip

    @property
    def by_panels(self) -> bool:
        """Whether a page's scale depends on its panels."""
        return bool(self.panel_size) and not self.page_size

    def size(self, page: tuple[int, int], panel: float = 0) -> tuple[int, int]:
        """Width and height, in pixels, at which a page of some width and height is shown: its proportions are kept.

        panel: the extent of its median panel in pixels, 0 where it is not known.
        """
        if self.by_panels:
            short = min(page)
            side = self.panel_size * short / (panel or short)
            factor = min(max(side, self.panel_size), MOST_OF_PANELS * self.panel_size) / short
        else:
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


def _start(length: int, fraction: float, side: int) -> int:
    """Where a window of `side` pixels starts on a length, `fraction` of the free way along."""
    return -((side - length) // 2) if length < side else min(length - side, int(fraction * (length - side + 1)))
