"""Progressive training: what follows from --stages for sizes, batches, epochs and the learning rate."""
import argparse
import json
from pathlib import Path

import pytest
import torch

from data import create_dataset
from models.schedulers import get_scheduler
from options.train_options import TrainOptions
from tests.helpers import data_options, save_noise
from util.errors import UserError
from util.stages import Stage, plan_stages, stage_at


def options(**changes: object) -> argparse.Namespace:
    defaults: dict[str, object] = {
        "stages": [64, 128, 256], "stage_epochs": None, "stage_batch_sizes": None, "batch_size": 4, "niter": 2,
        "niter_decay": 3, "fineSize": 256,
    }  # fmt: skip
    return argparse.Namespace(**(defaults | changes))


def test_each_stage_takes_all_epochs():
    assert plan_stages(options()) == [
        Stage(1, 64, 4, 0, 2, 3), Stage(2, 128, 4, 5, 2, 3), Stage(3, 256, 4, 10, 2, 3)
    ]  # fmt: skip


def test_stages_may_differ():
    stages = plan_stages(options(stage_epochs=[10, 5, 1], stage_batch_sizes=[16, 8, 2]))
    assert stages == [Stage(1, 64, 16, 0, 4, 6), Stage(2, 128, 8, 10, 2, 3), Stage(3, 256, 2, 15, 0, 1)]
    assert [stage_at(stages, epoch).number for epoch in (1, 10, 11, 15, 16, 17)] == [1, 1, 2, 2, 3, 3]


def test_without_stages_there_is_one():
    assert plan_stages(options(stages=None)) == [Stage(1, 256, 4, 0, 2, 3)]


@pytest.mark.parametrize("name", ["stage_epochs", "stage_batch_sizes"])
def test_lists_that_do_not_fit(name):
    with pytest.raises(UserError, match=rf"--{name} has 2 numbers for 3 stages: give one for all, or one for each"):
        plan_stages(options(**{name: [1, 2]}))


def test_the_learning_rate_begins_anew_with_each_stage():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(optimizer, "lambda", 1, plan_stages(options(stage_epochs=[5, 3, 2])), 50)
    rates = []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    assert rates == pytest.approx([1, 1, 0.75, 0.5, 0.25, 1, 2 / 3, 1 / 3, 1, 0.5])


def test_batches_have_the_size_of_their_stage(tmp_path: Path):
    for number in range(5):
        save_noise(tmp_path / "trainA" / f"{number}.png", (30, 30), number)
        save_noise(tmp_path / "trainB" / f"{number}.png", (30, 30), number)
    loader = create_dataset(
        data_options(
            tmp_path, resize_or_crop="resize_and_crop", loadSize=18, fineSize=16, stages=[8, 16],
            stage_batch_sizes=[3, 2], niter=1, niter_decay=1,
        )
    )  # fmt: skip
    shapes = [[tuple(batch["A"].shape) for batch in loader] for _ in range(4)]
    small = [(3, 3, 8, 8), (2, 3, 8, 8)]
    large = [(2, 3, 16, 16), (2, 3, 16, 16), (1, 3, 16, 16)]
    assert shapes == [small, small, large, large]
    loader.start(3, skip=2)
    assert [tuple(batch["A"].shape) for batch in loader] == large[1:]


def test_test_py_takes_the_size_of_the_last_stage(tmp_path: Path):
    arguments = ["--dataroot=x", "--gpu_ids=-1", f"--checkpoints_dir={tmp_path}"]
    options = TrainOptions()
    opt = options.parse([*arguments, "--stages=32,64,128"])
    assert (opt.fineSize, opt.loadSize) == (128, 143)
    options.save(opt)
    assert json.loads((tmp_path / "experiment_name" / "opt.json").read_text())["fineSize"] == 128
    again = TrainOptions().parse([*arguments, "--continue_train"])
    assert (again.stages, again.fineSize, again.loadSize) == ([32, 64, 128], 128, 143)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("--stages 64,128 --fineSize 256", "--stages 64,128 ends at 128, not at --fineSize 256"),
        ("--stages 16,64", "--stages 16 is too small for the discriminator: give at least 24"),
        ("--stages 64,x", "x is no whole number"),
        ("--stages 64,128 --stage_epochs 1,2,3", "--stage_epochs has 3 numbers for 2 stages"),
        ("--stages 64,128 --epoch_count 401", "--epoch_count 401 is beyond the last epoch, 400"),
        ("--stages 64,128 --resize_or_crop none", "give --resize_or_crop random_part"),
        ("--stage_epochs 2,3", "--stage_epochs is for several sizes: add --stages"),
        ("--stages 64,128 --stage_batch_sizes 4,2 --batch_size 8", "give the former alone"),
        ("--stages 64,128 --lr_policy plateau", "give one stage, or another policy"),
        ("--crop_part 0.5 1", "are for --resize_or_crop random_part"),
        ("--encoder resnet18", "--encoder resnet18 is for --netG attn_unet"),
    ],
)
def test_refusals(argv, told):
    with pytest.raises(UserError, match=told):
        TrainOptions().parse(["--dataroot=x", "--gpu_ids=-1", *argv.split()])
