"""The demo data set: its pages, and the files the script writes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

from scripts.make_demo_dataset import main, page_settings, parse_arguments, plan
from scripts.manga_world import render_page
from util.errors import UserError, reported

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "make_demo_dataset.py"
SMALL = ["--pages", "3", "--val", "2", "--test", "1", "--width", "96", "--height", "128", "--workers", "1"]
DEMO_DIGEST = "5327553df3dbe3f1bae00a753b71a006bec0d0d50d2ab84b883ab3607f5446ed"
DEMO_MEANS = [163.7, 125.4, 178.3, 155.3, 161.6, 131.8, 184.4, 144.6, 162.8, 109.3, 177.2, 155.5]
FOLDERS = {"trainA": 3, "trainB": 3, **{f"val{kind}": 2 for kind in "ABLPT"}, **{f"test{kind}": 1 for kind in "ABLPT"}}


def _arrays(seed: int, index: int) -> tuple[np.ndarray, np.ndarray]:
    """A page's scan (368, 256) and coloring (368, 256, 3), as floats in 0..255."""
    scan, coloring, _ = render_page(seed, index, 256, 368)
    return np.asarray(scan, float), np.asarray(coloring, float)


def _snapshot(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_demo_pages_are_those_that_the_shipped_weights_know():
    """Exactly so where this Pillow draws as the one that drew them; others differ in the edges of polygons."""
    digest, means = hashlib.sha256(), []
    hard = ((0, 0, 256, 368), (0, 3, 256, 368), (1, 7, 128, 184), (2, 1, 600, 860))
    for page in (*hard, (0, 0, 256, 368, "easy"), (1, 7, 128, 184, "easy")):
        for layer in render_page(*page)[:2]:
            digest.update(layer.tobytes())
            means.append(float(np.asarray(layer).mean()))
    assert means == pytest.approx(DEMO_MEANS, abs=0.5)
    if PIL.__version__.startswith("13."):
        assert digest.hexdigest() == DEMO_DIGEST


def test_drawing_leaves_global_random_state_alone():
    before = np.random.get_state()[1].copy()
    render_page(0, 1, 96, 128)
    assert (np.random.get_state()[1] == before).all()


def test_scan_is_not_the_grey_copy_of_the_coloring():
    for index in range(3):
        scan, coloring = _arrays(1, index)
        correlation = np.corrcoef(scan.ravel(), coloring.mean(2).ravel())[0, 1]
        assert 0.2 < correlation < 0.9


def test_no_page_is_used_twice(tmp_path: Path):
    jobs = list(plan(page_settings(parse_arguments(SMALL)), tmp_path))
    assert len({job.number for job in jobs}) == len(jobs) == 9


def test_command_writes_the_folders_and_reuses_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "demo"
    main(["--out", str(out), *SMALL])
    names = {folder: sorted(path.name for path in (out / folder).iterdir()) for folder in FOLDERS}
    assert {folder: len(files) for folder, files in names.items()} == FOLDERS
    assert names["trainA"] == ["page_0000.png", "page_0001.png", "page_0002.png"]
    assert not set(names["trainA"]) & set(names["trainB"])
    assert names["valA"] == names["valB"]
    assert names["testA"] == names["testB"]
    assert json.loads((out / "settings.json").read_text())["pages"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    name = names["valA"][0]
    with Image.open(out / "valA" / name) as scan, Image.open(out / "valB" / name) as coloring:
        assert (scan.mode, coloring.mode, scan.size) == ("L", "RGB", (96, 128))
        expected = render_page(0, int(name[5:9]), 96, 128)[:2]
        assert (scan.tobytes(), coloring.tobytes()) == tuple(layer.tobytes() for layer in expected)
    before = _snapshot(out)
    capsys.readouterr()
    main(["--out", str(out), *SMALL])
    assert "already" in capsys.readouterr().out
    assert _snapshot(out) == before


def test_pairs_on_request(tmp_path: Path):
    out = tmp_path / "pairs"
    main(["--out", str(out), *SMALL, "--paired"])
    names = sorted(path.name for path in (out / "trainA").iterdir())
    assert names == sorted(path.name for path in (out / "trainB").iterdir())
    assert not set(names) & {path.name for path in (out / "testA").iterdir()}
    with Image.open(out / "trainA" / names[1]) as scan, Image.open(out / "trainB" / names[1]) as coloring:
        expected = render_page(0, 1, 96, 128)[:2]
        assert (scan.tobytes(), coloring.tobytes()) == tuple(layer.tobytes() for layer in expected)


def test_other_settings_need_force(tmp_path: Path):
    out = tmp_path / "demo"
    main(["--out", str(out), *SMALL])
    before = _snapshot(out)
    with pytest.raises(UserError, match="has other settings"):
        main(["--out", str(out), *SMALL, "--seed", "1"])
    assert _snapshot(out) == before
    main(["--out", str(out), *SMALL, "--seed", "1", "--force"])
    assert json.loads((out / "settings.json").read_text())["seed"] == 1


def test_foreign_folders_are_never_replaced(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is no demo data set"):
        main(["--out", str(tmp_path), *SMALL, "--force"])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(job: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scripts.make_demo_dataset.draw_job", interrupt)
    with pytest.raises(KeyboardInterrupt):
        main(["--out", str(tmp_path / "demo"), *SMALL])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", ["--pages=-1", "--width=63", "--height=x", "--workers=0"])
def test_wrong_arguments_exit_with_2(wrong: str):
    with pytest.raises(SystemExit) as caught, reported():
        parse_arguments([wrong])
    assert caught.value.code == 2


def test_the_script_runs_by_its_path_with_workers(tmp_path: Path):
    command = [sys.executable, str(SCRIPT), "--out", str(tmp_path / "d"), *SMALL[:-1], "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "wrote 9 pages" in done.stdout
    assert len(list((tmp_path / "d" / "trainB").iterdir())) == 3
