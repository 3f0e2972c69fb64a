"""Batches follow from seed and epoch alone, whoever reads them and wherever an epoch was broken off."""
import os
import random
import warnings
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from data import ImageLoader, create_dataset
from tests.helpers import data_options, save_grey, save_noise
from util.errors import UserError

A, B = 7, 4
Batch = dict[str, Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("domains")
    for side, count in (("A", A), ("B", B)):
        for n in range(count):
            save_noise(folder / f"train{side}" / f"{n}.png", (14, 14), seed=n)
    return folder


def loader(root: Path, **changes: Any) -> ImageLoader:
    """As in a training: images cut and mirrored at random, two to a batch."""
    random_images = {"resize_or_crop": "crop", "no_flip": False, "batch_size": 2}
    return create_dataset(data_options(root, **(random_images | changes)))


def epochs(batches: ImageLoader, *numbers: int) -> list[Batch]:
    read: list[Batch] = []
    for epoch in numbers:
        batches.start(epoch)
        read += batches
    return read


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        a["A_paths"] == b["A_paths"] and a["B_paths"] == b["B_paths"]
        and torch.equal(a["A"], b["A"]) and torch.equal(a["B"], b["B"])
        for a, b in zip(one, other, strict=True)
    )  # fmt: skip


def scans(batches: list[Batch]) -> list[str]:
    """Which images of A the batches hold, in order."""
    return [Path(path).stem for batch in batches for path in batch["A_paths"]]


def test_an_epoch_holds_every_image_once_the_last_batch_too(root):
    batches = loader(root)
    read = epochs(batches, 1)
    assert len(batches) == A
    assert [tuple(batch["A"].shape) for batch in read] == [(2, 3, 8, 8)] * 3 + [(1, 3, 8, 8)]
    assert sorted(scans(read)) == [str(n) for n in range(A)]


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(monkeypatch, root, workers):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(workers), raising=False)
    batches = loader(root, num_threads=workers)
    assert batches.loader.num_workers == workers
    # In one go, as in a training: the same processes read every epoch.
    assert same(epochs(batches, 1, 2, 3), epochs(loader(root, num_threads=0), 1, 2, 3))
    batches.start(1)
    next(iter(batches))  # an epoch that is broken off leaves nothing behind
    assert same(epochs(batches, 2), epochs(loader(root, num_threads=0), 2))


def test_the_same_seed_repeats_and_another_differs(root):
    assert same(epochs(loader(root, seed=1), 1, 2), epochs(loader(root, seed=1), 1, 2))
    assert scans(epochs(loader(root, seed=1), 1)) != scans(epochs(loader(root, seed=2), 1))


def test_every_epoch_has_its_own_order_and_its_own_chance(root):
    batches = loader(root)
    assert len({tuple(scans(epochs(batches, epoch))) for epoch in range(1, 9)}) == 8
    one, other = (epochs(loader(root, serial_batches=True), epoch) for epoch in (1, 2))
    assert scans(one) == scans(other) == [str(n) for n in range(A)]
    assert not any(torch.equal(a["A"], b["A"]) for a, b in zip(one, other, strict=True))


def test_an_epoch_does_not_depend_on_those_before_it(root):
    batches = loader(root)
    assert same(epochs(batches, 1, 5)[4:], epochs(loader(root), 5))


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_can_go_on_where_it_was_left(root, workers):
    batches = loader(root, num_threads=workers)
    whole = epochs(loader(root), 2)
    for done in range(5):
        batches.start(2, skip=min(A, 2 * done))
        assert same(list(batches), whole[done:])
    assert same(epochs(batches, 2), whole)  # the next time it is whole again


def test_going_round_again_gives_the_next_epoch(root):
    batches = loader(root)
    twice = [*batches, *batches]
    assert same(twice, epochs(loader(root), 1, 2))


@pytest.mark.parametrize("workers", [0, 2])
def test_reading_takes_no_numbers_from_the_global_generators(root, workers):
    def states() -> tuple[bytes, ...]:
        return torch.get_rng_state().numpy().tobytes(), np.random.get_state()[1].tobytes(), repr(random.getstate())

    before = states()
    epochs(loader(root, num_threads=workers), 1)
    assert states() == before


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", ["1.png", "odd UserError: name.png"])
def test_an_error_of_a_worker_arrives_as_its_one_line(tmp_path, workers, name):
    save_grey(tmp_path / name, 0)
    (tmp_path / name).write_bytes(b"no image at all")
    batches = loader(tmp_path, dataset_mode="single", num_threads=workers)
    with pytest.raises(UserError) as direct:
        batches.dataset[0]
    with pytest.raises(UserError) as caught:
        list(batches)
    assert type(caught.value) is UserError
    assert str(caught.value) == str(direct.value)
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("affinity", [True, False])
def test_no_more_workers_than_cores_and_no_warning(monkeypatch, root, affinity):
    if affinity:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    else:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        batches = loader(root, num_threads=4)
        assert batches.loader.num_workers == 2
        assert len(list(islice(batches, 2))) == 2
    assert loader(root, num_threads=1).loader.num_workers == 1
