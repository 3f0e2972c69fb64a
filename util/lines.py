"""The page's own lines over the colors of a network: a small coloring becomes a full page, as crisp as its scan.

A network colors a page at a small working size. Enlarged, its colors would do, but its lines are blurred. So the page
is taken apart as a colorist and an inker share it, page = colors × ink, where ink is 1 on paper, which lets all light
through, and 0 in black. The ink is the scan's own, at full size; what is left to find are the colors without the
blurred ghosts of lines that the network painted:

1. Ink is the scan over what its paper would be without thin dark things, a grey closing (Serra, "Image Analysis and
   Mathematical Morphology", 1982). Tinted paper and flat grey fills are no ink, or they would darken twice; black is,
   however wide.
2. A working pixel shows colors × ink, averaged. It is divided by as much of its ink as the network painted, and counts
   the more for the pixels around it the less ink there is (normalized convolution; Knutsson and Westin, CVPR 1993).
3. Around it, but not over a line: neighbors count by a recursive filter for which every step in ink is a long way (the
   domain transform; Gastal and Oliveira, "Domain transform for edge-aware image and video processing", ACM
   Transactions on Graphics 30(4), 2011).
4. Clear of ink, the coloring is enlarged as it is, with all its shading.
"""
import math

import cv2
import numpy as np
from PIL import Image
from scipy import sparse
from scipy.ndimage import gaussian_filter, minimum_filter

# Ink. Luminances and shares of light from 0 to 1.
LINE_RADIUS = 0.01  # of the page's width: half the widest line; grey that is wider is a fill
BLACK_PIXEL = 0.1, 0.2  # luminance: darker than the first is ink whatever is around it, less and less so to the second
BLACK_FILL = 0.2, 0.35  # the same of a fill, whose luminance is known better than that of a pixel in a grainy scan
RIM = 2  # pixels: how far the grey rim of black may reach, which is no fill
GRAIN_FROM, GRAIN_TO = 0.8, 0.92  # ink so light fades out in between: grain of paper, noise of JPEG

# Colors. Lengths in working pixels, for it is these that a network blurs by.
REACH = 2.0  # standard deviation of the neighborhood that a color is drawn from
LINE_LENGTH = 3.0  # in reaches: by how much a full step in ink is farther than it looks; across a line there are two
GHOST_REACH = 2  # how far beside a line its ghost may be seen
CLEAR_FROM = 0.9  # ink as light leaves no ghost that could be seen
TRUST_LEAST = 0.02  # ink: what is darker counts no less, for inside black there is nothing better
WHITE_TRUST = 2e-5  # the weight of white, by 1 of a pixel without ink: speaks up in black, which tells no color
PAINTED_REACH = 2.0  # standard deviation of the window in which coloring and ink are compared
PAINTED_NOISE = 0.04  # variance of ink: where it varies less, whether the coloring shows it can hardly be told

HALO = 10.0  # working pixels beyond a strip that its colors depend on
STRIP_PIXELS = 2**19  # are worked on at a time, at 70 bytes each


def lay_lines(page: np.ndarray, coloring: np.ndarray, inked: bool = True) -> np.ndarray:
    """The page in the colors of its coloring: (H, W) uint8 luminance and (h, w, 3) uint8 RGB of the same proportions,
    usually much smaller → (H, W, 3) uint8 RGB.

    inked: with the page's ink; else the colors under it alone. Works in strips: beside page, coloring and result, it
    takes memory for the width of the page, not for its height.
    Raises ValueError if the arrays are no such pictures.
    """
    if page.ndim != 2 or coloring.ndim != 3 or coloring.shape[2] != 3:
        raise ValueError(f"page {page.shape} and coloring {coloring.shape} should be (H, W) and (h, w, 3)")
    if page.dtype != np.uint8 or coloring.dtype != np.uint8:
        raise ValueError(f"page {page.dtype} and coloring {coloring.dtype} should be uint8")
    if not page.size or not coloring.size:
        raise ValueError(f"page {page.shape} and coloring {coloring.shape} should have pixels")
    height, width = page.shape
    rows, columns = min(coloring.shape[0], height), min(coloring.shape[1], width)
    if (rows, columns) != coloring.shape[:2]:  # a working pixel is one of the page's at least
        coloring = np.asarray(Image.fromarray(coloring).resize((columns, rows), Image.Resampling.BOX))
    radius = max(round(LINE_RADIUS * width), 1)
    halo = HALO + 2 * (radius + RIM) * rows / height
    # Of strips lower than that, most of the work would be in the halos.
    strips = math.ceil(height / max(STRIP_PIXELS // width, math.ceil(2 * halo * height / rows)))
    result = np.empty((height, width, 3), dtype=np.uint8)
    for strip in range(strips):
        top, bottom = height * strip // strips, height * (strip + 1) // strips
        result[top:bottom] = _lay_strip(page, coloring, top, bottom, radius, halo, inked)
    return result


def _lay_strip(
    page: np.ndarray, coloring: np.ndarray, top: int, bottom: int, radius: int, halo: float, inked: bool
) -> np.ndarray:
    """What lay_lines gives in the rows from `top` to `bottom`.

    radius: half the width of the widest line, in pixels. halo: what to look at beyond the strip, in working pixels.
    """
    height, width = page.shape
    rows, columns = coloring.shape[:2]
    scale = height / rows
    first, last = max(math.floor(top / scale - halo), 0), min(math.ceil(bottom / scale + halo), rows)
    start, stop = math.floor(first * scale), min(math.ceil(last * scale), height)
    ink, small = _light_and_paper(page[start:stop], radius)[0], coloring[first:last]
    box = (0, first * scale - start, width, min(last * scale, height) - start)
    small_ink = np.asarray(Image.fromarray(ink).resize((columns, last - first), Image.Resampling.BOX, box=box))

    down = _interpolation(last - first, np.arange(start, stop) - first * scale, scale)
    across = _interpolation(columns, np.arange(width), width / columns)
    planes = _enlarge(_weighed(small, small_ink), down, across)
    _spread(planes, ink, REACH * scale)

    strip = slice(top - start, bottom - start)
    colors = planes[strip, :3] / planes[strip, 3:]
    colors /= np.maximum(colors.max(axis=1, keepdims=True), 1)  # no brighter than can be, in their own hue
    box = (0, top / scale - first, columns, min(bottom / scale, rows) - first)
    plain = Image.fromarray(small).resize((width, bottom - top), Image.Resampling.BICUBIC, box=box)
    clear = _enlarge(_clear(small_ink)[:, None], down[strip], across)
    colors += clear * (np.moveaxis(np.asarray(plain), 2, 1) / np.float32(255) - colors)
    if inked:
        colors *= ink[strip, None]
    return np.moveaxis((255 * colors + 0.5).astype(np.uint8), 1, 2)


def separate_ink(page: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take a page apart into ink and paper, page = ink × paper / 255: (H, W) uint8 luminance → the share of light that
    the ink lets through, 255 for all, and the level of the paper below it, both (H, W) uint8.

    Works in strips, in memory for the width of the page.
    """
    height, width = page.shape
    radius = max(round(LINE_RADIUS * width), 1)
    halo = 2 * (radius + RIM)
    rows = max(STRIP_PIXELS // width, halo)
    ink, paper = np.empty_like(page), np.empty_like(page)
    for top in range(0, height, rows):
        bottom, first = min(top + rows, height), max(top - halo, 0)
        light, levels = _light_and_paper(page[first : bottom + halo], radius)
        inner = slice(top - first, bottom - first)
        ink[top:bottom] = np.rint(255 * light[inner])
        paper[top:bottom] = np.rint(levels[inner])
    return ink, paper


def _light_and_paper(page: np.ndarray, radius: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of light that the ink lets through and the level of the paper: (H, W) uint8 luminance → (H, W) float32
    in [0, 1], 1 without ink, and (H, W) float32 levels of 0 to 255.

    radius: half the width of the widest line, in pixels.
    """
    closed = _darkest(_lightest(page, radius), radius)
    paper = closed.astype(np.float32)
    # Where black is wide, the closing keeps it and its grey rim, but both are ink: the paper is the one beside them.
    rim = _blackness(_darkest(page, RIM), *BLACK_FILL)
    paper += rim * (_lightest(closed, RIM) - paper)
    paper += np.maximum(_blackness(page, *BLACK_PIXEL), _blackness(closed, *BLACK_FILL)) * (255 - paper)
    light = page / paper
    light += np.maximum(light - GRAIN_FROM, 0) * np.float32((1 - GRAIN_TO) / (GRAIN_TO - GRAIN_FROM))
    return np.minimum(light, 1, out=light), paper


def _blackness(levels: np.ndarray, black: float, grey: float) -> np.ndarray:
    """1 for uint8 levels up to luminance `black`, 0 from `grey` on, float32."""
    return np.interp(np.arange(256) / 255, (black, grey), (1, 0)).astype(np.float32)[levels]


def _lightest(levels: np.ndarray, radius: int) -> np.ndarray:
    """The lightest of the square of 2·radius + 1 pixels around each pixel, as far as it lies inside."""
    return cv2.dilate(levels, _square(radius), borderType=cv2.BORDER_REPLICATE)


def _darkest(levels: np.ndarray, radius: int) -> np.ndarray:
    """The darkest of the square of 2·radius + 1 pixels around each pixel, as far as it lies inside."""
    return cv2.erode(levels, _square(radius), borderType=cv2.BORDER_REPLICATE)


def _square(radius: int) -> np.ndarray:
    return np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)


def _weighed(coloring: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Colors times their weights, then the weights: (h, w, 3) uint8 and its (h, w) ink → (h, 4, w) float32."""
    colors = np.moveaxis(coloring, 2, 1) / np.float32(255)
    # Beside ink there is a ghost of it, so that this is trusted less as well.
    trust = np.square(np.maximum(ink * minimum_filter(ink, 3), TRUST_LEAST))[:, None]
    light = (1 - painted_ink(coloring, ink) * (1 - ink))[:, None]
    return np.concatenate([colors * trust, light * trust], axis=1) + np.float32(WHITE_TRUST)


def painted_ink(coloring: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """How much of the ink the coloring shows: (h, w, 3) uint8 and (h, w) → (h, w), 0 for none to 1 for all.

    Networks paint lines, but may leave out screentones. The slope of luminance over ink tells it where ink varies;
    where it is even, all of it counts as painted, so that the page is as bright on the whole as its coloring.
    """
    luminance = np.asarray(Image.fromarray(coloring).convert("L")) / np.float32(255)
    mean_ink, mean_luminance, mean_square, mean_product = (
        gaussian_filter(values, PAINTED_REACH) for values in (ink, luminance, ink * ink, ink * luminance)
    )
    variance = mean_square - mean_ink**2
    # Of luminance = brightness × ink, scaled so that it equals the variance.
    covariance = (mean_product - mean_ink * mean_luminance) * mean_ink / np.maximum(mean_luminance, 1 / 255)
    return np.clip((covariance + PAINTED_NOISE) / (variance + PAINTED_NOISE), 0, 1)


def _clear(ink: np.ndarray) -> np.ndarray:
    """How free of ghosts the coloring is: (h, w) ink → (h, w), 0 to 1."""
    return np.clip((minimum_filter(ink, 2 * GHOST_REACH + 1) - CLEAR_FROM) / (1 - CLEAR_FROM), 0, 1)


def _interpolation(size: int, pixels: np.ndarray, scale: float) -> sparse.csr_matrix:
    """The matrix (N, size) that interpolates linearly between `size` samples, each the middle of `scale` pixels, at
    the middles of (N,) pixels that are counted from the first sample's edge."""
    at = np.clip((pixels + 0.5) / scale - 0.5, 0, size - 1)
    low = np.floor(at).astype(int)
    samples = np.stack([low, np.minimum(low + 1, size - 1)], axis=1)
    share = (at - low).astype(np.float32)
    weights = np.stack([1 - share, share], axis=1)
    return sparse.csr_matrix((weights.ravel(), samples.ravel(), np.arange(0, weights.size + 1, 2)), (len(pixels), size))


def _enlarge(planes: np.ndarray, down: sparse.csr_matrix, across: sparse.csr_matrix) -> np.ndarray:
    """(h, n, w) float32 → (H, n, W), interpolated by matrices (H, h) and (W, w)."""
    height, count, width = planes.shape
    wide = (across @ planes.reshape(-1, width).T).T
    return (down @ wide.reshape(height, -1)).reshape(-1, count, across.shape[0])


def _spread(planes: np.ndarray, ink: np.ndarray, reach: float) -> None:
    """Spread (H, n, W) float32 planes by `reach` pixels of standard deviation, hardly over lines of ink (H, W).

    In place; down, across and down again, for one turn each leaves streaks (Gastal and Oliveira, section 5.1).
    """
    downwards, sideways = (np.abs(np.diff(ink, axis=axis)) for axis in (0, 1))
    _flow(planes, downwards, 0.8 * reach)
    turned = np.ascontiguousarray(planes.transpose(2, 1, 0))
    _flow(turned, sideways.T, reach)
    planes[:] = turned.transpose(2, 1, 0)
    _flow(planes, downwards, 0.6 * reach)  # 0.8² + 0.6² = 1


def _flow(planes: np.ndarray, steps: np.ndarray, reach: float) -> None:
    """The recursive filter of the domain transform along the first axis of (L, n, M) planes, there and back, in place.

    steps: (L - 1, M) steps in ink between neighbors. reach: standard deviation in pixels.
    """
    shares = np.exp(-math.sqrt(2) * (1 / reach + LINE_LENGTH * steps))[:, None].astype(np.float32)
    change = np.empty_like(planes[0])
    for line, along in ((planes, shares), (planes[::-1], shares[::-1])):
        for before, here, share in zip(line[:-1], line[1:], along, strict=True):
            np.subtract(before, here, out=change)
            change *= share
            here += change
