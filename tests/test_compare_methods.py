"""Methods are given the same time, and their figures end up in a table."""
import json

import pytest

import train as train_door
from scripts import compare_methods
from scripts.compare_methods import Part, epochs_of
from tests.evaluating import save_data
from tests.helpers import run_main, save_noise
from util.errors import UserError

TINY = "--netG resnet_6blocks --ngf 2 --ndf 2 --loadSize 24 --fineSize 24 --input_nc 1 --batch_size 8"
RECIPE = {
    "CycleGAN": {"": Part(1, TINY)},
    "two stages": {
        "scans": Part(0.5, TINY),
        "": Part(0.5, "--model colorizer --scan_generator {scans} --stages 24 --ngf 2 --ndf 2 --batch_size 8"),
    },
    "true pairs": {"": Part(1, f"{TINY} --model pix2pix --netG resnet_6blocks --norm instance")},
}


def train_here(checkpoints, name, data, *options):
    """As the script trains, without the seconds that a process of its own takes to begin."""
    argv = ["--checkpoints_dir", checkpoints, "--name", name, "--dataroot", data, "--gpu_ids=-1", "--num_threads=0",
            "--display_id=0", "--no_html", "--val_freq=0", *options]  # fmt: skip
    run_main(train_door, *argv)
    return ""


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Drawings that are no pairs, pairs to measure on, and methods that are done in no time."""
    monkeypatch.setattr(compare_methods, "RECIPES", {"drawings": RECIPE, "pages": RECIPE})
    save_data(tmp_path / "data", ["p1", "p2"], labels=True)
    for name in ("p1", "p2", "p3"):
        save_noise(tmp_path / "data/trainA" / f"a{name}.png", (24, 24), mode="L")
        save_noise(tmp_path / "data/trainB" / f"{name}.png", (24, 24))
    return tmp_path / "data"


def compare(data, *argv):
    return run_main(compare_methods, data, "--recipe=drawings", "--out", data.parent / "out", *argv)


def test_time_is_shared_out_as_epochs():
    assert epochs_of(1000, 100) == (10, 100)
    assert epochs_of(240, 100) == (3, 80)
    assert epochs_of(149, 100) == (2, 74)  # the rate is to fall in one of them
    assert epochs_of(0.1, 100) == (2, 1)


def test_methods_are_trained_measured_and_trained_no_second_time(data, capsys, monkeypatch):
    (data.parent / "out").mkdir()
    paces = {f"drawings: {title}": 0.5 for title in ("CycleGAN", "two stages scans", "two stages")}
    (data.parent / "out/pace.json").write_text(json.dumps(paces))
    compare(data, "--minutes=0.05", "--seeds", "1", "--methods", "CycleGAN")  # as a user would
    monkeypatch.setattr(compare_methods, "run_training", train_here)
    compare(data, "--minutes=0.05", "--seeds", "1", "2", "--methods", "CycleGAN", "two stages")
    trained = {folder.name: json.loads((folder / "training.json").read_text())["images"]
               for folder in (data.parent / "out/checkpoints").iterdir()}  # fmt: skip
    # 3 seconds at half a second an image; stages have half of that each, as two epochs of so many.
    assert trained == {
        "cyclegan_1": 6, "cyclegan_2": 6, "two_stages_1": 4, "two_stages_2": 4, "two_stages_1_scans": 4,
        "two_stages_2_scans": 4,
    }  # fmt: skip
    table = (data.parent / "out/figures.md").read_text()
    assert "The rows are of images of different sizes" in table
    rows = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines() if line.startswith("|")]
    assert rows[2:] == ["uncolored", "CycleGAN, last weights", "CycleGAN", "two stages, last weights", "two stages"]
    assert all(told in table for told in ("part color error", "character consistency", " ± "))
    assert (data.parent / "out/grid.png").is_file()
    figures = json.loads((data.parent / "out/figures.json").read_text())
    assert len(figures["CycleGAN"]) == 2
    assert figures["CycleGAN"][0] != figures["CycleGAN"][1]
    assert figures["CycleGAN"] != figures["CycleGAN, last weights"]

    monkeypatch.setattr(compare_methods, "run_training", lambda *_, **__: pytest.fail("trained again"))
    compare(data, "--minutes=0.05", "--seeds", "1", "2", "--methods", "CycleGAN", "two stages")
    assert (data.parent / "out/figures.md").read_text() == table
    with pytest.raises(UserError, match=r"have minutes 0\.05, not 1\.0: give another --out"):
        compare(data, "--minutes=1", "--seeds", "1", "2", "--methods", "CycleGAN")


def test_a_training_that_is_interrupted_is_waited_for(data, monkeypatch):
    """The terminal interrupts it, too; killed, it could not save."""
    asked = []

    class Interrupted:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def communicate(self) -> tuple[str, str]:
            asked.append("ended")
            if len(asked) == 1:
                raise KeyboardInterrupt
            return "", ""

    monkeypatch.setattr(compare_methods.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare_methods.run_training(data.parent / "out", "run", data)
    assert len(asked) == 2


def test_how_fast_a_method_is_is_found_out_first(data, monkeypatch):
    told = "epoch 1 of 3: 9 s, 2.00 images/s\nepoch 2 of 3: 9 s, 8.00 images/s\nepoch 3 of 3: 9 s, 7.00 images/s\n"
    calls = []

    def trained(checkpoints, name, *options):
        (checkpoints / name).mkdir(parents=True)
        calls.append(options)
        return told

    monkeypatch.setattr(compare_methods, "run_training", trained)
    monkeypatch.setattr(compare_methods, "report", lambda *_: None)
    compare(data, "--minutes=1", "--methods", "CycleGAN", "--seeds", "3")
    assert json.loads((data.parent / "out/pace.json").read_text()) == {"drawings: CycleGAN": 1 / 8}
    told_to = " ".join(map(str, calls[1]))
    assert all(told in told_to for told in ("--niter 80 --niter_decay 80", "--max_dataset_size 3", "--seed 3"))


@pytest.mark.parametrize(
    ("argv", "told"),
    [(["--methods", "GAN"], "choose from CycleGAN, two stages"), (["--methods", "true pairs"], "need --pairs"),
     (["--pairs", "nowhere"], "no folder")],
)  # fmt: skip
def test_what_can_not_be_compared_is_refused_before_anything_is_trained(data, argv, told):
    with pytest.raises(UserError, match=told):
        compare(data, *argv)
    assert not (data.parent / "out").exists()
