"""--val_freq: figures while a run trains, which change nothing of it, and the networks that colored best."""
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import train as train_door
from data.image_folder import read_image
from models.page_colorizer import PageColorizer
from options.test_options import TestOptions
from tests.helpers import run_main, save_noise
from util import checkpoint
from util.errors import UserError
from util.label_maps import read_label_map
from util.metrics import measure

RUN = ["--gpu_ids=-1", "--ngf=4", "--ndf=4", "--netG=resnet_6blocks", "--netD=pixel", "--loadSize=36", "--fineSize=32",
       "--niter=2", "--niter_decay=1", "--num_threads=0", "--print_freq=2", "--dropout", "--display_freq=2",
       "--update_html_freq=2"]  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six drawings to learn from, and three pairs to validate with."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(6):
        for side, mode in (("A", "L"), ("B", "RGB")):
            save_noise(folder / f"train{side}" / f"{number}.png", (40, 40), number, mode)
            if number < 3:
                save_noise(folder / f"val{side}" / f"{number}.png", (40, 48), 10 + number, mode)
    return folder


def train(data: Path, folder: Path, name: str, *argv: str) -> Path:
    run_main(train_door, *RUN, f"--dataroot={data}", f"--checkpoints_dir={folder}", f"--name={name}", *argv)
    return folder / name


def told(run: Path) -> list[dict[str, float]]:
    """The figures of each line of validation."""
    lines = [line for line in (run / "loss_log.txt").read_text().splitlines() if ", validation)" in line]
    return [{name: float(value) for name, value in re.findall(r"(\w+): (-?[\d.]+)", line.partition(")")[2])}
            for line in lines]  # fmt: skip


def test_figures_are_told_and_the_best_networks_kept(data, tmp_path):
    run = train(data, tmp_path, "told", "--val_freq=4", "--save_latest_freq=1000")
    figures = told(run)
    assert len(figures) == 5  # after 4, 8, 12 and 16 images, and at the end
    assert {"ciede2000", "ciede2000_colored", "ssim", "chroma_ratio"} <= figures[0].keys()
    assert "CIEDE2000 colored" in (run / "web" / "index.html").read_text()
    validation = checkpoint.load(run / "latest_state.pth")["validation"]
    assert [images for images, _ in validation["history"]] == [4, 8, 12, 16, 18]
    losses = [each["ciede2000_colored"] for each in figures]
    assert validation["best"][0] == pytest.approx(min(losses), abs=1e-3)
    assert (run / "best_net_G_A_ema.pth").is_file()
    TestOptions().parse([f"--checkpoints_dir={tmp_path}", "--name=told", "--epoch=best", "--dataroot", "none"])


@pytest.mark.parametrize("argv", [["--netG=unet_128", "--norm=batch", "--ema=0"], []])
def test_training_is_the_same_with_and_without(data, tmp_path, argv):
    runs = [train(data, tmp_path, name, f"--val_freq={freq}", *argv) for name, freq in (("with", 4), ("without", 0))]
    for path in runs[1].glob("latest_net_*.pth"):
        one, other = (checkpoint.load(run / path.name) for run in runs)
        assert all(torch.equal(value, other[key]) for key, value in one.items()), path.name
    assert told(runs[1]) == []


def test_without_colorings_there_are_figures_without_a_truth(data, tmp_path):
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "valA").symlink_to(data / "valA")
    figures = told(train(data, tmp_path, "alone", "--val_freq=8", f"--val_dataroot={tmp_path / 'val'}"))
    assert {frozenset(each) for each in figures} == {frozenset({"ink_fidelity", "colorfulness"})}


def test_plateau_needs_true_colorings(data, tmp_path):
    (tmp_path / "val").mkdir()
    (tmp_path / "val" / "valA").symlink_to(data / "valA")
    argv = [f"--val_dataroot={tmp_path / 'val'}", "--lr_policy=plateau", "--plateau_on=val"]
    with pytest.raises(UserError, match=r"--plateau_on val needs .*valB, which is not there"):
        train(data, tmp_path, "refused", *argv)


def test_drawings_with_colorings_are_chosen_before_others(data, tmp_path, capsys):
    """Of ten drawings two have one, and two are wanted."""
    for number in range(10):
        save_noise(tmp_path / "val" / "valA" / f"{number}.png", (40, 40), number, "L")
    for number in (3, 8):
        save_noise(tmp_path / "val" / "valB" / f"{number}.png", (40, 40), number, "RGB")
    argv = ["--val_freq=10", f"--val_dataroot={tmp_path / 'val'}", "--val_images=2"]
    assert "ssim" in told(train(data, tmp_path, "paired", *argv))[0]
    assert "warning" not in capsys.readouterr().out
    for number in (3, 8):
        (tmp_path / "val" / "valB" / f"{number}.png").rename(tmp_path / "val" / "valB" / f"other{number}.png")
    assert "ssim" not in told(train(data, tmp_path, "unlike", *argv))[0]
    assert "valB has no coloring of the name of a drawing in valA" in capsys.readouterr().out


def test_figures_are_those_of_the_averaged_weights_with_the_right_truths_and_labels(data, tmp_path):
    for side in "AB":
        shutil.copytree(data / f"val{side}", tmp_path / "val" / f"val{side}")
    (tmp_path / "val" / "valL").mkdir()
    for number in range(3):
        labels = np.zeros((48, 40), np.uint16)
        labels[8 * number : 8 * number + 16] = 1 + number
        Image.fromarray(labels).save(tmp_path / "val" / "valL" / f"{number}.png")
    argv = ["--val_freq=1000", "--resize_or_crop=crop"]  # pages at their own size
    run = train(data, tmp_path, "exact", f"--val_dataroot={tmp_path / 'val'}", *argv)
    colorizer = PageColorizer.from_checkpoint(run)
    figures = []
    for number in range(3):
        page, truth, labels = (tmp_path / "val" / f"val{side}" / f"{number}.png" for side in "ABL")
        scan = read_image(page)
        result = colorizer.run(colorizer.prepare(scan)).coloring
        arrays = (np.asarray(image.convert("RGB")) for image in (read_image(truth), scan))
        figures.append(measure(result, *arrays, read_label_map(labels)))
    means = {name: np.mean([each[name] for each in figures]) for name in figures[0] if name != "bleeding"}
    assert told(run)[-1] == pytest.approx(means, abs=6e-4)
    assert "part_color_error" in means


def test_another_best_metric_is_compared_with_its_own_figures(data, tmp_path):
    run = train(data, tmp_path, "other", "--val_freq=4", "--best_metric=ssim")
    train(data, tmp_path, "other", "--continue_train", "--niter=3", "--best_metric=ciede2000")
    validation = checkpoint.load(run / "latest_state.pth")["validation"]
    losses = [(figures["ciede2000"], images) for images, figures in validation["history"] if images > 18]
    assert tuple(validation["best"]) == min(losses)


def test_the_best_networks_are_those_that_could_be_saved(data, tmp_path, monkeypatch):
    write = train_door.Training.write

    def full(self, others, epoch, must):
        return False if epoch == "best" else write(self, others, epoch, must)

    monkeypatch.setattr(train_door.Training, "write", full)
    run = train(data, tmp_path, "full", "--val_freq=4", "--save_latest_freq=4")
    assert checkpoint.load(run / "latest_state.pth")["validation"]["best"] is None


def test_what_can_not_be_read_is_left_out(data, tmp_path, capsys):
    shutil.copytree(data / "valA", tmp_path / "val" / "valA")
    shutil.copytree(data / "valB", tmp_path / "val" / "valB")
    (tmp_path / "val" / "valA" / "1.png").write_bytes(b"no image")
    run = train(data, tmp_path, "damaged", "--val_freq=10", f"--val_dataroot={tmp_path / 'val'}")
    assert "validation leaves out 1 of 3 drawings: can't read the image" in capsys.readouterr().out
    assert len(told(run)) == 2


def test_nothing_is_measured_twice(data, tmp_path):
    """The last batch passes a multiple of the frequency, and the run ends there."""
    run = train(data, tmp_path, "once", "--val_freq=5", "--batch_size=4", "--niter=1", "--niter_decay=0")
    assert len(told(run)) == 1


def test_a_plateau_takes_no_epoch_into_account_that_nothing_was_measured_in(data, tmp_path):
    train(data, tmp_path, "rare", "--val_freq=1000", "--lr_policy=plateau", "--plateau_on=val", "--niter=12")
    scheduler = checkpoint.load(tmp_path / "rare" / "latest_state.pth")["model"]["schedulers"][0]
    assert scheduler["last_epoch"] == 1  # the last one


def test_plateau_can_follow_it(data, tmp_path):
    train(data, tmp_path, "plateau", "--val_freq=6", "--lr_policy=plateau", "--plateau_on=val", "--niter=8")
    state = checkpoint.load(tmp_path / "plateau" / "latest_state.pth")
    best = min(each["ciede2000_colored"] for each in told(tmp_path / "plateau"))
    assert state["model"]["schedulers"][0]["best"] == pytest.approx(best, rel=0.011)


@pytest.mark.parametrize(("argv", "message"), [
    (["--val_dataroot=nowhere"], "no folder nowhere/valA"),
    (["--best_metric=ssim", "--val_freq=0"], "--best_metric asks for validation, which --val_freq 0 turns off"),
    (["--plateau_on=val"], "add it"),
    (["--best_metric=part_color_error"], "--best_metric part_color_error needs .*valL, which is not there"),
    (["--val_freq=4", "--direction=BtoA"], "--val_freq measures colorings of valA"),
    (["--plateau_on=val", "--lr_policy=plateau", "--best_metric=ssim"], "ssim does not"),
])  # fmt: skip
def test_what_can_not_be_followed_is_refused(data, tmp_path, argv, message):
    with pytest.raises(UserError, match=message):
        train(data, tmp_path, "refused", *argv)
    assert not (tmp_path / "refused").exists()


def test_a_folder_without_drawings_to_measure_with_is_named(data, tmp_path):
    for side in "AB":
        shutil.copytree(data / f"train{side}", tmp_path / "data" / f"train{side}")
    with pytest.raises(UserError, match=r"--val_images needs drawings to measure with: put some into .*data/valA"):
        train(tmp_path / "data", tmp_path, "refused", "--val_images=20")
