"""Coloring that was interrupted goes on, and processes share it."""
import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from models.page_colorizer import PageColorizer
from models.volume_results import Done
from tests.coloring.volumes import ROOT, Color, arguments, draw_scan, encoded, entries_of, lines_of, pack, save_scans
from tests.helpers import Interruption


def interrupted_once(monkeypatch: pytest.MonkeyPatch, page: int) -> list[tuple[int, ...]]:
    """Let coloring stop, once, at a page, counted from 1; gives the shapes of those that the network is asked for."""
    run, calls = PageColorizer.run, []

    def failing(self: PageColorizer, pixels: np.ndarray) -> np.ndarray:
        calls.append(pixels.shape)
        if len(calls) == page:
            raise Interruption
        return run(self, pixels)

    monkeypatch.setattr(PageColorizer, "run", failing)
    return calls


def test_another_work_between_does_not_make_an_interrupted_one_forget(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = [save_scans(tmp_path / name, [f"{name}{n}.png" for n in range(9)]) for name in "ab"]
    calls = interrupted_once(monkeypatch, page=8)
    with pytest.raises(Interruption):
        color("--dataroot", books[0])
    assert color("--dataroot", books[1]) == 0
    before = len(calls)
    assert color("--dataroot", books[0]) == 0
    assert len(calls) - before < 9


def test_an_interrupted_volume_goes_on_where_it_stopped(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(tmp_path / "v.cbz", {f"{n}.png": encoded(draw_scan(n), tmp_path / "p.png") for n in range(20)})
    colored: list[int] = []
    run = PageColorizer.run

    def counted(self: PageColorizer, pixels: np.ndarray) -> np.ndarray:
        if len(colored) == 11:
            raise Interruption
        colored.append(1)
        return run(self, pixels)

    with monkeypatch.context() as patch:
        patch.setattr(PageColorizer, "run", counted)
        with pytest.raises(Interruption):
            color("--dataroot", tmp_path / "v.cbz")
    assert not (results / "v.cbz").exists()
    first = len(colored)
    with monkeypatch.context() as patch:
        patch.setattr(PageColorizer, "run", lambda self, pixels: (colored.append(1), run(self, pixels))[1])
        assert color("--dataroot", tmp_path / "v.cbz") == 0
    assert first == 11
    assert len(colored) < 20 + 6  # pages that were not yet written are colored again
    assert len(entries_of(results / "v.cbz")) == 20


def test_what_processes_of_an_earlier_start_noted_does_not_count_more(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """A page that one of them could not read has been colored since, by another."""
    book = save_scans(tmp_path / "book", [f"{n}.png" for n in range(9)])
    calls = interrupted_once(monkeypatch, page=8)
    with pytest.raises(Interruption):
        color("--dataroot", book)
    (journal,) = (results / ".progress").glob("*-process0.jsonl")
    head, first, *_ = journal.read_text().splitlines()
    failed = json.loads(first) | {"outcome": "failed", "image": "", "original": "", "thumbnail": "", "stamp": ""}
    other = journal.with_name(journal.name.replace("process0", "process3"))
    other.write_text(f"{head}\n{json.dumps(failed)}\n")
    before = len(calls)
    assert color("--dataroot", book) == 0
    assert len(calls) - before < 9
    assert "9 pages: 9 colored;" in capsys.readouterr().out


def test_pages_made_under_other_settings_are_made_anew(
    color: Color, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = save_scans(tmp_path / "book", [f"{n}.png" for n in range(12)])
    calls = interrupted_once(monkeypatch, page=9)
    with pytest.raises(Interruption):
        color("--dataroot", book)
    assert color("--dataroot", book, "--page_size=20") == 0
    assert [shape[1] for shape in calls[9:]] == [20] * 12


def test_a_killed_process_loses_no_page(run: Path, results: Path, tmp_path: Path) -> None:
    book = save_scans(tmp_path / "book", [f"{n}.png" for n in range(40)])
    command = [sys.executable, str(ROOT / "test.py"), *arguments(run, tmp_path), f"--dataroot={book}", "--tile=64",
               "--page_size=200"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (journals := list((results / ".progress").glob("*.jsonl"))) or lines_of(journals[0]) < 6:
        assert process.poll() is None
        time.sleep(0.01)
    journal = journals[0]
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = {Path(line["image"]).name for line in map(json.loads, journal.read_text().splitlines()[1:-1])}
    times = {name: (results / "images" / name).stat().st_mtime_ns for name in done}
    assert 4 <= len(done) < 40
    assert subprocess.run(command, capture_output=True).returncode == 0
    # A page that was being written when the process was killed leaves a hidden file.
    assert len([path for path in (results / "images").iterdir() if not path.name.startswith(".")]) == 40
    assert {name: (results / "images" / name).stat().st_mtime_ns for name in done} == times
    assert not (results / ".progress").exists()


def test_processes_share_the_pages(run: Path, results: Path, tmp_path: Path) -> None:
    png = encoded(draw_scan(1), tmp_path / "p.png")
    pack(tmp_path / "v.cbz", {f"{n}.png": png for n in range(5)} | {"bad.png": b"no image"})
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone",
               str(ROOT / "test.py"), *arguments(run, tmp_path), f"--dataroot={tmp_path / 'v.cbz'}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "6 pages: 5 colored, 1 could not be read" in done.stdout, done.stderr
    assert len(entries_of(results / "v.cbz")) == 6
    assert not (results / ".progress").exists()


@pytest.mark.parametrize(
    "change",
    [{"size": 5}, {"size": [1, "2"]}, {"volume": None}, {"image": "../1.png"}, {"original": "/etc/hostname"},
     {"thumbnail": "a\0"}, {"page": ["1.png"]}, {"layers": ["../1.ora"]}, {"layers": [1]}, {"layers": None},
     {"regions": "/1.png"}, {"pictures": [["ink", "../1.png"]]}, {"pictures": [["ink"]]}, {"pictures": ["ab"]}],
)  # fmt: skip
def test_notes_of_something_else_are_not_taken_for_pages(change):
    done = Done(
        "v", "1.png", "1 2", "kept", "images/v/1.png", stamp="3-4", size=(4, 6), layers=("layers/v/1.ora",),
        pictures=(("ink", "thumbnails/v/1.jpg"),),
    )  # fmt: skip
    entry = json.loads(json.dumps(asdict(done)))
    assert Done.from_entry(entry) == Done.from_entry(entry | {"new": 1}) == done
    assert Done.from_entry(entry | change) is None
