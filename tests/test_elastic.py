"""Trainings that torchrun starts again go on by the same command; the batches of several processes are those of one."""
import json
from pathlib import Path

import pytest

import train as train_door
from data.loader import EpochSampler
from scripts.check_resumption import COMMON, PLAIN
from tests.helpers import interrupted_at, logged_losses, run_main, save_noise
from util.device import own_gpu
from util.distributed import Processes
from util.errors import UserError
from util.stages import Stage

STAGES = [Stage(1, 16, 2, 0, 1, 0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(4):
        for side in "AB":
            save_noise(tmp_path / "data" / f"train{side}" / f"{number}.png", (20, 20), number)
    return tmp_path


def train(folder: Path, *argv: str) -> Path:
    run_main(train_door, *COMMON, *PLAIN, f"--dataroot={folder}/data", f"--checkpoints_dir={folder}/checkpoints",
             "--name=run", "--display_id=0", *argv)  # fmt: skip
    return folder / "checkpoints" / "run"


def lines(run: Path) -> list[str]:
    return [line.split(" D_A")[0] for line in logged_losses(run)]


@pytest.mark.parametrize("restart", [{"TORCHELASTIC_RESTART_COUNT": "1"}, {"TORCHELASTIC_RUN_ID": "job7"}])
def test_the_same_command_goes_on(folder, monkeypatch, restart):
    """torchrun counts restarts after a failure; that it starts anew with other machines shows in its name alone."""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    if "TORCHELASTIC_RUN_ID" in restart:
        monkeypatch.setenv(*restart.popitem())
    with interrupted_at(8):
        train(folder, "--lr=0.001")
    for name, value in restart.items():
        monkeypatch.setenv(name, value)
    run = train(folder, "--lr=0.001")
    assert len(lines(run)) == len(set(lines(run))) == 16
    assert json.loads((run / "training.json").read_text())["images"] == 16


def test_another_torchrun_is_another_training(folder, monkeypatch):
    for name in ("job7", "job8"):
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", name)
        if name == "job8":
            with pytest.raises(UserError, match="holds weights already"):
                train(folder, "--niter=1", "--niter_decay=0")
        else:
            train(folder, "--niter=1", "--niter_decay=0")


def test_a_refused_start_is_refused_again_when_torchrun_repeats_it(folder, monkeypatch):
    train(folder, "--niter=1", "--niter_decay=0")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    for restarts in "01":
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", restarts)
        with pytest.raises(UserError, match="holds weights already"):
            train(folder, "--niter=2", "--niter_decay=0")


def test_where_a_command_begins_does_not_count_again(folder, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "job7")
    train(folder, "--niter=2", "--niter_decay=0")
    again = ["--continue_train", "--epoch_count=2", "--niter=4", "--niter_decay=0"]
    with interrupted_at(6):
        train(folder, *again)
    run = train(folder, *again)
    assert [line.split(",")[0][-1] for line in lines(run)] == [*"11112222", *"222233334444"]


def test_a_restart_before_the_first_save_begins_anew(folder, monkeypatch, capsys):
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    run = train(folder, "--niter=1", "--niter_decay=0")
    assert "was not saved yet: beginning anew" in capsys.readouterr().out
    assert len(lines(run)) == 4


@pytest.mark.parametrize("length", [1, 7, 8])
@pytest.mark.parametrize("count", [2, 3])
def test_processes_share_the_batches_of_one(length, count):
    samplers = [EpochSampler(length, True, 0, STAGES, rank, count) for rank in range(count)]
    parts = [[[place.index for place in batch] for batch in sampler] for sampler in samplers]
    assert {len(part) for part in parts} == {len(sampler) for sampler in samplers} == {-(-length // (2 * count))}
    assert {len(batch) for part in parts for batch in part} == {2}
    order = [place.index for batch in EpochSampler(length, True, 0, STAGES) for place in batch]
    shared = [index for batches in zip(*parts, strict=True) for batch in batches for index in batch]
    assert shared == (order * (2 * count))[: len(shared)]  # filled up from its front


def test_the_rest_of_an_epoch_can_have_another_number_of_processes():
    order = [place.index for batch in EpochSampler(11, True, 0, STAGES) for place in batch]
    samplers = [EpochSampler(11, True, 0, STAGES, rank, 3) for rank in range(3)]
    for sampler in samplers:
        sampler.skip = 4
    parts = [[place.index for batch in sampler for place in batch] for sampler in samplers]
    shared = [index for start in (0, 2) for part in parts for index in part[start : start + 2]]
    assert shared[:7] == order[4:]


def test_each_process_has_a_seed_and_a_gpu_of_its_own():
    assert Processes(0, 3).seed(5) == 5
    assert len({Processes(rank, 3).seed(5) for rank in range(3)}) == 3
    assert [own_gpu([4, 6], rank) for rank in range(3)] == [[4], [6], [4]]
    assert own_gpu([], 1) == []
