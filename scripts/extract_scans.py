"""Make pairs for training of colored drawings or pages, by taking their ink off them.

    python scripts/extract_scans.py COLORINGS --out datasets/pairs --copies 3

COLORINGS is a folder of images. Writes trainA/NAME_N.png, the ink in the Nth of several styles, and trainB/NAME_N.png,
the coloring. Where a scan generator has been trained, scripts/make_scans.py makes scans that look more like real ones;
a colorizer that holds on real pages learns from both.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from coloring.ink import InkStyle, extracted_ink
from data.image_folder import list_images, read_image
from util.errors import UserError, reported
from util.images import save_image
from util.option_types import Parser, natural, positive


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("colorings", type=Path, help="folder of colored images")
    add("--out", type=Path, required=True, help="folder to write trainA and trainB into")
    add("--copies", type=positive, default=1, help="scans of each coloring, each in another style")
    add("--size", type=positive, help="scale images to this shorter side, in pixels; never enlarged")
    add("--seed", type=natural, default=0, help="of the styles")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    if args.out.exists():
        raise UserError(f"{args.out} exists. Give another --out, or delete it.")
    paths = list_images(args.colorings)
    rng = np.random.default_rng(args.seed)
    for path in tqdm(paths, unit="image", disable=None):
        coloring = _scaled(read_image(path), args.size)
        name = "_".join(path.relative_to(args.colorings).with_suffix("").parts)
        for copy in range(args.copies):
            scan = extracted_ink(np.asarray(coloring), InkStyle.drawn(rng))
            save_image(Image.fromarray(scan), args.out / "trainA" / f"{name}_{copy}.png")
            save_image(coloring, args.out / "trainB" / f"{name}_{copy}.png")
    print(f"wrote {len(paths) * args.copies} pairs to {args.out}")


def _scaled(image: Image.Image, size: int | None) -> Image.Image:
    """The image with a shorter side of at most `size` pixels."""
    if size is None or min(image.size) <= size:
        return image
    factor = size / min(image.size)
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    with reported():
        main()
