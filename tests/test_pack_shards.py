"""Packing images into shards, and training on what came of it."""
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train as train_door
from data.shards import find_shards
from scripts import pack_shards
from tests.helpers import logged_losses, run_main, save_noise
from util.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """In the working folder, seven images of 20 × 12 pixels in `images`; counting them would be remembered here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for n in range(7):
        save_noise(Path("images") / f"chapter.{n % 2}" / f"p {n}.v2.png", (20, 12), n)
    return Path("images")


def packed(*shards: str) -> list[tuple[str, bytes]]:
    """Names and contents of the images in shards."""
    found = []
    for shard in shards:
        with tarfile.open(shard) as file:
            found += [(member.name, file.extractfile(member).read()) for member in file]
    return found


def test_a_folder_is_packed_shuffled_byte_by_byte(folder, capsys):
    assert run_main(pack_shards, folder, "out/%03d.tar", "--shard_images=3") == 0
    assert "to train on them: --dataroot 'out/{000..002}.tar'" in capsys.readouterr().out
    assert sorted(path.name for path in Path("out").iterdir()) == ["000.tar", "001.tar", "002.tar", "index.json"]
    found = packed("out/000.tar", "out/001.tar", "out/002.tar")
    names = [name for name, _ in found]
    assert [name[:8] for name in names] == [f"{n:08d}" for n in range(7)]
    assert sorted(name[9:] for name in names) == [f"p_{n}_v2.png" for n in range(7)] != [name[9:] for name in names]
    assert sorted(content for _, content in found) == sorted(path.read_bytes() for path in folder.rglob("*.png"))
    index = json.loads(Path("out/index.json").read_text())["shardlist"]
    assert [(entry["url"], entry["nsamples"]) for entry in index] == [("000.tar", 3), ("001.tar", 3), ("002.tar", 1)]
    assert all(entry["filesize"] == Path("out", entry["url"]).stat().st_size for entry in index)


def test_the_order_follows_from_the_seed(folder):
    for name, *argv in (("a",), ("b",), ("c", "--seed=1"), ("d", "--in_order")):
        run_main(pack_shards, folder, f"{name}-%d.tar", *argv)
    a, b, c, d = (packed(f"{name}-0.tar") for name in "abcd")
    assert a == b != c
    assert [name[11] for name, _ in d] == list("0246135")  # chapter by chapter


def test_numbers_may_outgrow_their_zeros(folder, capsys):
    for number in range(7, 12):
        save_noise(folder / f"{number}.png", (20, 12), number)
    run_main(pack_shards, folder, "out/%d.tar", "--shard_images=1")
    told = capsys.readouterr().out.split("--dataroot ")[1].strip().strip("'")
    assert told == "out/{0..9}.tar::out/{10..11}.tar"
    assert find_shards(told, "B")["B"] == [f"out/{number}.tar" for number in range(12)]


def test_a_strip_too_long_for_the_format_is_copied(folder):
    Image.new("L", (200, 40_000), 255).save(folder / "strip.png")
    run_main(pack_shards, folder, "s-%02d.tar", "--max_size=100", "--format=webp")
    assert {name.rpartition(".")[2] for name, _ in packed("s-00.tar")} == {"png"}


def test_shards_by_size_and_images_scaled_down(folder):
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(folder / "clear.png")
    run_main(pack_shards, folder, "s-%02d.tar", "--max_size=100", "--format=webp", "--in_order", "--shard_mb=1")
    names = [name for name, _ in packed("s-00.tar")]
    assert names[-1] == "00000007-clear.webp"
    with tarfile.open("s-00.tar") as shard, Image.open(shard.extractfile(names[-1])) as image:
        assert (image.size, image.format) == ((133, 100), "WEBP")
        assert np.asarray(image).min() == 255
    for n in range(4):
        save_noise(Path("large") / f"{n}.bmp", (500, 400), n)
    run_main(pack_shards, "large", "l-%d.tar", "--shard_mb=1")
    assert [len(packed(f"l-{n}.tar")) for n in range(2)] == [2, 2]  # 0.6 MB each


def test_broken_images_are_left_out_and_named(folder, capsys):
    listed = "images/chapter.0/p 2.v2.png", "broken.jpg", "missing.jpg", "images/chapter.1/p 1.v2.png", "list.txt"
    Path("list.txt").write_text("\n".join(listed))
    Path("broken.jpg").write_bytes(b"no image")
    assert run_main(pack_shards, "list.txt", "b-%d.tar") == 1
    told = capsys.readouterr()
    assert len(packed("b-0.tar")) == 2
    assert "2 images in 1 shards, b-0.tar; 3 left out" in told.out
    for line in ("/broken.jpg (no image, or damaged)", "/missing.jpg (No such file or directory)",
                 "/list.txt (its name does not end as that of an image)"):  # fmt: skip
        assert line in told.err


def test_nothing_is_overwritten_and_nothing_half_is_left(folder, monkeypatch):
    Path("x-17.tar").touch()
    with pytest.raises(UserError, match=r"x-17.tar exists: remove those shards and x-index.json, or give another"):
        run_main(pack_shards, folder, "x-%d.tar")
    with pytest.raises(UserError, match=r"x.tar does not number the shards: give a name such as"):
        run_main(pack_shards, folder, "x.tar")
    Path("none").mkdir()
    Path("none", "bad.png").write_bytes(b"no image")
    with pytest.raises(UserError, match="none of 1 images can be read, so nothing is written"):
        run_main(pack_shards, "none", "y-%d.tar")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pack_shards.ShardWriter, "write", full)
    with pytest.raises(UserError, match=r"can't write the shards y-%d.tar \(No space left on device\): make room"):
        run_main(pack_shards, folder, "y-%d.tar")
    assert sorted(path.name for path in Path().iterdir()) == ["images", "none", "x-17.tar"]


TINY = [
    "--gpu_ids=-1", "--num_threads=0", "--ngf=4", "--ndf=2", "--netD=pixel", "--niter=1", "--niter_decay=0",
    "--display_id=0", "--no_html", "--print_freq=1", "--checkpoints_dir=runs",
]  # fmt: skip


def test_both_models_train_on_what_was_packed(folder, capsys):
    for n in range(4):
        save_noise(Path("data") / "trainA" / f"{n}.png", (20, 24), n, "L")
        save_noise(Path("data") / "trainB" / f"{n}.png", (20, 24), n + 9)
    run_main(pack_shards, "data", "packed/%02d.tar", "--shard_images=2")
    dataroot = "packed/trainA-{00..01}.tar + packed/trainB-{00..01}.tar"
    assert f"--dataroot '{dataroot}'" in capsys.readouterr().out
    run_main(train_door, *TINY, f"--dataroot={dataroot}", "--name=scans", "--netG=scan", "--input_nc=1",
             "--loadSize=18", "--fineSize=16")  # fmt: skip
    run_main(train_door, *TINY, "--dataroot=packed/trainB-{00..01}.tar", "--name=color", "--model=colorizer",
             "--scan_generator=runs/scans", "--netG=resnet_6blocks", "--stages=8,16",
             "--stage_batch_sizes=2,1")  # fmt: skip
    assert [len(logged_losses(Path("runs") / name)) for name in ("scans", "color")] == [4, 2 + 4]
    assert "counting" not in capsys.readouterr().out
