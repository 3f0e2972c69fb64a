"""Measure what util/lines.py makes of small colorings, against enlarging them.

    python scripts/measure_lines.py --pages 6
    python scripts/measure_lines.py --pages 0 --scans openmoji/valA --colorings openmoji/valB --widths 64 96

Pages are drawn by scripts/manga_world at 1200 × 1720 pixels; --scans and --colorings are folders of pictures of the
same names. True colorings are scaled down, as they are and spoiled as networks spoil them; of pages, there is also what
trained weights make of their scans. All are brought back to full size and compared with the truth. Prints a Markdown
table of means over the pictures.
"""
import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing, shift
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images, read_image, result_names
from models.trained import find_generator, load_generator, saved_options
from scripts.manga_world import render_page
from util.errors import UserError, reported
from util.images import tensor2im
from util.lines import lay_lines
from util.metrics import ciede2000, edge_recall
from util.option_types import Parser, natural, positive

PAGE = (1200, 1720)  # pixels
SEED = 11  # of the pages; the shipped weights have learned from those of another
NETWORK_SIZE = (256, 368)  # pixels; what the shipped weights have learned at

# What the figures are about, in the scan.
INK, PAPER = 128, 240  # luminance: ink is darker than the one, paper no darker than the other
BAND = 6.0  # pixels from ink: how wide the band beside it is
WRONG = 10.0  # CIEDE2000 from which on a color is another one, which bled over a line, or a ghost
AWAY = 3.0  # working pixels from ink: where shading is compared

# How a coloring is spoiled; lengths in working pixels.
SPOILED_BLUR = 1.0  # standard deviation, of colors and of lines
SPOILED_SHIFT = 0.5  # of lines, down and to the right
SPOILED_LINES = 0.7  # of their darkness is left
LINE_WIDTH = 0.04  # of the picture's width: what is dark and wider counts as a color

Drawing = tuple[np.ndarray, np.ndarray]  # scan (H, W) uint8 and true coloring (H, W, 3) uint8
WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {  # scan, small coloring → coloring at full size
    "enlarged": lambda scan, coloring: _scaled(coloring, scan.shape[::-1], Image.Resampling.BICUBIC),
    "lines laid": lay_lines,
}
COLUMNS = {  # figures of a result: their titles and formats
    "ink": ("luminance of ink", ".1f"),
    "scan_ink": ("in the scan", ".1f"),
    "edges": ("edge recall ↑", ".3f"),
    "band": ("ΔE beside ink ↓", ".2f"),
    "wrong": ("wrong beside ink ↓", ".1%"),
    "all": ("ΔE ↓", ".2f"),
    "afar": ("ΔE from afar ↓", ".2f"),
    "shading": ("shading kept ↑", ".3f"),
    "seconds": ("seconds of one core", ".2f"),
}


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--pages", type=natural, default=6, help="how many pages to draw")
    add("--page_width", type=positive, default=239, help="to which true colorings of pages are scaled, in pixels")
    add("--cache", type=Path, metavar="FOLDER", help="keep the drawn pages there for the next time")
    add("--run", type=Path, default=Path("checkpoints/manga_color"), metavar="FOLDER", help="weights that color pages")
    add("--scans", type=Path, metavar="FOLDER", help="other drawings, in black and white")
    add("--colorings", type=Path, metavar="FOLDER", help="their true colorings")
    add("--widths", type=positive, nargs="+", default=[64, 96], help="to which these are scaled, in pixels")
    args = parser.parse_args()
    if (args.scans is None) != (args.colorings is None):
        raise UserError("--scans and --colorings belong together: give both or none")
    return args


def main() -> None:
    args = parse_arguments()
    rows: dict[tuple[str, str, str], list[dict[str, float]]] = {}
    for title, drawing, made_by, coloring in tqdm(list(_cases(args)), unit="coloring", disable=None):
        for way, function in WAYS.items():
            start = time.thread_time()
            result = function(drawing[0], coloring)
            seconds = time.thread_time() - start
            figures = measure(result, drawing, coloring) | {"seconds": seconds}
            rows.setdefault((title, made_by, way), []).append(figures)
    print(_table(rows))


def _cases(args: argparse.Namespace) -> Iterator[tuple[str, Drawing, str, np.ndarray]]:
    """A title for drawings of a kind and a size; the drawing; what made the coloring; the small coloring."""
    if args.pages:
        network = load_generator(find_generator(args.run, "latest", "AtoB", saved_options(args.run)))
    for index in range(args.pages):
        scan, truth = page = _page(index, args.cache)
        for made_by, coloring in _colorings(truth, args.page_width).items():
            yield f"pages from {args.page_width} pixels", page, made_by, coloring
        yield f"pages from {NETWORK_SIZE[0]} pixels", page, "trained weights", _colored(network, scan)
    if args.scans is not None:
        for drawing in _drawings(args.scans, args.colorings):
            for width in args.widths:
                for made_by, coloring in _colorings(drawing[1], width).items():
                    yield f"drawings from {width} pixels", drawing, made_by, coloring


def _page(index: int, cache: Path | None) -> Drawing:
    """A page of the generator, from the cache if it is there."""
    if cache is None:
        scan, truth, _ = render_page(SEED, index, *PAGE)
        return np.asarray(scan), np.asarray(truth)
    paths = [cache / f"page_{index:04d}_{side}.png" for side in ("scan", "color")]
    if not all(path.is_file() for path in paths):
        cache.mkdir(parents=True, exist_ok=True)
        for image, path in zip(render_page(SEED, index, *PAGE)[:2], paths, strict=True):
            image.save(path)
    return np.asarray(read_image(paths[0], 1)), np.asarray(read_image(paths[1]))


def _drawings(scans: Path, colorings: Path) -> Iterator[Drawing]:
    """All drawings that have both. Raises UserError if there is none."""
    by_name = []
    for folder in (scans, colorings):
        paths = list_images(folder)
        by_name.append(dict(zip(result_names(paths, folder), paths, strict=True)))
    shared = [name for name in by_name[0] if name in by_name[1]]
    if not shared:
        raise UserError(f"{scans} and {colorings} have no picture of the same name")
    for name in shared:
        yield np.asarray(read_image(by_name[0][name], 1)), np.asarray(read_image(by_name[1][name]))


def _colorings(truth: np.ndarray, width: int) -> dict[str, np.ndarray]:
    """What a perfect network would give at a width, and what a real one might."""
    size = width, round(width * truth.shape[0] / truth.shape[1])
    return {"truth": _scaled(truth, size), "truth, spoiled": _spoiled(truth, size)}


def _spoiled(truth: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The truth scaled to width and height, with colors that bleed and lines that are pale, blurred and off."""
    window = 2 * round(LINE_WIDTH * truth.shape[1] / 2) + 1
    without_lines = grey_closing(truth, size=(window, window, 1))
    luminance, paper = (_luminance(image).astype(np.float32) for image in (truth, without_lines))
    lines = 1 - _scaled(luminance / np.maximum(paper, 1), size)
    lines = gaussian_filter(shift(lines, SPOILED_SHIFT, order=1), SPOILED_BLUR)
    colors = gaussian_filter(_scaled(without_lines, size).astype(np.float32), (SPOILED_BLUR, SPOILED_BLUR, 0))
    return np.clip(np.rint(colors * (1 - SPOILED_LINES * lines)[..., None]), 0, 255).astype(np.uint8)


@torch.inference_mode()
def _colored(network: torch.nn.Module, scan: np.ndarray) -> np.ndarray:
    """What a network gives for a scan at NETWORK_SIZE."""
    grey = torch.from_numpy(_scaled(scan, NETWORK_SIZE).astype(np.float32) / 127.5 - 1)
    return tensor2im(network(grey[None, None]))


def measure(result: np.ndarray, drawing: Drawing, coloring: np.ndarray) -> dict[str, float]:
    """The figures of COLUMNS but the seconds, for a result at full size, (H, W, 3) uint8, of a small coloring."""
    scan, truth = drawing
    size = coloring.shape[1], coloring.shape[0]
    scale = scan.shape[1] / size[0]
    luminance, ink = _luminance(result), scan < INK
    distance = distance_transform_edt(~ink)
    band = (distance <= BAND) & (scan >= PAPER)
    difference = ciede2000(result, truth)
    return {
        "ink": luminance[ink].mean(),
        "scan_ink": scan[ink].mean(),
        "edges": edge_recall(result, np.dstack([scan] * 3)),
        "band": difference[band].mean(),
        "wrong": (difference[band] > WRONG).mean(),
        "all": difference.mean(),
        "afar": ciede2000(_scaled(result, size), _scaled(truth, size)).mean(),
        "shading": _shading_kept(luminance, coloring, distance > AWAY * scale, scale),
    }


def _shading_kept(luminance: np.ndarray, coloring: np.ndarray, where: np.ndarray, scale: float) -> float:
    """The correlation of a result's luminance, smoothed to a working pixel's detail, with that of its small coloring;
    nan where there is nothing to compare."""
    target = _luminance(_scaled(coloring, luminance.shape[::-1], Image.Resampling.BICUBIC))
    smooth = [gaussian_filter(image.astype(np.float32), scale)[where] for image in (luminance, target)]
    return float(np.corrcoef(smooth)[0, 1]) if where.any() and min(map(np.std, smooth)) > 1 else np.nan


def _luminance(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB → (H, W) uint8."""
    return np.asarray(Image.fromarray(image).convert("L"))


def _scaled(
    image: np.ndarray, size: tuple[int, ...], resample: Image.Resampling = Image.Resampling.BOX
) -> np.ndarray:
    """An image at another width and height; BOX averages over areas."""
    return np.asarray(Image.fromarray(image).resize((size[0], size[1]), resample))


def _table(rows: dict[tuple[str, str, str], list[dict[str, float]]]) -> str:
    """The means over the pictures in Markdown."""
    heads = ["drawings", "coloring", "result", *(title for title, _ in COLUMNS.values())]
    lines = [heads, ["---"] * 3 + ["---:"] * len(COLUMNS)]
    for names, figures in rows.items():
        means = {column: np.nanmean([of_one[column] for of_one in figures]) for column in COLUMNS}
        lines.append([*names, *(format(means[column], form) for column, (_, form) in COLUMNS.items())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    with reported():
        main()
