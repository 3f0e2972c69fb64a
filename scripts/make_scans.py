"""Make scans of colorings with a scan generator: alone, or as pairs that pix2pix can learn from.

    python scripts/make_scans.py --scan_generator checkpoints/scans --dataroot colorings --out scans
    python scripts/make_scans.py --scan_generator checkpoints/scans --dataroot colorings --out datasets/made \\
        --pairs side_by_side                   # datasets/made/train/NAME.png: scan left, coloring right
    python scripts/make_scans.py ... --pairs folders     # datasets/made/trainA and trainB

The images have the scale that the scan generator was trained at, or --size.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.coloring_dataset import find_colorings
from data.transforms import Draw, Transform
from models.trained import find_scan_generator, load_generator, saved_options
from util.device import choose_device, parse_gpu_ids
from util.errors import UserError, reported
from util.images import im2tensor, save_image, tensor2im
from util.option_types import Parser, positive, size_limit


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--scan_generator", type=Path, required=True, help="folder of the run, or file of weights")
    add("--dataroot", type=Path, required=True, help="folder or list of colorings, or data set with PHASEB")
    add("--out", type=Path, required=True, help="the folder to write")
    add("--pairs", choices=("side_by_side", "folders"), help="write a data set for --dataset_mode aligned")
    add("--phase", default="train", help="whose colorings are taken and whose pairs are written")
    add("--size", type=positive, help="of the shorter side, in pixels")
    add("--max_dataset_size", type=size_limit, default=float("inf"), help="how many images at most")
    add("--gpu_ids", default="0", help="which GPU; -1 for the CPU")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    colorings = find_colorings(args.dataroot, args.phase, args.max_dataset_size)
    device, _ = choose_device(parse_gpu_ids(args.gpu_ids))
    found = find_scan_generator(args.scan_generator)
    net = load_generator(found).to(device).eval()
    transform = _transform(args.scan_generator, args.size)
    for path, name in tqdm(colorings.items(), unit="img", disable=None):
        coloring = im2tensor(transform.finish(transform.read(path, found.architecture["input_nc"]), Draw()))
        with torch.no_grad():
            scan = net(coloring.unsqueeze(0).to(device))
        _save(args, name, tensor2im(scan), tensor2im(coloring))
    print(f"{len(colorings)} scans in {args.out}")


def _transform(scan_generator: Path, size: int | None) -> Transform:
    """Whole drawings at the scale of the training, or with a shorter side of `size` pixels."""
    if size is not None:
        return Transform.whole_page("random_part", size, size)
    saved = saved_options(scan_generator) if scan_generator.is_dir() else {}
    if not {"resize_or_crop", "loadSize", "fineSize"} <= saved.keys():
        raise UserError(f"{scan_generator} does not tell the scale of its training: give --size PIXELS")
    return Transform.whole_page(saved["resize_or_crop"], saved["loadSize"], saved["fineSize"])


def _save(args: argparse.Namespace, name: str, scan: np.ndarray, coloring: np.ndarray) -> None:
    grey = Image.fromarray(scan).convert("L")
    if args.pairs is None:
        save_image(grey, args.out / f"{name}.png")
    elif args.pairs == "folders":
        save_image(grey, args.out / f"{args.phase}A" / f"{name}.png")
        save_image(coloring, args.out / f"{args.phase}B" / f"{name}.png")
    else:
        save_image(np.concatenate([scan, coloring], axis=1), args.out / args.phase / f"{name}.png")


if __name__ == "__main__":
    with reported():
        main()
