"""Pages that are computed with 16 bits are those of float32, but for a little."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import test as door
from data.transforms import PageScale
from models import test_model
from models.networks import define_G
from models.networks.layers import SelfAttention
from models.page_colorizer import PageColorizer
from options.test_options import TestOptions
from util import checkpoint
from util.tiling import Tiles

CPU = torch.device("cpu")


def pictures(kind: str, precision: str) -> list[np.ndarray]:
    """A page of shapes in one go and in tiles."""
    net = define_G(1, 3, 8, kind, "instance", init_gain=0.1, generator=torch.Generator().manual_seed(0))
    for module in net.modules():
        if isinstance(module, SelfAttention):
            nn.init.constant_(module.gamma, 0.5)
    chance = np.random.default_rng(0)
    shapes = Image.fromarray(chance.integers(0, 256, (12, 9), dtype=np.uint8)).resize((90, 120), Image.Resampling.BOX)
    sides = ("off", 40)
    colorizers = [PageColorizer(net, 1, PageScale("none", 0, 0), CPU, tile=s, precision=precision) for s in sides]
    return [colorizer.run(colorizer.prepare(shapes)).coloring.astype(int) for colorizer in colorizers]


@pytest.mark.parametrize("kind", ["resnet_6blocks", "unet_128", "scan", "attn_unet", "palette_unet"])
def test_pages_are_those_of_float32_but_for_a_few_levels(kind):
    (full, _), (whole, tiled) = pictures(kind, "fp32"), pictures(kind, "bf16")
    assert full.std() > 10  # there is something to compare
    assert not np.array_equal(whole, full)
    for picture, other in ((whole, full), (tiled, full), (tiled, whole)):
        assert np.abs(picture - other).mean() < 2
        assert np.percentile(np.abs(picture - other), 99) < 10


@pytest.mark.parametrize("tiled", [False, True])
def test_the_moments_of_a_page_do_not_leave_the_range_of_16_bits(tiled):
    attention = SelfAttention(2)
    attention.gamma.data.fill_(1e-3)
    net = nn.Sequential(nn.Conv2d(1, 2, 1), attention)
    nn.init.constant_(net[0].weight, 8.0)
    page = np.zeros((80, 60), np.uint8)  # -1: the sum of 4800 squares of 8 is far above 65504
    with torch.inference_mode(), torch.autocast("cpu", torch.float16):
        if tiled:
            output = torch.cat([band for _, band in net(Tiles(8, CPU).page(page)).bands()], 2)
        else:
            output = net(torch.full((1, 1, 80, 60), -1.0))
    assert output.dtype == torch.float16
    assert output.isfinite().all()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was trained with 16 bits, if its options are right."""
    checkpoint.save(define_G(1, 3, 4, "scan").state_dict(), tmp_path / "run" / "latest_net_G.pth")
    options = {"input_nc": 1, "output_nc": 3, "ngf": 4, "netG": "scan", "norm": "instance", "no_dropout": True,
               "direction": "AtoB", "resize_or_crop": "none", "precision": "bf16"}  # fmt: skip
    (tmp_path / "run" / "opt.json").write_text(json.dumps(options))
    return tmp_path / "run"


@pytest.mark.parametrize(("argv", "dtype"), [([], torch.float32), (["--precision=bf16"], torch.bfloat16)])
def test_pages_depend_on_the_precision_not_on_that_of_the_training(monkeypatch, run, argv, dtype):
    monkeypatch.setattr("util.precision._has_bfloat16", lambda device: False)
    opt = TestOptions().parse(["--name=run", f"--checkpoints_dir={run.parent}", "--gpu_ids=-1", "--dataroot=p", *argv])
    model = test_model.TestModel(opt)
    model.setup(opt)
    assert door.page_colorizer(opt, model).dtype == dtype
    assert door.settings(opt, model)["dtype"] == str(dtype)


def test_a_model_that_computes_with_16_bits_colors_in_tiles(run):
    argv = ["--name=run", f"--checkpoints_dir={run.parent}", "--gpu_ids=-1", "--tile=64", "--precision=bf16"]
    opt = TestOptions().parse(argv)
    model = test_model.TestModel(opt)
    model.setup(opt)
    assert door.page_colorizer(opt, model).run(np.zeros((120, 90), np.uint8)).coloring.shape == (120, 90, 3)
