"""Averaged weights: what they are the average of, and who colors with them."""
from pathlib import Path

import pytest
import torch
from torch import nn

from models import BaseModel, create_model
from models.averages import AveragedWeights
from models.page_colorizer import PageColorizer
from models.saver import Saver
from options.test_options import TestOptions
from options.train_options import TrainOptions
from tests.helpers import small_model as make
from tests.helpers import step_on_noise as step
from util.checkpoint import load_weights
from util.errors import UserError


def test_the_first_steps_weigh_more_than_the_beginning():
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    average = AveragedWeights(net, 0.5)
    seen = []
    for value in (1.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 8.0):
        nn.init.constant_(net.weight, value)
        average.follow()
        seen.append(average.weights["weight"].item())
    # Decays of 2/11 and 3/12, and of a half from the eighth step on.
    assert seen[:2] == pytest.approx([9 / 11, 9 / 11 * 0.25 + 2 * 0.75])
    assert seen[8] == pytest.approx((seen[7] + 8) / 2)
    with average.applied():
        assert net.weight.item() == pytest.approx(seen[8])
    assert net.weight.item() == 8


def test_statistics_of_norms_are_averaged_too():
    net = nn.BatchNorm2d(2)
    average = AveragedWeights(net, 0.999)
    net(torch.randn(4, 2, 3, 3, generator=torch.Generator().manual_seed(0)) + 5)
    average.follow()
    assert torch.allclose(average.weights["running_mean"], net.running_mean * 9 / 11)
    assert torch.allclose(average.weights["running_var"], 1 + (net.running_var - 1) * 9 / 11)
    assert average.weights["num_batches_tracked"] == 1


def save(model: BaseModel) -> None:
    model.save_dir.mkdir(parents=True, exist_ok=True)
    Saver(model, {}).save({})
    options = TrainOptions()
    options.defaults = {}
    options.save(model.opt)


@pytest.mark.parametrize("argv", [[], ["--model=pix2pix", "--norm=instance", "--no_dropout"]])
def test_averages_are_saved_and_go_on(tmp_path, argv):
    argv = ["--ema=0.9", *argv]
    model = make(tmp_path, *argv)
    assert list(model.averages) == (["G"] if "--model=pix2pix" in argv else ["G_A", "G_B"])
    for _ in range(3):
        step(model)
    save(model)
    again = make(tmp_path, *argv, "--continue_train")
    Saver(again, {}).restore()
    for each in (model, again):
        step(each)
    for name, average in model.averages.items():
        assert average.steps == again.averages[name].steps == 4
        assert all(torch.equal(value, again.averages[name].weights[key]) for key, value in average.weights.items())
        assert not torch.equal(*(next(iter(state.values())) for state in (average.weights, average.net.state_dict())))


def test_colors_come_from_the_averages_unless_told_otherwise(tmp_path):
    model = make(tmp_path)
    for _ in range(2):
        step(model)
    save(model)
    run = tmp_path / "experiment_name"
    averaged = load_weights(run / "latest_net_G_A_ema.pth")
    argv = ["--checkpoints_dir", str(tmp_path), "--gpu_ids=-1"]
    for extra, wanted in (([], averaged), (["--no_ema"], model.netG_A.state_dict())):
        for name in ("test", "cycle_gan"):
            opt = TestOptions().parse([*argv, f"--model={name}", "--dataroot", "none", *extra])
            tested = create_model(opt)
            tested.setup(opt)
            assert same(tested.netG_A, wanted)
    assert same(PageColorizer.from_checkpoint(run).net, averaged)
    assert same(PageColorizer.from_checkpoint(run, averaged=False).net, model.netG_A.state_dict())


def same(net: nn.Module, weights: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())


def test_averages_can_be_left_out_but_not_left_behind(tmp_path: Path):
    model = make(tmp_path, "--ema=0")
    step(model)
    save(model)
    assert not list(tmp_path.rglob("*_ema.pth"))
    make(tmp_path, "--continue_train", "--ema=0.99")  # they begin with what is there
    other = make(tmp_path / "other")
    save(other)
    with pytest.raises(UserError, match="leave out --ema 0"):
        make(tmp_path / "other", "--continue_train", "--ema=0")
