"""Pictures side by side: the right ones, in the right places."""
import sys
from pathlib import Path

import pytest
from PIL import Image

from scripts import picture_grid
from util.errors import reported

COLORS = {"scans": "white", "colorings": "red"}


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two pictures of one name in each folder, 20 × 30 in the folder's color, and one that stands alone."""
    for folder, color in COLORS.items():
        (tmp_path / folder).mkdir()
        for name in ("1.png", "2.png"):
            Image.new("RGB", (20, 30), color).save(tmp_path / folder / name)
    Image.new("RGB", (20, 30), "blue").save(tmp_path / "scans" / "lonely.png")
    return tmp_path


def make_grid(monkeypatch: pytest.MonkeyPatch, folders: Path, *arguments: str) -> Image.Image:
    columns = [f"{name}={folders / name}" for name in COLORS]
    argv = ["picture_grid.py", "--out", str(folders / "grid.png"), "--width", "40", "--columns", *columns, *arguments]
    monkeypatch.setattr(sys, "argv", argv)
    with reported():
        picture_grid.main()
    return Image.open(folders / "grid.png")


@pytest.mark.parametrize(("side_by_side", "size"), [("1", (88, 152)), ("2", (184, 84))])
def test_a_row_for_each_name_that_all_folders_have(folders, monkeypatch, side_by_side, size):
    grid = make_grid(monkeypatch, folders, "--side_by_side", side_by_side)
    assert grid.size == size
    middle = picture_grid.HEADER + 30
    assert grid.getpixel((20, middle)) == (255, 255, 255)
    assert grid.getpixel((68, middle)) == (255, 0, 0)
    assert (0, 0, 255) not in {color for _, color in grid.getcolors(maxcolors=10**6)}


def test_folders_without_a_common_name_are_named_as_the_mistake(folders, monkeypatch, capsys):
    (folders / "scans" / "1.png").unlink()
    (folders / "scans" / "2.png").unlink()
    with pytest.raises(SystemExit) as stop:
        make_grid(monkeypatch, folders)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: the folders have no picture of the same name")
