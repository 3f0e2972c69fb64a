"""Check util/colored_pages.py on made pages whose truth is known, and on drawings of your own.

    python scripts/check_colored_pages.py --held_out 600
    python scripts/check_colored_pages.py --scans drawings/lines --colorings drawings/colored

The made pages are those of the demo manga, spoilt as scans are and painted in ways that hardly show. A table tells the
share of each page that is found to have color of its own; the status is 1 if any page or drawing is misjudged. Pages
held out, whose changes and strengths are drawn by lot, are counted only.
"""
import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images, read_image
from scripts.manga_world import render_page
from scripts.page_changes import (
    CHANGES,
    PAINTING,
    PALING,
    PRINTING,
    SCANNING,
    STARTS,
    Picture,
    saturated,
    to_image,
    to_picture,
)
from util.colored_pages import COLORED_SHARE, colored_share
from util.errors import reported
from util.option_types import Parser, natural

Names = tuple[tuple[str, ...], ...]

WORLD, HELD_OUT_WORLD = 1, 3  # seeds of the demo manga
PAGES = 24
WIDTH, HEIGHT = 300, 430  # pixels; what is one pixel wide here is four on a page of 1200 × 1720
MILD, STRONG = 0.4, 1.0
JUDGED_SHARE = 0.12  # of saturated pixels: a drawing with fewer is not said to be colored
DRAWING_SIDE = 512  # pixels; smaller drawings are enlarged, for which the spoiling is by the pixel
WARM_HUES = (0.03, 0.18)  # HSV, 0 to 1: brown, orange and yellow; in this hue alone, a pale wash looks like old paper


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
        return to_image(page)


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
    scan, coloring, _ = render_page(world, index, WIDTH, HEIGHT)
    return to_picture(scan), to_picture(coloring)


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
        page = to_picture(image)
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
    hue = np.asarray(to_image(page).convert("HSV"))[..., 0] / 255
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
