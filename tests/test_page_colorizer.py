"""Whole pages in, whole pages out, whatever their size and whatever the memory."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import nn

from data.transforms import PageScale
from models import page_colorizer
from models.networks import define_G
from models.page_colorizer import PageColorizer
from tests.helpers import save_noise
from util import checkpoint
from util.errors import UserError
from util.tiling import PagedMap

CPU = torch.device("cpu")
SQUEEZED = PageScale("resize_and_crop", 64, 56)
NATIVE = PageScale("none", 0, 0)
OPTIONS = {
    "input_nc": 1, "output_nc": 3, "ngf": 4, "netG": "resnet_6blocks", "norm": "instance", "no_dropout": True,
    "direction": "AtoB", "resize_or_crop": "resize_and_crop", "loadSize": 64, "fineSize": 56,
}  # fmt: skip


class Tint(nn.Module):
    """White becomes yellow."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, x, x * 0.5 - 0.5], 1)


class Hungry(nn.Module):
    """A network for which the memory suffices in tiles of `most` pixels and less only."""

    def __init__(self, most: int, error: RuntimeError | None = None) -> None:
        super().__init__()
        self.error = error or torch.OutOfMemoryError("CUDA out of memory")
        self.net, self.most = define_G(1, 3, 4, "scan", generator=torch.Generator().manual_seed(0)), most

    def forward(self, x: torch.Tensor | PagedMap) -> torch.Tensor | PagedMap:
        if (x.tiles.side if isinstance(x, PagedMap) else x.shape[2]) > self.most:
            raise self.error
        return self.net(x)


def scan(size: tuple[int, int] = (120, 170)) -> Image.Image:
    page = Image.new("L", size, "white")
    pen = ImageDraw.Draw(page)
    pen.line((0, 0, *size), fill=0, width=3)
    pen.arc((20, 20, 90, 90), 0, 300, fill=0, width=2)
    return page


def generator(kind: str = "scan", seed: int = 0) -> nn.Module:
    return define_G(1, 3, 4, kind, init_gain=0.3, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with its options and both its generators."""
    for seed, (name, channels) in enumerate({"G_A": (1, 3), "G_B": (3, 1)}.items()):
        net = define_G(*channels, 4, "resnet_6blocks", "instance", generator=torch.Generator().manual_seed(seed))
        checkpoint.save(net.state_dict(), tmp_path / "run" / f"latest_net_{name}.pth")
    (tmp_path / "run" / "opt.json").write_text(json.dumps(OPTIONS))
    return tmp_path / "run"


@pytest.mark.parametrize("size", [(120, 170), (33, 9), (1, 1), (300, 40)])
@pytest.mark.parametrize("mode", ["L", "RGB", "1", "RGBA", "I;16"])
def test_a_page_of_any_size_and_mode_keeps_its_size(size: tuple[int, int], mode: str) -> None:
    page = scan(size).convert(mode) if mode != "I;16" else Image.fromarray(np.asarray(scan(size), np.uint16) * 257)
    colored = PageColorizer(generator(), 1, SQUEEZED, CPU).colorize(page)
    assert (colored.size, colored.mode) == (size, "RGB")


def test_ink_is_as_sharp_as_it_was() -> None:
    """At a quarter of the size, bicubic upscaling would leave no pixel black and none white."""
    page = scan((240, 340))
    colored = PageColorizer(Tint(), 1, SQUEEZED, CPU).colorize(page)
    luminance, before = np.asarray(colored.convert("L"), int), np.asarray(page, int)
    assert luminance[before == 0].mean() < 10
    assert np.ptp(np.asarray(colored, int), axis=2)[before == 255].mean() > 100  # yellow
    plain = PageColorizer(Tint(), 1, SQUEEZED, CPU, keep_lines=False).colorize(page)
    assert np.asarray(plain.convert("L"), int)[before == 0].mean() > 30


def test_paper_is_shown_white_unless_a_scan_is_to_be_made() -> None:
    worn = scan().point(lambda level: 40 + level * 190 / 255)
    seen = PageColorizer(Tint(), 1, SQUEEZED, CPU).prepare(worn)
    np.testing.assert_allclose(seen, PageColorizer(Tint(), 1, SQUEEZED, CPU).prepare(scan()), atol=3)
    for as_it_is in (
        PageColorizer(Tint(), 1, SQUEEZED, CPU, clean_paper=False),
        PageColorizer(Tint(), 1, SQUEEZED, CPU, makes_colorings=False),
    ):
        assert np.median(as_it_is.prepare(worn)) < 240


@pytest.mark.parametrize("keep_lines", [True, False])
def test_beyond_the_frames_of_panels_paper_stays_white(keep_lines: bool) -> None:
    page = Image.new("L", (240, 340), "white")
    ImageDraw.Draw(page).rectangle((21, 27, 218, 310), outline=0, width=4)
    colored = np.asarray(PageColorizer(Tint(), 1, SQUEEZED, CPU, keep_lines=keep_lines).colorize(page), int)
    tinted = np.ptp(colored, axis=2) > 60
    assert tinted[40:300, 35:205].all()  # yellow
    tinted[20:320, 14:226] = False  # up to the pixels of the coloring that the frame is in
    assert not tinted.any()


def test_scans_are_not_given_ink() -> None:
    net = define_G(3, 1, 4, "scan")
    made = PageColorizer(net, 3, SQUEEZED, CPU, makes_colorings=False).colorize(scan().convert("RGB"))
    assert (made.mode, made.size) == ("L", (120, 170))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page_stays_blank(level: int) -> None:
    """Instance norm makes a drawing of grain where there is nothing else."""
    grain = np.random.default_rng(0).normal(level, 4, (170, 120)).clip(0, 255).astype(np.uint8)
    page = Image.fromarray(grain)
    assert np.array_equal(PageColorizer(generator(), 1, SQUEEZED, CPU).colorize(page), page.convert("RGB"))


def test_the_luminance_of_a_colored_page_is_what_is_colored() -> None:
    orange = Image.new("RGB", (60, 90), "orange")
    orange.paste("teal", (0, 0, 60, 40))
    colorizer = PageColorizer(generator(), 1, SQUEEZED, CPU)
    assert np.array_equal(colorizer.colorize(orange), colorizer.colorize(orange.convert("L")))


def test_the_same_page_twice_is_the_same() -> None:
    net = define_G(1, 3, 4, "unet_128", "batch", use_dropout=True, init_gain=0.3)
    colorizer = PageColorizer(net, 1, SQUEEZED, CPU)
    assert np.array_equal(colorizer.colorize(scan()), colorizer.colorize(scan()))


@pytest.mark.parametrize("kind", ["resnet_9blocks", "unet_256", "scan", "attn_unet", "palette_unet"])
def test_tiles_are_within_two_levels_of_the_whole_page(kind: str) -> None:
    page, net = scan((190, 270)), generator(kind)
    whole, tiled = (PageColorizer(net, 1, NATIVE, CPU, tile=tile, precision="fp32") for tile in ("off", 64))
    pixels = whole.prepare(page)
    difference = np.abs(whole.run(pixels).coloring.astype(int) - tiled.run(pixels).coloring.astype(int))
    assert whole.run(pixels).coloring.std() > 2
    assert difference.max() <= 2


def test_large_pages_are_tiled_by_themselves() -> None:
    colorizer = PageColorizer(generator(), 1, NATIVE, CPU)
    assert colorizer._side(np.zeros((400, 300), np.uint8)) is None
    assert colorizer._side(np.zeros((5350, 3740), np.uint8)) == page_colorizer.TILE


@pytest.mark.parametrize("tile", ["auto", 512])
def test_less_memory_means_smaller_tiles(tile: str | int, capsys: pytest.CaptureFixture) -> None:
    page = scan((190, 270))
    colorizer = PageColorizer(Hungry(150), 1, NATIVE, CPU, tile=tile, precision="fp32")
    expected = PageColorizer(Hungry(10_000), 1, NATIVE, CPU, precision="fp32").colorize(page)
    assert np.abs(np.asarray(colorizer.colorize(page), int) - np.asarray(expected, int)).max() <= 2
    said = capsys.readouterr().out
    assert said.count("the memory of cpu did not suffice: going on with tiles of 128 pixels") == 1
    colorizer.colorize(page)
    assert not capsys.readouterr().out  # it has learned


def test_other_devices_say_it_otherwise() -> None:
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
    assert PageColorizer(Hungry(300, error), 1, NATIVE, CPU).colorize(scan((200, 400))).size == (200, 400)
    with pytest.raises(RuntimeError, match="something else"):
        PageColorizer(Hungry(300, RuntimeError("something else")), 1, NATIVE, CPU).colorize(scan((200, 400)))


def test_too_little_memory_for_any_tile_is_told() -> None:
    with pytest.raises(UserError, match="the memory of cpu does not suffice: give --tile"):
        PageColorizer(Hungry(3), 1, NATIVE, CPU).colorize(scan())
    with pytest.raises(UserError, match="the memory of cpu does not suffice"):
        PageColorizer(Hungry(150), 1, NATIVE, CPU, tile="off").colorize(scan())


def test_a_network_that_can_not_be_tiled_is_run_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(page_colorizer, "WHOLE", 100)
    net = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 3, 3, 2, 1))
    assert PageColorizer(net, 1, NATIVE, CPU).colorize(scan()).size == (120, 170)
    assert "computed in one go" in capsys.readouterr().out
    with pytest.raises(UserError, match="give --tile off"):
        PageColorizer(net, 1, NATIVE, CPU, tile=64).colorize(scan())


def test_from_a_run(run: Path) -> None:
    colorizer = PageColorizer.from_checkpoint(run, "cpu")
    assert colorizer.prepare(scan()).shape == (76, 54)  # 64 × 64 pixels in its proportions
    assert colorizer.colorize(scan()).size == (120, 170)
    assert PageColorizer.from_checkpoint(run, "cpu", page_size=30).prepare(scan()).shape == (42, 30)
    assert PageColorizer.from_checkpoint(run, "cpu", page_size=float("inf")).prepare(scan()).shape == (170, 120)
    back = PageColorizer.from_checkpoint(run, "cpu", direction="BtoA")
    assert back.colorize(scan().convert("RGB")).mode == "L"


def test_from_a_file_of_weights(run: Path) -> None:
    colorizer = PageColorizer.from_checkpoint(run / "latest_net_G_A.pth", "cpu")
    assert colorizer.prepare(scan()).shape == (340, 240)  # of CycleGAN's defaults, for it does not tell
    assert colorizer.colorize(scan()).mode == "RGB"


@pytest.mark.parametrize(("name", "told"), [("nowhere", "no checkpoint"), (".", "no generator in")])
def test_no_weights(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        PageColorizer.from_checkpoint(tmp_path / name)


def test_the_example_in_the_documentation(run: Path, tmp_path: Path) -> None:
    save_noise(tmp_path / "page.png", (20, 30), mode="L")
    colorizer = PageColorizer.from_checkpoint(run)
    colorizer.colorize(Image.open(tmp_path / "page.png")).save(tmp_path / "colored.png")
    assert Image.open(tmp_path / "colored.png").size == (20, 30)
