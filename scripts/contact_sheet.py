"""Show what training makes of images: a row for each, the original first, then what the first epochs would see of it.

    python scripts/contact_sheet.py --dataroot datasets/onepiece --out sheet.png
    python scripts/contact_sheet.py --dataroot colorings.txt --out sheet.png --rotation 20 --perspective 0.3
    python scripts/contact_sheet.py --dataroot datasets/demo --dataset_mode aligned --rotation 20 --out sheet.png

Of pairs, the scan stands above the coloring. All options of train.py are understood beside those below.
"""
import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data import BaseDataset, Place, find_dataset
from data.transforms import Transform
from options.train_options import TrainOptions
from util.errors import reported
from util.images import save_image, tensor2im
from util.option_types import Parser, positive

GAP, HEADER = 4, 24
# Darker than paper, so that one sees where white was filled in.
BACKGROUND = (150, 160, 175)
# What train.py would need besides; no model is run here.
MODELS = {
    "coloring": ("--model", "colorizer", "--scan_generator", "."),
    "aligned": ("--model", "pix2pix"),
    "unaligned": ("--model", "cycle_gan"),
}


def parse_arguments() -> tuple[argparse.Namespace, argparse.Namespace]:
    """What is asked of this script, and the options of the training."""
    parser = Parser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    add = parser.add_argument
    add("--out", type=Path, required=True, help="the image to write")
    add("--images", type=positive, default=6, help="how many images, taken evenly from the data set")
    add("--draws", type=positive, default=7, help="how many epochs of each")
    add("--width", type=positive, default=192, help="of each picture, in pixels")
    args, rest = parser.parse_known_args()
    return args, training_options(rest)


def training_options(argv: list[str]) -> argparse.Namespace:
    """The options of a training, of colorings unless it says otherwise, with a model that fits the data set."""
    if "--continue_train" in argv:
        return TrainOptions().parse(argv)
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--dataset_mode", default="coloring")
    mode = parser.parse_known_args(argv)[0].dataset_mode
    # What comes later counts. A name of its own: no run is to be continued.
    return TrainOptions().parse(["--dataset_mode", mode, *MODELS.get(mode, ()), "--name", "contact_sheet", *argv])


def main() -> None:
    args, opt = parse_arguments()
    opt.serial_batches = True  # where images are no pairs, each keeps its partner
    dataset = find_dataset(opt.dataset_mode)(opt)
    count = min(args.images, len(dataset))
    rows = [row for i in range(count) for row in views(dataset, i * len(dataset) // count, args.draws)]
    save_image(lay_out(rows, args.width, len(dataset.sides)), args.out)
    print(f"{count} images, {args.draws} draws of each, in {args.out}")


def views(dataset: BaseDataset, index: int, draws: int) -> Iterator[list[np.ndarray]]:
    """A row for each side of an item: as it is, then as it is in the epochs 1 to `draws`; HWC uint8 each."""
    untouched = Transform("none", 1, 1, flip=False)
    items = [dataset.item(index, untouched, np.random.default_rng(0))]
    items += [dataset[Place(epoch, index)] for epoch in range(1, draws + 1)]
    for side in dataset.sides:
        yield [tensor2im(item[side]) for item in items]


def lay_out(rows: list[list[np.ndarray]], width: int, sides: int) -> Image.Image:
    """All pictures in squares of `width`, with a wider gap after the originals and after the sides of an image."""
    tops = [HEADER + row * (width + GAP) + row // sides * GAP for row in range(len(rows))]
    lefts = [column * (width + GAP) + (column > 0) * 2 * GAP for column in range(len(rows[0]))]
    sheet = Image.new("RGB", (lefts[-1] + width, tops[-1] + width), BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for column, left in enumerate(lefts):
        title = str(column) if column else "original"
        pen.text((left + width / 2, HEADER / 2), title, "black", font, anchor="mm")
    for top, row in zip(tops, rows, strict=True):
        for left, pixels in zip(lefts, row, strict=True):
            picture = ImageOps.contain(Image.fromarray(pixels), (width, width), Image.Resampling.LANCZOS)
            sheet.paste(picture, (left + (width - picture.width) // 2, top + (width - picture.height) // 2))
    return sheet


if __name__ == "__main__":
    with reported():
        main()
