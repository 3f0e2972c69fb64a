"""How far a coloring is from the true one: metrics of two images of one size.

Colored pixels are those that are colored in the truth: on pages that are mostly paper and ink, a mean over all pixels
hardly tells a coloring from none.
"""
import math

import numpy as np

from util.errors import UserError
from util.metrics.picture import Images, Picture, of_one_size

COLORED = 10.0  # CIELAB chroma above which a pixel counts as colored
SSIM_SIGMA = 1.5
SSIM_WINDOW = 11  # pixels; what Wang et al. give for that sigma
_SSIM_FALL = np.exp(-np.square(np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2) / (2 * SSIM_SIGMA**2))
_SSIM_WEIGHTS = (_SSIM_FALL / _SSIM_FALL.sum()).astype(np.float32)
_MIDDLE = np.float32(127.5)  # levels are counted from there, which spares float32 its last digits


def ciede2000(result: Images, truth: Images) -> np.ndarray:
    """CIEDE2000 color difference a pixel: (..., 3) uint8 → (...) floats, 0 for the same color, about 1 where an eye
    begins to see a difference, 100 from black to white.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Research and Application 30(1), 2005.
    Raises ValueError if the arrays do not fit together.
    """
    result, truth = of_one_size(result, truth)
    return result.difference(truth)


def mean_difference(result: Images, truth: Images) -> float:
    """Mean CIEDE2000 over all pixels."""
    return float(ciede2000(result, truth).mean(dtype=np.float64))


def colored_difference(result: Images, truth: Images, threshold: float = COLORED) -> float:
    """Mean CIEDE2000 over the pixels whose true chroma exceeds `threshold`; nan if there is none."""
    result, truth = of_one_size(result, truth)
    return _mean(result.difference(truth), truth.chroma > threshold)


def chroma(image: Images) -> np.ndarray:
    """How colorful each pixel is, √(a² + b²) in CIELAB: (..., 3) uint8 → (...) floats, 0 for grey, 134 for sRGB's
    bluest blue."""
    return Picture.of(image).chroma


def chroma_ratio(result: Images, truth: Images, threshold: float = COLORED) -> float:
    """Mean chroma of the result over that of the truth, on pixels whose true chroma exceeds `threshold`: 0 for grey,
    1 if as colorful as the truth, in whatever hues; nan if there is no such pixel.

    Chroma is that of CIELAB: CIE 15, "Colorimetry".
    """
    result, truth = of_one_size(result, truth)
    colored = truth.chroma > threshold
    return _mean(result.chroma, colored) / _mean(truth.chroma, colored)


def hue_error(result: Images, truth: Images, threshold: float = COLORED) -> float:
    """Mean absolute angle between the hues, in degrees from 0 to 180, over the pixels whose chroma exceeds `threshold`
    in both the truth and the result; nan if there is none. Hues without relation are 90 degrees apart on average.

    Hue is the angle atan2(b*, a*) of CIELAB: CIE 15, "Colorimetry". What the result leaves grey has no hue and does
    not count: see chroma_ratio.
    """
    result, truth = of_one_size(result, truth)
    chromatic = (truth.chroma > threshold) & (result.chroma > threshold)
    if not chromatic.any():
        return math.nan
    (a1, b1), (a2, b2) = (image.lab[1:, chromatic] for image in (result, truth))
    angle = np.arctan2(a1 * b2 - b1 * a2, a1 * a2 + b1 * b2)  # from the one vector to the other
    return float(np.degrees(np.abs(angle).mean(dtype=np.float64)))


def _mean(values: np.ndarray, where: np.ndarray) -> float:
    return float(values[where].mean(dtype=np.float64)) if where.any() else math.nan


def ssim(result: Images, truth: Images) -> float:
    """Structural similarity, 1 for the same image, 0 for unrelated ones: the mean over red, green and blue, each
    as the paper compares grey images (Gaussian window of 11 × 11 pixels with sigma 1.5, population covariance,
    K1 = 0.01, K2 = 0.03; windows that reach over the border are left out).

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity",
    IEEE Transactions on Image Processing 13(4), 2004. Raises UserError for an image smaller than the window.
    """
    result, truth = of_one_size(result, truth)
    height, width = truth.pixels.shape[:2]
    if min(height, width) < SSIM_WINDOW:
        # A smaller window would give another figure under the same name.
        raise UserError(f"{width} × {height} pixels are too few for SSIM, which needs {SSIM_WINDOW} each way")
    return float(np.mean([_ssim(result.pixels[..., color], truth.pixels[..., color]) for color in range(3)]))


def _ssim(one: np.ndarray, other: np.ndarray) -> float:
    """SSIM of two grey images, (H, W) uint8."""
    x, y = one - _MIDDLE, other - _MIDDLE
    mean_x, mean_y, of_squares, of_product = _windows(np.stack((x, y, x * x + y * y, x * y)))
    variances = of_squares - mean_x * mean_x - mean_y * mean_y
    covariance = of_product - mean_x * mean_y
    mean_x, mean_y = mean_x + _MIDDLE, mean_y + _MIDDLE
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float((similar / ((mean_x * mean_x + mean_y * mean_y + c1) * (variances + c2))).mean(dtype=np.float64))


def _windows(maps: np.ndarray) -> np.ndarray:
    """The weighted mean in each whole window: (N, H, W) → (N, H - 10, W - 10). The weights are symmetric."""
    for axis in (1, 2):
        shifted = [_part(maps, axis, start) for start in range(SSIM_WINDOW)]
        middle = SSIM_WINDOW // 2
        total = _SSIM_WEIGHTS[middle] * shifted[middle]
        for near in range(middle):
            total += _SSIM_WEIGHTS[near] * (shifted[near] + shifted[-1 - near])
        maps = total
    return maps


def _part(maps: np.ndarray, axis: int, start: int) -> np.ndarray:
    """What the windows' pixel number `start` sees along an axis."""
    index = [slice(None)] * maps.ndim
    index[axis] = slice(start, start + maps.shape[axis] - SSIM_WINDOW + 1)
    return maps[tuple(index)]


def psnr(result: Images, truth: Images) -> float:
    """Peak signal-to-noise ratio over all pixels and channels, in dB (the usual 10 log10(255² / mean square error)).

    The mean square error counts as 1/12 at least, what rounding to 8 bits leaves on its own: images that hardly
    differ get 58.9 dB, not infinity, which would swallow any mean it enters.
    """
    result, truth = of_one_size(result, truth)
    error = np.square(result.pixels.astype(np.float32) - truth.pixels).mean(dtype=np.float64)
    return float(10 * np.log10(255**2 / max(error, 1 / 12)))
