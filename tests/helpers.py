"""What the tests of several files set up alike."""
import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models import BaseModel, create_model
from options.train_options import TrainOptions
from train import Training


def data_options(dataroot: Path, **changes: Any) -> argparse.Namespace:
    """The options that a data set reads: as in training, small, without randomness in the images themselves."""
    options: dict[str, Any] = {
        "dataroot": str(dataroot), "phase": "train", "isTrain": True, "direction": "AtoB", "dataset_mode": "unaligned",
        "input_nc": 3, "output_nc": 3, "resize_or_crop": "none", "loadSize": 12, "fineSize": 8, "no_flip": True,
        "serial_batches": False, "max_dataset_size": float("inf"), "batch_size": 1, "num_threads": 0, "seed": 0,
        "gpu_ids": [], "stages": None, "stage_epochs": None, "stage_batch_sizes": None, "niter": 100,
        "niter_decay": 100, "max_bad_images": 0.05, "shuffle_buffer": 1000, "cache": "none", "cache_dir": None,
        "cache_gb": 0.01,
    }  # fmt: skip
    assert changes.keys() <= options.keys()
    return argparse.Namespace(**(options | changes))


def save_grey(path: Path, level: int, size: tuple[int, int] = (4, 4)) -> Path:
    """An image of one grey level, its folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, level).save(path)
    return path


def save_noise(path: Path, size: tuple[int, int], seed: int = 0, mode: str = "RGB") -> Path:
    """An image without two places alike, its folders included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


class Interruption(Exception):
    """Somebody pulled the plug."""


@contextmanager
def interrupted_at(step: int) -> Iterator[None]:
    """A training in which somebody pulls the plug at its step of that number, before that is told or saved."""
    steps = 0
    report = Training.report

    def counting(training: Training, images: int) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            raise Interruption
        report(training, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "report", counting)
        try:
            yield
        except Interruption:
            return
    pytest.fail(f"the training ended before its step {step}")


def run_main(door: ModuleType, *argv: object) -> Any:
    """`main` of a door or a script, as from the command line; gives what it gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [f"{door.__name__}.py", *map(str, argv)])
        return door.main()


def logged_losses(run_folder: Path) -> list[str]:
    """The lines of the loss log without the times, which no two runs share."""
    lines = (run_folder / "loss_log.txt").read_text().splitlines()
    return [re.sub(r"time: \S+, data: \S+\)", "", line) for line in lines if line.startswith("(epoch")]


def small_model(folder: Path, *argv: str) -> BaseModel:
    """A small model, ready to train."""
    opt = TrainOptions().parse([
        "--dataroot", "none", "--gpu_ids", "-1", "--checkpoints_dir", str(folder), "--netG", "resnet_6blocks",
        "--ngf", "8", "--ndf", "8", *argv,
    ])  # fmt: skip
    model = create_model(opt)
    model.setup(opt)
    return model


def step_on_noise(model: BaseModel) -> dict[str, float]:
    """The losses of a step on the same noise every time."""
    chance = torch.Generator().manual_seed(0)
    channels = {"A": model.opt.input_nc, "B": model.opt.output_nc}
    sides = {side: torch.rand(2, count, 32, 32, generator=chance) * 2 - 1 for side, count in channels.items()}
    model.set_input({**sides, "A_paths": ["", ""], "B_paths": ["", ""]})
    model.optimize_parameters()
    return model.get_current_losses()
