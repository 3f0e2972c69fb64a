"""An ImageLoader that reads shards."""
import argparse
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from data.cache import cache_folder
from data.loader import ImageLoader, data_loader, worker_count
from data.shard_index import counted
from data.shard_stream import Domain, ShardStream
from data.shards import find_shards
from data.transforms import Transform
from util.distributed import Processes
from util.stages import plan_stages


class ShardLoader(ImageLoader):
    """The batches of a `ShardStream`.

    Each loading process gives whole batches, in turn with the others, so what is left of an epoch is the same as
    without the break only if there are as many of them as before, and the batches are as large.
    """

    def __init__(
        self, stream: ShardStream, num_threads: int, pin_memory: bool = False, most_bad: float = 0.0,
        processes: Processes | None = None,
    ) -> None:  # fmt: skip
        processes = processes or Processes()
        self.stream, self.other_order = stream, ""
        workers = worker_count(num_threads, processes)
        self.readers = max(1, workers)
        census = {side: (domain.images, _digest(domain)) for side, domain in stream.domains.items()}
        # Workers live as long as an epoch: they know which one from what they are started with.
        loader = data_loader(stream, workers, pin_memory, batch_size=None)
        self._give(loader, stream, census, most_bad, processes)

    def __len__(self) -> int:
        return self.stream.images

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"order": self._order()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        before = state.get("order", {})  # missing if what was saved did not read shards
        self.other_order = "; ".join(
            f"{key} {before[key]} then, {value} now" for key, value in self._order().items()
            if key in before and before[key] != value
        )  # fmt: skip

    def start(self, epoch: int, skip: int = 0) -> None:
        super().start(epoch, skip // self.stream.ranks)
        if skip and self.other_order:
            print(f"what is left of epoch {epoch} comes in another order ({self.other_order}): some images come twice, "
                  "others not before the next epoch")  # fmt: skip
        self.other_order = ""

    def _order(self) -> dict[str, Any]:
        """What the order of an epoch depends on, besides the data and the seed."""
        batch_sizes = ",".join(str(stage.batch_size) for stage in self.stream.stages)
        return {
            "processes": self.stream.ranks, "loading processes": self.readers, "--shuffle_buffer": self.stream.buffer,
            "batches of": batch_sizes,
        }  # fmt: skip

    def _still_bad(self, paths: list[str]) -> list[str]:
        """All of them, unless the shards are others: to mend an image, a shard is packed anew."""
        return [] if self.changed else paths


def open_shards(
    opt: argparse.Namespace, sides: Sequence[str], pin_memory: bool, processes: Processes
) -> ShardLoader:
    """The batches of one of these processes of a training on the shards that --dataroot names."""
    channels = {"A": opt.input_nc, "B": opt.output_nc}
    if opt.direction == "BtoA":
        channels = {"A": opt.output_nc, "B": opt.input_nc}
    domains = {
        side: Domain(counted(shards, cache_folder(opt.cache_dir) / "shards", opt.max_dataset_size), channels[side])
        for side, shards in find_shards(opt.dataroot, sides).items()
    }
    buffer = 0 if opt.serial_batches else max(1, opt.shuffle_buffer)
    transform = Transform.from_options(opt)
    stream = ShardStream(domains, transform, plan_stages(opt), opt.seed, buffer, processes.rank, processes.count)
    return ShardLoader(stream, opt.num_threads, pin_memory, opt.max_bad_images, processes)


def _digest(domain: Domain) -> str:
    """Of the names of shards, without their folder, and of how many images they have."""
    text = "\0".join(f"{shard.location.rpartition('/')[2]}:{shard.images}" for shard in domain.shards)
    return sha256(text.encode(errors="surrogateescape")).hexdigest()
