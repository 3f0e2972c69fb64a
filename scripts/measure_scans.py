"""What scans tell of the colors: more than true ones, if a scan generator makes them?

    python scripts/measure_scans.py checkpoints/scans --dataroot datasets/hard

Who learns to color from made scans reads tones and blacks as they tell it, and is misled where those of true scans tell
less. Over the parts of all val pages, which label maps show, this prints the correlation between how light a part is in
the coloring and in the scan, and how many parts are blank, toned and black: of the true scans, of those that are made
of the colorings, and of those made of the same drawings in other colors (--scan_recolor).
"""
import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import read_image
from data.picture import from_image
from scripts.evaluation.sources import References, find_references
from scripts.make_scans import load_scan_generator
from util.color import recolored
from util.device import choose_device, parse_gpu_ids
from util.errors import UserError, reported
from util.images import im2tensor, tensor2im
from util.label_maps import read_label_map, scaled_labels
from util.option_types import Parser, positive, size_limit

SMALLEST = 30  # pixels of a part
BLANK, BLACK = 240, 60  # mean grey of a part: from the one on, up to the other

Scans = Callable[[Image.Image], np.ndarray]  # a coloring → its scan, (H, W) uint8


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("scan_generator", type=Path, nargs="+", metavar="GENERATOR", help="folder of the run, or file of weights")
    add("--dataroot", type=Path, required=True, help="data set with label maps")
    add("--phase", default="val", help="whose pages are measured")
    add("--width", type=positive, default=340, help="of the pages, as the scan generators see them; default: 340")
    add("--max_dataset_size", type=size_limit, default=float("inf"), help="how many pages at most")
    add("--gpu_ids", default="0", help="which GPU; -1 for the CPU")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    pages = find_references(None, args.dataroot, args.phase)
    names = [name for name in pages.labels if name in pages.scans and name in pages.truths]
    if not names:
        raise UserError(f"{args.dataroot} has no {args.phase}A, {args.phase}B and {args.phase}L of the same pages")
    device, _ = choose_device(parse_gpu_ids(args.gpu_ids))
    makers: dict[str, Scans] = {}
    for path in args.scan_generator:
        makers |= made_by(load_scan_generator(path, device), str(path), device)
    names = names[: int(min(len(names), args.max_dataset_size))]
    greys = np.concatenate([page_greys(pages, name, args.width, list(makers.values())) for name in names], axis=1)
    print(table(["true scans", *makers], greys))


def made_by(net: torch.nn.Module, title: str, device: torch.device) -> dict[str, Scans]:
    chance = torch.Generator().manual_seed(0)

    def plain(coloring: Image.Image) -> np.ndarray:
        return scan_of(batch(coloring))

    def of_other_colors(coloring: Image.Image) -> np.ndarray:
        return scan_of(recolored(batch(coloring), chance))

    def batch(coloring: Image.Image) -> torch.Tensor:
        return im2tensor(from_image(coloring)).unsqueeze(0)

    @torch.inference_mode()
    def scan_of(x: torch.Tensor) -> np.ndarray:
        return np.asarray(Image.fromarray(tensor2im(net(x.to(device)))).convert("L"))

    return {title: plain, f"{title}, other colors": of_other_colors}


def page_greys(pages: References, name: str, width: int, makers: list[Scans]) -> np.ndarray:
    """(2 + makers, parts): mean greys, 0 to 255, of each part of a page in the coloring and in each of its scans."""
    scan, coloring = (read_image(paths[name]).convert("RGB") for paths in (pages.scans, pages.truths))
    size = width, round(width * coloring.height / coloring.width)
    scan, coloring = (image.resize(size, Image.Resampling.BICUBIC) for image in (scan, coloring))
    labels = scaled_labels(read_label_map(pages.labels[name]), size).ravel()
    count = np.bincount(labels)
    known = np.flatnonzero(count >= SMALLEST)
    known = known[known > 0]
    images = [np.asarray(coloring.convert("L")), np.asarray(scan.convert("L")), *(make(coloring) for make in makers)]
    return np.stack([np.bincount(labels, image.ravel())[known] / count[known] for image in images])


def table(titles: list[str], greys: np.ndarray) -> str:
    lines = [f"{greys.shape[1]} parts", ""]
    lines += ["| scans | correlation | blank | toned | black |", "|---|---:|---:|---:|---:|"]
    for title, scan in zip(titles, greys[1:], strict=True):
        blank, black = float(np.mean(scan >= BLANK)), float(np.mean(scan <= BLACK))
        correlation = np.corrcoef(greys[0], scan)[0, 1]
        lines.append(f"| {title} | {correlation:.2f} | {blank:.0%} | {1 - blank - black:.0%} | {black:.0%} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with reported():
        main()
