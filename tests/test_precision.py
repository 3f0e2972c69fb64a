"""What networks compute with: 16 bits inside, float32 outside, and the same training as far as 16 bits can tell."""
from pathlib import Path

import pytest
import torch
from torch import nn

from models import create_model
from models.base_model import BaseModel
from options.train_options import TrainOptions
from util.precision import choose_dtype

CPU = torch.device("cpu")


def make(folder: Path, *argv: str) -> BaseModel:
    """A small model, ready to train."""
    opt = TrainOptions().parse([
        "--dataroot", "none", "--gpu_ids", "-1", "--checkpoints_dir", str(folder), "--netG", "resnet_6blocks",
        "--ngf", "8", "--ndf", "8", *argv,
    ])  # fmt: skip
    model = create_model(opt)
    model.setup(opt)
    return model


def step(model: BaseModel) -> dict[str, float]:
    """The losses of a step on the same noise every time."""
    chance = torch.Generator().manual_seed(0)
    sides = {side: torch.rand(2, 3, 32, 32, generator=chance) * 2 - 1 for side in "AB"}
    model.set_input({**sides, "A_paths": ["", ""], "B_paths": ["", ""]})
    model.optimize_parameters()
    return model.get_current_losses()


@pytest.mark.parametrize("argv", [[], ["--model=pix2pix", "--norm=instance", "--netD=attention"],
                                  ["--netG=attn_unet", "--ngf=8"], ["--netG=scan", "--ngf=32"]])  # fmt: skip
def test_losses_are_those_of_float32_as_far_as_16_bits_can_tell(tmp_path, argv):
    full, half = (step(make(tmp_path, *argv, f"--precision={precision}")) for precision in ("fp32", "bf16"))
    assert half == pytest.approx(full, rel=0.03)
    assert half != full


def test_convolutions_have_16_bits_and_what_is_kept_has_32(tmp_path):
    model = make(tmp_path, "--precision=bf16")
    seen = set()
    for net in model.networks().values():
        for part in net.modules():
            if isinstance(part, nn.Conv2d):
                part.register_forward_hook(lambda _, inputs, output: seen.add(output.dtype))
    step(model)
    assert seen == {torch.bfloat16}
    kept = [*model.get_current_visuals().values(), *(p for net in model.networks().values() for p in net.parameters())]
    kept += [p.grad for p in model.netG_A.parameters()] + model.pools["fake_B"].images
    assert {value.dtype for value in kept} == {torch.float32}
    assert model.losses(model.loss_names).dtype == torch.float32


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_auto_takes_16_bits_where_the_hardware_is_made_for_them(monkeypatch, supported, dtype):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: supported)
    assert choose_dtype("auto", CPU) == dtype
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0) if supported else (7, 5))
    assert choose_dtype("auto", torch.device("cuda")) == dtype
    assert choose_dtype("auto", torch.device("mps")) == torch.float32


def test_what_was_asked_for_is_taken_anywhere():
    assert [choose_dtype(precision, CPU) for precision in ("fp32", "bf16")] == [torch.float32, torch.bfloat16]
