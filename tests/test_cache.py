"""Images that are kept, decoded, change nothing of what training sees, whatever becomes of what is kept."""
import errno
import os
import pickle
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import train as train_door
from data import ImageLoader, Place, create_dataset
from data.cache import DiskCache, RamCache, cache_folder, pack, unpack
from data.image_folder import read_image
from data.picture import Picture, from_image
from data.transforms import RESIZE_OR_CROP
from scripts.check_resumption import COMMON, PLAIN
from tests.helpers import data_options, logged_losses, run_main, save_grey, save_noise
from util.errors import UserError

MODES = ("unaligned", "aligned", "coloring")
VARIED = {"rotation": 20.0, "perspective": 0.3, "blur_p": 0.5, "erasing_p": 0.5}
IMAGES = 4


def settle(folder: Path) -> None:
    """Let all files have been written a while ago: what was written just now is not kept."""
    for path in folder.rglob("*.*"):
        os.utime(path, (time.time() - 100,) * 2)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for n in range(IMAGES):
        save_noise(folder / "trainA" / f"{n}.jpg", (61, 40), seed=n, mode="L")
        save_noise(folder / "trainB" / f"{n}.jpg", (61 - n % 2, 40), seed=n)
        save_noise(folder / "train" / f"{n}.png", (90, 33), seed=n)
    settle(folder)
    return folder


def options(root: Path, folder: Path, cache: str, **changes: Any) -> Any:
    opt = data_options(root, **{"resize_or_crop": "resize_and_crop", "no_flip": False, "batch_size": 2} | changes)
    opt.serial_batches = True  # so that every epoch has every image
    opt.cache, opt.cache_dir = cache, str(folder / "cache")
    return opt


def read(loader: ImageLoader, *epochs: int) -> list[dict[str, Any]]:
    batches: list[dict[str, Any]] = []
    for epoch in epochs:
        loader.start(epoch)
        batches += loader
    return batches


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    return len(one) == len(other) and all(
        a.keys() == b.keys()
        and all(torch.equal(a[k], b[k]) if isinstance(a[k], torch.Tensor) else a[k] == b[k] for k in a)
        for a, b in zip(one, other, strict=True)
    )


def decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which images are decoded from now on."""
    decoded: list[str] = []
    opened = Image.open
    monkeypatch.setattr(Image, "open", lambda path, *rest: decoded.append(Path(path).name) or opened(path, *rest))
    return decoded


@pytest.mark.parametrize(
    ("cache", "how", "varied"),
    [("ram", how, {}) for how in RESIZE_OR_CROP]
    + [("disk", how, VARIED) for how in ("resize_and_crop", "random_part", "crop")],
)
def test_batches_are_the_same_bit_for_bit(monkeypatch, tmp_path, root, cache, how, varied):
    square = how not in ("none", "scale_width")
    for mode in MODES:
        given = options(root, tmp_path, "none", dataset_mode=mode, resize_or_crop=how, input_nc=1)
        given.batch_size = 2 if square else 1
        vars(given).update(varied)
        plain = read(create_dataset(given), 1, 2)
        given.cache = cache
        kept = create_dataset(given)
        first = read(kept, 1)
        with pytest.MonkeyPatch.context() as patch:
            decoded = decodes(patch)
            assert same(first + read(kept, 2), plain)
            assert decoded == []


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_all_processes_that_load_share_what_is_kept(monkeypatch, tmp_path, root, cache):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    plain = create_dataset(options(root, tmp_path, "none")).dataset
    expected = [plain[Place(3, n, 8)] for n in range(IMAGES)]
    kept = create_dataset(options(root, tmp_path, cache, num_threads=2))
    assert kept.loader.num_workers == 2
    read(kept, 1, 2)
    decoded = decodes(monkeypatch)  # in this process, which has read a few at most
    assert same([kept.dataset[Place(3, n, 8)] for n in range(IMAGES)], expected)
    assert decoded == []


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_every_stage_has_its_size(tmp_path, root, cache):
    stages = {"stages": [8, 16], "stage_epochs": [1, 1], "fineSize": 16, "loadSize": 20}
    for mode, how in (("coloring", "random_part"), ("unaligned", "resize_and_crop")):
        given = [options(root, tmp_path, c, dataset_mode=mode, resize_or_crop=how, **stages) for c in ("none", cache)]
        plain, kept = map(create_dataset, given)
        batches = read(kept, 1, 2, 1, 2)
        assert same(batches, read(plain, 1, 2, 1, 2))
        assert {tuple(batch["B"].shape[2:]) for batch in batches} == {(8, 8), (16, 16)}


def test_what_is_kept_is_only_for_the_file_and_the_options_that_it_is_of(tmp_path):
    path = save_noise(tmp_path / "data" / "1.png", (40, 40), seed=1)
    settle(tmp_path)

    def item(**changes: Any) -> torch.Tensor:
        given = options(tmp_path / "data", tmp_path, "disk", dataset_mode="coloring", **changes)
        plain = options(tmp_path / "data", tmp_path, "none", dataset_mode="coloring", **changes)
        kept = create_dataset(given).dataset[0]["B"]
        assert torch.equal(kept, create_dataset(plain).dataset[0]["B"])
        return kept

    first = item()
    for changes in ({"loadSize": 16}, {"fineSize": 9}, {"output_nc": 1}, {"resize_or_crop": "scale_width_and_crop"},
                    {"resize_or_crop": "random_part"}, {"resize_or_crop": "crop"}):  # fmt: skip
        item(**changes)
    save_noise(path, (40, 40), seed=2)
    os.utime(path, (time.time() - 50,) * 2)
    assert not torch.equal(item(), first)
    save_noise(path, (40, 40), seed=3)  # twice within a tick of the clock, perhaps
    item()
    save_noise(path, (40, 40), seed=4)
    item()


def test_damaged_entries_are_made_anew(monkeypatch, tmp_path, root):
    given = options(root, tmp_path, "disk")
    plain = read(create_dataset(options(root, tmp_path, "none")), 1)
    read(create_dataset(given), 1)
    entries = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert len(entries) == 2 * IMAGES
    changed = [lambda c: c[:200] + b"?" + c[201:], lambda c: c[:-9], lambda c: c[:3], lambda c: b"", lambda c: c * 2]
    for damage in changed:
        for entry in entries:
            entry.write_bytes(damage(entry.read_bytes()))
        assert same(read(create_dataset(given), 1), plain)
        with pytest.MonkeyPatch.context() as patch:
            decoded = decodes(patch)
            assert same(read(create_dataset(given), 1), plain)
            assert decoded == []
    shutil.rmtree(tmp_path / "cache")
    assert same(read(create_dataset(given), 1), plain)


@pytest.mark.parametrize("fault", ["full", "a file in the way"])
def test_training_goes_on_without_room_and_that_is_told_once(monkeypatch, tmp_path, root, capfd, fault):
    plain = read(create_dataset(options(root, tmp_path, "none")), 1, 2)
    if fault == "full":
        def write_bytes(path: Path, content: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "write_bytes", write_bytes)
    else:
        (tmp_path / "cache").write_text("no folder")
    kept = create_dataset(options(root, tmp_path, "disk", num_threads=2))
    assert same(read(kept, 1, 2), plain)
    told = capfd.readouterr().out
    assert told.count("warning: can't keep images in") == 1
    assert "--cache_dir" in told
    assert told.count("\n") == 1
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


@pytest.mark.parametrize("cache", ["none", "ram", "disk"])
def test_bad_images_are_told_and_replaced_alike(tmp_path, cache):
    for n in range(5):
        save_grey(tmp_path / "data" / f"{n}.png", n)
    (tmp_path / "data" / "3.png").write_bytes(b"no image")
    settle(tmp_path)
    loader = create_dataset(options(tmp_path / "data", tmp_path, cache, dataset_mode="coloring", max_bad_images=1.0))
    plain = create_dataset(options(tmp_path / "data", tmp_path, "none", dataset_mode="coloring", max_bad_images=1.0))
    assert same(read(loader, 1, 2), read(plain, 1, 2))
    assert loader.bad_images.faults == plain.bad_images.faults
    assert [Path(path).name for path in loader.bad_images.faults] == ["3.png"]
    (tmp_path / "data" / "1.png").unlink()
    read(loader, 3)
    assert sorted(Path(path).name for path in loader.bad_images.faults) == ["1.png", "3.png"]


def test_a_full_memory_keeps_what_fits(monkeypatch, tmp_path, root, capsys):
    given = options(root, tmp_path, "ram")
    room = 3 * (3 * 12 * 12 + 60)
    given.cache_gb = room / 1e9
    plain = read(create_dataset(options(root, tmp_path, "none")), 1, 2)
    kept = create_dataset(given)
    assert capsys.readouterr().out.startswith("3 of 8 images fit into --cache_gb 1.476e-06: the others")
    assert same(read(kept, 1, 2), plain)
    assert kept.dataset.cache.kept == 3
    decoded = decodes(monkeypatch)
    read(kept, 3)
    assert 0 < len(decoded) < 8
    given.cache_gb = 1.0
    create_dataset(given)
    assert capsys.readouterr().out == "8 of 8 images fit into --cache_gb 1\n"


def test_where_processes_share_no_memory_it_is_told_what_to_do(monkeypatch, tmp_path, root):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UserError, match=r"--cache ram needs Linux .* --num_threads 0, or give --cache disk"):
        create_dataset(options(root, tmp_path, "ram", num_threads=2))
    create_dataset(options(root, tmp_path, "ram"))
    again = pickle.loads(pickle.dumps(DiskCache(tmp_path)))  # as where processes begin anew
    picture = Picture(from_image(read_image(root / "trainB" / "0.jpg")), (61, 40), (61.0, 40.0))
    found = [again.get([root / "trainB" / "0.jpg"], "", lambda: (picture,)) for _ in range(2)]
    assert torch.equal(found[0][0].pixels, found[1][0].pixels)


def test_more_memory_than_there_is(tmp_path, root):
    given = options(root, tmp_path, "ram")
    given.cache_gb = 1e12
    with pytest.raises(UserError, match="give a smaller --cache_gb"):
        create_dataset(given)


def test_pictures_come_back_with_the_layout_that_they_had():
    for mode, planes in (("RGB", False), ("RGB", True), ("L", True)):
        pixels = from_image(Image.effect_noise((7, 5), 90).convert(mode))
        pixels = pixels.contiguous() if planes else pixels
        (back,) = unpack(bytearray(pack((Picture(pixels, (14, 9), (7.0, 4.5)),))))
        assert torch.equal(back.pixels, pixels)
        assert back.pixels.stride() == pixels.stride()
        assert (back.size, back.extent) == ((14, 9), (7.0, 4.5))


def test_entries_are_found_among_many(tmp_path):
    cache = RamCache(10**6, 300)
    for n in range(300):
        cache._store(n.to_bytes(16, "little"), bytes([n % 256]) * 10)
        cache._store((n << 64).to_bytes(16, "little"), b"the same slot")  # which may be full at some time
    found = [cache._load(n.to_bytes(16, "little")) for n in range(1, 300)]
    assert found == [bytes([n % 256]) * 10 for n in range(1, 300)]


def test_the_folder_of_the_cache(monkeypatch, tmp_path):
    assert cache_folder("here") == Path("here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder(None) == tmp_path / "manga-colorization"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder(None) == tmp_path / "home" / ".cache" / "manga-colorization"


def test_a_training_learns_the_same(tmp_path, root):
    losses = []
    for cache in ("none", "ram", "disk"):
        argv = [*COMMON, *PLAIN, f"--dataroot={root}", f"--checkpoints_dir={tmp_path}", f"--name={cache}",
                "--display_id=0", f"--cache={cache}", f"--cache_dir={tmp_path}/cache", "--niter=1",
                "--niter_decay=0", "--max_dataset_size=2"]  # fmt: skip
        run_main(train_door, *argv)
        losses.append(logged_losses(tmp_path / cache))
    assert losses[0] == losses[1] == losses[2]
    assert any((tmp_path / "cache" / "pictures").rglob("*"))
