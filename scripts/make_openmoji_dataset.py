"""Make the data set that figures of real drawings are measured on, from OpenMoji as its authors publish it.

    npm pack openmoji@17.0.0 && tar xzf openmoji-17.0.0.tgz      # makes a folder `package`
    python scripts/make_openmoji_dataset.py package --out datasets/openmoji
    python scripts/make_openmoji_dataset.py package --out datasets/openmoji_pairs --paired
    python scripts/make_openmoji_dataset.py package --out datasets/openmoji_all --all

trainA is the line art of 550 drawings, trainB the colorings of 550 others; valA and valB are 100 further drawings in
both. With --all, trainA and trainB are pairs of all drawings but those 100: some 4,300. The line art is the artists'
own, without the shades of the colorings. Needs resvg-py (pip install resvg-py).

OpenMoji (https://openmoji.org) is licensed CC BY-SA 4.0: so is what this writes; credit it in what you make of that.
"""
import argparse
import configparser
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from util.errors import UserError, reported
from util.option_types import Parser, positive

DRAWINGS = Path(__file__).with_name("openmoji_drawings.ini")
KINDS = {"A": ("black", "L"), "B": ("color", "RGB")}  # of each side: folder in the package, mode of the images


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("package", type=Path, help="folder with black/svg and color/svg")
    add("--out", type=Path, required=True, help="the folder to make")
    add("--paired", action="store_true", help="trainA is the line art of the drawings in trainB, for pix2pix")
    add("--all", action="store_true", help="pairs of all drawings of the package but those of valA, for pix2pix")
    add("--size", type=positive, default=256, help="of the images, in pixels")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    images = {path: drawn_in(args.package, *drawing) for path, drawing in wanted(args)}
    missing = [path for path in images.values() if not path.is_file()]
    if missing:
        raise UserError(f"no file {missing[0]}: give the folder of OpenMoji 17 that has black/svg and color/svg")
    if args.out.exists():
        raise UserError(f"{args.out} is there already: give another --out, or remove it")
    write_dataset(args.out, images, args.size)
    print(f"wrote {len(images)} images of {args.size}x{args.size} to {args.out} (OpenMoji 17, CC BY-SA 4.0)")


def wanted(args: argparse.Namespace) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each image of the data set that the options ask for: folder/name, and of which side and drawing it is."""
    listed = list(plan(args.paired))
    if not args.all:
        yield from listed
        return
    measured = {drawing for path, (_, drawing) in listed if path.startswith("val")}
    yield from (image for image in listed if image[0].startswith("val"))
    for source in sorted((args.package / KINDS["B"][0] / "svg").glob("*.svg")):
        if source.stem not in measured and drawn_in(args.package, "A", source.stem).is_file():
            yield from ((f"train{side}/{source.stem}.png", (side, source.stem)) for side in KINDS)


def plan(paired: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each image of the data set: folder/name, and of which side and drawing it is."""
    lists = configparser.ConfigParser()
    lists.read_string(DRAWINGS.read_text(encoding="utf-8"))
    scans = "colorings" if paired else "scans"
    for folder, which in (("trainA", scans), ("trainB", "colorings"), ("valA", "measured"), ("valB", "measured")):
        for drawing in lists["drawings"][which].split():
            yield f"{folder}/{drawing}.png", (folder[-1], drawing)


def drawn_in(package: Path, side: str, drawing: str) -> Path:
    return package / KINDS[side][0] / "svg" / f"{drawing}.svg"


def write_dataset(out: Path, images: dict[str, Path], size: int) -> None:
    """Draw images, by their paths in `out`, from their SVG files: all of them, or nothing is at `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
        root = Path(temporary) / "data"
        for path, source in tqdm(images.items(), unit="image", disable=None):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            drawn(source, size).convert(KINDS[target.parent.name[-1]][1]).save(target)
        root.rename(out)


def drawn(source: Path, size: int) -> Image.Image:
    """An SVG file on white, `size` pixels wide and high. Raises UserError if it can't be drawn."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise UserError("drawing SVG files needs resvg-py: pip install resvg-py") from error
    try:
        return Image.open(BytesIO(svg_to_bytes(svg_path=str(source), width=size, height=size, background="#ffffff")))
    except ValueError as error:
        raise UserError(f"can't draw {source} ({error}): unpack it anew") from error


if __name__ == "__main__":
    with reported():
        main()
