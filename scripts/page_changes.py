"""What happens to pages, for checks of how colored ones are told from scans: scanning, printing, ageing, and ways to
paint that hardly show."""
import colorsys
import io
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter, shift

Picture = np.ndarray  # (H, W, 3) floats, 0 black to 1 white
Change = Callable[[Picture, float, Generator], Picture]  # of a strength, 0 to 1
Start = Callable[[Picture, Picture, float, Generator], Picture]  # of a scan and its coloring

LUMA = np.array([0.299, 0.587, 0.114])
# A pixel is saturated if it is both light enough and far enough from grey, in HSV.
SATURATED = 0.25
AGES = ((0.08, 0.17, 0.38), (0.1, 0.18, 0.3), (0.05, 0.11, 0.28), (0.12, 0.24, 0.42))  # what old paper absorbs
INKS = {"blue": (0.12, 0.22, 0.62), "purple": (0.36, 0.16, 0.5), "brown": (0.4, 0.22, 0.1), "green": (0.05, 0.36, 0.25),
        "red": (0.75, 0.1, 0.15)}  # fmt: skip
NEWSPRINT = ((1, 0.8, 0.84), (0.82, 0.93, 0.8), (0.96, 0.92, 0.66), (0.8, 0.88, 0.97))
CASTS = ((0, 0.04, 0.12), (0.12, 0.04, 0), (0.06, 0, 0.05), (0, 0.07, 0.02))  # what is missing in each channel
SECOND_INKS = ((0.85, 0.1, 0.12), (0.9, 0.35, 0.1), (0.1, 0.45, 0.75))
PALETTES = (((0.85, 0.15, 0.15), (0.45, 0.52, 0.62)), ((0.9, 0.5, 0.15), (0.2, 0.45, 0.5)),
            ((0.8, 0.3, 0.45), (0.55, 0.55, 0.35)), ((0.35, 0.3, 0.6), (0.8, 0.65, 0.4)))  # fmt: skip


# What happens to scans


def blurred(page: Picture, strength: float, rng: Generator) -> Picture:
    """Out of focus by up to 1 pixel, with the grain of film."""
    sigma = 0.3 + 0.7 * strength
    return gaussian_filter(page, (sigma, sigma, 0)) + rng.normal(0, 0.01 + 0.03 * strength, (*page.shape[:2], 1))


def grey_toned(page: Picture, strength: float, rng: Generator) -> Picture:
    """Smooth grey where dots and hatching were; white areas and solid black stay."""
    light = page.min(axis=-1)
    sigma = 1 + 1.5 * strength
    white = maximum_filter(minimum_filter(light, 4), 5) > 0.9
    black = maximum_filter(gaussian_filter(light, 2) < 0.12, 3)
    return np.where((white | black)[..., None], page, gaussian_filter(page, (sigma, sigma, 0)))


def yellowed(page: Picture, strength: float, rng: Generator) -> Picture:
    """Old paper, the same all over: up to 42 % of the blue is gone."""
    return page * (1 - strength * _age(rng))


def yellowed_unevenly(page: Picture, strength: float, rng: Generator) -> Picture:
    """Old paper, yellow towards the edges, towards one side or the corners."""
    y, x = _place(page)
    distances = (2 * np.maximum(abs(y - 0.5), abs(x - 0.5)), x, 1.4 * np.hypot(y - 0.5, x - 0.5))
    amount = (0.15 + 0.95 * distances[rng.integers(3)] ** rng.uniform(1.5, 4)).clip(0, 1)
    return page * (1 - amount[..., None] * strength * _age(rng))


def stained(page: Picture, strength: float, rng: Generator) -> Picture:
    """One to four brown blots, some of them rings, of up to a fifth of the page's width."""
    y, x = _place(page)
    amount = np.zeros(page.shape[:2])
    for _ in range(rng.integers(1, 5)):
        distance = np.hypot((y - rng.uniform()) * page.shape[0] / page.shape[1], x - rng.uniform())
        distance /= rng.uniform(0.05, 0.22)
        blot = 1 / (1 + np.exp(((distance - 1) / rng.uniform(0.03, 0.2)).clip(-50, 50)))
        if rng.random() < 0.4:
            blot *= 0.4 + 0.6 * np.exp(-(((distance - 0.95) / 0.1) ** 2))
        amount = np.maximum(amount, blot)
    return page * (1 - amount[..., None] * strength * _age(rng))


def spine_shadow(page: Picture, strength: float, rng: Generator) -> Picture:
    """Darker towards the left or the right side, by up to 70 %."""
    x = _place(page)[1]
    inwards = 1 - x if rng.random() < 0.5 else x
    return page * (1 - (0.25 + 0.45 * strength) * np.exp(-inwards / rng.uniform(0.03, 0.12)))[..., None]


def sepia(page: Picture, strength: float, rng: Generator) -> Picture:
    """Toned by the usual matrix, by three colors, or from a dark brown to cream."""
    luma = (page @ LUMA)[..., None]
    dark, middle, light = np.array([[0.2, 0.11, 0.05], [0.62, 0.47, 0.32], [0.98, 0.93, 0.83]])
    tones = (
        np.minimum(luma * [1.351, 1.203, 0.937], 1),
        np.where(luma < 0.5, dark + (middle - dark) * 2 * luma, middle + (light - middle) * (2 * luma - 1)),
        dark + (light - dark) * luma,
    )
    return _mixed(page, tones[rng.integers(3)], 0.4 + 0.6 * strength)


def inked(page: Picture, strength: float, rng: Generator, name: str = "") -> Picture:
    """Printed with a colored ink, which is nearly black if the strength is low."""
    ink = np.array(INKS[name or str(rng.choice(list(INKS)))]) * (0.35 + 0.65 * strength)
    return ink + (1 - ink) * page


def newsprint(page: Picture, strength: float, rng: Generator) -> Picture:
    """On the pink, green, yellow or blue paper of a magazine."""
    return page * _mixed(np.ones(3), np.array(rng.choice(NEWSPRINT)), strength)


def color_cast(page: Picture, strength: float, rng: Generator) -> Picture:
    """Wrong white balance, and each channel with a gamma of its own."""
    return (page * (1 - strength * rng.choice(CASTS))).clip(0, 1) ** (1 + 0.15 * strength * rng.uniform(-1, 1, 3))


def noisy(page: Picture, strength: float, rng: Generator) -> Picture:
    """Noise in each channel, by the pixel (up to 15 of 255 levels) and in blots."""
    blots = gaussian_filter(rng.normal(size=page.shape), (1.5, 1.5, 0))
    blots *= (0.01 + 0.02 * strength) / blots.std()
    return page + rng.normal(0, 0.015 + 0.045 * strength, page.shape) + blots


def fringed(page: Picture, strength: float, rng: Generator) -> Picture:
    """Red and blue out of register by up to 1 pixel in opposite directions."""
    angle = rng.uniform(0, 2 * np.pi)
    by = (0.4 + 0.6 * strength) * np.array([np.sin(angle), np.cos(angle)])
    red, blue = (shift(page[..., channel], offset, order=1, mode="nearest") for channel, offset in ((0, by), (2, -by)))
    return np.stack([red, page[..., 1], blue], axis=-1)


def jpeg(page: Picture, strength: float, rng: Generator) -> Picture:
    """Saved as JPEG, with chroma at half the size, at quality 60 to 30."""
    buffer = io.BytesIO()
    to_image(page).save(buffer, "JPEG", quality=round(60 - 30 * strength), subsampling=2)
    return to_picture(Image.open(buffer))


def logo(page: Picture, strength: float, rng: Generator) -> Picture:
    """A badge, a disc or a stamp in vivid color, on 1 to 4 % of the page."""
    image = to_image(page)
    pen = ImageDraw.Draw(image)
    area, aspect = (0.01 + 0.03 * strength) * image.width * image.height, rng.uniform(0.5, 2)
    wide, high = np.sqrt(area * aspect), np.sqrt(area / aspect)
    left, top = rng.uniform(0, image.width - wide), rng.uniform(0, image.height - high)
    color, other = _vivid(rng), _vivid(rng)
    kind = rng.integers(3)
    if kind == 0:
        pen.rectangle((left, top, left + wide, top + high), fill=color)
        pen.rectangle((left + wide * 0.2, top + high * 0.3, left + wide * 0.8, top + high * 0.6), fill=other)
    else:
        disc = (left, top, left + wide * 1.12, top + high * 1.12)  # an ellipse fills 79 % of its box
        pen.ellipse(disc, **({"fill": color} if kind == 1 else {"outline": color, "width": max(1, round(wide * 0.12))}))
    return to_picture(image)


def bordered(page: Picture, strength: float, rng: Generator) -> Picture:
    """A colored frame around the page, up to 3 % of its width."""
    image = to_image(page)
    width = max(1, round((0.01 + 0.02 * strength) * image.width))
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=_vivid(rng), width=width)
    return to_picture(image)


def strip(page: Picture, strength: float, rng: Generator) -> Picture:
    """A colored strip along one side, up to 5 % of the page."""
    turned = np.rot90(page, turns := int(rng.integers(4))).copy()
    turned[: max(1, round((0.015 + 0.035 * strength) * len(turned)))] = np.array(_vivid(rng)) / 255
    return np.rot90(turned, -turns)


# How colorings may be painted


def washed(page: Picture, strength: float, rng: Generator) -> Picture:
    """Watercolor: a fifth of the chroma, with patches of bare paper, under lines of ink."""
    wash = 1 - (1 - page) * (0.42 - 0.22 * strength)
    patches = gaussian_filter(rng.normal(size=page.shape[:2]), 0.04 * page.shape[0])
    amount = 1 / (1 + np.exp(-(patches / patches.std() + 0.6 - 0.5 * strength) / 0.4))
    return _mixed(1 - (1 - wash) * amount[..., None], page, _lines(page))


def pastel(page: Picture, strength: float, rng: Generator) -> Picture:
    """Light colors under lines of ink."""
    return _mixed(1 - (1 - page) * (0.55 - 0.25 * strength), page, _lines(page))


def dulled(page: Picture, strength: float, rng: Generator) -> Picture:
    """Nearly grey: half to a quarter of the chroma."""
    return _mixed((page @ LUMA)[..., None], page, 0.5 - 0.25 * strength)


def night(page: Picture, strength: float, rng: Generator) -> Picture:
    """Dark, bluish and nearly grey."""
    grey = _mixed((page @ LUMA)[..., None], page, 0.55 - 0.3 * strength)
    return grey * (0.45 - 0.2 * strength) * [0.85, 0.9, 1.05]


def two_hued(page: Picture, strength: float, rng: Generator) -> Picture:
    """Repainted in two hues, at strength 1 with half the chroma; what was grey stays."""
    warmth = page[..., 0] - page[..., 2]
    colors = saturated(page)
    middle = np.median(warmth[colors]) if colors.any() else 0
    one, other = np.array(PALETTES[rng.integers(len(PALETTES))])
    paint = np.where((warmth > middle)[..., None], one, other)
    luma = (page @ LUMA)[..., None]
    painted = np.where(luma < 0.6, paint * luma / 0.6, paint + (1 - paint) * (luma - 0.6) * 1.75)
    painted = _mixed(painted, (painted @ LUMA)[..., None], 0.5 * strength)
    return np.where(np.ptp(page, axis=-1, keepdims=True) < 0.08, page, painted)


def ballooned(page: Picture, strength: float, rng: Generator) -> Picture:
    """With three to eight large white balloons."""
    image = to_image(page)
    pen = ImageDraw.Draw(image)
    for _ in range(3 + round(5 * strength)):
        x, y = rng.uniform(0.1, 0.9, 2) * image.size
        wide, high = rng.uniform((0.14, 0.08), (0.22, 0.14)) * image.size
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill="white", outline="black", width=2)
        for line in np.linspace(y - high * 0.45, y + high * 0.45, 5):
            pen.line((x - wide / 2, line, x + wide / 2, line), fill="black", width=2)
    return to_picture(image)


def black_guttered(page: Picture, strength: float, rng: Generator) -> Picture:
    """What is white around the panels is black."""
    image = to_image(page)
    for corner in ((0, 0), (image.width - 1, 0), (0, image.height - 1), (image.width - 1, image.height - 1)):
        ImageDraw.floodfill(image, corner, (8, 8, 8), thresh=60)
    return to_picture(image)


def partly(scan: Picture, coloring: Picture, strength: float, rng: Generator) -> Picture:
    """A scan of which one part is colored: saturated pixels are 30 to 13 % of the page."""
    wanted = min(0.3 - 0.17 * strength, 0.95 * saturated(coloring).mean())
    across, backwards = rng.random(2) < 0.5
    part = np.zeros(scan.shape[:2], dtype=bool)
    for share in np.linspace(0.1, 1, 91):
        rows, columns = np.round(scan.shape[:2] * np.array([share, 1] if across else [min(1, 1.3 * share), share]))
        part[:] = False
        part[: int(rows), : int(columns)] = True
        part = part[::-1] if backwards else part
        if saturated(coloring)[part].sum() >= wanted * part.size:
            break
    return np.where(part[..., None], coloring, scan)


def duotone(scan: Picture, coloring: Picture, strength: float, rng: Generator) -> Picture:
    """A scan with a second ink, red, orange or blue, on 40 to 15 % of the page: where the hues of the coloring are
    nearest to one drawn by lot."""
    colors = saturated(coloring)
    red, green, blue = np.moveaxis(coloring, -1, 0)
    hue = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)
    distance = np.where(colors, abs((hue - rng.uniform(-np.pi, np.pi) + np.pi) % (2 * np.pi) - np.pi), np.inf)
    nearest = distance <= np.quantile(distance, min(0.4 - 0.25 * strength, 0.95 * colors.mean()), method="lower")
    solid = np.where(coloring @ LUMA < 0.45, 1, 0.75)[..., None]  # or three quarters of the ink
    inked_part = (1 - (1 - np.array(rng.choice(SECOND_INKS))) * solid) * (0.25 + 0.75 * scan)
    return np.where(nearest[..., None], inked_part, scan)


def saturated(page: Picture) -> np.ndarray:
    """Which pixels are far from grey, (H, W) booleans."""
    strongest = page.max(axis=-1)
    return (np.ptp(page, axis=-1) > SATURATED * strongest) & (strongest > SATURATED)


def _place(page: Picture) -> np.ndarray:
    """y and x of each pixel, 0 to 1: (2, H, W)."""
    return np.stack(np.meshgrid(*(np.linspace(0, 1, side) for side in page.shape[:2]), indexing="ij"))


def _age(rng: Generator) -> np.ndarray:
    return np.array(rng.choice(AGES))


def _mixed(one: Picture, other: Picture, share: float | np.ndarray) -> Picture:
    return one + (other - one) * share


def _lines(page: Picture) -> np.ndarray:
    """Where a coloring is black: (H, W, 1) booleans."""
    return page.max(axis=-1, keepdims=True) < 0.12


def _vivid(rng: Generator) -> tuple[int, ...]:
    return tuple(round(255 * level) for level in colorsys.hsv_to_rgb(*rng.uniform((0, 0.7, 0.6), 1)))


def to_image(page: Picture) -> Image.Image:
    """A picture as RGB of 8 bits."""
    return Image.fromarray((page.clip(0, 1) * 255).round().astype(np.uint8))


def to_picture(image: Image.Image) -> Picture:
    """An image of any mode as a picture."""
    return np.asarray(image.convert("RGB")) / 255


STARTS: dict[str, Start] = {
    "scan": lambda scan, coloring, strength, rng: scan,
    "coloring": lambda scan, coloring, strength, rng: coloring,
    "partly colored": partly,
    "duotone": duotone,
}
SCANNING: dict[str, Change] = {
    "blurred": blurred, "scanner noise": noisy, "color fringes": fringed, "yellowed": yellowed,
    "yellowed unevenly": yellowed_unevenly, "stained": stained, "spine shadow": spine_shadow, "color cast": color_cast,
    "JPEG": jpeg,
}  # fmt: skip
PRINTING: dict[str, Change] = {
    "grey tones": grey_toned, "sepia": sepia, "newsprint": newsprint, "logo": logo, "border": bordered, "strip": strip,
    "colored ink": inked, **{f"{name} ink": partial(inked, name=name) for name in INKS},
}  # fmt: skip
PAINTING: dict[str, Change] = {
    "watercolor": washed, "pastel": pastel, "dull": dulled, "night": night, "two hues": two_hued,
    "balloons": ballooned, "black gutters": black_guttered,
}  # fmt: skip
PALING = ("watercolor", "pastel", "dull", "night")
CHANGES = SCANNING | PRINTING | PAINTING
