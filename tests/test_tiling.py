"""A page computed band by band is the page computed in one go."""
import gc
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from models.networks import define_G
from models.networks.layers import SelfAttention
from util.tiling import NotTileable, Tiles, maps

CPU = torch.device("cpu")
CLOSE = 2 / 127.5 / 10  # a tenth of two levels of 8 bits
NETWORKS = [
    ("resnet_9blocks", "instance", "conv"), ("resnet_6blocks", "batch", "conv"), ("unet_256", "instance", "conv"),
    ("unet_128", "batch", "conv"), ("scan", "instance", "conv"), ("attn_unet", "instance", "conv"),
    ("attn_unet", "instance", "resnet18"), ("palette_unet", "batch", "conv"),
]  # fmt: skip


def page(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Noise, dark in the upper half: the statistics of a part are not those of the whole."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)
    pixels[: height // 2] //= 4
    return pixels


def whole(net: nn.Module, pixels: np.ndarray) -> torch.Tensor:
    with torch.no_grad():
        return net(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1)


def in_bands(net: nn.Module, pixels: np.ndarray, side: int = 20) -> torch.Tensor:
    with torch.no_grad():
        return torch.cat([band for _, band in net(Tiles(side, CPU).page(pixels)).bands()], 2)


def generator(kind: str, norm: str, encoder: str, channels: int = 3) -> nn.Module:
    seeded = torch.Generator().manual_seed(0)
    net = define_G(channels, 3, 8, kind, norm, init_gain=0.2, generator=seeded, encoder=encoder)
    for module in net.modules():
        if isinstance(module, SelfAttention):
            nn.init.constant_(module.gamma, 0.7)
    return net.train(encoder == "conv")


@pytest.mark.parametrize(("kind", "norm", "encoder"), NETWORKS)
@pytest.mark.parametrize("size", [(151, 103), (9, 140)])
def test_tiles_do_not_show(kind: str, norm: str, encoder: str, size: tuple[int, int]) -> None:
    net, pixels = generator(kind, norm, encoder), page(*size)
    expected, got = whole(net, pixels), in_bands(net, pixels)
    assert got.shape == expected.shape
    assert expected.std() > 0.1  # there is something to compare
    assert (got - expected).abs().max() < CLOSE


def test_statistics_of_tiles_would_show() -> None:
    """What the others rely on: a net with norms does not give the same for parts of the page."""
    net, pixels = generator("resnet_9blocks", "instance", "conv"), page(128, 64)
    halves = torch.cat([whole(net, half) for half in np.split(pixels, 2)], 2)
    assert (halves - whole(net, pixels)).abs().max() > 20 * CLOSE


def test_large_maps_lie_in_files_that_go_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "KEPT_IN_MEMORY", 0)
    net, pixels = generator("attn_unet", "instance", "conv"), page(70, 50)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    with torch.no_grad():
        out = net(Tiles(16, CPU, tmp_path).page(pixels))
        got = torch.cat([band for _, band in out.bands()], 2)
    assert (got - whole(net, pixels)).abs().max() < CLOSE
    del out
    gc.collect()
    assert not list(tmp_path.iterdir())
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_page_is_cut_into_bands_of_bounded_size() -> None:
    net = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.InstanceNorm2d(64), nn.ReLU(), nn.Conv2d(64, 64, 1))
    with torch.no_grad():
        sizes = [band.numel() for _, band in net(Tiles(32, CPU).page(page(200, 50, 1))).bands()]
    assert len(sizes) == 10  # 20 rows of 50 pixels and 64 channels each
    assert max(sizes) <= 64 * 32**2


@pytest.mark.parametrize(("kind", "norm", "encoder"), NETWORKS)
def test_nothing_is_computed_twice(kind: str, norm: str, encoder: str) -> None:
    net, pixels = generator(kind, norm, encoder), page(128, 96)
    with FlopCounterMode(display=False) as in_one_go:
        whole(net, pixels)
    with FlopCounterMode(display=False) as cut:
        in_bands(net, pixels, side=24)
    # Transposed convolutions overlap by half a kernel.
    assert cut.get_total_flops() < 1.25 * in_one_go.get_total_flops()


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (nn.Upsample(scale_factor=2), "interpolate"),
        (nn.Dropout(), "switch it off"),
        (nn.ZeroPad2d(1), "constant padding"),
        (nn.MaxPool2d(2, ceil_mode=True), "plain max pooling"),
        (nn.ConvTranspose2d(3, 3, 3, 2, output_padding=1), "leaves no row out"),
    ],
)
def test_what_can_not_be_computed_in_bands_is_refused(net: nn.Module, reason: str) -> None:
    with pytest.raises(NotTileable, match=reason):
        in_bands(net, page(16, 16))
