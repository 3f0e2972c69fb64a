"""What a save costs: seconds, and the share of the time of a training that saves as often as by default.

    python scripts/benchmark_save.py
    python scripts/benchmark_save.py --models pix2pix --size 128

Trains a few steps of each model with the defaults of train.py on noise, in float32, and saves a few times. A save is
made every --save_latest_freq images; the share of time is that of a training which makes no others.
"""
import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models import BaseModel, create_model
from models.saver import Saver
from options.train_options import TrainOptions
from util.device import describe_device
from util.errors import reported
from util.option_types import Parser, positive
from util.progress import Position

STEPS, SAVES = 3, 5


def step_seconds(model: BaseModel, size: int) -> float:
    """The median time of a training step on images of some size, after one to warm up."""
    channels = {"A": model.opt.input_nc, "B": model.opt.output_nc}
    batch = {side: torch.rand(1, count, size, size) * 2 - 1 for side, count in channels.items()}
    seconds = []
    for _ in range(STEPS + 1):
        begun = time.perf_counter()
        model.set_input(batch | {"A_paths": [""], "B_paths": [""]})
        model.optimize_parameters()
        model.get_current_losses()  # waits for the device
        seconds.append(time.perf_counter() - begun)
    return median(seconds[1:])


def save_seconds(model: BaseModel) -> float:
    """The median time of a save."""
    saver, seconds = Saver(model, {"position": Position()}), []
    model.save_dir.mkdir(parents=True, exist_ok=True)
    for _ in range(SAVES):
        begun = time.perf_counter()
        saver.save({})
        seconds.append(time.perf_counter() - begun)
    return median(seconds)


def main() -> None:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=["cycle_gan", "pix2pix"], default=["cycle_gan", "pix2pix"])
    parser.add_argument("--size", type=positive, default=256, help="side of the training images, in pixels")
    parser.add_argument("--gpu_ids", default="0", help="gpu ids: e.g. 0. use -1 for CPU")
    parser.add_argument("--folder", type=Path, help="where to save; a temporary folder if not given")
    args = parser.parse_args()
    told = []
    for name in args.models:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            opt = TrainOptions().parse([
                "--dataroot", "none", "--model", name, "--gpu_ids", args.gpu_ids, "--checkpoints_dir", folder,
            ])  # fmt: skip
            model = create_model(opt)
            model.setup(opt)
            step = step_seconds(model, args.size)
            save = save_seconds(model)
            megabytes = sum(path.stat().st_size for path in model.save_dir.iterdir()) / 1e6
            share = save / (save + opt.save_latest_freq * step)
        told.append(f"| {name} | {step:.2f} | {save:.2f} | {megabytes:.0f} | {share:.4%} |")
    print(f"{describe_device(model.device)}, batches of 1 image, {args.size} × {args.size}")
    print("| model | seconds a step | seconds a save | MB | share of the time |\n|---|---|---|---|---|")
    print("\n".join(told))


if __name__ == "__main__":
    with reported():
        main()
