"""Waiting for data is measured, and told with what to do about it."""
import time
from collections.abc import Iterator

import pytest

import train as train_door
from data.base_dataset import BaseDataset
from scripts.check_resumption import COMMON
from tests.helpers import run_main, save_noise
from util import progress
from util.progress import Position, StepTimer, slow_data


class Clock:
    """Stands still unless it is put forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("first", "wait", "step", "share"), [(9.0, 0.0, 1.0, 0), (0.0, 1.0, 3.0, 0.25), (9.0, 1.0, 1.0, 0.5)]
)
def test_the_share_of_waiting_is_that_after_the_first_batches(monkeypatch, first, wait, step, share):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    timer = StepTimer(Position())

    def batches() -> Iterator[int]:
        for number in range(40):
            clock.now += first if number < StepTimer.FIRST else wait
            yield number

    assert timer.waiting() == 0
    for _ in timer.timed(batches()):
        clock.now += step
        timer.step_done(1)
    assert timer.waiting() == pytest.approx(share, abs=0.02)


def test_what_to_do_about_it_depends_on_what_there_is():
    assert slow_data(0.2, 1, 8, "none") == ""
    told = slow_data(0.43, 4, 8, "none")
    assert told.startswith("43% of the time went into waiting for data: give a larger --num_threads")
    assert "--cache ram or --cache disk" in slow_data(0.43, 8, 8, "none")
    assert "--cache_gb" in slow_data(0.43, 8, 8, "ram")
    assert "--cache" not in slow_data(0.43, 8, 8, "disk")


@pytest.mark.parametrize("slow", [False, True])
def test_an_epoch_that_waits_for_data_says_so_once(monkeypatch, tmp_path, capsys, slow):
    for n in range(8):
        save_noise(tmp_path / "trainA" / f"{n}.png", (20, 20))
        save_noise(tmp_path / "trainB" / f"{n}.png", (20, 20))
    if slow:
        load = BaseDataset.__getitem__
        monkeypatch.setattr(BaseDataset, "__getitem__", lambda self, place: time.sleep(1.5) or load(self, place))
    run_main(train_door, *COMMON, f"--dataroot={tmp_path}", f"--checkpoints_dir={tmp_path}", "--netG=unet_128",
        "--loadSize=128", "--fineSize=128", "--num_threads=0", "--display_id=0", "--niter=1",
        "--niter_decay=0")  # fmt: skip
    assert capsys.readouterr().out.count("of the time went into waiting for data: give a larger --num_threads") == slow
