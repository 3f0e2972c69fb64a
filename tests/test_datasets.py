"""What each data set takes from the disk: which images, on which side, with how many channels."""
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data import Place, dataset_modes, find_dataset
from data.aligned_dataset import AlignedDataset
from data.base_dataset import BaseDataset
from data.coloring_dataset import ColoringDataset
from data.single_dataset import SingleDataset
from data.transforms import RESIZE_OR_CROP
from data.unaligned_dataset import UnalignedDataset
from tests.helpers import data_options, save_grey, save_noise
from util.errors import UserError

DIRECTIONS = [("AtoB", 1, 3), ("BtoA", 3, 1)]  # with --input_nc 1 --output_nc 3: channels of A, of B


def stems(item: dict[str, object]) -> tuple[str, ...]:
    return tuple(Path(str(item[key])).stem for key in ("A_paths", "B_paths") if key in item)


def level(tensor: torch.Tensor) -> int:
    """The grey level of an image of one."""
    assert tensor.min() == tensor.max()
    return int(tensor[0, 0, 0])


def refusal(dataset: type[BaseDataset], root: Path, **changes: object) -> str:
    with pytest.raises(UserError) as caught:
        dataset(data_options(root, **changes))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_data_sets_are_found_by_their_names():
    assert dataset_modes() == ["aligned", "coloring", "single", "unaligned"]
    found = [find_dataset(name) for name in dataset_modes()]
    assert found == [AlignedDataset, ColoringDataset, SingleDataset, UnalignedDataset]
    with pytest.raises(UserError, match="unknown dataset magic: choose one of aligned, coloring, single, unaligned"):
        find_dataset("magic")


@pytest.mark.parametrize("dataroot", ["", None])
def test_data_has_to_be_given(dataroot):
    options = data_options(Path())
    options.dataroot = dataroot
    with pytest.raises(UserError, match="--dataroot"):
        SingleDataset(options)


# Unaligned


@pytest.fixture
def domains(tmp_path: Path) -> Path:
    """Three scans of levels 0 to 2, five colorings of levels 10 to 14."""
    for side, levels in (("A", range(3)), ("B", range(10, 15))):
        for n in levels:
            save_grey(tmp_path / f"train{side}" / f"{n}.png", n)
    return tmp_path


@pytest.mark.parametrize("order", ["A is smaller", "B is smaller"])
def test_an_epoch_goes_once_through_the_larger_domain(domains, order):
    if order == "B is smaller":
        for n in range(3, 9):
            save_grey(domains / "trainA" / f"{n}.png", n)
    dataset = UnalignedDataset(data_options(domains, serial_batches=True))
    longest = 5 if order == "A is smaller" else 9
    assert len(dataset) == longest
    shortest = 3 if order == "A is smaller" else 5
    a, b = (shortest, longest) if order == "A is smaller" else (longest, shortest)
    assert [stems(dataset[i]) for i in range(longest)] == [(str(i % a), str(10 + i % b)) for i in range(longest)]
    side = 1 if order == "A is smaller" else 0
    assert dataset.names() == [stems(dataset[i])[side] for i in range(longest)]


def test_the_images_are_those_of_the_paths(domains):
    dataset = UnalignedDataset(data_options(domains))
    for index in range(len(dataset)):
        item = dataset[index]
        assert (level(item["A"]), level(item["B"])) == tuple(map(int, stems(item)))


def test_partners_are_drawn_anew_each_epoch(domains):
    dataset = UnalignedDataset(data_options(domains))
    epochs = [[stems(dataset[Place(epoch, index)]) for index in range(5)] for epoch in range(1, 41)]
    assert all([A for A, _ in epoch] == ["0", "1", "2", "0", "1"] for epoch in epochs)
    drawn = [tuple(B for _, B in epoch) for epoch in epochs]
    assert len(set(drawn)) > 35
    for position in zip(*drawn, strict=True):  # at no index is a coloring preferred or missing
        assert set(position) == {"10", "11", "12", "13", "14"}


def test_a_place_always_gives_the_same_item_and_another_seed_another(domains):
    save_noise(domains / "trainA" / "0.png", (30, 30))
    crop = {"resize_or_crop": "crop", "no_flip": False}
    first, again, other = (UnalignedDataset(data_options(domains, seed=s, **crop))[Place(3, 0)] for s in (1, 1, 2))
    assert torch.equal(first["A"], again["A"])
    assert stems(first) == stems(again)
    assert not torch.equal(first["A"], other["A"])


@pytest.mark.parametrize(("limit", "expected"), [(1, [("0", "10")]), (2, [("0", "10"), ("1", "11")])])
def test_at_most_as_many_of_each_domain_as_asked_for(domains, limit, expected):
    dataset = UnalignedDataset(data_options(domains, serial_batches=True, max_dataset_size=limit))
    assert [stems(dataset[i]) for i in range(len(dataset))] == expected


@pytest.mark.parametrize("side", ["A", "B"])
@pytest.mark.parametrize("content", ["missing", "empty"])
def test_a_domain_without_images_is_named(domains, side, content):
    for path in (domains / f"train{side}").iterdir():
        path.unlink()
    if content == "missing":
        (domains / f"train{side}").rmdir()
    assert str(domains / f"train{side}") in refusal(UnalignedDataset, domains)


@pytest.mark.parametrize(("direction", "channels_A", "channels_B"), DIRECTIONS)
def test_channels_go_to_the_sides_of_the_direction(domains, direction, channels_A, channels_B):
    dataset = UnalignedDataset(data_options(domains, direction=direction, input_nc=1, output_nc=3))
    assert (dataset[0]["A"].shape, dataset[0]["B"].shape) == ((channels_A, 4, 4), (channels_B, 4, 4))


def test_the_phase_names_the_folders(domains):
    save_grey(domains / "valA" / "a.png", 0)
    save_grey(domains / "valB" / "b.png", 0)
    assert stems(UnalignedDataset(data_options(domains, phase="val"))[0]) == ("a", "b")


# Aligned


def save_pair(path: Path, left: Image.Image, right: Image.Image, gap: int = 0) -> None:
    """Both in one image, with `gap` columns of red between them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    both = Image.new("RGB", (left.width + gap + right.width, left.height), "red")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + gap, 0))
    both.save(path)


@pytest.mark.parametrize("gap", [0, 1])
@pytest.mark.parametrize(("direction", "channels_A", "channels_B"), DIRECTIONS)
def test_side_by_side_the_left_half_is_A(tmp_path, direction, channels_A, channels_B, gap):
    save_pair(tmp_path / "train" / "x" / "1.png", Image.new("L", (6, 4), 10), Image.new("L", (6, 4), 20), gap)
    dataset = AlignedDataset(data_options(tmp_path, direction=direction, input_nc=1, output_nc=3))
    item = dataset[0]
    assert (level(item["A"]), level(item["B"])) == (10, 20)
    assert (item["A"].shape, item["B"].shape) == ((channels_A, 4, 6), (channels_B, 4, 6))
    assert item["A_paths"] == item["B_paths"] == str(tmp_path / "train" / "x" / "1.png")
    assert dataset.names() == [str(Path("x", "1"))]


def test_one_column_is_no_pair(tmp_path):
    path = save_grey(tmp_path / "train" / "1.png", 0, (1, 9))
    with pytest.raises(UserError, match="too narrow") as caught:
        AlignedDataset(data_options(tmp_path))[0]
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("direction", "channels_A", "channels_B"), DIRECTIONS)
def test_channels_of_two_folders(tmp_path, direction, channels_A, channels_B):
    save_grey(tmp_path / "trainA" / "1.png", 10)
    save_grey(tmp_path / "trainB" / "1.png", 20)
    item = AlignedDataset(data_options(tmp_path, direction=direction, input_nc=1, output_nc=3))[0]
    assert (level(item["A"]), level(item["B"])) == (10, 20)
    assert (item["A"].shape[0], item["B"].shape[0]) == (channels_A, channels_B)


@pytest.mark.parametrize(
    ("A", "B", "names"),
    [
        (["2.png", "10.png"], ["10.png", "2.png"], ["2", "10"]),
        (["1.png"], ["1.jpg"], ["1"]),
        (["x/1.png", "y/1.png"], ["x/1.webp", "y/1.png"], [str(Path("x", "1")), str(Path("y", "1"))]),
        (["ch.1 p.2.png", "ch.1 p.10.png"], ["ch.1 p.2.jpg", "ch.1 p.10.jpg"], ["ch.1 p.2", "ch.1 p.10"]),
        (["page.1.png", "page.2.png"], ["page.1.png", "page.2.png"], ["page.1", "page.2"]),
        (["1.jpg", "1.png"], ["1.jpg", "1.png"], ["1.jpg", "1.png"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_two_folders_are_paired_by_name(tmp_path, A, B, names):
    levels = {name: 10 * n for n, name in enumerate(names)}
    for side, files in (("A", A), ("B", B)):
        for file in files:
            save_grey(tmp_path / f"train{side}" / file, levels.get(file, levels.get(str(Path(file).with_suffix("")))))
    dataset = AlignedDataset(data_options(tmp_path))
    assert dataset.names() == names
    for index, item in enumerate(dataset[i] for i in range(len(dataset))):
        assert level(item["A"]) == pytest.approx(10 * index, abs=2)
        assert level(item["B"]) == pytest.approx(10 * index, abs=2)


@pytest.mark.parametrize(
    ("A", "B", "lonely"),
    [
        (["1.png", "2.png"], ["1.png"], "A/2.png"),
        (["1.png"], ["1.png", "2.png", "3.png"], "B/2.png"),
        (["page.1.png"], ["page.2.png"], "A/page.1.png"),
        (["x/1.png"], ["1.png"], "A/x/1.png"),
        (["1.png", "1.jpg"], ["1.png"], "A/1.jpg"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_an_image_without_a_partner_is_named(tmp_path, A, B, lonely):
    for side, files in (("A", A), ("B", B)):
        for file in files:
            save_grey(tmp_path / f"train{side}" / file, 0)
    message = refusal(AlignedDataset, tmp_path)
    assert str(tmp_path / f"train{lonely}") in message
    assert f"{len({*A, *B}) - 1} such" in message or len({*A, *B}) == 2


@pytest.mark.parametrize("sides", ["", "A", "B"])
def test_without_pairs_both_ways_to_give_them_are_told(tmp_path, sides):
    for side in sides:
        save_grey(tmp_path / f"train{side}" / "1.png", 0)
    message = refusal(AlignedDataset, tmp_path)
    assert all(str(tmp_path / folder) in message for folder in ("train with", "trainA and", "trainB with"))


@pytest.mark.parametrize("layout", ["side by side", "two folders"])
def test_at_most_as_many_pairs_as_asked_for(tmp_path, layout):
    for n in (1, 2, 10):
        for folder in ("train",) if layout == "side by side" else ("trainA", "trainB"):
            save_grey(tmp_path / folder / f"{n}.png", 0)
    dataset = AlignedDataset(data_options(tmp_path, max_dataset_size=2))
    assert (len(dataset), dataset.names()) == (2, ["1", "2"])


@pytest.mark.parametrize("layout", ["side by side", "two folders"])
@pytest.mark.parametrize("how", RESIZE_OR_CROP)
def test_both_sides_of_a_pair_are_cut_and_mirrored_alike(tmp_path, how, layout):
    noise = Image.open(save_noise(tmp_path / "noise.png", (20, 16)))
    negative = noise.point(lambda value: 255 - value)
    if layout == "side by side":
        save_pair(tmp_path / "train" / "1.png", noise, negative)
    else:
        for side, image in (("A", noise), ("B", negative)):
            (tmp_path / f"train{side}").mkdir()
            image.save(tmp_path / f"train{side}" / "1.png")
    # Where an image is scaled, the rounding of both sides may differ by a level.
    dataset = AlignedDataset(data_options(tmp_path, resize_or_crop=how, no_flip=False))
    items = [dataset[Place(epoch, 0)] for epoch in range(1, 21)]
    assert all((item["A"].int() + item["B"] - 255).abs().max() <= 2 for item in items)
    different = {item["A"].numpy().tobytes() for item in items}
    assert len(different) == 2 if how in ("none", "scale_width") else len(different) > 10


def test_the_coloring_of_another_size_is_fitted_to_the_scan(tmp_path):
    x = np.linspace(0, 255, 40).astype(np.uint8)
    ramp = Image.fromarray(np.tile(x, (30, 1)))
    for side, size in (("A", (40, 30)), ("B", (80, 45))):
        (tmp_path / f"train{side}").mkdir()
        ramp.resize(size, Image.Resampling.BICUBIC).save(tmp_path / f"train{side}" / "1.png")
    dataset = AlignedDataset(data_options(tmp_path, resize_or_crop="crop", fineSize=16))
    for epoch in range(1, 6):
        item = dataset[Place(epoch, 0)]
        assert item["A"].shape == item["B"].shape == (3, 16, 16)
        assert torch.allclose(item["A"].int(), item["B"].int(), atol=6)


# Single


@pytest.mark.parametrize(("direction", "side", "channels"), [("AtoB", "A", 1), ("BtoA", "B", 1)])
def test_of_a_data_set_the_side_that_the_direction_starts_from_is_meant(tmp_path, direction, side, channels):
    for name in ("valA/A.png", "valB/B.png", "trainA/x.png"):
        save_grey(tmp_path / name, 0)
    dataset = SingleDataset(data_options(tmp_path, phase="val", direction=direction, input_nc=channels))
    assert dataset.names() == [side]
    assert dataset[0]["A"].shape == (channels, 4, 4)
    assert dataset[0]["A_paths"] == str(tmp_path / f"val{side}" / f"{side}.png")


def test_a_folder_of_images_is_read_in_order_with_its_folders(tmp_path):
    for n, name in enumerate(["ch2/1.png", "ch2/1.jpg", "ch10/1.png"]):
        save_grey(tmp_path / name, 100 * n)
    dataset = SingleDataset(data_options(tmp_path))
    assert dataset.names() == [str(Path("ch2", "1.jpg")), str(Path("ch2", "1.png")), str(Path("ch10", "1"))]
    assert [level(dataset[i]["A"]) for i in range(3)] == [100, 0, 200]
    assert len(SingleDataset(data_options(tmp_path, max_dataset_size=2))) == 2


def test_one_image_may_be_given(tmp_path):
    save_grey(tmp_path / "other.png", 0)
    dataset = SingleDataset(data_options(save_grey(tmp_path / "ch.1 p.2.png", 7)))
    assert dataset.names() == ["ch.1 p.2"]
    assert [level(dataset[i]["A"]) for i in range(len(dataset))] == [7]


def test_a_folder_that_is_missing_is_named(tmp_path):
    assert str(tmp_path / "nowhere") in refusal(SingleDataset, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("how", "shape"),
    [("resize_and_crop", (8, 8)), ("crop", (30, 20)), ("none", (30, 20)), ("scale_width", (18, 12)),
     ("scale_width_and_crop", (18, 12))],
)  # fmt: skip
def test_test_pages_come_whole_and_unmirrored(tmp_path, how, shape):
    save_noise(tmp_path / "1.png", (20, 30))
    # Even if the options of a training are what is given.
    dataset = SingleDataset(data_options(tmp_path, isTrain=False, resize_or_crop=how, no_flip=False))
    pages = [dataset[Place(epoch, 0)]["A"] for epoch in range(1, 9)]
    assert pages[0].shape == (3, *shape)
    assert all(torch.equal(pages[0], page) for page in pages)
