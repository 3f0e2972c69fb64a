"""Make scans of colorings with a scan generator: alone, or as pairs that pix2pix can learn from.

    python scripts/make_scans.py --scan_generator checkpoints/scans --dataroot colorings --out scans
    python scripts/make_scans.py --scan_generator checkpoints/scans --dataroot colorings --out datasets/made \\
        --pairs side_by_side                   # datasets/made/train/NAME.png: scan left, coloring right
    python scripts/make_scans.py ... --pairs folders     # datasets/made/trainA and trainB
    python scripts/make_scans.py ... --pairs folders --copies 3 --recolor 1    # also 2/NAME.png, 3/NAME.png

The images have the scale that the (first) scan generator was trained at, or --size. Of several scan generators, one is
drawn for each scan.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.coloring_dataset import find_colorings
from data.transforms import Draw, Transform
from models.trained import find_scan_generator, load_generator, saved_options
from util.color import recolored
from util.device import choose_device, parse_gpu_ids
from util.errors import UserError, reported
from util.images import im2tensor, save_image, tensor2im
from util.option_types import Parser, positive, probability, size_limit
from util.precision import choose_dtype, computing_in

COLORS = 3


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--scan_generator", type=Path, required=True, nargs="+", help="folders of runs, or files of weights")
    add("--dataroot", type=Path, required=True, help="folder or list of colorings, or data set with PHASEB")
    add("--out", type=Path, required=True, help="the folder to write")
    add("--pairs", choices=("side_by_side", "folders"), help="write a data set for --dataset_mode aligned")
    add("--phase", default="train", help="whose colorings are taken and whose pairs are written")
    add("--size", type=positive, help="of the shorter side, in pixels")
    add("--copies", type=positive, default=1, help="how many scans of each coloring")
    add("--recolor", type=probability, default=0.0, help="the share of scans made of the drawing in other colors")
    add("--seed", type=int, default=0, help="of what is drawn by chance")
    add("--max_dataset_size", type=size_limit, default=float("inf"), help="how many images at most")
    add("--gpu_ids", default="0", help="which GPU; -1 for the CPU")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    colorings = find_colorings(args.dataroot, args.phase, args.max_dataset_size)
    device, _ = choose_device(parse_gpu_ids(args.gpu_ids))
    nets = [load_scan_generator(path, device) for path in args.scan_generator]
    transform = _transform(args.scan_generator[0], args.size)
    dtype, chance = choose_dtype("auto", device), torch.Generator().manual_seed(args.seed)
    for path, name in tqdm(colorings.items(), unit="img", disable=None):
        coloring = im2tensor(transform.finish(transform.read(path, COLORS), Draw())).unsqueeze(0).to(device)
        for copy in range(args.copies):
            net = nets[int(torch.randint(len(nets), (), generator=chance))]
            other = float(torch.rand((), generator=chance)) < args.recolor
            with torch.inference_mode(), computing_in(dtype, device):
                scan = net(recolored(coloring, chance) if other else coloring).float()
            _save(args, f"{copy + 1}/{name}" if copy else name, tensor2im(scan), tensor2im(coloring))
    print(f"{args.copies * len(colorings)} scans in {args.out}")


def load_scan_generator(path: Path, device: torch.device) -> nn.Module:
    """The network coloring → scan in the folder of a run, or in one file of weights, ready to use."""
    found = find_scan_generator(path)
    if found.architecture["input_nc"] != COLORS:
        raise UserError(f"{found.path} makes no scans of colored drawings: its input_nc is not {COLORS}")
    return load_generator(found).to(device).eval()


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
