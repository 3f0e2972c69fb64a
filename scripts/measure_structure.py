"""Measure how well panels, balloons and lettering are found, on the pages of an invented manga, whose are known.

    python scripts/make_demo_dataset.py --level hard --out datasets/hard --pages 0 --val 0 --test 60 \\
        --width 1200 --height 1720
    python scripts/measure_structure.py datasets/hard

Prints a table: the share of true panels that are found (IoU above 0.9), the shares of true balloons that are found and
of found ones that are true (IoU above 0.5), the shares of the pixels of letters in balloons and of sound
effects (filled letters, too) that are found, the share of the gutters' pixels that are called paper, and the time for a
page. --list names the pages with errors.
"""
import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coloring.structure import PageStructure, find_structure
from util.errors import UserError, reported
from util.label_maps import LETTERING, read_label_map
from util.option_types import Parser

PANEL_FOUND, BALLOON_FOUND = 0.9, 0.5  # intersection over union


@dataclass
class Count:
    """How many of how many."""

    found: int = 0
    total: int = 0

    def add(self, found: int, total: int) -> None:
        self.found, self.total = self.found + found, self.total + total

    def __str__(self) -> str:
        return f"{self.found / self.total:.1%} of {self.total}" if self.total else "none"


@dataclass
class Figures:
    """What is counted over all pages."""

    panels: Count = field(default_factory=Count)
    balloons: Count = field(default_factory=Count)
    true_balloons: Count = field(default_factory=Count)
    letters: Count = field(default_factory=Count)
    sounds: Count = field(default_factory=Count)
    gutters: Count = field(default_factory=Count)
    seconds: list[float] = field(default_factory=list)

    def table(self) -> str:
        rows = [
            ("panels found", str(self.panels)),
            ("balloons found", str(self.balloons)),
            ("found balloons that are true", str(self.true_balloons)),
            ("pixels of letters in balloons found", str(self.letters)),
            ("pixels of sound effects found", str(self.sounds)),
            ("pixels of gutters called paper", str(self.gutters)),
            ("seconds a page", f"{np.mean(self.seconds):.3f}, at most {np.max(self.seconds):.3f}"),
        ]
        return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def parse_arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path, help="data set of scripts/make_demo_dataset.py")
    parser.add_argument("--phase", default="test", help="whose pages are measured: test or val")
    parser.add_argument("--list", action="store_true", help="name the pages on which something is wrong")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse_arguments(argv)
    scans, panels, texts = (args.dataset / f"{args.phase}{kind}" for kind in "APT")
    pages = sorted(scans.glob("*.png"))
    if not pages or not panels.is_dir() or not texts.is_dir():
        raise UserError(f"{args.dataset} has no {scans.name}, {panels.name} and {texts.name}: make it with "
                        "scripts/make_demo_dataset.py")  # fmt: skip
    cv2.setNumThreads(1)
    figures = Figures()
    for path in pages:
        page = np.asarray(Image.open(path).convert("L"))
        true_panels, true_text = (read_label_map(folder / path.name) for folder in (panels, texts))
        start = time.perf_counter()
        structure = find_structure(page)
        figures.seconds.append(time.perf_counter() - start)
        wrong = count_page(structure, true_panels, true_text, figures)
        if wrong and args.list:
            print(f"{path.name}: {wrong}")
    print(figures.table())


def count_page(structure: PageStructure, true_panels: np.ndarray, true_text: np.ndarray, figures: Figures) -> str:
    """Add a page to the figures; say what is wrong with its structure. Truths are (H, W) panel and text maps."""
    found = matches(true_panels, structure.panels, PANEL_FOUND)
    missing_panels = int(true_panels.max()) - found
    figures.panels.add(found, int(true_panels.max()))
    balloons = true_text % LETTERING
    there, claimed = len(np.unique(balloons[balloons > 0])), int(structure.balloons.max())
    found = matches(balloons, structure.balloons, BALLOON_FOUND)
    figures.balloons.add(found, there)
    figures.true_balloons.add(found, claimed)
    letters, sounds = true_text > LETTERING, true_text == LETTERING
    figures.letters.add(int((letters & structure.lettering).sum()), int(letters.sum()))
    figures.sounds.add(int((sounds & structure.lettering).sum()), int(sounds.sum()))
    gutter = true_panels == 0
    figures.gutters.add(int((gutter & structure.paper).sum()), int(gutter.sum()))
    faults = ((missing_panels, "panels missed"), (there - found, "balloons missed"), (claimed - found, "no balloons"))
    return ", ".join(f"{count} {what}" for count, what in faults if count)


def matches(truth: np.ndarray, found: np.ndarray, least: float) -> int:
    """How many of the areas in a true map, (H, W) numbers, overlap one of a found map by more than `least` of
    their union.

    With 0.5 or more, no area can match two others.
    """
    pairs, counts = np.unique(np.stack([truth.ravel(), found.ravel()]), axis=1, return_counts=True)
    true_areas, found_areas = np.bincount(truth.ravel()), np.bincount(found.ravel())
    both = (pairs > 0).all(axis=0)
    one, other = pairs[:, both]
    return int((counts[both] / (true_areas[one] + found_areas[other] - counts[both]) > least).sum())


if __name__ == "__main__":
    with reported():
        main()
