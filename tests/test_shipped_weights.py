"""What ships in checkpoints/ colors well, and how small copies of runs are made."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import test as test_door
from models.networks import define_G
from options.test_options import TestOptions
from scripts import ship_weights
from scripts.manga_world import render_page
from tests.evaluating import save_run
from util import checkpoint
from util.errors import UserError, reported
from util.metrics import chroma_ratio, hue_error

ROOT = Path(__file__).resolve().parents[1]
PAGES = range(9000, 9006)  # no training reached these


def test_shipped_weights_color_pages_that_they_never_saw(tmp_path, monkeypatch):
    """And are what colors where no other weights are asked for, wherever one is."""
    truths = []
    for index in PAGES:
        scan, truth, _ = render_page(3, index, 512, 736, "easy")
        scan.save(tmp_path / f"{index}.png")
        truths.append(np.asarray(truth))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["test.py", "--dataroot", str(tmp_path), "--num_threads", "0"])
    test_door.main()
    hues, chromas = [], []
    for index, truth in zip(PAGES, truths, strict=True):
        with Image.open(tmp_path / "results" / "manga_color" / "test_latest" / "images" / f"{index}.png") as page:
            made = np.asarray(page.convert("RGB"))
        assert made.shape == truth.shape
        hues.append(hue_error(made, truth))
        chromas.append(chroma_ratio(made, truth))
    assert np.median(hues) < 40  # 90 is chance; one place may be mistaken for another
    assert 0.4 < np.mean(chromas) < 1.2
    text = (tmp_path / "results" / "manga_color" / "test_latest" / "index.html").read_text()
    assert "The run was trained for" in text


def test_what_colors_without_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opt = TestOptions().parse(["--dataroot", "pages"])
    assert (opt.name, Path(opt.checkpoints_dir)) == ("manga_color", ROOT / "checkpoints")
    with pytest.raises(UserError, match="no generator in other/manga_color"):
        TestOptions().parse(["--dataroot", "pages", "--checkpoints_dir", "other"])
    with pytest.raises(UserError, match="no generator in checkpoints/experiment_name"):
        TestOptions().parse(["--dataroot", "pages", "--name", "experiment_name"])
    save_run(tmp_path / "checkpoints" / "experiment_name")  # what train.py makes without a name
    opt = TestOptions().parse(["--dataroot", "pages"])
    assert (opt.name, opt.checkpoints_dir) == ("experiment_name", "./checkpoints")


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


def test_a_small_copy_says_how_large_panels_are_shown(tmp_path, monkeypatch):
    net = define_G(1, 3, 4, "resnet_6blocks", "batch")
    checkpoint.save(net.state_dict(), tmp_path / "run" / "latest_net_G.pth")
    (tmp_path / "run" / "opt.json").write_text('{"page_size": 320, "val_dataroot": "datasets/val", "ngf": 4}')
    ship(monkeypatch, tmp_path / "run", tmp_path / "copy", "--panel_size", "260")
    options = json.loads((tmp_path / "copy" / "opt.json").read_text())
    assert options == {"page_size": 0, "panel_size": 260, "ngf": 4}


def test_a_run_without_weights_is_refused(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as stop:
        ship(monkeypatch, tmp_path, tmp_path / "copy")
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: no latest_net_G.pth or latest_net_G_A.pth")
    assert not (tmp_path / "copy").exists()
