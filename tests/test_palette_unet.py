"""The U-Net that chooses colors from a palette."""
import math

import pytest
import torch

from models.networks import define_G
from models.networks.palette_unet import LEVELS, PaletteUnet, cross_entropy
from options.train_options import TrainOptions
from util.errors import UserError


def small() -> PaletteUnet:
    chance = torch.Generator().manual_seed(0)
    return define_G(1, 3, 8, "palette_unet", "batch", init_type="xavier", init_gain=1, generator=chance)


def test_the_cross_entropy_by_hand():
    even = torch.zeros(1, LEVELS**3, 1, 1)
    grey = torch.full((1, 3, 1, 1), 0.1)
    assert cross_entropy(even, grey).item() == pytest.approx(math.log(LEVELS**3))
    black, white, cyan = (-1.0, -1.0, -1.0), (1.0, 1.0, 1.0), (-1.0, 1.0, 1.0)
    for color, index in ((black, 0), (white, LEVELS**3 - 1), (cyan, LEVELS**2 - 1)):
        sure = torch.zeros(1, LEVELS**3, 1, 1)
        sure[:, index] = 50
        assert cross_entropy(sure, torch.tensor(color).view(1, 3, 1, 1)).item() == pytest.approx(0, abs=1e-6)
        assert cross_entropy(sure, grey).item() > 10


def test_where_it_is_least_the_expectation_is_the_color():
    color = torch.tensor([0.3, -0.7, 0.95]).view(1, 3, 1, 1)
    logits = torch.zeros(1, LEVELS**3, 1, 1, requires_grad=True)
    optimizer = torch.optim.Adam([logits], 0.3)
    for _ in range(300):
        optimizer.zero_grad()
        cross_entropy(logits, color).backward()
        optimizer.step()
    expected = torch.nn.functional.conv2d(torch.softmax(logits, 1), small().palette)
    torch.testing.assert_close(expected, color, atol=0.02, rtol=0)


@pytest.mark.parametrize("size", [(64, 64), (70, 53)])
def test_it_learns_colors_and_leaves_lines(size):
    net = small()
    height, width = size
    truth = torch.tensor([0.9, -0.4, -0.8]).view(1, 3, 1, 1).expand(2, 3, height, width).clone()
    truth[..., width // 2 :] = torch.tensor([-0.6, 0.2, 0.8]).view(3, 1, 1)
    scan = torch.ones(2, 1, height, width)
    scan[..., width // 2 :] = 0.5
    lines = torch.zeros(height, width, dtype=torch.bool)
    lines[8:10], lines[:, 10:12] = True, True
    truth[..., lines], scan[..., lines] = -1, -1
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(60):
        coloring, entropy = net(scan, truth)
        optimizer.zero_grad()
        (entropy + (coloring - truth).square().mean()).backward()
        optimizer.step()
    assert coloring.shape == truth.shape
    net.eval()
    with torch.no_grad():
        error = (net(scan) - truth).abs()
    assert error[..., ~lines].mean() < 0.1
    assert error[..., lines].mean() < 0.3


def test_its_loss_is_for_it_alone():
    argv = ["--dataroot", "a", "--model", "pix2pix", "--lambda_palette", "1"]
    TrainOptions().parse([*argv, "--netG", "palette_unet"])
    with pytest.raises(UserError, match="--netG palette_unet: add it"):
        TrainOptions().parse(argv)
