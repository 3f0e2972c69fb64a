"""Drawings of OpenMoji as a data set: which go where, how they are drawn, and what is refused."""
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scripts import make_openmoji_dataset
from tests.helpers import run_main
from util.errors import UserError

LISTS = "[drawings]\nscans = 1F4\n  1F5\ncolorings = 26A1 2B50 1F6-FE0F\nmeasured = 1F7\n"
NAMES = ("1F4", "1F5", "26A1", "2B50", "1F6-FE0F", "1F7")
CIRCLE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"><circle cx="36" cy="36" r="30" {}/></svg>'
STYLES = {"black": 'fill="none" stroke="#000" stroke-width="4"', "color": 'fill="#f00"'}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind, style in STYLES.items():
        (tmp_path / "package" / kind / "svg").mkdir(parents=True)
        for name in NAMES:
            (tmp_path / "package" / kind / "svg" / f"{name}.svg").write_text(CIRCLE.format(style))
    (tmp_path / "lists.ini").write_text(LISTS)
    monkeypatch.setattr(make_openmoji_dataset, "DRAWINGS", tmp_path / "lists.ini")
    return tmp_path / "package"


def names(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()}


@pytest.mark.parametrize(("argv", "scans"), [
    ([], {"1F4", "1F5"}), (["--paired"], {"26A1", "2B50", "1F6-FE0F"}),
])  # fmt: skip
def test_drawings_go_where_the_lists_say(package, tmp_path, argv, scans):
    out = tmp_path / "data"
    run_main(make_openmoji_dataset, str(package), "--out", str(out), "--size", "48", *argv)
    assert names(out / "trainA") == scans
    assert names(out / "trainB") == {"26A1", "2B50", "1F6-FE0F"}
    assert names(out / "valA") == names(out / "valB") == {"1F7"}
    scan, coloring = (np.asarray(Image.open(out / side / "1F7.png")) for side in ("valA", "valB"))
    assert scan.shape == (48, 48)
    assert coloring.shape == (48, 48, 3)
    assert scan[24, 24] == 255
    assert scan[24, 4] < 100  # a black line on white
    assert coloring[24, 24].tolist() == [255, 0, 0]
    assert coloring[0, 0].tolist() == [255, 255, 255]


def test_all_drawings_but_the_measured_ones_are_pairs(package, tmp_path):
    (package / "black" / "svg" / "1F5.svg").unlink()  # without line art it is no pair
    out = tmp_path / "data"
    run_main(make_openmoji_dataset, str(package), "--out", str(out), "--size", "48", "--all")
    assert names(out / "trainA") == names(out / "trainB") == {"1F4", "26A1", "2B50", "1F6-FE0F"}
    assert names(out / "valA") == names(out / "valB") == {"1F7"}


def test_what_can_not_be_drawn_leaves_nothing(package, tmp_path):
    (package / "color" / "svg" / "1F7.svg").write_text("<svg")
    with pytest.raises(UserError, match=r"can't draw .*1F7\.svg"):
        run_main(make_openmoji_dataset, str(package), "--out", str(tmp_path / "data"))
    (package / "color" / "svg" / "1F7.svg").unlink()
    with pytest.raises(UserError, match=r"no file .*1F7\.svg: give the folder"):
        run_main(make_openmoji_dataset, str(package), "--out", str(tmp_path / "data"))
    assert {path.name for path in tmp_path.iterdir()} == {"package", "lists.ini"}


def test_the_lists_share_no_drawing():
    folders: dict[str, list[str]] = {}
    for path, (_, drawing) in make_openmoji_dataset.plan(paired=False):
        folders.setdefault(path.partition("/")[0], []).append(drawing)
    assert {folder: len(drawings) for folder, drawings in folders.items()} == {
        "trainA": 550, "trainB": 550, "valA": 100, "valB": 100,
    }  # fmt: skip
    assert len({*folders["trainA"], *folders["trainB"], *folders["valA"]}) == 1200
    assert folders["valA"] == folders["valB"]
