"""What happens to trainings: kills, signals, full disks, bad images, losses that break, a second run of the name."""
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

import train as train_door
from data import base_dataset
from models.cycle_gan_model import CycleGANModel
from scripts.check_resumption import CASES, COMMON, PLAIN, Bench, Outcome
from tests.helpers import logged_losses, run_main, save_grey, save_noise
from train import Training
from util import checkpoint
from util.errors import RunError, UserError
from util.files import write_text

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
KILLS = 4  # of each case
ENDLESS = ["--niter=500", "--niter_decay=0"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), seed=0)


@pytest.fixture
def start(bench: Bench) -> Iterator[Callable[..., BaseProcess]]:
    """Starts trainings, and ends them when the test is over."""
    started: list[BaseProcess] = []

    def run(name: str, *argv: str) -> BaseProcess:
        process = bench.start(name, [*COMMON, *PLAIN, f"--dataroot={bench.folder}/data", *argv])
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.join()


def wait_for(path: Path, text: str = "", seconds: float = 60) -> None:
    """Until a file exists and holds a text."""
    end = time.monotonic() + seconds
    while not (path.is_file() and text in path.read_text(errors="replace")):
        assert time.monotonic() < end, f"{text or 'nothing'} in {path}"
        time.sleep(0.02)


def train(folder: Path, *argv: str, name: str = "run") -> Path:
    """A training of two epochs, thirty steps each; gives the folder of its run."""
    run_main(train_door, *COMMON, *PLAIN, f"--dataroot={folder}/data", f"--checkpoints_dir={folder}/checkpoints",
        f"--name={name}", "--display_id=0", "--niter=1", "--niter_decay=1", *argv)  # fmt: skip
    return folder / "checkpoints" / name


def at_step(monkeypatch: pytest.MonkeyPatch, step: int, act: Callable[[], object]) -> None:
    """Let something happen after a step of trainings, once, before that is told and saved."""
    report, done = Training.report, []

    def reporting(training: Training, images: int) -> None:
        if training.position.total_steps == step and not done:
            done.append(act())
        report(training, images)

    monkeypatch.setattr(Training, "report", reporting)


def vanish_at(monkeypatch: pytest.MonkeyPatch, step: int, folder: Path, away: Path) -> None:
    at_step(monkeypatch, step, lambda: folder.rename(away))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty scans and thirty colorings."""
    for number in range(30):
        for side in "AB":
            save_noise(tmp_path / "data" / f"train{side}" / f"{number}.png", (20, 20), number)
    return tmp_path


# Kills and signals

@pytest.mark.parametrize("case", CASES)
def test_a_killed_run_goes_on_as_if_nothing_had_been(bench, case):
    outcome = bench.check(case, KILLS)
    assert (outcome.kills, outcome.difference, outcome.fault) == (KILLS, 0, "")
    assert outcome.steps > 100


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_saves_and_ends_the_run(bench, start, number):
    name = f"signal{number}"
    process = start(name, "--num_threads=2", "--save_latest_freq=1000000", "--save_epoch_freq=1000", *ENDLESS)
    run = bench.folder / "checkpoints" / name
    wait_for(run / "loss_log.txt", "iters: 9,")
    os.killpg(process.pid, number)
    process.join(90)
    assert process.exitcode == 128 + number
    assert f"stopped by {number.name} after iteration" in (bench.folder / f"{name}.log").read_text()
    # From there it goes on exactly: a run that was not stopped comes to the same.
    images = json.loads((run / "training.json").read_text())["images"]
    epochs = f"--niter={images // 12 + 1}"
    bench.finish(name, ["--continue_train", epochs, "--niter_decay=0"])
    bench.finish(f"{name}_whole", [*COMMON, *PLAIN, f"--dataroot={bench.folder}/data", epochs, "--niter_decay=0",
                                   "--save_epoch_freq=1000"])  # fmt: skip
    outcome = Outcome()
    bench.compare(f"{name}_whole", name, outcome)
    assert (outcome.difference, outcome.fault) == (0, "")


def test_a_run_that_was_killed_before_its_first_save_begins_anew(folder, capsys):
    whole = train(folder, name="whole")
    run = folder / "checkpoints" / "run"
    run.mkdir()
    shutil.copy(whole / "opt.json", run)
    train(folder, "--continue_train")
    assert "was not saved yet: beginning anew" in capsys.readouterr().out
    assert logged_losses(run) == logged_losses(whole)


# Two runs of one name

def test_a_second_run_of_the_name_is_refused_while_the_first_lives(bench, start):
    first = start("twice", "--num_threads=1", *ENDLESS)
    run = bench.folder / "checkpoints" / "twice"
    wait_for(run / "training.json")
    again = [f"--dataroot={bench.folder}/data", f"--checkpoints_dir={bench.folder}/checkpoints", "--name=twice",
             "--continue_train", "--niter=1", "--niter_decay=0", "--save_epoch_freq=1"]  # fmt: skip
    with pytest.raises(UserError, match=rf"twice is being trained by process {first.pid} on "):
        run_main(train_door, *again)
    first.kill()
    first.join()
    run_main(train_door, *again)  # at once, while processes that loaded images for the first may still be there
    assert not (run / ".lock").exists()


# Disks

@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk takes a privilege")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(8_000_000))
    return filler


def test_a_full_disk_costs_saves_and_not_the_run(bench, start, small_disk):
    process = start("full", f"--checkpoints_dir={small_disk}", "--save_latest_freq=12", *ENDLESS)
    said, run = bench.folder / "full.log", small_disk / "full"
    wait_for(run / "training.json")
    filler = fill(small_disk)
    wait_for(said, "warning: can't save")
    assert "No space left on device); last good save: iteration" in said.read_text()
    # The old save is whole: it is taken up elsewhere.
    os.kill(process.pid, signal.SIGSTOP)
    shutil.copytree(run, bench.folder / "checkpoints" / "rescued")
    os.kill(process.pid, signal.SIGCONT)
    seen = json.loads((run / "training.json").read_text())["images"]
    epoch = said.read_text().count("learning rate")
    wait_for(said, f"epoch {epoch + 2} of")  # it goes on
    filler.unlink()
    end = time.monotonic() + 60
    while json.loads((run / "training.json").read_text())["images"] == seen and time.monotonic() < end:
        time.sleep(0.02)
    assert json.loads((run / "training.json").read_text())["images"] > seen
    process.kill()
    process.join()
    bench.finish("rescued", ["--continue_train", f"--niter={seen // 12 + 1}", "--niter_decay=0"])


def test_a_final_save_that_fails_fails_the_run(bench, start, small_disk):
    process = start("end", f"--checkpoints_dir={small_disk}", "--save_latest_freq=1000000", "--save_epoch_freq=2",
                    "--niter=6", "--niter_decay=0")  # fmt: skip
    run = small_disk / "end"
    wait_for(run / "training.json")
    saved = {path.name: path.read_bytes() for path in run.glob("latest_*")}
    fill(small_disk)
    process.join(60)
    assert process.exitcode == 1
    assert "make room there, and go on from it with --continue_train" in (bench.folder / "end.log").read_text()
    assert {path.name: path.read_bytes() for path in run.glob("latest_*")} == saved


def test_a_disk_that_vanishes_costs_saves_and_not_the_run(folder, monkeypatch, capsys):
    whole = train(folder, name="whole")
    run, away = folder / "checkpoints" / "run", folder / "away"
    vanish_at(monkeypatch, 15, run, away)
    vanish_at(monkeypatch, 45, away, run)
    train(folder)
    told = capsys.readouterr().out
    assert told.count("warning: can't save in") > 5
    assert told.count("warning: can't write loss_log.txt") == 1
    assert logged_losses(run) == logged_losses(whole)  # told late, but told
    assert not away.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(("argv", "status"), [([], 0), (["--lr=1e20"], 1), (["--niter=0", "--niter_decay=0"], 2)])
def test_what_can_not_be_said_does_not_end_the_run(folder, argv, status):
    command = [sys.executable, ROOT / "train.py", *COMMON, *PLAIN, f"--dataroot={folder}/data", "--name=run",
               f"--checkpoints_dir={folder}/checkpoints", "--display_id=0", *argv]  # fmt: skip
    with open("/dev/full", "w") as full:
        assert subprocess.run(command, stdout=full, stderr=full, timeout=60).returncode == status


def test_a_folder_that_can_not_be_written_is_refused_at_once(folder):
    write_text(folder / "checkpoints", "a file")
    with pytest.raises(UserError, match=r"can't write to .*checkpoints/run .*: give another --checkpoints_dir"):
        train(folder)


# Bad images

def test_bad_images_are_replaced_named_and_counted(folder, capsys):
    spoilt = folder / "data" / "trainA" / "7.png"
    spoilt.write_bytes(spoilt.read_bytes()[:60])
    (folder / "data" / "trainA" / "8.png").write_bytes(b"")
    run = train(folder)
    named = (run / "bad_images.txt").read_text().splitlines()
    assert sorted(Path(line.partition(": ")[0]) for line in named) == [spoilt, spoilt.with_name("8.png")]
    assert "7.png: " in "".join(named)
    told = capsys.readouterr().out
    assert len(re.findall(r"^epoch \d: unreadable images replaced by others: \d; bad_images.txt", told, re.M)) == 2
    # Whoever reads them, and wherever the run was broken off: the same ones stand in.
    assert logged_losses(train(folder, "--num_threads=2", name="again")) == logged_losses(run)
    half = train(folder, "--niter_decay=0", "--lr_policy=step", name="half")
    train(folder, "--continue_train", "--niter=2", "--niter_decay=0", name="half")
    steady = train(folder, "--niter=2", "--niter_decay=0", "--lr_policy=step", name="steady")
    assert logged_losses(half) == logged_losses(steady)
    assert (half / "bad_images.txt").read_text() == (steady / "bad_images.txt").read_text()


def test_too_many_bad_images_stop_the_run_which_goes_on_when_they_are_mended(folder):
    for number in range(4):
        (folder / "data" / "trainA" / f"{number}.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"4 of 60 training images can't be read, more than --max_bad_images 0.05: "):
        train(folder, "--max_bad_images=0.05")
    run = folder / "checkpoints" / "run"
    assert len((run / "bad_images.txt").read_text().splitlines()) == 4
    with pytest.raises(UserError, match="4 of 60"):
        train(folder, "--continue_train")
    for number in range(3):
        save_noise(folder / "data" / "trainA" / f"{number}.png", (20, 20), number)
    train(folder, "--continue_train")
    assert json.loads((run / "training.json").read_text())["epochs"] == 2
    assert [line.split(": ")[0][-5:] for line in (run / "bad_images.txt").read_text().splitlines()] == ["3.png"]


def test_data_that_is_gone_for_a_while_is_waited_for(folder, monkeypatch):
    whole = train(folder, name="whole")
    data, away = folder / "data", folder / "away"
    vanish_at(monkeypatch, 40, data, away)
    monkeypatch.setattr(base_dataset, "sleep", lambda _: away.rename(data))
    run = train(folder)
    assert not away.exists()
    assert logged_losses(run) == logged_losses(whole)
    assert not (run / "bad_images.txt").exists()


def test_what_was_learned_is_saved_when_the_data_is_gone_for_good(folder, monkeypatch):
    data, away = folder / "data", folder / "away"
    vanish_at(monkeypatch, 40, data, away)
    monkeypatch.setattr(base_dataset, "sleep", lambda _: None)
    with pytest.raises(UserError, match="data is gone: bring it back"):
        train(folder, "--save_latest_freq=1000000")
    away.rename(data)
    run = folder / "checkpoints" / "run"
    assert json.loads((run / "training.json").read_text())["images"] == 40
    train(folder, "--continue_train")
    assert logged_losses(run) == logged_losses(train(folder, name="whole"))


def test_a_loading_process_that_dies_ends_the_run_after_a_save(folder, monkeypatch):
    def kill_loaders() -> None:
        for child in multiprocessing.active_children():
            child.kill()

    at_step(monkeypatch, 40, kill_loaders)
    with pytest.raises(RunError, match="a process that loads images has died"):
        train(folder, "--num_threads=1", "--save_latest_freq=1000000")
    run = folder / "checkpoints" / "run"
    assert json.loads((run / "training.json").read_text())["images"] >= 40
    train(folder, "--continue_train", "--num_threads=0")
    assert logged_losses(run) == logged_losses(train(folder, name="whole"))


def test_bad_images_whose_names_are_no_text(folder):
    (folder / "data" / "trainA" / os.fsdecode(b"\x83\x8f\x83.png")).write_bytes(b"no image")
    run = train(folder)
    assert (run / "bad_images.txt").read_text().count("no image, or damaged") == 1


def test_a_folder_of_bad_images_alone_is_given_up(folder):
    for path in (folder / "data" / "trainB").iterdir():
        path.write_bytes(b"no image")
    with pytest.raises(UserError, match=r"can't read the image .*trainB.*: mend or remove it"):
        train(folder, "--max_bad_images=1")


def test_an_image_too_small_for_the_discriminator_is_named(folder):
    for side in "AB":
        shutil.rmtree(folder / "data" / f"train{side}")
        save_noise(folder / "data" / f"train{side}" / "banner.png", (40, 12))
    with pytest.raises(UserError, match=r"too small for the discriminator.* \(at .*banner\.png\)"):
        train(folder, "--resize_or_crop=none", "--netD=basic", "--serial_batches")


@pytest.mark.parametrize("change", ["grown", "shrunk", "renamed", "moved"])
def test_a_data_set_that_is_another_now_is_noticed(folder, capsys, change):
    run = train(folder, "--niter=1", "--niter_decay=0")
    image = folder / "data" / "trainA" / "3.png"
    root = folder / "data"
    if change == "grown":
        save_grey(folder / "data" / "trainA" / "new.png", 3, (20, 20))
    elif change == "shrunk":
        image.unlink()
    elif change == "renamed":
        image.rename(image.with_name("03.png"))
    else:
        root = root.rename(folder / "elsewhere")
    capsys.readouterr()
    train(folder, "--continue_train", "--niter=2", f"--dataroot={root}")
    told = {
        "grown": "(30 images in A then, 31 now)", "shrunk": "(30 images in A then, 29 now)",
        "renamed": "(30 images in A, but not the same ones)",
    }  # fmt: skip
    expected = f"warning: the data set has changed since the last save {told[change]}" if change in told else ""
    said = capsys.readouterr().out
    assert expected in said
    assert ("has changed" in said) == bool(expected)
    assert json.loads((run / "training.json").read_text())["epochs"] == 3


# Losses that break

def test_losses_that_break_stop_the_run_and_leave_the_last_good_save(folder):
    with pytest.raises(RunError) as caught:
        train(folder, "--lr=1e20", "--print_freq=20", "--save_latest_freq=1")
    told = str(caught.value)
    assert "no finite number" in told
    assert "To go on from it with --continue_train, lower --lr" in told
    run = folder / "checkpoints" / "run"
    state = checkpoint.load(run / "latest_state.pth")
    assert f"last good save: iteration {state['position']['total_steps']}, in epoch 1." in told
    for path in run.glob("latest_net_*.pth"):
        assert all(value.isfinite().all() for value in checkpoint.load_weights(path).values())


@pytest.mark.parametrize(("print_freq", "steps"), [(4, 8), (10, 10)])
def test_the_loss_and_its_iteration_are_named_within_print_freq_images(folder, monkeypatch, print_freq, steps):
    step, done = CycleGANModel.optimize_parameters, []

    def breaking(model: CycleGANModel) -> None:
        step(model)
        done.append(1)
        if len(done) == 6:
            model.loss_cycle_A = model.loss_cycle_A * float("nan")

    monkeypatch.setattr(CycleGANModel, "optimize_parameters", breaking)
    with pytest.raises(RunError, match=r"^the loss cycle_A is no finite number since iteration 6, in epoch 1; "):
        train(folder, f"--print_freq={print_freq}", "--save_latest_freq=1000")
    assert len(done) == steps
    assert not list((folder / "checkpoints" / "run").glob("*.pth"))


def test_a_save_that_was_cut_short_is_finished_or_forgotten_by_the_next_process(folder):
    run = train(folder)
    (run / ".saving").mkdir()  # of a process that was killed while it wrote
    (run / ".saving" / "latest_state.pth").write_bytes(b"half")
    (run / ".saved").mkdir()  # and of one that was killed when it had decided
    for path in run.glob("latest_*"):
        path.rename(run / ".saved" / path.name)
    train(folder, "--continue_train", "--niter=2")
    assert not list(run.glob(".sav*"))
    assert json.loads((run / "training.json").read_text())["epochs"] == 3


# Saves that are not of one piece, and none of ours

def test_networks_of_another_save_are_refused(folder):
    run = train(folder)
    shutil.copy(run / "1_net_G_B.pth", run / "latest_net_G_B.pth")
    with pytest.raises(UserError, match=r"latest_net_G_B.pth was not saved together with latest_state.pth: copy all"):
        train(folder, "--continue_train", "--niter=3")
    (run / "latest_state.pth").unlink()
    train(folder, "--continue_train", "--epoch_count=3", "--niter=3")


@pytest.mark.parametrize("lacking", [(), ("D_A", "D_B")])
def test_checkpoints_of_cycle_gan_code_continue_from_their_networks(folder, capsys, lacking):
    run = folder / "checkpoints" / "run"
    run.mkdir(parents=True)
    for path in (GOLDEN / "cycle_gan" / "init").glob("*.pth"):
        if path.stem.removeprefix("latest_net_") not in lacking:
            shutil.copy(path, run)
    before = checkpoint.load_weights(run / "latest_net_G_A.pth")
    train(folder, "--continue_train", "--epoch_count=2", "--ngf=4", "--ndf=4", "--netD=basic", "--fineSize=32",
          "--loadSize=32", "--lr=1e-9")  # fmt: skip
    told = capsys.readouterr().out
    assert "going on from the networks of epoch latest alone, with epoch 2: optimizers, learning rates, image" in told
    for name in ("D_A", "D_B"):
        assert (f"the discriminator {name} begins anew" in told) == (name in lacking)
    after = checkpoint.load_weights(run / "latest_net_G_A.pth")
    assert all(torch.allclose(before[key], after[key], atol=1e-6) for key in after)
