"""Whether the colors of a set of results are spread as those of real colorings, of whatever drawings."""
import numpy as np

from util.metrics.picture import Images, Picture

DIRECTIONS = 64
PIXELS = 2**14  # of an image that are looked at; drawn, where it has more
_BIN = 1.0  # CIELAB units
_HIGHEST = 140  # no color of sRGB is farther from middle grey
_BINS = int(2 * _HIGHEST / _BIN)
_MIDDLE = np.array([[50.0], [0.0], [0.0]], np.float32)


def _directions() -> np.ndarray:
    """Unit vectors spread evenly over half a sphere, for the other half looks the same: (DIRECTIONS, 3)."""
    height = (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
    turn = np.arange(DIRECTIONS) * np.pi * (3 - np.sqrt(5))  # the golden angle
    radius = np.sqrt(1 - height**2)
    return np.stack((height, radius * np.cos(turn), radius * np.sin(turn)), 1).astype(np.float32)


def palette(image: Images, seed: int = 0) -> np.ndarray:
    """What sliced_wasserstein needs of an image: in each direction of CIELAB, the share of its pixels up to each step
    of 1 unit, (DIRECTIONS · steps,) float32. seed: of the draw of pixels."""
    lab = Picture.of(image).lab.reshape(3, -1)
    if lab.shape[1] > PIXELS:
        lab = lab[:, np.random.default_rng(seed).choice(lab.shape[1], PIXELS, replace=False)]
    places = ((_directions() @ (lab - _MIDDLE) + _HIGHEST) / _BIN).astype(np.int32).clip(0, _BINS - 1)
    places += np.arange(DIRECTIONS, dtype=np.int32)[:, None] * _BINS
    histograms = np.bincount(places.ravel(), minlength=DIRECTIONS * _BINS).reshape(DIRECTIONS, _BINS)
    return (histograms.cumsum(1) / lab.shape[1]).astype(np.float32).ravel()


class PaletteDistance:
    """Sliced Wasserstein distance between the colors of a set of results and those of real colorings, in CIELAB units:
    0 for the same colors in the same shares, wherever they are in the images; about half of how far apart they are
    for two plain colors. All images count alike. In each of 64 directions it is the area between the two cumulative
    shares, which is the Wasserstein distance in one dimension; the mean over the directions is given.

    Rabin, Peyré, Delon and Bernot, "Wasserstein barycenter and its application to texture mixing", SSVM 2011; Bonneel,
    Rabin, Peyré and Pfister, "Sliced and Radon Wasserstein barycenters of measures", Journal of Mathematical Imaging
    and Vision 51(1), 2015.
    """

    def __init__(self, results: list[np.ndarray], real: list[np.ndarray]) -> None:
        """What `palette` gives of each image."""
        self.results, self.real = np.stack(results), np.mean(real, axis=0)

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        """The distance of sets in which each result stands so many times: (R, results) → (R,)."""
        shares = (counts / counts.sum(1, keepdims=True)).astype(np.float32)
        apart = np.abs(shares @ self.results - self.real)
        return apart.sum(1, dtype=np.float64) * _BIN / DIRECTIONS


def sliced_wasserstein(results: list[np.ndarray], real: list[np.ndarray]) -> float:
    """PaletteDistance of images that count once each: two lists of what `palette` gives."""
    return float(PaletteDistance(results, real)(np.ones((1, len(results))))[0])
