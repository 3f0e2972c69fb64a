"""Trained runs that color the drawings of a data set themselves, and what is measured of them."""
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from models.page_colorizer import PageColorizer
from tests.evaluating import SIZE, call, save_data, save_run
from tests.helpers import save_grey, save_noise
from util import checkpoint
from util.metrics import measure

NAMES = ["p1", "p2", "deep/p3"]


@pytest.fixture
def world(tmp_path, monkeypatch) -> Path:
    """Two runs and a data set with truths and label maps."""
    save_run(tmp_path / "checkpoints/one")
    save_run(tmp_path / "checkpoints/two", seed=1)
    save_data(tmp_path / "data", NAMES, labels=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read_report() -> dict:
    return json.loads(Path("out.json").read_text(encoding="utf-8"))


def test_runs_color_the_same_drawings_and_are_measured(world, capsys):
    runs = ["checkpoints/one", "other=checkpoints/two"]
    status, text, _ = call(capsys, *runs, "--dataroot=data", "--out=kept", "--json=out.json", "--csv=out.csv",
                           "--baseline=one")  # fmt: skip
    assert status is None
    colorizer = PageColorizer.from_checkpoint("checkpoints/two", "cpu")
    figures = []
    for name in NAMES:
        scan = Image.open(f"data/valA/{name}.png")
        result = np.asarray(Image.open(f"kept/other/{name}.png"))
        assert (result == colorizer.run(colorizer.prepare(scan)).coloring).all()
        truth, scan = (np.asarray(Image.open(f"data/val{side}/{name}.png").convert("RGB")) for side in "BA")
        figures.append(measure(result, truth, scan, np.asarray(Image.open(f"data/valL/{name}.png")).astype(int)))
    means = read_report()["means"]
    assert means.keys() == {"one", "other"}
    for metric, mean in means["other"].items():
        if metric != "consistency":
            assert mean["mean"] == pytest.approx(np.mean([each[metric] for each in figures])), metric
    assert {"part color error ↓", "bleeding ↓", "ink fidelity ↑", "character consistency ↓"} <= {
        cell.strip() for cell in text.splitlines()[0].split("|")
    }
    assert means["one"]["ciede2000"]["mean"] != means["other"]["ciede2000"]["mean"]
    assert Path("out.csv").read_text(encoding="utf-8").count("\n") == 1 + 2 * len(NAMES)


def test_without_out_nothing_is_left_behind(world, capsys):
    before = sorted(world.rglob("*"))
    assert call(capsys, "checkpoints/one", "--dataroot=data")[0] is None
    assert sorted(world.rglob("*")) == before


def test_consistency_is_of_what_belongs_to_someone(world, capsys):
    """The sky may change from page to page, hair may not. The truths have it all in one color."""
    for name in NAMES:
        image = np.asarray(Image.open(f"data/valB/{name}.png")).copy()
        labels = np.asarray(Image.open(f"data/valL/{name}.png"))
        image[labels == 2] = (10, 200, 10) if name == "p1" else (250, 250, 0)
        save_noise(Path(f"sky/{name}.png"), SIZE)
        Image.fromarray(image).save(f"sky/{name}.png")
        image[labels == 1] = (10, 200, 10) if name == "p1" else (250, 250, 0)
        save_noise(Path(f"both/{name}.png"), SIZE)
        Image.fromarray(image).save(f"both/{name}.png")
    call(capsys, "sky=sky", "both=both", "--dataroot=data", "--json=out.json", "--baseline=sky")
    report = read_report()
    assert report["means"]["sky"]["consistency"]["mean"] == pytest.approx(0, abs=1e-3)
    assert report["means"]["both"]["consistency"]["mean"] > 10
    assert report["differences"]["both"]["consistency"]["mean"] > 10
    assert report["truths_themselves"]["consistency"]["mean"] == pytest.approx(0, abs=1e-3)


def test_without_truths_only_what_needs_none_is_measured(world, capsys):
    save_data(world / "scans", NAMES, truths=False)
    status, text, _ = call(capsys, "checkpoints/one", "--dataroot=scans", "--json=out.json")
    assert status is None
    assert "There are no true colorings" in text
    assert read_report()["means"]["one"].keys() == {"ink_fidelity", "colorfulness"}
    assert "truths" not in text.replace("no true colorings", "")


def test_truths_of_some_drawings(world, capsys):
    """Only these are colored."""
    (world / "data/valB/p2.png").unlink()
    call(capsys, "checkpoints/one", "--dataroot=data", "--json=out.json", "--out=kept")
    assert read_report()["means"]["one"]["ciede2000"]["count"] == 2
    assert not Path("kept/one/p2.png").exists()


def test_a_truth_without_its_scan_counts_where_none_is_needed(world, capsys):
    (world / "data/valA/p2.png").unlink()
    status, text, _ = call(capsys, "same=data/valB", "--dataroot=data", "--json=out.json")
    means = read_report()["means"]["same"]
    assert (status, means["ciede2000"]["count"], means["ink_fidelity"]["count"]) == (None, 3, 2)
    assert "The true colorings themselves have: ink fidelity" in text


def test_consistency_is_not_surer_for_pages_without_label_maps(world, capsys):
    """Of ten drawings one has a label map, in which a part occurs twice."""
    names = [f"q{number}" for number in range(10)]
    save_data(world / "many", names, labels=True)
    for name in names[1:]:
        (world / f"many/valL/{name}.png").unlink()
    labels = np.asarray(Image.open("many/valL/q0.png")).copy()
    labels[labels == 2] = 1
    Image.fromarray(labels).save("many/valL/q0.png")
    argv = ["scan=many/valA", "--dataroot=many", "--json=out.json", "--baseline=truth"]
    call(capsys, "truth=many/valB", *argv)
    report = read_report()
    consistency = report["means"]["truth"]["consistency"]
    assert (consistency["count"], consistency["low"]) == (1, None)
    assert "consistency" not in report["verdicts"]["scan"]


def test_another_phase_and_other_truths(world, capsys):
    (world / "data/valA").rename(world / "data/testA")
    (world / "data/valB").rename(world / "truths")
    status, text, _ = call(capsys, "checkpoints/one", "--dataroot=data", "--phase=test", "--truth=truths")
    assert (status, text.count("bleeding")) == (None, 0)
    assert "CIEDE2000" in text


def test_full_pages_come_with_their_own_size_and_ink(world, capsys):
    save_run(world / "checkpoints/small", page_size=16)
    call(capsys, "checkpoints/small", "--dataroot=data", "--out=kept")
    assert Image.open("kept/small/p1.png").size == (16, 24)
    call(capsys, "checkpoints/small", "--dataroot=data", "--out=kept", "--full_pages")
    expected = PageColorizer.from_checkpoint("checkpoints/small", "cpu").colorize(Image.open("data/valA/p1.png"))
    assert (np.asarray(Image.open("kept/small/p1.png")) == np.asarray(expected)).all()


def test_runs_that_work_at_other_sizes_are_told_apart(world, capsys):
    save_run(world / "checkpoints/small", page_size=16)
    runs = ["checkpoints/one", "checkpoints/small"]
    told = "images of different sizes: give --size"
    assert told in call(capsys, *runs, "--dataroot=data")[1]
    assert told not in call(capsys, *runs, "--dataroot=data", "--size=16")[1]


def test_another_epoch(world, capsys):
    run = world / "checkpoints/one"
    (run / "latest_net_G.pth").rename(run / "5_net_G.pth")
    assert call(capsys, "checkpoints/one", "--dataroot=data", "--epoch=5")[0] is None
    status, _, errors = call(capsys, "checkpoints/one", "--dataroot=data")
    assert (status, errors.count("\n")) == (2, 1)


def test_the_verdict_follows_the_interval(world, capsys):
    """Of ten drawings, scans against the truths are clearly better, noise is clearly worse."""
    names = [f"{index}" for index in range(10)]
    save_data(world / "ten", names)
    for index, name in enumerate(names):
        save_noise(world / f"noise/{name}.png", SIZE, index)
    _, text, _ = call(capsys, "scans=ten/valA", "truth=ten/valB", "noise=noise", "same=ten/valA", "--dataroot=ten",
                      "--baseline=scans", "--json=out.json")  # fmt: skip
    verdicts = read_report()["verdicts"]
    assert verdicts.keys() == {"truth", "noise", "same"}
    assert {verdicts["truth"][name] for name in ("ciede2000", "ssim", "psnr", "chroma_ratio")} == {"better"}
    assert {verdicts["noise"][name] for name in ("ciede2000", "ssim", "psnr")} == {"worse"}
    assert set(verdicts["same"].values()) == {"undecided"}
    assert "colorfulness" not in verdicts["truth"]  # more of it is not better
    assert "truth against scans: better in CIEDE2000, CIEDE2000 colored, SSIM, PSNR and chroma ratio" in text


def test_a_ratio_is_better_the_nearer_to_one(world, capsys):
    names = [f"{index}" for index in range(10)]
    save_data(world / "ten", names)
    for name in names:
        hsv = np.asarray(Image.open(f"ten/valB/{name}.png").convert("HSV")).copy()
        for title, factor in (("pale", 0.9), ("grey", 0.3)):
            faded = hsv.copy()
            faded[..., 1] = faded[..., 1] * factor
            save_grey(Path(f"{title}/{name}.png"), 0)
            Image.fromarray(faded, "HSV").convert("RGB").save(f"{title}/{name}.png")
    call(capsys, "grey=grey", "pale=pale", "--dataroot=ten", "--baseline=grey", "--json=out.json")
    assert read_report()["verdicts"]["pale"]["chroma_ratio"] == "better"


def test_distance_from_real_colorings(world, capsys):
    _, text, _ = call(capsys, "truth=data/valB", "scans=data/valA", "--dataroot=data", "--colorings=data/valB",
                      "--json=out.json")  # fmt: skip
    means = read_report()["means"]
    assert means["truth"]["palette"]["mean"] == pytest.approx(0, abs=1e-4)
    assert means["scans"]["palette"]["mean"] > 5
    assert text.count("FID and KID are left out") == 1
    assert "fid" not in means["truth"]


class MeanColor(nn.Module):
    """Stands in for torch-fidelity's network."""

    def __init__(self, name: str, features: list[str], feature_extractor_weights_path: str) -> None:
        super().__init__()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        return (x.float().mean((2, 3)) / 255,)


def test_fid_and_kid_with_weights_from_a_file(world, capsys, monkeypatch):
    module = SimpleNamespace(FeatureExtractorInceptionV3=MeanColor)
    monkeypatch.setitem(sys.modules, "torch_fidelity", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", module)
    checkpoint.save({"w": torch.zeros(1)}, "weights.pth")
    _, text, _ = call(capsys, "truth=data/valB", "scans=data/valA", "--dataroot=data", "--colorings=data/valB",
                      "--inception=weights.pth", "--json=out.json", "--baseline=scans")  # fmt: skip
    means = read_report()["means"]
    assert means["truth"]["fid"]["mean"] == pytest.approx(0, abs=1e-6)
    assert means["scans"]["fid"]["mean"] > 0
    assert means["truth"]["kid"]["mean"] < means["scans"]["kid"]["mean"]
    assert "fid" not in read_report()["verdicts"]["truth"]  # for it has no interval
    assert "left out" not in text


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["checkpoints/one"], "checkpoints/one is a run: give the drawings that it should color, --dataroot"),
        (["x=data/valB"], "what should results be measured against? Give --truth FOLDER, or --dataroot"),
        (["checkpoints/one", "--dataroot=nowhere"], "no folder nowhere/valA of drawings to color: check --dataroot"),
        (["checkpoints/nothing", "--dataroot=data"], "checkpoints/nothing should be TITLE=FOLDER, or the folder of a"),
        (["a/b=checkpoints/one", "--dataroot=data"], "a/b can't be the name of a folder"),
        (["checkpoints/one", "--dataroot=data", "--device=toaster"], "--device toaster is no device: give cpu, cuda"),
        (["checkpoints/one", "one=data/valB", "--dataroot=data"], "two folders are called one"),
        (["x=data/valB", "--dataroot=data", "--inception=w"], "--inception is for distances from real colorings"),
        (["checkpoints/broken", "--dataroot=data"], "checkpoints/broken/opt.json can't be read"),
        (["checkpoints/back", "--dataroot=data"], "checkpoints/back does not color valA (--direction BtoA)"),
        (["checkpoints/one", "--dataroot=unlike"], "no drawing has the name of a true coloring: there p1_scan,"),
        (["checkpoints/one", "--dataroot=data", "--colorings=lost"], "no folder lost"),
        (["x=data/valB", "--dataroot=bad"], "bad/valL/p1.png is no label map"),
        (["x=data/valB", "--dataroot=data", "--html=data"], "can't write data"),
    ],
)
def test_mistakes_are_told_in_one_line(world, capsys, argv, message):
    (save_run(world / "checkpoints/broken") / "opt.json").write_text("{", encoding="utf-8")
    save_run(world / "checkpoints/back", direction="BtoA")
    save_data(world / "unlike", ["p1"])
    (world / "unlike/valA/p1.png").rename(world / "unlike/valA/p1_scan.png")
    save_data(world / "bad", ["p1"], labels=True)
    (world / "bad/valL/p1.png").write_bytes(b"no image")
    status, _, errors = call(capsys, *argv)
    last = errors.splitlines()[-1]
    assert status == 2
    assert last.startswith(f"error: {message}"), last
