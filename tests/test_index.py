"""A long list of images is remembered from start to start, and never when it may be another one."""
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from data import create_dataset, image_folder, index
from data.image_folder import list_images
from data.index import indexed_images
from tests.helpers import data_options, save_grey
from util.errors import UserError

NAMES = ["1.png", "2.png", "10.png", "ch 2/1.jpg", "ch 2/a/1.png", "ch 10/1.jpg", "ch 10/ä \udcff.png"]


@pytest.fixture
def folder(monkeypatch, tmp_path) -> Path:
    """A folder of images that was filled a while ago, as far as the index knows."""
    monkeypatch.setattr(index, "LEAST", 1)
    monkeypatch.setattr(index, "SETTLED", -5.0)
    for name in NAMES:
        save_grey(tmp_path / "images" / "x.png", 0).replace(made(tmp_path / "images" / name))
    (tmp_path / "images" / ".hidden").mkdir()
    return tmp_path / "images"


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def listings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which folders are looked through from now on."""
    looked: list[Path] = []
    monkeypatch.setattr(index, "list_folder", lambda folder: looked.append(folder) or image_folder.list_folder(folder))
    return looked


def remembered(folder: Path) -> list[str]:
    """The images that the index tells; never others than those that are there."""
    found = indexed_images(folder, folder.parent / "index")
    assert found == [str(path) for path in list_images(folder)]
    return found


def test_the_second_start_looks_at_folders_alone(monkeypatch, folder):
    first = remembered(folder)
    assert len(first) == len(NAMES)
    looked = listings(monkeypatch)
    assert remembered(folder) == first
    assert indexed_images(folder, folder.parent / "index", 3) == first[:3]
    monkeypatch.chdir(folder)
    assert indexed_images(".", folder.parent / "index") == [os.path.relpath(path, folder) for path in first]
    assert looked == []


CHANGES: dict[str, Callable[[Path], object]] = {
    "one more": lambda f: save_grey(f / "3.png", 0),
    "one more, deep": lambda f: save_grey(f / "ch 2" / "a" / "3.png", 0),
    "one more folder": lambda f: save_grey(f / "ch 3" / "3.png", 0),
    "one fewer": lambda f: (f / "ch 2" / "1.jpg").unlink(),
    "renamed": lambda f: (f / "1.png").rename(f / "7.png"),
    "a folder renamed": lambda f: (f / "ch 2").rename(f / "ch 11"),
    "a folder gone": lambda f: shutil.rmtree(f / "ch 2"),
    "a file is a folder": lambda f: ((f / "1.png").unlink(), (f / "1.png").mkdir()),
    "a link broken": lambda f: (f.parent / "outside.png").unlink(),
    "a link mended": lambda f: save_grey(f.parent / "missing.png", 0),
    "another folder of the name": lambda f: (f.rename(f.parent / "old"), save_grey(f / "x.png", 0)),
}


def test_a_linked_folder_that_is_away_is_looked_for_again(monkeypatch, folder):
    (folder / "more").symlink_to(folder.parent / "elsewhere")
    looked = listings(monkeypatch)
    remembered(folder)
    save_grey(folder.parent / "elsewhere" / "9.png", 0)
    assert any("more" in name for name in remembered(folder))
    assert len(looked) == 2


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("clock", ["goes on", "is put back"])
def test_what_has_changed_is_seen(monkeypatch, folder, change, clock):
    save_grey(folder.parent / "outside.png", 0)
    (folder / "link.png").symlink_to(folder.parent / "outside.png")
    (folder / "broken.png").symlink_to(folder.parent / "missing.png")
    remembered(folder)
    times = {path: path.stat().st_mtime_ns for path in (folder, *folder.rglob("*")) if path.is_dir()}
    looked = listings(monkeypatch)
    change(folder)
    for path, when in times.items():
        if clock == "is put back" and path.is_dir():  # as programs do that copy folders with their times
            os.utime(path, ns=(when, when))
    remembered(folder)
    assert len(looked) == 1
    remembered(folder)
    assert len(looked) == 1


def test_a_folder_that_has_just_changed_is_not_trusted(monkeypatch, folder):
    monkeypatch.setattr(index, "SETTLED", 2.0)
    looked = listings(monkeypatch)
    remembered(folder)
    remembered(folder)
    assert len(looked) == 2
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3)
    remembered(folder)
    remembered(folder)
    assert len(looked) == 3


@pytest.mark.parametrize("damage", [lambda c: b"", lambda c: c[:-3], lambda c: c.replace(b"1.png", b"5.png"),
    lambda c: b"[]\n", lambda c: b"{}\n", lambda c: c.partition(b"\n")[2], lambda c: b'{"format": [1]}\n'])  # fmt: skip
def test_a_damaged_index_is_made_anew(monkeypatch, folder, damage):
    remembered(folder)
    (place,) = (folder.parent / "index").iterdir()
    whole = place.read_bytes()
    place.write_bytes(damage(whole))
    remembered(folder)
    assert place.read_bytes() == whole


def test_without_room_for_an_index_the_folder_is_listed(capsys, folder):
    (folder.parent / "index").write_text("no folder")
    remembered(folder)
    remembered(folder)
    assert capsys.readouterr().out == ""


def test_short_lists_are_not_remembered(monkeypatch, folder):
    monkeypatch.setattr(index, "LEAST", len(NAMES) + 1)
    remembered(folder)
    assert not (folder.parent / "index").exists()


def test_faults_are_those_of_listing(folder):
    for bad in (folder / "missing", folder / ".hidden"):
        with pytest.raises(UserError) as direct:
            list_images(bad)
        with pytest.raises(UserError) as told:
            indexed_images(bad, folder.parent / "index")
        assert str(told.value) == str(direct.value)


@pytest.mark.parametrize("mode", ["unaligned", "coloring", "aligned"])
def test_data_sets_begin_with_it(monkeypatch, folder, mode):
    root = folder.parent / "root"
    root.mkdir()
    for name in ("trainA", "trainB", "train"):
        shutil.copytree(folder, root / name)
    options = data_options(root, dataset_mode=mode)
    options.cache_dir = str(folder.parent / "cache")
    first = create_dataset(options)
    looked = listings(monkeypatch)
    again = create_dataset(options)
    assert looked == []
    assert again.census == first.census
    assert list(map(list, again.dataset.files().values())) == list(map(list, first.dataset.files().values()))
