"""What a run tells: the terminal, loss_log.txt, TensorBoard's events read back, the training page."""
import errno
import io
import os
import re
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tqdm import tqdm

from util.errors import UserError
from util.html import HTML
from util.visualizer import Visualizer, save_images


@pytest.fixture
def options(tmp_path: Path) -> Namespace:
    return Namespace(name="onepiece", checkpoints_dir=str(tmp_path), display_id=1, display_ncols=4,
                     display_winsize=256, display_server="http://localhost", display_port=8097,
                     display_env="main", no_html=False, batch_size=1)


def events(options: Namespace) -> EventAccumulator:
    folder = Path(options.checkpoints_dir, options.name, "tb", options.display_env)
    return EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0}).Reload()


def points(log: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(event.step, pytest.approx(event.value)) for event in log.Scalars(tag)]


def logged_image(log: EventAccumulator, tag: str) -> Image.Image:
    (event,) = log.Images(tag)
    return Image.open(io.BytesIO(event.encoded_image_string))


def visuals(*sizes: tuple[int, int], channels: int = 3) -> dict[str, torch.Tensor]:
    """One gray image a size, height by width, in a batch of two; the second image is black."""
    images = {f"image_{index}": torch.zeros(2, channels, *size) for index, size in enumerate(sizes)}
    for batch in images.values():
        batch[1] = -1
    return images


def log_losses(options: Namespace, steps: range, start_iters: int = 0, value: float = 1.0) -> None:
    log = Visualizer(options, start_iters=start_iters)
    for step in steps:
        log.plot_current_losses(1, step, {"G_A": value})
    log.close()


def test_losses_and_other_scalars_reach_tensorboard(options):
    log = Visualizer(options)
    log.plot_current_losses(1, 100, {"D_A": 0.25, "G_A": 1.5})
    log.plot_current_losses(2, 200, {"D_A": 0.125, "G_A": 1.25})
    log.plot_scalars(200, {"learning_rate/G": 0.0002, "speed/images_per_second": 31.5})
    log.close()
    found = events(options)
    assert points(found, "loss/D_A") == [(100, 0.25), (200, 0.125)]
    assert points(found, "loss/G_A") == [(100, 1.5), (200, 1.25)]
    assert points(found, "learning_rate/G") == [(200, 0.0002)]
    assert points(found, "speed/images_per_second") == [(200, 31.5)]
    assert points(found, "progress/epoch") == [(100, 1), (200, 2)]


def test_grid_has_display_ncols_images_a_row(options):
    log = Visualizer(options)
    log.display_current_results(visuals((16, 24), (8, 24), (16, 8), (16, 24), (4, 4)), 1, 50, False)
    log.close()
    tag = "visuals/image_0-image_1-image_2-image_3-image_4"
    assert events(options).Tags()["images"] == [tag]
    grid = logged_image(events(options), tag)
    assert grid.size == (4 * 24, 2 * 16)
    pixels = np.asarray(grid)
    assert pixels[0, 0].tolist() == [128, 128, 128]  # the batch's first image
    assert pixels[12, 24].tolist() == [255, 255, 255]  # padding below the second
    assert pixels[16, 0].tolist() == [128, 128, 128]  # the fifth opens the second row


def test_grid_is_no_wider_than_its_images(options):
    options.display_ncols = 10
    log = Visualizer(options)
    log.display_current_results(visuals((8, 8), (8, 8), channels=1), 1, 50, False)
    log.close()
    assert logged_image(events(options), "visuals/image_0-image_1").size == (16, 8)


def test_the_training_page_alone(options):
    log = Visualizer(options)
    log.display_current_results(visuals((8, 8)), 1, 50, save_result=True, log=False)
    log.close()
    assert not Path(options.checkpoints_dir, options.name, "tb").exists()
    assert (Path(options.checkpoints_dir) / options.name / "web" / "index.html").is_file()


def test_without_columns_each_image_has_its_own_tag(options):
    options.display_ncols = 0
    log = Visualizer(options)
    log.display_current_results(visuals((16, 24), (8, 12)), 1, 50, False)
    log.close()
    found = events(options)
    assert sorted(found.Tags()["images"]) == ["visuals/image_0", "visuals/image_1"]
    assert logged_image(found, "visuals/image_1").size == (12, 8)


def test_continued_run_replaces_the_steps_after_its_last_save(options):
    log_losses(options, range(10, 60, 10))
    log_losses(options, range(40, 60, 10), start_iters=30, value=2.0)
    assert points(events(options), "loss/G_A") == [(10, 1), (20, 1), (30, 1), (40, 2), (50, 2)]


def test_new_run_replaces_an_older_one_of_its_name(options):
    log_losses(options, range(0, 60, 10))
    log_losses(options, range(0, 20, 10), value=2.0)
    assert points(events(options), "loss/G_A") == [(0, 2), (10, 2)]


def test_runs_of_other_environments_lie_side_by_side(options):
    log_losses(options, range(1))
    options.display_env = "warm colors"
    log_losses(options, range(2))
    assert len(points(events(options), "loss/G_A")) == 2


def test_no_tensorboard_without_display_id(options):
    script = f"""
import sys
from argparse import Namespace
import torch
from util.visualizer import Visualizer
log = Visualizer({options!r})
assert log.tensorboard_command is None
log.plot_current_losses(1, 1, {{"G": 1.0}})
log.display_current_results({{"real": torch.zeros(1, 3, 8, 8)}}, 1, 1, True)
log.close()
assert "tensorboardX" not in sys.modules
""".replace("display_id=1", "display_id=0")
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[1])
    folder = Path(options.checkpoints_dir, options.name)
    assert not (folder / "tb").exists()
    assert (folder / "web/index.html").exists()


@pytest.mark.parametrize(("server", "host"), [("http://localhost", "localhost"), ("gpu7", "gpu7"),
                                              ("https://box.example.org/", "box.example.org")])
def test_tensorboard_command_names_folder_and_address(options, server, host):
    options.display_server = server
    log = Visualizer(options)
    log.close()
    folder = Path(options.checkpoints_dir, options.name, "tb")
    assert log.tensorboard_command == f"tensorboard --logdir {folder} --host {host} --port 8097"


def test_tensorboard_command_can_be_pasted_when_the_folder_has_spaces(options):
    options.name = "one piece"
    log = Visualizer(options)
    log.close()
    assert f"--logdir '{options.checkpoints_dir}/one piece/tb' " in log.tensorboard_command


def test_losses_are_printed_and_kept_over_runs(options, capsys):
    for epoch in (3, 4):
        Visualizer(options).print_current_losses(epoch, 400, {"D_A": 0.12345, "G_A": 2}, 0.0314, 0.002)
    lines = Path(options.checkpoints_dir, options.name, "loss_log.txt").read_text().splitlines()
    title = re.compile(r"=+ Training Loss \(\w{3} \w{3} +\d+ [\d:]{8} \d{4}\) =+")
    assert [bool(title.fullmatch(line)) for line in lines] == [True, False, True, False]
    assert lines[1] == "(epoch: 3, iters: 400, time: 0.031, data: 0.002) D_A: 0.123 G_A: 2.000"
    assert capsys.readouterr().out.splitlines() == [lines[1], lines[3]]


def test_printing_leaves_a_progress_bar_whole(options, capsys):
    log = Visualizer(options)
    # A bar on the same stream as the line: it has to be wiped before the line and drawn again after it.
    with tqdm(total=10, file=sys.stdout, ncols=40, desc="epoch") as bar:
        bar.update(5)
        log.print_current_losses(1, 5, {"G": 1.0}, 0.1, 0.1)
    before, after = capsys.readouterr().out.split("(epoch: 1")
    assert before.endswith("\r")
    assert "epoch:" in after


def test_training_page_is_updated_when_asked(options):
    log = Visualizer(options)
    page = Path(options.checkpoints_dir, options.name, "web/index.html")
    log.display_current_results(visuals((8, 8)), 1, 50, save_result=False)
    assert not page.exists()
    log.display_current_results(visuals((8, 8)), 1, 100, save_result=True)
    log.close()
    assert 'src="images/epoch001_image_0.png"' in page.read_text()
    assert 'width="256"' in page.read_text()


def test_training_page_gets_the_first_images_of_each_epoch(options):
    log = Visualizer(options)
    log.reset()
    log.display_current_results(visuals((8, 8)), 7, 50, save_result=False)
    image = Path(options.checkpoints_dir, options.name, "web/images/epoch007_image_0.png")
    first = image.stat().st_mtime_ns
    log.display_current_results(visuals((8, 8)), 7, 100, save_result=False)
    log.close()
    assert image.stat().st_mtime_ns == first


def test_a_full_disk_costs_the_page_and_the_samples_alone(options, capsys, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    log = Visualizer(options)
    monkeypatch.setattr("PIL.Image.Image.save", full)
    log.display_current_results(visuals((8, 8)), 1, 50, save_result=True, log=False)
    log.save_sample(visuals((8, 8)), 1, 8, 1, 1)
    told = capsys.readouterr().out
    assert "can't write the training page" in told
    assert "can't write samples" in told


def test_no_html_means_no_page(options):
    options.no_html = True
    log = Visualizer(options)
    log.reset()
    log.display_current_results(visuals((8, 8)), 1, 50, save_result=True)
    log.close()
    assert not Path(options.checkpoints_dir, options.name, "web").exists()


def test_results_are_saved_and_shown_by_role(tmp_path):
    web = HTML(tmp_path, "results")
    shades = {"real": 10, "fake": 20, "rec": 30}
    images = {label: np.full((10, 10, 3), shade, np.uint8) for label, shade in shades.items()}
    save_images(web, images, "vol. 1/page 1.5", 2.0, 300)
    web.save()
    saved = {path.relative_to(tmp_path).as_posix(): Image.open(path) for path in tmp_path.rglob("*.png")}
    assert {name: image.getpixel((0, 0))[0] for name, image in saved.items()} == {
        "inputs/vol. 1/page 1.5.png": 10,
        "images/vol. 1/page 1.5.png": 20,
        "images/vol. 1/page 1.5_rec.png": 30,
    }
    assert {image.size for image in saved.values()} == {(20, 10)}
    page = (tmp_path / "index.html").read_text()
    assert re.findall(r'src="([^"]*)"', page) == [
        "inputs/vol.%201/page%201.5.png",
        "images/vol.%201/page%201.5.png",
        "images/vol.%201/page%201.5_rec.png",
    ]
    assert "vol. 1/page 1.5</h2>" in page
    assert re.findall(r"<figcaption>(\w+)</figcaption>", page) == ["real", "fake", "rec"]


@pytest.mark.parametrize("name", ["../page", "a/../../page", "/tmp/page"])
def test_results_stay_in_their_folder(tmp_path, name):
    with pytest.raises(UserError, match="outside"):
        save_images(HTML(tmp_path, "results"), {"fake": np.zeros((4, 4, 3), np.uint8)}, name, 1.0, 100)
    assert not list(tmp_path.iterdir())
