"""The OnePunch method from the command line: both stages on drawings from disk, and what a user finds afterwards."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import test as test_door
import train as train_door
from scripts import make_scans
from tests.helpers import interrupted_at, logged_losses, run_main, save_noise
from util.errors import UserError

SCANS = [
    "--gpu_ids=-1", "--num_threads=0", "--netG=scan", "--netD=pixel", "--ngf=4", "--ndf=2", "--input_nc=1",
    "--resize_or_crop=random_part", "--fineSize=16", "--niter=1", "--niter_decay=0", "--display_id=0", "--no_html",
]  # fmt: skip
# Six colorings: three steps an epoch at 8 pixels, six at 16; both stages take two epochs.
COLORS = [
    "--model=colorizer", "--gpu_ids=-1", "--num_threads=0", "--netG=resnet_6blocks", "--netD=pixel", "--ngf=2",
    "--ndf=2", "--stages=8,16", "--stage_batch_sizes=2,1", "--niter=1", "--niter_decay=1", "--print_freq=1",
    "--save_latest_freq=1", "--save_epoch_freq=1", "--sample_freq=4", "--pool_size=3",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A data set of two domains, the scan generator of a run in `scans`, and a colorizer in `color`."""
    folder = tmp_path_factory.mktemp("onepunch")
    for number in range(6):
        save_noise(folder / "data" / "trainA" / f"{number}.png", (20, 24), number)
        save_noise(folder / "data" / "trainB" / f"{number}.png", (24, 20 + number), 9 + number)
    common = f"--checkpoints_dir={folder}/checkpoints"
    run_main(train_door, *SCANS, common, f"--dataroot={folder}/data", "--name=scans")
    run_main(train_door, *COLORS, common, f"--dataroot={folder}/data", "--name=color",
        f"--scan_generator={folder}/checkpoints/scans")  # fmt: skip
    return folder


def test_samples_by_stage_and_epoch(folder):
    color = folder / "checkpoints" / "color"
    samples = {str(path.relative_to(color / "samples")): Image.open(path).size for path in color.rglob("step*.png")}
    assert samples == {
        "stage1_8px/epoch002/step0000004.png": (3 * 8, 2 * 8),  # scan, coloring, truth of each image of the batch
        "stage2_16px/epoch003/step0000008.png": (3 * 16, 16),
        "stage2_16px/epoch003/step0000012.png": (3 * 16, 16),
        "stage2_16px/epoch004/step0000016.png": (3 * 16, 16),
    }
    assert (color / "web" / "images" / "epoch004_real_A.png").is_file()
    history = json.loads((color / "training.json").read_text())
    assert (history["epochs"], history["stage"], history["images"]) == (4, 2, 24)


@pytest.mark.parametrize("steps", [2, 6, 8, 17])  # in and at the end of stage one, in stage two
def test_going_on_across_stages_as_if_nothing_had_been(folder, steps):
    name, common = f"broken{steps}", f"--checkpoints_dir={folder}/checkpoints"
    with interrupted_at(steps):
        run_main(train_door, *COLORS, common, f"--dataroot={folder}/data", f"--name={name}",
            f"--scan_generator={folder}/checkpoints/scans")  # fmt: skip
    run_main(train_door, common, f"--name={name}", "--continue_train")
    resumed, whole = logged_losses(folder / "checkpoints" / name), logged_losses(folder / "checkpoints" / "color")
    assert resumed == whole
    first, second = (
        torch.load(folder / "checkpoints" / run / "latest_net_G.pth", weights_only=True) for run in (name, "color")
    )
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_other_epochs_that_would_lead_back_to_an_earlier_stage_are_refused(folder):
    with pytest.raises(UserError, match=r"was saved in stage 2, but .* epoch 5 belongs to stage 1: keep .*--stage_ep"):
        run_main(train_door, f"--checkpoints_dir={folder}/checkpoints", "--name=color", "--continue_train", "--niter=5")


def test_the_colorizer_colors_scans_at_their_size(folder):
    run_main(test_door, f"--dataroot={folder}/data/trainA", f"--checkpoints_dir={folder}/checkpoints", "--name=color",
        f"--results_dir={folder}/results", "--gpu_ids=-1", "--num_threads=0")  # fmt: skip
    pictures = sorted((folder / "results" / "color" / "test_latest" / "images").glob("*.png"))
    assert [path.stem for path in pictures] == ["0", "1", "2", "3", "4", "5"]
    assert {Image.open(path).size for path in pictures} == {(20, 24)}


def test_the_pipeline_from_coloring_to_coloring(folder):
    run_main(test_door, "--model=colorizer", f"--dataroot={folder}/data", "--phase=train", "--name=color",
        f"--checkpoints_dir={folder}/checkpoints", f"--results_dir={folder}/again", "--gpu_ids=-1",
        "--num_threads=0", "--num_test=2")  # fmt: skip
    made = sorted(path.name for path in (folder / "again").rglob("*.png"))
    assert made == [f"{number}_{side}.png" for number in (0, 1) for side in ("fake_B", "real_A", "real_B")]


def scans(folder: Path, *argv: object) -> dict[str, Image.Image]:
    out = folder / "made"
    run_main(make_scans, "--scan_generator", folder / "checkpoints" / "scans", "--dataroot", folder / "data",
        "--gpu_ids=-1", "--out", out, *argv)  # fmt: skip
    made = {str(path.relative_to(out)): Image.open(path).copy() for path in sorted(out.rglob("*.png"))}
    for path in out.rglob("*.png"):
        path.unlink()
    return made


def test_scans_of_colorings(folder):
    made = scans(folder, "--size=18")
    assert list(made) == [f"{number}.png" for number in range(6)]
    assert {image.mode for image in made.values()} == {"L"}
    assert made["0.png"].size == (22, 18)
    assert scans(folder, "--max_dataset_size=1")["0.png"].size == (19, 16)  # the scale of the training


def test_pairs_of_scans_and_colorings(folder):
    alone, beside = scans(folder), scans(folder, "--pairs=side_by_side")
    apart = scans(folder, "--pairs=folders", "--phase=train")
    assert list(beside) == [f"train/{number}.png" for number in range(6)]
    assert list(apart) == [f"train{side}/{number}.png" for side in "AB" for number in range(6)]
    both = np.asarray(beside["train/3.png"])
    half = both.shape[1] // 2
    assert np.array_equal(both[:, :half], np.asarray(apart["trainA/3.png"].convert("RGB")))
    assert np.array_equal(both[:, half:], np.asarray(apart["trainB/3.png"]))
    assert apart["trainA/3.png"] == alone["3.png"]


def test_several_scans_of_each_coloring(folder):
    plain = scans(folder, "--pairs=folders")
    made = scans(folder, "--pairs=folders", "--copies=3", "--recolor=1")
    copies = ("", "2/", "3/")
    assert set(made) == {f"train{side}/{copy}{number}.png" for side in "AB" for number in range(6) for copy in copies}
    for number in range(6):
        assert all(made[f"trainB/{copy}{number}.png"] == plain[f"trainB/{number}.png"] for copy in copies)
        drawn = {made[f"trainA/{copy}{number}.png"].tobytes() for copy in copies}
        assert len(drawn | {plain[f"trainA/{number}.png"].tobytes()}) == 4
    assert scans(folder, "--pairs=folders", "--copies=3", "--recolor=1") == made
    assert scans(folder, "--pairs=folders", "--copies=3", "--recolor=1", "--seed=1") != made


def test_each_scan_is_made_by_one_of_several_scan_generators(folder):
    other = folder / "checkpoints" / "scans" / "latest_net_G_B.pth"  # not the averaged weights
    alone, too = scans(folder), scans(folder, f"--scan_generator={other}", "--size=16")
    both = scans(folder, "--scan_generator", folder / "checkpoints" / "scans", other)
    assert alone != too
    assert all(both[name] in (alone[name], too[name]) for name in both)
    assert both not in (alone, too)


def test_self_made_pairs_train_pix2pix(folder):
    run_main(make_scans, "--scan_generator", folder / "checkpoints" / "scans", "--dataroot", folder / "data",
        "--gpu_ids=-1", "--out", folder / "pairs", "--pairs=side_by_side")  # fmt: skip
    run_main(train_door, "--model=pix2pix", f"--dataroot={folder}/pairs", f"--checkpoints_dir={folder}/checkpoints",
        "--name=pairs", "--gpu_ids=-1", "--num_threads=0", "--netG=resnet_6blocks", "--netD=pixel", "--ngf=2",
        "--ndf=2", "--loadSize=18", "--fineSize=16", "--niter=1", "--niter_decay=0", "--no_html", "--display_id=0",
        "--rotation=30", "--erasing_p=0.5")  # fmt: skip
    assert (folder / "checkpoints" / "pairs" / "latest_net_G.pth").is_file()


def test_weights_alone_do_not_tell_their_scale(folder, tmp_path):
    weights = tmp_path / "alone.pth"
    weights.write_bytes((folder / "checkpoints" / "scans" / "latest_net_G_B.pth").read_bytes())
    argv = ["--scan_generator", weights, "--dataroot", folder / "data", "--gpu_ids=-1", "--out", tmp_path / "out"]
    with pytest.raises(UserError, match=r"does not tell the scale of its training: give --size PIXELS"):
        run_main(make_scans, *argv)
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="--gpu_ids x: give numbers"):
        run_main(make_scans, *argv, "--size=16", "--gpu_ids=x")
    run_main(make_scans, *argv, "--size=16")
    assert len(list((tmp_path / "out").iterdir())) == 6
