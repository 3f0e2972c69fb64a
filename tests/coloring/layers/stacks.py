"""Stacks of layers that the tests write and read back, and a compositor of their own."""
import numpy as np

from coloring.layers import Layer

HEIGHT, WIDTH = 40, 30
COLORS = [(230, 180, 150), (40, 90, 160), (200, 40, 60)]  # of the flats' regions
NAMES = ["紙 paper", "塗り flats", "影 shading", "線画 ink", "写植/lettering"]


def stack() -> tuple[Layer, ...]:
    """Five layers as a page has them, with names in Japanese; the flats do not reach the page's borders."""
    random = np.random.default_rng(0)
    paper = random.integers(230, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    flats = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for number, color in enumerate(COLORS):
        flats[5 + 10 * number : 13 + 10 * number, 4:22] = (*color, 255)
    grey = random.integers(0, 256, (3, HEIGHT, WIDTH), dtype=np.uint8)
    return (
        Layer(NAMES[0], paper), Layer(NAMES[1], flats),
        *(Layer(name, pixels, "multiply") for name, pixels in zip(NAMES[2:], grey, strict=True)),
    )  # fmt: skip


def soft_stack() -> tuple[Layer, ...]:
    """Layers of which one has every alpha, and one multiplies with color."""
    random = np.random.default_rng(1)
    return (
        Layer("paper", random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)),
        Layer("colors", random.integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)),
        Layer("shading", random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8), "multiply"),
    )


def composited(layers: list[tuple[np.ndarray, tuple[int, int], bool]]) -> np.ndarray:
    """Composite RGB or RGBA images, the lowest one first, each with its x and y and whether it multiplies, over white,
    in floating point: the page in levels of 0 to 255."""
    page = np.ones((HEIGHT, WIDTH, 3))
    for pixels, (x, y), multiplies in layers:
        source = pixels / 255
        alpha = source[..., 3:] if source.shape[2] == 4 else np.ones((*source.shape[:2], 1))
        below = page[y : y + source.shape[0], x : x + source.shape[1]]
        above = source[..., :3] * below if multiplies else source[..., :3]
        below[:] = above * alpha + below * (1 - alpha)
    return 255 * page


def assert_only_region_colors(flats: np.ndarray) -> None:
    """The flats (H, W, 4) have alpha 0 or 255, and where they are opaque exactly the regions' colors."""
    opaque = flats[..., 3] == 255
    assert np.all(opaque | (flats[..., 3] == 0))
    assert {tuple(color) for color in flats[opaque][:, :3].tolist()} == set(COLORS)
