"""One training in several processes: the same as in one, and whatever befalls one of them befalls all."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from data.base_dataset import BaseDataset
from data.image_folder import BadImage
from models.cycle_gan_model import CycleGANModel
from models.trained import needs_eval, saved_options
from scripts.check_resumption import COMMON, PLAIN, Bench, Outcome, _scalars
from tests.helpers import logged_losses
from train import Training
from util import checkpoint
from util.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
# Instance norm, because synchronized ones wait for each other often, which takes long where much else is going on.
PAIRS = ["--model=pix2pix", "--norm=instance", "--dropout", "--pool_size=3", "--max_dataset_size=11"]
STOP_AT = 8  # in the middle of the second epoch, of 11 images in six steps


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), seed=0)


def options(bench: Bench, *argv: str) -> list[str]:
    return [*COMMON, *PLAIN, f"--dataroot={bench.folder}/data", *argv]


def run_of(bench: Bench, name: str) -> Path:
    return bench.folder / "checkpoints" / name


def ended(bench: Bench, name: str, argv: list[str], prepare: Any = int) -> tuple[list[int | None], str]:
    """What two processes of a training end with, and what they said."""
    run = bench.start(name, argv, 2, prepare)
    run.join(100)
    if run.exitcode is None:
        run.kill()
        pytest.fail("a process waits for ever")
    return [process.exitcode for process in run.processes], (bench.folder / f"{name}.log").read_text()


@pytest.fixture(scope="module")
def whole(bench: Bench) -> str:
    """A training in two processes that nobody disturbs."""
    bench.finish("whole", options(bench, *PAIRS), 2)
    return "whole"


def assert_same(bench: Bench, whole: str, other: str) -> None:
    outcome = Outcome()
    bench.compare(whole, other, outcome)
    assert (outcome.difference, outcome.fault) == (0, "")
    assert outcome.steps > 50


# As one process

@pytest.mark.parametrize(
    "argv",
    [["--input_nc=1", "--max_dataset_size=8"], ["--model=pix2pix", "--norm=instance", "--no_dropout"],
     ["--model=pix2pix", "--norm=batch",
     "--no_dropout", "--max_dataset_size=6"], ["--norm=batch", "--max_dataset_size=4"]],
    ids=["cycle_gan", "pix2pix", "pix2pix with batch norm", "cycle_gan with batch norm"],
)  # fmt: skip
def test_two_processes_are_one_with_batches_of_twice_the_size(bench, argv):
    argv = options(bench, "--precision=fp32", "--pool_size=0", "--niter=1", "--niter_decay=0", *argv)
    names = [f"{len(list(bench.folder.glob('*.log')))}_{kind}" for kind in ("one", "two")]
    bench.finish(names[0], [*argv, "--batch_size=2"])
    bench.finish(names[1], argv, 2)
    one, two = (_scalars(run_of(bench, name)) for name in names)
    assert len(one) > 20
    assert one == pytest.approx(two, rel=1e-5, abs=1e-5)
    for path in run_of(bench, names[0]).glob("latest_net_*.pth"):
        alone, shared = checkpoint.load(path), checkpoint.load(run_of(bench, names[1]) / path.name)
        for key, value in alone.items():
            # A bias in front of an instance norm does nothing, and its gradient is rounding.
            if not key.endswith(".bias") or "--norm=batch" in argv:
                assert torch.allclose(value, shared[key], rtol=0, atol=1e-5), key
    colors_alone, colors_shared = (needs_eval(saved_options(run_of(bench, name))) for name in names)
    assert colors_alone == colors_shared == ("--norm=batch" in argv)


def test_only_the_first_process_speaks(bench, whole):
    said = (bench.folder / "whole.log").read_text()
    assert "11 training images, epochs 1 to 4, 2 processes\n" in said
    for line in ("network G:", "----- Options -----", "(epoch: 2, iters: 11,", "done: 44 images"):
        assert said.count(line) == 1, line
    assert len(logged_losses(run_of(bench, "whole"))) == 4 * 6
    assert not list(run_of(bench, "whole").glob(".*"))


def test_each_process_has_chance_and_pools_of_its_own(bench, whole):
    state = checkpoint.load(run_of(bench, "whole") / "latest_state.pth")
    first, second = state["model"], *state["others"]
    for key in ("generator", "torch_generator"):
        assert not torch.equal(first[key], second[key])
    pools = [own["pools"]["fake_AB"]["images"] for own in (first, second)]
    assert [len(images) for images in pools] == [3, 3]
    assert not any(torch.equal(one, other) for one, other in zip(*pools, strict=True))


# Going on

def signal_one() -> None:
    """The second process alone is asked to stop, after a step, in the middle of an epoch."""
    report = Training.report

    def reporting(training: Training, images: int) -> None:
        report(training, images)
        if training.processes.rank == 1 and training.position.total_steps == STOP_AT:
            os.kill(os.getpid(), signal.SIGTERM)

    Training.report = reporting  # type: ignore[method-assign]


def note_images() -> None:
    """Each process writes down the images that it learned from."""
    report = Training.report

    def reporting(training: Training, images: int) -> None:
        noted = training.model.save_dir.parent / f"{training.opt.name}_{training.processes.rank}.txt"
        with noted.open("a") as file:
            file.writelines(f"{training.position.epoch} {path}\n" for path in training.model.image_paths)
        report(training, images)

    Training.report = reporting  # type: ignore[method-assign]


def note_and_stop() -> None:
    note_images()
    signal_one()


@pytest.mark.parametrize("count", [2, 1, 3])
def test_a_signal_to_one_process_stops_all_and_they_go_on(bench, whole, count):
    name = f"stopped_{count}"
    statuses, said = ended(bench, name, options(bench, *PAIRS, "--save_latest_freq=1000"), note_and_stop)
    assert statuses == [143, 143]
    assert said.count(f"stopped by SIGTERM after iteration {STOP_AT}, in epoch 2: --continue_train goes on") == 1
    run = bench.start(name, ["--continue_train"], count, note_images)
    run.join(100)
    assert run.exitcode == 0
    told = f"the number of processes is another (saved by 2 of them, now {count})"
    assert (bench.folder / f"{name}.log").read_text().count(told) == (count != 2)
    if count == 2:
        assert_same(bench, whole, name)
    # Each image of each epoch, and at its end one or more again that fill up the last batches.
    noted = [line for path in run_of(bench, "").glob(f"{name}_*.txt") for line in path.read_text().splitlines()]
    assert len(set(noted)) == 4 * 11
    assert sum(line.startswith("2 ") for line in noted) == {2: 12, 1: 11, 3: 13}[count]


# Faults

def fail_in_one() -> None:
    """Data of the second process fails at some time."""
    read = BaseDataset.__getitem__

    def reading(dataset: BaseDataset, place: Any) -> dict[str, Any]:
        if os.environ["RANK"] == "1" and place.epoch == 2:
            raise UserError("the cupboard is bare")
        return read(dataset, place)

    BaseDataset.__getitem__ = reading  # type: ignore[method-assign]


def break_in_one() -> None:
    """A loss of the second process is no number at some time."""
    step = CycleGANModel.optimize_parameters

    def stepping(model: CycleGANModel) -> None:
        step(model)
        model.steps_done = getattr(model, "steps_done", 0) + 1
        if model.processes.rank == 1 and model.steps_done == 5:
            model.loss_idt_A = model.loss_idt_A * float("nan")

    CycleGANModel.optimize_parameters = stepping  # type: ignore[method-assign]


def spoil_in_one() -> None:
    """Two images of the second process can't be read."""
    item = BaseDataset.__getitem__

    def reading(dataset: BaseDataset, place: Any) -> dict[str, Any]:
        found = item(dataset, place)
        if os.environ["RANK"] == "1" and place.epoch == 1 and place.index > 6:
            found["bad_images"] = json.dumps([(f"{place.index}.png", "no image")])
        return found

    BaseDataset.__getitem__ = reading  # type: ignore[method-assign]


def other_images() -> None:
    """The second process, as on another machine, finds fewer images."""
    if os.environ["RANK"] == "1":
        sys.argv.append("--max_dataset_size=5")


def fail_by_itself() -> None:
    """The second process fails in the midst of a step, where the first one waits for it."""
    step = CycleGANModel.backward_G

    def stepping(model: CycleGANModel) -> None:
        if model.processes.rank == 1:
            raise BadImage("that.png", "too small")
        step(model)

    CycleGANModel.backward_G = stepping  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("prepare", "status", "told", "images"),
    [
        (fail_in_one, 2, "error: the cupboard is bare", 12),
        (break_in_one, 1, "error: the loss idt_A is no finite number since iteration 5, in epoch 1; last good", 0),
        (spoil_in_one, 2, r"error: [1-5] of 24 training images can't be read, more than --max_bad_images 0.02", None),
        (other_images, 2, "error: not all processes see the same images in .*: copy them to all machines", 0),
    ],
)
def test_what_is_wrong_in_one_process_ends_all_and_is_told_once(bench, prepare, status, told, images):
    name = prepare.__name__
    argv = options(bench, "--save_latest_freq=1000", "--save_epoch_freq=1000", "--max_bad_images=0.02")
    statuses, said = ended(bench, name, [*argv, "--print_freq=4"], prepare)
    assert statuses == [status, status]
    assert len(re.findall(told, said)) == said.count("error:") == 1, said
    assert "Traceback" not in said
    saved = run_of(bench, name) / "training.json"
    assert saved.is_file() == (images != 0)
    assert images in (None, 0) or json.loads(saved.read_text())["images"] == images


def test_a_fault_where_others_wait_ends_them_too(bench):
    statuses, said = ended(bench, "alone", options(bench), fail_by_itself)
    assert statuses == [1, 2]
    assert said.count("error: can't read the image that.png (too small)") == 1
    assert said.count("error: another process of this run has ended or can't be reached any more") == 1


def test_options_that_can_not_be_are_told_once(bench):
    statuses, said = ended(bench, "wrong", options(bench, "--niter=0", "--niter_decay=0"))
    assert (statuses, said.count("\n")) == ([2, 2], 1)
    assert not run_of(bench, "wrong").exists()


def test_a_second_run_of_the_name_is_refused(bench):
    first = bench.start("twice", options(bench, "--niter=500"), 2)
    try:
        wait_for(run_of(bench, "twice") / "training.json", "images")
        statuses, said = ended(bench, "twice", ["--continue_train"])
        assert statuses == [2, 2]
        assert said.count(f"twice is being trained by process {first.pid} on") == 1
    finally:
        first.kill()


# torchrun

@pytest.fixture
def torchrun(bench: Bench) -> Iterator[Any]:
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *argv: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2",
                   "--max_restarts=1", ROOT / "train.py", f"--checkpoints_dir={bench.folder}/checkpoints",
                   f"--name={name}", *argv]  # fmt: skip
        with (bench.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(60)


def wait_for(path: Path, text: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not (path.is_file() and text in path.read_text(errors="replace")):
        assert time.monotonic() < end, f"{text} in {path}"
        time.sleep(0.05)


def children(process: int) -> list[int]:
    """Processes that one has started, oldest first."""
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no list of processes")
def test_torchrun_starts_again_what_was_killed_and_stops_what_it_is_told_to_stop(bench, torchrun):
    argv = options(bench, *PAIRS, "--niter=500", "--niter_decay=0", "--save_epoch_freq=1000")
    process = torchrun("elastic", *argv)
    run = run_of(bench, "elastic")
    wait_for(run / "loss_log.txt", "(epoch: 2, iters: 4,")
    killed = children(process.pid)[1]
    os.kill(killed, signal.SIGKILL)
    wait_for(run / "loss_log.txt", "(epoch: 3, iters: 4,")
    assert killed not in children(process.pid)
    process.terminate()
    assert process.wait(60) != 0
    said = (bench.folder / "elastic.log").read_text()
    assert said.count("error: another process of this run has ended") == 1
    assert said.count("stopped by SIGTERM after iteration") == 1
    # It was the same training all the time: one that nobody disturbed comes to the same.
    images = json.loads((run / "training.json").read_text())["images"]
    epochs = [f"--niter={images // 11 + 1}", "--niter_decay=0"]
    bench.finish("elastic", ["--continue_train", *epochs], 2)
    bench.finish("steady", options(bench, *PAIRS, *epochs, "--save_epoch_freq=1000"), 2)
    assert_same(bench, "steady", "elastic")
