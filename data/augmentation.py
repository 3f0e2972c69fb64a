"""Drawings varied by chance: turned, seen from aside, blurred, and with patches of white paper over them."""
import argparse
from dataclasses import dataclass, fields
from math import cos, exp, log, radians, sin, sqrt
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import pad

Box = tuple[float, float, float, float]  # left, top, right, bottom; pixel edges count, so (0, 0, 1, 1) is one pixel

# Clockwise from the top left.
UNIT_SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=float)
# How much closer the nearest corner of a view may be than the farthest. Near the horizon, which a strong perspective
# brings into view, a page is squeezed into noise, and behind it, it comes back upside down.
NEAREST = 4.0
SIGMA = (0.1, 2.0)  # of the blur, in pixels
ASPECT = (0.3, 3.3)  # of the erased rectangle, width to height
# An image with more than FINEST pixels to a pixel of the view is brought down to FINER. From ENOUGH on, linear
# interpolation is closer to the truth than cubic, which rings, and costs half; below, it is blurred.
FINEST, FINER, ENOUGH = 2.0, 1.5, 1.2
MARGIN = 3  # pixels around the view; cubic interpolation reads two to each side


@dataclass(frozen=True)
class Effects:
    """What is done to one image or to both sides of a pair.

    angle: in degrees, counterclockwise. corners: how far each corner moves inward, as parts of the width and of the
    height, clockwise from the top left. blur: (side of the kernel in pixels, sigma in pixels). erased: (width,
    height, x, y) of a rectangle, as parts of the image and, for its place, of the free way.
    """

    angle: float = 0.0
    corners: tuple[tuple[float, float], ...] | None = None
    blur: tuple[int, float] | None = None
    erased: tuple[float, float, float, float] | None = None


NO_EFFECTS = Effects()


@dataclass(frozen=True)
class Augmentation:
    """How drawings are varied in training; by default not at all.

    rotation: turned by up to so many degrees, either way. perspective: each corner moves inward by up to half this
    part of the width and of the height, with probability perspective_p. blur_p: probability of a Gaussian blur.
    erasing_p: probability that a rectangle is erased, with a part of the image from erasing_area. crop_part: from
    which parts of the short side `random_part` draws the side of its square. max_aspect: longer side to shorter, to
    which `random_part` fills up what is more extreme with paper.
    """

    rotation: float = 0.0
    perspective: float = 0.0
    perspective_p: float = 0.5
    blur_p: float = 0.0
    erasing_p: float = 0.0
    erasing_area: tuple[float, float] = (0.005, 0.1)
    crop_part: tuple[float, float] = (0.5, 1.0)
    max_aspect: float = 2.0

    @classmethod
    def from_options(cls, opt: argparse.Namespace) -> "Augmentation":
        """What the options ask for; the default for an option that there is not."""
        values: dict[str, Any] = {}
        for name in (field.name for field in fields(cls) if field.name in vars(opt)):
            value = getattr(opt, name)
            values[name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    @property
    def turns(self) -> bool:
        """Whether images can be turned or tilted."""
        return bool(self.rotation or (self.perspective and self.perspective_p))

    @property
    def active(self) -> bool:
        """Whether any effect can come about."""
        return any((self.rotation, self.perspective, self.blur_p, self.erasing_p))

    def draw(self, rng: np.random.Generator) -> Effects:
        """The effects on one image or one pair; always takes the same numbers from `rng`."""
        angle, tilt, blurred, kernel, sigma, erased, area, aspect, x, y = rng.random(10)
        inward = rng.random((4, 2)) * self.perspective / 2
        return Effects(
            angle=self.rotation * (2 * angle - 1),
            corners=_tamed(inward) if self.perspective and tilt < self.perspective_p else None,
            blur=(3 if kernel < 0.5 else 5, _between(SIGMA, sigma)) if blurred < self.blur_p else None,
            erased=(*_rectangle(_between(self.erasing_area, area), aspect), x, y) if erased < self.erasing_p else None,
        )


UNCHANGED = Augmentation()

def _between(ends: tuple[float, float], fraction: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * fraction


def _rectangle(area: float, fraction: float) -> tuple[float, float]:
    """Width and height with a part `area` of the unit square; large ones are drawn from fewer aspects, to fit in."""
    least, most = (log(end) for end in (max(ASPECT[0], area), min(ASPECT[1], 1 / area)))
    aspect = exp(_between((least, most), fraction))
    return sqrt(area * aspect), sqrt(area / aspect)


def _tamed(inward: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Movements (4, 2) of the corners, made smaller until the whole view lies well before the horizon."""
    corners = np.column_stack([UNIT_SQUARE, np.ones(4)])
    while True:
        depths = corners @ _tilt(inward)[2]
        if depths.min() > 0 and depths.max() <= NEAREST * depths.min():
            return tuple((float(x), float(y)) for x, y in inward)
        inward = inward * 0.9


def _tilt(inward: Any) -> np.ndarray:
    """The homography (3, 3) of the unit square, where corners that have moved `inward` (4, 2) are, to where they
    were."""
    moved = UNIT_SQUARE + (1 - 2 * UNIT_SQUARE) * np.asarray(inward)
    rows = []
    for (x, y), (u, v) in zip(moved, UNIT_SQUARE, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.append(np.linalg.solve(np.array(rows), UNIT_SQUARE.ravel()), 1).reshape(3, 3)


def to_source(box: Box, size: tuple[int, int], flip: bool, effects: Effects) -> np.ndarray:
    """The homography (3, 3) from the pixels of a view of `size` to those of the image whose `box` it shows.

    The view is turned and tilted, not the image: what comes into its corners is what the image has around the box.
    """
    width, height = size
    angle = radians(effects.angle)
    mirrored = np.array([[-1, 0, width], [0, 1, 0], [0, 0, 1]]) if flip else np.eye(3)
    unit = np.diag([1 / width, 1 / height, 1])
    tilted = np.linalg.inv(unit) @ _tilt(effects.corners) @ unit if effects.corners else np.eye(3)
    centered = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    turned = np.array([[cos(angle), -sin(angle), 0], [sin(angle), cos(angle), 0], [0, 0, 1]])
    across, down = (box[2] - box[0]) / width, (box[3] - box[1]) / height
    placed = np.array([[across, 0, (box[0] + box[2]) / 2], [0, down, (box[1] + box[3]) / 2], [0, 0, 1]])
    return placed @ turned @ centered @ tilted @ mirrored


def warp(image: Image.Image, matrix: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """A view of `size` whose pixels `matrix` (3, 3) finds in an image, mode L or RGB, with white paper around it.

    One interpolation; an image that is much larger than the view needs is made smaller before, so that lines stay
    lines.
    """
    width, height = size
    corners = matrix @ np.array([(0, width, width, 0), (0, 0, height, height), (1, 1, 1, 1)])
    corners = corners[:2] / corners[2]
    steps = np.maximum(_steps(matrix, size), 1)
    start = np.maximum(np.floor(corners.min(1) - MARGIN * steps), 0)
    stop = np.minimum(np.ceil(corners.max(1) + MARGIN * steps), image.size)
    if (start >= stop).any():
        return Image.new(image.mode, size, "white")
    across, down = (int(side) for side in np.ceil((stop - start) / np.where(steps > FINEST, steps / FINER, 1)))
    part = image.resize((across, down), Image.Resampling.HAMMING, (*start, *stop), reducing_gap=2.0)
    # A rim of real paper: Pillow does not smooth the edge to what lies outside an image.
    paper = Image.new(image.mode, (across + 2 * MARGIN, down + 2 * MARGIN), "white")
    paper.paste(part, (MARGIN, MARGIN))
    scale = np.array((across, down)) / (stop - start)
    shift = MARGIN - start * scale
    matrix = np.array([[scale[0], 0, shift[0]], [0, scale[1], shift[1]], [0, 0, 1]]) @ matrix
    coefficients = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    between = Image.Resampling.BILINEAR if steps.min() >= ENOUGH else Image.Resampling.BICUBIC
    return paper.transform(size, Image.Transform.PERSPECTIVE, coefficients, between, fillcolor="white")


def _steps(matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """How many pixels across and down an image one goes with one pixel in the middle of its view."""
    x, y, depth = matrix @ (size[0] / 2, size[1] / 2, 1)
    slopes = (matrix[:2, :2] - np.outer((x, y), matrix[2, :2]) / depth) / depth
    return np.hypot(slopes[:, 0], slopes[:, 1])


def blur(pixels: torch.Tensor, kernel: int, sigma: float) -> torch.Tensor:
    """Gaussian blur of uint8 (C, H, W) with a kernel of `kernel` × `kernel` pixels, odd."""
    reach = kernel // 2
    weights = [exp(-0.5 * (place / sigma) ** 2) for place in range(-reach, reach + 1)]
    height, width = pixels.shape[1:]
    wide = pad(pixels.float(), (reach,) * 4, mode="replicate")
    rows = sum((w * wide[:, k : k + height] for k, w in enumerate(weights)), torch.zeros(()))
    both = sum((w * rows[:, :, k : k + width] for k, w in enumerate(weights)), torch.zeros(()))
    return (both / sum(weights) ** 2).round().clamp(0, 255).to(torch.uint8)


def erase(pixels: torch.Tensor, erased: tuple[float, float, float, float]) -> torch.Tensor:
    """White paper over a rectangle of uint8 (C, H, W), given as in Effects, in place."""
    height, width = pixels.shape[1:]
    across, down = max(1, round(erased[0] * width)), max(1, round(erased[1] * height))
    left, top = int(erased[2] * (width - across + 1)), int(erased[3] * (height - down + 1))
    pixels[:, top : top + down, left : left + across] = 255
    return pixels
