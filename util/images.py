"""Between tensors in [-1, 1] and uint8 images."""
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from util.errors import UserError
from util.files import replacing


def tensor2im(tensor: torch.Tensor) -> np.ndarray:
    """The first image of a batch for the eye: NCHW or CHW floats in [-1, 1] → HWC uint8 RGB.

    One channel is repeated to three; values outside the range are clipped.
    """
    image = tensor.detach()[0] if tensor.dim() == 4 else tensor.detach()
    image = image.float().cpu()
    if image.shape[0] == 1:
        image = image.expand(3, -1, -1)
    scaled = (image.clamp(-1, 1) + 1) * 127.5
    return scaled.round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()


def save_image(image: np.ndarray | Image.Image, path: Path | str, aspect_ratio: float = 1.0) -> None:
    """Save an HWC uint8 array or a Pillow image, whole or not at all; the suffix of `path` names the format.

    aspect_ratio: width is multiplied by it above 1, height divided by it below 1 (as CycleGAN's option).
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
            picture.save(temporary)
    except (OSError, ValueError) as error:  # a place that can't be written, a suffix that names no format
        raise UserError(f"can't save the image {path} ({getattr(error, 'strerror', None) or error})") from error
