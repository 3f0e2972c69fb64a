"""What augmentation does, in one picture: the right images, the right draws, in their places."""
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data import Place
from data.coloring_dataset import ColoringDataset
from options.train_options import TrainOptions
from scripts import contact_sheet
from tests.helpers import save_noise
from util.errors import reported
from util.images import tensor2im

WIDTH = 40
STEP = WIDTH + contact_sheet.GAP
FIRST_DRAW = STEP + 2 * contact_sheet.GAP


def make_sheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, argv: str) -> Image.Image:
    out = tmp_path / "sheet.png"
    arguments = ["--dataroot", str(tmp_path), "--checkpoints_dir", str(tmp_path / "runs"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["contact_sheet.py", *arguments, "--width", str(WIDTH), *argv.split()])
    with reported():
        contact_sheet.main()
    return Image.open(out)


def cell(sheet: Image.Image, left: int, top: int) -> np.ndarray:
    return np.asarray(sheet.crop((left, top, left + WIDTH, top + WIDTH))).astype(int)


def test_a_row_for_each_image_the_original_first_and_then_its_draws(tmp_path, monkeypatch):
    for n, size in enumerate([(WIDTH, WIDTH), (WIDTH, WIDTH // 2), (WIDTH, WIDTH), (WIDTH, WIDTH)]):
        save_noise(tmp_path / "trainB" / f"{n}.png", size, seed=n)
    sheet = make_sheet(monkeypatch, tmp_path, "--images 2 --draws 3")
    second = contact_sheet.HEADER + STEP + contact_sheet.GAP
    assert sheet.size == (FIRST_DRAW + 2 * STEP + WIDTH, second + WIDTH)
    for top, name in ((contact_sheet.HEADER, "0.png"), (second, "2.png")):
        original = cell(sheet, 0, top)
        assert np.array_equal(original, np.asarray(Image.open(tmp_path / "trainB" / name)))
        cells = [original, *(cell(sheet, FIRST_DRAW + draw * STEP, top) for draw in range(3))]
        assert len({pixels.tobytes() for pixels in cells}) == 4


def test_options_of_the_training_count(tmp_path, monkeypatch):
    save_noise(tmp_path / "trainB" / "1.png", (WIDTH, WIDTH))
    options = f"--rotation 0 --perspective 0 --blur_p 0 --erasing_p 0 --crop_part 1 1 --no_flip --stages {WIDTH}"
    sheet = make_sheet(monkeypatch, tmp_path, f"{options} --draws 2")
    original, *draws = (cell(sheet, left, contact_sheet.HEADER) for left in (0, FIRST_DRAW, FIRST_DRAW + STEP))
    assert all(np.array_equal(original, draw) for draw in draws)


def test_the_draws_are_those_of_the_first_epochs(tmp_path, monkeypatch):
    for n in range(2):
        save_noise(tmp_path / "trainB" / f"{n}.png", (60, 50), seed=n)
    options = f"--stages {WIDTH} --seed 3 --dataroot {tmp_path} --checkpoints_dir {tmp_path / 'runs'}"
    sheet = make_sheet(monkeypatch, tmp_path, f"{options} --draws 2")
    opt = TrainOptions().parse(f"--dataset_mode coloring --model colorizer --scan_generator . {options}".split())
    dataset = ColoringDataset(opt)
    for index in range(2):
        for draw in range(2):
            left, top = FIRST_DRAW + draw * STEP, contact_sheet.HEADER + index * (STEP + contact_sheet.GAP)
            expected = tensor2im(dataset[Place(draw + 1, index)]["B"])
            assert np.array_equal(cell(sheet, left, top), expected)


def test_scans_stand_above_colorings_and_are_changed_alike(tmp_path, monkeypatch):
    noise = Image.open(save_noise(tmp_path / "trainA" / "1.png", (WIDTH, WIDTH)))
    (tmp_path / "trainB").mkdir()
    Image.merge("RGB", noise.split()[::-1]).save(tmp_path / "trainB" / "1.png")
    options = f"--dataset_mode aligned --rotation 30 --perspective 0.5 --erasing_p 1 --loadSize 44 --fineSize {WIDTH}"
    sheet = make_sheet(monkeypatch, tmp_path, f"{options} --draws 3")
    for left in (0, *(FIRST_DRAW + draw * STEP for draw in range(3))):
        scan, coloring = (cell(sheet, left, contact_sheet.HEADER + row * STEP) for row in (0, 1))
        assert np.array_equal(scan, coloring[..., ::-1])


@pytest.mark.parametrize(
    ("argv", "message"), [("--rotate 3", "unrecognized arguments: --rotate 3"), ("--phase val", "no folder")]
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, argv, message):
    save_noise(tmp_path / "trainB" / "1.png", (9, 9))
    with pytest.raises(SystemExit) as stop:
        make_sheet(monkeypatch, tmp_path, argv)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"error: {message}")
