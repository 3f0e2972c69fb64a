"""Optimisations that change what a step costs, and nothing of what it learns."""
from collections.abc import Iterator
from copy import deepcopy

import pytest
import torch

from models import BaseModel
from tests.helpers import small_model as make
from tests.helpers import step_on_noise as step


@pytest.fixture
def double() -> Iterator[None]:
    """float64: in float32 Adam's first steps make rounding large."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def passes(model: BaseModel, name: str) -> list[int]:
    """How many images go through a network at a time, in a step."""
    seen: list[int] = []
    net = model.networks()[name]
    hook = net.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    step(model)
    hook.remove()
    return seen


def test_images_that_a_network_sees_one_by_one_go_through_it_together(tmp_path):
    model = make(tmp_path)
    assert passes(model, "G_A") == [4, 2]  # real_A and real_B, then fake_A
    assert passes(model, "D_A") == [2, 4]  # fake_B, then real_B and one of the pool


@pytest.mark.parametrize("argv", [["--norm=batch"], ["--without", "batched_passes"], ["--dropout"]])
def test_others_go_one_after_the_other(tmp_path, argv):
    assert passes(make(tmp_path, *argv), "G_A") == [2, 2, 2]


@pytest.mark.parametrize("argv", [[], ["--model=pix2pix", "--norm=instance", "--no_dropout"], ["--input_nc=1"],
                                  ["--lambda_identity=0", "--gan_mode=wgangp"]])  # fmt: skip
@pytest.mark.parametrize("less", [["--without", "batched_passes", "fused_adam"], ["--memory_format=channels_last"]])
def test_optimisations_do_not_change_what_is_learned(tmp_path, double, argv, less):
    model, other = make(tmp_path, *argv), make(tmp_path, *argv, *less)
    for _ in range(2):
        assert step(other) == pytest.approx(step(model), rel=1e-7)


@pytest.mark.parametrize(("began", "goes_on"), [
    (["--memory_format=contiguous"], ["--memory_format=channels_last"]),
    (["--memory_format=channels_last"], ["--memory_format=contiguous"]),
    (["--without", "fused_adam"], []),
])  # fmt: skip
def test_a_run_goes_on_with_other_optimisations(tmp_path, double, began, goes_on):
    """What Adam knows of each weight lies in memory as the weights did."""
    model, other = make(tmp_path, *began), make(tmp_path, *goes_on)
    step(model)
    for name, net in other.networks().items():
        net.load_state_dict(model.networks()[name].state_dict())
    other.load_state_dict(deepcopy(model.state_dict()))
    for _ in range(2):
        assert step(other) == pytest.approx(step(model), rel=1e-6)
