"""The same numbers as reference code: forward passes, and training step by step.

tests/golden holds weights, inputs, outputs and losses that CycleGAN and pix2pix code produced. The trajectories
were computed in float64, for in float32 Adam's first steps amplify rounding until nothing can be compared.
"""
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from data.image_folder import read_image
from data.picture import from_image
from models import BaseModel, create_model
from models.networks import define_D, define_G, foreign
from options.train_options import TrainOptions
from util.checkpoint import load_weights
from util.images import im2tensor

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "forward" / "cases.json").read_text())


@pytest.fixture
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_forward_passes_agree(case, record_property):
    weights = load_weights(GOLDEN / "forward" / f"{case['name']}.pth")
    if case["kind"] == "G":
        net = define_G(
            case["input_nc"], case["output_nc"], case["ngf"], case["netG"], case["norm"], case["use_dropout"]
        )
    else:
        net = define_D(case["input_nc"], case["ndf"], case["netD"], case["n_layers_D"], case["norm"])
    net.load_state_dict(foreign.adapt(weights, net))
    net.train(case["mode"] == "train")
    reference = np.load(GOLDEN / "forward" / f"{case['name']}.npz")
    with torch.no_grad():
        output = net(torch.from_numpy(reference["input"])).numpy()
    difference = np.abs(output - reference["output"]).max()
    record_property("largest difference", difference)
    assert difference < 1e-4


def image(model: str, side: str, number: int) -> torch.Tensor:
    """A golden image, (1, 3, H, W) in [-1, 1], to the last digit as the reference computed it."""
    pixels = np.asarray(read_image(GOLDEN / model / side / f"{number}.png"), dtype=np.float64)
    return torch.from_numpy(pixels / 255 * 2 - 1).permute(2, 0, 1).unsqueeze(0)


def golden_model(name: str) -> BaseModel:
    """The model as the reference had it at step 0, in the default dtype."""
    options = json.loads((GOLDEN / name / "trajectory.json").read_text())["options"]
    argv = ["--dataroot", "unused", "--checkpoints_dir", str(GOLDEN / name), "--name", "init", "--gpu_ids", "-1"]
    argv += ["--model", name, "--continue_train", "--no_dropout", *["--no_lsgan"] * options["no_lsgan"]]
    for key in ("ngf", "ndf", "netG", "netD", "norm", "pool_size", "lr", "beta1"):
        argv += [f"--{key}", str(options[key])]
    opt = TrainOptions().parse(argv)
    model = create_model(opt)
    model.setup(opt)
    return model


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["cycle_gan", "pix2pix"])
def test_training_agrees_step_by_step(name, record_property):
    model = golden_model(name)
    expected = json.loads((GOLDEN / name / "trajectory.json").read_text())["losses"]
    worst = 0.0
    for step, losses in enumerate(expected):
        batch = {side: image(name, side, step % 4) for side in "AB"}
        model.set_input(batch | {"A_paths": [""], "B_paths": [""]})
        model.optimize_parameters()
        got = model.get_current_losses()
        assert got.keys() == losses.keys()
        worst = max(worst, *(abs(got[key] - losses[key]) / abs(losses[key]) for key in losses))
    record_property("largest relative loss difference", worst)
    assert worst < 1e-6

    final = np.load(GOLDEN / name / "final_outputs.npz")
    sides = {"G": "A", "G_A": "A", "G_B": "B"}
    with torch.no_grad():
        outputs = {key: getattr(model, f"net{key}")(image(name, sides[key], 0)).numpy() for key in final}
    difference = max(np.abs(outputs[key] - final[key]).max() for key in final)
    record_property("largest output difference", difference)
    assert difference < 1e-6


def test_images_are_read_as_the_reference_reads_them():
    pixels = im2tensor(from_image(read_image(GOLDEN / "cycle_gan" / "A" / "0.png")))
    assert torch.allclose(pixels.double(), image("cycle_gan", "A", 0)[0], atol=1e-6)


def test_weights_with_running_statistics_of_instance_norm_load():
    weights = load_weights(GOLDEN / "cycle_gan" / "init" / "latest_net_G_A.pth")
    assert any(key.endswith("running_mean") for key in weights)
    net = define_G(3, 3, 4, "resnet_6blocks", "instance")
    assert foreign.misfit(weights, net).startswith("51 unexpected")
    assert foreign.misfit(foreign.adapt(weights, net), net) == ""
