"""How far a coloring is from the true one, and how sure a mean over images is.

A metric takes the result and the truth, HWC uint8 RGB arrays of one size, and gives a number; METRICS lists all
that are reported, so a further one needs its function and a line there. Colors are compared in CIELAB under D65,
sRGB's own white. Colored pixels are those that are colored in the truth: on pages that are mostly paper and ink,
a mean over all pixels hardly tells a coloring from none.
"""
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.feature import canny
from skimage.metrics import structural_similarity

from util.errors import UserError

COLORED = 10.0  # CIELAB chroma above which a pixel counts as colored
EDGE_SIGMA = 1.0  # pixels; Gaussian of the edge detector
EDGE_LOW, EDGE_HIGH = 0.1, 0.2  # its thresholds: a step in luminance of 8 % of white begins one, 4 % go on with it
SSIM_SIGMA = 1.5
SSIM_WINDOW = 11  # pixels; what scikit-image takes for that sigma, and Wang et al. give
_RESAMPLES_AT_ONCE = 100  # bounds the memory: 100 draws of 10000 images take 16 MB


def ciede2000(result: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """CIEDE2000 color difference a pixel: (..., 3) uint8 → (...) floats, 0 for the same color, about 1 where an eye
    begins to see a difference, 100 from black to white.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", Color Research and Application 30(1), 2005.
    Raises ValueError if the arrays do not fit together.
    """
    _check(result, truth)
    return deltaE_ciede2000(rgb2lab(truth), rgb2lab(result))


def mean_difference(result: np.ndarray, truth: np.ndarray) -> float:
    """Mean CIEDE2000 over all pixels."""
    return float(ciede2000(result, truth).mean())


def colored_difference(result: np.ndarray, truth: np.ndarray, threshold: float = COLORED) -> float:
    """Mean CIEDE2000 over the pixels whose true chroma exceeds `threshold`; nan if there is none."""
    _check(result, truth)
    colored = chroma(truth) > threshold
    return mean_difference(result[colored], truth[colored]) if colored.any() else math.nan


def chroma(image: np.ndarray) -> np.ndarray:
    """How colorful each pixel is, √(a² + b²) in CIELAB: (..., 3) uint8 → (...) floats, 0 for grey, 134 for sRGB's
    bluest blue."""
    return np.hypot(*np.moveaxis(rgb2lab(image)[..., 1:], -1, 0))


def chroma_ratio(result: np.ndarray, truth: np.ndarray, threshold: float = COLORED) -> float:
    """Mean chroma of the result over that of the truth, on pixels whose true chroma exceeds `threshold`: 0 for grey,
    1 if as colorful as the truth, in whatever hues; nan if there is no such pixel."""
    _check(result, truth)
    true_chroma = chroma(truth)
    colored = true_chroma > threshold
    return float(chroma(result[colored]).mean() / true_chroma[colored].mean()) if colored.any() else math.nan


def ssim(result: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity, 1 for the same image, 0 for unrelated ones: the mean over red, green and blue, each
    as the paper compares grey images (Gaussian window of 11 × 11 pixels with sigma 1.5, population covariance,
    K1 = 0.01, K2 = 0.03; windows that reach over the border are left out).

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity",
    IEEE Transactions on Image Processing 13(4), 2004. Raises UserError for an image smaller than the window.
    """
    _check(result, truth)
    height, width = truth.shape[:2]
    if min(height, width) < SSIM_WINDOW:
        # A smaller window would give another figure under the same name.
        raise UserError(f"{width} × {height} pixels are too few for SSIM, which needs {SSIM_WINDOW} each way")
    # The defaults of scikit-image (7 × 7 uniform window, sample covariance) are not the paper's.
    options = {"gaussian_weights": True, "sigma": SSIM_SIGMA, "use_sample_covariance": False}
    return float(structural_similarity(truth, result, data_range=255, channel_axis=-1, **options))


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio over all pixels and channels, in dB.

    The mean square error counts as 1/12 at least, what rounding to 8 bits leaves on its own: images that hardly
    differ get 58.9 dB, not infinity, which would swallow any mean it enters.
    """
    _check(result, truth)
    error = np.square(result.astype(np.float64) - truth).mean()
    return float(10 * np.log10(255**2 / max(error, 1 / 12)))


def edge_recall(result: np.ndarray, truth: np.ndarray) -> float:
    """How many of the truth's edge pixels have one of the result's at most one pixel away (8 neighbors): 1 for all, 0
    for none; nan if the truth has no edge. What the result has beyond them does not count. Not among METRICS, for it
    compares a coloring with its scan.

    Edges are Canny's in luminance, so a line has two, one at either side. Canny, "A computational approach to edge
    detection", IEEE Transactions on Pattern Analysis and Machine Intelligence 8(6), 1986.
    """
    _check(result, truth)
    found, wanted = _edges(result), _edges(truth)
    return float(binary_dilation(found, np.ones((3, 3)))[wanted].mean()) if wanted.any() else math.nan


def _edges(image: np.ndarray) -> np.ndarray:
    """Where Canny finds edges: (H, W, 3) uint8 → (H, W) bool."""
    luminance = np.asarray(Image.fromarray(image).convert("L")) / np.float32(255)
    return canny(luminance, EDGE_SIGMA, EDGE_LOW, EDGE_HIGH)


def _check(result: np.ndarray, truth: np.ndarray) -> None:
    """NumPy would stretch unlike shapes over each other, and scikit-image takes floats for 0..1."""
    if result.shape != truth.shape or result.shape[-1] != 3:
        raise ValueError(f"result {result.shape} and truth {truth.shape} should be RGB of one size")
    if result.dtype != np.uint8 or truth.dtype != np.uint8:
        raise ValueError(f"result {result.dtype} and truth {truth.dtype} should be uint8")


@dataclass(frozen=True)
class Metric:
    """A figure to report: how it is computed, what to call it and how to read it.

    function: result, truth → a number, nan for an image that the figure says nothing about.
    better: which way; `one` is for ratios that should be 1. unit: empty for none. digits: behind the point.
    skips: the images that get nan, in words; empty if none does.
    """

    function: Callable[[np.ndarray, np.ndarray], float]
    title: str
    better: Literal["lower", "higher", "one"]
    help: str
    unit: str = ""
    digits: int = 2
    skips: str = ""


_UNCOLORED = "truths without colored pixels"
METRICS: dict[str, Metric] = {
    "ciede2000": Metric(mean_difference, "CIEDE2000", "lower", "color difference, mean over all pixels"),
    "ciede2000_colored": Metric(
        colored_difference,
        "CIEDE2000 colored",
        "lower",
        f"the same over pixels of true chroma > {COLORED:g}",
        skips=_UNCOLORED,
    ),
    "ssim": Metric(ssim, "SSIM", "higher", "structural similarity, mean over red, green and blue", digits=3),
    "psnr": Metric(psnr, "PSNR", "higher", "peak signal-to-noise ratio", unit="dB"),
    "chroma_ratio": Metric(
        chroma_ratio,
        "chroma ratio",
        "one",
        f"mean chroma over that of the truth, over pixels of true chroma > {COLORED:g}",
        skips=_UNCOLORED,
    ),
}


def measure(result: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """All of METRICS, by name, for two HWC uint8 RGB arrays of one size. Raises what they raise."""
    return {name: metric.function(result, truth) for name, metric in METRICS.items()}


@dataclass(frozen=True)
class Mean:
    """A mean over `count` numbers and its 95 % confidence interval; nan where too few numbers give none."""

    mean: float
    low: float
    high: float
    count: int


def mean_with_interval(values: np.ndarray, resamples: int = 2000, seed: int = 0) -> Mean:
    """The mean of (N,) numbers, nan among them left out, with its 95 % percentile bootstrap interval, which needs
    two numbers. The same numbers in the same order give the same interval.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if values.size < 2:
        return Mean(float(values.mean()) if values.size else math.nan, math.nan, math.nan, values.size)
    rng = np.random.default_rng(seed)
    sizes = [min(_RESAMPLES_AT_ONCE, resamples - done) for done in range(0, resamples, _RESAMPLES_AT_ONCE)]
    means = np.concatenate([values[rng.integers(values.size, size=(n, values.size))].mean(1) for n in sizes])
    low, high = np.percentile(means, (2.5, 97.5))
    return Mean(float(values.mean()), float(low), float(high), values.size)
