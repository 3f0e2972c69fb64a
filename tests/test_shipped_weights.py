"""What ships in checkpoints/ colors well, and how small copies of runs are made."""
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import test as test_door
from models.networks import define_G
from scripts import ship_weights
from scripts.manga_world import render_page
from util import checkpoint
from util.errors import reported

ROOT = Path(__file__).resolve().parents[1]
PAGES = range(9000, 9003)  # no training reached these


def chroma(image: Image.Image) -> np.ndarray:
    """Two color differences a pixel, (H, W, 2): Cb and Cr of BT.601, 0 for grey."""
    return np.asarray(image.convert("RGB").convert("YCbCr"), float)[..., 1:] - 128


def test_shipped_weights_color_pages_that_they_never_saw(tmp_path, monkeypatch):
    truths = []
    for index in PAGES:
        scan, coloring = render_page(0, index, 256, 368)
        scan.save(tmp_path / f"{index}.png")
        truths.append(coloring)
    argv = ["--dataroot", tmp_path, "--name", "demo_color", "--results_dir", tmp_path / "out", "--num_threads", "0"]
    monkeypatch.setattr("sys.argv", ["test.py", "--checkpoints_dir", str(ROOT / "checkpoints"), *map(str, argv)])
    test_door.main()
    for index, truth in zip(PAGES, truths, strict=True):
        with Image.open(tmp_path / "out" / "demo_color" / "test_latest" / "images" / f"{index}.png") as page:
            assert page.size == truth.size
            made, true = chroma(page), chroma(truth)
        colored = np.hypot(*true.transpose(2, 0, 1)) > 15
        error = np.hypot(*(made - true).transpose(2, 0, 1))[colored].mean()
        uncolored = np.hypot(*true.transpose(2, 0, 1))[colored].mean()
        assert error < 0.35 * uncolored
    text = (tmp_path / "out" / "demo_color" / "test_latest" / "index.html").read_text()
    assert "Weights trained for" in text


def ship(monkeypatch, *argv: object) -> None:
    monkeypatch.setattr("sys.argv", ["ship_weights.py", *map(str, argv)])
    with reported():
        ship_weights.main()


def test_a_small_copy_colors_like_the_run(tmp_path, monkeypatch):
    net = define_G(1, 3, 4, "resnet_6blocks", "batch")
    checkpoint.save(net.state_dict(), tmp_path / "run" / "7_net_G_A.pth")
    (tmp_path / "run" / "opt.json").write_text("{}")
    ship(monkeypatch, tmp_path / "run", tmp_path / "copy", "--epoch", "7")
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"latest_net_G_A.pth", "opt.json"}
    sizes = [next((tmp_path / folder).glob("*.pth")).stat().st_size for folder in ("run", "copy")]
    assert sizes[1] < 0.7 * sizes[0]
    copy = define_G(1, 3, 4, "resnet_6blocks", "batch")
    copy.load_state_dict(checkpoint.load_weights(tmp_path / "copy" / "latest_net_G_A.pth"))
    image = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        assert torch.allclose(net.eval()(image), copy.eval()(image), atol=5e-3)


def test_a_run_without_weights_is_refused(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        ship(monkeypatch, tmp_path, tmp_path / "copy")
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: no latest_net_G.pth or latest_net_G_A.pth")
    assert not (tmp_path / "copy").exists()
