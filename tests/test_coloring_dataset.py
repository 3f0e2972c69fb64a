"""Colorings alone: from a folder, from one side of a data set, from a list; varied as drawings are."""
import argparse
import json
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from data import Place, find_dataset
from data.augmentation import Augmentation
from data.coloring_dataset import ColoringDataset, find_colorings
from data.image_folder import read_list
from data.single_dataset import SingleDataset
from options.train_options import TrainOptions
from tests.helpers import data_options, save_grey, save_noise
from util.errors import UserError

STRONG = {"rotation": 45.0, "perspective": 0.667, "blur_p": 0.25, "erasing_p": 0.5}


def levels(dataset: ColoringDataset | SingleDataset) -> list[int]:
    side = dataset.sides[0]
    return [int(dataset[index][side][0, 0, 0]) for index in range(len(dataset))]


def save_list(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(root: Path, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        ColoringDataset(data_options(root, **changes))[0]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_it_is_found_by_its_name():
    assert find_dataset("coloring") is ColoringDataset


def test_a_folder_is_read_in_order_with_its_folders(tmp_path):
    for n, name in enumerate(["ch2/1.png", "ch2/1.jpg", "ch10/1.png"]):
        save_grey(tmp_path / name, 100 * n)
    dataset = ColoringDataset(data_options(tmp_path))
    assert dataset.names() == [str(Path("ch2", "1.jpg")), str(Path("ch2", "1.png")), str(Path("ch10", "1"))]
    assert levels(dataset) == [100, 0, 200]
    assert dataset[2]["B_paths"] == str(tmp_path / "ch10" / "1.png")
    assert dataset[2].keys() == {"B", "B_paths", "bad_images"}
    assert len(ColoringDataset(data_options(tmp_path, max_dataset_size=2))) == 2


@pytest.mark.parametrize("direction", ["AtoB", "BtoA"])
def test_of_a_data_set_the_colorings_are_meant(tmp_path, direction):
    for name, level in (("trainA/1.png", 1), ("trainB/2.png", 2), ("valB/3.png", 3)):
        save_grey(tmp_path / name, level)
    dataset = ColoringDataset(data_options(tmp_path, direction=direction, input_nc=3, output_nc=1))
    assert dataset.names() == ["2"]
    assert levels(dataset) == [2]
    assert dataset[0]["B"].shape == (1, 4, 4)
    assert levels(ColoringDataset(data_options(tmp_path, phase="val"))) == [3]
    message = refusal(tmp_path, phase="test")  # and not every image of the whole data set
    assert str(tmp_path / "testB") in message
    assert "--phase train, val" in message


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["list.txt", "LIST.LST"])
def test_a_list_names_images_in_its_order(tmp_path, name, end):
    for n, image in enumerate(["pages/ä 1.png", "pages/2.png", "elsewhere/3.png"]):
        save_grey(tmp_path / image, n)
    lines = ["\ufeff# colorings", "", "../pages/2.png", "  ", f"{tmp_path}/elsewhere/3.png ", "#4.png"]
    lines.append("../pages/ä 1.png")
    root = save_list(tmp_path / "lists" / name, end.join(lines))
    dataset = ColoringDataset(data_options(root))
    assert levels(dataset) == [1, 2, 0]
    assert dataset[0]["B_paths"] == str(tmp_path / "pages" / "2.png")
    assert dataset.names() == [str(Path("pages", "2")), str(Path("elsewhere", "3")), str(Path("pages", "ä 1"))]
    assert levels(ColoringDataset(data_options(root, max_dataset_size=2))) == [1, 2]
    assert levels(SingleDataset(data_options(root))) == [1, 2, 0]
    assert SingleDataset(data_options(root)).names() == dataset.names()


def test_a_list_may_be_given_from_the_working_folder(tmp_path, monkeypatch):
    save_grey(tmp_path / "1.png", 7)
    save_list(tmp_path / "list.txt", "1.png")
    monkeypatch.chdir(tmp_path)
    dataset = ColoringDataset(data_options(Path("list.txt")))
    monkeypatch.chdir("/")
    assert levels(dataset) == [7]


def test_a_long_list_opens_at_once(tmp_path):
    root = save_list(tmp_path / "list.txt", "".join(f"images/{n % 1000:04}/{n}.jpg\n" for n in range(340_000)))
    start = time.process_time()
    dataset = ColoringDataset(data_options(root))
    assert time.process_time() - start < 2
    assert len(dataset) == 340_000
    assert dataset.paths[-1] == str(tmp_path / "images" / "0999" / "339999.jpg")
    start = time.process_time()
    assert len(read_list(root, 10)) == 10
    assert time.process_time() - start < 0.1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no images in the list"),
        ("# nothing\n\n  \n", "no images in the list"),
        ("é.png".encode("latin-1"), "UTF-8"),
        (b"\x00\x01binary\x00\n", "UTF-8"),
    ],
    ids=["empty", "comments", "Latin 1", "binary"],
)
def test_a_list_that_names_nothing_is_refused(tmp_path, content, reason):
    root = save_list(tmp_path / "list.txt", content)
    message = refusal(root)
    assert reason in message
    assert str(root) in message


def test_an_image_that_is_listed_but_missing_is_named_when_it_is_read(tmp_path):
    root = save_list(tmp_path / "list.txt", "1.png\nmissing.png\n")
    save_grey(tmp_path / "1.png", 5)
    dataset = ColoringDataset(data_options(root))
    assert len(dataset) == 2
    assert (dataset[0]["B_paths"], dataset[0]["bad_images"]) == (str(tmp_path / "1.png"), "")
    assert dataset[1]["B_paths"] == str(tmp_path / "1.png")  # which stands in
    assert json.loads(dataset[1]["bad_images"])[0] == [f"{tmp_path}/missing.png", "No such file or directory"]
    with pytest.raises(UserError, match=r"missing.png \(No such file"):  # nothing stands in for what is to be shown
        ColoringDataset(data_options(root, isTrain=False))[1]


def test_what_holds_no_images_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in refusal(tmp_path / "empty")
    assert str(tmp_path / "nowhere.txt") in refusal(tmp_path / "nowhere.txt")
    assert "list" in refusal(save_grey(tmp_path / "1.png", 0))


def varied(root: Path, **changes: object) -> argparse.Namespace:
    return argparse.Namespace(
        **vars(data_options(root, resize_or_crop="random_part", fineSize=32, no_flip=False, **changes)), **STRONG
    )


def test_a_place_always_gives_the_same_item_and_another_place_or_seed_another(tmp_path):
    for name in ("1.png", "2.png"):
        save_noise(tmp_path / name, (60, 50))
    first, again = (ColoringDataset(varied(tmp_path, seed=1)) for _ in range(2))
    places = [Place(epoch, index) for epoch in (1, 2, 3) for index in (0, 1)]
    items = [first[place]["B"] for place in places]
    repeated = [again[place]["B"] for place in reversed(places)]  # in another order
    assert all(torch.equal(item, same) for item, same in zip(items, reversed(repeated), strict=True))
    assert len({item.numpy().tobytes() for item in items}) == len(places)
    other = ColoringDataset(varied(tmp_path, seed=2))
    assert not any(torch.equal(item, other[place]["B"]) for item, place in zip(items, places, strict=True))


def test_what_does_not_fit_a_turned_frame_is_paper(tmp_path):
    Image.new("RGB", (200, 160), (10, 120, 40)).save(tmp_path / "1.png")
    dataset = ColoringDataset(varied(tmp_path))
    seen = torch.stack([dataset[Place(epoch, 0)]["B"] for epoch in range(1, 31)])
    assert seen.shape == (30, 3, 32, 32)
    color = torch.tensor([10, 120, 40])[None, :, None, None]
    assert (seen >= color - 1).all()  # the page's color, paper, or between them
    paper = (seen == 255).all(dim=1).float().mean().item()
    assert 0.05 < paper < 0.6


def test_in_training_drawings_are_varied_unless_asked_otherwise(tmp_path):
    argv = ["--model", "colorizer", "--scan_generator", ".", "--checkpoints_dir", str(tmp_path / "runs")]
    argv += ["--dataroot", str(tmp_path)]
    opt = TrainOptions().parse(argv)
    assert opt.resize_or_crop == "random_part"
    assert Augmentation.from_options(opt) == Augmentation(45, 0.667, 0.5, 0.25, 0.5)
    opt = TrainOptions().parse([*argv, "--rotation", "0", "--crop_part", "0.3", "0.6"])
    assert Augmentation.from_options(opt) == Augmentation(0, 0.667, 0.5, 0.25, 0.5, crop_part=(0.3, 0.6))


def test_the_options_of_a_run_come_back_when_it_goes_on(tmp_path):
    argv = ["--model", "colorizer", "--scan_generator", ".", "--checkpoints_dir", str(tmp_path)]
    given = ["--rotation", "7", "--erasing_area", "0.1", "0.2", "--max_aspect", "inf", "--dataroot", str(tmp_path)]
    options = TrainOptions()
    opt = options.parse([*argv, *given])
    options.save(opt)
    again = TrainOptions().parse([*argv, "--continue_train"])
    assert Augmentation.from_options(again) == Augmentation.from_options(opt)
    assert Augmentation.from_options(again).max_aspect == float("inf")
    assert Augmentation.from_options(again).erasing_area == (0.1, 0.2)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--erasing_area 0.2 0.1", "--erasing_area 0.2 0.1 is no range"),
        ("--resize_or_crop random_part --crop_part 1 0.5", "--crop_part 1 0.5 is no range"),
        ("--crop_part 0 1", "0 is no part of a whole"),
        ("--erasing_area 0.5 1.5", "1.5 is no part of a whole"),
        ("--rotation -1", "-1 is no number of 0 or more"),
        ("--perspective 1.5", "1.5 is outside 0 to 1"),
        ("--blur_p nan", "nan is outside 0 to 1"),
        ("--max_aspect 0.5", "0.5 is no ratio"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(tmp_path, argv, message):
    with pytest.raises(UserError, match=message) as caught:
        TrainOptions().parse(["--dataroot", str(tmp_path), "--checkpoints_dir", str(tmp_path), *argv.split()])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("listed", [False, True])
def test_colorings_are_found_with_their_names(tmp_path, listed):
    for name in ("1.png", "x/2.png", "x/2.jpg"):
        save_grey(tmp_path / "trainB" / name, 0)
    names = {"x/2.png": str(Path("x", "2.png")), "1.png": "1", "x/2.jpg": str(Path("x", "2.jpg"))}
    root = save_list(tmp_path / "list.txt", "\n".join(f"trainB/{name}" for name in names)) if listed else tmp_path
    found = find_colorings(root, "train")
    assert found == {str(tmp_path / "trainB" / path): name for path, name in names.items()}
    assert list(find_colorings(root, "train", 2)) == list(found)[:2]
    if listed:
        assert list(found.values()) == list(names.values())
