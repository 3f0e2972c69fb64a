"""Small pictures of a page's regions and layers, to look at in a browser."""
from io import BytesIO

import numpy as np
from PIL import Image

from coloring.layers import Layer
from coloring.viewer.region_colors import COLORS, region_colors

LONGEST_SIDE = 740  # pixels: what a laptop shows of a page that fits its screen
# Grey levels of a page below which lines over regions are black, and half transparent: lighter tones are left out, for
# they would take up space and hide regions.
BLACK, GREY = 80, 128
JPEG_QUALITY = 25  # lettering stays readable, and all pictures of a page take 80 to 150 KB
FLAT = 0.9  # share of pixels that are as the one to their left, from which a layer consists of flat colors


def region_picture(regions: np.ndarray, page: Image.Image) -> bytes:
    """Draw the lines of a page over its regions, neighbors in different colors: an indexed PNG.

    regions: (H, W) label map, 0 for no region, which is white. page: the page before coloring, of the same size.
    """
    size = _reduced(page.size)
    levels = np.asarray(page.convert("L").resize(size, Image.Resampling.BOX))
    lines = (levels >= BLACK).astype(np.uint8) + (levels >= GREY)
    picture = Image.fromarray(3 * region_colors(regions)[_sampled(regions, size)] + lines, "P")
    palette = COLORS[:, None] * np.array([[0], [0.5], [1]])  # (colors, levels, RGB)
    picture.putpalette(palette.round().astype(np.uint8).tobytes())
    return _encoded(picture, "PNG", compress_level=6)


def layer_picture(layer: Layer) -> tuple[bytes, str]:
    """Draw one layer: an encoded image, and the suffix of its format.

    Flat colors stay exact. Other layers are JPEG, transparent ones over white.
    """
    size = _reduced((layer.pixels.shape[1], layer.pixels.shape[0]))
    has_alpha = layer.pixels.shape[2:] == (4,)
    if has_alpha and _is_flat(sampled := _sampled(layer.pixels, size)):
        return _encoded(Image.fromarray(sampled), "WEBP", lossless=True, quality=0, method=0), ".webp"
    picture = Image.fromarray(layer.pixels).resize(size, Image.Resampling.BOX)
    if has_alpha:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return _encoded(picture, "JPEG", quality=JPEG_QUALITY), ".jpg"


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture for a page of this width and height."""
    factor = min(1, LONGEST_SIDE / max(size))
    width, height = (max(1, round(side * factor)) for side in size)
    return width, height


def _sampled(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels at another width and height, each as it was somewhere in the area that it stands for."""
    sides = zip(pixels.shape, reversed(size), strict=False)
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(int) for old, new in sides)
    return pixels[rows[:, None], columns]


def _is_flat(pixels: np.ndarray) -> bool:
    """Whether (H, W, 4) pixels consist of areas of one color each."""
    packed = pixels.view(np.uint32)[..., 0]
    return bool(np.mean(packed[:, 1:] == packed[:, :-1]) > FLAT) if packed.shape[1] > 1 else False


def _encoded(image: Image.Image, form: str, **settings: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **settings)
    return buffer.getvalue()
