"""Lay pictures of the same name from several folders side by side, a row each, in one image.

    python scripts/picture_grid.py --out grid.png --columns scan=datasets/demo/testA \\
        model=results/manga_color/test_latest/images truth=datasets/demo/testB
"""
import argparse
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.image_folder import list_images, read_image, result_names
from util.errors import UserError, reported
from util.images import save_image
from util.option_types import Parser

GAP, HEADER = 8, 24


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--columns", nargs="+", required=True, metavar="TITLE=FOLDER", help="from left to right; the first names rows")
    add("--out", type=Path, required=True, help="the image to write")
    add("--rows", type=int, default=4, help="how many pictures, taken evenly from the first folder")
    add("--side_by_side", type=int, default=1, help="how many rows stand beside one another")
    add("--width", type=int, default=256, help="of each picture, in pixels")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    columns = {title: Path(folder) for title, _, folder in (column.partition("=") for column in args.columns)}
    save_image(lay_out(columns, args.rows, args.width, args.side_by_side), args.out)
    print(f"rows of {len(columns)} in {args.out}")


def lay_out(columns: dict[str, Path], rows: int, width: int, side_by_side: int = 1) -> Image.Image:
    """A grid of the pictures in folders, by the titles of these: `rows` of those that all have, `side_by_side` in a
    line, each `width` pixels wide. Raises UserError if the folders share none."""
    pictures = {title: _by_name(folder) for title, folder in columns.items()}
    names = [name for name in next(iter(pictures.values())) if all(name in paths for paths in pictures.values())]
    if not names:
        raise UserError("the folders have no picture of the same name: check --columns")
    chosen = [names[i * len(names) // rows] for i in range(min(rows, len(names)))]
    images = [[_fit(paths[name], width) for paths in pictures.values()] for name in chosen]
    return _lay_out(images, list(pictures), width, side_by_side)


def _by_name(folder: Path) -> dict[str, Path]:
    paths = list_images(folder)
    return dict(zip(result_names(paths, folder), paths, strict=True))


def _fit(path: Path, width: int) -> Image.Image:
    image = read_image(path)
    return ImageOps.contain(image, (width, 4 * width), Image.Resampling.LANCZOS)


def _lay_out(rows: list[list[Image.Image]], titles: list[str], width: int, side_by_side: int) -> Image.Image:
    """All rows under their titles, `side_by_side` of them in a line."""
    step = len(titles) * (width + GAP)
    lines = [rows[i : i + side_by_side] for i in range(0, len(rows), side_by_side)]
    heights = [max(image.height for row in line for image in row) + GAP for line in lines]
    grid = Image.new("RGB", (side_by_side * step - GAP, HEADER + sum(heights) - GAP), "white")
    pen, font = ImageDraw.Draw(grid), ImageFont.load_default(16)
    for place in range(side_by_side):
        for column, title in enumerate(titles):
            middle = place * step + column * (width + GAP) + width / 2
            pen.text((middle, HEADER / 2), title, "black", font, anchor="mm")
    top = HEADER
    for line, height in zip(lines, heights, strict=True):
        for place, row in enumerate(line):
            for column, image in enumerate(row):
                grid.paste(image, (place * step + column * (width + GAP), top))
        top += height
    return grid


if __name__ == "__main__":
    with reported():
        main()
