"""Batches from shards, which are read from front to back: what each loading process reads in an epoch, and in which
order it gives it."""
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from torch.utils.data import IterableDataset, default_collate, get_worker_info

from data.bad_images import report
from data.base_dataset import ATTEMPTS
from data.image_folder import BadImage
from data.picture import Picture
from data.shards import PackedImage, Shard, read_images
from data.transforms import Transform
from util.errors import UserError
from util.stages import Stage, stage_at

FRONT = 8  # stand-ins for bad images are among the first images of a shard, which are soon read


@dataclass(frozen=True)
class Domain:
    """The shards of one side, in order, and the channels that its images are to have."""

    shards: Sequence[Shard]
    channels: int

    @property
    def images(self) -> int:
        return sum(shard.images for shard in self.shards)


class ShardStream(IterableDataset[dict[str, Any]]):
    """Iterate it, in each loading process, for that process's batches of an epoch, after `skip` images.

    An epoch goes once through the largest domain; the others go round. All shards of a domain, in an order drawn for
    the epoch, make one long row. Each of `ranks` processes of a run gets an equal part of it, to which the last one
    adds a few from its front, and each of its loading processes a piece of that part; who begins within a shard passes
    over what is before. So uneven shards make no difference: every image comes once, and every rank gives the same
    number of batches. Its piece goes through a buffer of so many images that gives a random one each time.

    Order and random choices follow from (seed, epoch, rank, ranks, loading process and how many there are), so
    whatever is not to be given again need not be read again.
    """

    def __init__(
        self, domains: Mapping[str, Domain], transform: Transform, stages: Sequence[Stage], seed: int, buffer: int,
        rank: int = 0, ranks: int = 1,
    ) -> None:  # fmt: skip
        """buffer: in images of each domain and loading process; 0 gives all in order."""
        self.domains, self.transform, self.stages, self.seed, self.buffer = domains, transform, stages, seed, buffer
        self.rank, self.ranks = rank, ranks
        self.epoch, self.skip = 1, 0

    @property
    def images(self) -> int:
        """Images (or pairs) in an epoch."""
        return max(domain.images for domain in self.domains.values())

    def __len__(self) -> int:
        """Images (or pairs) that this rank gives in an epoch."""
        return -(-self.images // self.ranks)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        stage = stage_at(self.stages, self.epoch)
        transform = self.transform.for_size(stage.size)
        numbers, sizes, reader = self._piece(stage.batch_size)
        sides = [
            _in_order(self._row(n, domain), self._shuffled(numbers, n, reader)[len(numbers) - sum(sizes) :])
            for n, domain in enumerate(self.domains.values())
        ]
        images = zip(numbers[len(numbers) - sum(sizes) :].tolist(), zip(*sides, strict=True), strict=True)
        for size in sizes:
            yield default_collate([self._item(*next(images), transform) for _ in range(size)])

    def _piece(self, batch_size: int) -> tuple[np.ndarray, list[int], int]:
        """The numbers in the row of all items of this loading process, the sizes of the batches that it still has to
        give, and its own number. The processes take turns, beginning with the first batch that is to be given."""
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        starts = np.arange(0, len(self), batch_size)
        sizes = np.minimum(batch_size, len(self) - starts)
        done = -(-self.skip // batch_size)
        reader = (done + worker) % workers
        own = sizes[reader::workers]
        first = self.rank * len(self)
        if self.buffer:
            start = first + sum(sizes[before::workers].sum() for before in range(reader))
            numbers = np.arange(start, start + own.sum())
        else:  # in order over all loading processes
            pieces = [np.arange(s, s + size) for s, size in zip(starts[reader::workers], own, strict=True)]
            numbers = first + np.concatenate([np.arange(0), *pieces])
        return numbers, own[len(range(reader, done, workers)) :].tolist(), reader

    def _row(self, side: int, domain: Domain) -> Sequence[Shard]:
        """The shards of a domain in the order of the epoch."""
        if not self.buffer:
            return domain.shards
        order = np.random.default_rng([self.seed, self.epoch, side, 0, 0, 1]).permutation(len(domain.shards))
        return [domain.shards[n] for n in order]

    def _shuffled(self, numbers: np.ndarray, side: int, reader: int) -> np.ndarray:
        """The numbers in the order in which they leave the buffer."""
        rng = np.random.default_rng([self.seed, self.epoch, side, self.rank, reader, 2])
        return numbers[buffered_order(len(numbers), self.buffer, rng)] if self.buffer else numbers

    def _item(self, number: int, packed: tuple[PackedImage, ...], transform: Transform) -> dict[str, Any]:
        """As the item of another data set. Raises UserError where nothing can stand in for what can't be read."""
        rng = np.random.default_rng([self.seed, self.epoch, number])
        faults: list[BadImage] = []
        item: dict[str, Any] = {}
        for (side, domain), image in zip(self.domains.items(), packed, strict=True):
            picture, path = self._read(domain, image, number, faults, transform)
            item |= {side: transform.finish(picture, transform.draw(rng)), f"{side}_paths": path}
        return item | {"bad_images": report(faults)}

    def _read(
        self, domain: Domain, packed: PackedImage, number: int, faults: list[BadImage], transform: Transform
    ) -> tuple[Picture, str]:
        """A picture and its path, or another one's that always stands in for it."""
        while True:
            try:
                return transform.read(packed.path, domain.channels, BytesIO(packed.content)), packed.path
            except BadImage as fault:
                faults.append(fault)
                if len(faults) == ATTEMPTS:
                    raise UserError(str(faults[0])) from fault
            rng = np.random.default_rng([self.seed, self.epoch, number, len(faults)])
            shard = domain.shards[int(rng.integers(len(domain.shards)))]
            position = int(rng.integers(min(FRONT, shard.images)))
            packed = next(read_images(shard.location, [position]))[1]


def buffered_order(count: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """The order in which `count` things leave a buffer that holds `size`, a random one each time that another comes,
    and at the end the rest at random."""
    held = list(range(min(size, count)))
    order = []
    for coming, slot in enumerate(rng.integers(max(1, len(held)), size=count - len(held)).tolist(), len(held)):
        order.append(held[slot])
        held[slot] = coming
    rng.shuffle(held)
    return np.array([*order, *held], dtype=np.int64)


def _in_order(row: Sequence[Shard], numbers: np.ndarray) -> Iterator[PackedImage]:
    """The images of these numbers in a row of shards that begins anew at its end, in this order; they are read in
    rising order, and held until their turn."""
    held: dict[int, PackedImage] = {}
    coming = _rising(row, np.sort(numbers))
    for number in numbers.tolist():
        while number not in held:
            held.update([next(coming)])
        yield held.pop(number)


def _rising(row: Sequence[Shard], numbers: np.ndarray) -> Iterator[tuple[int, PackedImage]]:
    """The images of rising numbers in a row of shards; those in which none is wanted are not opened."""
    ends = np.cumsum([shard.images for shard in row])
    done = 0
    while done < len(numbers):
        rounds, place = divmod(int(numbers[done]), int(ends[-1]))
        n = int(np.searchsorted(ends, place, side="right"))
        end = rounds * int(ends[-1]) + int(ends[n])
        begin, upto = end - row[n].images, int(np.searchsorted(numbers, end))
        for position, image in read_images(row[n].location, (numbers[done:upto] - begin).tolist()):
            yield begin + position, image
        done = upto
