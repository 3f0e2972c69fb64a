"""Between tensors in [-1, 1] and uint8 images."""
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from util.errors import UserError
from util.files import replacing

JPEG = (".jpg", ".jpeg", ".jfif", ".jpe")
LONGEST_SIDE = {".webp": 16_383} | dict.fromkeys(JPEG, 65_500)  # pixels that formats can hold
BLANK_RANGE = 24  # of 255 levels: what differs by less is no drawing
GRAIN_BLOCKS, GRAIN_BLOCK = 32, 8  # grain averages out over 8 × 8 pixels, in pages of 32 such blocks across and more


def im2tensor(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 of any shape → the same in torch's default type, 0 → -1 and 255 → 1."""
    return pixels.to(torch.get_default_dtype()).div_(127.5).sub_(1)


def tensor2im(tensor: torch.Tensor) -> np.ndarray:
    """The first image of a batch for the eye: NCHW or CHW, floats in [-1, 1] or uint8 → HWC uint8 RGB.

    One channel is repeated to three; values outside the range are clipped.
    """
    image = tensor.detach()[0] if tensor.dim() == 4 else tensor.detach()
    if image.dtype != torch.uint8:
        image = ((image.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    image = image.cpu()
    if image.shape[0] == 1:
        image = image.expand(3, -1, -1)
    return image.permute(1, 2, 0).contiguous().numpy()


def is_blank(image: Image.Image) -> bool:
    """Whether an image of any mode shows nothing: one level of brightness, but for grain and noise."""
    block = max(1, min(GRAIN_BLOCK, min(image.size) // GRAIN_BLOCKS))
    levels = np.asarray(image.convert("L").reduce(block), int)
    return bool(np.ptp(levels) < BLANK_RANGE)


def save_image(
    image: np.ndarray | Image.Image, path: Path | str, aspect_ratio: float = 1.0, quality: int = 92
) -> None:
    """Save an HWC uint8 array or a Pillow image, whole or not at all; the suffix of `path` names the format.

    aspect_ratio: width is multiplied by it above 1, height divided by it below 1 (as CycleGAN's option).
    quality: of JPEG and WebP, 1 to 100.
    Raises UserError where it can't be written.
    """
    picture = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    width, height = picture.size
    if aspect_ratio > 1:
        picture = picture.resize((round(width * aspect_ratio), height), Image.Resampling.BICUBIC)
    elif aspect_ratio < 1:
        picture = picture.resize((width, round(height / aspect_ratio)), Image.Resampling.BICUBIC)
    try:
        with replacing(path) as temporary:
            picture.save(temporary, **_settings(Path(path).suffix.lower(), quality))
    except (OSError, ValueError) as error:  # a place that can't be written, a suffix that names no format
        raise UserError(f"can't save the image {path} ({getattr(error, 'strerror', None) or error})") from error


def _settings(suffix: str, quality: int) -> dict[str, Any]:
    """How Pillow is to write a format."""
    if suffix in JPEG:
        return {"quality": quality, "subsampling": 0}  # color at full size: ink is thin
    if suffix == ".webp":
        return {"quality": quality, "method": 2}
    # Twice as fast as Pillow's 6, and a colored page comes out 1.5 % larger.
    return {"compress_level": 4} if suffix == ".png" else {}
