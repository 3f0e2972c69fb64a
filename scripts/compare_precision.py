"""How far pages that were computed with fewer bits are from those of float32: what the network gives, and the page.

    python scripts/compare_precision.py checkpoints/manga_color checkpoints/onepiece
    python scripts/compare_precision.py checkpoints/manga_color --page_size native --width 600 --height 860

Draws pages and computes each with float32 and with --precision, in one go and in tiles. Levels are those of 8 bits, 0
to 255. The tables end with CIEDE2000 between the finished pages, their ink laid over the colors:
about 1 is where an eye begins to see a difference between two fields of color that lie beside each other.
"""
import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.page_colorizer import PageColorizer
from scripts.manga_world import render_page
from util.errors import reported
from util.metrics import ciede2000
from util.option_types import Parser, page_size, positive
from util.precision import PRECISIONS

DRAWN = (1200, 1720)  # pixels that pages are drawn with; others are scaled
TILE = 128  # small, so that pages of any size are cut
HEADER = "| run | {0}, tiled | {0} to fp32 | {0}, tiled, to fp32 | finished page, CIEDE2000 |\n|---|---|---|---|---|"


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("runs", nargs="+", type=Path, help="folders of runs, or files of weights")
    add("--precision", choices=PRECISIONS, default="bf16", help="what to compare with fp32; default: bf16")
    add("--pages", type=positive, default=4, help="how many; default: 4")
    add("--width", type=positive, default=1200, help="of a page, in pixels; default: 1200")
    add("--height", type=positive, default=1720, help="of a page, in pixels; default: 1720")
    add("--page_size", type=page_size, help="as test.py takes it: native, or a side; default: as the run tells")
    add("--gpu_ids", default="-1", help="which GPU; -1 for the CPU, which is the default")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    print(f"{args.pages} pages of {args.width} × {args.height}; max / 99.9 % / mean\n")
    print(HEADER.format(args.precision))
    for run in args.runs:
        print(f"| {run.stem} | {' | '.join(compare(run, args))} |", flush=True)


def compare(run: Path, args: argparse.Namespace) -> list[str]:
    """The cells of a run."""
    device = torch.device("cpu" if args.gpu_ids == "-1" else f"cuda:{args.gpu_ids}")
    full, few, few_tiled = (
        PageColorizer.from_checkpoint(run, device, page_size=args.page_size, tile=tile, precision=precision)
        for precision, tile in (("fp32", "off"), (args.precision, "off"), (args.precision, TILE))
    )
    levels: dict[str, list[np.ndarray]] = {"tiled": [], "whole to fp32": [], "tiled to fp32": []}
    colors = []
    for scan, coloring in drawn_pages(args):
        page = scan if full.makes_colorings else coloring
        pixels = full.prepare(page)
        made = [colorizer.run(pixels) for colorizer in (full, few, few_tiled)]
        for key, first, second in zip(levels, (2, 1, 2), (1, 0, 0), strict=True):
            levels[key].append(np.abs(made[first].coloring.astype(int) - made[second].coloring).ravel())
        finished = [np.asarray(full.finish(page, picture).image.convert("RGB")) for picture in made[:2]]
        colors.append(ciede2000(finished[1], finished[0]).ravel())
    return [*(told(np.concatenate(parts), 2) for parts in levels.values()), told(np.concatenate(colors), 2)]


def drawn_pages(args: argparse.Namespace) -> Iterator[tuple[Image.Image, Image.Image]]:
    """Scans with their colorings."""
    for index in range(args.pages):
        pair = render_page(0, index, *DRAWN)[:2]
        scan, coloring = (picture.resize((args.width, args.height)) for picture in pair)
        yield scan, coloring


def told(values: np.ndarray, digits: int) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (values.max(), np.percentile(values, 99.9), values.mean()))


if __name__ == "__main__":
    with reported():
        main()
