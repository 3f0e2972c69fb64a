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
from scripts.manga_world.cast import CAST
from scripts.manga_world.parts import PARTS
from scripts.manga_world.tones import TONES
from util.errors import UserError, reported

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "make_demo_dataset.py"
SMALL = ["--pages", "3", "--val", "2", "--test", "1", "--width", "96", "--height", "128", "--workers", "1"]
DEMO_DIGEST = "3dbac3bc8a4c4673ef4a14a61d95f2d629d35582a43fef816e662ca1f34c688d"
DEMO_MEANS = [187.9, 168.0, 185.7, 145.8, 134.9, 102.5, 182.1, 139.2]
FOLDERS = {"trainA": 3, "trainB": 3, "valA": 2, "valB": 2, "testA": 1, "testB": 1}


def _arrays(seed: int, index: int) -> tuple[np.ndarray, np.ndarray]:
    """A page's scan (368, 256) and coloring (368, 256, 3), as floats in 0..255."""
    scan, coloring = render_page(seed, index, 256, 368)
    return np.asarray(scan, float), np.asarray(coloring, float)


def _snapshot(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_modes_and_size():
    scan, coloring = render_page(0, 0, 100, 140)
    assert (scan.mode, coloring.mode) == ("L", "RGB")
    assert scan.size == coloring.size == (100, 140)


def test_pages_are_deterministic():
    first, again = render_page(5, 2, 128, 184), render_page(5, 2, 128, 184)
    assert [layer.tobytes() for layer in first] == [layer.tobytes() for layer in again]


def test_demo_pages_are_those_that_the_shipped_weights_know():
    """Exactly so where this Pillow draws as the one that drew them; others differ in the edges of polygons."""
    digest, means = hashlib.sha256(), []
    for page in ((0, 0, 256, 368), (0, 3, 256, 368), (1, 7, 128, 184), (2, 1, 600, 860)):
        for layer in render_page(*page):
            digest.update(layer.tobytes())
            means.append(float(np.asarray(layer).mean()))
    assert means == pytest.approx(DEMO_MEANS, abs=0.5)
    if PIL.__version__.startswith("13."):
        assert digest.hexdigest() == DEMO_DIGEST


@pytest.mark.parametrize("other", [(5, 3), (6, 2)])
def test_another_index_or_seed_is_another_page(other: tuple[int, int]):
    for one, two in zip(render_page(5, 2, 128, 184), render_page(*other, 128, 184), strict=True):
        assert one.tobytes() != two.tobytes()


def test_drawing_leaves_global_random_state_alone():
    before = np.random.get_state()[1].copy()
    render_page(0, 1, 96, 128)
    assert (np.random.get_state()[1] == before).all()


def test_scan_is_mostly_paper_and_ink():
    for index in range(3):
        scan, _ = _arrays(1, index)
        assert 0.3 < (scan > 200).mean() < 0.9
        assert (scan < 60).mean() > 0.06


def test_coloring_has_strong_chroma():
    for index in range(3):
        _, coloring = _arrays(1, index)
        assert (coloring.max(2) - coloring.min(2)).mean() > 45


def test_scan_is_not_the_grey_copy_of_the_coloring():
    for index in range(3):
        scan, coloring = _arrays(1, index)
        correlation = np.corrcoef(scan.ravel(), coloring.mean(2).ravel())[0, 1]
        assert 0.2 < correlation < 0.9


def test_ink_lines_up_in_both_pictures():
    for index in range(3):
        scan, coloring = _arrays(2, index)
        inked = coloring.max(2) < 40
        assert inked.mean() > 0.02
        assert (scan[inked] < 90).mean() > 0.97
        assert coloring.mean(2)[scan < 40].mean() < coloring.mean(2)[scan > 215].mean() - 40


def test_margins_are_white_in_both_pictures():
    scan, coloring = _arrays(0, 4)
    assert scan[:4].min() == 255
    assert coloring[:4].min() == 255


def test_every_part_has_a_tone_and_every_character_its_parts():
    assert all(part.tone in TONES for part in PARTS.values())
    pieces = ("hair", "hair.light", "top", "bottom", "extra", "eye")
    assert {f"{who}.{piece}" for who in CAST for piece in pieces} <= set(PARTS)


def test_characters_differ_in_the_ink_of_their_hair():
    assert len({PARTS[f"{who}.hair"].tone for who in CAST}) == len(CAST)


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
        expected = render_page(0, int(name[5:9]), 96, 128)
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
        assert (scan.tobytes(), coloring.tobytes()) == tuple(layer.tobytes() for layer in render_page(0, 1, 96, 128))


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
