"""The U-Net that chooses colors from a palette."""
import math

import pytest
import torch

from models.networks import define_G
from models.networks.palette_unet import SCALE, PaletteUnet, choice_loss
from options.train_options import TrainOptions
from util.errors import UserError


def small() -> PaletteUnet:
    chance = torch.Generator().manual_seed(0)
    return define_G(1, 3, 8, "palette_unet", "batch", init_type="xavier", init_gain=1, generator=chance)


def test_the_loss_of_choices_by_hand():
    palette = torch.tensor([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0], [1.0, -1.0, -1.0]])
    pink = torch.tensor([1.0, 0.2, 0.2]).view(1, 3, 1, 1)  # nearest to white
    distance = 2 * 0.8**2 / 3
    even = torch.zeros(1, 3, 1, 1)
    assert choice_loss(even, palette, pink).item() == pytest.approx(math.log(3) + distance)
    for index, entropy in enumerate((50, 0, 50)):
        sure = torch.zeros(1, 3, 1, 1)
        sure[:, index] = 50
        assert choice_loss(sure, palette, pink).item() == pytest.approx(entropy + distance, abs=1e-4)


def test_the_palette_becomes_the_colors_of_the_drawings():
    net = small()
    truth = torch.tensor([0.31, -0.72, 0.13]).view(1, 3, 1, 1).expand(2, 3, 64, 64)
    optimizer = torch.optim.Adam([net.palette], 0.02)
    for _ in range(60):
        optimizer.zero_grad()
        net(torch.ones(2, 1, 64, 64), truth)[1].backward()
        optimizer.step()
    assert (net.palette - truth[0, :, 0, 0]).abs().amax(1).min() < 0.02


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
    optimizer = torch.optim.Adam(net.parameters(), 0.005)
    for _ in range(120):
        coloring, entropy = net(scan, truth)
        optimizer.zero_grad()
        (entropy + (coloring - truth).square().mean()).backward()
        optimizer.step()
    assert coloring.shape == truth.shape
    net.eval()
    with torch.no_grad():
        error = (net(scan) - truth).abs()
    lines[:, width // 2 - SCALE : width // 2 + SCALE] = True  # where no line parts them, colors blend over a cell
    assert error[..., ~lines].mean() < 0.1
    assert error[..., lines].mean() < 0.3


def test_its_loss_is_for_it_alone():
    argv = ["--dataroot", "a", "--model", "pix2pix", "--lambda_palette", "1"]
    TrainOptions().parse([*argv, "--netG", "palette_unet"])
    with pytest.raises(UserError, match="--netG palette_unet: add it"):
        TrainOptions().parse(argv)


@pytest.mark.parametrize("level", [1.0, 0.8, 0.3])
def test_paper_shows_no_grid(level):
    """The sub-pixels of a cell are learned apart: what they differ by on even paper must not come out."""
    net = small().eval()
    chance = torch.Generator().manual_seed(1)
    for layer in (net.detail, net.ink):
        layer.bias.data = torch.randn(layer.bias.shape, generator=chance)
        layer.weight.data += 0.5 * torch.randn(layer.weight.shape, generator=chance)
    with torch.no_grad():
        paper = net(torch.full((1, 1, 256, 256), level))[0, :, 96:160, 96:160]  # clear of what the edges change
    spectrum = torch.fft.rfft2(paper - paper.mean((1, 2), keepdim=True)).abs() / paper[0].numel()
    period = paper.shape[-1] // SCALE
    on_grid = spectrum[:, ::period, ::period]
    assert on_grid.amax() < 0.5 / 255


@pytest.mark.parametrize("size", [(64, 64), (70, 53)])
def test_what_colors_were_chosen_from(size):
    net = small().eval()
    scan = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.no_grad():
        coloring, shares = net.painted_with_choices(scan)
        assert torch.equal(coloring, net(scan))
    assert shares.shape == (1, len(net.palette), *(math.ceil(side / SCALE) for side in size))
    assert torch.allclose(shares.sum(1), torch.ones(()), atol=1e-5)
