"""How many images a core reads and prepares for training, beside the plainest way to do the same with Pillow."""
from argparse import Namespace
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from data import create_dataset
from options.train_options import TrainOptions
from scripts.benchmarking.rows import Report, Row
from scripts.benchmarking.timing import Effort, compare
from scripts.manga_world import render_page

SECTION = "loader"
IMAGES = 24  # in each domain


def measure(effort: Effort, report: Report) -> None:
    """Rows of the loader, in this process, as one of its workers reads; and of the plain way."""
    root = effort.folder / "images"
    size = (64, 92) if effort.quick else (800, 1148)
    with report.attempt(SECTION, "images to read"):
        _draw(root, size, 2 if effort.quick else IMAGES)
        opt = TrainOptions().parse([
            "--dataroot", str(root), "--checkpoints_dir", str(effort.folder), "--name", "loader", "--gpu_ids", "-1",
            "--num_threads", "0",
        ])  # fmt: skip
        dataset = create_dataset(opt)
        counted = 2 * len(dataset)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            works = {
                "create_dataset, defaults of train.py": lambda: sum(1 for _ in dataset),
                "Pillow, NumPy and torch, plainly": lambda: _plainly(root, counted, opt),
            }
            seconds, errors = compare(works, effort)
        finally:
            torch.set_num_threads(threads)
        for name, value in seconds.items():
            report.add(Row(SECTION, name, value / counted, counted / value, "images/s"))
        for name, error in errors.items():
            report.fail(SECTION, name, error)


def _draw(root: Path, size: tuple[int, int], count: int) -> None:
    """JPEGs of two domains, of which four are different."""
    for side in range(2):
        folder = root / f"train{'AB'[side]}"
        folder.mkdir(parents=True)
        drawn = [render_page(0, number, *size)[side].convert("RGB") for number in range(min(4, count))]
        for number, picture in zip(range(count), cycle(drawn), strict=False):
            picture.save(folder / f"{number:03d}.jpg", quality=92)


def _plainly(root: Path, count: int, opt: Namespace) -> None:
    """Decode, scale to a square, crop, flip, and make a tensor in [-1, 1] of each image."""
    chance = np.random.default_rng(0)
    for path in sorted(root.rglob("*.jpg"))[:count]:
        picture = Image.open(path).convert("RGB").resize((opt.loadSize, opt.loadSize), Image.Resampling.BICUBIC)
        left, top = chance.integers(0, opt.loadSize - opt.fineSize + 1, 2)
        picture = picture.crop((left, top, left + opt.fineSize, top + opt.fineSize))
        if chance.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1).float().div(127.5).sub(1)
