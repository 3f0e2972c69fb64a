"""Training data in shards: every image once an epoch, in an order that repeats, over processes and loading workers."""
import argparse
import gzip
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import train as train_door
from data import ImageLoader, create_dataset
from data.shard_index import index_of, index_text
from data.shard_loader import open_shards
from data.shard_stream import buffered_order
from options.train_options import TrainOptions
from tests.helpers import data_options, interrupted_at, logged_losses, run_main
from util.distributed import Processes, T
from util.errors import UserError

UNEVEN = (5, 9, 3, 7)  # images of the shards of B
B = sum(UNEVEN)
Batch = dict[str, Any]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Where counts are remembered."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(3), raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """b-0.tar … of uneven shards, a-0.tar and a-1.tar of two images each; captions lie between the images."""
    folder = tmp_path_factory.mktemp("shards")
    for side, counts in (("a", (2, 2)), ("b", UNEVEN)):
        for shard, count in enumerate(counts):
            images = {f"{side}{shard}{n}.png": noise(100 * shard + n) for n in range(count)}
            pack(folder / f"{side}-{shard}.tar", images)
    return folder


def noise(seed: int) -> bytes:
    """A small image as PNG."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (14, 14, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def pack(path: Path, images: Mapping[str, bytes]) -> Path:
    """A shard, with a caption and metadata for each of its images."""
    with tarfile.open(path, "w") as shard:
        for name, content in images.items():
            key = name.partition(".")[0]
            for member, text in ((name, content), (f"{key}.txt", b"hero"), (f"{key}.json", b"{}")):
                info = tarfile.TarInfo(member)
                info.size = len(text)
                shard.addfile(info, io.BytesIO(text))
    return path


def options(dataroot: str | Path, **changes: Any) -> argparse.Namespace:
    """As in a training: images cut at random, two to a batch."""
    small = {"dataset_mode": "coloring", "resize_or_crop": "crop", "no_flip": False, "batch_size": 2}
    opt = data_options(Path(), **(small | {"shuffle_buffer": 4} | changes))
    opt.dataroot = str(dataroot)  # a Path would make one slash of the two in a URL
    return opt


def loader(root: Path, **changes: Any) -> ImageLoader:
    return create_dataset(options(f"{root}/b-{{0..3}}.tar", **changes))


def epoch(batches: ImageLoader, number: int, skip: int = 0) -> list[Batch]:
    batches.start(number, skip)
    return list(batches)


def names(read: list[Batch], side: str = "B") -> list[str]:
    """Which images the batches hold, in order."""
    return [Path(path).stem for batch in read for path in batch[f"{side}_paths"]]


def same(one: list[Batch], other: list[Batch]) -> bool:
    return names(one) == names(other) and all(torch.equal(a["B"], b["B"]) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("batch_size", [1, 5])
def test_an_epoch_holds_every_image_once(root, workers, batch_size):
    batches = loader(root, num_threads=workers, batch_size=batch_size)
    read = epoch(batches, 1)
    assert len(batches) == B
    rest = [B % batch_size] if B % batch_size else []
    assert [len(batch["B_paths"]) for batch in read] == [batch_size] * (B // batch_size) + rest
    assert read[0]["B"].shape == (batch_size, 3, 8, 8)
    assert sorted(names(read)) == sorted(f"b{shard}{n}" for shard, count in enumerate(UNEVEN) for n in range(count))
    assert read[0]["B_paths"][0].startswith(f"{root}/b-")


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_repeats_and_the_next_one_differs(root, workers):
    one, two, again = loader(root, num_threads=workers), loader(root, num_threads=workers), loader(root, seed=1)
    first = epoch(one, 1)
    following = list(one)
    assert same(first, epoch(two, 1))
    assert same(following, epoch(two, 2))
    assert names(first) != names(following)
    assert names(epoch(again, 1)) != names(epoch(loader(root), 1))
    in_order = [names(epoch(loader(root, serial_batches=True, num_threads=n), 1)) for n in (0, workers)]
    assert in_order[0] == in_order[1] == [f"b{shard}{n}" for shard, count in enumerate(UNEVEN) for n in range(count)]


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("buffer", [0, 1, 4, 1000])
def test_an_epoch_goes_on_where_it_was_left_to_the_bit(root, workers, buffer):
    whole = epoch(loader(root, num_threads=workers, shuffle_buffer=buffer), 2)
    for done in (1, 2, 7, 11, 12):
        assert same(epoch(loader(root, num_threads=workers, shuffle_buffer=buffer), 2, 2 * done), whole[done:])


def test_what_is_not_given_again_is_not_read_again(root, tmp_path):
    for path in root.glob("b-*.tar"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    batches = loader(tmp_path, serial_batches=True)
    rest = epoch(batches, 1)[7:]
    (tmp_path / "b-0.tar").unlink()
    (tmp_path / "b-1.tar").unlink()
    assert same(epoch(batches, 1, 14), rest)


class Deaf(Processes):
    """One of several processes, the others of which are not there."""

    def told(self, word: T | None) -> list[T]:
        return [] if word is None else [word]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ranks", [2, 5])
def test_all_ranks_give_as_many_batches_and_share_the_images(root, workers, ranks):
    opt = options(f"{root}/b-{{0..3}}.tar", num_threads=workers)
    shares = [epoch(open_shards(opt, ("B",), False, Deaf(rank, ranks)), 1) for rank in range(ranks)]
    assert len({tuple(len(batch["B_paths"]) for batch in share) for share in shares}) == 1
    given = [name for share in shares for name in names(share)]
    assert len(set(given)) == B
    assert len(given) == -(-B // ranks) * ranks  # the last one begins anew, so that all have as many


def test_even_shards_are_each_read_by_one_process_alone(tmp_path):
    for shard in range(4):
        pack(tmp_path / f"{shard}.tar", {f"{shard}{n}.png": noise(n) for n in range(4)})
    opt = options(f"{tmp_path}/{{0..3}}.tar", num_threads=2)
    shares = [epoch(open_shards(opt, ("B",), False, Deaf(rank, 2)), 1) for rank in range(2)]
    readers = [names(share[worker::2]) for share in shares for worker in range(2)]
    assert [len({name[0] for name in reader}) for reader in readers] == [1] * 4
    given = sorted(name for reader in readers for name in reader)
    assert given == [f"{shard}{n}" for shard in range(4) for n in range(4)]


@pytest.mark.parametrize("workers", [0, 2])
def test_two_domains_the_smaller_one_goes_round(root, workers):
    dataroot = f"{root}/a-{{0,1}}.tar + {root}/b-0.tar::{root}/b-{{1..3}}.tar"
    batches = create_dataset(options(dataroot, dataset_mode="unaligned", num_threads=workers, input_nc=1))
    read = epoch(batches, 1)
    assert len(batches) == B
    assert [tuple(read[0][side].shape) for side in "AB"] == [(2, 1, 8, 8), (2, 3, 8, 8)]
    assert len(set(names(read))) == B
    assert {names(read, "A").count(f"a{shard}{n}") for shard in range(2) for n in range(2)} == {B // 4}
    back = create_dataset(options(dataroot, dataset_mode="unaligned", direction="BtoA", output_nc=1))
    assert [epoch(back, 1)[0][side].shape[1] for side in "AB"] == [1, 3]


def test_a_limit_takes_the_first_images_of_each_domain(root):
    given = sorted(names(epoch(loader(root, max_dataset_size=7), 1)))
    assert given == ["b00", "b01", "b02", "b03", "b04", "b10", "b11"]


def test_images_are_read_as_those_of_files_are(tmp_path):
    clear = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(clear, "WEBP", lossless=True)
    deep = io.BytesIO()
    Image.fromarray(np.full((8, 8), 65535, dtype=np.uint16)).save(deep, "TIFF")
    pack(tmp_path / "0.tar", {"folder/CLEAR.WebP": clear.getvalue(), "deep.tiff": deep.getvalue()})
    batch = epoch(create_dataset(options(tmp_path / "0.tar", output_nc=1)), 1)[0]
    assert sorted(batch["B_paths"]) == [f"{tmp_path}/0.tar/deep.tiff", f"{tmp_path}/0.tar/folder/CLEAR.WebP"]
    assert torch.equal(batch["B"], torch.full_like(batch["B"], 255))


@pytest.mark.parametrize("how", ["pipe:cat {}", "pipe:gzip -c {}", "file://{}", "compressed"])
def test_whatever_webdataset_opens(root, tmp_path, how):
    if how == "compressed":
        (tmp_path / "b.tar.gz").write_bytes(gzip.compress((root / "b-1.tar").read_bytes()))
        how = str(tmp_path / "b.tar.gz")
    batches = create_dataset(options(how.format(root / "b-1.tar"), num_threads=1))
    whole = epoch(batches, 1)
    assert sorted(names(whole)) == [f"b1{n}" for n in range(9)]
    assert same(epoch(batches, 1, 4), whole[2:])


def test_counting_once_unless_an_index_or_the_cache_knows(root, tmp_path, capsys, cache):
    shard = pack(tmp_path / "c-7.tar", {"0.png": noise(0), "1.png": noise(1)})
    for told in (f"counting the images of the shards (1), once: remembered in {cache}", ""):
        assert len(create_dataset(options(shard))) == 2
        assert told in capsys.readouterr().out
    pack(shard, {f"{n}.png": noise(n) for n in range(3)})
    assert len(create_dataset(options(shard))) == 3  # another file of the name
    assert "counting" in capsys.readouterr().out
    assert index_of(str(shard)) == f"{tmp_path}/c-index.json"
    Path(index_of(str(shard))).write_text(index_text({"c-7.tar": (1, shard.stat().st_size)}))
    assert names(epoch(create_dataset(options(shard)), 1)) == ["0"]
    for damaged in ("no JSON", "[]", '{"shardlist": [[], {"url": "c-7.tar", "nsamples": "many"}]}',
                    index_text({"c-7.tar": (1, 5)})):  # fmt: skip
        Path(index_of(str(shard))).write_text(damaged)
        assert len(create_dataset(options(shard))) == 3


def test_a_bad_image_is_replaced_by_the_same_one_and_named(root, tmp_path):
    bad = pack(tmp_path / "b-4.tar", {"bad.png": b"no image", **{f"{n}.png": noise(n) for n in range(5)}})
    dataroot = f"{root}/b-{{0..3}}.tar::{bad}"
    batches = create_dataset(options(dataroot, num_threads=2))
    read = epoch(batches, 1)
    assert batches.bad_images.faults == {f"{bad}/bad.png": "no image, or damaged"}
    assert (batches.bad_images.replaced, batches.bad_images.files, batches.bad_images.too_many) == (1, 30, False)
    assert len(names(read)) == 30
    assert "bad" not in names(read)
    assert same(read, epoch(create_dataset(options(dataroot, num_threads=2)), 1))
    again = create_dataset(options(dataroot))
    again.load_state_dict(batches.state_dict())
    assert again.bad_images.faults == batches.bad_images.faults
    pack(bad, {f"{n}.png": noise(n) for n in range(5)})
    mended = create_dataset(options(dataroot))
    mended.load_state_dict(batches.state_dict())
    assert (mended.bad_images.faults, mended.changed) == ({}, "30 images in B then, 29 now")


def test_nothing_but_bad_images_is_given_up(tmp_path):
    bad = pack(tmp_path / "0.tar", {"0.png": b"", "1.png": b"no image"})
    with pytest.raises(UserError, match=rf"can't read the image {bad}/\d.png"):
        epoch(create_dataset(options(bad, num_threads=1)), 1)


def test_going_on_otherwise_says_that_the_order_is_another(root, capsys):
    saved = loader(root, num_threads=2).state_dict()
    for workers, skip, told in ((2, 4, ""), (1, 0, ""), (1, 4, "epoch 3 comes in another order (loading processes 2 "
                                                              "then, 1 now)")):  # fmt: skip
        batches = loader(root, num_threads=workers)
        batches.load_state_dict(json.loads(json.dumps(saved)))
        capsys.readouterr()
        batches.start(3, skip)
        assert told in capsys.readouterr().out
        assert batches.changed == ""


@pytest.mark.parametrize(
    ("dataroot", "message"),
    [
        ("{root}/none-{{0..3}}.tar", "no shard .*none-0.tar and 3 more: check --dataroot"),
        ("{root}/b-{{0..3.tar", "can't be expanded"),
        ("{root}/b-0.tar + {root}/b-1.tar", "names shards of 2 domains, and 1 needed: leave out"),
        ("{tmp}/empty.tar", "the shard .*empty.tar is empty: "),
        ("{tmp}/captions.tar", "no images in the shard .*captions.tar: it needs files called KEY.jpg"),
        ("{tmp}/noise.tar", "can't read the shard .*noise.tar "),
        ("{tmp}/half.tar", "can't read the shard .*half.tar .unexpected end of data"),
        ("pipe:head -c 3584 {root}/b-0.tar; exec >&-; sleep 0.2; exit 3", "can't read the shard pipe:head .* exit 3"),
        ("pipe:cat /none.tar", "can't read the shard pipe:cat /none.tar"),
    ],
)
def test_errors_are_one_line(root, tmp_path, dataroot, message):
    (tmp_path / "empty.tar").touch()
    (tmp_path / "noise.tar").write_bytes(np.random.default_rng(0).bytes(5000))
    (tmp_path / "half.tar").write_bytes((root / "b-1.tar").read_bytes()[:5800])
    pack(tmp_path / "captions.tar", {"a.xml": b"<a>"})
    with pytest.raises(UserError, match=message):
        create_dataset(options(dataroot.format(root=root, tmp=tmp_path)))


def test_a_shard_that_shrinks_or_vanishes_in_a_training(root, tmp_path):
    shard = pack(tmp_path / "0.tar", {f"{n}.png": noise(n) for n in range(4)})
    batches = create_dataset(options(shard, num_threads=1))
    pack(shard, {"0.png": noise(0)})
    with pytest.raises(UserError, match=rf"^the shard {shard} has 1 images, fewer than were counted"):
        epoch(batches, 1)
    shard.unlink()
    with pytest.raises(UserError, match=rf"^can't read the shard {shard} \(No such file or directory\)"):
        epoch(batches, 1)


def test_options_that_do_not_fit_shards():
    for argv, message in (
        (["--model", "pix2pix", "--dataroot", "0.tar"], "--dataset_mode aligned can't read shards"),
        (["--dataroot", "folder", "--shuffle_buffer", "5"], "--shuffle_buffer is for shards"),
    ):
        with pytest.raises(UserError, match=message):
            TrainOptions().parse(argv)


def test_a_buffer_gives_everything_once_and_what_came_early_early():
    for count in (0, 1, 5, 100):
        for size in (1, 5, 1000):
            order = buffered_order(count, size, np.random.default_rng(0))
            assert sorted(order) == list(range(count))
            assert all(number < place + size for place, number in enumerate(order))
    assert not np.array_equal(order, np.arange(100))


TINY = [
    "--gpu_ids=-1", "--num_threads=2", "--ngf=2", "--ndf=2", "--netG=resnet_6blocks", "--netD=pixel", "--loadSize=14",
    "--fineSize=12", "--batch_size=2", "--niter=2", "--niter_decay=0", "--print_freq=1", "--save_latest_freq=4",
    "--pool_size=2", "--display_id=0", "--no_html", "--shuffle_buffer=3",
]  # fmt: skip


def test_a_training_on_shards_goes_on_as_if_nothing_had_been(root, tmp_path):
    common = [*TINY, f"--checkpoints_dir={tmp_path}", f"--dataroot={root}/a-{{0,1}}.tar + {root}/b-{{0,2}}.tar"]
    run_main(train_door, *common, "--name=whole")
    with interrupted_at(3):
        run_main(train_door, *common, "--name=broken")
    run_main(train_door, f"--checkpoints_dir={tmp_path}", "--name=broken", "--continue_train")
    losses = logged_losses(tmp_path / "whole")
    assert len(losses) == 8  # of eight pairs, two to a batch, twice
    assert logged_losses(tmp_path / "broken") == losses
