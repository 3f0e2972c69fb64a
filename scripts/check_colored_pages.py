"""Check util/colored_pages.py on made pages whose truth is known, and on drawings of your own.

    python scripts/check_colored_pages.py --held_out 600
    python scripts/check_colored_pages.py --scans drawings/lines --colorings drawings/colored

The made pages are those of the demo manga, spoilt as scans are and painted in ways that hardly show. A table tells the
share of each page that is found to have color of its own; the status is 1 if any page or drawing is misjudged. Pages
held out, whose changes and strengths are drawn by lot, are counted only.
"""
import argparse
import colorsys
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter, shift

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images, read_image
from scripts.manga_world import render_page
from util.colored_pages import COLORED_SHARE, colored_share
from util.errors import reported
from util.option_types import Parser, natural

Picture = np.ndarray  # (H, W, 3) floats, 0 black to 1 white
Change = Callable[[Picture, float, Generator], Picture]  # of a strength, 0 to 1
Start = Callable[[Picture, Picture, float, Generator], Picture]  # of a scan and its coloring
Names = tuple[tuple[str, ...], ...]

WORLD, HELD_OUT_WORLD = 1, 3  # seeds of the demo manga
PAGES = 24
WIDTH, HEIGHT = 300, 430  # pixels; what is one pixel wide here is four on a page of 1200 × 1720
LUMA = np.array([0.299, 0.587, 0.114])
MILD, STRONG = 0.4, 1.0
# A pixel is saturated if it is both light enough and far enough from grey, in HSV; the share of such pixels says
# whether a drawing is colored at all.
SATURATED = 0.25
JUDGED_SHARE = 0.12
DRAWING_SIDE = 512  # pixels; smaller drawings are enlarged, for which the spoiling is by the pixel
WARM_HUES = (0.03, 0.18)  # HSV, 0 to 1: brown, orange and yellow; in this hue alone, a pale wash looks like old paper
AGES = ((0.08, 0.17, 0.38), (0.1, 0.18, 0.3), (0.05, 0.11, 0.28), (0.12, 0.24, 0.42))  # what old paper absorbs
INKS = {"blue": (0.12, 0.22, 0.62), "purple": (0.36, 0.16, 0.5), "brown": (0.4, 0.22, 0.1), "green": (0.05, 0.36, 0.25),
        "red": (0.75, 0.1, 0.15)}  # fmt: skip
NEWSPRINT = ((1, 0.8, 0.84), (0.82, 0.93, 0.8), (0.96, 0.92, 0.66), (0.8, 0.88, 0.97))
CASTS = ((0, 0.04, 0.12), (0.12, 0.04, 0), (0.06, 0, 0.05), (0, 0.07, 0.02))  # what is missing in each channel
SECOND_INKS = ((0.85, 0.1, 0.12), (0.9, 0.35, 0.1), (0.1, 0.45, 0.75))
PALETTES = (((0.85, 0.15, 0.15), (0.45, 0.52, 0.62)), ((0.9, 0.5, 0.15), (0.2, 0.45, 0.5)),
            ((0.8, 0.3, 0.45), (0.55, 0.55, 0.35)), ((0.35, 0.3, 0.6), (0.8, 0.65, 0.4)))  # fmt: skip


# What happens to pages


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
    _image(page).save(buffer, "JPEG", quality=round(60 - 30 * strength), subsampling=2)
    return _picture(Image.open(buffer))


def logo(page: Picture, strength: float, rng: Generator) -> Picture:
    """A badge, a disc or a stamp in vivid color, on 1 to 4 % of the page."""
    image = _image(page)
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
    return _picture(image)


def bordered(page: Picture, strength: float, rng: Generator) -> Picture:
    """A colored frame around the page, up to 3 % of its width."""
    image = _image(page)
    width = max(1, round((0.01 + 0.02 * strength) * image.width))
    ImageDraw.Draw(image).rectangle((0, 0, image.width - 1, image.height - 1), outline=_vivid(rng), width=width)
    return _picture(image)


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
    image = _image(page)
    pen = ImageDraw.Draw(image)
    for _ in range(3 + round(5 * strength)):
        x, y = rng.uniform(0.1, 0.9, 2) * image.size
        wide, high = rng.uniform((0.14, 0.08), (0.22, 0.14)) * image.size
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill="white", outline="black", width=2)
        for line in np.linspace(y - high * 0.45, y + high * 0.45, 5):
            pen.line((x - wide / 2, line, x + wide / 2, line), fill="black", width=2)
    return _picture(image)


def black_guttered(page: Picture, strength: float, rng: Generator) -> Picture:
    """What is white around the panels is black."""
    image = _image(page)
    for corner in ((0, 0), (image.width - 1, 0), (0, image.height - 1), (image.width - 1, image.height - 1)):
        ImageDraw.floodfill(image, corner, (8, 8, 8), thresh=60)
    return _picture(image)


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


def _image(page: Picture) -> Image.Image:
    return Image.fromarray((page.clip(0, 1) * 255).round().astype(np.uint8))


def _picture(image: Image.Image) -> Picture:
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

# Which pages


@dataclass(frozen=True)
class Case:
    """A page of known truth: what it starts from, and the names and strengths of what is done to it then."""

    start: str
    changes: tuple[tuple[str, float], ...] = ()
    strength: float = STRONG  # of the start

    @property
    def colored(self) -> bool:
        return self.start != "scan"

    @property
    def name(self) -> str:
        part = "" if self.start in ("scan", "coloring") else f" {self.strength:.2g}"
        return " + ".join([self.start + part, *(f"{name} {strength:.2g}" for name, strength in self.changes)])

    def made_of(self, scan: Picture, coloring: Picture, rng: Generator) -> Image.Image:
        """The page, mode RGB, from a scan and its coloring."""
        page = STARTS[self.start](scan, coloring, self.strength, rng)
        for name, strength in self.changes:
            page = CHANGES[name](page, strength, rng).clip(0, 1)
        return _image(page)


SCAN_PAIRS = (
    ("yellowed", "logo"), ("yellowed unevenly", "JPEG"), ("stained", "yellowed"), ("blue ink", "yellowed unevenly"),
    ("purple ink", "newsprint"), ("brown ink", "JPEG"), ("sepia", "scanner noise"), ("spine shadow", "yellowed"),
    ("grey tones", "blue ink"), ("color cast", "color fringes"), ("strip", "logo"), ("color fringes", "JPEG"),
)  # fmt: skip
COLORING_PAIRS = (
    ("watercolor", "yellowed"), ("watercolor", "JPEG"), ("pastel", "yellowed unevenly"), ("pastel", "color cast"),
    ("night", "JPEG"), ("night", "black gutters"), ("dull", "yellowed"), ("two hues", "yellowed"),
    ("two hues", "JPEG"), ("balloons", "yellowed"), ("black gutters", "yellowed"),
)  # fmt: skip


def labelled() -> list[Case]:
    """The fixed set: each change alone, mild and strong, and a few of them together."""
    scans = [name for name in SCANNING | PRINTING if name != "colored ink"]
    paintings = [*PAINTING, *SCANNING]
    cases = [Case("scan"), Case("coloring")]
    cases += [Case("scan", ((name, strength),)) for name in scans for strength in (MILD, STRONG)]
    cases += [Case("coloring", ((name, strength),)) for name in paintings for strength in (MILD, STRONG)]
    for start in ("partly colored", "duotone"):
        cases += [Case(start, (), strength) for strength in (MILD, STRONG)]
        cases += [Case(start, ((name, MILD),)) for name in ("yellowed", "stained", "JPEG")]
    cases += [Case("scan", ((one, 0.7), (other, 0.7))) for one, other in SCAN_PAIRS]
    return cases + [Case("coloring", ((one, 0.7), (other, 0.7))) for one, other in COLORING_PAIRS]


# Of which one each is drawn, for pages by lot.
STARTING = ("coloring", "coloring", "coloring", "coloring", "coloring", "coloring", "partly colored", "duotone")
AGING: Names = (("yellowed",), ("yellowed unevenly",), ("stained",), ("color cast",), (), ())
TINTING: Names = ((), (), ("grey tones",), ("colored ink",), ("sepia",), ("newsprint",), ("colored ink", "newsprint"),
                  ("grey tones", "colored ink"))  # fmt: skip
SHADING: Names = ((), (), (), ("spine shadow",))
ADDING: Names = (("logo",), ("border",), ("strip",), ("logo", "border"), (), ())
CAPTURING: Names = (("blurred",), ("scanner noise",), ("color fringes",), ("scanner noise", "color fringes"), ())
SAVING: Names = (("JPEG",), ())


def drawn_by_lot(colored: bool, rng: Generator) -> Case:
    """A page of up to nine changes, each of a strength of 0.1 to 1."""
    start = str(rng.choice(STARTING)) if colored else "scan"
    painting: Names = ((), *((name,) for name in PAINTING)) if start == "coloring" else ((),)
    steps = (painting, AGING) if colored else (TINTING, AGING, SHADING, ADDING)
    names = [name for step in (*steps, CAPTURING, SAVING) for name in step[rng.integers(len(step))]]
    strengths = rng.uniform(0.1, 1, len(names) + 1).tolist()
    return Case(start, tuple(zip(names, strengths[1:], strict=True)), strengths[0])


@lru_cache(maxsize=PAGES + 1)
def made_page(world: int, index: int) -> tuple[Picture, Picture]:
    """A page of the demo manga: its scan and its coloring."""
    scan, coloring = render_page(world, index, WIDTH, HEIGHT)
    return _picture(scan), _picture(coloring)


@dataclass(frozen=True)
class Verdict:
    """What was found about a page. share: 0 to 1, of color of its own."""

    name: str
    colored: bool
    share: float

    @property
    def right(self) -> bool:
        return (self.share > COLORED_SHARE) == self.colored

    @property
    def margin(self) -> float:
        """How far the share is on the right side of the bound: 2 for twice as much or half as much, below 1 wrong."""
        ratio = max(self.share, 1e-3) / COLORED_SHARE
        return ratio if self.colored else 1 / ratio


def judged(cases: Sequence[Case], world: int, pages: int = PAGES) -> list[Verdict]:
    """Each case on one of the first `pages` pages of a world, which take turns."""
    verdicts = []
    for number, case in enumerate(cases):
        image = case.made_of(*made_page(world, number % pages), np.random.default_rng([world, number]))
        verdicts.append(Verdict(case.name, case.colored, colored_share(image)))
    return verdicts


def held_out(count: int) -> list[Verdict]:
    """`count` pages of another world, half of them scans, drawn by lot."""
    rng = np.random.default_rng(HELD_OUT_WORLD)
    # An odd number of pages, lest each be a scan every time or a coloring every time.
    return judged([drawn_by_lot(number % 2 == 1, rng) for number in range(count)], HELD_OUT_WORLD, PAGES + 1)


# Drawings of one's own


def of_drawings(folders: Sequence[Path], colored: bool) -> Iterator[Verdict]:
    """Each drawing as it is, and changed in one of the ways of the fixed set, which take turns. Colorings with hardly
    any saturated pixels are passed over."""
    ways = cycle(ways_to_change(colored))
    pale_ways = cycle(Case("coloring", ((name, MILD),)) for name in PALING)
    for number, path in enumerate(path for folder in folders for path in list_images(folder)):
        image = _enlarged(read_image(path))
        page = _picture(image)
        rng = np.random.default_rng(number)
        if colored and saturated(page).mean() < JUDGED_SHARE:
            continue
        yield Verdict(path.name, colored, colored_share(image))
        changes = [next(ways)]
        if colored and _unlike_paper(page).mean() >= JUDGED_SHARE:
            changes.append(next(pale_ways))
        for case in changes:
            yield Verdict(f"{path.name}: {case.name}", colored, colored_share(case.made_of(page, page, rng)))


def ways_to_change(colored: bool) -> list[Case]:
    """Those cases of the fixed set that a drawing alone allows: without panels, and without a palette of many hues."""
    start, names = ("coloring", SCANNING.keys()) if colored else ("scan", CHANGES.keys())
    return [case for case in labelled() if case.start == start and case.changes and case.changes[0][0] in names]


def _enlarged(image: Image.Image) -> Image.Image:
    scale = max(1.0, DRAWING_SIDE / max(image.size))
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def _unlike_paper(page: Picture) -> np.ndarray:
    """Which pixels are saturated, but neither brown nor orange nor yellow: (H, W) booleans."""
    hue = np.asarray(_image(page).convert("HSV"))[..., 0] / 255
    return saturated(page) & ((hue < WARM_HUES[0]) | (hue > WARM_HUES[1]))


# What is said


def table(verdicts: Sequence[Verdict]) -> str:
    lines = [f"{'share':>6} {'margin':>6}  {'truth':<8} page"]
    for verdict in verdicts:
        truth = "colored" if verdict.colored else "scan"
        wrong = "" if verdict.right else "  WRONG"
        lines.append(f"{verdict.share:6.1%} {verdict.margin:6.1f}  {truth:<8} {verdict.name}{wrong}")
    return "\n".join(lines)


def summary(title: str, verdicts: Sequence[Verdict]) -> str:
    """A line for the scans and a line for the colorings, and the misjudged, worst first."""
    lines = []
    for colored, kind in ((False, "scans"), (True, "colorings")):
        margins = [verdict.margin for verdict in verdicts if verdict.colored == colored]
        if margins:
            wrong = sum(not verdict.right for verdict in verdicts if verdict.colored == colored)
            least, low, middle = np.quantile(margins, (0, 0.05, 0.5))
            lines.append(f"{title}: {wrong} of {len(margins)} {kind} wrong; "
                         f"margin: least {least:.2f}, 5 % {low:.2f}, median {middle:.2f}")  # fmt: skip
    misjudged = sorted((verdict for verdict in verdicts if not verdict.right), key=lambda verdict: verdict.margin)
    return "\n".join([*lines, *([table(misjudged)] if misjudged else [])])


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--held_out", type=natural, default=0, metavar="COUNT", help="so many pages drawn by lot")
    add("--scans", type=Path, nargs="+", default=[], metavar="FOLDER", help="black-and-white drawings")
    add("--colorings", type=Path, nargs="+", default=[], metavar="FOLDER", help="colored drawings")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    made = judged(labelled(), WORLD)
    print(table(made))
    print(summary("made pages", made))
    drawings = [*of_drawings(args.scans, colored=False), *of_drawings(args.colorings, colored=True)]
    if drawings:
        print(summary("drawings, as they are and changed", drawings))
    if args.held_out:
        print(summary("held out", held_out(args.held_out)))
    if not all(verdict.right for verdict in made + drawings):
        sys.exit(1)


if __name__ == "__main__":
    with reported():
        main()
