"""Volumes that the tests of coloring make and look into."""
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
SIZE = (60, 84)
OPTIONS = {
    "input_nc": 1, "output_nc": 3, "ngf": 4, "netG": "scan", "norm": "instance", "no_dropout": True,
    "direction": "AtoB", "resize_or_crop": "resize_and_crop", "loadSize": 32, "fineSize": 24,
}  # fmt: skip
Color = Callable[..., int]


def draw_scan(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """Lines on white paper, another drawing for each number."""
    page = Image.new("L", size, "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((5, 5, size[0] - 6, size[1] - 6), outline=0, width=2)
    pen.ellipse((10 + number % 20, 12, 40, 30 + number % 30), outline=0, width=2)
    return page


def draw_coloring() -> Image.Image:
    """A page in many colors, some white left between them."""
    page = Image.new("RGB", SIZE, "white")
    for number, color in enumerate(("orange", "teal", "crimson", "gold", "navy", "palegreen")):
        left, top = number % 3 * SIZE[0] // 3, number // 3 * SIZE[1] // 2
        page.paste(color, (left, top, left + SIZE[0] // 3 - 6, top + SIZE[1] // 2 - 6))
    return page


def save_scans(folder: Path, names: list[str], **settings: object) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draw_scan(number).save(folder / name, **settings)
    return folder


def pack(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def entries_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def encoded(image: Image.Image, path: Path) -> bytes:
    image.save(path)
    return path.read_bytes()


def lines_of(path: Path) -> int:
    return path.read_text().count("\n")


def is_colorful(image: Image.Image) -> bool:
    return np.ptp(np.asarray(image.convert("RGB"), int), axis=2).max() > 20


def arguments(run: Path, folder: Path) -> list[str]:
    return [f"--checkpoints_dir={run.parent}", "--name=run", f"--results_dir={folder}", "--gpu_ids=-1"]
