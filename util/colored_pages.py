"""Whether a page is colored already, or a scan: black and white, however yellowed, tinted, noisy or stained.

A scan has two colors, that of its paper and that of its ink, and everything on it is a mixture of both. Color of its
own is what no such mixture explains; a page is colored if enough of its area has that. The page is looked at from afar:
averaged over cells large enough that dots, lines, noise and the fringes of a scanner melt into mixtures.

All is reckoned in pixel values as they are stored, 0 to 255, with luma and chroma as JPEG has them (ITU-R BT.601):
averaging adds up pixel values, so there, and not in CIELAB, mixtures of two colors lie on a straight line.
"""
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter

# A logo or a stamp has up to 4 % of the page, 5 % of what is looked at, 7 % with its blurred edge; a page of which
# one part is colored has 12 % or more.
COLORED_SHARE = 0.09

CELLS = 96  # along the longer side: 18 pixels each on a page 1720 pixels high
FINE_CELLS = 288  # along the longer side, where the ink's own color is looked for: outlines still have cells of theirs
LEAST_CELLS = 8  # along the shorter side, however narrow the page
MARGIN = 0.05  # share of the page left out at each side: colored borders, strips, the scanner's edge
BLUR = 1.5  # cells, sigma; without it neighboring cells see a different share of the same dot
RED, GREEN, BLUE = range(3)
LUMA = np.array([0.299, 0.587, 0.114])
CHROMA = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]).T  # of RGB: blueness, redness
WHITE = 255.0

# Paper
NEAR_WHITE = 0.75  # of the page's white, in luma: darker cells have too much ink to tell the paper's tint
NEAR_LIGHTEST = 0.94  # of the lightest cell around, in luma: the same
AROUND = 0.2  # share of the longer side
TINT_SCALES = np.geomspace(0.2, 0.04, 8)  # ln of channel ratios; cells further off the paper's tint hardly count
# ln of green/red and blue/red: the limits of paper, old or of a magazine; further off is paint that leaves none white.
LEAST_TINT, MOST_TINT = np.array([-0.4, -1.0]), np.array([0.3, 0.4])
MOST_UNEVEN = np.array([0.3, 0.6])  # ln of green/red and blue/red: the paper's tint differs by no more across a page
MOST_BRIGHTENED = 3.0  # a night scene is brightened until its lightest tones are white, a black page is not

# Ink
INK_SHARE = 0.02  # share of the page whose darkest cells tell the color of the ink
PALEST_INK = 0.7 * WHITE  # luma; a page without ink has nothing darker
CURVE_SCALE = 4.0  # levels of chroma; cells further off the mixtures of paper and ink hardly count
CURVE_STEPS = 12
STIFF = 0.02  # cost of a bow in the line from paper to ink, as sepia has it, in cells per squared level
STEADY = 0.002  # cost of leaving the ink color found, which JPEG dilutes in thin lines, in the same unit

# What yellowing and stains take from red, green and blue, per what they take from blue: from yellow to brown.
STAINS = np.array([[0.1, 0.3, 1], [0.22, 0.45, 1], [0.3, 0.6, 1], [0.45, 0.65, 1]])
STRONGEST_STAIN = 0.5  # share of blue that a stain takes away; a pale yellow paint takes more
LEAST_CLEANER = 0.015  # share of blue by which paper may be less yellow than the tint fitted to it …
CLEANER = 0.15  # … and how much more per share of blue that the yellowest paper lacks
SPINE = 0.2  # share of the width, at the left and at the right, where a shadow may lie …
DEEPEST_SHADOW = 0.75  # … and the share of light that it takes
ENOUGH = 6.0  # levels; the kind of stain is that which explains most, and how far off the rest is does not matter

# How much chroma counts as color, in levels
LEAST_TOLERANCE, MOST_TOLERANCE = 2.0, 4.0
NOISE_TOLERANCE = 4.0  # times the chroma of the detail below a cell's size, at its lower quartile
CURVE_TOLERANCE = 0.1  # of the tint that is explained by ink: a strong one is not explained to the last level
BESIDE_STRONGEST = 0.25  # of the strongest color near by: less is its blurred edge
NEAR = 7  # cells


def is_colored(image: Image.Image) -> bool:
    """Whether a page, of mode L or RGB and any size, is colored already. Raises ValueError for other modes."""
    return colored_share(image) > COLORED_SHARE


def colored_share(image: Image.Image) -> float:
    """The share of a page, 0 to 1, that has color of its own, neither the paper's nor the ink's; the image is of mode
    L or RGB, of any size. Raises ValueError for other modes."""
    if image.mode == "L":
        return 0.0
    if image.mode != "RGB":
        raise ValueError(f"an image of mode {image.mode} should be L or RGB")
    fine_image = _shrunk(image, FINE_CELLS)
    fine = _inner(fine_image)
    sharp = _inner(_shrunk(fine_image, CELLS))
    blurred = gaussian_filter(sharp, (BLUR, BLUR, 0), mode="nearest")
    paper = _paper_tint(sharp)
    cells = blurred / paper
    gain = min(WHITE / max(np.quantile(cells @ LUMA, 0.98), 1.0), MOST_BRIGHTENED)
    ink = _ink(fine, paper)
    unexplained, tint = _unexplained(gain * cells, gain * ink, _yellowness(paper))
    detail = gain * np.hypot(*np.moveaxis((sharp - blurred) / paper @ CHROMA, -1, 0))
    noise = np.clip(NOISE_TOLERANCE * np.quantile(detail, 0.25), LEAST_TOLERANCE, MOST_TOLERANCE)
    color = unexplained / (noise + CURVE_TOLERANCE * tint)
    return float(np.mean((color > 1) & (color > BESIDE_STRONGEST * maximum_filter(color, NEAR))))


def _shrunk(image: Image.Image, cells: int) -> Image.Image:
    """The image with `cells` cells along its longer side, each the mean of its place; never enlarged, but for what
    LEAST_CELLS asks."""
    scale = min(cells / max(image.size), 1.0)
    width, height = (max(round(side * scale), LEAST_CELLS) for side in image.size)
    return image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


def _inner(image: Image.Image) -> np.ndarray:
    """The pixels inside MARGIN: (H, W, 3) floats."""
    down, right = (round(MARGIN * side) for side in (image.height, image.width))
    return np.asarray(image.crop((right, down, image.width - right, image.height - down)), dtype=np.float64)


def _paper_tint(cells: np.ndarray) -> np.ndarray:
    """The paper's color at each cell, as multiples of its red: (H, W, 3), of which the first channel is 1.

    A smooth surface through the light cells, quadratic in place: paper yellows towards its edges.
    """
    height, width = cells.shape[:2]
    luma = cells @ LUMA
    lightest = maximum_filter(luma, round(AROUND * max(height, width)), mode="nearest")
    light = (luma >= NEAR_LIGHTEST * lightest) & (luma >= NEAR_WHITE * np.quantile(luma, 0.98))
    logs = np.log(np.maximum(cells, 8.0))  # a channel near 0 would make a ratio without bound
    ratios = logs[..., GREEN:] - logs[..., :GREEN]
    middle = np.median(ratios[light], axis=0)
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    place = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=-1)
    deviations = ratios[light] - middle
    surface = place @ _robust_fit(place[light], deviations, TINT_SCALES, np.full(6, 1e-3))
    # Between the light cells and beyond them a quadratic may go anywhere.
    fits = np.hypot(*(deviations - surface[light]).T) < 3 * TINT_SCALES[-1]
    if fits.any():
        surface = surface.clip(*np.quantile(deviations[fits], (0.02, 0.98), axis=0))
    surface = (middle + surface.clip(-MOST_UNEVEN, MOST_UNEVEN)).clip(LEAST_TINT, MOST_TINT)
    return np.exp(np.concatenate([np.zeros((height, width, 1)), surface], axis=-1))


def _yellowness(paper: np.ndarray) -> float:
    """How much blue the yellowest paper lacks, as a share of its strongest channel."""
    return float(1 - np.quantile(paper[..., BLUE] / paper.max(axis=-1), 0.05))


def _ink(fine: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """The ink's color on white paper: (3,) levels, the mean of the darkest cells.

    Dark is what is dark in all channels: noise then leans to no color, and black counts before the darkest blue.
    """
    strongest = fine.max(axis=-1)
    rows, columns = np.nonzero(strongest <= np.quantile(strongest, INK_SHARE))
    scale = np.divide(paper.shape[:2], fine.shape[:2])
    return (fine[rows, columns] / paper[(rows * scale[0]).astype(int), (columns * scale[1]).astype(int)]).mean(axis=0)


def _unexplained(cells: np.ndarray, ink: np.ndarray, yellowness: float) -> tuple[np.ndarray, np.ndarray]:
    """What mixtures of white paper and ink, and stains on both, leave unexplained at each cell, and how much chroma
    the mixtures explain: two arrays (H, W), levels of chroma."""
    luma, chroma = cells @ LUMA, cells @ CHROMA
    span = WHITE - min(ink @ LUMA, PALEST_INK)
    share = ((WHITE - luma) / span)[..., None]  # of ink: 0 on paper, 1 in full
    # A channel out of register is the others' copy shifted by a little: it differs by so much of their gradient.
    shifts = np.stack(np.gradient(luma), axis=-1) / 16
    basis = np.concatenate([1 - share, share, 4 * share * (1 - share), shifts], axis=-1).reshape(luma.size, -1)
    costs = np.array([0, STEADY, STIFF, 0, 0]) * luma.size + 1e-3
    pure = share * (ink @ CHROMA)
    off = (chroma - pure).reshape(-1, 2)
    fit = _robust_fit(basis, off, np.full(CURVE_STEPS, CURVE_SCALE), costs)
    at_paper, at_ink, bow = fit[0], fit[1] + ink @ CHROMA, fit[2]
    tint = (1 - share) * at_paper + share * at_ink + 4 * share * (1 - share) * bow
    slope = -(at_ink - at_paper + 4 * (1 - 2 * share) * bow) / span  # of the tint, by luma
    rest = _less_shadow((off - basis @ fit).reshape(chroma.shape), cells, slope)
    rest = _less_stains(rest, cells, slope, yellowness)
    return np.hypot(rest[..., 0], rest[..., 1]), np.hypot(tint[..., 0], tint[..., 1])


def _less_shadow(rest: np.ndarray, cells: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Unexplained chroma (H, W, 2), less what a shadow at the spine explains: colored ink is darker there, with less
    chroma than as dark a mixture has elsewhere. On a page of black ink that is nothing."""
    direction = _moved(-cells, slope)
    width = cells.shape[1]
    at_side = np.minimum(np.arange(width), np.arange(width)[::-1]) < SPINE * width
    return rest - _strength(rest, direction, 0, DEEPEST_SHADOW * at_side) * direction


def _less_stains(rest: np.ndarray, cells: np.ndarray, slope: np.ndarray, yellowness: float) -> np.ndarray:
    """Unexplained chroma (H, W, 2), less what stains explain: at each cell as much as helps, all of one kind."""
    cleanest = -(LEAST_CLEANER + CLEANER * yellowness)
    left = []
    for absorbed in STAINS:
        direction = _moved(-absorbed * np.minimum(cells, WHITE), slope)
        left.append(rest - _strength(rest, direction, cleanest, STRONGEST_STAIN) * direction)
    return min(left, key=lambda chroma: np.minimum(np.hypot(chroma[..., 0], chroma[..., 1]), ENOUGH).mean())


def _moved(change: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """What a change of colors (H, W, 3) does to the unexplained chroma: a cell that gets darker is also compared to
    a darker mixture of paper and ink."""
    return change @ CHROMA - slope * (change @ LUMA)[..., None]


def _strength(rest: np.ndarray, direction: np.ndarray, least: float, most: float | np.ndarray) -> np.ndarray:
    """How often `direction` (H, W, 2) is contained in `rest`, within bounds: (H, W, 1)."""
    times = (rest * direction).sum(axis=-1) / np.maximum((direction**2).sum(axis=-1), 1e-6)
    return times.clip(least, most)[..., None]


def _robust_fit(basis: np.ndarray, values: np.ndarray, scales: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Coefficients (K, 2) with which a basis (N, K) comes close to most of the values (N, 2), whatever the others are:
    least squares, reweighted once for each of `scales`, by which values off by more than that hardly count (Cauchy).
    It starts at zero. costs: of each coefficient squared, in squared errors.
    """
    off = values
    for scale in scales:
        weighted = basis / (1 + (off**2).sum(axis=-1, keepdims=True) / scale**2)
        fit = np.linalg.solve(weighted.T @ basis + np.diag(costs), weighted.T @ values)
        off = values - basis @ fit
    return fit
