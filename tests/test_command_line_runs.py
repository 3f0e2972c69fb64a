"""Training and coloring from the command line, from drawings on disk to the files that a user finds."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import test as test_door
import train as train_door
from models.networks import define_G
from models.page_colorizer import PageColorizer
from tests.helpers import interrupted_at, logged_losses, run_main, save_noise
from util import checkpoint

ROOT = Path(__file__).resolve().parents[1]
# Four images an epoch, epochs 1 and 2; pool and state are saved every third image.
TINY = [
    "--gpu_ids=-1", "--num_threads=0", "--ngf=2", "--ndf=2", "--netG=resnet_6blocks", "--loadSize=28", "--fineSize=24",
    "--niter=1", "--niter_decay=1", "--pool_size=2", "--print_freq=1", "--save_latest_freq=3", "--save_epoch_freq=1",
    "--display_freq=4", "--update_html_freq=4", "--input_nc=1",
]  # fmt: skip


def train(folder: Path, name: str, *argv: str) -> Path:
    """A tiny training on the data in `folder`; gives the folder of its run."""
    run_main(train_door, *TINY, f"--dataroot={folder}/data", f"--checkpoints_dir={folder}/checkpoints",
        f"--name={name}", *argv)  # fmt: skip
    return folder / "checkpoints" / name


def go_on(folder: Path, name: str, *argv: str) -> None:
    run_main(train_door, f"--checkpoints_dir={folder}/checkpoints", f"--name={name}", "--continue_train", *argv)


def color(folder: Path, name: str, dataroot: Path, *argv: str) -> dict[str, Image.Image]:
    """What test.py makes of `dataroot` with a run: pictures by their path below images/."""
    results = folder / "results"
    run_main(test_door, f"--dataroot={dataroot}", f"--checkpoints_dir={folder}/checkpoints", f"--name={name}",
        f"--results_dir={results}", "--gpu_ids=-1", "--num_threads=0", *argv)  # fmt: skip
    pages = list((results / name).glob("*/images"))
    assert len(pages) == 1
    assert (pages[0].parent / "index.html").is_file()
    return {str(path.relative_to(pages[0])): Image.open(path) for path in pages[0].rglob("*.png")}


def same_weights(first: Path, second: Path) -> bool:
    names = sorted(path.name for path in first.glob("latest_net_*.pth"))
    assert names == sorted(path.name for path in second.glob("latest_net_*.pth"))
    states = ([torch.load(folder / name, weights_only=True) for name in names] for folder in (first, second))
    return all(torch.equal(a[key], b[key]) for a, b in zip(*states, strict=True) for key in a)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four scans, three colorings; checkpoints/whole is a training of two epochs on them."""
    folder = tmp_path_factory.mktemp("runs")
    for number in range(7):
        save_noise(folder / "data" / f"train{'AB'[number % 2]}" / f"{number}.png", (30 + number, 40), number)
    train(folder, "whole")
    return folder


@pytest.fixture
def pages(tmp_path):
    """Pages of odd sizes, in folders, with names to mind."""
    sizes = {"a": (31, 17), "deep/er/b": (1, 9), "c d#é": (40, 24)}
    for name, size in sizes.items():
        save_noise(tmp_path / "pages" / f"{name}.png", size, mode="L")
    return tmp_path / "pages", {f"{name}.png": size for name, size in sizes.items()}


def test_what_a_training_leaves(folder):
    whole = folder / "checkpoints" / "whole"
    names = ("D_A", "D_B", "G_A", "G_A_ema", "G_B", "G_B_ema")
    nets = [f"{epoch}_net_{name}.pth" for epoch in ("1", "2", "latest") for name in names]
    other = ["latest_state.pth", "loss_log.txt", "opt.json", "opt.txt", "tb", "training.json", "web"]
    assert sorted(path.name for path in whole.iterdir()) == sorted(nets + other)
    assert (whole / "web" / "index.html").is_file()
    assert list((whole / "web" / "images").iterdir())
    assert list((whole / "tb").rglob("*tfevents*"))
    assert [line[:19] for line in logged_losses(whole)] == [
        f"(epoch: {epoch}, iters: {image}" for epoch in (1, 2) for image in (1, 2, 3, 4)
    ]
    assert all("nan" not in line for line in logged_losses(whole))
    history = json.loads((whole / "training.json").read_text())
    assert (history["epochs"], history["images"]) == (2, 8)


def test_the_end_is_saved_whatever_the_frequencies_say(folder):
    rare = train(folder, "rare", "--save_epoch_freq=5", "--save_latest_freq=5000")
    assert {"2_net_G_A.pth", "latest_net_G_A.pth", "latest_state.pth"} <= {path.name for path in rare.iterdir()}
    assert same_weights(rare, folder / "checkpoints" / "whole")


def test_the_same_seed_repeats_a_training_whatever_reads_it(folder):
    again = train(folder, "again", "--num_threads=2")
    assert logged_losses(again) == logged_losses(folder / "checkpoints" / "whole")
    assert same_weights(again, folder / "checkpoints" / "whole")
    assert not same_weights(train(folder, "other", "--seed=1", "--niter_decay=0"), again)


@pytest.mark.parametrize("images", [5, 7])  # in epoch 2: before and after what was saved in it, at image 6
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(folder, images):
    name = f"interrupted{images}"
    with interrupted_at(images):
        train(folder, name)
    go_on(folder, name)
    whole, resumed = folder / "checkpoints" / "whole", folder / "checkpoints" / name
    assert logged_losses(resumed) == logged_losses(whole)
    assert same_weights(whole, resumed)


def test_a_finished_training_gets_more_epochs(folder):
    longer = train(folder, "longer")
    go_on(folder, "longer", "--niter=3")
    assert [line.split(",")[0] for line in logged_losses(longer)][8:] == ["(epoch: 3"] * 4 + ["(epoch: 4"] * 4
    assert not same_weights(longer, folder / "checkpoints" / "whole")
    assert json.loads((longer / "training.json").read_text())["images"] == 16
    # From the first of the new epochs on, the learning rate is that of the new calendar.
    states = [torch.load(longer / f"{epoch}_net_G_A.pth", weights_only=True) for epoch in (2, 3)]
    assert not torch.equal(states[0]["model.1.weight"], states[1]["model.1.weight"])


def test_going_back_to_an_earlier_epoch(folder, capsys):
    back = train(folder, "earlier")
    go_on(folder, "earlier", "--epoch=1")
    assert "from the networks of epoch 1 alone" in capsys.readouterr().out
    assert [line.split(",")[0] for line in logged_losses(back)][8:] == ["(epoch: 2"] * 4


@pytest.mark.parametrize(("direction", "mode"), [("AtoB", "RGB"), ("BtoA", "L")])
def test_pages_come_back_whole_under_their_names(folder, pages, tmp_path, direction, mode):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    source, sizes = pages
    colored = color(tmp_path, "whole", source, f"--direction={direction}")
    assert {name: picture.size for name, picture in colored.items()} == sizes
    assert {picture.mode for picture in colored.values()} == {mode}  # G_A colors, G_B gives one channel


def test_pages_are_seen_at_the_scale_of_the_training(folder, pages, tmp_path, monkeypatch):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    seen = []
    run = PageColorizer.run
    monkeypatch.setattr(PageColorizer, "run", lambda self, pixels: (seen.append(pixels.shape), run(self, pixels))[1])
    for argv in ([], ["--loadSize=56"], ["--resize_or_crop=scale_width"], ["--page_size=native"], ["--page_size=9"]):
        color(tmp_path, "whole", pages[0] / "a.png", *argv)
    # 31 × 17, of which training made 28 × 28
    assert seen == [(21, 38), (41, 76), (15, 28), (17, 31), (9, 16)]


@pytest.mark.parametrize(
    ("argv", "count", "size"),
    [
        ([], 55, (8, 8)),
        (["--num_test=3"], 3, (8, 8)),
        (["--num_test=99", "--aspect_ratio=2"], 55, (16, 8)),
        (["--aspect_ratio=0.5", "--max_dataset_size=4"], 4, (8, 16)),
    ],
)
def test_everything_is_colored_unless_told_otherwise(folder, tmp_path, argv, count, size):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    for number in range(55):
        save_noise(tmp_path / "pages" / f"{number}.png", (8, 8), number, mode="L")
    colored = color(tmp_path, "whole", tmp_path / "pages", *argv)
    assert sorted(colored) == sorted(f"{number}.png" for number in range(count))
    assert {picture.size for picture in colored.values()} == {size}


def test_one_image_and_another_epoch(folder, pages, tmp_path):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    assert list(color(tmp_path, "whole", pages[0] / "a.png", "--epoch=1")) == ["a.png"]


def test_a_generator_by_its_suffix(folder, pages, tmp_path):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    by_name = color(tmp_path / "a", "whole", pages[0], f"--checkpoints_dir={folder}/checkpoints", "--direction=BtoA")
    by_suffix = color(tmp_path / "b", "whole", pages[0], f"--checkpoints_dir={folder}/checkpoints", "--model_suffix=_B")
    assert by_name.keys() == by_suffix.keys()
    assert all(np.array_equal(by_name[name], by_suffix[name]) for name in by_name)


@pytest.mark.parametrize(("argv", "generator"), [([], "G_A"), (["--direction=AtoB"], "G_B")])
def test_the_direction_of_the_training_is_kept(folder, pages, tmp_path, capsys, argv, generator):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    train(folder, f"back_{generator}", "--direction=BtoA", "--niter_decay=0")
    save_noise(tmp_path / "data" / "testB" / "from_B.png", (24, 24))
    save_noise(tmp_path / "data" / "testA" / "from_A.png", (24, 24))
    capsys.readouterr()
    expected = "from_B.png" if generator == "G_A" else "from_A.png"
    assert list(color(tmp_path, f"back_{generator}", tmp_path / "data", *argv)) == [expected]
    assert f"latest_net_{generator}_ema.pth" in capsys.readouterr().out


def test_cycle_gan_itself_colors_too(folder, tmp_path):
    (tmp_path / "checkpoints").symlink_to(folder / "checkpoints")
    made = color(tmp_path, "whole", folder / "data", "--model=cycle_gan", "--phase=train", "--num_test=2")
    assert {"0_fake_B.png", "0_rec_A.png", "2_fake_A.png"} <= made.keys()


def test_eval_uses_the_statistics_of_the_training(folder, pages, tmp_path):
    """Batch norms take those of the page unless --eval; dropout is off for whole pages, and --model pix2pix, which
    shows what training makes, drops out at random unless --eval."""
    for number in range(2):
        save_noise(folder / "data" / "train" / f"{number}.png", (60, 30), number)
    train(folder, "pairs", "--model=pix2pix", "--norm=batch", "--niter_decay=0")
    (tmp_path / "pairs").symlink_to(folder / "data")
    pairs = ["--model=pix2pix", "--phase=train"]
    kinds = [("a.png", pages[0], []), ("0_fake_B.png", tmp_path / "pairs", pairs)]
    same = {}
    for name, source, argv in kinds:
        runs = [
            color(tmp_path / name / str(n), "pairs", source, f"--checkpoints_dir={folder}/checkpoints", *argv, *more)
            for n, more in enumerate((["--eval"], ["--eval", "--seed=4"], [], ["--seed=4"]))
        ]
        same[name] = [np.array_equal(runs[a][name], runs[b][name]) for a, b in ((0, 1), (0, 2), (2, 3))]
    assert same == {"a.png": [True, False, True], "0_fake_B.png": [True, False, False]}


def test_batch_norms_that_saw_several_images_go_with_the_statistics_of_the_training(folder, pages, tmp_path):
    for number in range(2):
        save_noise(folder / "data" / "train" / f"{number}.png", (60, 30), number)
    train(folder, "batches", "--model=pix2pix", "--norm=batch", "--batch_size=2", "--niter_decay=0")
    argv = "batches", pages[0], f"--checkpoints_dir={folder}/checkpoints"
    usual, with_eval, without = (
        color(tmp_path / str(n), *argv, *more)["a.png"] for n, more in enumerate(([], ["--eval"], ["--no_eval"]))
    )
    assert np.array_equal(usual, with_eval)
    assert not np.array_equal(usual, without)
    by_hand = PageColorizer.from_checkpoint(folder / "checkpoints" / "batches", "cpu")
    assert not by_hand.net.training


def test_foreign_weights_without_options(pages, tmp_path, capsys):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "init").symlink_to(ROOT / "tests" / "golden" / "cycle_gan" / "init")
    colored = color(tmp_path, "init", pages[0])
    assert {name: picture.size for name, picture in colored.items()} == pages[1]
    assert "architecture from its weights\n" in capsys.readouterr().out


def test_what_foreign_weights_do_not_tell_is_said(pages, tmp_path, capsys):
    unet = define_G(3, 3, 2, "unet_128")
    checkpoint.save(unet.state_dict(), tmp_path / "checkpoints" / "foreign" / "latest_net_G.pth")
    assert color(tmp_path, "foreign", pages[0]).keys() == pages[1].keys()
    assert "its weights, which do not tell --no_dropout\n" in capsys.readouterr().out


def test_the_doors_run_as_programs(folder, pages, tmp_path):
    command = [sys.executable, str(ROOT / "test.py"), f"--checkpoints_dir={folder}/checkpoints", "--name=whole",
               f"--dataroot={pages[0]}"]  # fmt: skip
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("no CUDA device here") == 1
    assert (tmp_path / "results" / "whole" / "test_latest" / "images" / "deep" / "er" / "b.png").is_file()
    failed = subprocess.run([*command, "--ngf=9"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert failed.stderr.startswith("error: ")
