"""How fast images are loaded, a core: the usual pipeline of torchvision against ours, and how soon a training begins.

    python scripts/benchmark_loader.py                     # images a second
    python scripts/benchmark_loader.py --listed 340000     # and starts with so many (empty) files

Draws pages with the grain of paper and print, 1000 × 1000, and loads them in one process, one thread,
for a training at 286 → 256. Rounds of all ways take turns; medians are told.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.cache import Cache, DiskCache, RamCache
from data.index import indexed_images
from data.transforms import Transform
from scripts.manga_world import render_page
from util.cores import usable_cores
from util.errors import reported
from util.option_types import Parser, natural, positive

SIDE = 1000


def parse_arguments() -> argparse.Namespace:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=positive, default=12, help="different images of each kind")
    parser.add_argument("--rounds", type=positive, default=15, help="times that all of them are loaded")
    parser.add_argument("--listed", type=natural, default=0, help="files of a folder whose listing is timed")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    torch.set_num_threads(1)
    print(f"{usable_cores()} cores ({torch.backends.cpu.get_cpu_capability()}), torch {torch.__version__}, torchvision "
          f"{torchvision.__version__}, Pillow {PIL.__version__}\n")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        print("| images | way | images a second and core | to torchvision's |\n|---|---|---|---|")
        for kind in ("jpeg", "flat jpeg", "grey jpeg", "png"):
            measure(kind, draw(Path(folder), kind, args.images), Path(folder) / "cache", args.rounds)
        if args.listed:
            measure_start(Path(folder) / "listed", args.listed)


def draw(folder: Path, kind: str, count: int) -> list[Path]:
    """Images of a kind: JPEGs of quality 90, 4:2:0."""
    paths = []
    for number in range(count):
        scan, coloring, _ = render_page(0, number, SIDE, SIDE)
        image = scan.convert("L") if kind.startswith("grey") else coloring.convert("RGB")
        if kind == "jpeg":
            image = with_grain(image, number)
        path = folder / f"{kind} {number}.{'png' if kind == 'png' else 'jpg'}"
        image.save(path, quality=90, subsampling=2)  # which PNG has not
        os.utime(path, (time.time() - 100,) * 2)
        paths.append(path)
    return paths


def with_grain(image: Image.Image, seed: int) -> Image.Image:
    """A page with the texture of paper and print."""
    rng = np.random.default_rng(seed)
    levels = np.asarray(image) + rng.normal(0, 6, (SIDE, SIDE, 3))
    for step in (4, 16):
        patches = rng.normal(0, 4, (SIDE // step + 1, SIDE // step + 1, 3))
        levels += patches.repeat(step, 0).repeat(step, 1)[:SIDE, :SIDE]
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def measure(kind: str, paths: list[Path], folder: Path, rounds: int) -> None:
    """Print rows for images of a kind."""
    mode, channels = ("L", 1) if kind.startswith("grey") else ("RGB", 3)
    usual = transforms.Compose([
        transforms.Resize((286, 286), transforms.InterpolationMode.BICUBIC), transforms.RandomCrop(256),
        transforms.RandomHorizontalFlip(), transforms.ToTensor(), transforms.Normalize([0.5], [0.5]),
    ])  # fmt: skip
    transform, rng = Transform("resize_and_crop", 286, 256, flip=True), np.random.default_rng(0)

    def ours(cache: Cache) -> Callable[[Path], object]:
        def load(path: Path) -> object:
            (picture,) = cache.get([path], mode, lambda: (transform.read(path, channels),))
            return transform.finish(picture, transform.draw(rng))

        return load

    ways = {
        "torchvision": lambda path: usual(Image.open(path).convert(mode)),
        "ours": ours(Cache()),
        "--cache disk, filled": ours(DiskCache(folder)),
        "--cache ram, filled": ours(RamCache(10**8, len(paths))),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way, load in ways.items():
            for path in paths:
                started = time.process_time()  # of a core, whatever else the machine does
                load(path)
                if number:  # the first round fills the caches
                    seconds[way].append(time.process_time() - started)
    median = {way: statistics.median(times) for way, times in seconds.items()}
    for way, each in median.items():
        print(f"| {kind} | {way} | {1 / each:.0f} | × {median['torchvision'] / each:.1f} |", flush=True)


def measure_start(folder: Path, count: int) -> None:
    """Print how long the list of a folder takes, the first time and then."""
    for number in range(count):
        inner = folder / "images" / f"{number % 1000:04d}"
        if number < 1000:
            inner.mkdir(parents=True)
        (inner / f"{number * 7919 % 9999991}.jpg").touch()
    time.sleep(3)  # what has just changed is not trusted
    for turn in ("first", "second"):
        started = time.perf_counter()
        found = indexed_images(folder / "images", folder / "index")
        print(f"\n{turn} list of {len(found)} files: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    with reported():
        main()
